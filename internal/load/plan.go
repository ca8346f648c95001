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

// Plan says what Load would read: Objects and Bytes, and how many objects are
// Seen. It opens none.
func Plan(ctx context.Context, sources []Source, l Ledger, o Options) (Summary, error) {
	o.defaults()
	g, ctx := errgroup.WithContext(ctx)
	f := newFeed(sources, o)
	g.Go(func() error {
		defer close(f.todo)
		return f.list(ctx, func(ctx context.Context, objects []cloudtrail.Object) ([]bool, error) {
			return l.Seen(ctx, objects, o.Filter)
		})
	})
	var sum Summary
	g.Go(func() error {
		for j := range f.todo {
			sum.Objects++
			sum.Bytes += max(j.object.Size, 0)
		}
		return nil
	})
	err := g.Wait()
	sum.add(f.sum)
	return sum, err
}
