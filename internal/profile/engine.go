package profile

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

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
	o        Options
	hash     hasher
	profiles []asked
	byName   map[string]*asked
	off      map[string]bool

	frequencies []frequency
	hoursSalt   uint64
	sightSalt   uint64

	// What was learned, of days up to closed.
	values    values
	groups    groups
	rates     map[uint64]rateOf
	hours     map[uint64]hoursOf
	probation map[Key]Probation
	spot      *Spot
	closed    Day
	first     Day // of all days; noDay where there was none

	open      map[Day]*day
	suspects  map[Day]map[Key]struct{} // of open days: values that will be on probation
	lineage   lineage
	watermark int64

	// Of the batch at hand.
	at     *day
	event  Event
	object string // where the event stands
	index  int64
	reader *Reader
	edges  []Edge
	buf    []byte
}

// noDay is after all days.
const noDay = Day(1<<31 - 1)

// An asked is a profile that is asked.
type asked struct {
	Profile
	returns  bool  // see returning
	subjects []int // indexes of Of: findings are about the values of the first
	salts    [len(subjectNames)]uint64
	always   bool
}

// A frequency is one that is counted.
type frequency struct {
	Frequency
	salt     uint64
	distinct *frequency // that counts how many of this there are
}

// Stored is what Changes added up to.
type Stored struct {
	Learned   iter.Seq2[Learned, error] // once a key
	Rates     iter.Seq2[RateOf, error]  // once a key
	Seen      iter.Seq2[Seen, error]    // of open days; once a day and key
	Counts    iter.Seq2[Count, error]   // of open days; once a day, hour and key
	Recent    iter.Seq2[Recent, error]  // of open days
	Lineage   iter.Seq2[Lineage, error] // that is not forgotten
	Hours     []HoursOf
	Probation []Probation // that has not ended
	Evidence  []Evidence  // of open days, the last of each key
	Named     []Named     // of the keys of Evidence and Counts
	Detected  []Detected  // of open days
	Told      []Told      // stories of open days
	Spot      *Spot       // the last one; nil if there is none
	Closed    Day         // the last that was closed; 0 is none
	First     Day         // the last that a Change told; 0 is none
	Watermark int64
}

// Told is a story that a Change had.
type Told struct {
	Day Day
	ID  string
}

// New makes an engine that has what was stored.
func New(o Options, s Stored) (*Engine, error) {
	e := &Engine{o: o, hash: newHasher(o.Secret), byName: map[string]*asked{}, off: map[string]bool{},
		groups: groups{index: map[uint64]uint32{}}, rates: map[uint64]rateOf{}, hours: map[uint64]hoursOf{},
		probation: map[Key]Probation{}, open: map[Day]*day{}, suspects: map[Day]map[Key]struct{}{},
		lineage: newLineage(), first: noDay, reader: NewReader(), buf: make([]byte, 0, 2*maxValue)}
	if err := e.choose(); err != nil {
		return nil, err
	}
	return e, e.restore(s)
}

// choose makes the lists of what is asked and counted.
func (e *Engine) choose() error {
	always := map[string]bool{}
	known := map[string]bool{travelName: true}
	all := append(Profiles(), returning()...)
	for _, p := range all {
		known[p.Name] = true
	}
	for _, f := range Frequencies() {
		known[f.Name] = true
	}
	for _, name := range e.o.Off {
		if !known[name] {
			return fmt.Errorf("%.40q is no profile", name)
		}
		e.off[name] = true
	}
	for _, name := range e.o.Always {
		if !slices.ContainsFunc(all, func(p Profile) bool { return p.Name == name }) {
			return fmt.Errorf("%.40q is no profile of values", name)
		}
		always[name] = true
	}
	for _, p := range all {
		if e.off[p.Name] {
			continue
		}
		a := asked{Profile: p, always: always[p.Name], returns: strings.HasPrefix(p.Name, dormantName)}
		for _, of := range p.Of {
			i := subjectIndex(of)
			a.subjects = append(a.subjects, i)
			a.salts[i] = e.salt(string(of), p.Name)
		}
		e.profiles = append(e.profiles, a)
	}
	for i := range e.profiles {
		e.byName[e.profiles[i].Name] = &e.profiles[i]
	}
	e.chooseFrequencies()
	e.hoursSalt, e.sightSalt = e.salt("hours", ""), e.salt("sighting", "")
	return nil
}

func (e *Engine) chooseFrequencies() {
	for _, f := range Frequencies() { // those that are off as well: they can be on again
		if f.DistinctOf == "" {
			e.frequencies = append(e.frequencies, frequency{Frequency: f, salt: e.salt("frequency", f.Name)})
		}
	}
	for _, f := range Frequencies() {
		i := slices.IndexFunc(e.frequencies, func(of frequency) bool { return f.DistinctOf == of.Name })
		if i >= 0 {
			e.frequencies[i].distinct = &frequency{Frequency: f, salt: e.salt("frequency", f.Name)}
		}
	}
}

func (e *Engine) salt(what, name string) uint64 { return e.hash.text([]byte(what + "\x00" + name)) }

// teachUntil is the day from which on stories are told.
func (e *Engine) teachUntil() Day {
	if e.first == noDay {
		return e.first
	}
	const day = 24 * time.Hour
	return e.first + Day((e.o.Learn+day-1)/day)
}

// Found takes what detections found over spans of time. What they found before on the
// same days is forgotten if again is true: it is found again if it is still there.
func (e *Engine) Found(found []Detected, days []Day, again bool) *Change {
	c := new(Change)
	if again {
		for _, n := range days {
			if d := e.open[n]; d != nil {
				d.detected.forgetWindows()
				d.dirty = true
				c.Again = append(c.Again, n)
			}
		}
	}
	e.detect(c, found)
	e.judgeOpen(c)
	e.stamp(c)
	return c
}

// detect takes findings that are not known.
func (e *Engine) detect(c *Change, found []Detected) {
	for _, f := range found {
		f.Day = DayOf(f.Time)
		if f.Day < e.keepFrom() {
			continue
		}
		if d := e.dayAt(f.Day); d.detected.add(f) {
			d.dirty = true
			c.Detected = append(c.Detected, f)
		}
	}
}

// Accept makes values normal at once.
func (e *Engine) Accept(keys []Key) *Change {
	c := new(Change)
	for _, key := range keys {
		if p, ok := e.probation[key]; ok {
			p.Ended = true
			delete(e.probation, key)
			c.Probation = append(c.Probation, p)
		}
	}
	for _, d := range e.open {
		d.dirty = true
	}
	e.judgeOpen(c)
	e.stamp(c)
	return c
}
