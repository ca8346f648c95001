package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// An account is one with trails, whose buckets are in an S3 in process.
type account struct {
	*s3test.CloudTrail
	cache string
	env   []string
}

func newAccount(t *testing.T, s3 *s3test.Server) account {
	t.Helper()
	a := account{CloudTrail: s3test.NewCloudTrail(s3), cache: filepath.Join(t.TempDir(), "cache.duckdb")}
	t.Cleanup(a.Close)
	env := s3.Env()
	env["AWS_ENDPOINT_URL"] = a.URL
	for k, v := range env {
		a.env = append(a.env, k+"="+v)
	}
	return a
}

// run runs ctsql with the account's credentials.
func (a account) run(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	p := start(t, a.cache, a.env, args...)
	if code := p.code(t); code != want {
		t.Errorf("ctsql %q: exit status %d, not %d\n%s", args, code, want, &p.err)
	}
	return p.out.String(), p.err.String()
}

// trails is an answer of DescribeTrails: NAME, home region, bucket and prefix of
// each, and what else there is to say of it.
func trails(list ...map[string]any) map[string]any { return map[string]any{"trailList": list} }

func aTrail(name, region, bucket, prefix string, yes ...string) map[string]any {
	t := map[string]any{
		"Name": name, "TrailARN": "arn:aws:cloudtrail:" + region + ":111122223333:trail/" + name,
		"HomeRegion": region, "S3BucketName": bucket, "S3KeyPrefix": prefix,
	}
	for _, what := range yes {
		t[what] = true
	}
	return t
}

