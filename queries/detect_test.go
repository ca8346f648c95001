package queries_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/queries"
)

// A bench is a session whose log tables hold the scene that was put there last.
type bench struct {
	*cache.Session
	logs  map[string][]byte
	empty map[string]bool // the tables that hold nothing
}

// newBench opens a session. Addresses are where geotest has them (198.51.100.7 is in
// Dublin, 198.51.100.200 in Hanoi, 203.0.113.0/24 in Reykjavik), 203.0.113.9 is an
// exit of Tor, and 192.0.2.128/25 is AWS's, EC2 in eu-central-1.
func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	o := geoip.Options{
		GeoIP: []string{filepath.Join(dir, "city.mmdb"), filepath.Join(dir, "asn.mmdb")},
		Tor:   []string{filepath.Join(dir, "tor")}, Ranges: []string{filepath.Join(dir, "ranges.json")},
		Now: time.Now,
	}
	err := errors.Join(
		geotest.WriteCity(o.GeoIP[0]), geotest.WriteASN(o.GeoIP[1]),
		os.WriteFile(o.Tor[0], []byte("203.0.113.9\n"), 0o600),
		os.WriteFile(o.Ranges[0], []byte(`{"createDate":"2025-07-01-00-00-00","prefixes":[{"ip_prefix":"192.0.2.128/25","region":"eu-central-1","service":"EC2"}],"ipv6_prefixes":[]}`), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{empty: map[string]bool{}}
	b.Session, err = cache.OpenSession(context.Background(), cache.SessionOptions{
		Sandbox: true, // as ctsql asks them
		Path:    filepath.Join(dir, "cache.duckdb"),
		Open: func(_ context.Context, _ []string, only cloudtrail.Log) (cache.Unloaded, error) {
			lo := load.Options{Filter: &cloudtrail.Filter{Only: only, Since: cloudtrail.NoTime, Until: cloudtrail.NoTime}}
			return unloaded{load.NewUnloaded([]load.Source{source.Memory(b.logs, source.Options{})}, lo)}, nil
		},
		Places: func(ctx context.Context) (*geoip.DB, error) { return geoip.Open(ctx, o) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

type unloaded struct{ *load.Unloaded }

func (u unloaded) Scan() (cache.UnloadedScan, error) { return u.Unloaded.Scan() }

// put makes the tables hold these logs: to read the logs anew for each statement would
// take ten times as long.
func (b *bench) put(records []map[string]json.RawMessage, requests []string) error {
	b.logs = map[string][]byte{}
	if len(records) > 0 {
		text, err := json.Marshal(map[string]any{"Records": records})
		if err != nil {
			return err
		}
		b.logs["events.json"] = text
	}
	if len(requests) > 0 {
		b.logs["requests.log"] = []byte(strings.Join(requests, "\n") + "\n")
	}
	for table, read := range map[string]string{"cloudtrail": "read_cloudtrail", "s3logs": "read_s3logs"} {
		empty := table == "cloudtrail" && len(records) == 0 || table == "s3logs" && len(requests) == 0
		if empty && b.empty[table] {
			continue
		}
		b.empty[table] = empty
		if _, err := b.RunOwn(context.Background(), "CREATE OR REPLACE TEMP TABLE temp."+table+" AS SELECT * FROM "+read+"('scene')", nil, ""); err != nil {
			return err
		}
	}
	return nil
}

// A finding is a row, by column.
type finding map[string]string

const null = "∅"

// ask asks the query, with values for parameters, and checks the columns.
func (b *bench) ask(q queries.Query, given map[string]string) (found []finding, err error) {
	var texts []string
	for name, value := range given {
		texts = append(texts, name+"="+value)
	}
	values := map[string]string{}
	if err := q.Set(values, texts); err != nil {
		return nil, err
	}
	var params []duck.Param
	for _, name := range dialect.Parameters(q.SQL) {
		params = append(params, duck.Param{Name: name, Value: values[strings.ToLower(name)]})
	}
	a, err := b.Run(context.Background(), q.SQL, params, `(FORMAT csv, HEADER false, NULLSTR '`+null+`')`)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(a.Result).ReadAll()
	if err = errors.Join(err, a.Close()); err != nil {
		return nil, err
	}
	if q.Detects() {
		var columns []queries.Column
		for _, c := range a.Columns {
			columns = append(columns, queries.Column{Name: c.Name, Type: c.Type})
		}
		if !slices.Equal(columns, queries.Columns()) {
			return nil, fmt.Errorf("its columns are\n%v, not\n%v", columns, queries.Columns())
		}
	}
	for _, row := range rows {
		one := finding{}
		for i, c := range a.Columns {
			one[c.Name] = row[i]
		}
		found = append(found, one)
	}
	return found, nil
}

// TestDetect asks each detection of what stands beside it: NAME.json. One of them:
//
//	go test ./queries -run TestDetect/root-use
func TestDetect(t *testing.T) {
	b := newBench(t)
	n := 0
	for _, q := range queries.All() {
		if !q.Detects() {
			continue
		}
		n++
		t.Run(strings.TrimPrefix(q.Name, "detect/"), func(t *testing.T) {
			f, err := readFixture(q.Name)
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range f.Find {
				b.checkFound(t, q, fmt.Sprintf("find-%d", i+1), s)
			}
			b.checkIgnored(t, q, f)
			b.checkBounds(t, q, f.Find[0])
			b.checkSpoiled(t, q, f)
		})
	}
	if n < 6 {
		t.Errorf("%d detections", n)
	}
}

// checkFound asks of one scene in which there is something.
func (b *bench) checkFound(t *testing.T, q queries.Query, name string, s scene) {
	t.Helper()
	records, err := s.complete(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	found, err := b.askOf(q, records, s.Requests, s.Params)
	if err != nil {
		t.Fatalf("%s %s: %v", name, s.Note, err)
	}
	var ids []string
	for _, f := range found {
		ids = append(ids, f["eventID"])
		f.check(t, q, name)
		for column, want := range s.Shows {
			got, ok := f[column]
			if !ok || !strings.Contains(got, want) {
				t.Errorf("%s %s: %s is %q, want %q", name, s.Note, column, got, want)
			}
		}
	}
	if name == "find-1" {
		alone := map[string][]string{}
		for _, f := range found {
			alone[q.Name] = append(alone[q.Name], f.line())
		}
		b.sameTogether(t, []queries.Query{q}, s.Params, alone)
	}
	if len(found) != s.Expect.n {
		t.Errorf("%s %s: %d findings, %v; want %d", name, s.Note, len(found), ids, s.Expect.n)
	}
	if s.Expect.ids != nil && !slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(s.Expect.ids))) {
		t.Errorf("%s %s: eventIDs %v, want %v", name, s.Note, ids, s.Expect.ids)
	}
	if s.Expect.ids == nil && len(s.Requests) == 0 && slices.ContainsFunc(ids, func(id string) bool { return !strings.HasPrefix(id, name+"-") && !named(s, id) }) {
		t.Errorf("%s %s: eventIDs %v are not those of its records", name, s.Note, ids)
	}
}

// named says that a record of the scene has the ID.
func named(s scene, id string) bool {
	return slices.ContainsFunc(s.Records, func(r map[string]json.RawMessage) bool { return string(r["eventID"]) == `"`+id+`"` })
}

var sentence = regexp.MustCompile(`(?s)^\S.*\S\.$`)

// check holds a row against what package documentation says of a finding.
func (f finding) check(t *testing.T, q queries.Query, name string) {
	t.Helper()
	if !slices.Contains(queries.Severities(), f["severity"]) || !slices.Contains(q.Techniques, f["technique"]) {
		t.Errorf("%s: severity %q and technique %q: want one of %v and of %v", name, f["severity"], f["technique"], queries.Severities(), q.Techniques)
	}
	if f["time"] == null || !sentence.MatchString(f["why"]) {
		t.Errorf("%s: time %q, why %q: want a time, and a sentence with its full stop", name, f["time"], f["why"])
	}
}

func (b *bench) askOf(q queries.Query, records []map[string]json.RawMessage, requests []string, params map[string]string) ([]finding, error) {
	if err := b.put(records, requests); err != nil {
		return nil, err
	}
	return b.ask(q, params)
}

// checkIgnored asks of the look-alikes: of those of a detection that judges each event
// by itself at once, else of each by itself.
func (b *bench) checkIgnored(t *testing.T, q queries.Query, f fixture) {
	t.Helper()
	var all []map[string]json.RawMessage
	for i, s := range f.Ignore {
		name := fmt.Sprintf("ignore-%d", i+1)
		records, err := s.complete(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if q.Window() == 0 && len(s.Requests)+len(s.Params) == 0 {
			all = append(all, records...)
			continue
		}
		b.none(t, q, name+" "+s.Note, records, s.Requests, s.Params)
	}
	if len(all) > 0 {
		b.none(t, q, "ignore", all, nil, nil)
	}
}

func (b *bench) none(t *testing.T, q queries.Query, name string, records []map[string]json.RawMessage, requests []string, params map[string]string) {
	t.Helper()
	found, err := b.askOf(q, records, requests, params)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, f := range found {
		t.Errorf("%s: it finds %s: %s", name, f["eventID"], f["why"])
	}
}

// checkBounds asks for the time after a finding, up to it, and from it on, for which
// it has to look back.
func (b *bench) checkBounds(t *testing.T, q queries.Query, s scene) {
	t.Helper()
	records, err := s.complete("find-1")
	if err != nil {
		t.Fatal(err)
	}
	found, err := b.askOf(q, records, s.Requests, s.Params)
	if err != nil || len(found) == 0 {
		return // it was told
	}
	first := slices.MinFunc(found, func(a, b finding) int { return strings.Compare(a["time"], b["time"]) })
	last := slices.MaxFunc(found, func(a, b finding) int { return strings.Compare(a["time"], b["time"]) })
	for _, bound := range []struct {
		name, since, until string
		want               int
	}{
		{"from the first on", first["time"], "9999-12-31", len(found)},
		{"before the first", "1970-01-01", first["time"], 0},
		{"after the last", after(t, last["time"]), "9999-12-31", 0},
	} {
		params := map[string]string{"since": bound.since, "until": bound.until}
		for name, value := range s.Params {
			params[name] = value
		}
		got, err := b.ask(q, params)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != bound.want {
			t.Errorf("%s: $since %s, $until %s: %d findings, want %d; scope %s", bound.name, bound.since, bound.until, len(got), bound.want, q.Scope)
		}
	}
}

func after(t *testing.T, text string) string {
	t.Helper()
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(time.Second).Format(time.DateTime)
}

// checkSpoiled asks of records that lack members, or have them of another kind: the
// statement must not fail, and what it finds must be whole.
func (b *bench) checkSpoiled(t *testing.T, q queries.Query, f fixture) {
	t.Helper()
	var all []map[string]json.RawMessage
	var requests []string
	for i, s := range f.Find {
		records, err := s.complete(fmt.Sprintf("find-%d", i+1))
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, records...), spoiled(records[:min(len(records), 8)])...)
		requests = append(requests, s.Requests...)
	}
	found, err := b.askOf(q, all, requests, nil)
	if err != nil {
		t.Errorf("of records that lack members: %v", err)
	}
	for _, f := range found {
		f.check(t, q, f["eventID"])
	}
}
