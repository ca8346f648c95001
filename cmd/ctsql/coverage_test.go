package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// A spotty trail lacks days, hours and digests.
type spotty struct {
	t   *testing.T
	dir string
	n   int
}

// june is a time of June 2025.
func june(day, hour int) time.Time { return time.Date(2025, 6, day, hour, 12, 7, 0, time.UTC) }

func (s *spotty) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// event writes an object with one event; what else is in its record follows.
func (s *spotty) event(account, region string, at time.Time, more string) {
	s.n++
	s.write(fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%[1]s_CloudTrail_%[2]s_%[4]s_%[5]d.json", account, region, at.Format("2006/01/02"), at.Format("20060102T1504Z"), s.n),
		fmt.Sprintf(`{"Records":[{"eventVersion":"1.08","eventID":"e%d","eventTime":%q,"recipientAccountId":%s,"awsRegion":%s%s}]}`, s.n, at.Format(time.RFC3339), quoted(account), quoted(region), more))
}

// quoted is a text in JSON.
func quoted(s string) string { return strings.ReplaceAll(strconv.Quote(s), `\x`, `\u00`) }

// digests writes one for each hour, but for some.
func (s *spotty) digests(account, region string, from, to time.Time, but func(time.Time) bool) {
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		if but(at) {
			continue
		}
		s.write(fmt.Sprintf("AWSLogs/%s/CloudTrail-Digest/%s/%s/%[1]s_CloudTrail-Digest_%[2]s_my_trail_eu-west-1_%[4]s.json.gz",
			account, region, at.Format("2006/01/02"), at.Format("20060102T150405Z")), `{"digestStartTime":""}`)
	}
}

const (
	managed = `,"eventCategory":"Management","eventSource":"ec2.amazonaws.com","eventName":"RunInstances"`
	trailBy = `,"eventCategory":"Management","eventSource":"cloudtrail.amazonaws.com","userIdentity":{"arn":"arn:aws:iam::111122223333:user/mallory"},"eventName":`
)

// newSpotty writes one, and loads it.
func newSpotty(t *testing.T) (cache string) {
	s := &spotty{t: t, dir: t.TempDir()}
	const a, b = "111122223333", "444455556666"
	// Of eu-west-1 there are digests, but none on the 5th and 6th, and some hours of the 9th lack.
	for _, day := range []int{2, 3, 8, 9} {
		s.event(a, "eu-west-1", june(day, 10), managed)
	}
	s.event(a, "eu-west-1", june(8, 11), `,"eventCategory":"Data"`)
	s.digests(a, "eu-west-1", june(2, 0), june(12, 0), func(at time.Time) bool {
		return at.Day() == 5 || at.Day() == 6 || at.Day() == 9 && at.Hour() >= 4 && at.Hour() < 7
	})
	// Of us-east-1 no digest is known. Logging stopped on the 3rd, for three days.
	s.event(a, "us-east-1", june(2, 1), `,"managementEvent":true`)
	s.event(a, "us-east-1", june(3, 9), trailBy+`"StopLogging","requestParameters":{"name":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"}`)
	s.event(a, "us-east-1", june(3, 10), trailBy+`"DeleteTrail","errorCode":"AccessDenied","requestParameters":{"name":"other"}`)
	s.event(a, "us-east-1", june(6, 9), trailBy+`"StartLogging","requestParameters":{"name":"audit"}`)
	s.event(a, "us-east-1", june(6, 10), trailBy+`"UpdateTrail","requestParameters":{"name":"audit\u001b[2J","isMultiRegionTrail":false,"s3BucketName":"theirs"}`)
	s.event(a, "us-east-1", june(10, 10), managed)
	// Old records do not tell their category.
	for i, name := range []string{"GetObject", "GetObjectLockConfiguration", "ListBuckets", "UploadPart"} {
		s.event(b, "eu-west-1", june(20, i), `,"eventSource":"s3.amazonaws.com","eventName":"`+name+`"`)
	}
	s.event(b, "eu-west-1", june(20, 8), `,"managementEvent":false`)
	s.write("access/2025-06-03-00-00-00-ABCDEF", `o b [03/Jun/2025:00:00:38 +0000] 192.0.2.3 - R1 REST.GET.OBJECT k "GET /k HTTP/1.1" 200 - 1 1 1 1 "-" "-" - h SigV4 - - b.s3.amazonaws.com TLSv1.2 -`+"\n")
	cache = filepath.Join(t.TempDir(), "cache.duckdb")
	ctsql(t, cache, "load", s.dir)
	return cache
}

