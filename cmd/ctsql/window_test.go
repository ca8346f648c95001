package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// organisation is a bucket of 20 accounts, 17 regions and 90 days, with a log every
// five minutes and a digest every hour, each of one event three minutes earlier.
func organisation() s3test.Names {
	first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	return s3test.Names{
		Folder: func(folder string) (names []string) {
			part := strings.Split(strings.TrimSuffix(folder, "/"), "/")
			switch len(part) {
			case 1:
				if folder == "" {
					return []string{"AWSLogs/"}
				}
				return []string{"o-exampleorg/"}
			case 2:
				for i := range 20 {
					names = append(names, fmt.Sprintf("%012d/", 111122223333+i))
				}
			case 3:
				return []string{"CloudTrail-Digest/", "CloudTrail/"}
			case 4:
				for i := range 17 {
					names = append(names, fmt.Sprintf("us-east-%d/", i+1))
				}
				slices.Sort(names)
			case 5, 6, 7: // of a region, a year, a month
				layout := [...]string{"2006/", "01/", "02/"}[len(part)-5]
				for d := range 90 {
					day := first.AddDate(0, 0, d)
					if strings.HasPrefix(day.Format("2006/01/02/"), strings.Join(append(part[5:], ""), "/")) {
						names = append(names, day.Format(layout))
					}
				}
				return slices.Compact(names)
			case 8:
				day, err := time.Parse("2006/01/02", strings.Join(part[5:], "/"))
				if err != nil {
					panic(err)
				}
				for minute := 0; minute < 24*60; minute += 5 {
					at := day.Add(time.Duration(minute) * time.Minute)
					switch {
					case part[3] == "CloudTrail":
						names = append(names, fmt.Sprintf("%s_%s_%s_%s_x.json.gz", part[2], part[3], part[4], at.Format("20060102T1504Z")))
					case minute%60 == 0:
						names = append(names, fmt.Sprintf("%s_%s_%s_trail_us-east-1_%s.json.gz", part[2], part[3], part[4], at.Format("20060102T150405Z")))
					}
				}
			}
			return names
		},
		Body: func(key string) []byte {
			k, ok := cloudtrail.ParseKey(key)
			if !ok {
				panic(key)
			}
			return fmt.Appendf(nil, `{"Records":[{"eventID":"%s %s %s","eventTime":%q,"awsRegion":"%[2]s","recipientAccountId":"%[1]s"}]}`,
				k.Account, k.Region, k.Delivered.Format("20060102T1504"), k.Delivered.Add(-3*time.Minute).Format(time.RFC3339))
		},
	}
}

// TestWindowRequests: two hours of an account and a region are few requests, and no
// object is read that cannot be of them.
func TestWindowRequests(t *testing.T) {
	t.Parallel()
	s := s3test.NewNames(organisation())
	t.Cleanup(s.Close)
	var mu sync.Mutex
	read := map[string]int{}
	s.On(func(r s3test.Request) bool {
		if r.Op == "GET" {
			mu.Lock()
			read[r.Key]++
			mu.Unlock()
		}
		return false
	}, -1, nil)
	env := envOf(s)
	cache := filepath.Join(t.TempDir(), "c.duckdb")
	window := []string{"s3://logs", "--since", "2024-03-05T14:00", "--until", "2024-03-05T16:00", "--account", "111122223333", "--region", "us-east-1"}
	load := func(args ...string) (stdout, stderr string, lists int) {
		t.Helper()
		before := s.Count("LIST")
		p := start(t, cache, env, slices.Concat([]string{"load"}, window, args)...)
		if code := p.code(t); code != 0 {
			t.Fatalf("exit status %d\n%s", code, &p.err)
		}
		return p.out.String(), p.err.String(), s.Count("LIST") - before
	}
	plan, _, lists := load("--dry-run")
	if len(read) > 0 {
		t.Errorf("a dry run reads %d objects", len(read))
	}
	_, told, again := load()
	if lists > 25 || again != lists {
		t.Errorf("%d LIST requests, and %d to load", lists, again)
	}
	from, to := time.Date(2024, 3, 5, 13, 45, 0, 0, time.UTC), time.Date(2024, 3, 6, 16, 0, 0, 0, time.UTC)
	for key, times := range read {
		k, _ := cloudtrail.ParseKey(key)
		// Midnight may be a name without a time.
		late := k.Delivered.After(to) || k.Delivered.Before(from) && !k.Delivered.Equal(from.Truncate(24*time.Hour))
		if k.Account != "111122223333" || k.Region != "us-east-1" || late || times != 1 {
			t.Errorf("read %d times: %s", times, key)
		}
	}
	// Each five minutes of 26 hours and a quarter, each hour of a digest's, and two midnights.
	n := 26*12 + 3 + 1 + 27 + 2
	if len(read) != n || !strings.Contains(told, " 24 events, ") {
		t.Errorf("%d objects are read, not %d: %s", len(read), n, told)
	}
	if want := fmt.Sprintf(`^%d objects to read, \d+\.\d kB: %[1]d GET requests after %d LIST requests; 0 loaded already\n$`, n, lists); !regexp.MustCompile(want).MatchString(plan) {
		t.Errorf("%q is not %s", plan, want)
	}
	times, _ := ctsql(t, cache, "query", "--format", "csv", "select min(eventTime), max(eventTime), count(distinct eventTime) from cloudtrail")
	if !strings.HasSuffix(times, "\n2024-03-05 14:02:00,2024-03-05 15:57:00,24\n") {
		t.Errorf("%s", times)
	}
	// A folder takes no requests.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if plan, _, lists := load("--dry-run", "--force", dir); !regexp.MustCompile(fmt.Sprintf(`^%d objects to read, \d+\.\d kB: %d GET requests after %d LIST requests; 0 loaded already\n$`, n+1, n, lists)).MatchString(plan) {
		t.Errorf("%q", plan)
	}
	// All of the window is listed: what is left is to find the folders.
	plan, _, known := load("--dry-run")
	if want := fmt.Sprintf("0 objects to read, 0 B: 0 GET requests after %d LIST requests; 0 loaded already\n", known); plan != want || known >= lists {
		t.Errorf("%q is not %q", plan, want)
	}
}

