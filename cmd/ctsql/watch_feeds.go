package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/watch"
)

// A watchedQueue is a queue whose messages are worked off.
type watchedQueue struct {
	*source.Queue
	w     *watching
	feed  *watch.Feed
	drain drain
}

// A queueMessage is one of a queue.
type queueMessage struct{ *source.Message }

func (m queueMessage) ID() string    { return m.Message.ID }
func (m queueMessage) Body() []byte  { return m.Message.Body }
func (m queueMessage) Received() int { return m.Receives }

func messagesOf(all []watch.Message) (of []*source.Message) {
	for _, m := range all {
		of = append(of, m.(queueMessage).Message)
	}
	return of
}

// openQueue makes a queue ready.
func openQueue(ctx context.Context, w *watching, url string) (*watchedQueue, error) {
	part := "queue " + url
	queue, err := source.NewQueue(ctx, url, source.QueueOptions{S3: w.own(), Visibility: heldFor, Report: func(err error) {
		w.log.Warn("queue", "queue", url, "error", err)
	}})
	if err != nil {
		return nil, err
	}
	p := &pump{s3: &w.c.s3, sink: w.sink, concurrency: w.c.concurrency, count: w.counted, tell: w.damaged, objects: map[*configuredSource]*source.Objects{}}
	q := &watchedQueue{Queue: queue, w: w, drain: newDrain(time.Now())}
	q.feed = watch.NewFeed(watch.FeedOptions{
		Name: url, Rounds: rounds, Slow: slowRounds, Buckets: w.c.buckets, Now: time.Now,
		Done: func(ctx context.Context, all []watch.Message) error {
			messages := messagesOf(all)
			for _, m := range messages {
				q.drain.done(m.ID)
			}
			return queue.Done(ctx, messages...)
		},
		Later: func(ctx context.Context, d time.Duration, all []watch.Message) error {
			messages := messagesOf(all)
			q.drain.later(messages, d)
			return queue.Later(ctx, d, messages...)
		},
		Pump: func(ctx context.Context, all []watch.Wanted, patience time.Duration) watch.Taking {
			t := p.take(ctx, all, patience)
			w.fault(ctx, part, t.All)
			return t
		},
		Refuse: w.refuse, Report: q.report,
	})
	return q, nil
}

// report tells of what became of a message.
func (q *watchedQueue) report(r watch.FeedReport) {
	if r.Message != "" {
		q.w.metrics.messages.WithLabelValues(string(r.Outcome)).Inc()
	}
	if r.Outcome == watch.Poison {
		q.drain.done(r.Message)
	}
	if r.Why == nil || r.All { // which is told once
		return
	}
	q.w.log.Warn("message", "queue", q.URL(), "id", r.Message, "outcome", string(r.Outcome), "error", r.Why, "again", r.Next)
}

