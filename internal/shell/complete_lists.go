package shell

import (
	"context"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"
)

// A question is what an Asker is asked for one list.
type question struct {
	name string // of the list
	sql  string
	logs bool                      // it reads what logs hold, not only names
	read func(rows [][]string) any // makes the list of the answer
}

// A list is an answer.
type list struct {
	question question
	value    any           // nil as long as there was none
	answered chan struct{} // closed once it was asked, in vain or not
	of       stamp         // of the cache when it was asked
	failed   bool
	at       time.Time // when the answer came
	took     time.Duration
}

// A stamp tells whether a file changed.
type stamp struct {
	size     int64
	modified time.Time
}

const (
	// maxRows is how many rows an answer may have: the most frequent values.
	maxRows = 10_000
	// maxLists is how many lists are kept. Of the keys of requestParameters there
	// is one for each eventName that was completed for.
	maxLists = 256
	// askWithin is how long a question may run.
	askWithin = 30 * time.Second
	// A list is asked for again only when it is needed, if the cache changed, and
	// after restAfter or restTimes as long as it took: somebody loads.
	restAfter = 5 * time.Second
	restTimes = 20
)

// lists asks for lists, and keeps them.
type lists struct {
	asker Asker
	cache string

	mu      sync.Mutex
	change  sync.Cond
	byName  map[string]*list
	wanted  []*list // to be asked for, the first first
	kept    *relation
	held    int
	inside  bool // a transaction
	asking  context.CancelFunc
	end     context.CancelFunc
	ended   sync.WaitGroup
	stopped bool
}

func (ls *lists) init(asker Asker, cache string) {
	ls.asker, ls.cache = asker, cache
	ls.byName = map[string]*list{}
	ls.change.L = &ls.mu
}

// start has questions asked in their order, and those that come up.
func (ls *lists) start(ctx context.Context, questions []question) {
	ctx, ls.end = context.WithCancel(ctx)
	ls.mu.Lock()
	for _, q := range questions {
		ls.wanted = append(ls.wanted, ls.list(q))
	}
	ls.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		ls.mu.Lock()
		defer ls.mu.Unlock()
		ls.stopped = true
		ls.change.Broadcast()
	})
	ls.ended.Go(func() {
		defer stop()
		for ls.askNext(ctx) {
		}
	})
}

func (ls *lists) close() {
	if ls.end != nil {
		ls.end()
	}
	ls.ended.Wait()
}

// list is the list of that name, made if need be. The caller holds mu.
func (ls *lists) list(q question) *list {
	l := ls.byName[q.name]
	if l == nil {
		if len(ls.byName) >= maxLists {
			clear(ls.byName) // they are quick to have again
		}
		l = &list{question: q, answered: make(chan struct{})}
		ls.byName[q.name] = l
	}
	return l
}

// askNext asks for what is wanted first, once nothing is held.
func (ls *lists) askNext(ctx context.Context) (more bool) {
	ls.mu.Lock()
	for !ls.stopped && (len(ls.wanted) == 0 || ls.held > 0 || ls.inside) {
		ls.change.Wait()
	}
	if ls.stopped {
		ls.mu.Unlock()
		return false
	}
	l := ls.wanted[0]
	ls.wanted = ls.wanted[1:]
	asked, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	ls.asking = cancel
	ls.mu.Unlock()

	of, start := ls.stamp(), time.Now()
	rows, err := askAll(asked, ls.asker, l.question.sql, nil)

	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.asking = nil
	ls.change.Broadcast()
	if err != nil && ls.held > 0 {
		ls.wanted = append([]*list{l}, ls.wanted...) // broken off
		return true
	}
	l.at, l.took, l.of, l.failed = time.Now(), time.Since(start), of, err != nil
	if err == nil {
		l.value = l.question.read(rows)
	}
	select {
	case <-l.answered:
	default:
		close(l.answered)
	}
	return true
}

// hold breaks off what is asked, and returns when nothing is.
func (ls *lists) hold() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.held++
	for ls.asking != nil {
		ls.asking()
		ls.change.Wait()
	}
}

func (ls *lists) release() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.held--
	ls.change.Broadcast()
}

// transaction says that one began, or ended.
func (ls *lists) transaction(inside bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.inside = inside
}

// again has lists asked for that were asked for before.
func (ls *lists) again(questions ...question) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, q := range questions {
		if l := ls.byName[q.name]; l != nil {
			ls.want(l, false)
		}
	}
}

// want has a list asked for, first if somebody waits for it. The caller holds mu.
func (ls *lists) want(l *list, first bool) {
	i := slices.Index(ls.wanted, l)
	switch {
	case first && i >= 0:
		ls.wanted = slices.Delete(ls.wanted, i, i+1)
		fallthrough
	case first:
		ls.wanted = slices.Insert(ls.wanted, 0, l)
	case i < 0:
		ls.wanted = append(ls.wanted, l)
	}
	ls.change.Broadcast()
}

// patience is the time that is left to wait for lists.
func (ls *lists) patience() *time.Timer { return time.NewTimer(completeWithin * 4 / 5) }

// get returns a list, which may be old. It waits only for one that was never there.
func (ls *lists) get(q question, patience *time.Timer) any {
	if ls.asker == nil {
		return nil
	}
	now := ls.stamp()
	ls.mu.Lock()
	if ls.end == nil || ls.stopped || q.logs && ls.cache == "" {
		ls.mu.Unlock()
		return nil
	}
	l := ls.list(q)
	asked, barred := false, ls.held > 0 || ls.inside
	select {
	case <-l.answered:
		asked = true
	default:
	}
	switch {
	case !asked:
		ls.want(l, true)
	case (l.of != now || l.failed) && time.Since(l.at) > max(restAfter, restTimes*l.took):
		ls.want(l, false)
	}
	ls.mu.Unlock()
	if !asked && !barred {
		select {
		case <-l.answered:
		case <-patience.C:
			patience.Reset(0) // nor is the next waited for
		}
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return l.value
}

// stamp is the cache's, as it is now.
func (ls *lists) stamp() stamp {
	var info fs.FileInfo
	if ls.cache != "" {
		info, _ = os.Stat(ls.cache) // what is not there has no stamp
	}
	if info == nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime()}
}

func (ls *lists) keep(r *relation) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.kept = r
}

func (ls *lists) last() *relation {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.kept
}
