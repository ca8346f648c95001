package watch

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/profile"
)

// Options say what to watch by.
type Options struct {
	State *State
	// Profile says how to judge. Its Secret and Allowed are the watcher's.
	Profile profile.Options
	Allow   []Allowed // beside those in the state
	// Detect asks the detections of single events about a batch, Window those of spans
	// of time about one. Nil is none.
	Detect func(context.Context, *cloudtrail.Batch) ([]profile.Detected, error)
	Window func(ctx context.Context, since, until time.Time) ([]profile.Detected, error)
	// Report is told of each change that is stored, and how long it took to judge and
	// store. It may be nil.
	Report func(*profile.Change, time.Duration)
	Now    func() time.Time
}

// A Watcher is the sink that learns and judges. It is safe for concurrent use; batches
// are taken one after the other.
type Watcher struct {
	o Options

	detecting sync.Mutex

	mu      sync.Mutex
	engine  *profile.Engine // nil where what is in memory may not be what is stored
	allowed []Allowed       // in the state
}

// New makes a watcher of what the state holds.
func New(ctx context.Context, o Options) (*Watcher, error) {
	w := &Watcher{o: o}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.restored(ctx)
	return w, err
}

// restored is the engine, which is made from the state where there is none.
func (w *Watcher) restored(ctx context.Context) (*profile.Engine, error) {
	if w.engine != nil {
		return w.engine, nil
	}
	stored, err := w.o.State.Restore(ctx)
	if err != nil {
		return nil, err
	}
	o := w.o.Profile
	o.Secret = w.o.State.Secret()
	o.Allowed = func(f *profile.Finding) bool {
		is := func(a Allowed) bool { return a.Allows(f) }
		return slices.ContainsFunc(w.o.Allow, is) || slices.ContainsFunc(w.allowed, is)
	}
	w.engine, err = profile.New(o, stored)
	return w.engine, err
}

// Seen reports for each object whether it was taken. A filter is not heeded: watchers
// have none.
func (w *Watcher) Seen(ctx context.Context, objects []cloudtrail.Object, _ *cloudtrail.Filter) ([]bool, error) {
	return w.o.State.Seen(ctx, objects)
}

