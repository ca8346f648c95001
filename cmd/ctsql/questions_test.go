package main

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/s3logs"
	"github.com/ctsql/ctsql/internal/synth"
)

func (l accessLine) bucket() string { return l.get(s3logs.BucketName) }

func (l accessLine) asked() bool { return !l.Null[s3logs.RequestURI] }

func isRead(l accessLine) bool {
	return l.status(200, 206) && l.is("REST.GET.OBJECT", "WEBSITE.GET.OBJECT", "REST.COPY.OBJECT_GET", "REST.COPY.PART_GET")
}

// readsOf are the reads of keys that is says.
func readsOf(g groups, is func(key string) bool) map[string]string {
	want := map[string]string{}
	for k, one := range g {
		if is(strings.Split(k, "|")[1]) {
			want[k] = numbers(one.n, one.bytes)
		}
	}
	return want
}

func checkReads(t *testing.T, s *scene) {
	g := groups{}
	var odd accessLine // its key is another one when decoded
	for _, l := range s.lines {
		if !isRead(l) {
			continue
		}
		one := g.of(l.bucket(), l.get(s3logs.ObjectKey), l.who(), l.get(s3logs.RemoteIP))
		one.n++
		one.bytes += l.number(s3logs.BytesSent)
		if strings.Contains(l.get(s3logs.ObjectKey), "+") {
			odd = l
		}
	}
	holds(t, s.ask(t, "s3/who-read-key"), "bucket_name key requester remoteip", "reads bytes", readsOf(g, func(string) bool { return true }))

	// The same key is logged with + and with %20.
	key, err := url.QueryUnescape(odd.get(s3logs.ObjectKey))
	if err != nil || !strings.Contains(key, " ") {
		t.Fatalf("%q, %v", key, err)
	}
	holds(t, s.ask(t, "who-read-key", "key="+key), "bucket_name key requester remoteip", "reads bytes", readsOf(g, func(logged string) bool {
		decoded, err := url.QueryUnescape(logged)
		return err == nil && decoded == key
	}))
	holds(t, s.ask(t, "who-read-key", "key="+odd.get(s3logs.ObjectKey)), "bucket_name key requester remoteip", "reads bytes",
		readsOf(g, func(logged string) bool { return logged == odd.get(s3logs.ObjectKey) }))

	stolen := map[string]string{}
	for _, key := range s.story.AccessKeys {
		stolen[key] = s.story.UserARN + "|" + s.story.Address + "|1|" + synth.StoryAgent
	}
	rows := s.ask(t, "s3/who-read-key", "bucket="+s.story.Bucket, "since="+s.story.First.Format(time.RFC3339), "key=customers/%")
	holds(t, rows, "key", "requester remoteip reads useragent", stolen)
	if rows := s.ask(t, "who-read-key", "bucket="+s.story.Bucket, "until="+s.story.First.Format(time.DateTime), "key=customers/%"); len(rows) > 0 {
		t.Errorf("%d were read before", len(rows))
	}
}

func checkDeletions(t *testing.T, s *scene) {
	want, thiefs := map[string]string{}, map[string]string{}
	agents := map[string]string{} // by request
	for _, l := range s.lines {
		if l.is("REST.POST.MULTI_OBJECT_DELETE") {
			agents[l.get(s3logs.RequestID)] = l.get(s3logs.UserAgent)
		}
	}
	for _, l := range s.lines {
		how := ""
		switch {
		case l.is("S3.EXPIRE.OBJECT", "S3.CREATE.DELETEMARKER"):
			how = "lifecycle"
		case l.is("BATCH.DELETE.OBJECT") && l.allowed():
			how = "batch"
		case l.is("REST.DELETE.OBJECT") && l.allowed():
			how = "request"
		default:
			continue
		}
		key := strings.Join([]string{l.get(s3logs.RequestID), l.get(s3logs.ObjectKey), l.get(s3logs.VersionID)}, "|")
		want[key] = how + "|" + l.who() + "|" + l.get(s3logs.RemoteIP)
	}
	holds(t, s.ask(t, "s3/who-deleted"), "requestid key versionid", "how requester remoteip", want)

	for _, key := range s.story.DeletedKeys {
		thiefs[key] = s.story.DeleteRequestID + "|batch|" + s.story.UserARN + "|" + synth.StoryAgent
	}
	if agents[s.story.DeleteRequestID] != synth.StoryAgent {
		t.Errorf("the thief's request is not in the log")
	}
	rows := s.ask(t, "s3/who-deleted", "bucket="+s.story.Bucket, "key=customers/%")
	holds(t, rows, "key", "requestid how requester useragent", thiefs)
}

