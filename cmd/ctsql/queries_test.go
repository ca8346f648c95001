package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/s3logs"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/ctsql/ctsql/queries"
	"github.com/klauspost/compress/gzip"
)

// A scene is a trail and the access logs of its buckets, in one cache, with what
// is known of both from those who made them.
type scene struct {
	cache  string
	places []string // flags
	story  synth.Story
	lines  []accessLine // each once
	calls  []s3Call     // of CloudTrail, each record once
}

// An accessLine is a line of the access log.
type accessLine struct{ synth.AccessRecord }

// get is the field's text, "" for null.
func (l accessLine) get(field int) string { return l.Fields[field] }

func (l accessLine) number(field int) int {
	n, _ := strconv.Atoi(l.Fields[field]) // null is 0
	return n
}

func (l accessLine) is(operations ...string) bool {
	return slices.Contains(operations, l.get(s3logs.Operation))
}

func (l accessLine) status(codes ...int) bool {
	return slices.Contains(codes, l.number(s3logs.HTTPStatus))
}

func (l accessLine) allowed() bool { return l.number(s3logs.HTTPStatus)/100 == 2 }

// who is the requester, as answers have it.
func (l accessLine) who() string {
	if l.Null[s3logs.Requester] {
		return "anonymous"
	}
	return l.get(s3logs.Requester)
}

// role is the same, a session's role for a session.
func (l accessLine) role() string {
	who := l.who()
	if part := strings.Split(who, "/"); strings.HasPrefix(who, "arn:") && strings.HasSuffix(part[0], ":assumed-role") {
		return part[0] + "/" + part[1]
	}
	return who
}

// An s3Call is a record of CloudTrail.
type s3Call struct {
	EventID, EventSource, EventName, EventCategory, RequestID, ErrorCode string

	EventTime         time.Time
	RequestParameters struct{ BucketName string }
	Additional        struct {
		HostID string `json:"x-amz-id-2"`
	} `json:"additionalEventData"`
}

const (
	sceneEvents = 8000
	sceneLines  = 3000
	// awsNetwork is where the trail's workloads go out.
	awsNetwork = "192.0.2.128/25"
)

