package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/detect"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/watch"
	"github.com/ctsql/ctsql/queries"
)

// watchedDetections are the detections that are asked while one watches.
type watchedDetections struct {
	w           *watching
	event, span []queries.Query
	mu          sync.Mutex
	told        map[string]bool // detections that failed or lack something
}

// detections has the watcher ask those that come with ctsql, and a person's own.
func (w *watching) detections(o *watch.Options) error {
	all, err := w.c.own.library()
	if err != nil {
		return err
	}
	if all, err = withoutDetections(all, w.c.off); err != nil {
		return err
	}
	d := &watchedDetections{w: w, told: map[string]bool{}}
	for _, q := range all {
		switch {
		case q.Scope == "":
		case q.Scope == "event":
			d.event = append(d.event, q)
		default:
			d.span = append(d.span, q)
		}
	}
	if len(d.event) > 0 {
		o.Detect = d.batch
	}
	if w.cache != nil && len(d.span) > 0 {
		o.Window = d.window
	}
	return nil
}

// isDetection reports whether a name is a detection's, or a pattern of such names.
func isDetection(name string) bool { return strings.Contains(name, "/") }

// withoutDetections leaves out those that are named.
func withoutDetections(all []queries.Query, named []string) ([]queries.Query, error) {
	for _, pattern := range named {
		if !isDetection(pattern) {
			continue
		}
		out, err := queries.Match(all, pattern)
		if err == nil && len(out) == 0 {
			err = fmt.Errorf("%.100q: no detection has such a name", pattern)
		}
		if err != nil {
			return nil, usage("--no-profile: %w", err)
		}
		all = slices.DeleteFunc(slices.Clone(all), func(q queries.Query) bool {
			return slices.ContainsFunc(out, func(o queries.Query) bool { return o.Name == q.Name })
		})
	}
	return all, nil
}

// batch asks the detections of single events about a batch in memory.
func (d *watchedDetections) batch(ctx context.Context, b *cloudtrail.Batch) (found []profile.Detected, err error) {
	s, err := cache.OpenSession(ctx, cache.SessionOptions{
		From: []string{"batch"},
		Open: func(context.Context, []string, cloudtrail.Log) (cache.Unloaded, error) {
			return &batchInMemory{batch: b}, nil
		},
		Places: func(context.Context) (*geoip.DB, error) { return d.w.places.db.Load(), nil },
	})
	if err != nil {
		return nil, err
	}
	found, err = d.ask(ctx, s, d.event, nil)
	return found, errors.Join(err, s.Close())
}

// A batchInMemory is yielded once to the scans of a statement.
type batchInMemory struct {
	batch *cloudtrail.Batch
	taken atomic.Bool
}

func (b *batchInMemory) Scan() (cache.UnloadedScan, error) { return b, nil }
func (b *batchInMemory) Close() error                      { return nil }

func (b *batchInMemory) Next(context.Context) (*cloudtrail.Batch, error) {
	if b.taken.Swap(true) {
		return nil, nil
	}
	return b.batch, nil
}

// window asks the detections of spans of time about one. What cannot be asked is told,
// and does not hold up the rest.
func (d *watchedDetections) window(ctx context.Context, since, until time.Time) (found []profile.Detected, err error) {
	err = d.w.cache.alone(ctx, func() error {
		s, err := cache.OpenSession(ctx, cache.SessionOptions{
			Path: d.w.cache.path, Places: func(context.Context) (*geoip.DB, error) { return d.w.places.db.Load(), nil },
		})
		if err != nil {
			return err
		}
		found, err = d.ask(ctx, s, d.span, []string{"since=" + since.Format(time.RFC3339), "until=" + until.Format(time.RFC3339)})
		return errors.Join(err, s.Close())
	})
	for i := range found {
		found[i].Window = true
	}
	if err != nil && ctx.Err() == nil {
		// What the cache's trouble is, is told where it is written to.
		d.w.log.Error("detections over time were not asked", "since", since, "until", until, "error", err)
		return nil, nil
	}
	return found, err
}

// ask asks detections over what a session has.
func (d *watchedDetections) ask(ctx context.Context, s *cache.Session, set []queries.Query, given []string) ([]profile.Detected, error) {
	out, err := detect.Gather(ctx, s, set, detect.Options{Given: given, Has: d.has()})
	if err != nil {
		return nil, err
	}
	d.tell(out)
	rows, err := detect.Findings(ctx, s)
	if err != nil {
		return nil, err
	}
	return detectedOf(rows), nil
}

// detectedOf are findings as profiles know them.
func detectedOf(rows []detect.Finding) (found []profile.Detected) {
	for _, f := range rows {
		severity, ok := profile.ParseSeverity(f.Severity)
		if !ok || severity == profile.None || !f.Timed { // info is for who asks
			continue
		}
		found = append(found, profile.Detected{
			Day: profile.DayOf(f.Time), Detection: f.Detection, Severity: severity, Technique: f.Technique, Why: f.Why, Target: f.Object,
			Sample: profile.Sample{Time: f.Time, EventID: f.EventID, Name: f.Event, Region: f.Region, Account: f.Account, Actor: f.Actor, Address: f.Address},
		})
	}
	return found
}

// has says which databases and lists of places are in use.
func (d *watchedDetections) has() detect.Places {
	o := d.w.places.all
	return detect.Places{GeoIP: len(o.GeoIP) > 0, Tor: len(o.Tor) > 0, Ranges: len(o.Ranges) > 0}
}

// tell tells once of each detection that fails, or is left out.
func (d *watchedDetections) tell(out detect.Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range out.Failed {
		if !d.told[f.Name] {
			d.told[f.Name] = true
			d.w.log.Error("a detection failed", "name", f.Name, "error", f.Err)
		}
	}
	for _, s := range out.Skipped {
		if !d.told[s.Lack] {
			d.told[s.Lack] = true
			d.w.log.Info("detections are left out, for there "+s.Lack, "names", s.Names)
		}
	}
}

// lookAtOpenDays asks the detections of spans of time about the days that are open, if
// there was anything since it did so.
func (w *watching) lookAtOpenDays(ctx context.Context) {
	at := w.watermark.Load()
	if at == 0 || at == w.looked {
		return
	}
	w.looked = at
	w.fault(ctx, "state", w.sink.look(ctx))
}