func checkDenied(t *testing.T, s *scene) {
	g := groups{}
	for _, l := range s.lines {
		one := g.of(l.bucket(), l.who(), l.get(s3logs.RemoteIP))
		switch {
		case l.status(401, 403):
			one.denied++
			one.add(0, l.get(s3logs.Operation))
			one.add(1, l.get(s3logs.ObjectKey))
		case l.allowed():
			one.allowed++
		}
	}
	const key, values = "bucket_name requester remoteip", "denied operations keys allowed"
	for least, param := range map[int]string{1: "least=0", 3: "least=3"} {
		holds(t, s.ask(t, "s3/denied", param), key, values, g.each(func(g *group) string {
			if g.denied < least {
				return ""
			}
			return numbers(g.denied, len(g.set[0]), len(g.set[1]), g.allowed)
		}))
	}
}

func checkTop(t *testing.T, s *scene) {
	g := groups{}
	for _, l := range s.lines {
		if !l.asked() {
			continue
		}
		one := g.of(l.role())
		one.n++
		one.bytes += l.number(s3logs.BytesSent)
		one.add(0, l.get(s3logs.RemoteIP))
		one.add(1, l.bucket())
		if l.is("REST.PUT.OBJECT", "REST.PUT.PART") && l.allowed() {
			one.more += l.number(s3logs.ObjectSize)
		}
	}
	holds(t, s.ask(t, "s3/top-requesters", "limit=100000"), "requester", "bytes_sent bytes_received requests addresses buckets", g.each(func(g *group) string {
		return numbers(g.bytes, g.more, g.n, len(g.set[0]), len(g.set[1]))
	}))
	rows := s.ask(t, "s3/top-requesters", "since="+s.story.First.Format(time.RFC3339), "until="+s.story.Last.Add(time.Second).Format(time.RFC3339))
	if len(rows) == 0 || len(rows) > 20 || rows[0]["requester"] != s.story.UserARN {
		t.Errorf("%d rows; the thief is not the first: %v", len(rows), rows)
	}
}

func checkTLS(t *testing.T, s *scene) {
	want, got := groups{}, groups{}
	short := 0 // lines that end before the TLS version
	for _, l := range s.lines {
		switch {
		case l.Null[s3logs.HostID]:
			short++
		case !l.Null[s3logs.CipherSuite] && l.Null[s3logs.TLSVersion]: // some version
		case !l.asked() || strings.HasSuffix(strings.ToUpper(l.get(s3logs.TLSVersion)), ".2") || strings.HasSuffix(l.get(s3logs.TLSVersion), ".3"):
		case strings.HasPrefix(l.get(s3logs.Operation), "WEBSITE."):
			want.of(l.bucket(), "HTTP (website)", l.who()).n++
		case l.Null[s3logs.TLSVersion]:
			want.of(l.bucket(), "HTTP", l.who()).n++
		default:
			want.of(l.bucket(), l.get(s3logs.TLSVersion), l.who()).n++
		}
	}
	if short == 0 {
		t.Error("no line is short")
	}
	for _, r := range s.ask(t, "s3/old-tls") {
		got.of(r["bucket_name"], r["protocol"], r["requester"]).n += atoi(t, r["requests"])
	}
	count := func(g *group) string { return numbers(g.n) }
	var rows []row
	for k, n := range got.each(count) {
		rows = append(rows, row{"key": k, "n": n})
	}
	holds(t, rows, "key", "n", want.each(count))
}

func checkAnonymous(t *testing.T, s *scene) {
	g := groups{}
	for _, l := range s.lines {
		if !l.Null[s3logs.Requester] || !l.asked() || l.is("REST.OPTIONS.PREFLIGHT") || !l.allowed() && !l.status(304) {
			continue
		}
		one := g.of(l.bucket(), l.get(s3logs.Operation))
		one.n++
		one.bytes += l.number(s3logs.BytesSent)
		one.add(0, l.get(s3logs.ObjectKey))
		one.add(1, l.get(s3logs.RemoteIP))
		if l.get(s3logs.ACLRequired) == "Yes" {
			one.more++
		}
	}
	holds(t, s.ask(t, "s3/anonymous"), "bucket_name operation", "answered keys bytes addresses acl", g.each(func(g *group) string {
		return numbers(g.n, len(g.set[0]), g.bytes, len(g.set[1]), g.more)
	}))
}

func checkHours(t *testing.T, s *scene) {
	g := groups{}
	for _, l := range s.lines {
		if !l.status(200, 206) {
			continue
		}
		one := g.of(l.Time.Format("2006-01-02 15:00:00"), l.bucket(), l.who(), l.get(s3logs.RemoteIP))
		switch {
		case l.is("REST.GET.OBJECT", "WEBSITE.GET.OBJECT"):
			one.bytes += l.number(s3logs.BytesSent)
			one.add(0, l.get(s3logs.ObjectKey))
		case l.is("REST.GET.BUCKET", "REST.GET.BUCKETVERSIONS"):
			one.more++
		}
	}
	rows := s.ask(t, "s3/downloads-by-hour", "objects=3")
	holds(t, rows, "hour bucket_name requester remoteip", "objects bytes listings", g.each(func(g *group) string {
		if len(g.set[0]) < 3 {
			return ""
		}
		return numbers(len(g.set[0]), g.bytes, g.more)
	}))
	if len(rows) > 0 && rows[0].join("bucket_name", "requester", "remoteip") != s.story.Bucket+"|"+s.story.UserARN+"|"+s.story.Address {
		t.Errorf("the thief is not the first: %v", rows[0])
	}
}