// TestCoverage: what days have and lack, in each form.
func TestCoverage(t *testing.T) {
	t.Parallel()
	path := newSpotty(t)
	const calendar = `2025                        Jun 2   Jun 9   Jun 16
111122223333 eu-west-1 MD-- ░░·XX·░ !··
111122223333 us-east-1 M--- ░!XX!?? ?░
444455556666 eu-west-1 MD--                     ░
access logs  1 bucket        ░

░ 1 events a day and more; weeks begin on Mondays, days in UTC
· no events, but digests or objects: nothing happened, or it was left out
? no objects, and no digest is known: nothing happened, or it is missing
X no objects, and no digests where there should be, or logging was stopped
! digests are missing of that day, or logging was stopped or started
M Management, D Data, N NetworkActivity, I Insight; - none

Gaps:
  2025-06-03T09:12:07Z to 2025-06-06T09:12:07Z  111122223333 us-east-1: trail audit did not log: StopLogging by arn:aws:iam::111122223333:user/mallory
  2025-06-04T23:12:07Z to 2025-06-07T00:12:07Z  111122223333 eu-west-1: 48 digests of trail my_trail are missing
  2025-06-05 to 2025-06-06  111122223333 eu-west-1: no object and no digest: not logged, not delivered, or not loaded
  2025-06-06T10:12:07Z  111122223333 us-east-1: trail audit\x1b[2J was changed: UpdateTrail by arn:aws:iam::111122223333:user/mallory: one region only, to bucket theirs
  2025-06-09T03:12:07Z to 2025-06-09T07:12:07Z  111122223333 eu-west-1: 3 digests of trail my_trail are missing
`
	if out, stderr := ctsql(t, path, "coverage", "--format", "calendar"); out != calendar || stderr != "" {
		t.Errorf("%s%s", out, stderr)
	}
	out, _ := ctsql(t, path, "coverage", "--format", "csv", "--account", "444455556666")
	if want := "account,region,bucket,day,category,events,objects,digests,gap\n" +
		"444455556666,eu-west-1,,2025-06-20,Data,3,3,0,\n444455556666,eu-west-1,,2025-06-20,Management,2,2,0,\n"; strings.ReplaceAll(out, `"`, "") != want {
		t.Errorf("%s", out)
	}
	out, stderr := ctsql(t, path, "coverage", "--region", "us-east-1", "--since", "2025-06-06T12:00")
	if !strings.Contains(out, " 2025-06-10 ") || strings.Contains(out, " 2025-06-03 ") || strings.Contains(out, "Gaps") || !strings.HasPrefix(stderr, "note: no digest is known") {
		t.Errorf("%s%s", out, stderr)
	}
	covered := coverageJSON(t, path)
	at := slices.IndexFunc(covered.Days, func(d cache.CoveredDay) bool { return d.Day == "2025-06-04" && d.Region == "eu-west-1" })
	if at < 0 || covered.Days[at] != (cache.CoveredDay{Account: "111122223333", Region: "eu-west-1", Day: "2025-06-04", Digests: 24}) {
		t.Errorf("a day on which nothing happened: %d of %+v", at, covered.Days)
	}
	if last := covered.Days[len(covered.Days)-1]; last != (cache.CoveredDay{Bucket: "b", Day: "2025-06-03", Category: "AccessLog", Events: 1, Objects: 1}) {
		t.Errorf("access logs: %+v", last)
	}
	shown := onTerminal(t, path, 80, "coverage")
	plain := onTerminal(t, path, 80, "coverage", "--no-color")
	if !strings.Contains(shown, "\x1b[0;1;31mXX") || strings.Contains(plain, "\x1b") || !strings.Contains(plain, "░░·XX·░ !··") {
		t.Errorf("%q\n%q", shown, plain)
	}
}

