package profile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

const alice, bob = "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob"

// Whoever looks around first, as all do, is judged by what they then change.
func TestLooksFirst(t *testing.T) {
	away := deed{"sourceIPAddress": "203.0.113.66", "userAgent": "aws-cli/1.22 kali", "eventName": "PutBucketPolicy"}
	score := func(deeds ...deed) float64 {
		l := newLogs(t)
		l.everyday(32)
		for i, d := range deeds {
			l.add(30, 3+float64(i), merged(away, d))
		}
		got := l.run(newWatcher(t, options(t))).of(30)
		if len(got) != 1 {
			t.Fatalf("%s", summary(got))
		}
		for _, f := range got[0].Findings {
			if f.Profile == "country" {
				return f.Score
			}
		}
		return 0
	}
	look, change := deed{"readOnly": true}, deed{"readOnly": false}
	only, then, first := score(look), score(look, change), score(change)
	if then != first || only*2 != first || first == 0 {
		t.Errorf("a country that is only looked from counts %.2f, one that is looked from first %.2f, and %.2f if nobody looks", only, then, first)
	}
}

// A day ends a value's probation once, however many accounts the intruder has by then.
func TestOneDayIsOne(t *testing.T) {
	l := newLogs(t)
	l.everyday(60)
	away := func(name string) deed {
		return deed{"sourceIPAddress": "203.0.113.66", "userAgent": "aws-cli/1.22 kali", "userIdentity": user(name)}
	}
	l.add(30, 9, away("alice"))
	for _, name := range []string{"alice", "bob", "carol"} {
		l.add(35, 9, away(name))
		l.add(45, 9, away(name))
	}
	l.add(48, 9, away("bob"))
	w := l.run(newWatcher(t, options(t)))
	for _, p := range w.shelf.probation {
		if p.Days > 2 {
			t.Errorf("%+v, on two days", p)
		}
	}
	found := false
	for _, s := range w.of(48) {
		for _, f := range s.Findings {
			found = found || f.Profile == "country" && slices.Contains(f.Keys, Key(countryOfAccount(w)))
		}
	}
	if !found {
		t.Errorf("the account is used to the country by now: %s", summary(w.of(48)))
	}
}

// countryOfAccount is the key of the country of 203.0.113.66 for the account.
func countryOfAccount(w *watcher) uint64 {
	for _, n := range w.shelf.named {
		if n.Profile == "country" && n.Of == OfAccount && n.Value != "IE" {
			return uint64(n.Key)
		}
	}
	return 0
}

// Ten thousand values in a day are a hundred in what is judged, and the story that they
// are in says what it says otherwise, in any order and after a restart.
func TestCrowdOfValues(t *testing.T) {
	l := newLogs(t)
	l.everyday(32)
	for i := range 5000 {
		l.add(30, 3+float64(i)/5000, deed{"userAgent": fmt.Sprintf("tool%dx/1.0", i*7919%5000), "readOnly": i%3 > 0})
	}
	l.add(30, 5, deed{"sourceIPAddress": "203.0.113.66", "eventName": "PutBucketPolicy", "userAgent": "zzz/1"})
	w := l.run(newWatcher(t, options(t)))
	got := w.of(30)
	if len(got) != 1 || !slices.Contains(got[0].Profiles, "country") || !slices.Contains(got[0].Profiles, "user-agent") {
		t.Fatalf("%s", summary(got))
	}
	if n := len(got[0].Findings); n > 3*mostEvidence {
		t.Errorf("%d findings", n)
	}
	reversed := newWatcher(t, options(t))
	for d := range 32 {
		list := l.records[d]
		if d < 30 {
			reversed.take(l.day(d))
			continue
		}
		slices.Reverse(list)
		for i, part := range slices.Collect(slices.Chunk(list, 700)) {
			l.records[d] = part
			o := l.day(d)
			o.key += fmt.Sprint(".", i, ".json.gz")
			o.key = strings.Replace(o.key, ".json.gz.", "", 1)
			reversed.take(o)
			if n := reversed.engine.open[DayOf(began.UnixMicro())+30]; n != nil && len(n.evidence) > 5*mostEvidence {
				t.Fatalf("%d are kept to be judged", len(n.evidence))
			}
			reversed.restart()
		}
	}
	if a, b := summary(reversed.of(30)), summary(got); a != b {
		t.Errorf("the other way round: %s", difference(a, b))
	}
}

// A detection that finds everything does not fill the memory, and finds others still.
func TestCrowdOfDetected(t *testing.T) {
	d := detections{}
	for i := range 10_000 {
		for _, actor := range []string{alice, bob} {
			f := Detected{Detection: "detect/all"}
			f.Actor, f.Time, f.EventID = actor, int64(i*7919%10_000), fmt.Sprint(i)
			d.add(f)
			if d.add(f) {
				t.Fatal("is taken twice")
			}
		}
	}
	n, last := 0, int64(0)
	for f := range d.all() {
		n++
		last = max(last, f.Time)
	}
	if n != 2*mostDetected || last != mostDetected-1 {
		t.Errorf("%d are kept, the last of %d", n, last)
	}
}