// Put takes a batch of whole objects. Days that are over with it are for Close.
func (w *Watcher) Put(ctx context.Context, b *cloudtrail.Batch, _ *cloudtrail.Filter) (s cloudtrail.Stored, err error) {
	found, err := w.detect(ctx, b)
	if err != nil {
		return s, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	start := w.o.Now()
	t, err := w.take(ctx, b, found)
	if err != nil {
		return s, err
	}
	if err := w.commit(ctx, &Commit{Change: t.change, Objects: t.taken}, start); err != nil {
		return s, err
	}
	return t.stored(), nil
}

// PutLarge takes an object that comes in parts. It is judged part by part, and stored
// once it has come to its end: its Change is not larger for that, since it grows with
// what is new and not with events.
func (w *Watcher) PutLarge(ctx context.Context, parts iter.Seq2[*cloudtrail.Batch, error], _ *cloudtrail.Filter) (s cloudtrail.Stored, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	start := w.o.Now()
	var all took
	for b, err := range parts {
		var part took
		var found []profile.Detected
		if err == nil {
			found, err = w.detect(ctx, b)
		}
		if err == nil {
			part, err = w.take(ctx, b, found)
		}
		if err != nil {
			w.engine = nil // it has what will not be stored
			return s, err
		}
		all.add(part)
	}
	if all.change == nil {
		return s, nil
	}
	if err := w.commit(ctx, &Commit{Change: all.change, Objects: all.taken}, start); err != nil {
		return s, err
	}
	return all.stored(), nil
}

func (w *Watcher) detect(ctx context.Context, b *cloudtrail.Batch) ([]profile.Detected, error) {
	if w.o.Detect == nil || len(b.Events.Rows) == 0 {
		return nil, nil
	}
	w.detecting.Lock()
	defer w.detecting.Unlock()
	return w.o.Detect(ctx, b)
}

// A took is what came of a batch, before it is stored.
type took struct {
	change *profile.Change
	taken  []Taken
	known  int // objects that were taken before, but for those that are no logs
}

func (t *took) stored() (s cloudtrail.Stored) {
	s.Rows[cloudtrail.InEvents] = t.change.Events
	s.Duplicates = t.change.Copies
	s.Known = t.known
	return s
}

// add adds the next part of an object.
func (t *took) add(part took) {
	if t.change == nil {
		*t = part
		return
	}
	add(t.change, part.change)
	t.taken = part.taken // counts what came so far
}

// take judges and learns the objects of a batch that were not taken yet.
func (w *Watcher) take(ctx context.Context, b *cloudtrail.Batch, found []profile.Detected) (t took, err error) {
	if err := w.answer(ctx); err != nil {
		return t, err
	}
	e, err := w.restored(ctx)
	if err != nil {
		return t, err
	}
	objects := make([]cloudtrail.Object, len(b.Objects))
	for i := range b.Objects {
		objects[i] = b.Objects[i].Object
	}
	seen, err := w.o.State.Seen(ctx, objects) // by another round, meanwhile
	if err != nil {
		return t, err
	}
	again := false
	for i, o := range b.Objects {
		if seen[i] {
			again = true
			if o.Skipped == "" {
				t.known++
			}
			continue
		}
		t.taken = append(t.taken, Taken{Object: o.Object, Events: o.Rows[cloudtrail.InEvents]})
	}
	if again {
		found = ofUnseen(b, found, seen)
	}
	t.change = e.Take(b, func(object int) bool { return !seen[object] }, found)
	return t, nil
}

// ofUnseen are the findings about events of objects that were not taken before.
func ofUnseen(b *cloudtrail.Batch, found []profile.Detected, seen []bool) []profile.Detected {
	fresh := map[string]bool{}
	for i := range b.Events.Rows {
		if id := b.Events.Identity(i)[0]; !seen[b.Events.Rows[i].Object] {
			fresh[string(id)] = true
		}
	}
	return slices.DeleteFunc(found, func(d profile.Detected) bool { return !fresh[d.EventID] })
}

// commit stores what the engine has done. If it cannot, the engine is ahead of what is
// stored: it is made anew before the next.
func (w *Watcher) commit(ctx context.Context, c *Commit, start time.Time) error {
	if err := w.o.State.Commit(ctx, c); err != nil {
		w.engine = nil
		return err
	}
	if w.o.Report != nil {
		w.o.Report(c.Change, w.o.Now().Sub(start))
	}
	return nil
}

// answer takes in what people said of alerts since the batch before.
func (w *Watcher) answer(ctx context.Context) error {
	answers, allowed, err := w.o.State.Answers(ctx)
	if err != nil {
		return err
	}
	w.allowed = allowed
	if len(answers) == 0 {
		return nil
	}
	e, err := w.restored(ctx)
	if err != nil {
		return err
	}
	var ids []string
	var keys []profile.Key
	for _, a := range answers {
		ids = append(ids, a.ID)
		keys = append(keys, a.Keys...)
	}
	return w.commit(ctx, &Commit{Change: e.Accept(keys), Answered: ids}, w.o.Now())
}

// Due reports whether there are days for Close.
func (w *Watcher) Due() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.engine != nil && len(w.engine.Due()) > 0
}

// Close judges the days that are over for the last time, and learns them. What was put
// must be where the detections look by then.
func (w *Watcher) Close(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		e, err := w.restored(ctx)
		if err != nil {
			return err
		}
		due := e.Due()
		if len(due) == 0 {
			return nil
		}
		if err := w.look(ctx, e, due); err != nil {
			return err
		}
		for _, d := range due {
			start := w.o.Now()
			if err := w.commit(ctx, &Commit{Change: e.Close(d)}, start); err != nil {
				return err
			}
		}
	}
}

// look has the detections of spans of time asked about days, all at once: that costs
// hardly more than to ask about one.
func (w *Watcher) look(ctx context.Context, e *profile.Engine, days []profile.Day) error {
	if w.o.Window == nil || len(days) == 0 {
		return nil
	}
	start := w.o.Now()
	found, err := w.o.Window(ctx, days[0].Start(), (days[len(days)-1] + 1).Start())
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(d profile.Detected) bool { return !slices.Contains(days, profile.DayOf(d.Time)) })
	return w.commit(ctx, &Commit{Change: e.Found(found, days, true)}, start)
}

// Look has the detections of spans of time asked about the days that are open, so that
// what they find is not told only at their end.
func (w *Watcher) Look(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	e, err := w.restored(ctx)
	if err != nil {
		return err
	}
	return w.look(ctx, e, e.Open())
}

// Settle has what people said of alerts taken in, though no batch comes.
func (w *Watcher) Settle(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answer(ctx)
}
