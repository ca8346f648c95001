package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ctsql/ctsql/internal/synth"
)

// prepare makes what the measurements need, which also brings the logs into memory.
func (s *suite) prepare(ctx context.Context) error {
	if s.wants("load", "from", "query", "triage", "places", "shell", "queries", "watch") {
		if err := s.prepareTrail(ctx); err != nil {
			return err
		}
	}
	if s.wants("s3logs") {
		if err := s.prepareAccess(ctx); err != nil {
			return err
		}
	}
	if s.wants("places") {
		if err := s.preparePlaces(ctx); err != nil {
			return err
		}
	}
	if s.wants("verify") {
		if err := s.prepareSigned(ctx); err != nil {
			return err
		}
	}
	if s.wants("queries") {
		if err := s.prepareQueries(); err != nil {
			return err
		}
	}
	if s.wants("watch") {
		if err := s.prepareWatch(ctx); err != nil {
			return err
		}
	}
	s.measurements = s.plan()
	return nil
}

func (s *suite) prepareTrail(ctx context.Context) (err error) {
	if s.trail, err = askFor[synth.Config, synth.Summary](ctx, s.self, "trail", s.options); err != nil {
		return err
	}
	s.say("%d events in %s", s.trail.Sum.Events, s.trail.Dir)
	s.cache = filepath.Join(s.tmp, "cache.duckdb")
	if _, _, err := runProcess(ctx, s.ctsql, "load", "--quiet", "--cache", s.cache, s.trail.Dir); err != nil {
		return err
	}
	if err := s.loaded(s.cache, "cloudtrail", s.events())(ctx, nil); err != nil {
		return err
	}
	info, err := os.Stat(s.cache)
	if err != nil {
		return err
	}
	s.cacheSize = info.Size()
	return nil
}

func (s *suite) prepareAccess(ctx context.Context) (err error) {
	if s.access, err = askFor[synth.AccessConfig, synth.AccessSummary](ctx, s.self, "access", s.options); err != nil {
		return err
	}
	s.say("%d lines in %s", s.access.Sum.Lines, s.access.Dir)
	s.accessCache = filepath.Join(s.tmp, "access.duckdb")
	if _, _, err := runProcess(ctx, s.ctsql, "load", "--quiet", "--cache", s.accessCache, s.access.Dir); err != nil {
		return err
	}
	return s.loaded(s.accessCache, "s3logs", s.lines())(ctx, nil)
}

// preparePlaces makes the database of places, and the tables of addresses beside
// the cache.
func (s *suite) preparePlaces(ctx context.Context) error {
	s.city = filepath.Join(s.tmp, "city.mmdb")
	if _, _, err := runProcess(ctx, s.self, measured, "city", "-out", s.city); err != nil {
		return err
	}
	for table, distinct := range addressTables {
		if _, _, err := runProcess(ctx, s.ctsql, "query", "--cache", s.cache, addressTable(table, s.options.events, distinct)); err != nil {
			return err
		}
	}
	return nil
}

// records are the trail's with their copies, events those without; lines are the
// access log's without copies.
func (s *suite) records() int64 { return s.events() + int64(s.trail.Sum.Duplicates) }
func (s *suite) events() int64  { return int64(s.trail.Sum.Events) }
func (s *suite) lines() int64   { return int64(s.access.Sum.Lines) }

// out is what a measurement that writes makes.
func (s *suite) out() string { return filepath.Join(s.tmp, "out.duckdb") }

// plan lists the measurements, in the order in which they take turns.
func (s *suite) plan() (all []*measurement) {
	for _, p := range []struct {
		part  string
		times int
		plan  func() []*measurement
	}{
		{"load", 1, s.loadPlan},
		{"from", 1, s.fromPlan},
		{"query", 5, s.queryPlan}, // they are short
		{"triage", 5, s.triagePlan},
		{"s3logs", 1, s.accessPlan},
		{"places", 5, s.placesPlan},
		{"verify", 1, s.verifyPlan},
		{"shell", 1, s.shellPlan},
		{"queries", 1, s.queriesPlan},
		{"watch", 1, s.watchPlan},
	} {
		if !s.wants(p.part) {
			continue
		}
		for _, m := range p.plan() {
			m.times, m.writes = p.times, slices.Contains(m.args, s.out())
			all = append(all, m)
		}
	}
	return all
}

func (s *suite) byCtsql(id, name string, check check, args ...string) *measurement {
	return &measurement{id: id, name: name, program: s.ctsql, args: args, check: check}
}

