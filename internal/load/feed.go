package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// A Body is an object's bytes as they come. One that is also an io.Seeker, a
// local file, need not be copied.
type Body = io.ReadCloser

const (
	// heldBytes is how many bytes of fetched objects may wait to be decoded.
	heldBytes = 64 << 20
	// spoolBytes is the size above which an object waits on disk.
	spoolBytes = 32 << 20
	// chunkObjects is how many objects the sink is asked about at a time, but
	// at first fewer, so that fetching begins at once. To answer, a cache goes
	// through its ledger: of a million objects 0.1 s for a thousand, and hardly
	// more for all of these.
	chunkObjects = 16_000
	firstChunk   = 16
	// todoObjects is how many objects may wait to be fetched.
	todoObjects = 2000
)

// A feed lists and fetches objects, and hands them to whoever decodes them.
type feed struct {
	sources []Source
	o       Options
	// unhashed is set where nobody asks for an object's SHA-256.
	unhashed bool

	todo  chan job
	ready chan *fetched
	held  *semaphore.Weighted
	bufs  sync.Pool

	mu    sync.Mutex
	sum   Summary      // of what never came to be decoded
	ended map[int]bool // sources
}

type job struct {
	source int // of the feed's sources
	object cloudtrail.Object
}

// fetched is an object whose bytes are here.
type fetched struct {
	object cloudtrail.Object
	body   cloudtrail.Body
	size   int64
	weight int64
	buf    *bytes.Buffer
	file   *os.File
}

func newFeed(sources []Source, o Options) *feed {
	return &feed{
		sources: sources, o: o,
		todo: make(chan job, todoObjects), ready: make(chan *fetched, o.Concurrency),
		held:  semaphore.NewWeighted(heldBytes),
		bufs:  sync.Pool{New: func() any { return new(bytes.Buffer) }},
		ended: map[int]bool{},
	}
}

// start begins to list and to fetch. seen says which objects to leave alone.
func (f *feed) start(ctx context.Context, g *errgroup.Group, seen seenFunc) {
	g.Go(func() error {
		defer close(f.todo)
		return f.list(ctx, seen)
	})
	var fetchers sync.WaitGroup
	for range f.o.Concurrency {
		fetchers.Add(1)
		g.Go(func() error {
			defer fetchers.Done()
			return f.fetchAll(ctx)
		})
	}
	g.Go(func() error {
		fetchers.Wait()
		close(f.ready)
		return nil
	})
}

func (f *feed) add(ctx context.Context, s int, o cloudtrail.Object) error {
	f.o.Progress.Listed.Add(1)
	f.o.Progress.ListedBytes.Add(max(o.Size, 0))
	if o.Fault != nil {
		f.refuse(o.Name, o.Fault, max(o.Size, 0))
		return nil
	}
	select {
	case f.todo <- job{s, o}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *feed) count(add func(*Summary)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	add(&f.sum)
}

// refuse notes that an object, or with no name a part of a source, cannot be read.
func (f *feed) refuse(name string, err error, size int64) {
	f.count(func(s *Summary) { s.Refused++ })
	if name != "" {
		f.o.Progress.Objects.Add(1)
		f.o.Progress.Bytes.Add(size)
	}
	f.o.Report(Event{Object: name, Err: err})
}

// fault notes that err came of reading a source, or an object of it. One that ends
// the source, such as a sign-in that is over, is told once, and not for each object.
func (f *feed) fault(s int, o cloudtrail.Object, err error) {
	if cloudtrail.EndsSource(err) {
		f.mu.Lock()
		again := f.ended[s]
		f.ended[s] = true
		f.mu.Unlock()
		if again {
			f.pass(o)
			return
		}
	}
	f.refuse(o.Name, err, max(o.Size, 0))
}

// pass counts what is not read of a source that has ended.
func (f *feed) pass(o cloudtrail.Object) {
	if o.Name != "" {
		f.count(func(s *Summary) { s.Refused++ })
		f.o.Progress.Objects.Add(1)
		f.o.Progress.Bytes.Add(max(o.Size, 0))
	}
}

func (f *feed) hasEnded(s int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended[s]
}

func (f *feed) fetchAll(ctx context.Context) error {
	for j := range f.todo {
		if f.hasEnded(j.source) {
			f.pass(j.object)
			continue
		}
		got, err := f.fetch(ctx, j)
		if ctx.Err() != nil {
			if got != nil {
				f.release(got)
			}
			return ctx.Err()
		}
		if err != nil {
			f.fault(j.source, j.object, err)
			continue
		}
		select {
		case f.ready <- got:
		case <-ctx.Done():
			f.release(got)
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// fetch reads the object's bytes to their end, into memory or onto disk.
func (f *feed) fetch(ctx context.Context, j job) (_ *fetched, err error) {
	got := &fetched{object: j.object, size: max(j.object.Size, 0)}
	onDisk := got.size > spoolBytes || j.object.Size < 0
	if !onDisk {
		got.weight = got.size
	}
	if err := f.held.Acquire(ctx, got.weight); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.release(got)
		}
	}()
	body, err := f.sources[j.source].Open(ctx, j.object)
	if err != nil {
		return nil, err
	}
	file, local := body.(*os.File)
	switch {
	case onDisk && local:
		got.file = file
	case onDisk:
		defer body.Close()
		if got.file, err = spool(); err != nil {
			return nil, err
		}
	default:
		defer body.Close()
		got.buf = f.bufs.Get().(*bytes.Buffer)
		got.buf.Reset()
		got.buf.Grow(int(got.size) + bytes.MinRead)
		if _, err := got.buf.ReadFrom(body); err != nil {
			return nil, err
		}
		got.body.Bytes = got.buf.Bytes()
		got.body.ReadSeeker = bytes.NewReader(got.body.Bytes)
		if !f.unhashed {
			got.body.SHA256 = sha256.Sum256(got.buf.Bytes())
		}
		return got, nil
	}
	hash := sha256.New()
	to := io.Writer(hash)
	if !local {
		to = io.MultiWriter(hash, got.file)
	}
	if got.size, err = io.Copy(to, body); err != nil {
		return nil, err
	}
	hash.Sum(got.body.SHA256[:0])
	got.body.ReadSeeker = got.file
	return got, nil
}

// spool opens a file that is gone when it is closed.
func spool() (*os.File, error) {
	file, err := os.CreateTemp("", "ctsql-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// release gives back what a fetched object holds.
func (f *feed) release(got *fetched) {
	if got.buf != nil && got.buf.Cap() <= 4<<20 {
		f.bufs.Put(got.buf)
	}
	if got.file != nil {
		_ = got.file.Close() // only ever read from, or deleted
	}
	f.held.Release(got.weight)
}

// next returns an object to decode; ok is false when there is none left.
func (f *feed) next(ctx context.Context) (got *fetched, ok bool, err error) {
	select {
	case got, ok = <-f.ready:
		if !ok {
			err = ctx.Err()
		}
		return got, ok, err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}
