package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
)

// TestSecondLoad: loads after the first list only days that may have grown, find what
// came late to these, and read nothing twice; what is older is found when asked for.
func TestSecondLoad(t *testing.T) {
	s := s3test.New("logs")
	t.Cleanup(s.Close)
	var env []string
	for k, v := range s.Env() {
		env = append(env, k+"="+v)
	}
	now := time.Now().UTC()
	n := 0
	put := func(daysAgo int, unique string) {
		n++
		at := now.AddDate(0, 0, -daysAgo)
		key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/us-east-1/%s/111122223333_CloudTrail_us-east-1_%s_%s.json.gz",
			at.Format("2006/01/02"), at.Format("20060102T1504Z"), unique)
		s.Put("logs", key, fmt.Appendf(nil, `{"Records":[{"eventID":"%d","eventTime":%q}]}`, n, at.Format(time.RFC3339)))
	}
	for day := range 90 {
		for k := range 25 {
			put(day, fmt.Sprintf("k%02d", k))
		}
	}
	cache := filepath.Join(t.TempDir(), "c.duckdb")
	load := func(args ...string) string {
		t.Helper()
		s.Reset()
		p := start(t, cache, env, append([]string{"load", "s3://logs/AWSLogs/"}, args...)...)
		p.code(t)
		return p.err.String()
	}
	told := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("told %q, not %q", got, want)
		}
	}
	told(load(), "2,250 objects, 2,250 events")
	first := s.Count("LIST")

	out := load()
	told(out, "0 objects, 0 events")
	// Of yesterday and today, and just after midnight of the day before.
	if !strings.Contains(out, " 50 loaded before") && !strings.Contains(out, " 75 loaded before") {
		t.Errorf("told %q", out)
	}
	if gets, lists := s.Count("GET"), s.Count("LIST"); gets != 0 || lists >= first {
		t.Errorf("%d GETs; %d LISTs after %d", gets, lists, first)
	}
	put(1, "a-late-one") // sorts before those of its minute
	put(60, "a-very-late-one")
	told(load(), "1 objects, 1 events")
	told(load("--relist"), "1 objects, 1 events")

	// What could not be read is listed again until it can be.
	put(0, "unreadable")
	s.On(s3test.Ops("GET"), -1, s3test.Denied)
	p := start(t, cache, env, "load", "s3://logs/AWSLogs/")
	if code := p.code(t); code != 1 {
		t.Errorf("exit status %d", code)
	}
	told(load(), "1 objects, 1 events")
	if got, _ := ctsql(t, cache, "query", "--format", "csv", "select count(*), count(distinct eventID) from cloudtrail"); !strings.Contains(got, fmt.Sprintf("\n%d,%d\n", n, n)) {
		t.Errorf("%s, not %d", got, n)
	}
}
