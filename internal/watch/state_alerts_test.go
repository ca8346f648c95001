package watch

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/profile"
)

// aStory is one of a class.
func aStory(id string, class profile.Severity) profile.Story {
	at := micros(day20, 3*time.Hour)
	return profile.Story{
		ID: id, Day: day20, Root: "alice\x1b[31m", Account: "111122223333", Score: 2 * float64(class), Severity: class,
		Profiles: []string{"country", "detect/x"}, Others: []string{"bob"}, First: at, Last: at + 7,
		Findings: []profile.Finding{
			{Profile: "country", Of: profile.OfActor, Subject: "alice", Value: "CH", Key: 1<<63 | 1, Score: 3, Counted: 2,
				Past:   profile.Past{Days: 212, Events: 18403, Values: 3, First: 19000, Probation: true},
				Sample: profile.Sample{Time: at, EventID: "e1", Name: "RunInstances", Source: "ec2.amazonaws.com", Actor: "alice", Address: "198.51.100.7", Country: "CH"}},
			{Profile: "detect/x", Value: "x", Score: 4, Counted: 4, Why: "because '", Sample: profile.Sample{Time: at + 7, Actor: "bob"}},
		},
	}
}

func tell(t *testing.T, s *State, stories ...profile.Story) {
	t.Helper()
	commit(t, s, Commit{Change: &profile.Change{Stories: stories}})
}

func pending(t *testing.T, s *State, sender string) (ids []string) {
	t.Helper()
	p, err := s.Outbox().Pending(t.Context(), sender)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Entries {
		ids = append(ids, e.ID+" "+e.Severity)
	}
	return ids
}

func register(t *testing.T, s *State, senders ...string) {
	t.Helper()
	if err := s.Outbox().Register(t.Context(), senders); err != nil {
		t.Fatal(err)
	}
}

