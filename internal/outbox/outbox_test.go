package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// run starts an outbox on a store, in the fake time of a synctest bubble, and returns
// what stops it.
func run(t *testing.T, b *Outbox) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.Run(ctx); close(done) }()
	synctest.Wait()
	return func() { cancel(); <-done }
}

func options(s Store, ways ...Way) Options {
	return Options{Store: s, Ways: ways, Now: time.Now, Sum: sum}
}

func upTo(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("a%d", i+1))
	}
	return ids
}

func TestTopicDownForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns, out := newMemory(), &topic{fail: func(Message) error { return errDown }}, &topic{}
		b := New(options(store, Way{Name: "sns", Sender: sns}, Way{Name: "stdout", Sender: out}))
		stop := run(t, b)
		for range 30 {
			store.add(2, time.Now())
			b.Wake()
			time.Sleep(2 * time.Minute)
		}
		if got := out.ids(); !slices.Equal(got, upTo(30)) {
			t.Errorf("standard output waited for the topic: %v", got)
		}
		if sns.tries() > 150 {
			t.Errorf("%d tries in an hour on a topic that is down", sns.tries())
		}
		sns.mu.Lock()
		sns.fail = nil
		sns.mu.Unlock()
		time.Sleep(11 * time.Minute)
		stop()
		got := sns.ids()
		slices.SortFunc(got, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
		if !slices.Equal(got, upTo(30)) {
			t.Errorf("after the topic is back: %v", got)
		}
		for i, o := range store.outcomes("sns") {
			if o != "sent" {
				t.Errorf("message %d: %s", i+1, o)
			}
		}
	})
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, begun := newMemory(), time.Now()
		var waits []time.Duration
		last := begun
		sns := &topic{}
		sns.fail = func(Message) error {
			waits, last = append(waits, time.Since(last)), time.Now()
			return errDown
		}
		store.add(2, begun)
		stop := run(t, New(options(store, Way{Name: "sns", Sender: sns})))
		time.Sleep(20 * time.Minute)
		stop()
		s := time.Second
		want := []time.Duration{0, s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 256 * s, 300 * s, 300 * s}
		if !slices.Equal(waits, want) {
			t.Errorf("waited %v, want %v", waits, want)
		}
	})
}

// A restart does not begin the waits anew.
// The clock is set back by a day while the topic is down: what waits for a try is not a
// day late for that.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{fail: func(Message) error { return errDown }}
		store.add(1, time.Now())
		var back atomic.Int64
		o := options(store, Way{Name: "sns", Sender: sns})
		o.Now = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
		stop := run(t, New(o))
		time.Sleep(10 * time.Minute)
		back.Store(int64(24 * time.Hour))
		sns.mu.Lock()
		sns.fail = nil
		sns.mu.Unlock()
		time.Sleep(6 * time.Minute)
		stop()
		if got := sns.ids(); !slices.Equal(got, upTo(1)) {
			t.Errorf("sent: %v", got)
		}
	})
}

func TestRestartKeepsBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{fail: func(Message) error { return errDown }}
		store.add(2, time.Now())
		for range 20 {
			stop := run(t, New(options(store, Way{Name: "sns", Sender: sns})))
			time.Sleep(10 * time.Second)
			stop()
		}
		if sns.tries() > 9 {
			t.Errorf("%d tries in 200 seconds with restarts", sns.tries())
		}
	})
}

func TestRefusedIsKeptAndInNobodysWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{fail: func(m Message) error {
			if m.ID == "a2" {
				return RefusedError{errors.New("too large")}
			}
			return nil
		}}
		for range 4 {
			store.add(2, time.Now())
		}
		var told []Report
		o := options(store, Way{Name: "sns", Sender: sns})
		o.Report = func(r Report) { told = append(told, r) }
		stop := run(t, New(o))
		time.Sleep(time.Hour)
		stop()
		if got, want := store.outcomes("sns"), []string{"sent", "refused", "sent", "sent"}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if sns.tries() != 4 {
			t.Errorf("%d tries", sns.tries())
		}
		if len(told) != 4 || !told[1].Refused || told[1].Err == nil || told[1].ID != "a2" || told[0].Err != nil {
			t.Errorf("told: %+v", told)
		}
	})
}