func coverageJSON(t *testing.T, path string, args ...string) (covered cache.Coverage) {
	t.Helper()
	out, _ := ctsql(t, path, append([]string{"coverage", "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &covered); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return covered
}

// TestCoverageSource: the digests of a source are listed and, but for those where a
// chain is broken, not read; a chain that begins again is told from one of which
// digests are missing.
func TestCoverageSource(t *testing.T) {
	t.Parallel()
	trail, err := synth.NewDigestTrail(synth.DigestConfig{Hours: 60, Restart: 40})
	if err != nil {
		t.Fatal(err)
	}
	s3 := s3test.New(trail.Bucket)
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	var names []string
	for _, o := range trail.Objects {
		if _, _, ok := cloudtrail.ParseDigestKey(o.Key); ok {
			names = append(names, o.Key)
		}
	}
	for _, o := range trail.Objects {
		// Of the first chain the digest before the new beginning, of the other two in a row.
		if !slices.Contains([]string{names[39], names[60+20], names[60+21]}, o.Key) {
			s3.Put(trail.Bucket, o.Key, o.Body)
		}
	}
	stdout, stderr := a.run(t, 0, "coverage", "--format", "json", "s3://"+trail.Bucket)
	var covered cache.Coverage
	if err := json.Unmarshal([]byte(stdout), &covered); err != nil || strings.Contains(stderr, "note") {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	var gaps []string
	for _, g := range covered.Gaps {
		gaps = append(gaps, fmt.Sprintf("%s %d", g.What, g.Missing))
	}
	if want := []string{"digests 2", "restarted 1"}; !slices.Equal(gaps, want) {
		t.Errorf("%q, want %q", gaps, want)
	}
	if n := s3.Count("GET"); n != 2 {
		t.Errorf("%d objects were read", n)
	}
	if covered.Digests != len(names)-3 {
		t.Errorf("%d digests of %d", covered.Digests, len(names)-3)
	}
	a.Answer("", "DescribeTrails", trails(aTrail("org-trail", "us-east-1", trail.Bucket, "logs")))
	if out, stderr := a.run(t, 0, "coverage", "--format", "json", "trails:"); out != stdout {
		t.Errorf("of the trail: %s%s", out, stderr)
	}
	if out, stderr := a.run(t, 1, "coverage", "s3://"+trail.Bucket, "s3://nosuch"); out != "" || !strings.Contains(stderr, "nosuch") {
		t.Errorf("what cannot be listed: %s%s", out, stderr)
	}
}

// TestCoverageOfNothing: without a cache there is nothing to show, and that is said;
// what is of impossible days does not take time.
func TestCoverageOfNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.duckdb")
	if out, stderr := ctsql(t, path, "coverage"); out != "" || !strings.Contains(stderr, "holds no such logs\nhint: ctsql load SOURCE") {
		t.Errorf("%s%s", out, stderr)
	}
	s := &spotty{t: t, dir: t.TempDir()}
	s.event("\x1b[2J", "r\nr", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "")
	s.event("\x1b[2J", "r\nr", time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), "")
	s.write("none.json", `{"Records":[{"eventID":"x","eventTime":"never"},{"eventID":"y","eventTime":"2025-06-02T00:00:00Z","eventCategory":"\u001b[2J"}]}`)
	ctsql(t, path, "load", s.dir)
	out, _ := ctsql(t, path, "coverage", "--format", "calendar")
	if strings.ContainsAny(out, "\x1b\r") || strings.Count(out, "\n") > 30 {
		t.Errorf("%d lines: %q", strings.Count(out, "\n"), out)
	}
	if days := coverageJSON(t, path).Days; len(days) != 4 {
		t.Errorf("%d days", len(days))
	}
}
