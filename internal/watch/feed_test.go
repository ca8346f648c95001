package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A mail is a message.
type mail struct {
	id, body string
	received int
}

func (m mail) ID() string    { return m.id }
func (m mail) Body() []byte  { return []byte(m.body) }
func (m mail) Received() int { return m.received }

// notice is CloudTrail's of keys in bucket b.
func notice(keys ...string) string {
	return `{"s3Bucket":"b","s3ObjectKey":["` + strings.Join(keys, `","`) + `"]}`
}

// An office has a feed, objects that cannot be taken, and what became of messages.
type office struct {
	feed   *Feed
	broken map[string]error         // by key; others are stored
	long   map[string]time.Duration // by key: how long it takes to fetch it
	all    error

	mu      sync.Mutex
	done    []string
	later   map[string]time.Duration
	refused []string
	pumped  []string // in the order in which they were taken
}

func newOffice(buckets ...string) *office {
	o := &office{broken: map[string]error{}, long: map[string]time.Duration{}, later: map[string]time.Duration{}}
	o.feed = NewFeed(FeedOptions{
		Name: "q", Rounds: 1, Slow: 1, Buckets: buckets, Pump: o.pump, Now: time.Now, Report: func(FeedReport) {},
		Done: func(_ context.Context, all []Message) error {
			o.mu.Lock()
			defer o.mu.Unlock()
			for _, m := range all {
				o.done = append(o.done, m.ID())
			}
			return nil
		},
		Later: func(_ context.Context, d time.Duration, all []Message) error {
			o.mu.Lock()
			defer o.mu.Unlock()
			for _, m := range all {
				o.later[m.ID()] = d
			}
			return nil
		},
		Refuse: func(_ context.Context, all []Refused) error {
			o.mu.Lock()
			defer o.mu.Unlock()
			for _, r := range all {
				o.refused = append(o.refused, fmt.Sprintf("%s %s: %.40s", r.Kind, r.What, r.Reason))
			}
			return nil
		},
	})
	return o
}

func (o *office) pump(ctx context.Context, wanted []Wanted, patience time.Duration) Taking {
	t := Taking{Stored: map[string]bool{}, Why: map[string]error{}, All: o.all}
	for _, w := range wanted {
		key := w.Name[strings.LastIndexByte(w.Name, '/')+1:]
		if d := o.long[key]; d > 0 {
			if patience > 0 && d > patience {
				time.Sleep(patience)
				t.Why[w.Name] = fmt.Errorf("%s: %w", w.Name, ErrSlow)
				continue
			}
			time.Sleep(d)
		}
		switch err := o.broken[key]; {
		case err != nil:
			t.Why[w.Name] = fmt.Errorf("%s: %w", w.Name, err)
		case o.all == nil:
			t.Stored[w.Name] = true
			o.mu.Lock()
			o.pumped = append(o.pumped, key)
			o.mu.Unlock()
		}
	}
	return t
}

// work has the feed work off messages, for so long.
func (o *office) work(t *testing.T, d time.Duration, all ...mail) {
	t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	for _, m := range all {
		if err := o.feed.Take(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		defer close(ended)
		o.feed.Run(t.Context(), stop)
	}()
	time.Sleep(d)
	close(stop)
	<-ended
	slices.Sort(o.done)
}

// A message is done when all that it names is stored, and not before.
func TestFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		o.broken["3"] = fs.ErrNotExist
		record := `{"version":"0","id":"i","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"111122223333","time":"2025-07-01T00:00:00Z","region":"us-east-1",` +
			`"detail":{"eventVersion":"1.11","eventTime":"2025-07-01T00:00:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers"}}`
		o.work(t, time.Minute,
			mail{"five", notice("1", "2", "3", "4", "5"), 1}, mail{"whole", notice("1", "2"), 1}, mail{"again", notice("3"), 3},
			mail{"poison", "no notice\x1b[2J", 2}, mail{"nothing", "CloudTrail validation message.", 1}, mail{"record", record, 1})
		if want := []string{"nothing", "record", "whole"}; !slices.Equal(o.done, want) {
			t.Errorf("done: %q", o.done)
		}
		if len(o.later) != 3 || o.later["five"] != 30*time.Second || o.later["again"] != 2*time.Minute || o.later["poison"] != time.Minute {
			t.Errorf("later: %v", o.later)
		}
		slices.Sort(o.refused)
		want := []string{"message q poison: byte 0: not a JSON value", "object s3://b/3: file does not exist", "object s3://b/3: file does not exist"}
		if !slices.Equal(o.refused, want) {
			t.Errorf("refused: %q", o.refused)
		}
	})
}

// What takes long does not hold up the rest, and is taken all the same.
func TestFeedSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		o.long["slow"] = 20 * time.Minute
		began := time.Now()
		o.work(t, time.Hour, mail{"a", notice("slow"), 1}, mail{"b", notice("quick"), 1})
		if !slices.Equal(o.done, []string{"a", "b"}) || !slices.Equal(o.pumped, []string{"quick", "slow"}) || len(o.later) > 0 {
			t.Errorf("%+v after %v", o, time.Since(began))
		}
	})
}

// An object of another bucket is not fetched, and its message stays.
func TestFeedBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice("mine")
		o.work(t, time.Minute, mail{"theirs", notice("1"), 1}, mail{"mine", strings.Replace(notice("2"), `"b"`, `"mine"`, 1), 1})
		if !slices.Equal(o.done, []string{"mine"}) || !slices.Equal(o.pumped, []string{"2"}) || o.later["theirs"] == 0 ||
			!slices.Equal(o.refused, []string{"object s3://b/1: its bucket is not among those of --allow"}) {
			t.Errorf("%+v", o)
		}
	})
}

// Where nothing can be stored, all comes again, and no object is to blame.
func TestFeedFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		o.all = errors.New("no room on the disk")
		o.work(t, time.Minute, mail{"a", notice("1"), 1}, mail{"b", notice("2"), 30})
		if len(o.done) > 0 || o.later["a"] != 30*time.Second || o.later["b"] != 10*time.Minute || len(o.refused) > 0 {
			t.Errorf("%+v", o)
		}
	})
}