// What names a time that cannot be is not judged, and ends nothing: no hour of it is learned,
// no day is closed for it.
func TestMisdated(t *testing.T) {
	l := newLogs(t)
	l.everyday(3)
	for _, at := range []string{"1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-04-01T00:00:00Z"} {
		l.add(1, 5, deed{"eventTime": at})
	}
	w := newWatcher(t, options(t))
	misdated := 0
	for d := range 3 {
		b := w.batch(l.day(d))
		c := w.engine.Take(b, func(int) bool { return true }, nil)
		misdated += c.Misdated
		for _, n := range w.engine.Due() {
			w.engine.Close(n)
		}
	}
	if misdated != 5 {
		t.Errorf("%d cannot be, want 5", misdated)
	}
	if first := DayOf(began.UnixMicro()); len(w.engine.open) != 2 || w.engine.first != first || w.engine.closed != first {
		t.Errorf("%d days are open, the first was %d, and %d is closed", len(w.engine.open), w.engine.first-first, w.engine.closed-first)
	}
	// A key says what its writer likes; S3 says when the object came.
	now := began.Add(time.Hour)
	o := cloudtrail.Object{Name: "s3://b/AWSLogs/111122223333/CloudTrail/eu-west-1/2099/01/01/111122223333_CloudTrail_eu-west-1_20990101T0000Z_0123456789abcdef.json.gz", Modified: now}
	if d := deliveryOf(&o); d.dated(now.Add(3*time.Hour).UnixMicro()) || !d.dated(now.UnixMicro()) {
		t.Errorf("%+v", d)
	}
	if hourOfTime(-1) != 23 || hourOfTime(0) != 0 || hourOfTime(3_600_000_000*25) != 1 {
		t.Error("hours")
	}
}

// Nobody is taken for another because of what they call themselves.
func TestViaInAName(t *testing.T) {
	e := readOne(t, nil, record(`{"type":"SAMLUser","principalId":"idp=:bob via x","userName":"bob via ec2.amazonaws.com","identityProvider":"idp="}`))
	l := newLineage()
	if got := l.root(string(e.Actor), "", e.Time); got != string(e.Self) || !strings.Contains(got, "ec2") {
		t.Errorf("%q acts as %q", e.Actor, got)
	}
}

// An actor that is compared with others at times has the same frequencies in any order.
func TestTwoPeers(t *testing.T) {
	records := func(kinds ...string) (all []string) {
		for i, kind := range kinds {
			who := fmt.Sprintf(`{"type":%q,"accountId":"111122223333","onBehalfOf":{"userId":"u-1"},"credentialId":"c1"}`, kind)
			all = append(all, record(who, fmt.Sprintf(`"eventID":"e%d%s"`, i, kind)))
		}
		return all
	}
	var named [2]map[Key]Key
	for i, all := range [][]string{records("Unknown", "IdentityCenterUser"), records("IdentityCenterUser", "Unknown")} {
		named[i] = map[Key]Key{}
		e, err := New(Options{}, Stored{})
		if err != nil {
			t.Fatal(err)
		}
		c := e.Take(batchOf(t, all...), func(int) bool { return true }, nil)
		for _, n := range c.Named {
			if group, ok := named[i][n.Key]; ok && group != n.Group {
				t.Errorf("%s of %s is in two groups", n.Profile, n.Subject)
			}
			named[i][n.Key] = n.Group
		}
	}
	for key, group := range named[0] {
		if other, ok := named[1][key]; ok && other != group {
			t.Errorf("key %x is of another group when another record comes first", key)
		}
	}
}

// Lineage is the same whichever of its records comes first, and whoever is made anew is
// not of whoever made the one before.
func TestLineageInAnyOrder(t *testing.T) {
	const day = int64(24 * time.Hour / time.Microsecond)
	all := []Lineage{
		{Child: "ASIA1", Actor: alice, Target: "role/x", Made: 5, Until: 100, Weak: true},
		{Child: "ASIA1", Actor: bob, Target: "role/y", Made: 6, Until: 100},
		{Child: "user/new", Actor: alice, Made: 5, Until: 7 * day},
		{Child: "user/new", Actor: bob, Made: 9 * day, Until: 16 * day},
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}} {
		l := newLineage()
		for _, i := range order {
			l.add(nil, all[i])
		}
		if got := l.rootOf("role/x", 0, day) + " " + l.rootOf("role/y", 0, day) + " " + l.root("user/new", "", 10*day); got != "role/x "+bob+" "+bob {
			t.Errorf("%v: %s", order, got)
		}
		l.forget(20 * day)
		if len(l.parents)+len(l.targets) > 0 {
			t.Errorf("left of what is over: %v", l)
		}
	}
}

// Of a role that is assumed all day long what is over goes at once.
func TestLineageForgetsMany(t *testing.T) {
	l := newLineage()
	const n = 200_000
	for i := range int64(n) {
		l.add(nil, Lineage{Child: fmt.Sprint("ASIA", i), Actor: alice, Target: "role/x", Made: i, Until: i + 10})
	}
	began := time.Now()
	l.forget(n / 2)
	if len(l.parents) != n/2+10 || len(l.targets["role/x"]) != n/2+10 || time.Since(began) > 10*time.Second {
		t.Errorf("%d are left after %v", len(l.parents), time.Since(began))
	}
}
