package profile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A deed is what a test tells of a record; the rest is that of an everyday call.
type deed map[string]any

var began = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// logs are records as objects of a day each, as CloudTrail delivers them.
type logs struct {
	t       testing.TB
	n       int
	records map[int][]deed
}

func newLogs(t testing.TB) *logs { return &logs{t: t, records: map[int][]deed{}} }

// add adds a deed at an hour of a day.
func (l *logs) add(day int, hour float64, r deed) string {
	l.n++
	id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", l.n)
	full := deed{"eventVersion": "1.11", "eventID": id, "requestID": "r-" + id, "eventType": "AwsApiCall",
		"eventTime":   began.AddDate(0, 0, day).Add(time.Duration(hour * float64(time.Hour))).Format(time.RFC3339),
		"eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "awsRegion": "eu-west-1", "readOnly": false,
		"sourceIPAddress": "192.0.2.10", "userAgent": "aws-cli/2.15.0", "recipientAccountId": "111122223333",
		"eventCategory": "Management", "managementEvent": true, "userIdentity": user("alice")}
	for k, v := range r {
		full[k] = v
	}
	l.records[day] = append(l.records[day], full)
	return id
}

func user(name string) deed {
	return deed{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/" + name, "accountId": "111122223333",
		"principalId": "AIDA" + strings.ToUpper(name), "userName": name, "accessKeyId": "AKIA" + strings.ToUpper(name)}
}

// days are the objects of all days up to one, one a day.
func (l *logs) day(day int) object {
	l.t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	text, err := json.Marshal(deed{"Records": append([]deed{}, l.records[day]...)})
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		l.t.Fatal(err)
	}
	date := began.AddDate(0, 0, day+1)
	key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/%s/111122223333_CloudTrail_eu-west-1_%sT0000Z_%016d.json.gz",
		date.Format("2006/01/02"), date.Format("20060102"), day)
	return object{key, b.Bytes()}
}

// everyday is what happens on each day up to one.
func (l *logs) everyday(days int) {
	for d := range days {
		for _, name := range []string{"alice", "bob", "carol"} {
			for h := 8.0; h < 18; h++ {
				l.add(d, h, deed{"userIdentity": user(name)})
				l.add(d, h+0.5, deed{"userIdentity": user(name), "eventName": "GetBucketAcl", "readOnly": true})
			}
		}
	}
}

// run gives all days to a watcher.
func (l *logs) run(w *watcher) *watcher {
	last := 0
	for d := range l.records {
		last = max(last, d)
	}
	for d := range last + 1 {
		if len(l.records[d]) > 0 {
			w.take(l.day(d))
		}
	}
	return w
}

func (w *watcher) of(day int) (stories []Story) {
	n := DayOf(began.UnixMicro()) + Day(day)
	return slices.DeleteFunc(w.shelf.told(), func(s Story) bool { return s.Day != n })
}

func TestIntruderWithAKey(t *testing.T) {
	l := newLogs(t)
	l.everyday(40)
	away := deed{"sourceIPAddress": "203.0.113.66", "userAgent": "aws-cli/1.22 kali", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}
	l.add(30, 3, away)
	w := l.run(newWatcher(t, options(t)))
	got := w.of(30)
	if len(got) != 1 || got[0].Root != "arn:aws:iam::111122223333:user/alice" || got[0].Severity < High || !slices.Contains(got[0].Profiles, "country") {
		t.Fatalf("%s", summary(got))
	}
	for _, f := range got[0].Findings {
		if f.Profile == "country" && !slices.Equal(f.Also, []Of{OfPeers, OfAccount}) {
			t.Errorf("the country is new for %v, too", f.Also)
		}
	}
	for _, s := range w.shelf.told() {
		if s.Day != got[0].Day {
			t.Errorf("a quiet day: %s", summary([]Story{s}))
		}
	}
}