// TestLoadTrails: without SOURCE each place that trails deliver to is loaded once,
// whatever other regions say, and again only what is new.
func TestLoadTrails(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("logs", "closed")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	sum, err := synth.Write(t.Context(), synth.Config{Seed: 3, Events: 600, Days: 3}, func(key string, body []byte) error {
		s3.Put("logs", "org/"+key, body)
		s3.Put("logs", "org/AWSLogs/111122223333/vpcflowlogs/us-east-1/"+key, body) // not the trail's
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s3.On(func(r s3test.Request) bool { return r.Bucket == "closed" }, -1, s3test.Denied)
	everywhere := aTrail("everything", "eu-central-1", "logs", "org", "IsMultiRegionTrail", "IsOrganizationTrail")
	a.Answer("", "DescribeTrails", trails(everywhere))
	a.Answer("us-east-1", "DescribeTrails", trails(everywhere, aTrail("second\x1b[2J", "us-east-1", "logs", "org")))
	a.Refuse("us-west-2", "DescribeTrails", 400, "AccessDeniedException", "no\x1b[2J")
	a.Refuse("af-south-1", "DescribeTrails", 403, "UnrecognizedClientException", "who?")

	_, stderr := a.run(t, 0, "load")
	for _, line := range []string{
		"trail everything (eu-central-1, all regions, organisation of 111122223333): s3://logs/org/AWSLogs/\n",
		`trail second\x1b[2J (us-east-1): s3://logs/org/AWSLogs/` + "\n",
		`ctsql: cloudtrail in us-west-2: permission denied: no\x1b[2J` + "\nhint: the identity needs cloudtrail:DescribeTrails\n",
		"regions are not enabled, or not for these credentials: af-south-1\n",
		" " + count(sum.Events) + " events, ",
	} {
		if !strings.Contains(stderr, line) {
			t.Errorf("not told: %q in\n%s", line, stderr)
		}
	}
	if strings.Contains(stderr, " loaded before") {
		t.Errorf("one place is loaded twice:\n%s", stderr)
	}
	if calls := a.Calls(); slices.ContainsFunc(calls, func(c string) bool { return !strings.HasSuffix(c, " DescribeTrails") }) {
		t.Errorf("a load needs DescribeTrails alone: %q", calls)
	}
	s3.Reset()
	if _, stderr := a.run(t, 0, "load"); !strings.Contains(stderr, "0 objects, 0 events, ") || s3.Count("GET") != 0 {
		t.Errorf("the second load reads %d objects:\n%s", s3.Count("GET"), stderr)
	}

	// Of an organisation's trail a member may not read the bucket: it is told, and
	// what else there is goes on.
	s3.On(func(r s3test.Request) bool { return r.Bucket == "closed" }, -1, s3test.Denied)
	a.Answer("us-east-1", "DescribeTrails", trails(everywhere, aTrail("theirs", "us-east-1", "closed", "", "IsOrganizationTrail"), aTrail("gone", "us-east-1", "nosuch", "")))
	stdout, stderr := a.run(t, 1, "load", "--dry-run", "--force", "--regions", "us-east-1")
	for _, line := range []string{
		"ctsql: s3://closed/AWSLogs/: permission denied: Access Denied\nhint: it is the bucket of an organisation's trail: ",
		"ctsql: s3://nosuch/AWSLogs/: no such bucket\n",
	} {
		if !strings.Contains(stderr, line) {
			t.Errorf("not told: %q in\n%s", line, stderr)
		}
	}
	if strings.HasPrefix(stdout, "0 objects") || strings.Contains(stdout, "flow") {
		t.Errorf("%s", stdout)
	}
	if _, stderr := a.run(t, 0, "load", "-q", "--endpoint-url", a.URL, "--regions", "eu-west-1"); stderr != "" {
		t.Errorf("not quiet: %s", stderr)
	}
}

// TestTrails: the table, its JSON, and what is not known.
func TestTrails(t *testing.T) {
	t.Parallel()
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	everywhere := aTrail("everything", "eu-central-1", "logs", "org", "IsMultiRegionTrail", "IsOrganizationTrail", "LogFileValidationEnabled")
	everywhere["KmsKeyId"] = "arn:aws:kms:eu-central-1:111122223333:key/1"
	everywhere["SnsTopicARN"] = "arn:aws:sns:eu-central-1:111122223333:new"
	a.Answer("", "DescribeTrails", trails(everywhere))
	a.Answer("us-east-1", "DescribeTrails", trails(everywhere, aTrail("a\x1b\",\nb", "us-east-1", "logs", "")))
	at := time.Date(2024, 3, 5, 14, 0, 0, 0, time.UTC)
	a.Answer("eu-central-1", "GetTrailStatus", map[string]any{"IsLogging": true, "LatestDeliveryTime": at.Unix()})
	a.Answer("eu-central-1", "GetEventSelectors", map[string]any{"EventSelectors": []map[string]any{{
		"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true, "ExcludeManagementEventSources": []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"},
		"DataResources": []map[string]any{{"Type": "AWS::S3::Object", "Values": []string{"arn:aws:s3:::one/"}}},
	}}})
	a.Answer("eu-central-1", "GetInsightSelectors", map[string]any{"InsightSelectors": []map[string]any{{"InsightType": "ApiCallRateInsight"}}})
	a.Refuse("us-east-1", "GetTrailStatus", 400, "AccessDeniedException", "no")

	stdout, stderr := a.run(t, 0, "trails")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines:\n%s", len(lines), stdout)
	}
	cells := func(line string) (cells []string) {
		for c := range strings.SplitSeq(strings.Trim(line, "│"), "│") {
			cells = append(cells, strings.TrimSpace(c))
		}
		return cells
	}
	if got := cells(lines[1]); !slices.Equal(got, []string{"trail", "home region", "bucket", "prefix", "all regions", "organisation", "validation", "KMS key", "SNS topic",
		"logging", "last delivery", "management events", "excluded", "data events", "network activity", "Insights"}) {
		t.Errorf("%q", got)
	}
	if got := cells(lines[3]); !slices.Equal(got, []string{"everything", "eu-central-1", "logs", "org", "yes", "yes", "yes", "arn:aws:kms:eu-central-1:111122223333:key/1",
		"arn:aws:sns:eu-central-1:111122223333:new", "yes", "2024-03-05T14:00:00Z", "write", "kms.amazonaws.com, rdsdata.amazonaws.com", "some AWS::S3::Object", "", "ApiCallRateInsight"}) {
		t.Errorf("%q", got)
	}
	if got := cells(lines[4]); !slices.Equal(got, []string{`a\x1b",\nb`, "us-east-1", "logs", "", "no", "no", "no", "", "", "unknown", "unknown", "unknown", "unknown", "unknown", "unknown", "unknown"}) {
		t.Errorf("%q", got)
	}
	if !strings.Contains(stderr, `ctsql: trail a\x1b",\nb: GetTrailStatus: cloudtrail in us-east-1: permission denied: no`+"\nhint: the identity needs cloudtrail:GetTrailStatus\n") ||
		strings.Contains(stderr, "\x1b") {
		t.Errorf("%s", stderr)
	}

	stdout, _ = a.run(t, 0, "trails", "--json", "--regions", "eu-central-1,eu-west-1")
	var found source.TrailsFound
	if err := json.Unmarshal([]byte(stdout), &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Trails) != 1 || !slices.Equal(found.Answered, []string{"eu-central-1", "eu-west-1"}) {
		t.Fatalf("%s", stdout)
	}
	got := found.Trails[0]
	if got.Name != "everything" || got.Account != "111122223333" || !got.Status.LastDelivery.Equal(at) || !slices.Equal(got.Selection.Excluded, []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}) {
		t.Errorf("%s", stdout)
	}
}

