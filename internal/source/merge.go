package source

import (
	"container/heap"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/s3logs"
)

// A merge holds about maxHeld objects (some 35 MB), and while all its streams go to
// their next page twice as many: many streams get small pages, few get whole ones.
// More than maxMerge streams are merged in groups.
const (
	maxHeld  = 100_000
	maxMerge = 4096
	fullPage = 1000
	leanPage = 24
)

// A stream is one folder's listing, selected, in key order, which in a region's
// folder is the order of time.
type stream struct {
	src    *Source
	folder string
	region bool // folder is a whole region's
	cur    cursor
	size   int // of a page
	to     time.Time
	known  bool // all of the window was listed before

	page []entry
	next int
	done bool // no page after this one
	// at is the time of the entry that is next. It never goes back: where
	// keys are out of order (digests of two trails), they stay in key order.
	at time.Time
	// ahead brings the page that is on its way.
	ahead chan fetched
}

type fetched struct {
	page []entry
	done bool
	err  error
}

// stream opens a folder for listing. Below a region's folder the time window
// is a range of keys.
func (s *Source) stream(folder string, size int) *stream {
	st := &stream{src: s, folder: folder, size: size}
	begin := ""
	if p, _, regionKey := locate(folder); p == region && strings.HasSuffix(folder, "/") {
		from := s.sel.from()
		if st.region = folder == regionKey; st.region && s.resume != nil {
			if t := s.resume(s.object(folder).Name); t.After(from) {
				from = t.UTC()
			}
		}
		if !from.IsZero() {
			begin = after(regionKey, from)
		}
		st.to = s.sel.to()
		st.known = st.region && !st.to.IsZero() && day(from).After(day(st.to))
	}
	st.cur = s.store.under(folder, begin)
	return st
}

// fetch gets pages until one holds something that is selected. An error that
// is not fatal ends the stream with an entry that tells it.
func (st *stream) fetch(ctx context.Context) (f fetched) {
	if st.known {
		st.src.noteListed(st.folder)
		return fetched{done: true}
	}
	for len(f.page) == 0 && !f.done && f.err == nil {
		page, err := st.cur.page(ctx, st.size)
		f.done = err != nil || st.beyond(page)
		f.page = st.src.selected(f.page, page)
		if f.done && st.region && (err == nil || err == io.EOF) {
			st.src.noteListed(st.folder)
		}
		if err != nil && err != io.EOF {
			if isFatal(ctx, err) {
				f.err = err
			} else {
				f.page = append(f.page, entry{Object: st.src.object(st.folder), err: err})
			}
		}
	}
	return f
}

func (s *Source) noteListed(folder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed = append(s.listed, s.object(folder).Name)
}

// beyond reports whether all that follows page is later than the window. Days
// follow each other in key order; inside a day not every kind does.
func (st *stream) beyond(page []entry) bool {
	if st.to.IsZero() || len(page) == 0 {
		return false
	}
	k, ok := st.src.key(page[len(page)-1])
	return ok && day(k.Delivered).After(day(st.to))
}

// advance makes page[next] the next entry, and reports false at the end. It
// asks for the next page when a quarter of this one is left.
func (st *stream) advance(ctx context.Context, run func(func())) (bool, error) {
	st.next++
	if !st.done && st.ahead == nil && st.next >= len(st.page)*3/4 {
		ch := make(chan fetched, 1)
		st.ahead = ch
		run(func() { ch <- st.fetch(ctx) })
	}
	if st.next >= len(st.page) {
		if st.ahead == nil {
			return false, nil
		}
		f := <-st.ahead // fetch watches ctx, so this ends
		st.ahead = nil
		st.page, st.next, st.done = f.page, 0, f.done
		if f.err != nil || len(f.page) == 0 {
			return false, f.err
		}
	}
	if at := st.page[st.next].at; at.After(st.at) {
		st.at = at
	}
	return true, nil
}

// merge yields what lies under the folders in the order of time.
func (s *Source) merge(ctx context.Context, folders []string, yield func(entry) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	slots := make(chan struct{}, s.parallel)
	run := func(f func()) {
		wg.Go(func() {
			slots <- struct{}{} // whoever holds one watches ctx
			defer func() { <-slots }()
			f()
		})
	}

	size := max(leanPage, min(fullPage, maxHeld/len(folders)))
	all := make([]*stream, len(folders))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.parallel)
	for i, f := range folders {
		all[i] = s.stream(f, size)
		g.Go(func() error {
			f := all[i].fetch(gctx)
			all[i].page, all[i].done, all[i].next = f.page, f.done, -1
			return f.err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return mergeStreams(ctx, all, run, yield)
}

func mergeStreams(ctx context.Context, all []*stream, run func(func()), yield func(entry) bool) error {
	h := make(streamHeap, 0, len(all))
	for _, st := range all {
		if ok, err := st.advance(ctx, run); err != nil {
			return err
		} else if ok {
			h = append(h, st)
		}
	}
	heap.Init(&h)
	for len(h) > 0 {
		st := h[0]
		if err := ctx.Err(); err != nil {
			return err
		}
		if !yield(st.page[st.next]) {
			return errStop
		}
		st.page[st.next] = entry{} // let go of its strings
		ok, err := st.advance(ctx, run)
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	return nil
}

// flat yields what lies under a prefix in key order.
func (s *Source) flat(ctx context.Context, prefix string, yield func(entry) bool) error {
	return s.merge(ctx, []string{prefix}, yield)
}

// selected appends to dst what of page is wanted, and counts what is not. A
// folder's marker (an empty object whose key ends in a slash) is no object.
func (s *Source) selected(dst, page []entry) []entry {
	for _, e := range page {
		if e.err == nil {
			if e.Size == 0 && strings.HasSuffix(e.Name, "/") {
				continue
			}
			if k, ok := s.key(e); ok {
				if !s.sel.takes(k) {
					s.counts.leftAlone.Add(1)
					continue
				}
				e.at = k.Delivered
			}
		}
		dst = append(dst, e)
	}
	return dst
}

func (s *Source) key(e entry) (cloudtrail.Key, bool) {
	if e.err != nil {
		return cloudtrail.Key{}, false
	}
	name := e.Name[len(s.store.base()):]
	if k, ok := cloudtrail.ParseKey(name); ok {
		return k, true
	}
	k, ok := s3logs.ParseKey(name)
	return cloudtrail.Key{Account: k.Account, Region: k.Region, Delivered: k.Delivered}, ok
}

func isFatal(ctx context.Context, err error) bool {
	var f fatalError
	return ctx.Err() != nil || errors.As(err, &f)
}

// A streamHeap holds the streams by the time of their next entry, then by name
// so that the order is the same every time.
type streamHeap []*stream

func (h streamHeap) Len() int { return len(h) }
func (h streamHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].page[h[i].next].Name < h[j].page[h[j].next].Name
}
func (h streamHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *streamHeap) Push(x any)   { *h = append(*h, x.(*stream)) }
func (h *streamHeap) Pop() any {
	old := *h
	st := old[len(old)-1]
	*h = old[:len(old)-1]
	return st
}
