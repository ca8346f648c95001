package main

import (
	"cmp"
	"container/heap"
	"context"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
)

// How far back is listed. Most of what is new was delivered just now; a delivery that
// fails is retried for 30 days.
const (
	pollBack  = 25 * time.Hour
	pollDeep  = 31 * 24 * time.Hour
	deepEvery = 24 * time.Hour
)

// A poll looks for new objects of a SOURCE.
type poll struct {
	spec string

	mu      sync.Mutex
	from    time.Time            // of deliveries that are listed
	deep    time.Time            // when was last listed as far back as pollDeep
	refused map[string]time.Time // when objects were delivered that could not be read
}

// begin says from which delivery on is listed now.
func (p *poll) begin(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from = now.Add(-pollBack)
	if now.Sub(p.deep) >= deepEvery {
		p.from = now.Add(-pollDeep)
	}
	for _, at := range p.refused {
		if at.Before(p.from) {
			p.from = at
		}
	}
	clear(p.refused) // those that are still refused come again
}

// end notes that all was listed, where it was.
func (p *poll) end(now time.Time, whole bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if whole && !p.from.After(now.Add(-pollDeep)) {
		p.deep = now
	}
}

// refuse notes that an object is to be listed again.
func (p *poll) refuse(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k, ok := cloudtrail.ParseKey(name); ok { // others are always listed
		p.refused[name] = k.Delivered
	}
}

// resume is for source.Options.
func (p *poll) resume(string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.from
}

// newPoll makes one of a SOURCE, and opens it.
func newPoll(ctx context.Context, open opening, spec string) (*poll, []*source.Source, error) {
	p := &poll{spec: spec, refused: map[string]time.Time{}}
	open.options.Resume = p.resume
	sources, err := open.open(ctx, spec)
	return p, sources, err
}

// inTime is several sources as one, whose objects come in the order of their time: by
// that of the delivery in their keys, else of their last change.
type inTime []*source.Source

// A timed is the next object of one of them.
type timed struct {
	source int
	object cloudtrail.Object
	err    error
	at     time.Time
	next   func() (cloudtrail.Object, error, bool)
}

// pull takes the next object, and reports whether there is one.
func (t *timed) pull() (ok bool) {
	t.object, t.err, ok = t.next()
	t.at = t.object.Modified
	if k, is := cloudtrail.ParseKey(t.object.Name); is {
		t.at = k.Delivered
	}
	return ok
}

type timedHeap []*timed

func (h timedHeap) Len() int { return len(h) }
func (h timedHeap) Less(i, j int) bool {
	return cmp.Or(h[i].at.Compare(h[j].at), h[i].source-h[j].source) < 0
}
func (h timedHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timedHeap) Push(x any)   { *h = append(*h, x.(*timed)) }
func (h *timedHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// A part of a replay is as long as this, in days and objects, and ends with a day.
const (
	partDays    = 7
	partObjects = 5000
)

// parts yields what there is, one after the other. Each is to be listed to its end
// before the next.
func (s inTime) parts(ctx context.Context) iter.Seq[*part] {
	return func(yield func(*part) bool) {
		next, stop := iter.Pull2(s.list(ctx))
		defer stop()
		t, err, more := next()
		for more {
			p := &part{inTime: s, each: func(yield func(cloudtrail.Object, error) bool) {
				first := dayOf(t.at)
				for day, n := first, 0; more; n++ {
					if dayOf(t.at).After(day) {
						if day = dayOf(t.at); n >= partObjects || day.Sub(first) >= partDays*24*time.Hour {
							return
						}
					}
					if !yield(t.object, err) {
						return
					}
					t, err, more = next()
				}
			}}
			if !yield(p) {
				return
			}
		}
	}
}

func dayOf(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// A part is what was delivered on some days.
type part struct {
	inTime
	each iter.Seq2[cloudtrail.Object, error]
}

// List is load.Source's. It can be listed once.
func (p *part) List(context.Context) iter.Seq2[cloudtrail.Object, error] { return p.each }

// list yields the objects of all sources.
func (s inTime) list(ctx context.Context) iter.Seq2[*timed, error] {
	return func(yield func(*timed, error) bool) {
		var heads timedHeap
		for i, one := range s {
			next, stop := iter.Pull2(one.List(ctx))
			defer stop()
			if t := (&timed{source: i, next: next}); t.pull() {
				heads = append(heads, t)
			}
		}
		heap.Init(&heads)
		for len(heads) > 0 {
			t := heads[0]
			if !yield(t, t.err) {
				return
			}
			if t.pull() {
				heap.Fix(&heads, 0)
			} else {
				heap.Pop(&heads)
			}
		}
	}
}

// Open opens an object at the source that has it: the one whose name it begins with,
// the longest.
func (s inTime) Open(ctx context.Context, o cloudtrail.Object) (load.Body, error) {
	of := s[0]
	for _, one := range s[1:] {
		root := one.Root()
		if strings.HasPrefix(o.Name, root) && (len(root) > len(of.Root()) || !strings.HasPrefix(o.Name, of.Root())) {
			of = one
		}
	}
	return of.Open(ctx, o)
}
