package load

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"golang.org/x/sync/errgroup"
)

// A Source says which objects there are, in the order to take them, and opens them.
type Source interface {
	// List yields the objects. An error that it yields is about a part of
	// the source; what is after it can still be listed. After one, of List,
	// of Open or of reading, that cloudtrail.EndsSource is true of, nothing is
	// read of the source any more.
	List(context.Context) iter.Seq2[cloudtrail.Object, error]
	Open(context.Context, cloudtrail.Object) (Body, error)
}

// A Ledger knows which objects need not be read.
type Ledger interface {
	Seen(context.Context, []cloudtrail.Object, *cloudtrail.Filter) ([]bool, error)
}

// A Sink takes whole objects, and knows which it has.
type Sink interface {
	Ledger
	Put(context.Context, *cloudtrail.Batch, *cloudtrail.Filter) (cloudtrail.Stored, error)
	PutLarge(context.Context, iter.Seq2[*cloudtrail.Batch, error], *cloudtrail.Filter) (cloudtrail.Stored, error)
}

// Options say how to load.
type Options struct {
	Filter      *cloudtrail.Filter
	Concurrency int // fetches at a time
	Workers     int // batches at a time
	// Hash has each object's TextSHA256 computed, to be compared with digests.
	Hash bool
	// Report is told of each object that was refused, of each that is no
	// log, and of each record that is damaged. It may be called from
	// several goroutines.
	Report func(Event)
	// Progress is kept up to date while Load runs.
	Progress *Progress
}

// An Event is something that a person may want to know of an object.
type Event struct {
	Object string
	// Err is set for an object that was refused whole, or a part of the
	// source that could not be listed.
	Err error
	// Skipped is set for an object that is no log.
	Skipped string
	// Damaged is set for a record that is not a row.
	Damaged *cloudtrail.Damaged
}

// Progress counts, as it goes. What the sink has is not in Objects.
type Progress struct {
	Listed, ListedBytes atomic.Int64 // objects to read
	Objects, Bytes      atomic.Int64 // objects read, or refused
	Rows                atomic.Int64 // events and requests in the sink
	Done                atomic.Bool  // all is listed
}

// A Summary is what a load did.
type Summary struct {
	Objects    int                         // stored, with or without records
	Seen       int                         // that the sink had
	Skipped    int                         // that are no logs
	Refused    int                         // that could not be read, or listed
	Rows       [len(cloudtrail.Tables)]int // new, in each of cloudtrail.Tables
	Duplicates int
	LeftOut    int // records that the filter left out
	Damaged    int // records that are not rows
	Misfits    int // members kept in extra, for they do not fit their column
	Replaced   int // members with text that is not Unicode
	Bytes      int64
	Inflated   int64
}

func (s *Summary) add(t Summary) {
	for _, p := range [...]struct{ to, from *int }{
		{&s.Objects, &t.Objects}, {&s.Seen, &t.Seen}, {&s.Skipped, &t.Skipped}, {&s.Refused, &t.Refused},
		{&s.Duplicates, &t.Duplicates}, {&s.LeftOut, &t.LeftOut},
		{&s.Damaged, &t.Damaged}, {&s.Misfits, &t.Misfits}, {&s.Replaced, &t.Replaced},
	} {
		*p.to += *p.from
	}
	for i, n := range t.Rows {
		s.Rows[i] += n
	}
	s.Bytes += t.Bytes
	s.Inflated += t.Inflated
}

// Load takes what is new in the sources to the sink. What could not be read is
// reported and counted, and does not stop the rest; an error is the sink's, or
// ctx's. The Summary tells what was stored in either case.
func Load(ctx context.Context, sources []Source, sink Sink, o Options) (Summary, error) {
	o.defaults()
	g, ctx := errgroup.WithContext(ctx)
	feed := newFeed(sources, o)
	feed.start(ctx, g, func(ctx context.Context, objects []cloudtrail.Object) ([]bool, error) {
		return sink.Seen(ctx, objects, o.Filter)
	})
	workers := make([]*worker, o.Workers)
	for i := range workers {
		w := &worker{sink: sink, feed: feed, o: o}
		workers[i] = w
		g.Go(func() error { return w.run(ctx) })
	}
	err := g.Wait()
	sum := feed.sum
	for _, w := range workers {
		sum.add(w.sum)
	}
	return sum, err
}