func checkRansom(t *testing.T, s *scene) {
	holds(t, s.ask(t, "s3/downloaded-then-deleted"), "bucket_name requester remoteip", "objects",
		map[string]string{s.story.Bucket + "|" + s.story.UserARN + "|" + s.story.Address: numbers(len(s.story.DeletedKeys))})
	if rows := s.ask(t, "s3/downloaded-then-deleted", "hours=0"); len(rows) > 0 {
		t.Errorf("within no hours: %v", rows)
	}
}

func checkPresigned(t *testing.T, s *scene) {
	g := groups{}
	for _, l := range s.lines {
		if l.get(s3logs.AuthType) != "QueryString" {
			continue
		}
		one := g.of(l.bucket(), l.who(), l.get(s3logs.Operation))
		one.n++
		one.bytes += l.number(s3logs.BytesSent)
		one.add(0, l.get(s3logs.ObjectKey))
		one.add(1, l.get(s3logs.RemoteIP))
		if l.allowed() {
			one.allowed++
		}
	}
	holds(t, s.ask(t, "s3/presigned"), "bucket_name requester operation", "requests allowed keys addresses bytes", g.each(func(g *group) string {
		if len(g.set[1]) == 0 { // services have no address
			return ""
		}
		return numbers(g.n, g.allowed, len(g.set[0]), len(g.set[1]), g.bytes)
	}))
}

func checkOutside(t *testing.T, s *scene) {
	g := groups{}
	for _, l := range s.lines {
		if !l.Null[s3logs.Requester] && !strings.HasPrefix(l.who(), "svc:") && l.asked() && isOutside(l.get(s3logs.RemoteIP)) {
			g.of(l.bucket(), l.who(), l.get(s3logs.RemoteIP)).n++
		}
	}
	rows := s.ask(t, "s3/outside-aws")
	holds(t, rows, "bucket_name requester remoteip", "requests", g.each(func(g *group) string { return numbers(g.n) }))
	for _, r := range s.ask(t, "s3/outside-aws", "instances=true") {
		if !strings.Contains(r["requester"], "/i-") {
			t.Errorf("no instance: %v", r)
		}
	}
}

func checkCountries(t *testing.T, s *scene) {
	countries := map[string]string{}
	for _, r := range s.rows(t, append([]string{"query", "--format", "csv", "select distinct remoteip, country(remoteip) country from s3logs"}, s.places...)...) {
		countries[r["remoteip"]] = r["country"]
	}
	lines := slices.DeleteFunc(slices.Clone(s.lines), func(l accessLine) bool { return !l.asked() || countries[l.get(s3logs.RemoteIP)] == "" })
	slices.SortFunc(lines, func(a, b accessLine) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.get(s3logs.RequestID), b.get(s3logs.RequestID)))
	})
	const days = 14 * 24 * time.Hour
	first, last := map[string]time.Time{}, map[string]time.Time{}
	fresh := func(of, country string, at time.Time) bool {
		if first[of].IsZero() {
			first[of] = at
		}
		before := last[of+"|"+country]
		last[of+"|"+country] = at
		return !first[of].After(at.Add(-days)) && before.Before(at.Add(-days))
	}
	want := map[string]string{}
	for _, l := range lines {
		country := countries[l.get(s3logs.RemoteIP)]
		bucket := fresh("bucket "+l.bucket(), country, l.Time)
		requester := fresh("requester "+l.role(), country, l.Time) && l.who() != "anonymous"
		key := strings.Join([]string{l.Time.Format(time.DateTime), l.bucket(), l.role(), country}, "|")
		switch {
		case bucket && requester:
			want[key] = "bucket and requester"
		case bucket:
			want[key] = "bucket"
		case requester:
			want[key] = "requester"
		}
	}
	rows := s.ask(t, "s3/new-country")
	holds(t, rows, "time bucket_name requester country", "new_for", want)
	var thief []row
	for _, r := range rows {
		if r["country"] == "Iceland" {
			thief = append(thief, r)
		}
	}
	holds(t, thief, "bucket_name requester remoteip", "new_for requests_in_a_day", map[string]string{ // a listing, the reads, the deletion
		s.story.Bucket + "|" + s.story.UserARN + "|" + s.story.Address: "bucket and requester|" + numbers(len(s.story.AccessKeys)+2)})
}
