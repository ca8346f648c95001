package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/watch"
	"github.com/spf13/cobra"
)

const (
	// rounds are worked off side by side; slowRounds are for single objects that take
	// long.
	rounds     = 4
	slowRounds = 4
	// grace is how long rounds may go on that are under way when the program is asked
	// to end: with what comes after, it ends within 10 seconds.
	grace = 5 * time.Second
	// placesEvery, settleEvery and lookEvery are how often databases and lists of places
	// are looked at again, people's answers taken though no batch comes, and the
	// detections of spans of time asked about days that are open.
	placesEvery = 5 * time.Minute
	settleEvery = 10 * time.Second
	lookEvery   = time.Hour
)

// run watches until it is asked to end, anew whenever the configuration is read again.
func (c *watchCommand) run(cmd *cobra.Command) error {
	switch {
	case c.printConfig:
		return c.print(os.Stdout, cmd.Flags())
	case c.dryRun:
		return c.rehearse(cmd)
	}
	reload, stop := hangups(cmd.Context())
	defer stop()
	metrics := newWatchMetrics()
	for {
		w := &watching{c: c, log: newLog(os.Stderr, c.logFormat), metrics: metrics, fatal: make(chan error, 1)}
		next, err := w.until(cmd, reload)
		if next == nil || err != nil {
			return err
		}
		c = next
	}
}

// watching is a watch under one configuration.
type watching struct {
	c       *watchCommand
	log     *slog.Logger
	metrics *watchMetrics
	health  health

	places  *watchedPlaces
	state   *watch.State
	watcher *watch.Watcher
	cache   *watchedCache // nil for none
	sink    *watchSink
	out     *outbox.Outbox
	queues  []*watchedQueue

	wording     *watch.Wording
	depths      depths
	loading     sync.RWMutex // held for reading while something is listed
	quietBefore quietBefore
	watermark   atomic.Int64 // of events, microseconds since 1970
	firstDay    atomic.Int64 // of events
	looked      int64        // watermark when open days were looked at
	fatal       chan error   // what watching cannot go on with
}

