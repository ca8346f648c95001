package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/s3logs"
)

func checkBatches(t *testing.T, s *scene) {
	want := map[string]string{}
	for _, c := range s.calls {
		if c.EventName != "DeleteObjects" {
			continue
		}
		found := false
		for _, l := range s.lines {
			if l.get(s3logs.RequestID) == c.RequestID && l.get(s3logs.HostID) == c.Additional.HostID && l.is("BATCH.DELETE.OBJECT") {
				want[c.RequestID+"|"+l.get(s3logs.ObjectKey)+"|"+l.get(s3logs.VersionID)] = c.RequestParameters.BucketName + "|" + cmp.Or(c.ErrorCode, "deleted")
				found = true
			}
		}
		if !found {
			want[c.RequestID+"||"] = c.RequestParameters.BucketName + "|" + cmp.Or(c.ErrorCode, "unknown: not in the access log")
		}
	}
	rows := s.ask(t, "s3/batch-deleted-keys")
	holds(t, rows, "requestID key versionid", "bucket_name outcome", want)

	keys := map[string]string{}
	for _, key := range s.story.DeletedKeys {
		keys[key] = s.story.UserARN + "|" + s.story.AccessKeyID + "|" + s.story.Address
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return r["requestID"] != s.story.DeleteRequestID })
	holds(t, rows, "key", "arn accessKeyId sourceIPAddress", keys)
}

func checkOnly(t *testing.T, s *scene) {
	const lost = "unexplained: late, lost or not loaded"
	all := s.rows(t, "query", "--format", "csv", "select min(eventTime) a, max(eventTime) b from cloudtrail")[0]
	type span struct{ begins, ends string }
	covered, inTrail, inLog, data := map[string]span{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	requests := slices.DeleteFunc(slices.Clone(s.lines), func(l accessLine) bool { return l.is("BATCH.DELETE.OBJECT") })
	for _, l := range requests {
		at := l.Time.Format(time.DateTime)
		c, ok := covered[l.bucket()]
		if !ok {
			c = span{at, at}
		}
		covered[l.bucket()] = span{min(c.begins, at), max(c.ends, at)}
		inLog[l.get(s3logs.RequestID)] = true
	}
	for bucket, c := range covered {
		covered[bucket] = span{max(c.begins, all["a"]), min(c.ends, all["b"])}
	}
	for _, c := range s.calls {
		inTrail[c.RequestID] = true
		data[c.RequestParameters.BucketName] = data[c.RequestParameters.BucketName] || c.EventCategory == "Data"
	}
	want := groups{}
	add := func(bucket, log, operation, id string, at time.Time) {
		if c, ok := covered[bucket]; ok && at.Format(time.DateTime) >= c.begins && at.Format(time.DateTime) <= c.ends {
			want.of(bucket, log, operation).add(0, id)
		}
	}
	both := 0
	for _, l := range requests {
		if inTrail[l.get(s3logs.RequestID)] {
			both++
			continue
		}
		add(l.bucket(), "access log", l.get(s3logs.Operation), l.get(s3logs.RequestID), l.Time)
	}
	for _, c := range s.calls {
		if !inLog[c.RequestID] {
			add(c.RequestParameters.BucketName, "CloudTrail", c.EventName, c.RequestID, c.EventTime)
		}
	}
	if both < len(s.story.AccessKeys)+2 {
		t.Errorf("%d requests are in both logs: less than the story's", both)
	}
	got := groups{}
	for _, r := range s.ask(t, "s3/only-in-one-log") {
		got.of(r["bucket_name"], r["only_in"], r["operation"]).n += atoi(t, r["requests"])
		unlogged := r["only_in"] == "access log" && r["reason"] == "no data events of this bucket are in the trail"
		byS3 := strings.HasPrefix(r["operation"], "S3.")
		switch {
		case byS3 != strings.HasPrefix(r["reason"], "done by S3 itself"),
			unlogged && data[r["bucket_name"]],
			r["operation"] == "REST.GET.OBJECT" && r["only_in"] == "access log" && !unlogged && !data[r["bucket_name"]],
			r["only_in"] == "CloudTrail" && r["reason"] != lost:
			t.Errorf("reason of %v", r)
		}
	}
	var rows []row
	for k, n := range got.each(func(g *group) string { return numbers(g.n) }) {
		rows = append(rows, row{"key": k, "n": n})
	}
	holds(t, rows, "key", "n", want.each(func(g *group) string { return numbers(len(g.set[0])) }))
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Error(err)
	}
	return n
}
