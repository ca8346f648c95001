package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A delivery is one way's.
type delivery struct {
	Options
	way  Way
	wake chan struct{}
	last bool // no hour's end is waited for
}

func (d *delivery) run(ctx context.Context) {
	for failed := 0; ; {
		next, err := d.round(ctx)
		if ctx.Err() != nil {
			return
		}
		wait, wake := d.Poll, d.wake
		switch {
		case err != nil:
			failed++
			wait, wake = d.backoff(failed), nil
			d.Report(Report{Sender: d.way.Name, Err: err, Attempts: failed, Next: d.Now().Add(wait)})
		default:
			failed = 0
			if !next.IsZero() {
				wait = min(wait, max(next.Sub(d.Now()), 0))
			}
		}
		if !sleep(ctx, wait, wake) {
			return
		}
	}
}

// backoff is how long to wait after so many failures.
func (d *delivery) backoff(failures int) time.Duration {
	return min(d.Backoff<<min(max(failures-1, 0), 20), d.MaxBackoff)
}

// A round goes once over what is pending.
type round struct {
	*delivery
	left  []Entry
	hours map[int64]Hour
	next  time.Time // the first time when there is something to do again
	worst int       // failures that one of the messages has had
}

// round delivers what is due, and returns when it is to be called again; the zero
// time if nothing is left. An error is the store's.
func (d *delivery) round(ctx context.Context) (next time.Time, err error) {
	p, err := d.Store.Pending(ctx, d.way.Name)
	if err != nil {
		return next, fmt.Errorf("the alerts that are to be sent: %w", err)
	}
	r := round{delivery: d, left: p.Entries, hours: p.Hours}
	if r.hours == nil {
		r.hours = map[int64]Hour{}
	}
	for len(r.left) > 0 && ctx.Err() == nil {
		e := r.left[0]
		// No wait is longer than MaxBackoff, unless the clock was set back since.
		if wait := e.Next.Sub(d.Now()); wait > 0 && wait <= d.MaxBackoff {
			r.failed(e, e.Next)
			continue
		}
		of := r.left[:1]
		if held := r.storm(); len(held) > 0 {
			due, now := r.due(held)
			if !now {
				r.wait(due)
				break
			}
			of = held
		}
		if err := r.send(ctx, of); err != nil {
			return next, err
		}
	}
	return r.next, nil
}

// wait has the next round begin at t at the latest.
func (r *round) wait(t time.Time) {
	if r.next.IsZero() || t.Before(r.next) {
		r.next = t
	}
}

// failed goes on after a message that must wait: with those behind it if there is no
// more patience with it, else with none.
func (r *round) failed(e Entry, next time.Time) {
	r.wait(next)
	r.worst = max(r.worst, e.Attempts)
	if r.left = r.left[1:]; e.Attempts < r.Patience {
		r.left = nil
	}
}

// message is the one to send for entries: their sum if they are more than one.
func (r *round) message(ctx context.Context, of []Entry) (Message, error) {
	if len(of) > 1 {
		m, err := r.Sum(of, r.Now())
		if err != nil {
			err = fmt.Errorf("the sum of %d alerts: %w", len(of), err)
		}
		return m, err
	}
	m, err := r.Store.Message(ctx, of[0].Sequence)
	if err != nil {
		err = fmt.Errorf("alert %s: %w", of[0].ID, err)
	}
	return m, err
}

// send sends the first entries that are left, and records what became of it. An error
// is the store's.
func (r *round) send(ctx context.Context, of []Entry) error {
	m, err := r.message(ctx, of)
	if err != nil {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, r.Timeout)
	err = r.way.Send(sending, m)
	cancel()
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // which is no fault of the message
	}
	var refusal RefusedError
	refused := errors.As(err, &refusal)
	o := Outcome{Delivered: err == nil, At: r.Now(), Attempts: of[0].Attempts}
	if o.Delivered && len(of) > 1 {
		o.In = m.ID
	}
	if err != nil {
		o.Attempts++
		o.Error = err.Error()
	}
	if err != nil && !refused {
		// As long as for the one that failed most often: where nothing gets through,
		// those that are new are not tried more often for that.
		o.Next = o.At.Add(r.backoff(max(r.worst, o.Attempts)))
	}
	if err := r.mark(ctx, of, o); err != nil {
		return err
	}
	r.Report(Report{r.way.Name, m.ID, len(of), err, o.Attempts, o.Next, refused})
	if err != nil && !refused {
		e := of[0]
		e.Attempts = o.Attempts
		r.left = r.left[len(of)-1:]
		r.failed(e, o.Next)
		return nil
	}
	r.left = r.left[len(of):]
	if o.Delivered {
		r.count(of, o)
	}
	return nil
}

// count adds what was delivered to its hour, as the store does.
func (r *round) count(of []Entry, o Outcome) {
	h := r.hours[HourOf(o.At)]
	if o.In == "" {
		h.Messages++
	}
	for _, e := range of {
		h.Class = max(h.Class, e.Class)
	}
	r.hours[HourOf(o.At)] = h
}

// mark records an outcome, however long that takes: to look at the store again instead
// would be to send again. Even when ctx is done, one try is made.
func (r *round) mark(ctx context.Context, of []Entry, o Outcome) error {
	sequences := make([]int64, len(of))
	for i, e := range of {
		sequences[i] = e.Sequence
	}
	for failed := 1; ; failed++ {
		marking, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := r.Store.Mark(marking, r.way.Name, sequences, o)
		cancel()
		if err == nil {
			return nil
		}
		what := "was sent"
		if !o.Delivered {
			what = "was not sent"
		}
		err = fmt.Errorf("alert %s %s, and that is not recorded: %w", of[0].ID, what, err)
		wait := r.backoff(failed)
		r.Report(Report{Sender: r.way.Name, Err: err, Attempts: failed, Next: r.Now().Add(wait)})
		if !sleep(ctx, wait, nil) {
			return err
		}
	}
}