// run receives and works off until ctx is done, and gives back what it has not.
func (q *watchedQueue) run(ctx context.Context) {
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := make(chan struct{})
	var receiving, beside sync.WaitGroup
	// Held messages are kept hidden, and given back at the end.
	keeping, release := context.WithCancel(context.WithoutCancel(ctx))
	beside.Go(func() {
		if err := q.Keep(keeping); err != nil {
			q.w.log.Warn("queue", "queue", q.URL(), "error", err)
		}
	})
	receiving.Go(func() { q.receive(ctx) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		q.feed.Run(working, stop)
	}()
	<-ctx.Done()
	close(stop)
	late := time.AfterFunc(grace, cancel)
	<-ended
	late.Stop()
	receiving.Wait()
	release()
	beside.Wait()
}

// receivers is how many requests for messages are under way: each brings ten.
const receivers = 4

// receive hands messages to the feed.
func (q *watchedQueue) receive(ctx context.Context) {
	part := "queue " + q.URL() + " (receive)"
	var all sync.WaitGroup
	for i := range receivers {
		all.Go(func() {
			for wait := time.Second; ctx.Err() == nil; {
				q.drain.begin(i)
				messages, err := q.Receive(ctx)
				q.drain.end(i, messages, err)
				q.w.fault(ctx, part, err)
				if err != nil {
					pause(ctx, wait)
					wait = min(2*wait, time.Minute)
					continue
				}
				wait = time.Second
				for _, m := range messages {
					if q.feed.Take(ctx, queueMessage{m}) != nil {
						return
					}
				}
			}
		})
	}
	all.Wait()
}

// pause waits, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// refuse keeps what cannot be read in the quarantine.
func (w *watching) refuse(ctx context.Context, all []watch.Refused) error {
	return w.state.Commit(ctx, &watch.Commit{Refused: all})
}

// poll looks for new objects of a SOURCE, again and again.
func (w *watching) poll(ctx context.Context, spec string) {
	part := "poll " + spec
	var p *poll
	var sources []*source.Source
	for ctx.Err() == nil {
		var err error
		if p == nil {
			open := opening{s3: &w.c.s3, tell: new(teller), quiet: true}
			if p, sources, err = newPoll(ctx, open, spec); err != nil || len(sources) == 0 {
				p = nil
				err = errors.Join(err, fmt.Errorf("%s: nothing can be listed", spec))
			}
		}
		if p != nil {
			now := time.Now()
			p.begin(now)
			var sum load.Summary
			w.loading.RLock()
			sum, err = w.load(ctx, loadSources(sources), p.refuse)
			w.loading.RUnlock()
			p.end(now, err == nil && sum.Refused == 0)
			if sum.Objects > 0 {
				w.log.Info("polled", "source", spec, "objects", sum.Objects, "skipped", sum.Skipped, "refused", sum.Refused)
			}
		}
		w.fault(ctx, part, err)
		pause(ctx, w.c.every)
	}
}

// load takes what is new in the sources. What could not be read is kept in the
// quarantine, and refused is told of it; it is no error.
func (w *watching) load(ctx context.Context, sources []load.Source, refused func(name string)) (load.Summary, error) {
	var mu sync.Mutex
	var lacks []watch.Refused
	var parts []error
	sum, err := load.Load(ctx, sources, w.sink, load.Options{
		Concurrency: w.c.concurrency,
		Report: func(e load.Event) {
			w.damaged(e)
			if e.Err == nil || ctx.Err() != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if e.Object == "" || cloudtrail.EndsSource(e.Err) {
				parts = append(parts, e.Err)
				return
			}
			w.log.Warn("refused", "object", e.Object, "error", e.Err)
			lacks = append(lacks, watch.Refused{What: e.Object, Kind: watch.RefusedObject, Reason: e.Err.Error(), Next: time.Now().Add(w.c.every)})
			refused(e.Object)
		},
	})
	w.counted(sum)
	if len(lacks) > 0 && ctx.Err() == nil {
		err = errors.Join(err, w.refuse(ctx, lacks))
	}
	return sum, errors.Join(append(parts, err)...)
}

// A quietBefore has stories that ended before a time kept and not sent. Zero has all
// sent.
type quietBefore struct{ micros atomic.Int64 }

func (q *quietBefore) quiet(s *profile.Story) bool { return s.Last < q.micros.Load() }

// pastAfter is how old a story is that is learned from existing logs and not sent: they
// teach, and nobody wants to be woken for what was months ago.
const pastAfter = 24 * time.Hour

// replay learns from the logs that are there.
func (w *watching) replay(ctx context.Context) error {
	if len(w.c.replay) == 0 {
		return nil
	}
	w.quietBefore.micros.Store(time.Now().Add(-pastAfter).UnixMicro())
	defer w.quietBefore.micros.Store(0)
	all, err := w.replayed(ctx)
	if err != nil {
		return err
	}
	return w.takeAll(ctx, all)
}

// replayed are the sources of --replay as one.
func (w *watching) replayed(ctx context.Context) (all inTime, err error) {
	open := opening{s3: &w.c.s3, tell: new(teller), quiet: true}
	for _, spec := range w.c.replay {
		sources, err := open.open(ctx, spec)
		if err != nil {
			return nil, err
		}
		all = append(all, sources...)
	}
	if len(all) == 0 {
		return nil, errors.New("--replay: nothing can be listed")
	}
	return all, nil
}

// takeAll takes all that is new there, some days at a time, so that what is learned on
// one is what the next is judged by, as it would have been then.
func (w *watching) takeAll(ctx context.Context, all inTime) error {
	start := time.Now()
	var sum load.Summary
	for p := range all.parts(ctx) {
		of, err := w.load(ctx, []load.Source{p}, func(string) {})
		sum.Objects += of.Objects
		sum.Seen += of.Seen
		sum.Refused += of.Refused
		sum.Rows[cloudtrail.InEvents] += of.Rows[cloudtrail.InEvents]
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = w.sink.close(ctx)
		}
		if err != nil {
			return err
		}
	}
	w.log.Info("replayed", "objects", sum.Objects, "seen", sum.Seen, "refused", sum.Refused,
		"events", sum.Rows[cloudtrail.InEvents], "seconds", time.Since(start).Round(time.Millisecond).Seconds())
	return ctx.Err()
}
