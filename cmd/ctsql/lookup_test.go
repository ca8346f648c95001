package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/klauspost/compress/gzip"
)

// recorded puts a trail's events into a bucket and into the event history of their
// regions, and returns how many there are in each region.
func recorded(t *testing.T, a account, s3 *s3test.Server, c synth.Config) map[string]int {
	t.Helper()
	type identity struct{ EventID, EventTime, EventSource, EventName, AwsRegion string }
	known, regions := map[identity]bool{}, map[string]int{}
	_, err := synth.Write(t.Context(), c, func(key string, body []byte) error {
		if !strings.Contains(key, "/CloudTrail/") {
			return nil
		}
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		var doc struct{ Records []json.RawMessage }
		if err := json.NewDecoder(z).Decode(&doc); err != nil {
			return nil // not a log that is whole
		}
		s3.Put("logs", key, body)
		for _, r := range doc.Records {
			var id identity
			if err := json.Unmarshal(r, &id); err != nil {
				return err
			}
			if id.EventID != "" && !known[id] { // old records have none, and are known by their object
				known[id] = true
				regions[id.AwsRegion]++
				a.Record(id.AwsRegion, string(r))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return regions
}

// TestLookup: the event history of all regions gives the rows that a trail's logs of
// the same events give, and both together give no more.
func TestLookup(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("logs")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	start := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	regions := recorded(t, a, s3, synth.Config{Seed: 5, Events: 600, Days: 2, Start: start})
	busy := ""
	for region, n := range regions {
		if busy == "" || n > regions[busy] {
			busy = region
		}
	}
	a.Refuse("us-west-2", "LookupEvents", 400, "AccessDeniedException", "no\x1b[2J")
	a.Refuse("af-south-1", "LookupEvents", 403, "UnrecognizedClientException", "who?")
	a.Throttle(busy, 2)
	all := 0
	for region, n := range regions {
		if region != "us-west-2" {
			all += n
		}
	}

	_, stderr := a.run(t, 0, "load", "lookup:", "--since", "4d")
	for _, line := range []string{
		"lookup: the event history of 111122223333 in the ", "note: data events, network activity and Insights are not in it",
		`ctsql: cloudtrail in us-west-2: permission denied: no\x1b[2J` + "\nhint: the identity needs cloudtrail:LookupEvents\n",
		"regions are not enabled, or not for these credentials: af-south-1\n",
		fmt.Sprintf(" %s events, 0 duplicates, ", count(all)),
	} {
		if !strings.Contains(stderr, line) {
			t.Errorf("not told: %q in\n%s", line, stderr)
		}
	}
	for region := range regions {
		// One that comes late, on a busy machine, is nearer to the next.
		times := a.Lookups(region)
		if n := len(times) - 1; n > 0 {
			took, least := times[n].Sub(times[0]), time.Duration(n)*500*time.Millisecond-time.Second
			if took < least {
				t.Errorf("%s is asked %d times in %v", region, n+1, took)
			}
		}
	}
	asked := len(a.Lookups(busy))
	if n := regions[busy]; asked < 2+1+n/50 {
		t.Errorf("%s with %d events is asked %d times", busy, n, asked)
	}
	if n := len(a.Lookups("ca-central-1")); regions["ca-central-1"] == 0 && n != 1 {
		t.Errorf("a region without events is asked %d times", n)
	}

	// The same events from a trail are the same rows.
	of := "select * exclude (sourceObject, recordIndex) from cloudtrail where awsRegion <> 'us-west-2' and eventID is not null order by eventTime, eventID, eventName"
	history, _ := a.run(t, 0, "query", "--format", "csv", of)
	trail := a
	trail.cache = filepath.Join(t.TempDir(), "trail.duckdb")
	trail.run(t, 0, "load", "s3://logs/")
	if logs, _ := trail.run(t, 0, "query", "--format", "csv", of); logs != history || strings.Count(logs, "\n") <= all {
		t.Errorf("rows of the logs, and of the history:\n%s\n%s", logs, history)
	}
	trail.run(t, 0, "load", "lookup:"+busy, "--since", "4d")
	if n, _ := trail.run(t, 0, "query", "--format", "csv", strings.Replace(of, "* exclude (sourceObject, recordIndex)", "eventID", 1)); strings.Count(n, "\n") != all+1 {
		t.Errorf("an event of both is stored twice: %d", strings.Count(n, "\n"))
	}

	// Days that are over are not asked for again: one request finds the region, and
	// two or three are for days that can still grow.
	asked = len(a.Lookups(busy))
	a.Record(busy, fmt.Sprintf(`{"eventVersion":"1.11","eventID":"new","eventTime":%q,"eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":%q}`,
		time.Now().UTC().Add(-time.Second).Format(time.RFC3339), busy))
	if _, stderr := a.run(t, 0, "load", "lookup:", "--since", "4d", "--regions", busy); !strings.Contains(stderr, " 1 events, ") {
		t.Errorf("%s", stderr)
	}
	if n := len(a.Lookups(busy)) - asked; n > 3+regions[busy]/50 {
		t.Errorf("asked %d times again", n)
	}
	if calls := a.Calls(); slices.ContainsFunc(calls, func(c string) bool { return !strings.HasSuffix(c, " LookupEvents") }) {
		t.Errorf("it needs LookupEvents alone: %q", calls)
	}
}

// TestLookupRefused: where no region answers it is told why, once; an event history
// is not verified; regions are regions.
func TestLookupRefused(t *testing.T) {
	t.Parallel()
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	a.Refuse("", "LookupEvents", 400, "AccessDeniedException", "no")
	if _, stderr := a.run(t, 1, "load", "lookup:eu-west-1,us-east-1"); strings.Count(stderr, "ctsql: ") != 1 ||
		!strings.Contains(stderr, "ctsql: cloudtrail in eu-west-1, us-east-1: permission denied: no\nhint: the identity needs cloudtrail:LookupEvents\n") {
		t.Errorf("%s", stderr)
	}
	a.run(t, 2, "load", "lookup:../x")
	a.run(t, 2, "load", "lookup:", "--regions", "../x")
	a.run(t, 2, "verify", "lookup:")
	if exists(a.cache) {
		t.Error("a cache is made for nothing")
	}

	// A region that refuses in the middle: its days are not read, the others' are.
	a.Answer("", "LookupEvents", map[string]any{"Events": []any{}})
	now := time.Now().UTC()
	events := []any{map[string]any{"CloudTrailEvent": fmt.Sprintf(
		`{"eventVersion":"1.11","eventID":"1","eventTime":%q,"eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1"}`, now.Format(time.RFC3339))}}
	a.Answer("us-east-1", "LookupEvents", map[string]any{"Events": events})
	a.Answer("eu-west-1", "LookupEvents", map[string]any{"Events": events, "NextToken": "again"})
	if _, stderr := a.run(t, 1, "load", "lookup:eu-west-1,us-east-1,eu-north-1", "--since", "1h"); !strings.Contains(stderr, " 1 events, ") ||
		!strings.Contains(stderr, "ctsql: lookup:111122223333/CloudTrail/eu-west-1/") || !strings.Contains(stderr, ": the pages do not go on: ") {
		t.Errorf("%s", stderr)
	}
}
