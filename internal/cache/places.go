package cache

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/ctsql/ctsql/internal/geoip"
)

// places is what a session's functions of addresses answer from. A statement sees
// one state of the databases, whichever of its threads asks.
type places struct {
	open  func(context.Context) (*geoip.DB, error)
	notes func([]string)
	none  geoip.Snapshot // holds nothing, and says so
	db    *geoip.DB      // once it was needed

	mu       sync.Mutex
	ctx      context.Context // of the statement that runs: the engine calls back without it
	snapshot *geoip.Snapshot // that the statement uses; nil until it needs one
	failed   error           // what ended the statement
	noted    []string
}

// begin begins a statement.
func (p *places) begin(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx, p.snapshot, p.failed = ctx, nil, nil
}

// end ends it.
func (p *places) end() { p.begin(context.Background()) }

// take returns the statement's snapshot. The databases are opened when a statement
// first needs them, and later looked at again once a statement.
func (p *places) take() (*geoip.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil || p.snapshot != nil {
		return p.snapshot, p.failed
	}
	if p.open == nil {
		return &p.none, nil
	}
	var notes []string
	if p.db == nil {
		p.db, p.failed = p.open(p.ctx)
		if p.failed != nil {
			p.db = nil
			return nil, p.failed
		}
	} else if _, err := p.db.Reload(p.ctx); err != nil {
		// What was there stays in use.
		notes = strings.Split(err.Error(), "\n")
	}
	p.snapshot = p.db.Snapshot()
	notes = append(notes, p.db.Notes()...)
	if p.notes != nil && !slices.Equal(notes, p.noted) {
		p.notes(notes)
	}
	p.noted = notes
	return p.snapshot, nil
}

// fail remembers why a function ended the statement.
func (p *places) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil {
		p.failed = err
	}
}

// explain returns the error of a function in its own words, and nil if err, which
// the engine told, is not one's.
func (p *places) explain(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil && strings.Contains(err.Error(), p.failed.Error()) {
		return p.failed
	}
	return nil
}
