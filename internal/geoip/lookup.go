package geoip

import (
	"hash/maphash"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"
)

// A Snapshot is one state of everything that is loaded. It is safe for concurrent
// use.
type Snapshot struct {
	language  string
	sources   []Source
	databases [needRanges][]*database // by the need that they serve
	tor       []*torList
	ranges    []*awsRanges

	mu    sync.Mutex
	memos [fields][]*memo // not in use now
}

// A Source tells about one thing that is loaded.
type Source struct {
	Name    string // path or address, without secrets
	Edition string // City, Country, ASN, City+ASN; Tor; AWS ranges
	Type    string // a database's own name, such as GeoLite2-City; made by others, so cleaned
	Built   time.Time
	Fetched time.Time // zero for files
	Entries int       // of a list
	Skipped int       // lines or entries of a list that are none
}

func newSnapshot(opts *Options, sources []source, all []*loaded) *Snapshot {
	s := &Snapshot{language: opts.Language}
	var databases []*database
	for i, l := range all {
		if l == nil {
			continue
		}
		about := Source{Name: sources[i].name, Fetched: l.fetched}
		switch {
		case l.database != nil:
			meta := l.database.reader.Metadata
			about.Edition, about.Type, about.Built = l.database.edition.String(), clean(meta.DatabaseType), meta.BuildTime()
			databases = append(databases, l.database)
		case l.tor != nil:
			about.Edition, about.Entries, about.Skipped = "Tor", l.tor.entries, l.tor.bad
			s.tor = append(s.tor, l.tor)
		case l.ranges != nil:
			about.Edition, about.Entries, about.Skipped = "AWS ranges", l.ranges.entries, l.ranges.bad
			about.Built = l.ranges.created
			s.ranges = append(s.ranges, l.ranges)
		}
		s.sources = append(s.sources, about)
	}
	for _, n := range []need{needCity, needCountry, needASN} {
		s.databases[n] = serving(databases, n)
	}
	return s
}

// Sources tells what is loaded, in the order in which it was given.
func (s *Snapshot) Sources() []Source { return s.sources }

// Has returns nil if the field can be answered, else the error that Lookup gives.
func (s *Snapshot) Has(field Field) error {
	switch n := fieldTable[field].needs; n {
	case needTor:
		if len(s.tor) == 0 {
			return ErrNoTor
		}
	case needRanges:
		if len(s.ranges) == 0 {
			return ErrNoRanges
		}
	case needCity, needCountry, needASN:
		if len(s.databases[n]) == 0 {
			return missing[n]
		}
	}
	return nil
}

// Lookup calls out with the field's value for each of addrs that has one; nil and
// what is not an address have none. An address that was seen of late, in this chunk
// or in one before it, is not looked up again. After an error the values given
// before it must not be used.
func (s *Snapshot) Lookup(field Field, addrs [][]byte, out func(i int, v Value)) error {
	if err := s.Has(field); err != nil {
		return err
	}
	m := s.borrow(field)
	defer s.giveBack(field, m)
	return s.guarded(&m.want, func() error {
		for i, addr := range addrs {
			if len(addr) == 0 {
				continue
			}
			v, err := m.get(s, addr)
			if err != nil {
				return err
			}
			if v.OK {
				out(i, v)
			}
		}
		return nil
	})
}

