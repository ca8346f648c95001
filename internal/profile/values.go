package profile

import "math/bits"

// A value is what is known of a Key: 32 bytes each, without pointers, for there may be
// ten million. Times are seconds since 1970.
type value struct {
	key         uint64 // 0 is a free place
	first, last uint32
	count       uint32
	group       uint32 // index in groups
	days        uint16
}

// values is a hash table in parts that grow one by one, so that it never holds itself
// twice. Keys are hashes already.
type values struct {
	parts [256]part
	n     int
}

type part struct {
	table []value
	n     int
}

func (v *values) get(key uint64) *value {
	return v.parts[key>>56].get(key)
}

// put returns the value of key, which is a new one if there was none. It stays in place
// until the next put.
func (v *values) put(key uint64) (at *value, made bool) {
	p := &v.parts[key>>56]
	if at := p.get(key); at != nil {
		return at, false
	}
	if p.n*5 >= len(p.table)*4 {
		p.grow()
	}
	v.n++
	return p.add(value{key: key}), true
}

// place is where key is looked for first: its low bits, spread over a table of any size.
func (p *part) place(key uint64) int {
	high, _ := bits.Mul64(key<<8, uint64(len(p.table)))
	return int(high)
}

func (p *part) get(key uint64) *value {
	if len(p.table) == 0 {
		return nil
	}
	for i := p.place(key); ; {
		at := &p.table[i]
		if at.key == key {
			return at
		}
		if at.key == 0 {
			return nil
		}
		if i++; i == len(p.table) {
			i = 0
		}
	}
}

func (p *part) add(v value) *value {
	i := p.place(v.key)
	for p.table[i].key != 0 {
		if i++; i == len(p.table) {
			i = 0
		}
	}
	p.table[i] = v
	p.n++
	return &p.table[i]
}

func (p *part) grow() {
	old := p.table
	p.table, p.n = make([]value, max(8, len(old)+len(old)/2)), 0
	for _, v := range old {
		if v.key != 0 {
			p.add(v)
		}
	}
}

// A group is what is known of a profile of one subject.
type group struct {
	key         uint64
	seen        uint32 // values, each counted once a day
	values      uint32
	once        uint32 // values that were seen on one day alone
	first, last Day
	events      uint64
}

func (g *group) novelty() float64 {
	return novelty(int(g.seen), int(g.values), int(g.once))
}

// groups are all of them, by key.
type groups struct {
	index map[uint64]uint32
	all   []group
}

func (g *groups) put(key uint64) uint32 {
	at, ok := g.index[key]
	if !ok {
		at = uint32(len(g.all))
		g.index[key] = at
		g.all = append(g.all, group{key: key})
	}
	return at
}

// of is what is known of a key; the zero group where that is nothing.
func (g *groups) of(key uint64) group {
	if at, ok := g.index[key]; ok {
		return g.all[at]
	}
	return group{key: key}
}

// learn adds what was learned of a value, and returns whether the value is new.
func (e *Engine) learnValue(l Learned) {
	at, made := e.values.put(uint64(l.Key))
	i := e.groups.put(uint64(l.Group))
	g := &e.groups.all[i]
	first, last := seconds(l.First), seconds(l.Last)
	if made {
		*at = value{key: at.key, first: first, last: last, group: i}
		g.values++
		g.once++
	}
	if at.days == 1 || made && l.Days != 1 {
		g.once--
	}
	at.first, at.last = min(at.first, first), max(at.last, last)
	at.count = addTo(at.count, l.Count)
	at.days = uint16(min(int(at.days)+int(l.Days), 1<<16-1))
	day, to := DayOf(l.First), DayOf(l.Last)
	if g.seen == 0 || day < g.first {
		g.first = day
	}
	if g.seen == 0 || to > g.last {
		g.last = to
	}
	g.seen = addTo(g.seen, uint32(l.Days))
	g.events += uint64(l.Count)
}

// seconds are those of a time in microseconds, as far as a value can hold them.
func seconds(micros int64) uint32 {
	return uint32(min(max(micros/1_000_000, 0), 1<<32-1))
}

func addTo(a, b uint32) uint32 {
	if s := a + b; s >= a {
		return s
	}
	return 1<<32 - 1
}
