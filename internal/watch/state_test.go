package watch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/profile"
)

// today is when these tests take place.
var today = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func options(t *testing.T, path string) StateOptions {
	return StateOptions{
		Path: path, Holder: "process 1 on here", Random: strings.NewReader("0123456789abcdef"), Now: func() time.Time { return today },
		SendFrom: profile.Medium,
		Message: func(s *profile.Story, told profile.Severity, made time.Time) outbox.Message {
			return outbox.Message{ID: s.ID, Severity: s.Severity.String(), Class: int(s.Severity), Account: s.Account, Actor: s.Root,
				Subject: "about " + s.Root, Text: "it was " + told.String() + "\n", JSON: []byte(`{"id": 1}`), Made: made}
		},
		Tell: func(err error) { t.Errorf("told: %v", err) },
	}
}

// open opens a state, which is closed at the end of the test.
func open(t *testing.T, o StateOptions) *State {
	t.Helper()
	s, err := OpenState(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-s.closed:
		default:
			if err := s.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "state.db") }

func commit(t *testing.T, s *State, co Commit) {
	t.Helper()
	if err := s.Commit(t.Context(), &co); err != nil {
		t.Fatal(err)
	}
}

func shut(t *testing.T, s *State) {
	t.Helper()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// stored is what Restore gives, all of it read, in an order of its own.
type stored struct {
	profile.Stored
	learned []profile.Learned
	rates   []profile.RateOf
	seen    []profile.Seen
	counts  []profile.Count
	recent  []profile.Recent
	lineage []profile.Lineage
}

func restore(t *testing.T, s *State) (all stored) {
	t.Helper()
	st, err := s.Restore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all.Stored = st
	for v, err := range st.Learned {
		all.learned = appended(t, all.learned, v, err)
	}
	for v, err := range st.Rates {
		all.rates = appended(t, all.rates, v, err)
	}
	for v, err := range st.Seen {
		all.seen = appended(t, all.seen, v, err)
	}
	for v, err := range st.Counts {
		all.counts = appended(t, all.counts, v, err)
	}
	for v, err := range st.Recent {
		all.recent = appended(t, all.recent, v, err)
	}
	for v, err := range st.Lineage {
		all.lineage = appended(t, all.lineage, v, err)
	}
	slices.SortFunc(all.learned, func(a, b profile.Learned) int {
		return strings.Compare(fmt.Sprintf("%020d", a.Key), fmt.Sprintf("%020d", b.Key))
	})
	slices.SortFunc(all.seen, func(a, b profile.Seen) int {
		return strings.Compare(fmt.Sprintf("%d %020d", a.Day, a.Key), fmt.Sprintf("%d %020d", b.Day, b.Key))
	})
	return all
}

func appended[T any](t *testing.T, list []T, v T, err error) []T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return append(list, v)
}

func micros(d profile.Day, after time.Duration) int64 { return d.Start().Add(after).UnixMicro() }

// day20 is an open day.
const day20 = profile.Day(20000)

// aBatch is a batch's change: key 1 was seen, and something about it is worth telling.
func aBatch(n int) *profile.Change {
	at := micros(day20, time.Duration(n)*time.Minute)
	sample := profile.Sample{Time: at, EventID: fmt.Sprint("event-", n), Name: "RunInstances", Actor: "alice", Address: "198.51.100.7"}
	return &profile.Change{
		Named:    []profile.Named{{Key: 1<<63 | profile.Key(n), Group: 7, Profile: "country", Of: profile.OfActor, Subject: "alice", Value: "C" + fmt.Sprint(n)}},
		Seen:     []profile.Seen{{Day: day20, Key: 1<<63 | 1, Group: 7, First: at, Last: at + 5, Count: 2}},
		Counts:   []profile.Count{{Day: day20, Hour: 3, Key: 9, Count: 4}},
		Recent:   []profile.Recent{{Day: day20, Events: []uint64{uint64(n), 1<<63 | 5}}},
		Lineage:  []profile.Lineage{{Child: "ASIA1", Actor: "alice", Target: "a role", Made: at, Until: at + 1}},
		Evidence: []profile.Evidence{{Day: day20, Key: 1<<63 | 1, Peers: "people", Sample: sample}},
		Detected: []profile.Detected{{Day: day20, Detection: "detect/x", Severity: profile.High, Why: "a \"reason\"\n", Window: true, Sample: sample}},
		Probation: []profile.Probation{{Key: 3, Since: day20 - 1, Days: uint8(n)}, {Key: 4, Since: day20, Ended: n == 2},
			{Key: profile.Key(100 + n), Since: day20}},
		Watermark: at,
	}
}