// TestNoTrail: a person who has none is told how to come by one, and what can be
// loaded without.
func TestNoTrail(t *testing.T) {
	t.Parallel()
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	for _, args := range [][]string{{"load"}, {"trails"}} {
		stdout, stderr := a.run(t, 1, append(args, "--regions", "eu-west-1")...)
		if stdout != "" || !strings.HasPrefix(stderr, "ctsql: no trail in eu-west-1\nhint: ") ||
			!strings.Contains(stderr, "aws cloudtrail create-trail ") || !strings.Contains(stderr, "ctsql load lookup: ") {
			t.Errorf("ctsql %q: %s%s", args, stdout, stderr)
		}
	}
	stdout, stderr := a.run(t, 1, "trails", "--json")
	var found source.TrailsFound
	if err := json.Unmarshal([]byte(stdout), &found); err != nil || found.Trails == nil || !strings.HasPrefix(stderr, "ctsql: no trail in the ") {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
	if exists(a.cache) {
		t.Error("a cache is made for nothing")
	}

	// All regions refuse: that is told, and nothing of having no trail.
	a.Refuse("", "DescribeTrails", 403, "UnrecognizedClientException", "who?")
	for _, args := range [][]string{{"load"}, {"trails"}} {
		_, stderr := a.run(t, 1, args...)
		if !strings.Contains(stderr, ": UnrecognizedClientException: who?\nhint: check AWS_PROFILE and the access key\n") || strings.Count(stderr, "ctsql: ") != 1 {
			t.Errorf("ctsql %q: %s", args, stderr)
		}
	}
}

// TestTrailsOnTerminal: where the table is too wide, each cell has a line, and none
// is cut or left out.
func TestTrailsOnTerminal(t *testing.T) {
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	for _, e := range a.env {
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
	everywhere := aTrail("everything", "eu-central-1", "logs", strings.Repeat("long/", 20)+"end")
	a.Answer("", "DescribeTrails", trails(everywhere))
	for columns, table := range map[uint16]bool{80: false, 400: true} {
		shown := onTerminal(t, a.cache, columns, "trails", "--regions", "us-east-1")
		if strings.Contains(shown, "┌") != table || !strings.Contains(shown, "Insights") || !strings.Contains(shown, "/end") {
			t.Errorf("%d columns:\n%s", columns, shown)
		}
	}
}
