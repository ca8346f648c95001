package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestNothing: why there are no rows is told where it is certain, and only there.
func TestNothing(t *testing.T) {
	t.Parallel()
	path := newSpotty(t)
	const holds = "ctsql: no rows; the cache holds events from 2025-06-02 to 2025-06-20, "
	const from = "select eventID from cloudtrail where "
	for _, c := range []struct{ sql, want string }{
		{from + "eventCategory = 'NetworkActivity'", holds + "none of eventCategory NetworkActivity: network activity events are not logged or not loaded"},
		{from + "eventTime >= '2025-07-01' and eventName = 'GetObject'", holds + "none from 2025-07-01 on"},
		{from + "eventTime < TIMESTAMP '2025-06-01 12:00:00'", holds + "none before 2025-06-01T12:00:00Z"},
		{from + "eventTime > now() - interval 1 hour", holds + "none after "},
		{from + "eventTime between '2025-06-11' and '2025-06-12'", holds + "none from 2025-06-11 and up to 2025-06-12"},
		{from + "recipientAccountId = '999999999999'", holds + "none of recipientAccountId 999999999999"},
		{from + "c.awsRegion = 'eu-west1' -- odd", ""}, // fails
		{"with x as (select * from cloudtrail c where c.awsRegion = 'eu-west1' /* odd */) select eventID from x", holds + "none of awsRegion eu-west1; there is eu-west-1"},
		{from + "eventSource = 's3'", holds + "none of eventSource s3; there is s3.amazonaws.com"},
		{from + "eventName = 'getobjct'", holds + "none of eventName getobjct; there is GetObject"},
		{from + `eventName = 'q''"\u001b[2J' || chr(27)`, ""},
		{from + "eventName = '\x1b[2J'", holds + `none of eventName \x1b[2J`},
		{from + "eventName = $name", holds + "none of eventName o'; drop table cloudtrail; --"},
		{from + "eventName = 'GetObject' and awsRegion = 'us-east-1'", holds + "but none of awsRegion us-east-1 that is of eventName GetObject"},
		{"select * from s3logs where bucket_name = 'c'", "ctsql: no rows; the cache holds requests from 2025-06-03T00:00:38Z to 2025-06-03T00:00:38Z, none of bucket_name c"},
		// Here something else is the reason, or may be, or there is nothing to tell.
		{from + "eventName = 'GetObject' and errorCode = 'x'", ""},
		{from + "eventName = 'nope' and false or awsRegion = 'nope'", ""},
		{from + "not (eventCategory = 'Data' or true)", ""},
		{from + "recipientAccountId = 11111222233 and eventName = eventSource", ""},
		{from + "eventName = (select max(eventName) from cloudtrail where eventName = 'nope')", ""},
		{"select count(*) from cloudtrail where eventName = 'nope'", ""},
		{"select 1 where false", ""},
		{"select * from aggregated", ""},
		{"create table mine.t as " + from + "false; " + "select * from mine.t, cloudtrail c where c.eventName = 'nope'", ""},
		{"begin; " + from + "eventName = 'nope'; commit", ""},
		{from + "eventName = 'nope' except select 'x'", ""},
	} {
		args := []string{"query", c.sql}
		if strings.Contains(c.sql, "$name") {
			args = append(args, "--param", "name=o'; drop table cloudtrail; --")
		}
		p := start(t, path, nil, args...)
		code := p.code(t)
		for range 3 { // on a busy machine the time to look may be over
			if c.want == "" || code != 0 || p.err.Len() > 0 {
				break
			}
			p = start(t, path, nil, args...)
			code = p.code(t)
		}
		switch got := p.err.String(); {
		case code != 0:
			if c.want != "" || strings.Contains(got, "no rows") {
				t.Errorf("%s: exit status %d: %s", c.sql, code, got)
			}
		case c.want == "" && got != "", !strings.HasPrefix(got, c.want), strings.Count(got, "\n") > 1:
			t.Errorf("%s:\n%s\nwant %s", c.sql, got, c.want)
		case c.want != "" && !strings.HasSuffix(c.want, "after ") && got != c.want+"\n":
			t.Errorf("%s:\n%s\nwant %s", c.sql, got, c.want)
		}
	}
}

// TestNothingInShell: the shell tells it, too, of what it sees through its window.
func TestNothingInShell(t *testing.T) {
	t.Parallel()
	path := newSpotty(t)
	const sql = "select eventID from cloudtrail where eventName = 'RunInstance';"
	_, stderr := ctsql(t, path, "shell", "-c", sql, "-c", ".window 2025-06-15 2025-07-01", "-c", sql)
	for _, want := range []string{
		"no rows; the cache holds events from 2025-06-02 to 2025-06-20, none of eventName RunInstance; there is RunInstances\n",
		"no rows; the window holds events from 2025-06-20T00:12:07Z to 2025-06-20T08:12:07Z, none of eventName RunInstance\n",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("not told: %s in\n%s", want, stderr)
		}
	}
}

// TestNothingLoaded: an empty table is told; of what is read from a source nothing.
func TestNothingLoaded(t *testing.T) {
	t.Parallel()
	s := &spotty{t: t, dir: t.TempDir()}
	s.event("111122223333", "eu-west-1", june(2, 3), `,"managementEvent":false`)
	path := filepath.Join(t.TempDir(), "cache.duckdb")
	if out, stderr := ctsql(t, path, "query", "--from", s.dir, "select eventID from cloudtrail where eventCategory = 'Data'"); out != "eventID\n" || stderr != "" {
		t.Errorf("%s%s", out, stderr)
	}
	ctsql(t, path, "load", s.dir)
	for sql, want := range map[string]string{
		"select time from s3logs where bucket_name = 'b'":                  "ctsql: no rows; s3logs is empty: no access logs are loaded\n",
		"select eventID from cloudtrail where eventCategory = 'Data'":      "ctsql: no rows; the cache holds events from 2025-06-02T03:12:07Z to 2025-06-02T03:12:07Z, none of which tells its eventCategory: they are older; managementEvent may tell\n",
		"select eventID from cloudtrail where managementEvent":             "",
		"select eventID from cloudtrail where eventCategory = 'Data' or 1": "",
	} {
		if _, stderr := ctsql(t, path, "query", "--format", "table", sql); !strings.HasPrefix(stderr, want) || want == "" && strings.Contains(stderr, "no rows") {
			t.Errorf("%s: %q, want %q", sql, stderr, want)
		}
	}
}