// A story is sent when it is of the class from which alerts are sent, and again only
// when it grows.
func TestAlertIsSentOnceAClass(t *testing.T) {
	s := open(t, options(t, newPath(t)))
	register(t, s, "topic")
	for _, class := range []profile.Severity{profile.Low, profile.Medium, profile.Medium, profile.Low, profile.High, profile.Medium, profile.High} {
		tell(t, s, aStory("a1", class))
	}
	tell(t, s, aStory("a2", profile.Low))
	if got, want := pending(t, s, "topic"), []string{"a1 medium", "a1 high"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	list, err := s.Alerts(t.Context(), AlertFilter{})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	want := Alert{Story: aStory("a1", profile.High), Status: Open, Sent: profile.High, SentAt: today, Subject: "about alice\x1b[31m", Message: "it was medium\n"}
	if !reflect.DeepEqual(list[0], want) {
		t.Errorf("%+v\nwant %+v", list[0], want)
	}
	if list, err = s.Alerts(t.Context(), AlertFilter{Severity: profile.Medium}); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
}

// What is withdrawn goes if nobody was told of it, else it says what it is now.
func TestAlertIsWithdrawn(t *testing.T) {
	path := newPath(t)
	s := open(t, options(t, path))
	tell(t, s, aStory("low", profile.Low), aStory("sent", profile.High))
	commit(t, s, Commit{Change: &profile.Change{Withdrawn: []string{"low", "sent", "never"}}})
	list, err := s.Alerts(t.Context(), AlertFilter{})
	if err != nil || len(list) != 1 || list[0].ID != "sent" || list[0].Severity != profile.None || list[0].Sent != profile.High || len(list[0].Findings) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	shut(t, s)
	if k, err := Check(t.Context(), path); err != nil || len(k.Faults) > 0 {
		t.Error(k, err)
	}
}

// The outbox of the state keeps marks by sender, over a restart.
func TestStateOutbox(t *testing.T) {
	o := options(t, newPath(t))
	s := open(t, o)
	box := s.Outbox()
	mark := func(sender string, o outbox.Outcome, sequences ...int64) {
		t.Helper()
		if err := box.Mark(t.Context(), sender, sequences, o); err != nil {
			t.Fatal(err)
		}
	}
	register(t, s, "topic", "file'")
	tell(t, s, aStory("a", profile.Medium), aStory("b", profile.Medium), aStory("c", profile.High), aStory("d", profile.Medium))
	mark("topic", outbox.Outcome{Delivered: true, At: today, Attempts: 2}, 1)
	mark("topic", outbox.Outcome{At: today, Attempts: 1, Error: "throttled", Next: today.Add(time.Minute)}, 2)
	mark("topic", outbox.Outcome{At: today, Attempts: 1, Error: "too large"}, 4)
	mark("file'", outbox.Outcome{Delivered: true, In: "sum", At: today.Add(-time.Hour)}, 1, 3)
	shut(t, s)
	s = open(t, o)
	box = s.Outbox()
	if got, want := pending(t, s, "topic"), []string{"b medium", "c high"}; !slices.Equal(got, want) {
		t.Errorf("topic: %v, want %v", got, want)
	}
	p, err := box.Pending(t.Context(), "topic")
	if err != nil || p.Entries[0].Attempts != 1 || !p.Entries[0].Next.Equal(today.Add(time.Minute)) || !p.Entries[0].Made.Equal(today) {
		t.Errorf("%+v, %v", p, err)
	}
	if want := map[int64]outbox.Hour{outbox.HourOf(today): {Messages: 1, Class: int(profile.Medium)}}; !reflect.DeepEqual(p.Hours, want) {
		t.Errorf("%v, want %v", p.Hours, want)
	}
	if got, want := pending(t, s, "file'"), []string{"b medium", "d medium"}; !slices.Equal(got, want) {
		t.Errorf("file: %v, want %v", got, want)
	}
	// A new one is not told what anybody was.
	register(t, s, "topic", "new")
	if got, want := pending(t, s, "new"), []string{"b medium", "d medium"}; !slices.Equal(got, want) {
		t.Errorf("new: %v, want %v", got, want)
	}
	m, err := box.Message(t.Context(), 3)
	if err != nil || m.ID != "c" || m.Sequence != 3 || m.Text != "it was none\n" || string(m.JSON) != `{"id": 1}` || !m.Made.Equal(today) {
		t.Errorf("%+v, %v", m, err)
	}
	w, err := s.Waiting(t.Context())
	if err != nil || w.Outbox != 3 || w.Open != 4 {
		t.Errorf("%+v, %v", w, err)
	}
	// What all have delivered goes at last, and numbers go on.
	for _, sender := range []string{"topic", "file'", "new"} {
		mark(sender, outbox.Outcome{Delivered: true, At: today}, 1, 2, 3, 4)
	}
	later := today.Add(sentFor + time.Hour)
	s.o.Now = func() time.Time { return later }
	commit(t, s, Commit{Change: &profile.Change{Closed: []profile.Closed{{Day: day20}}}})
	tell(t, s, aStory("e", profile.High))
	if p, err = box.Pending(t.Context(), "new"); err != nil || len(p.Entries) != 1 || p.Entries[0].Sequence != 5 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := box.Message(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "message 1 ") {
		t.Error(err)
	}
}

// What is refused is counted, kept, and says when it is done.
func TestQuarantine(t *testing.T) {
	s := open(t, options(t, newPath(t)))
	commit(t, s, Commit{Refused: []Refused{{What: "s3://b/k", Kind: RefusedObject, Reason: "access denied", Next: today.Add(time.Minute)},
		{What: "id", Kind: RefusedMessage, Reason: "not JSON", Body: []byte("\xff\x00" + strings.Repeat("x", maxBody))},
		{What: "id", Kind: RefusedMessage, Reason: "not JSON, byte 0"}}})
	commit(t, s, Commit{Refused: []Refused{{What: "s3://b/k", Kind: RefusedObject, Reason: "no such key", Next: today.Add(time.Hour)}}})
	list, err := s.Quarantine(t.Context(), false)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if q := list[1]; q.What != "s3://b/k" || q.Count != 2 || q.Reason != "no such key" || !q.Next.Equal(today.Add(time.Hour)) || !q.First.Equal(today) {
		t.Errorf("%+v", q)
	}
	if q := list[0]; q.Count != 2 || q.Reason != "not JSON, byte 0" || len(q.Body) != maxBody || string(q.Body[:2]) != "\xff\x00" || !q.Next.IsZero() {
		t.Errorf("%v %v %v %v", q.Count, q.Reason, len(q.Body), q.Next)
	}
	counts, err := s.Refusals(t.Context(), []string{"s3://b/k", "other"})
	if err != nil || !reflect.DeepEqual(counts, map[string]int{"s3://b/k": 2}) {
		t.Error(counts, err)
	}
	commit(t, s, Commit{Objects: []Taken{{anObject("s3://b/k", 5), 3}}, Resolved: []string{"id"}})
	if list, err = s.Quarantine(t.Context(), false); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	list, err = s.Quarantine(t.Context(), true)
	if err != nil || len(list) != 2 || !list[0].Resolved.Equal(today) || list[0].Body != nil {
		t.Errorf("%+v, %v", list, err)
	}
	// It is refused again.
	commit(t, s, Commit{Refused: []Refused{{What: "id", Kind: RefusedMessage, Reason: "again"}}})
	if list, err = s.Quarantine(t.Context(), false); err != nil || len(list) != 1 || list[0].Count != 3 {
		t.Errorf("%+v, %v", list, err)
	}
}
