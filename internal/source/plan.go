package source

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Limits of discovery. Beyond them a folder is listed flat, which is always
// right and only costs the order: foreign trees can be of any shape.
const (
	maxDepth   = 4    // folders above AWSLogs/ or an account
	maxForeign = 200  // folders outside the layout that are looked into
	maxLoose   = 1000 // objects, or foreign folders, on one level
)

// errStop: the consumer broke out.
var errStop = errors.New("stop")

// A plan is what discovery found: folders whose keys sort by time, and the
// rest, which is loose objects, faults and folders to be listed flat.
type plan struct {
	regions []string
	rest    []entry
}

// list is a whole listing: discover, merge what has times, then the rest.
func (s *Source) list(ctx context.Context, yield func(entry) bool) error {
	pl, err := s.discover(ctx)
	if err != nil {
		return err
	}
	// Groups bound memory; inside a group the order is by time, and that is
	// all that a batch needs.
	for group := range slices.Chunk(pl.regions, maxMerge) {
		if err := s.merge(ctx, group, yield); err != nil {
			return err
		}
	}
	base := len(s.store.base())
	for _, e := range pl.rest {
		if e.folder {
			err = s.flat(ctx, e.Name[base:], yield)
		} else if !yield(e) {
			err = errStop
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// discover goes down from the root, one level at a time in parallel: rounds
// rather than a recursion, so that the plan is the same every time and no
// goroutine waits for another.
func (s *Source) discover(ctx context.Context) (*plan, error) {
	pl := &plan{}
	foreign := 0
	round := []string{s.root}
	if p, _, _ := locate(s.root); p == region && strings.HasSuffix(s.root, "/") {
		pl.regions, round = round, nil
	}
	for depth := 0; len(round) > 0; depth++ {
		levels, err := s.levels(ctx, round)
		if err != nil {
			return nil, err
		}
		var next []string
		for i, lv := range levels {
			if lv.flat || !s.sort(pl, &next, lv, depth, &foreign) {
				pl.rest = append(pl.rest, entry{folder: true, Object: s.object(round[i])})
			}
		}
		round = next
	}
	slices.SortFunc(pl.rest, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	return pl, nil
}

// sort puts what a level holds where it belongs: left alone, into the plan, or
// into next. It reports false for a level that holds nothing of the layout and
// is not to be looked into further: that is one flat listing, not one for each
// of its folders.
func (s *Source) sort(pl *plan, next *[]string, lv level, depth int, foreign *int) bool {
	var look, regions, flat []string
	unknown, pruned := 0, 0
	for _, f := range lv.folders {
		p, k, _ := locate(f)
		switch {
		case !s.sel.takesPlace(k):
			pruned++
		case p == region:
			regions = append(regions, f)
		case p == above, p == atKind:
			look = append(look, f)
		case p == outside && depth < maxDepth && *foreign+unknown < maxForeign:
			unknown++
			look = append(look, f)
		default:
			flat = append(flat, f)
		}
	}
	if len(flat) > 0 && pruned == 0 && len(regions) == 0 && len(look) == unknown {
		return false
	}
	s.counts.pruned.Add(int64(pruned))
	*foreign += unknown
	*next = append(*next, look...)
	pl.regions = append(pl.regions, regions...)
	pl.rest = append(pl.rest, lv.loose...)
	for _, f := range flat {
		pl.rest = append(pl.rest, entry{folder: true, Object: s.object(f)})
	}
	return true
}

// A level is what one folder holds. It is flat when that is too much to sort.
type level struct {
	folders []string
	loose   []entry
	flat    bool
}

func (s *Source) levels(ctx context.Context, prefixes []string) ([]level, error) {
	out := make([]level, len(prefixes))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.parallel)
	for i, p := range prefixes {
		g.Go(func() (err error) {
			out[i], err = s.level(ctx, p)
			return err
		})
	}
	return out, g.Wait()
}

// level lists one level. Its error is fatal; that of a mere sub-folder goes
// among the loose entries.
func (s *Source) level(ctx context.Context, prefix string) (level, error) {
	var lv level
	p, _, _ := locate(prefix)
	base := len(s.store.base())
	c := s.store.level(prefix)
	for {
		page, err := c.page(ctx, 1000)
		for _, e := range page {
			key := e.Name[min(base, len(e.Name)):]
			switch {
			case e.folder:
				lv.folders = append(lv.folders, key)
			case e.err == nil && key == s.root && !strings.HasSuffix(key, "/") && !s.allVersions():
				// The root names this object, not what begins like it.
				s.isAlone()
				return level{loose: s.selected(nil, []entry{e})}, nil
			default:
				lv.loose = s.selected(lv.loose, []entry{e})
			}
		}
		switch {
		case err == io.EOF:
			// Stores may repeat a folder, within a page and across pages.
			slices.Sort(lv.folders)
			lv.folders = slices.Compact(lv.folders)
			return lv, nil
		case err != nil && (prefix == s.root || isFatal(ctx, err)):
			return lv, err
		case err != nil:
			lv.loose = append(lv.loose, entry{Object: s.object(prefix), err: err})
			return lv, nil
		case len(lv.loose) > maxLoose, p == outside && len(lv.folders) > maxLoose:
			return level{flat: true}, nil
		}
	}
}
