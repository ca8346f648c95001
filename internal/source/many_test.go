package source

import (
	"context"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
)

// A pile is a bucket of objects whose names tell nothing, which exists in name only.
type pile struct{ keys int }

func (p *pile) base() string { return "s3://b/" }
func (p *pile) open(context.Context, cloudtrail.Object) (io.ReadCloser, error) {
	return nil, io.EOF
}
func (p *pile) level(string) cursor               { return &pileCursor{keys: p.keys} }
func (p *pile) under(prefix, after string) cursor { return &pileCursor{keys: p.keys} }

type pileCursor struct{ keys, next int }

func (c *pileCursor) page(_ context.Context, max int) (out []entry, err error) {
	for ; len(out) < min(max, 1000); c.next++ {
		if c.next == c.keys {
			return out, io.EOF
		}
		name := "s3://b/logs-" + strconv.Itoa(1e9+c.next) + ".json.gz"
		out = append(out, entry{Object: cloudtrail.Object{Name: name, Size: 1}})
	}
	return out, nil
}

// A gauge is a ledger that knows no object, and measures the heap as it is asked.
type gauge struct {
	first, asked int
	early, late  uint64 // most in use while the first objects are listed, and after
}

func (g *gauge) Seen(_ context.Context, objects []cloudtrail.Object, _ *cloudtrail.Filter) ([]bool, error) {
	every := g.first / 4
	before := g.asked / every
	if g.asked += len(objects); g.asked/every > before {
		var m runtime.MemStats
		runtime.GC() // what is left is held
		runtime.ReadMemStats(&m)
		if g.asked <= g.first {
			g.early = max(g.early, m.HeapAlloc)
		} else {
			g.late = max(g.late, m.HeapAlloc)
		}
	}
	return make([]bool, len(objects)), nil
}

// TestManyKeys: what is held while ten million objects are listed, and looked up,
// does not grow with them: neither where keys tell a time nor where they do not, nor
// where sources overlap.
func TestManyKeys(t *testing.T) {
	forest := &forest{accounts: 20, regions: 17, days: 90, perDay: 109} // of three kinds
	scattered := &pile{keys: 10_000_000}
	if race {
		forest.perDay, scattered.keys = 3, 250_000
	}
	source := func(st store, root string) *Source { return newSource(st, root, Options{}, new(counters)) }
	for name, c := range map[string]struct {
		sources []load.Source
		keys    int
	}{
		"organisation": {[]load.Source{source(forest, "AWSLogs/o-abcdef/111122223335/"), source(forest, "AWSLogs/")}, forest.accounts * 3 * forest.regions * forest.days * forest.perDay},
		"no layout":    {[]load.Source{source(scattered, "")}, scattered.keys},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			g := &gauge{first: c.keys / 10}
			p, err := load.Plan(t.Context(), c.sources, g, load.Options{Report: func(e load.Event) { t.Error(e) }})
			if err != nil || p.Objects != c.keys {
				t.Errorf("%d objects of %d, %v", p.Objects, c.keys, err)
			}
			t.Logf("%d objects: %d MB for the first tenth, %d MB after", p.Objects, g.early>>20, g.late>>20)
			// All streams are at the same place of a page, and hold one or two; the
			// names alone are 1 GB.
			if g.late > 150<<20 || g.late > 2*g.early+64<<20 {
				t.Errorf("%d bytes, then %d", g.early, g.late)
			}
		})
	}
}