// Get returns the field's value for one address.
func (s *Snapshot) Get(field Field, addr string) (v Value, err error) {
	err = s.Lookup(field, [][]byte{[]byte(addr)}, func(_ int, got Value) { v = got })
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

// Text returns the text field for one address.
func (s *Snapshot) Text(field Field, addr string) (text string, ok bool, err error) {
	v, err := s.Get(field, addr)
	return v.Text, v.OK, err
}

// Number returns the numeric field for one address.
func (s *Snapshot) Number(field Field, addr string) (n float64, ok bool, err error) {
	v, err := s.Get(field, addr)
	return v.Number, v.OK, err
}

// Bool returns the boolean field for one address.
func (s *Snapshot) Bool(field Field, addr string) (yes, ok bool, err error) {
	v, err := s.Get(field, addr)
	return v.Number != 0, v.OK, err
}

// Distances calls out with the kilometres between a[i] and b[i] where both have a
// place. Like places they are rough: a city's, or a country's, middle.
func (s *Snapshot) Distances(a, b [][]byte, out func(i int, km float64)) error {
	var at [4][]Value
	for i, addrs := range [][][]byte{a, b} {
		for j, field := range []Field{Latitude, Longitude} {
			column := make([]Value, len(addrs))
			if err := s.Lookup(field, addrs, func(i int, v Value) { column[i] = v }); err != nil {
				return err
			}
			at[2*i+j] = column
		}
	}
	for i := range min(len(a), len(b)) {
		if at[0][i].OK && at[1][i].OK && at[2][i].OK && at[3][i].OK {
			out(i, GreatCircleKM(at[0][i].Number, at[1][i].Number, at[2][i].Number, at[3][i].Number))
		}
	}
	return nil
}

// DistanceKM returns the kilometres between two addresses where both have a place.
func (s *Snapshot) DistanceKM(a, b string) (km float64, ok bool, err error) {
	err = s.Distances([][]byte{[]byte(a)}, [][]byte{[]byte(b)}, func(_ int, d float64) { km, ok = d, true })
	return km, ok, err
}

// guarded runs do, which asks what w wants, and makes errors of what a broken
// database does to it: see database.guard. Panics of others go on.
func (s *Snapshot) guarded(w *want, do func() error) (err error) {
	n := fieldTable[w.field].needs
	if int(n) >= len(s.databases) || n == needNothing {
		return do()
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if w.at != nil {
			if r := recover(); r != nil {
				err = w.at.source.wrap(broke(r))
			}
			w.at = nil
		}
		for _, d := range s.databases[n] {
			if e := d.overwritten(); e != nil {
				err = d.source.wrap(e)
			}
		}
	}()
	return do()
}

// ask looks addr up, past any memory.
func (s *Snapshot) ask(w *want, text []byte) (Value, error) {
	addr, ok := ParseAddr(text)
	if !ok {
		return Value{}, nil
	}
	if w.field == IsPrivate {
		return boolValue(private(addr)), nil
	}
	if private(addr) {
		if w.field == IsTor {
			return boolValue(false), nil
		}
		return Value{}, nil
	}
	switch w.field {
	case IsTor:
		for _, list := range s.tor {
			if list.has(addr) {
				return boolValue(true), nil
			}
		}
		return boolValue(false), nil
	case AWSService, AWSRegion:
		return s.aws(w.field, addr), nil
	}
	for _, d := range s.databases[fieldTable[w.field].needs] {
		w.at = d
		v, found, err := w.get(d, addr)
		w.at = nil
		if err != nil {
			return Value{}, d.source.wrap(err)
		}
		if found {
			return v, nil
		}
	}
	return Value{}, nil
}

func (s *Snapshot) aws(field Field, addr netip.Addr) Value {
	for _, r := range s.ranges {
		if own, ok := r.find(addr); ok {
			if field == AWSService {
				return textValue(own.service)
			}
			return textValue(own.region)
		}
	}
	return Value{}
}

// A memo remembers the answers to one field. It holds 4,096 of them in sets of
// four, about 350 KB; one goroutine uses it at a time, and a snapshot keeps some.
type memo struct {
	want want
	seed maphash.Seed
	turn uint8
	slot []slot
}

type slot struct {
	text  [longestAddress]byte
	size  uint8 // 0 for an empty slot
	value Value
}

const (
	memoSets  = 1024
	memoWays  = 4
	memosKept = 8 // of a field, for the next who ask
)

// get returns the answer for text, from memory where it is there.
func (m *memo) get(s *Snapshot, text []byte) (Value, error) {
	if len(text) > longestAddress {
		return s.ask(&m.want, text) // only with a zone is it an address
	}
	set := m.slot[maphash.Bytes(m.seed, text)%memoSets*memoWays:][:memoWays]
	for i := range set {
		if known := &set[i]; int(known.size) == len(text) && string(known.text[:known.size]) == string(text) {
			return known.value, nil
		}
	}
	v, err := s.ask(&m.want, text)
	if err != nil {
		return Value{}, err
	}
	m.turn++
	old := &set[m.turn%memoWays]
	old.size = uint8(copy(old.text[:], text))
	old.value = v
	return v, nil
}

func (s *Snapshot) borrow(field Field) *memo {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := s.memos[field]; len(kept) > 0 {
		m := kept[len(kept)-1]
		s.memos[field] = kept[:len(kept)-1]
		return m
	}
	return &memo{
		want: want{field: field, paths: field.paths(s.language)},
		seed: maphash.MakeSeed(),
		slot: make([]slot, memoSets*memoWays),
	}
}

func (s *Snapshot) giveBack(field Field, m *memo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.memos[field]) < memosKept {
		s.memos[field] = append(s.memos[field], m)
	}
}