// A message that fails again and again, though others would not, is passed.
func TestSickMessageIsPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{fail: func(m Message) error {
			if m.ID == "a1" {
				return errDown
			}
			return nil
		}}
		for range 3 {
			store.add(2, time.Now())
		}
		stop := run(t, New(options(store, Way{Name: "sns", Sender: sns})))
		time.Sleep(10 * time.Second)
		if got := sns.ids(); len(got) != 0 {
			t.Errorf("%v overtook one that failed four times", got)
		}
		time.Sleep(30 * time.Second)
		stop()
		if got := sns.ids(); !slices.Equal(got, []string{"a2", "a3"}) {
			t.Errorf("got %v", got)
		}
		if o := store.outcomes("sns")[0]; !strings.HasPrefix(o, "failed") {
			t.Errorf("the one that fails: %s", o)
		}
	})
}

// Killed between the sending and the mark, a message is sent again with the same ID.
func TestKilledBeforeMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{}
		store.add(2, time.Now())
		store.broken = errors.New("killed")
		stop := run(t, New(options(store, Way{Name: "sns", Sender: sns})))
		stop()
		store.broken = nil
		stop = run(t, New(options(store, Way{Name: "sns", Sender: sns})))
		stop()
		if got := sns.ids(); !slices.Equal(got, []string{"a1", "a1"}) {
			t.Errorf("sent %v", got)
		}
		if got := store.outcomes("sns"); got[0] != "sent" {
			t.Errorf("marked %v", got)
		}
	})
}

// While the store cannot be written to, what was sent is not sent again.
func TestStoreBrokenForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{}
		store.add(2, time.Now())
		store.add(2, time.Now())
		store.broken = errors.New("no space left on device")
		var told []Report
		o := options(store, Way{Name: "sns", Sender: sns})
		o.Report = func(r Report) { told = append(told, r) }
		stop := run(t, New(o))
		time.Sleep(time.Minute)
		store.mu.Lock()
		store.broken = nil
		store.mu.Unlock()
		time.Sleep(5 * time.Minute)
		stop()
		if got := sns.ids(); !slices.Equal(got, upTo(2)) {
			t.Errorf("sent %v", got)
		}
		if len(told) < 3 || told[0].Err == nil || !strings.Contains(told[0].Err.Error(), "alert a1 was sent, and that is not recorded: no space left") {
			t.Errorf("told %+v", told)
		}
	})
}

func TestNewSenderIsNotToldThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, wrong, right := newMemory(), &topic{fail: func(m Message) error {
			if m.ID == "a1" {
				return nil
			}
			return errDown
		}}, &topic{}
		store.add(2, time.Now())
		store.add(2, time.Now())
		stop := run(t, New(options(store, Way{Name: "wrong", Sender: wrong})))
		stop()
		stop = run(t, New(options(store, Way{Name: "right", Sender: right})))
		stop()
		if got := right.ids(); !slices.Equal(got, []string{"a2"}) {
			t.Errorf("the new topic was sent %v, want what waited", got)
		}
	})
}

// storm puts n messages into the store, one every so often.
func storm(b *Outbox, s *memory, n int, every time.Duration, class func(i int) int) {
	for i := range n {
		s.add(class(i), time.Now())
		b.Wake()
		time.Sleep(every)
	}
}

func TestStormIsSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time begins at 2000-01-01 00:00
		store, sns, file := newMemory(), &topic{}, &topic{}
		b := New(options(store, Way{Name: "sns", Sender: sns, MaxPerHour: 20}, Way{Name: "file", Sender: file}))
		stop := run(t, b)
		storm(b, store, 1000, time.Second, func(i int) int {
			if i == 500 {
				return 4
			}
			return 2 + i%2
		})
		time.Sleep(time.Hour)
		stop()
		want := append(upTo(20), "sum a21-a501", "sum a502-a1000")
		if got := sns.ids(); !slices.Equal(got, want) {
			t.Errorf("sent %v\nwant %v", got, want)
		}
		if at := sns.at[21]; at.Unix()%3600 != 0 || at.Sub(sns.at[0]) != time.Hour {
			t.Errorf("the last sum came at %v, want the end of the hour", at)
		}
		if worst := sns.at[20].Sub(sns.at[0]); worst != 500*time.Second {
			t.Errorf("what was worse than all before waited until %v", worst)
		}
		if len(file.ids()) != 1000 {
			t.Errorf("the file, which takes any number, got %d", len(file.ids()))
		}
		for i, o := range store.outcomes("sns")[20:] {
			if !strings.HasPrefix(o, "in sum") {
				t.Fatalf("message %d: %s", i+21, o)
			}
		}
	})
}

