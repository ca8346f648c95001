package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// keepersAtOnce is how many requests that extend run side by side: a hundred of ten
// messages each take less than a second.
const keepersAtOnce = 8

// Keep extends, until ctx ends, for how long the messages that are held are hidden, each
// when half of that is over: also of those that wait for their turn. At the end it
// gives back what is held, so that nobody waits for it. So ctx is to outlive what
// is done with messages, and not only Receive. Keep is run once.
func (q *Queue) Keep(ctx context.Context) error {
	failing := false
	for ctx.Err() == nil {
		if due := q.due(time.Now()); len(due) > 0 {
			err := q.extend(ctx, due)
			if err != nil && !failing && ctx.Err() == nil {
				q.opt.Report(fmt.Errorf("messages cannot be held, and may come twice: %w", err))
			}
			failing = err != nil
		}
		t := time.NewTimer(q.pause(time.Now(), failing))
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-q.came:
		}
		t.Stop()
	}
	q.mu.Lock()
	q.closed = true
	all := make([]*Message, 0, len(q.held))
	for _, m := range q.held {
		all = append(all, m)
	}
	clear(q.held)
	q.mu.Unlock()
	return q.giveBack(ctx, all)
}

// half is when a message is extended, before its time is over. What is due a little
// later goes with it: fewer requests, for which AWS is paid.
func (q *Queue) half() time.Duration { return q.opt.Visibility / 2 }

// due are the messages to extend now, or none; the most pressing first.
func (q *Queue) due(now time.Time) (all []*Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	pressing := false
	for _, m := range q.held {
		left := m.until.Sub(now)
		pressing = pressing || left <= q.half()
		if left <= q.half()+q.opt.Visibility/8 {
			all = append(all, m)
		}
	}
	if !pressing {
		return nil
	}
	slices.SortFunc(all, func(a, b *Message) int { return a.until.Compare(b.until) })
	return all
}

// pause is how long nothing is due.
func (q *Queue) pause(now time.Time, failing bool) time.Duration {
	if failing {
		return q.opt.Visibility / 8
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	pause := q.opt.Visibility
	for _, m := range q.held {
		pause = min(pause, m.until.Sub(now)-q.half())
	}
	return max(pause, time.Millisecond)
}

// extend has messages hidden for Visibility from now on. Those for which that cannot
// be done any more are told, and let go: others may have them.
func (q *Queue) extend(ctx context.Context, due []*Message) error {
	// A request that takes longer than this is of no use.
	ctx, cancel := context.WithTimeout(ctx, max(q.half(), time.Second))
	defer cancel()
	if err := q.takeTurn(ctx); err != nil {
		return fmt.Errorf("%s: %w", q.url, err)
	}
	defer q.endTurn()
	var g errgroup.Group
	g.SetLimit(keepersAtOnce)
	for some := range slices.Chunk(q.within(due), mostAtOnce) {
		g.Go(func() error { return q.extendSome(ctx, some) })
	}
	return g.Wait()
}

// within are those of due that are held still, and not for longer than SQS hides any.
func (q *Queue) within(due []*Message) (some []*Message) {
	now := time.Now()
	for _, m := range due {
		switch {
		case !q.holds(m):
		case m.rest(now) <= q.half(): // it would be due again at once, and again
			if q.letGo([]*Message{m}) != nil {
				q.opt.Report(fmt.Errorf("%s: message %s: held for %v, the longest that SQS allows: it will come again", q.url, m.ID, mostHidden))
			}
		default:
			some = append(some, m)
		}
	}
	return some
}

func (q *Queue) holds(m *Message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held[m.receipt] == m
}

func (q *Queue) extendSome(ctx context.Context, some []*Message) error {
	asked := time.Now()
	failed, err := q.hide(ctx, some, q.opt.Visibility)
	if err != nil {
		return err
	}
	not := map[*Message]bool{}
	var errs []error
	for _, f := range failed {
		m := entryOf(some, f)
		if m == nil {
			continue
		}
		not[m] = true
		switch {
		case !f.SenderFault:
			errs = append(errs, q.entryError(m, f))
		case q.letGo([]*Message{m}) != nil: // else it was deleted meanwhile
			q.opt.Report(fmt.Errorf("%w: it is held no longer, and may come twice", q.entryError(m, f)))
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range some {
		if !not[m] {
			m.until = asked.Add(q.opt.Visibility)
		}
	}
	return errors.Join(errs...)
}

// giveBack makes messages visible to all again, though ctx may be over.
func (q *Queue) giveBack(ctx context.Context, all []*Message) error {
	if len(all) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), givingBack)
	defer cancel()
	err := q.Later(ctx, 0, all...)
	if err == nil {
		return nil
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%d messages were not given back and come again in %v at most: %s", len(all), q.opt.Visibility, first)
}

func (q *Queue) takeTurn(ctx context.Context) error {
	select {
	case q.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Queue) endTurn() { <-q.turn }
