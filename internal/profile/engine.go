package profile

import (
	"iter"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
)

// Options say how to judge.
type Options struct {
	// Secret is the key of all hashes; it stays the same for what was stored.
	Secret [16]byte
	// Places returns what addresses tell, nil if nothing is known of them. It is asked
	// once a batch.
	Places func() *geoip.Snapshot
	Late   time.Duration // how long after its end a day is open
	Learn  time.Duration // how long after the first day nothing is told
	Forget time.Duration // values that were not seen for so long go; 0 is never
	// Budget is how many stories of medium severity or above there should be on a day,
	// among 100 actors that are active.
	Budget float64
	// Probation is the least severity of a story whose values are not normal for that.
	Probation Severity
	Always    []string // profiles whose every first value is told
	Off       []string // profiles that are not asked
	// Allowed reports whether somebody has said that a finding is none. It must not
	// change while a method runs.
	Allowed func(f *Finding) bool
}

// An Engine holds what was learned. It is not safe for concurrent use.
type Engine struct {
	o Options
}

// Stored is what Changes added up to.
type Stored struct {
	Learned   iter.Seq2[Learned, error] // once a key
	Rates     iter.Seq2[RateOf, error]  // once a key
	Seen      iter.Seq2[Seen, error]    // of open days; once a day and key
	Counts    iter.Seq2[Count, error]   // of open days
	Recent    iter.Seq2[Recent, error]  // of open days
	Lineage   iter.Seq2[Lineage, error] // that is not forgotten
	Hours     []HoursOf
	Probation []Probation // that has not ended
	Evidence  []Evidence  // of open days
	Named     []Named     // of the keys of Evidence
	Detected  []Detected  // of open days
	Spot      *Spot       // the last one; nil if there is none
	Watermark int64
}

// New makes an engine that has what was stored.
func New(o Options, s Stored) (*Engine, error) { panic("being written") }

// Take judges and learns the events of a batch that are of objects which want reports.
// What detections found in them is given with them.
func (e *Engine) Take(b *cloudtrail.Batch, want func(object int) bool, found []Detected) *Change {
	panic("being written")
}

// Found takes what detections found over spans of time. Those of a day that Take or
// Found was given before, of the same detections, are forgotten if again is true.
func (e *Engine) Found(found []Detected, again bool) *Change { panic("being written") }

// Due are the days that Close is to be called for, in this order. They are final
// once all events up to the watermark that will ever come are there.
func (e *Engine) Due() []Day { panic("being written") }

// Close judges a day for the last time, and learns it.
func (e *Engine) Close(d Day) *Change { panic("being written") }

// Accept makes values normal at once.
func (e *Engine) Accept(keys []Key) *Change { panic("being written") }