// What Commits add up to comes back, after the state was closed and opened.
func TestStateComesBack(t *testing.T) {
	path := newPath(t)
	s := open(t, options(t, path))
	commit(t, s, Commit{Change: aBatch(1)})
	commit(t, s, Commit{Change: aBatch(2)})
	var hours profile.Hours
	hours[5] = 1.5
	commit(t, s, Commit{Change: &profile.Change{Closed: []profile.Closed{{
		Day:     day20 - 1,
		Learned: []profile.Learned{{Key: 1<<63 | 1, Group: 7, First: 10, Last: 20, Count: 3, Days: 1}, {Key: 2, Group: 7, First: 5, Last: 5, Count: 1, Days: 1}},
		Rates:   []profile.RateOf{{Key: 9, Day: day20 - 1, Rate: profile.Rate{Alpha: 0.1, Beta: 24, Excess: 3}}},
		Hours:   []profile.HoursOf{{Group: 7, Day: day20 - 1, Hours: hours}},
		Spot:    &profile.Spot{Zeros: 3, Scores: []float32{1, 2}},
	}}}})
	rate := profile.RateOf{Key: 9, Day: day20 - 1, Rate: profile.Rate{Alpha: 0.3, Beta: 48, Excess: 1}}
	commit(t, s, Commit{Change: &profile.Change{Over: aBatch(2).Lineage[0].Until, Closed: []profile.Closed{{
		Day: day20 - 1, Learned: []profile.Learned{{Key: 1<<63 | 1, Group: 7, First: 8, Last: 12, Count: 4, Days: 2}}, Rates: []profile.RateOf{rate},
	}}}})
	secret := s.Secret()
	shut(t, s)
	s = open(t, options(t, path))
	if s.Secret() != secret || secret == [16]byte{} {
		t.Errorf("secret %x, was %x", s.Secret(), secret)
	}
	got := restore(t, s)
	want := []profile.Learned{{Key: 2, Group: 7, First: 5, Last: 5, Count: 1, Days: 1}, {Key: 1<<63 | 1, Group: 7, First: 8, Last: 20, Count: 7, Days: 3}}
	check := func(name string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", name, got, want)
		}
	}
	first := aBatch(1)
	second := aBatch(2)
	check("learned", got.learned, want)
	check("rates", got.rates, []profile.RateOf{rate})
	check("hours", got.Hours, []profile.HoursOf{{Group: 7, Day: day20 - 1, Hours: hours}})
	check("spot", got.Spot, &profile.Spot{Zeros: 3, Scores: []float32{1, 2}})
	check("seen", got.seen, []profile.Seen{{Day: day20, Key: 1<<63 | 1, Group: 7, First: first.Seen[0].First, Last: second.Seen[0].Last, Count: 4}})
	check("counts", got.counts, []profile.Count{{Day: day20, Hour: 3, Key: 9, Count: 8}})
	check("recent", got.recent, append(first.Recent, second.Recent...))
	// The last close cleared it of what was over.
	check("lineage", got.lineage, second.Lineage)
	check("evidence", got.Evidence, second.Evidence)
	check("detected", got.Detected, append(first.Detected, second.Detected...))
	check("named", got.Named, first.Named)
	check("watermark", got.Watermark, second.Watermark)
	slices.SortFunc(got.Probation, func(a, b profile.Probation) int { return int(a.Key) - int(b.Key) })
	check("probation", got.Probation, []profile.Probation{{Key: 3, Since: day20 - 1, Days: 2}, {Key: 101, Since: day20}, {Key: 102, Since: day20}})

	// Once the day is closed nothing of it is left.
	commit(t, s, Commit{Change: &profile.Change{Closed: []profile.Closed{{Day: day20}}}})
	got = restore(t, s)
	if len(got.seen)+len(got.counts)+len(got.recent)+len(got.Evidence)+len(got.Detected)+len(got.Named) > 0 {
		t.Errorf("left of a closed day: %+v", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func anObject(name string, size int64) cloudtrail.Object {
	return cloudtrail.Object{Name: name, Size: size, Modified: today}
}

// The ledger knows an object as it was, in the same transaction as what it taught.
func TestStateLedger(t *testing.T) {
	s := open(t, options(t, newPath(t)))
	hostile := "s3://b/'; DROP TABLE objects; --\xff\x00"
	commit(t, s, Commit{Objects: []Taken{{anObject("s3://b/one", 5), 3}, {anObject(hostile, 1), 0}}})
	commit(t, s, Commit{Objects: []Taken{{anObject("s3://b/two", 7), 3}, {anObject("s3://b/one", 6), 3}}})
	seen, err := s.Seen(t.Context(), []cloudtrail.Object{anObject("s3://b/one", 5), anObject("s3://b/one", 6), anObject("s3://b/two", 7), anObject("s3://b/none", 7), anObject(hostile, 1),
		anObject("s3://b/'; DROP TABLE objects; --\xfe\x00", 1)})
	if want := []bool{false, true, true, false, true, false}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("%v, %v, want %v", seen, err, want)
	}
}

// The same facts a thousand times, and a hundred days of them, take the room of one
// day: what is stored grows with what is distinct.
func TestStateStaysSmall(t *testing.T) {
	path := newPath(t)
	s := open(t, options(t, path))
	const keys = 2000
	day := func(d profile.Day, batches int) {
		for b := range batches {
			ch := &profile.Change{Watermark: micros(d, time.Hour)}
			for k := range keys {
				h := sha256.Sum256([]byte(fmt.Sprint(k)))
				key := profile.Key(h[0])<<56 | profile.Key(h[1])<<48 | profile.Key(h[2])<<40 | profile.Key(k)
				if d == day20 && b == 0 {
					ch.Named = append(ch.Named, profile.Named{Key: key, Group: 7, Profile: "service", Of: profile.OfActor, Subject: "alice", Value: fmt.Sprint(k)})
				}
				ch.Seen = append(ch.Seen, profile.Seen{Day: d, Key: key, Group: 7, First: micros(d, 0), Last: micros(d, time.Hour), Count: 1})
			}
			commit(t, s, Commit{Change: ch})
		}
		st := restore(t, s)
		if len(st.seen) != keys || st.seen[0].Count != uint32(batches) {
			t.Fatalf("%d values are seen, %d times", len(st.seen), st.seen[0].Count)
		}
		cl := profile.Closed{Day: d}
		for _, v := range st.seen {
			cl.Learned = append(cl.Learned, profile.Learned{Key: v.Key, Group: v.Group, First: v.First, Last: v.Last, Count: v.Count, Days: 1})
		}
		commit(t, s, Commit{Change: &profile.Change{Closed: []profile.Closed{cl}}})
	}
	day(day20, 400)
	for d := range profile.Day(60) {
		day(day20+1+d, 10)
	}
	if n := s.counts["learned"]; n > leastCompacted+keys {
		t.Errorf("%d rows are learned of %d values", n, keys)
	}
	st := restore(t, s)
	if len(st.learned) != keys || st.learned[7].Days != 61 || st.learned[7].Count != 1000 {
		t.Errorf("%d values learned, one of them %+v", len(st.learned), st.learned[7])
	}
	shut(t, s)
	info, err := os.Stat(path)
	if err != nil || info.Size() > 6<<20 {
		t.Errorf("%d bytes for %d values, %v", info.Size(), keys, err)
	}
	k, err := Check(t.Context(), path)
	if err != nil || len(k.Faults) > 0 || k.Values != keys || k.Names != keys {
		t.Errorf("%+v, %v", k, err)
	}
}

// Values that were not seen for long go, but for those of profiles that are kept.
func TestStateForgets(t *testing.T) {
	o := options(t, newPath(t))
	o.Forget, o.Keep = 400*24*time.Hour, []string{"key"}
	s := open(t, o)
	first := &profile.Change{Watermark: micros(day20, 0)}
	cl := profile.Closed{Day: day20}
	for i, name := range []string{"country", "key", "service"} {
		key := profile.Key(i + 1)
		first.Named = append(first.Named, profile.Named{Key: key, Group: 7, Profile: name, Of: profile.OfActor, Subject: "alice", Value: "v"})
		cl.Learned = append(cl.Learned, profile.Learned{Key: key, Group: 7, First: micros(day20, 0), Last: micros(day20, 1), Count: 1, Days: 1})
	}
	first.Closed = []profile.Closed{cl}
	commit(t, s, Commit{Change: first})
	// The service is used until the end.
	for d := day20; d < day20+500; d += 10 {
		commit(t, s, Commit{Change: &profile.Change{Watermark: micros(d, 0), Closed: []profile.Closed{{Day: d, Learned: []profile.Learned{
			{Key: 3, Group: 7, First: micros(d, 0), Last: micros(d, 1), Count: 1, Days: 1}}}}}})
	}
	shut(t, s)
	s = open(t, o)
	got := restore(t, s)
	if len(got.learned) != 2 || got.learned[0].Key != 2 || got.learned[1].Key != 3 || got.learned[1].Days != 51 {
		t.Errorf("%+v", got.learned)
	}
	shut(t, s)
	if k, err := Check(t.Context(), o.Path); err != nil || k.Names != 2 || len(k.Faults) > 0 {
		t.Errorf("%+v, %v", k, err)
	}
}
