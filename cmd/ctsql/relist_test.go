package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// A grown is a bucket of one region's days up to now, and a cache of it.
type grown struct {
	*s3test.Server
	env   []string
	cache string
	now   time.Time
	n     int // objects, each with an event
}

func newGrown(t *testing.T, days, perDay int) *grown {
	g := &grown{Server: s3test.New("logs"), cache: filepath.Join(t.TempDir(), "c.duckdb"), now: time.Now().UTC()}
	t.Cleanup(g.Close)
	g.env = envOf(g.Server)
	for day := range days {
		for k := range perDay {
			g.put(day, fmt.Sprintf("k%02d", k))
		}
	}
	return g
}

func (g *grown) put(daysAgo int, unique string) {
	g.n++
	at := g.now.AddDate(0, 0, -daysAgo)
	key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/us-east-1/%s/111122223333_CloudTrail_us-east-1_%s_%s.json.gz",
		at.Format("2006/01/02"), at.Format("20060102T1504Z"), unique)
	g.Put("logs", key, fmt.Appendf(nil, `{"Records":[{"eventID":"%d","eventTime":%q}]}`, g.n, at.Format(time.RFC3339)))
}

// load loads, and checks how many objects are new and read.
func (g *grown) load(t *testing.T, objects int, args ...string) (stderr string, lists int) {
	t.Helper()
	g.Reset()
	// Five keys a page: the bucket lists as one of 450,000 does by the thousand.
	g.On(s3test.Ops("LIST"), -1, s3test.Pages(5))
	p := start(t, g.cache, g.env, append([]string{"load", "s3://logs/AWSLogs/"}, args...)...)
	p.code(t)
	stderr = p.err.String()
	if want := fmt.Sprintf("%s objects, %[1]s events", count(objects)); !strings.Contains(stderr, want) {
		t.Errorf("told %q, not %q", stderr, want)
	}
	if gets := g.Count("GET"); gets != objects {
		t.Errorf("%d GETs for %d objects", gets, objects)
	}
	return stderr, g.Count("LIST")
}

// pass lets time pass for what the cache knows of listings.
func (g *grown) pass(t *testing.T, days int) {
	t.Helper()
	db, err := duck.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"ATTACH " + duck.Quote(g.cache) + " AS f",
		fmt.Sprintf("UPDATE f.ctsql_listings SET listedAt = listedAt - INTERVAL %d DAY, deepAt = deepAt - INTERVAL %[1]d DAY", days),
		"DETACH f",
	} {
		if err := c.Exec(ctx, statement); err != nil {
			t.Fatal(errors.Join(err, c.Close()))
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSecondLoad: loads after the first list only days that may have grown, find what
// came late to these, and read nothing twice; what is older is found when asked for.
func TestSecondLoad(t *testing.T) {
	t.Parallel()
	g := newGrown(t, 90, 25)
	_, first := g.load(t, 2250)
	told, second := g.load(t, 0)
	// Of yesterday and today, and just after midnight of the day before.
	if !strings.Contains(told, " 50 loaded before") && !strings.Contains(told, " 75 loaded before") {
		t.Errorf("told %q", told)
	}
	t.Logf("%d LIST requests, then %d", first, second)
	if float64(second) > 0.05*float64(first) {
		t.Errorf("%d LIST requests, after %d", second, first)
	}
	g.put(1, "a-late-one") // sorts before those of its minute
	g.put(20, "a-later-one")
	g.put(60, "a-very-late-one")
	g.load(t, 1)
	// Once a week it is listed as far back as deliveries are retried, and no more.
	g.pass(t, 8)
	told, _ = g.load(t, 1)
	if !strings.Contains(told, " 1,001 loaded before") && !strings.Contains(told, " 1,026 loaded before") {
		t.Errorf("told %q", told)
	}
	if _, lists := g.load(t, 0); lists > second+1 { // the late one is in a page of its own
		t.Errorf("%d LIST requests, not %d", lists, second)
	}
	g.load(t, 1, "--relist")

	// What could not be read is listed again until it can be.
	g.put(0, "unreadable")
	g.Reset()
	g.On(s3test.Ops("GET"), -1, s3test.Denied)
	p := start(t, g.cache, g.env, "load", "s3://logs/AWSLogs/")
	if code := p.code(t); code != 1 {
		t.Errorf("exit status %d", code)
	}
	g.load(t, 1)
	if got, _ := ctsql(t, g.cache, "query", "--format", "csv", "select count(*), count(distinct eventID) from cloudtrail"); !strings.Contains(got, fmt.Sprintf("\n%d,%d\n", g.n, g.n)) {
		t.Errorf("%s, not %d", got, g.n)
	}
}
