package load

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"golang.org/x/sync/errgroup"
)

// Unloaded is the records of sources that nobody loads: they are decoded for one
// statement and forgotten. Like those of a sink, they are each event once.
type Unloaded struct {
	sources []Source
	o       Options

	start  sync.Once
	feed   *feed
	group  *errgroup.Group
	cancel context.CancelFunc

	mu    sync.Mutex
	scans []*Scan
	seen  [len(cloudtrail.Tables)]*cloudtrail.RowKeys
}

// NewUnloaded makes the records of sources; nothing is read before the first scan.
func NewUnloaded(sources []Source, o Options) *Unloaded {
	o.defaults()
	u := &Unloaded{sources: sources, o: o}
	for i := range u.seen {
		u.seen[i] = cloudtrail.NewRowKeys(scanRows)
	}
	return u
}

// Close ends what still reads, and waits for it. No scan may be under way.
func (u *Unloaded) Close() error {
	u.start.Do(func() {}) // from now on it never begins
	var errs []error
	for _, s := range u.scans {
		s.endLarge()
		errs = append(errs, s.batch.Close())
	}
	u.scans = nil
	if u.group != nil {
		u.cancel()
		if err := u.group.Wait(); !errors.Is(err, context.Canceled) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (u *Unloaded) begin(ctx context.Context) {
	u.start.Do(func() {
		ctx, u.cancel = context.WithCancel(ctx)
		u.group, ctx = errgroup.WithContext(ctx)
		u.feed = newFeed(u.sources, u.o)
		u.feed.unhashed = true
		u.feed.start(ctx, u.group, func(_ context.Context, objects []cloudtrail.Object) ([]bool, error) {
			return make([]bool, len(objects)), nil
		})
	})
}

// scanRows and scanText are how much a scan decodes at a time: some chunks of
// the engine's, so that small objects are worth a call.
const (
	scanRows = 4096
	scanText = 16 << 20
)

// A Scan is one thread's share of the records.
type Scan struct {
	u     *Unloaded
	batch *cloudtrail.Batch
	dec   cloudtrail.Decoder
	// parts are those of a large object, and stop ends them.
	parts func() (*cloudtrail.Batch, error, bool)
	stop  func()
	large *fetched
	ended bool
}

// Scan begins a scan. Scans side by side share the records between them.
func (u *Unloaded) Scan() (*Scan, error) {
	b, err := cloudtrail.NewBatch()
	if err != nil {
		return nil, err
	}
	s := &Scan{u: u, batch: b, dec: cloudtrail.Decoder{Filter: u.o.Filter}}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.scans = append(u.scans, s)
	return s, nil
}

// Next returns a batch of records, which is valid until the next; nil at the end.
func (s *Scan) Next(ctx context.Context) (*cloudtrail.Batch, error) {
	s.u.begin(ctx)
	if s.u.feed == nil {
		return nil, errors.New("the sources were closed")
	}
	if s.parts != nil {
		return s.part()
	}
	s.batch.Reset()
	for !s.ended && s.batch.Rows() < scanRows && s.batch.Bytes() < scanText {
		f, ok, err := s.u.feed.next(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			s.ended = true
			break
		}
		if err := s.take(f); err != nil || s.large != nil {
			return s.out(s.batch), err
		}
	}
	if s.ended && len(s.batch.Objects) == 0 {
		return nil, nil
	}
	return s.out(s.batch), nil
}

// take decodes one object, or, if it is large, sets out to do so.
func (s *Scan) take(f *fetched) error {
	err := s.dec.Decode(s.batch, f.object, f.body)
	if errors.Is(err, cloudtrail.ErrLarge) {
		s.large = f
		s.parts, s.stop = iter.Pull2(s.dec.Large(s.batch, f.object, f.body))
		return nil
	}
	s.u.feed.release(f)
	if err != nil {
		s.u.feed.refuse(f.object.Name, err, f.size)
	}
	return nil
}

// part returns the next part of a large object. Large has read that to its end
// before: a fault that it meets now is in the text, of which rows have been seen.
func (s *Scan) part() (*cloudtrail.Batch, error) {
	b, err, ok := s.parts()
	if ok && err == nil {
		return s.out(b), nil
	}
	name := s.large.object.Name
	s.endLarge()
	if err != nil {
		return nil, &ObjectError{name, err}
	}
	s.batch.Reset()
	return s.batch, nil
}

func (s *Scan) endLarge() {
	if s.parts == nil {
		return
	}
	s.stop()
	s.u.feed.release(s.large)
	s.parts, s.stop, s.large = nil, nil, nil
}

// An ObjectError is an error of one object.
type ObjectError struct {
	Object string
	Err    error
}

func (e *ObjectError) Error() string { return e.Object + ": " + e.Err.Error() }
func (e *ObjectError) Unwrap() error { return e.Err }

// out reports what is no row, and drops the copies of events that were seen before.
func (s *Scan) out(b *cloudtrail.Batch) *cloudtrail.Batch {
	for i := range b.Objects {
		if o := &b.Objects[i]; o.Skipped != "" {
			s.u.o.Report(Event{Object: o.Name, Skipped: o.Skipped})
		}
	}
	for _, e := range damagedEvents(b) {
		s.u.o.Report(e)
	}
	s.u.drop(b)
	return b
}

// drop marks the copies.
func (u *Unloaded) drop(b *cloudtrail.Batch) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for table, rows := range b.Tables() {
		for i := range rows.Rows {
			rows.Rows[i].Dropped = !u.seen[table].Add(rows.Rows[i].Key)
		}
	}
}
