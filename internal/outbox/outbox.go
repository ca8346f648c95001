package outbox

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

// Options are an Outbox's.
type Options struct {
	Store Store
	Ways  []Way
	Now   func() time.Time
	// Sum makes the message that stands for all these, at least two; its ID depends on
	// nothing but them. Sequence is ignored.
	Sum func(held []Entry, made time.Time) (Message, error)
	// Report is called after each try, by several goroutines at once. It may be nil.
	Report func(Report)

	Backoff    time.Duration // the first wait, doubled each time; 1 s when 0
	MaxBackoff time.Duration // 5 minutes when 0
	Patience   int           // failures of a message that others wait for; 5 when 0
	Timeout    time.Duration // of one sending; 1 minute when 0
	Poll       time.Duration // the store is looked at again after so long though nobody called Wake; 1 minute when 0
}

// An Outbox delivers what is in a store.
type Outbox struct {
	o    Options
	ways []*delivery
}

// New makes an outbox.
func New(o Options) *Outbox {
	o.Backoff = cmp.Or(o.Backoff, time.Second)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, 5*time.Minute)
	o.Patience = cmp.Or(o.Patience, 5)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.Poll = cmp.Or(o.Poll, time.Minute)
	if o.Report == nil {
		o.Report = func(Report) {}
	}
	b := &Outbox{o: o}
	for _, w := range o.Ways {
		b.ways = append(b.ways, &delivery{Options: o, way: w, wake: make(chan struct{}, 1)})
	}
	return b
}

// Wake says that there are messages in the store that were not there before. It does
// not block.
func (b *Outbox) Wake() {
	for _, d := range b.ways {
		select {
		case d.wake <- struct{}{}:
		default: // it has yet to look
		}
	}
}

// Run delivers until ctx is done, what comes to the store meanwhile too. Nothing that
// goes wrong ends it.
func (b *Outbox) Run(ctx context.Context) {
	for failed := 1; ; failed++ {
		err := b.register(ctx)
		if err == nil {
			break
		}
		for _, d := range b.ways {
			d.Report(Report{Sender: d.way.Name, Err: err, Attempts: failed, Next: d.Now().Add(d.backoff(failed))})
		}
		if len(b.ways) == 0 || !sleep(ctx, b.ways[0].backoff(failed), nil) {
			return
		}
	}
	var all sync.WaitGroup
	for _, d := range b.ways {
		all.Go(func() { d.run(ctx) })
	}
	all.Wait()
}

// Flush tries once whatever is due, and sums up what is held for the end of the hour,
// for nothing will follow. It returns how many messages are left, for the sender that
// has most. Run must not be running.
func (b *Outbox) Flush(ctx context.Context) (left int, err error) {
	if err := b.register(ctx); err != nil {
		return 0, err
	}
	for _, d := range b.ways {
		d.last = true
		_, err := d.round(ctx)
		d.last = false
		if err != nil {
			return left, err
		}
		p, err := d.Store.Pending(ctx, d.way.Name)
		if err != nil {
			return left, err
		}
		left = max(left, len(p.Entries))
	}
	return left, nil
}

func (b *Outbox) register(ctx context.Context) error {
	var names []string
	for _, d := range b.ways {
		names = append(names, d.way.Name)
	}
	if err := b.o.Store.Register(ctx, names); err != nil {
		return fmt.Errorf("who is to be sent alerts: %w", err)
	}
	return nil
}

// sleep waits, and reports whether ctx is not done. A wake ends it, nil is none.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
	case <-wake:
	}
	return ctx.Err() == nil
}
