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
	open    map[*source.Message]time.Time // when they were received
	waiting map[int]time.Time             // receivers, and since when nothing has come
	since   time.Time                     // from when on it is asked about; zero: it is not
	mark    time.Time                     // when the queue was empty, first after since
}

// emptyAfter is how long a request for messages must have waited to tell that there are
// none: SQS answers at once where there is one.
const emptyAfter = time.Second

// begin and end are around a receiver's request.
func (d *drain) begin(receiver int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting == nil {
		d.waiting, d.open = map[int]time.Time{}, map[*source.Message]time.Time{}
	}
	d.waiting[receiver] = time.Now()
}

func (d *drain) end(receiver int, messages []*source.Message, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	delete(d.waiting, receiver)
	for _, m := range messages {
		d.open[m] = now
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

// letGo notes that messages are done, or come again.
func (d *drain) letGo(messages []*source.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range messages {
		delete(d.open, m)
	}
}

// drained reports whether all was worked off that was in the queue when this was asked
// first since reset.
func (d *drain) drained() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.since.IsZero() {
		d.since = now
	}
	for _, asked := range d.waiting {
		if now.Sub(asked) > emptyAfter {
			d.empty(now)
		}
	}
	if d.mark.IsZero() {
		return false
	}
	for _, at := range d.open {
		if !at.After(d.mark) {
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