// TestComesBack: whoever is told of once is not normal on the days after.
func TestComesBack(t *testing.T) {
	l := newLogs(t)
	l.everyday(40)
	for d := 30; d < 40; d++ {
		l.add(d, 3, deed{"sourceIPAddress": "203.0.113.66", "userAgent": "aws-cli/1.22 kali"})
	}
	w := l.run(newWatcher(t, options(t)))
	for d := 30; d < 34; d++ {
		if got := w.of(d); len(got) != 1 || got[0].Severity < Medium {
			t.Errorf("day %d: %s", d, summary(got))
		}
	}
	accept := newWatcher(t, options(t))
	for d := range 31 {
		accept.take(l.day(d))
	}
	// What somebody accepts is normal from then on.
	accept.take(l.day(31))
	accept.take(l.day(32))
	var keys []Key
	for _, s := range accept.of(30) {
		for _, f := range s.Findings {
			keys = append(keys, f.Keys...)
		}
	}
	if len(keys) == 0 {
		t.Fatal("no keys")
	}
	accept.shelf.put(accept.engine.Accept(keys))
	for d := 33; d < 40; d++ {
		accept.take(l.day(d))
	}
	for d := 34; d < 38; d++ {
		if got := accept.of(d); len(got) > 0 {
			t.Errorf("day %d, after it was accepted: %s", d, summary(got))
		}
	}
}

