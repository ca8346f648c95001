package main

import (
	"context"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/source"
)

// A drain tells when all has been worked off that was in a queue at some time. After an
// outage a queue holds days of messages, in no order: to close a day because of one
// that is new, while old ones still wait, would be to judge the day by half of it.
type drain struct {
	mu      sync.Mutex
	open    map[string]openMessage // by ID
	waiting map[int]time.Time      // receivers, and since when nothing has come
	// from is when all can be seen that is in the queue: a watch that was killed has
	// hidden what it held, and an empty answer says nothing till that is over.
	from  time.Time
	since time.Time // from when on it is asked about; zero: it is not
	mark  time.Time // when the queue was empty, first after since
}

// An openMessage was received and is not done.
type openMessage struct {
	received time.Time // first
	over     time.Time // when it is waited for no longer; zero while it is held
}

const (
	// heldFor is for how long messages stay hidden when a watch is killed; while it runs
	// that is extended.
	heldFor = 30 * time.Second
	// soon is the longest wait of a message for which a day stays open: what could not
	// be read may be there at the fifth try, and a day is not to be judged without it.
	// What cannot be read for longer does not hold up the days.
	soon = 10 * time.Minute
)

// newDrain is of a queue from which is received from now on.
func newDrain(now time.Time) drain {
	return drain{open: map[string]openMessage{}, waiting: map[int]time.Time{}, from: now.Add(heldFor)}
}

// emptyAfter is how long a request for messages must have waited to tell that there are
// none: SQS answers at once where there is one.
const emptyAfter = time.Second

// begin and end are around a receiver's request.
func (d *drain) begin(receiver int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[receiver] = time.Now()
}

func (d *drain) end(receiver int, messages []*source.Message, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	delete(d.waiting, receiver)
	for _, m := range messages {
		if o, again := d.open[m.ID]; again {
			d.open[m.ID] = openMessage{received: o.received}
		} else {
			d.open[m.ID] = openMessage{received: now}
		}
	}
	if err == nil && len(messages) < source.MostReceived {
		d.empty(now)
	}
}

// empty notes that the queue was empty. What was received just now is open all the same.
func (d *drain) empty(at time.Time) {
	if !d.since.IsZero() && d.mark.IsZero() && !at.Before(d.since) {
		d.mark = at
	}
}

// done notes that messages need not come again, or that it is no use if they do.
func (d *drain) done(ids ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		delete(d.open, id)
	}
}

// later notes that messages come again after a while.
func (d *drain) later(messages []*source.Message, after time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range messages {
		if after > soon {
			delete(d.open, m.ID)
		} else if o, ok := d.open[m.ID]; ok {
			o.over = time.Now().Add(after + heldFor) // and heldFor to be received
			d.open[m.ID] = o
		}
	}
}

// drained reports whether all was worked off that was in the queue when this was asked
// first since reset, but for what cannot be read for long.
func (d *drain) drained() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.since.IsZero() {
		d.since = now
		if now.Before(d.from) {
			d.since = d.from
		}
	}
	for _, asked := range d.waiting {
		if now.Sub(asked) > emptyAfter {
			d.empty(now)
		}
	}
	if d.mark.IsZero() {
		return false
	}
	for id, o := range d.open {
		switch {
		case !o.over.IsZero() && now.After(o.over): // another has it
			delete(d.open, id)
		case !o.received.After(d.mark):
			return false
		}
	}
	return true
}

func (d *drain) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.since, d.mark = time.Time{}, time.Time{}
}

// closeEvery is how often is looked whether a day is over.
const closeEvery = time.Second

// closeDays closes the days that are over, once all queues are drained that may hold
// events of them, and nothing is listed.
func (w *watching) closeDays(ctx context.Context) {
	if !w.watcher.Due() {
		for _, q := range w.queues {
			q.drain.reset()
		}
		return
	}
	for _, q := range w.queues {
		if !q.drain.drained() {
			return
		}
	}
	if !w.loading.TryLock() {
		return
	}
	defer w.loading.Unlock()
	w.fault(ctx, "days", w.sink.close(ctx))
}
