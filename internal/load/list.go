package load

import (
	"context"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A Rooted source can tell whether another lies in it. To remember the names of
// what was taken instead would cost some GB for a large bucket.
type Rooted interface {
	Source
	// Root is what the names of all its objects begin with.
	Root() string
	// Covers reports whether the last List has yielded all that one of a
	// source with this root would.
	Covers(root string) bool
}

// order is in which the sources are listed: one that others lie in before them.
func order(sources []Source) (out []int) {
	for i, s := range sources {
		at := len(out)
		if wide, ok := s.(Rooted); ok {
			within := func(j int) bool {
				r, ok := sources[j].(Rooted)
				return ok && r.Root() != wide.Root() && strings.HasPrefix(r.Root(), wide.Root())
			}
			if k := slices.IndexFunc(out, within); k >= 0 {
				at = k
			}
		}
		out = slices.Insert(out, at, i)
	}
	return out
}

// covered reports whether what source i has was listed with one of those that are
// done. An object that is taken twice all the same, where that cannot be told, is
// in the ledger when its second copy comes.
func covered(sources []Source, done []int, i int) bool {
	s, ok := sources[i].(Rooted)
	return ok && slices.ContainsFunc(done, func(j int) bool {
		r, ok := sources[j].(Rooted)
		return ok && r.Covers(s.Root())
	})
}

// list lists the sources, and asks seen which objects to leave alone.
func (f *feed) list(ctx context.Context, seen seenFunc) error {
	all := order(f.sources)
	for k, i := range all {
		l := lister{f: f, source: i, seen: seen, idle: covered(f.sources, all[:k], i), limit: firstChunk}
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
	// idle: what is there was taken. It is only seen to be there, since a name
	// that was typed wrong must be told.
	idle  bool
	chunk []cloudtrail.Object
	limit int // of chunk
}

func (l *lister) run(ctx context.Context) error {
	for o, err := range l.f.sources[l.source].List(ctx) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.f.fault(l.source, cloudtrail.Object{}, err)
			continue
		case l.idle:
			return nil
		case l.f.hasEnded(l.source):
			return l.flush(ctx)
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
