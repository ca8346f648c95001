package main

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/watch"
)

// A watchedCache is the cache that is loaded while one watches. Its writer is closed
// while the file is read from here: DuckDB's lock on a file keeps other processes out
// of it, and not another instance in this one.
type watchedCache struct {
	path string
	o    cache.WriterOptions

	use  sync.RWMutex // held for reading while the writer is used
	open sync.Mutex   // guards what follows
	w    *cache.Writer
	made int // how often the file was made anew
	log  *slog.Logger
}

// write calls do with the cache's writer. A cache that is damaged is made anew: it holds
// only what can be loaded again.
func (c *watchedCache) write(ctx context.Context, do func(*cache.Writer) error) error {
	before := c.times()
	err := c.with(ctx, do)
	var bad *duck.NotDatabaseError
	if err != nil && !errors.As(err, &bad) {
		return noRoom(c.path, err, "make room; alerts do not wait for it, and what is to be loaded is taken again then")
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	err = c.alone(ctx, func() error {
		if c.times() != before {
			return nil // another batch was first
		}
		c.log.Error("the cache is damaged, and made anew: ctsql load loads again what was in it", "cache", c.path, "error", err)
		return c.remove()
	})
	if err != nil {
		return err
	}
	return c.with(ctx, do)
}

// times is how often the file was made anew.
func (c *watchedCache) times() int {
	c.open.Lock()
	defer c.open.Unlock()
	return c.made
}

// remove takes the file away, to be looked at: it takes the place of one before it.
func (c *watchedCache) remove() error {
	c.open.Lock()
	defer c.open.Unlock()
	c.made++
	return errors.Join(os.Rename(c.path, c.path+".damaged"), os.RemoveAll(c.path+".wal"))
}

func (c *watchedCache) with(ctx context.Context, do func(*cache.Writer) error) error {
	c.use.RLock()
	defer c.use.RUnlock()
	w, err := c.writer(ctx)
	if err != nil {
		return err
	}
	return do(w)
}

// writer is the cache's writer. use is held for reading.
func (c *watchedCache) writer(ctx context.Context) (*cache.Writer, error) {
	c.open.Lock()
	defer c.open.Unlock()
	if c.w != nil {
		return c.w, nil
	}
	w, err := cache.OpenWriter(context.WithoutCancel(ctx), c.path, c.o)
	if err != nil {
		return nil, err
	}
	c.w = w
	return w, nil
}

// alone calls do while nobody here has the file.
func (c *watchedCache) alone(ctx context.Context, do func() error) error {
	c.use.Lock()
	defer c.use.Unlock()
	return errors.Join(c.shut(ctx), do())
}

func (c *watchedCache) close(ctx context.Context) error {
	c.use.Lock()
	defer c.use.Unlock()
	return c.shut(ctx)
}

func (c *watchedCache) shut(ctx context.Context) error {
	if c.w == nil {
		return nil
	}
	err := c.w.Close(context.WithoutCancel(ctx))
	c.w = nil
	return err
}

// A watchSink is the watcher, and the cache if there is one. The watcher comes first:
// it must judge also what somebody has loaded into the cache, whose writer marks
// copies; and a cache that cannot be written to holds no alert up.
type watchSink struct {
	watcher *watch.Watcher
	cache   *watchedCache // nil for none
	// passing is held for reading while something is put into both: days are closed
	// when the detections can see all of them in the cache.
	passing sync.RWMutex
}

// Seen reports which objects both have.
func (s *watchSink) Seen(ctx context.Context, objects []cloudtrail.Object, f *cloudtrail.Filter) ([]bool, error) {
	seen, err := s.watcher.Seen(ctx, objects, f)
	if err != nil || s.cache == nil {
		return seen, err
	}
	err = s.cache.write(ctx, func(w *cache.Writer) error {
		loaded, err := w.Seen(ctx, objects, f)
		for i := range loaded {
			seen[i] = seen[i] && loaded[i]
		}
		return err
	})
	return seen, err
}

// Put puts a batch into both. Each leaves alone what it has.
func (s *watchSink) Put(ctx context.Context, b *cloudtrail.Batch, f *cloudtrail.Filter) (cloudtrail.Stored, error) {
	s.passing.RLock()
	defer s.passing.RUnlock()
	stored, err := s.watcher.Put(ctx, b, f)
	if err != nil || s.cache == nil {
		return stored, err
	}
	return stored, s.cache.write(ctx, func(w *cache.Writer) error {
		_, err := w.Put(ctx, b, f)
		return err
	})
}

// PutLarge puts an object in parts into both: they can be read again.
func (s *watchSink) PutLarge(ctx context.Context, parts iter.Seq2[*cloudtrail.Batch, error], f *cloudtrail.Filter) (cloudtrail.Stored, error) {
	s.passing.RLock()
	defer s.passing.RUnlock()
	stored, err := s.watcher.PutLarge(ctx, parts, f)
	if err != nil || s.cache == nil {
		return stored, err
	}
	return stored, s.cache.write(ctx, func(w *cache.Writer) error {
		_, err := w.PutLarge(ctx, parts, f)
		return err
	})
}

// close closes the days that are over.
func (s *watchSink) close(ctx context.Context) error {
	s.passing.Lock()
	defer s.passing.Unlock()
	return s.watcher.Close(ctx)
}

// look has the detections of spans of time asked about the days that are open.
func (s *watchSink) look(ctx context.Context) error {
	s.passing.Lock()
	defer s.passing.Unlock()
	return s.watcher.Look(ctx)
}

// A notingSink notes which objects are stored.
type notingSink struct {
	load.Sink

	mu     sync.Mutex
	stored map[string]bool
}

func (s *notingSink) note(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored[name] = true
}

func (s *notingSink) Seen(ctx context.Context, objects []cloudtrail.Object, f *cloudtrail.Filter) ([]bool, error) {
	seen, err := s.Sink.Seen(ctx, objects, f)
	for i := range seen {
		if err == nil && seen[i] {
			s.note(objects[i].Name)
		}
	}
	return seen, err
}

func (s *notingSink) Put(ctx context.Context, b *cloudtrail.Batch, f *cloudtrail.Filter) (cloudtrail.Stored, error) {
	stored, err := s.Sink.Put(ctx, b, f)
	for i := range b.Objects {
		if err == nil {
			s.note(b.Objects[i].Name)
		}
	}
	return stored, err
}

func (s *notingSink) PutLarge(ctx context.Context, parts iter.Seq2[*cloudtrail.Batch, error], f *cloudtrail.Filter) (cloudtrail.Stored, error) {
	var names []string
	var fault error
	stored, err := s.Sink.PutLarge(ctx, func(yield func(*cloudtrail.Batch, error) bool) {
		for b, err := range parts {
			if err == nil && len(b.Objects) > 0 {
				names = append(names, b.Objects[0].Name)
			}
			fault = errors.Join(fault, err)
			if !yield(b, err) {
				return
			}
		}
	}, f)
	for _, name := range names {
		if err == nil && fault == nil {
			s.note(name)
		}
	}
	return stored, err
}

// pruneEvery is how often it is looked for what is too old.
const pruneEvery = time.Hour

// prune takes out of the cache what --keep does not keep. To write a large cache anew for
// each hour that goes would take too long, so a tenth of it must be too old.
func (w *watching) prune(ctx context.Context) {
	if w.cache == nil || w.c.keep == "" || ctx.Err() != nil {
		return
	}
	kept, err := oldest(w.c.keep, time.Now())
	if err != nil {
		w.fault(ctx, "prune", err)
		return
	}
	err = w.cache.alone(ctx, func() error {
		p, err := cache.Prune(ctx, w.cache.path, cache.PruneOptions{Before: kept, AtLeast: 0.1})
		if err == nil && !p.Nothing() {
			w.log.Info("pruned", "rows", prunedRows(p), "before", p.Before, "after", p.After)
		}
		return err
	})
	w.fault(ctx, "prune", err)
}