// A restart at any time neither sends more than undisturbed, nor loses what was held.
func TestStormWithRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{}
		for i := range 300 {
			b := New(options(store, Way{Name: "sns", Sender: sns, MaxPerHour: 5}))
			stop := run(t, b)
			storm(b, store, 1+i%3, 5*time.Second, func(int) int { return 2 })
			stop()
		}
		time.Sleep(time.Hour)
		stop := run(t, New(options(store, Way{Name: "sns", Sender: sns, MaxPerHour: 5})))
		stop()
		if got := len(sns.ids()); got != 6 { // 50 minutes
			t.Errorf("%d messages: %v", got, sns.ids())
		}
		for i, o := range store.outcomes("sns") {
			if o == "" {
				t.Errorf("message %d is lost", i+1)
			}
		}
	})
}

// One that comes alone after too many is sent as itself, when the hour ends.
func TestOneTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{}
		b := New(options(store, Way{Name: "sns", Sender: sns, MaxPerHour: 3}))
		stop := run(t, b)
		storm(b, store, 4, time.Minute, func(int) int { return 3 })
		if got := sns.ids(); !slices.Equal(got, upTo(3)) {
			t.Errorf("within the hour: %v", got)
		}
		time.Sleep(time.Hour)
		stop()
		if got := sns.ids(); !slices.Equal(got, upTo(4)) {
			t.Errorf("after it: %v", got)
		}
	})
}

// What waited for hours is not a storm of the hour in which it can be sent at last, but
// too much to be read all the same.
func TestStormAfterOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns := newMemory(), &topic{fail: func(Message) error { return errDown }}
		b := New(options(store, Way{Name: "sns", Sender: sns, MaxPerHour: 10}))
		stop := run(t, b)
		storm(b, store, 120, time.Minute, func(int) int { return 2 })
		sns.mu.Lock()
		sns.fail = nil
		sns.mu.Unlock()
		time.Sleep(15 * time.Minute)
		stop()
		if n := len(sns.ids()); n < 11 || n > 16 {
			t.Errorf("%d messages within 15 minutes: %v", n, sns.ids())
		}
		for i, o := range store.outcomes("sns") {
			if o != "sent" && !strings.HasPrefix(o, "in ") {
				t.Errorf("message %d: %s", i+1, o)
			}
		}
	})
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, sns, down := newMemory(), &topic{}, &topic{fail: func(Message) error { return errDown }}
		for range 10 {
			store.add(2, time.Now())
		}
		b := New(options(store, Way{Name: "sns", Sender: sns, MaxPerHour: 4}))
		if left, err := b.Flush(t.Context()); left != 0 || err != nil {
			t.Errorf("left %d, %v", left, err)
		}
		if got := sns.ids(); !slices.Equal(got, append(upTo(4), "sum a5-a10")) {
			t.Errorf("sent %v", got)
		}
		store.add(2, time.Now())
		b = New(options(store, Way{Name: "sns", Sender: sns}, Way{Name: "down", Sender: down}))
		if left, err := b.Flush(t.Context()); left != 1 || err != nil {
			t.Errorf("one topic is down: left %d, %v", left, err)
		}
	})
}

// A sender that never answers is given up, and does not hold up the end.
func TestSenderHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		store.add(2, time.Now())
		var told []Report
		o := options(store, Way{Name: "sns", Sender: hanging{}})
		o.Report = func(r Report) { told = append(told, r) }
		stop := run(t, New(o))
		time.Sleep(61 * time.Second)
		begun := time.Now()
		stop()
		if d := time.Since(begun); d > time.Second {
			t.Errorf("took %v to end", d)
		}
		if len(told) != 1 || !errors.Is(told[0].Err, context.DeadlineExceeded) {
			t.Errorf("told %+v", told)
		}
	})
}

type hanging struct{}

func (hanging) Send(ctx context.Context, _ Message) error { <-ctx.Done(); return ctx.Err() }