func (o *Options) defaults() {
	if o.Concurrency <= 0 {
		o.Concurrency = 32
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Report == nil {
		o.Report = func(Event) {}
	}
	if o.Progress == nil {
		o.Progress = new(Progress)
	}
}

// A batch is full with so many rows, a little over a row group of the cache's
// once copies are dropped, or so much text.
const (
	batchRows = 16_800
	batchText = 32 << 20
)

// A worker decodes objects into a batch until it is full, and puts it.
type worker struct {
	sink  Sink
	feed  *feed
	o     Options
	batch *cloudtrail.Batch
	dec   cloudtrail.Decoder
	sum   Summary
	// copies is how many rows of the last batch were copies: as many more
	// are taken into the next.
	copies int
}

func (w *worker) run(ctx context.Context) (err error) {
	if w.batch, err = cloudtrail.NewBatch(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.batch.Close()) }()
	w.dec.Filter, w.dec.Hash = w.o.Filter, w.o.Hash
	for {
		f, ok, err := w.feed.next(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return w.put(ctx)
		}
		if err := w.take(ctx, f); err != nil {
			return err
		}
		if w.batch.Rows() >= batchRows+w.copies || w.batch.Bytes() >= batchText {
			if err := w.put(ctx); err != nil {
				return err
			}
		}
	}
}

// take decodes one object.
func (w *worker) take(ctx context.Context, f *fetched) error {
	defer w.feed.release(f)
	err := w.dec.Decode(w.batch, f.object, f.body)
	if errors.Is(err, cloudtrail.ErrFull) && len(w.batch.Objects) > 0 {
		if err := w.put(ctx); err != nil {
			return err
		}
		err = w.dec.Decode(w.batch, f.object, f.body)
	}
	if errors.Is(err, cloudtrail.ErrLarge) {
		return w.takeLarge(ctx, f)
	}
	if err != nil {
		w.refuse(f, err)
	}
	return nil
}

func (w *worker) refuse(f *fetched, err error) {
	w.sum.Refused++
	w.o.Progress.Objects.Add(1)
	w.o.Progress.Bytes.Add(f.size)
	w.o.Report(Event{Object: f.object.Name, Err: err})
}

// takeLarge puts an object that does not fit a batch, after what is in the batch.
func (w *worker) takeLarge(ctx context.Context, f *fetched) error {
	if err := w.put(ctx); err != nil {
		return err
	}
	defer w.batch.Reset()
	var fault error
	var whole []Event
	var last cloudtrail.Decoded
	stored, err := w.sink.PutLarge(ctx, func(yield func(*cloudtrail.Batch, error) bool) {
		for b, err := range w.dec.Large(w.batch, f.object, f.body) {
			if err == nil {
				whole = append(whole, damagedEvents(b)...)
				last = b.Objects[0]
			}
			fault = err
			if !yield(b, err) {
				return
			}
		}
	}, w.o.Filter)
	if fault != nil {
		w.refuse(f, fault)
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range whole {
		w.o.Report(e)
	}
	w.count(&last, stored)
	return nil
}

// put hands the batch over, and empties it.
func (w *worker) put(ctx context.Context) error {
	if len(w.batch.Objects) == 0 {
		return nil
	}
	stored, err := w.sink.Put(ctx, w.batch, w.o.Filter)
	if err != nil {
		return err
	}
	for _, e := range damagedEvents(w.batch) {
		w.o.Report(e)
	}
	for i := range w.batch.Objects {
		w.count(&w.batch.Objects[i], cloudtrail.Stored{})
	}
	w.addStored(stored)
	w.copies = stored.Duplicates * 5 / 4
	w.batch.Reset()
	return nil
}