// until watches until ctx is done, or the configuration is another: that is returned.
func (w *watching) until(cmd *cobra.Command, reload <-chan os.Signal) (next *watchCommand, err error) {
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	var wait func() error
	if w.c.listen != "" {
		if wait, err = serve(ctx, w.c.listen, w.metrics, &w.health); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	hide := w.metrics.show(w.gauges())
	ended := make(chan error, 1)
	go func() { ended <- w.work(ctx) }()
	w.log.Info("watching", "state", w.c.stateFile, "queues", len(w.c.queues), "polled", len(w.c.poll))
	for working := true; working; {
		select {
		case err = <-ended:
			working = false
		case broken := <-w.fatal:
			defer func() { err = errors.Join(broken, err) }()
			stop()
		case <-reload:
			fresh, _, wrong := w.c.again(cmd)
			if wrong != nil {
				w.log.Error("the configuration is as it was: the new one is wrong", "error", wrong)
				continue
			}
			w.log.Info("the configuration was read again")
			next = fresh
			stop()
		}
	}
	hide()
	err = errors.Join(err, w.close())
	if wait != nil {
		err = errors.Join(err, wait())
	}
	if next == nil && err == nil {
		w.log.Info("ended")
	}
	return next, err
}

// open opens all that one watches with.
func (w *watching) open(ctx context.Context) (err error) {
	w.places = openPlaces(ctx, &w.c.places, w.c.s3.S3Options, w.log)
	w.wording = wording(w.c.state.text, w.c.cacheText)
	if w.state, err = watch.OpenState(ctx, w.stateOptions()); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if !w.c.noCache {
		w.cache = &watchedCache{path: w.c.cache, o: cache.WriterOptions{LoadedBy: whoami("watch")}, log: w.log}
	}
	options, err := w.watchOptions()
	if err != nil {
		return err
	}
	if w.watcher, err = watch.New(ctx, options); err != nil {
		return err
	}
	w.sink = &watchSink{watcher: w.watcher, cache: w.cache}
	ways, err := w.ways(ctx)
	if err != nil {
		return err
	}
	w.out = outbox.New(outbox.Options{Store: w.state.Outbox(), Ways: ways, Now: time.Now, Sum: w.wording.Sum, Report: w.delivered})
	for _, url := range w.c.queues {
		q, err := openQueue(ctx, w, url)
		if err != nil {
			return err
		}
		w.queues = append(w.queues, q)
	}
	return nil
}

func (w *watching) stateOptions() watch.StateOptions {
	return watch.StateOptions{
		Path: w.c.stateFile, Holder: holder(time.Now()), Random: rand.Reader, Now: time.Now,
		SendFrom: w.c.sendFrom, Forget: w.c.forget, Quiet: w.quietBefore.quiet,
		Message: func(s *profile.Story, told profile.Severity, made time.Time) outbox.Message {
			w.told(s)
			return w.wording.Message(s, told, made)
		},
	}
}

func (w *watching) watchOptions() (watch.Options, error) {
	o := watch.Options{
		State: w.state, Profile: w.c.profileOptions(w.places.snapshot), Allow: w.c.allowed(),
		Report: w.stored, Now: time.Now,
	}
	return o, w.detections(&o)
}

// profileOptions say how to judge.
func (c *watchCommand) profileOptions(places placesSnapshot) profile.Options {
	return profile.Options{
		Places: places, Late: c.late, Learn: c.learn, Forget: c.forget, Budget: c.budget,
		Probation: c.sendFrom, Always: c.always, Off: slices.DeleteFunc(slices.Clone(c.off), isDetection),
	}
}

func (c *watchCommand) allowed() (all []watch.Allowed) {
	for _, a := range c.file.allow {
		all = append(all, a.Allowed)
	}
	return all
}

// holder says who watches, to another who comes.
func holder(now time.Time) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("process %d on %s, since %s", os.Getpid(), host, now.UTC().Format(time.RFC3339))
}

// close lets go of everything, the state last.
func (w *watching) close() error {
	ctx := context.Background()
	var errs []error
	if w.cache != nil {
		errs = append(errs, w.cache.close(ctx))
	}
	if w.state != nil {
		errs = append(errs, w.state.Close(ctx))
	}
	return errors.Join(errs...)
}

// work learns from what is there, and then watches what comes, until ctx is done, or
// nothing more will come.
func (w *watching) work(ctx context.Context) error {
	var beside sync.WaitGroup
	delivering, stop := context.WithCancel(ctx)
	beside.Go(func() { w.out.Run(delivering) })
	beside.Go(func() { w.every(delivering, placesEvery, w.lookAtPlaces) })
	beside.Go(func() { w.every(delivering, settleEvery, w.settle) })
	defer func() {
		stop()
		beside.Wait()
	}()
	if err := w.replay(ctx); err != nil || ctx.Err() != nil {
		return ignoreEnd(ctx, err)
	}
	w.prune(ctx)
	if len(w.queues)+len(w.c.poll) == 0 {
		stop()
		beside.Wait()
		_, err := w.out.Flush(ctx)
		return err
	}
	var feeds sync.WaitGroup
	for _, q := range w.queues {
		feeds.Go(func() { q.run(ctx) })
	}
	for _, spec := range w.c.poll {
		feeds.Go(func() { w.poll(ctx, spec) })
	}
	feeds.Go(func() { w.every(ctx, lookEvery, w.lookAtOpenDays) })
	feeds.Go(func() { w.every(ctx, closeEvery, w.closeDays) })
	feeds.Go(func() { w.every(ctx, pruneEvery, w.prune) })
	feeds.Wait()
	return nil
}

