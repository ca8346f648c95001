package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/watch"
)

// A pump takes what messages name to the sink.
type pump struct {
	s3          *sourceFlags
	sink        load.Sink
	concurrency int
	count       func(load.Summary)
	tell        func(load.Event)

	mu      sync.Mutex
	objects map[*configuredSource]*source.Objects // nil is of what is not configured
}

// reach is how to reach an object, as is configured for its bucket.
func (p *pump) reach(ctx context.Context, o cloudtrail.NoticeObject) (*source.Objects, error) {
	name := o.Name()
	c := configuredFor(p.s3.configured, name)
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.objects[c]; known != nil {
		return known, nil
	}
	opt, err := p.s3.of(name)
	if err != nil {
		return nil, err
	}
	objects, err := source.NewObjects(ctx, opt)
	if err == nil {
		p.objects[c] = objects
	}
	return objects, err
}

// take is a watch.Pump.
func (p *pump) take(ctx context.Context, wanted []watch.Wanted, patience time.Duration) watch.Taking {
	faults := roundFaults{why: map[string]error{}}
	records := recordSource{bodies: map[string][]byte{}}
	notices := map[*source.Objects][]cloudtrail.NoticeObject{}
	for _, w := range wanted {
		if w.Record != nil {
			records.add(w.Record)
			continue
		}
		objects, err := p.reach(ctx, *w.Object)
		if err != nil {
			faults.why[w.Name] = err
			continue
		}
		notices[objects] = append(notices[objects], *w.Object)
	}
	sources := []load.Source{&records}
	named := map[*source.Named][]cloudtrail.NoticeObject{}
	for objects, some := range notices {
		n := objects.Named(some)
		named[n] = some
		sources = append(sources, patientSource{n, patience})
	}
	sink := &notingSink{Sink: p.sink, stored: map[string]bool{}}
	sum, err := load.Load(ctx, sources, sink, load.Options{
		Concurrency: p.concurrency, Workers: 1,
		Report: func(e load.Event) {
			faults.note(e)
			p.tell(e)
		},
	})
	p.count(sum)
	for n, some := range named {
		for _, o := range some {
			if other := n.NameOf(o); other != o.Name() { // it is told by its first name
				sink.stored[o.Name()] = sink.stored[other]
				faults.rename(other, o.Name())
			}
		}
	}
	return watch.Taking{Stored: sink.stored, Why: faults.why, All: errors.Join(err, faults.all)}
}

// roundFaults are why objects could not be read.
type roundFaults struct {
	mu  sync.Mutex
	why map[string]error
	all error // of a part of the source
}

func (r *roundFaults) note(e load.Event) {
	if e.Err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Object == "" || cloudtrail.EndsSource(e.Err) {
		r.all = errors.Join(r.all, e.Err)
	}
	if e.Object != "" {
		r.why[e.Object] = e.Err
	}
}

func (r *roundFaults) rename(from, to string) {
	if err := r.why[from]; err != nil {
		r.why[to] = err
	}
}

// A recordSource is records that came by themselves, each an object.
type recordSource struct {
	objects []cloudtrail.Object
	bodies  map[string][]byte
}

func (s *recordSource) add(r *cloudtrail.NoticeRecord) {
	o, body := r.Object()
	s.objects = append(s.objects, o)
	s.bodies[o.Name] = body
}

func (s *recordSource) List(context.Context) iter.Seq2[cloudtrail.Object, error] {
	return func(yield func(cloudtrail.Object, error) bool) {
		for _, o := range s.objects {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (s *recordSource) Open(_ context.Context, o cloudtrail.Object) (load.Body, error) {
	return io.NopCloser(bytes.NewReader(s.bodies[o.Name])), nil
}

// A patientSource gives an object up that takes too long, with watch.ErrSlow.
type patientSource struct {
	load.Source
	patience time.Duration // 0 is for ever
}

func (s patientSource) Open(ctx context.Context, o cloudtrail.Object) (load.Body, error) {
	if s.patience == 0 {
		return s.Source.Open(ctx, o)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, watch.ErrSlow)
	body, err := s.Source.Open(ctx, o)
	if err != nil {
		err = heldUp(ctx, o, err)
		cancel()
		return nil, err
	}
	return &patientBody{body, func(err error) error { return heldUp(ctx, o, err) }, cancel}, nil
}

// heldUp is ErrSlow where that is why ctx is done.
func heldUp(ctx context.Context, o cloudtrail.Object, err error) error {
	if errors.Is(context.Cause(ctx), watch.ErrSlow) {
		return fmt.Errorf("%s: %w", o.Name, watch.ErrSlow)
	}
	return err
}

type patientBody struct {
	load.Body
	why    func(error) error
	cancel context.CancelFunc
}

func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.Body.Read(p)
	if err != nil && err != io.EOF {
		err = b.why(err)
	}
	return n, err
}

func (b *patientBody) Close() error {
	err := b.Body.Close()
	b.cancel()
	return err
}