func newScene(t *testing.T) *scene {
	t.Helper()
	dir := t.TempDir()
	s := &scene{cache: filepath.Join(dir, "cache.duckdb")}
	cfg := synth.Config{Events: sceneEvents}
	access, logs := filepath.Join(dir, "access"), filepath.Join(dir, "trail")
	var err error
	if s.story, err = cfg.Story(); err != nil {
		t.Fatal(err)
	}
	if _, err := synth.WriteDir(context.Background(), cfg, logs); err != nil {
		t.Fatal(err)
	}
	_, err = synth.WriteAccess(context.Background(), synth.AccessConfig{Config: cfg, Lines: sceneLines, Odd: true}, func(key string, body []byte, records []synth.AccessRecord) error {
		for _, r := range records {
			if !r.Damaged && !r.Again {
				s.lines = append(s.lines, accessLine{r})
			}
		}
		name := filepath.Join(access, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		return os.WriteFile(name, body, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.readTrail(t, logs)
	city, ranges := filepath.Join(dir, "city.mmdb"), filepath.Join(dir, "ip-ranges.json")
	if err := geotest.WriteCity(city); err != nil {
		t.Fatal(err)
	}
	list := `{"syncToken":"1","createDate":"2025-07-01-00-00-00","prefixes":[{"ip_prefix":"` + awsNetwork + `","region":"eu-central-1","service":"EC2"}],"ipv6_prefixes":[]}`
	if err := os.WriteFile(ranges, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	s.places = []string{"--geoip", city, "--ip-ranges", ranges}
	p := start(t, s.cache, nil, "load", logs, access)
	if code := p.code(t); code != 1 || !strings.Contains(p.err.String(), " damaged") { // on purpose
		t.Fatalf("load: exit status %d\n%s", code, &p.err)
	}
	return s
}

// readTrail reads S3's calls out of the trail, each record once.
func (s *scene) readTrail(t *testing.T, dir string) {
	t.Helper()
	seen := map[string]bool{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.ToSlash(name), "/CloudTrail/") {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		var file struct{ Records []json.RawMessage }
		if err := json.NewDecoder(z).Decode(&file); err != nil {
			return err
		}
		for _, record := range file.Records {
			var c s3Call
			if !strings.Contains(string(record), `"s3.amazonaws.com"`) {
				continue
			}
			if err := json.Unmarshal(record, &c); err != nil {
				return err
			}
			if c.EventSource == "s3.amazonaws.com" && !seen[c.EventID] {
				seen[c.EventID] = true
				s.calls = append(s.calls, c)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A row of an answer, by column.
type row map[string]string

func (r row) join(columns ...string) string {
	var values []string
	for _, c := range columns {
		values = append(values, r[c])
	}
	return strings.Join(values, "|")
}

// ask asks a question by its name, with values for parameters.
func (s *scene) ask(t *testing.T, name string, params ...string) []row {
	t.Helper()
	args := append([]string{"query", "-n", name, "--format", "csv"}, s.places...)
	for _, p := range params {
		args = append(args, "--param", p)
	}
	return s.rows(t, args...)
}

func (s *scene) rows(t *testing.T, args ...string) (rows []row) {
	t.Helper()
	stdout, _ := ctsql(t, s.cache, args...)
	r := csv.NewReader(strings.NewReader(stdout))
	header, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		one := row{}
		for i, name := range header {
			one[name] = record[i]
		}
		rows = append(rows, one)
	}
}

// holds compares rows, each known by its key, with what they should be.
func holds(t *testing.T, rows []row, key, values string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, r := range rows {
		k := r.join(strings.Fields(key)...)
		if _, twice := got[k]; twice {
			t.Errorf("%s is there twice", k)
		}
		got[k] = r.join(strings.Fields(values)...)
	}
	if len(want) == 0 {
		t.Error("nothing is expected: this compares nothing")
	}
	wrong := 0
	for k, v := range want {
		if got[k] != v {
			if wrong++; wrong < 5 {
				t.Errorf("%s: %q, want %q", k, got[k], v)
			}
		}
	}
	for k, v := range got {
		if _, ok := want[k]; !ok {
			if wrong++; wrong < 10 {
				t.Errorf("%s: %q should not be there", k, v)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d rows are wrong; there are %d, want %d", wrong, len(got), len(want))
	}
}

// groups count lines by a key.
type groups map[string]*group

type group struct {
	n, denied, allowed, bytes, more int
	set                             [4]map[string]bool
}

func (g groups) of(key ...string) *group {
	k := strings.Join(key, "|")
	if g[k] == nil {
		g[k] = &group{}
	}
	return g[k]
}

// add adds text, unless it is null, to a set of different ones.
func (g *group) add(set int, text string) {
	if g.set[set] == nil {
		g.set[set] = map[string]bool{}
	}
	if text != "" {
		g.set[set][text] = true
	}
}

// each is what is wanted of every group; "" leaves it out.
func (g groups) each(value func(*group) string) map[string]string {
	want := map[string]string{}
	for k, one := range g {
		if v := value(one); v != "" {
			want[k] = v
		}
	}
	return want
}

func numbers(ns ...int) string {
	var texts []string
	for _, n := range ns {
		texts = append(texts, strconv.Itoa(n))
	}
	return strings.Join(texts, "|")
}

// TestS3Questions asks every question of S3 of one scene, and compares the answers
// with what those who made the logs know of them.
func TestS3Questions(t *testing.T) {
	s := newScene(t)
	checks := map[string]func(*testing.T, *scene){
		"s3/who-read-key": checkReads, "s3/who-deleted": checkDeletions, "s3/denied": checkDenied, "s3/top-requesters": checkTop,
		"s3/old-tls": checkTLS, "s3/anonymous": checkAnonymous, "s3/new-country": checkCountries, "s3/batch-deleted-keys": checkBatches,
		"s3/only-in-one-log": checkOnly, "s3/downloads-by-hour": checkHours, "s3/downloaded-then-deleted": checkRansom,
		"s3/presigned": checkPresigned, "s3/outside-aws": checkOutside,
	}
	for _, q := range queries.All() {
		if !strings.HasPrefix(q.Name, "s3/") {
			continue
		}
		check := checks[q.Name]
		if check == nil {
			t.Errorf("%s is not tested", q.Name)
			continue
		}
		t.Run(q.Name, func(t *testing.T) {
			t.Parallel() // with the race detector a process takes a second to end
			check(t, s)
		})
	}
}

func isOutside(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && !ip.IsPrivate() && !netip.MustParsePrefix(awsNetwork).Contains(ip)
}
