package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A suite is what is measured in one run.
type suite struct {
	self, ctsql string // programs
	trail       trail
	tmp         string
	cache       string // loaded, for those that ask
	only        []string
	say         func(format string, args ...any)

	measurements []*measurement
	sizes        findings
	cacheSize    int64
}

// A measurement is one line of the table.
type measurement struct {
	name    string // as the table has it
	id      string // as ratios name it
	part    string
	program string
	args    []string
	// writes says that the process makes the file at out.
	writes bool
	// times is how often it is run in each round.
	times int
	// check compares what the process wrote with the trail.
	check func(ctx context.Context, stdout []byte) error

	samples []sample
}

// plan lists the measurements, in the order in which they take turns.
func (s *suite) plan() []*measurement {
	out := filepath.Join(s.tmp, "out.duckdb")
	dir := s.trail.Dir
	ctsql := func(part, id, name string, check func(context.Context, []byte) error, args ...string) *measurement {
		return &measurement{part: part, id: id, name: name, program: s.ctsql, args: args, check: check, times: 1}
	}
	own := func(part, id, name string, rows int64, args ...string) *measurement {
		return &measurement{part: part, id: id, name: name, program: s.self, args: append([]string{measured, id}, args...), check: s.found(rows), times: 1}
	}
	all := []*measurement{
		ctsql("load", "load", "ctsql load", s.loaded(out), "load", "--quiet", "--cache", out, dir),
		own("load", "read_json-tuned", "DuckDB read_json, tuned", s.trail.records(), "-dir", dir, "-out", out),
		own("load", "read_json", "DuckDB read_json", s.trail.records(), "-dir", dir, "-out", out),
		own("load", "gunzip", "gunzip alone", 0, "-dir", dir),
		own("load", "decode", "gunzip and split, no sink", s.trail.records(), "-dir", dir),
		own("load", "insert", "DuckDB insert alone", int64(s.trail.Sum.Events), "-cache", s.cache, "-out", out),
		own("load", "scan", "DuckDB scan (part of the insert)", int64(s.trail.Sum.Events), "-cache", s.cache),
		ctsql("from", "from", "ctsql query --from, 3 columns", counted(int64(s.trail.Sum.Events)), "query", "--format", "csv", "--from", dir, fmt.Sprintf(question, "cloudtrail")),
		own("from", "ask", "DuckDB read_json, the same", s.trail.records(), "-dir", dir),
		own("from", "ask-tuned", "DuckDB read_json, told of 3 columns", s.trail.records(), "-dir", dir),
		ctsql("query", "group", "ctsql query, group by eventName", counted(int64(s.trail.Sum.Events)), "query", "--format", "csv", "--cache", s.cache, "select eventName, count(*) from cloudtrail group by 1"),
		ctsql("query", "select1", "ctsql query 'select 1'", counted(1), "query", "--format", "csv", "--cache", s.cache, "select 1"),
		ctsql("query", "version", "ctsql version", nil, "version"),
		ctsql("query", "help", "ctsql --help", nil, "--help"),
	}
	// The limits of a question over logs that nobody loaded are those of a load.
	if slices.Contains(s.only, "from") {
		all[3].part, all[4].part = "from", "from"
	}
	for _, m := range all {
		m.writes = slices.Contains(m.args, out)
		if m.part == "query" {
			m.times = 5 // they are short
		}
	}
	return slices.DeleteFunc(all, func(m *measurement) bool { return !slices.Contains(s.only, m.part) })
}

// prepare loads the cache that questions are asked of, which also brings the
// trail into memory.
func (s *suite) prepare(ctx context.Context) error {
	s.say("%d events in %s", s.trail.Sum.Events, s.trail.Dir)
	s.cache = filepath.Join(s.tmp, "cache.duckdb")
	if _, _, err := runProcess(ctx, s.ctsql, "load", "--quiet", "--cache", s.cache, s.trail.Dir); err != nil {
		return err
	}
	if err := s.loaded(s.cache)(ctx, nil); err != nil {
		return err
	}
	info, err := os.Stat(s.cache)
	if err != nil {
		return err
	}
	s.cacheSize = info.Size()
	s.measurements = s.plan()
	return nil
}

// round measures each once.
func (s *suite) round(ctx context.Context) error {
	for _, m := range s.measurements {
		for range m.times {
			if err := s.measure(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *suite) measure(ctx context.Context, m *measurement) (err error) {
	if m.writes {
		defer func() { err = errors.Join(err, s.removeOut()) }()
	}
	got, stdout, err := runProcess(ctx, m.program, m.args...)
	if err != nil {
		return err
	}
	m.samples = append(m.samples, got)
	if m.check == nil {
		return nil
	}
	if err := m.check(ctx, stdout); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

// removeOut removes what a measurement wrote, with what is beside it.
func (s *suite) removeOut() error {
	files, err := filepath.Glob(filepath.Join(s.tmp, "out.*"))
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// A rowsError says that a measurement has worked on other rows than it should.
type rowsError struct{ got, want int64 }

func (e *rowsError) Error() string {
	return fmt.Sprintf("%d rows where there must be %d", e.got, e.want)
}

func same(got, want int64) error {
	if got != want {
		return &rowsError{got, want}
	}
	return nil
}

// found checks what this program's own processes tell.
func (s *suite) found(rows int64) func(context.Context, []byte) error {
	return func(_ context.Context, stdout []byte) error {
		var f findings
		if err := json.Unmarshal(stdout, &f); err != nil {
			return err
		}
		if f.Inflated > 0 {
			if s.sizes.Inflated > 0 && s.sizes.Inflated != f.Inflated {
				return fmt.Errorf("%d bytes of JSON where another found %d", f.Inflated, s.sizes.Inflated)
			}
			s.sizes = f
		}
		return same(f.Rows, rows)
	}
}

// loaded checks the events in a cache.
func (s *suite) loaded(cache string) func(context.Context, []byte) error {
	return func(ctx context.Context, _ []byte) error {
		_, out, err := runProcess(ctx, s.ctsql, "query", "--format", "csv", "--cache", cache, "select count(*) from cloudtrail")
		if err != nil {
			return err
		}
		return counted(int64(s.trail.Sum.Events))(ctx, out)
	}
}

// counted checks the sum of the last column of what ctsql wrote as CSV.
func counted(rows int64) func(context.Context, []byte) error {
	return func(_ context.Context, stdout []byte) error {
		var sum int64
		lines := strings.Split(strings.TrimRight(string(stdout), "\r\n"), "\n")
		for _, line := range lines[1:] {
			line = strings.TrimRight(line, "\r")
			n, err := strconv.ParseInt(line[strings.LastIndexByte(line, ',')+1:], 10, 64)
			if err != nil {
				return err
			}
			sum += n
		}
		return same(sum, rows)
	}
}
