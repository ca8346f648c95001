package load

import (
	"context"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"golang.org/x/sync/errgroup"
)

// Empty is a Ledger without objects.
type Empty struct{}

// Seen reports that none is known.
func (Empty) Seen(_ context.Context, objects []cloudtrail.Object, _ *cloudtrail.Filter) ([]bool, error) {
	return make([]bool, len(objects)), nil
}

// A Planned is what Load would read: Objects and Bytes, and how many objects are
// Seen.
type Planned struct {
	Summary
	Reads []int // of Objects those of each source
}

// Plan says what Load would read. It opens no object.
func Plan(ctx context.Context, sources []Source, l Ledger, o Options) (Planned, error) {
	o.defaults()
	g, ctx := errgroup.WithContext(ctx)
	f := newFeed(sources, o)
	g.Go(func() error {
		defer close(f.todo)
		return f.list(ctx, func(ctx context.Context, objects []cloudtrail.Object) ([]bool, error) {
			return l.Seen(ctx, objects, o.Filter)
		})
	})
	p := Planned{Reads: make([]int, len(sources))}
	g.Go(func() error {
		for j := range f.todo {
			p.Objects++
			p.Reads[j.source]++
			p.Bytes += max(j.object.Size, 0)
		}
		return nil
	})
	err := g.Wait()
	p.add(f.sum)
	return p, err
}