// byOwn is measured of a process of this program.
func (s *suite) byOwn(id, name string, check check, args ...string) *measurement {
	return &measurement{id: id, name: name, program: s.self, args: append([]string{measured}, args...), check: check}
}

func (s *suite) loadPlan() []*measurement {
	dir, out := s.trail.Dir, s.out()
	records, events := found(s.records()), found(s.events())
	all := []*measurement{
		s.byCtsql("load", "ctsql load", s.loaded(out, "cloudtrail", s.events()), "load", "--quiet", "--cache", out, dir),
		s.byOwn("read_json-tuned", "DuckDB read_json, tuned", records, "read_json-tuned", "-dir", dir, "-out", out),
		s.byOwn("read_json", "DuckDB read_json", records, "read_json", "-dir", dir, "-out", out),
	}
	all = append(all, s.limits()...)
	return append(all,
		s.byOwn("insert", "DuckDB insert alone", events, "insert", "-cache", s.cache, "-out", out),
		s.byOwn("scan", "DuckDB scan (part of the insert)", events, "scan", "-cache", s.cache),
	)
}

// limits are those of whatever reads the trail.
func (s *suite) limits() []*measurement {
	return []*measurement{
		s.byOwn("gunzip", "gunzip alone", s.sized(0), "gunzip", "-dir", s.trail.Dir),
		s.byOwn("decode", "gunzip and split, no sink", s.sized(s.records()), "decode", "-dir", s.trail.Dir),
	}
}

func (s *suite) fromPlan() (all []*measurement) {
	dir, records := s.trail.Dir, found(s.records())
	if !s.wants("load") {
		all = s.limits()
	}
	return append(all,
		s.byCtsql("from", "ctsql query --from, 3 columns", counted(s.events()), "query", "--format", "csv", "--from", dir, fmt.Sprintf(question, "cloudtrail")),
		s.byOwn("ask", "DuckDB read_json, the same", records, "ask", "-dir", dir),
		s.byOwn("ask-tuned", "DuckDB read_json, told of 3 columns", records, "ask-tuned", "-dir", dir),
	)
}

// query is a measurement of ctsql query over the cache of the trail.
func (s *suite) query(id, name string, check check, args ...string) *measurement {
	return s.byCtsql(id, "ctsql query"+name, check, append([]string{"query", "--format", "csv", "--cache", s.cache}, args...)...)
}

func (s *suite) queryPlan() []*measurement {
	return []*measurement{
		s.query("group", ", group by eventName", counted(s.events()), "select eventName, count(*) from cloudtrail group by 1"),
		s.query("select1", " 'select 1'", counted(1), "select 1"),
		s.byCtsql("version", "ctsql version", nil, "version"),
		s.byCtsql("help", "ctsql --help", nil, "--help"),
	}
}

func (s *suite) accessPlan() []*measurement {
	dir, out := s.access.Dir, s.out()
	all := found(int64(s.access.Sum.Lines + s.access.Sum.Duplicates))
	return []*measurement{
		s.byCtsql("access-load", "access log: ctsql load", s.loaded(out, "s3logs", s.lines()), "load", "--quiet", "--cache", out, dir),
		s.byOwn("regexp", "access log: DuckDB regexp_extract", all, "regexp", "-access", "-dir", dir, "-out", out),
		s.byOwn("access-decode", "access log: read and split, no sink", all, "decode", "-access", "-dir", dir),
		s.byOwn("access-insert", "access log: DuckDB insert alone", found(s.lines()), "insert", "-access", "-cache", s.accessCache, "-out", out),
		s.byCtsql("access-from", "access log: ctsql query --from, all columns", counted(s.lines()), "query", "--format", "csv", "--from", dir, accessQuestion("s3logs")),
		s.byOwn("regexp-ask", "access log: DuckDB regexp_extract, the same", all, "regexp-ask", "-access", "-dir", dir),
	}
}

func (s *suite) placesPlan() []*measurement {
	events := s.events()
	rows := int64(s.options.events)
	return []*measurement{
		s.query("few-address", ", 400 addresses", counted(rows), "--geoip", s.city, byAddress("few")),
		s.query("few-city", ", city() of 400 addresses", located(rows), "--geoip", s.city, byCity("few")),
		s.query("many-address", ", as many addresses as rows", counted(rows), "--geoip", s.city, byAddress("many")),
		s.query("many-city", ", city() of as many", located(rows), "--geoip", s.city, byCity("many")),
		s.query("arn", ", group by userIdentity.arn", counted(events), sumBy("userIdentity.arn", "cloudtrail")),
		s.query("actor", ", group by actor(userIdentity)", counted(events), sumBy("actor(userIdentity)", "cloudtrail")),
	}
}