func envOf(s *s3test.Server) (env []string) {
	for k, v := range s.Env() {
		env = append(env, k+"="+v)
	}
	return env
}

// TestWindow: a load of a window has the rows that a full load and a filter in SQL
// have, to the second, also those that were delivered late; later than --late they
// are found when --late says so.
func TestWindow(t *testing.T) {
	t.Parallel()
	b := newBucket(t, synth.Config{Seed: 7, Events: 6000, Days: 8, EventsPerFile: 8})
	full, part := filepath.Join(t.TempDir(), "full.duckdb"), filepath.Join(t.TempDir(), "part.duckdb")
	load := func(cache string, args ...string) string {
		t.Helper()
		p := start(t, cache, b.env, append([]string{"load", "s3://logs/"}, args...)...)
		if code := p.code(t); code != 0 {
			t.Fatalf("exit status %d\n%s", code, &p.err)
		}
		return p.err.String()
	}
	rows := func(cache, where string) []string {
		t.Helper()
		out, _ := ctsql(t, cache, "query", "--format", "csv", "select * exclude (sourceObject, recordIndex) from cloudtrail where "+where+" order by all")
		return strings.Split(strings.TrimSpace(out), "\n")[1:]
	}

	// The two hours of an account and region that most events are of.
	load(full)
	found, _ := ctsql(t, full, "query", "--format", "csv", `select recipientAccountId, awsRegion, strftime(date_trunc('hour', eventTime), '%Y-%m-%dT%H:%M:%SZ')
		from cloudtrail where eventTime < (select max(eventTime) - interval 4 days from cloudtrail) and recipientAccountId is not null group by all order by count(*) desc, 1, 2, 3 limit 1`)
	_, found, _ = strings.Cut(strings.TrimSpace(found), "\n")
	most := strings.Split(found, ",")
	account, region := most[0], most[1]
	since, err := time.Parse(time.RFC3339, most[2])
	if err != nil {
		t.Fatal(err)
	}
	// To the second: it begins and ends with events.
	since, until := since.Add(7*time.Second), since.Add(2*time.Hour+11*time.Second)
	put := func(event, delivered time.Time, id string) {
		key := fmt.Sprintf("AWSLogs/o-exampleorgid/%[1]s/CloudTrail/%[2]s/%[3]s/%[1]s_CloudTrail_%[2]s_%[4]s_%[5]s.json", account, region,
			delivered.Format("2006/01/02"), delivered.Format("20060102T1504Z"), id)
		b.Put("logs", key, fmt.Appendf(nil, `{"Records":[{"eventID":%q,"eventTime":%q,"awsRegion":%q,"recipientAccountId":%q}]}`, id, event.Format(time.RFC3339), region, account))
	}
	put(since.Add(-time.Second), since, "too-early")
	put(since, since.Add(time.Minute), "first")
	put(until.Add(-time.Second), until.Add(time.Hour), "last")
	put(until, until.Add(time.Hour), "too-late")
	put(since.Add(time.Minute), until.Add(20*time.Hour), "delivered-late")
	put(since.Add(time.Minute), until.Add(50*time.Hour), "delivered-very-late")
	load(full, "--relist")
	where := fmt.Sprintf("eventTime >= '%s' and eventTime < '%s' and recipientAccountId = '%s' and awsRegion = '%s'", since.Format(time.DateTime), until.Format(time.DateTime), account, region)
	all := rows(full, where)
	inTime := rows(full, where+" and eventID is distinct from 'delivered-very-late'")
	if len(inTime) < 10 || len(all) != len(inTime)+1 {
		t.Fatalf("%d rows, %d in time", len(all), len(inTime))
	}

	window := []string{"--since", since.Format(time.RFC3339), "--until", until.Format(time.RFC3339), "--account", account, "--region", region}
	told := load(part, window...)
	if got := rows(part, "true"); !slices.Equal(got, inTime) {
		t.Errorf("%d rows, not %d\n%s", len(got), len(inTime), told)
	}
	b.Reset()
	if told := load(part, window...); b.Count("GET") != 0 || !slices.Equal(rows(part, "true"), inTime) {
		t.Errorf("%d GETs: %s", b.Count("GET"), told)
	}
	told = load(part, append(window, "--late", "72h")...)
	if got := rows(part, "true"); !slices.Equal(got, all) {
		t.Errorf("with --late 72h %d rows, not %d\n%s", len(got), len(all), told)
	}
	if !strings.Contains(told, " 1 events, ") {
		t.Errorf("told %s", told)
	}
}
