package load

import (
	"context"
	"slices"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A Coverer is a source that can tell what it has listed. Sources may overlap, and
// an object that two of them have is taken once; to remember the names instead
// would take some GB for a large bucket.
type Coverer interface {
	// Covers reports whether the last List has yielded the object of this
	// name, if there is one. False may also be that it is not certain: who takes
	// an object twice finds it in the ledger.
	Covers(name string) bool
}

// list lists the sources, and asks seen which objects to leave alone.
func (f *feed) list(ctx context.Context, seen seenFunc) error {
	for i, s := range f.sources {
		if slices.Contains(f.sources[:i], s) {
			continue
		}
		l := lister{f: f, source: i, seen: seen, limit: firstChunk}
		if err := l.run(ctx); err != nil {
			return err
		}
	}
	f.o.Progress.Done.Store(true)
	return ctx.Err()
}

type seenFunc func(context.Context, []cloudtrail.Object) ([]bool, error)

// A lister lists one source.
type lister struct {
	f      *feed
	source int
	seen   seenFunc
	chunk  []cloudtrail.Object
	limit  int // of chunk
}

func (l *lister) run(ctx context.Context) error {
	for o, err := range l.f.sources[l.source].List(ctx) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.f.fault(l.source, cloudtrail.Object{}, err)
			continue
		case l.f.hasEnded(l.source):
			return l.flush(ctx)
		case l.taken(o):
			continue
		}
		if l.chunk = append(l.chunk, o); len(l.chunk) >= l.limit {
			l.limit = min(2*l.limit, chunkObjects)
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
	}
	return l.flush(ctx)
}

// taken reports whether o came from a source before this one.
func (l *lister) taken(o cloudtrail.Object) bool {
	return slices.ContainsFunc(l.f.sources[:l.source], func(s Source) bool {
		c, ok := s.(Coverer)
		return ok && c.Covers(o.Name)
	})
}

// flush hands on what is not known.
func (l *lister) flush(ctx context.Context) error {
	if len(l.chunk) == 0 {
		return nil
	}
	known, err := l.seen(ctx, l.chunk)
	if err != nil {
		return err
	}
	for i, o := range l.chunk {
		if known[i] {
			l.f.count(func(s *Summary) { s.Seen++ })
		} else if err := l.f.add(ctx, l.source, o); err != nil {
			return err
		}
	}
	l.chunk = l.chunk[:0]
	return nil
}