// ignoreEnd is err, but for what comes of ctx's end.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// every calls do again and again.
func (w *watching) every(ctx context.Context, d time.Duration, do func(context.Context)) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do(ctx)
		}
	}
}

// lookAtPlaces loads databases and lists of places again that changed.
func (w *watching) lookAtPlaces(ctx context.Context) { w.places.reload(ctx) }

// settle takes in what people said of alerts.
func (w *watching) settle(ctx context.Context) {
	w.fault(ctx, "state", w.watcher.Settle(ctx))
	w.out.Wake()
}

// fault notes how a part is, and tells when that changes.
func (w *watching) fault(ctx context.Context, part string, err error) {
	if err != nil && ctx.Err() != nil {
		return // it was ended
	}
	var broken *watch.DamagedError
	if errors.As(err, &broken) {
		select {
		case w.fatal <- err:
		default: // it is known
		}
	}
	changed := w.health.set(part, err, time.Now())
	switch {
	case err != nil:
		w.metrics.faults.WithLabelValues(part).Inc()
		w.log.Error("at fault", "part", part, "error", err)
	case changed:
		w.log.Info("well again", "part", part)
	}
}

// stored counts what a change brought.
func (w *watching) stored(c *profile.Change, took time.Duration) {
	m := w.metrics
	m.events.Add(float64(c.Events))
	m.copies.Add(float64(c.Copies))
	m.late.Add(float64(c.Late))
	m.misdated.Add(float64(c.Misdated))
	if c.Misdated > 0 {
		w.log.Warn("events were not judged: they say that they were after they were delivered, or before there was AWS", "events", c.Misdated)
	}
	m.commit.Observe(took.Seconds())
	if c.Watermark != 0 {
		w.watermark.Store(c.Watermark)
	}
	for i := range c.Closed {
		w.log.Info("a day is over", "day", c.Closed[i].Day.Start().Format(time.DateOnly), "values", len(c.Closed[i].Learned), "took", took.Round(time.Millisecond))
	}
	if c.First != 0 {
		w.firstDay.Store(int64(c.First))
	}
	if w.out != nil {
		w.out.Wake()
	}
}

// told counts an alert that is to be sent, and tells of it.
func (w *watching) told(s *profile.Story) {
	for _, name := range s.Profiles {
		w.metrics.alerts.WithLabelValues(name, s.Severity.String()).Inc()
	}
	w.log.Info("alert", "id", s.ID, "severity", s.Severity.String(), "actor", s.Root, "account", s.Account, "profiles", s.Profiles, "score", s.Score)
}

// delivered tells of a try to deliver an alert.
func (w *watching) delivered(r outbox.Report) {
	outcome := "delivered"
	switch {
	case r.Refused:
		outcome = "refused"
		w.log.Error("an alert is not taken", "to", r.Sender, "id", r.ID, "error", r.Err)
	case r.Err != nil:
		outcome = "failed"
		w.log.Warn("an alert could not be delivered", "to", r.Sender, "id", r.ID, "attempts", r.Attempts, "next", r.Next, "error", r.Err)
	default:
		w.log.Info("delivered", "to", r.Sender, "id", r.ID, "messages", r.Messages)
	}
	w.metrics.sent.WithLabelValues(outcome).Inc()
	err := r.Err
	if r.Refused {
		err = nil // of that message alone
	}
	w.health.set("delivery to "+r.Sender, err, time.Now())
}

// counted counts what a load did.
func (w *watching) counted(s load.Summary) {
	for outcome, n := range map[string]int{"taken": s.Objects, "skipped": s.Skipped, "refused": s.Refused} {
		w.metrics.objects.WithLabelValues(outcome).Add(float64(n))
	}
}

// damaged tells of records that are none; why objects were refused is told elsewhere.
func (w *watching) damaged(e load.Event) {
	if e.Damaged != nil {
		w.log.Warn("damaged record", "object", e.Object, "byte", e.Damaged.Byte, "reason", e.Damaged.Reason)
	}
}