// TestLineage: what is done with credentials that alice got is her deed, and what the
// user does that she made.
func TestLineage(t *testing.T) {
	l := newLogs(t)
	l.everyday(40)
	role := "arn:aws:iam::444455556666:role/admin"
	session := deed{"type": "AssumedRole", "arn": "arn:aws:sts::444455556666:assumed-role/admin/botocore-session-1", "accountId": "444455556666",
		"principalId": "AROAX:botocore-session-1", "accessKeyId": "ASIASTOLEN",
		"sessionContext": deed{"sessionIssuer": deed{"type": "Role", "arn": role, "accountId": "444455556666", "userName": "admin", "principalId": "AROAX"}}}
	for d := range 30 {
		own := deed{"userIdentity": merged(session, deed{"accessKeyId": fmt.Sprintf("ASIA%d", d)}), "recipientAccountId": "444455556666"}
		l.add(d, 10, own)
		l.add(d, 11, own)
	}
	away := deed{"sourceIPAddress": "203.0.113.66"}
	l.add(30, 3, merged(away, deed{"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole",
		"requestParameters": deed{"roleArn": role, "roleSessionName": "botocore-session-1"},
		"responseElements":  deed{"credentials": deed{"accessKeyId": "ASIASTOLEN", "expiration": "Apr 1, 2026, 5:00:00 AM"}}}))
	l.add(30, 3.1, merged(away, deed{"userIdentity": session, "recipientAccountId": "444455556666", "eventSource": "kms.amazonaws.com", "eventName": "Decrypt"}))
	l.add(30, 3.2, merged(away, deed{"eventSource": "iam.amazonaws.com", "eventName": "CreateUser",
		"requestParameters": deed{"userName": "mallory"}, "responseElements": deed{"user": deed{"arn": "arn:aws:iam::111122223333:user/mallory"}}}))
	l.add(30, 3.3, merged(away, deed{"userIdentity": user("mallory"), "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}))
	w := l.run(newWatcher(t, options(t)))
	got := w.of(30)
	if len(got) != 1 || got[0].Root != "arn:aws:iam::111122223333:user/alice" {
		t.Fatalf("%s", summary(got))
	}
	if want := []string{"arn:aws:iam::111122223333:user/mallory", role}; !slices.Equal(got[0].Others, want) {
		t.Errorf("others are %q, want %q\n%s", got[0].Others, want, summary(got))
	}
}

func merged(all ...deed) deed {
	to := deed{}
	for _, r := range all {
		for k, v := range r {
			to[k] = v
		}
	}
	return to
}

func TestBurst(t *testing.T) {
	l := newLogs(t)
	l.everyday(40)
	for range 300 {
		l.add(30, 10.2, deed{"eventName": "GetBucketAcl", "readOnly": true})
	}
	w := l.run(newWatcher(t, options(t)))
	got := w.of(30)
	if len(got) != 1 || !slices.Contains(got[0].Profiles, "calls") {
		t.Fatalf("%s", summary(got))
	}
}

func TestReturns(t *testing.T) {
	l := newLogs(t)
	l.everyday(130)
	for d := range 20 {
		l.add(d, 9, deed{"userIdentity": user("dave")})
	}
	l.add(120, 9, deed{"userIdentity": user("dave")})
	w := l.run(newWatcher(t, options(t)))
	got := w.of(120)
	if len(got) != 1 || !slices.Contains(got[0].Profiles, "dormant-actor") {
		t.Fatalf("%s", summary(got))
	}
}

// TestPhrases: of all that a story can be about, but for detections, there is a phrase.
func TestPhrases(t *testing.T) {
	all := Phrases()
	for _, name := range []string{"country", "tor-exit", "dormant-key", "denied-calls", travelName} {
		if all[name] == "" {
			t.Errorf("there is none of %s", name)
		}
	}
	for name, phrase := range all {
		if strings.Count(phrase, "%") != strings.Count(phrase, "%s") || strings.Count(phrase, "%s") > 1 {
			t.Errorf("%s: %q", name, phrase)
		}
	}
}

// TestDetectionOfASession: what a detection finds in a session is the deed of who asked
// for it.
func TestDetectionOfASession(t *testing.T) {
	l := newLogs(t)
	l.everyday(20)
	role := "arn:aws:iam::111122223333:role/admin"
	l.add(20, 3, deed{"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "requestParameters": deed{"roleArn": role},
		"responseElements": deed{"credentials": deed{"accessKeyId": "ASIASTOLEN"}}})
	id := l.add(20, 3.1, deed{"eventName": "StopLogging", "userIdentity": deed{"type": "AssumedRole", "accountId": "111122223333",
		"arn": "arn:aws:sts::111122223333:assumed-role/admin/botocore-session-1", "principalId": "AROAX:botocore-session-1", "accessKeyId": "ASIASTOLEN",
		"sessionContext": deed{"sessionIssuer": deed{"type": "Role", "arn": role, "accountId": "111122223333"}}}})
	w := newWatcher(t, options(t))
	for d := range 20 {
		w.take(l.day(d))
	}
	found := Detected{Detection: "detect/logging-stopped", Severity: High, Why: "logging was stopped",
		Sample: Sample{Time: began.AddDate(0, 0, 20).Add(186 * time.Minute).UnixMicro(), EventID: id, Actor: role, Name: "StopLogging"}}
	w.found = []Detected{found}
	w.take(l.day(20))
	got := w.of(20)
	if len(got) != 1 || got[0].Root != "arn:aws:iam::111122223333:user/alice" || got[0].Severity < High {
		t.Fatalf("%s", summary(got))
	}
	// One over a span of time tells no credential either, and is not told when the event comes.
	found.Detection, found.Window = "detect/logging-stopped-twice", true
	w.shelf.put(w.engine.Found([]Detected{found}, []Day{DayOf(found.Time)}, true))
	if got = w.of(20); len(got) != 1 || !slices.Contains(got[0].Profiles, found.Detection) {
		t.Fatalf("%s", summary(got))
	}
}

// TestStrangerAmongNewRoles: on a day with many new actors a stranger's is told of, too.
func TestStrangerAmongNewRoles(t *testing.T) {
	l := newLogs(t)
	l.everyday(20)
	for i := range 300 {
		l.add(20, 1+float64(i)/100, deed{"userIdentity": user(fmt.Sprintf("job-%d", i))})
	}
	l.add(20, 23, deed{"userIdentity": user("stranger"), "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "sourceIPAddress": "203.0.113.66"})
	for _, s := range l.run(newWatcher(t, options(t))).of(20) {
		if strings.HasSuffix(s.Root, "stranger") && slices.Contains(s.Profiles, "principal-arn") {
			return
		}
	}
	t.Error("the stranger's name is in no story")
}
