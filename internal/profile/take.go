package profile

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
)

// Take judges and learns the events of a batch that are of objects which want reports.
// What detections found in them is given with them.
func (e *Engine) Take(b *cloudtrail.Batch, want func(object int) bool, found []Detected) *Change {
	c := new(Change)
	e.reader.Reset(&b.Events, e.places())
	found = slices.Clone(found)
	detected := make(map[string][]*Detected, len(found)) // by event ID
	for i := range found {
		detected[found[i].EventID] = append(detected[found[i].EventID], &found[i])
	}
	rows := &b.Events
	ev := &e.event
	deliveries := make([]delivery, len(b.Objects))
	for i := range b.Objects {
		deliveries[i] = deliveryOf(&b.Objects[i].Object)
	}
	for i := range rows.Rows {
		row := &rows.Rows[i]
		if !want(row.Object) || !e.reader.Read(i, ev) {
			continue
		}
		if !deliveries[row.Object].dated(ev.Time) {
			c.Misdated++
			continue
		}
		e.pass(ev.Time, deliveries[row.Object])
		e.take(c, b, i, ev)
		for _, f := range detected[string(ev.ID)] {
			if len(ev.ID) > 0 && f.Time == ev.Time && f.Name == string(ev.Name) { // and not a forged twin
				f.Sample = ev.sample(b.Objects[row.Object].Name, row.Index) // a detection tells less
			}
		}
	}
	e.detect(c, found)
	e.flush(c)
	e.judgeOpen(c)
	e.stamp(c)
	return c
}

// stamp puts what stays after a change into it.
func (e *Engine) stamp(c *Change) {
	c.Watermark = e.watermark
	if e.first != noDay {
		c.First = e.first
	}
}

// timely is how long before its delivery an event may have been, in microseconds, for
// its day to be the first: one that was delivered after weeks does not say that there was
// anything to learn from since.
const timely = timelyDays * 24 * 60 * 60 * 1_000_000

const timelyDays = 3

// A delivery is when an object was, in microseconds; 0 is not known.
type delivery struct {
	by   int64 // no event of it can be later
	time int64
	sure bool // by is not what a file system says, which may be anything
}

func deliveryOf(o *cloudtrail.Object) delivery {
	const slack = 60 * 60 * 1_000_000 // clocks differ
	modified := o.Modified.UnixMicro()
	// Whoever writes an object chooses its key, but not what S3 says of when that was.
	stored := !o.Modified.IsZero() && (strings.HasPrefix(o.Name, "s3://") || strings.HasPrefix(o.Name, "eventbridge://"))
	k, ok := cloudtrail.ParseKey(o.Name)
	at := k.Delivered.UnixMicro()
	if k.Delivered.Equal(k.Delivered.Truncate(24 * time.Hour)) {
		at += (24 * time.Hour).Microseconds() // a name without a time tells the day alone
	}
	switch {
	case ok && stored:
		at = min(at, modified)
		return delivery{by: at + slack, time: at, sure: true}
	case ok:
		return delivery{by: at + slack, time: at, sure: true}
	case strings.HasPrefix(o.Name, "eventbridge://") && stored: // seconds after the event
		return delivery{by: modified + slack, time: modified, sure: true}
	case !o.Modified.IsZero():
		return delivery{by: modified + slack, sure: stored}
	}
	return delivery{}
}

// Between these, in microseconds since 1970, are the times of events: from 2006 on,
// when AWS began, and until 2100, which what is learned of times can hold. Each day that
// an event names is opened: those of ten thousand years would fill the memory.
const (
	firstTime = 1_136_073_600_000_000
	lastTime  = 4_102_444_800_000_000
)

// dated reports whether an event can have been at a time that it names.
func (d delivery) dated(time int64) bool {
	return time >= firstTime && time < lastTime && (!d.sure || time <= d.by)
}

// pass moves the watermark to the time of an event, unless the event says that it was
// after it was delivered, and looks whether its day is the first.
func (e *Engine) pass(time int64, d delivery) {
	if d.by != 0 && time > d.by {
		return
	}
	e.watermark = max(e.watermark, time)
	if d.time == 0 || d.time-time < timely {
		e.first = min(e.first, DayOf(time))
	}
}

func (e *Engine) places() *geoip.Snapshot {
	if e.o.Places == nil {
		return nil
	}
	return e.o.Places()
}

// dayAt returns the open day of that number.
func (e *Engine) dayAt(n Day) *day {
	if e.at != nil && e.at.number == n {
		return e.at
	}
	d, ok := e.open[n]
	if !ok {
		d = newDay(n)
		if n <= e.closed {
			d.reopened = max(e.watermark, 1)
		}
		e.open[n] = d
	}
	e.at = d
	return d
}

// take learns one event.
func (e *Engine) take(c *Change, b *cloudtrail.Batch, i int, ev *Event) {
	d := e.dayAt(DayOf(ev.Time))
	row := &b.Events.Rows[i]
	e.object, e.index = b.Objects[row.Object].Name, row.Index
	id := e.eventHash(&b.Events, i, ev.Time)
	if _, known := d.recent[id]; known {
		c.Copies++
		return
	}
	d.recent[id] = struct{}{}
	d.fresh = append(d.fresh, id)
	d.dirty = true
	c.Events++
	if d.reopened > 0 {
		c.Late++
	}
	s := subjects{e.hash.text(ev.Actor), e.hash.text(ev.Peers), e.hash.text(ev.Account)}
	for at := range e.profiles {
		e.ask(c, d, at, ev, &s)
	}
	e.count(c, d, ev, &s)
	e.sight(c, d, ev, &s)
	e.edges = ev.AppendEdges(e.edges[:0])
	for _, edge := range e.edges {
		e.lineage.add(c, edge.lineage())
	}
}

// eventHash is what an event is known by: it is the same for its copies.
func (e *Engine) eventHash(rows *cloudtrail.Rows, i int, time int64) uint64 {
	buf := binary.LittleEndian.AppendUint64(e.buf[:0], uint64(time))
	id := rows.Identity(i)
	if len(id[0]) == 0 { // known by object and place
		buf = append(buf, e.object...)
		buf = binary.LittleEndian.AppendUint64(buf, uint64(e.index))
	}
	for _, text := range id {
		buf = append(buf, text...)
		buf = append(buf, 0)
	}
	e.buf = buf
	return e.hash.text(buf)
}

// ask asks one profile of an event, for each of its subjects.
func (e *Engine) ask(c *Change, d *day, at int, ev *Event, s *subjects) {
	p := &e.profiles[at]
	if p.Human && !ev.Human {
		return
	}
	value, ok := p.Value(ev, e.buf[:0])
	if !ok {
		return
	}
	hash := e.hash.text(value)
	for n, of := range p.subjects {
		group := groupKey(p.salts[of], s[of])
		key := valueKey(group, hash)
		f := e.touch(d, key, group, ev.Time)
		if f.batchCount == 1 && f.count == 0 { // met first on this day
			e.meet(c, d, f, p, of, n == 0, value, ev)
		} else if n == 0 && f.deviates {
			e.earlier(c, d, f, ev, func() Named { return e.name(f, p, of, value, ev) })
		}
	}
}

// touch counts a value.
func (e *Engine) touch(d *day, key, group uint64, time int64) *fact {
	at, made := d.facts.find(key)
	f := &d.facts.list[at]
	if made {
		f.group, f.first, f.last = group, time, time
	}
	if f.batchCount == 0 {
		d.touched = append(d.touched, at)
		f.batchFirst, f.batchLast = time, time
	}
	f.batchCount++
	f.batchFirst, f.batchLast = min(f.batchFirst, time), max(f.batchLast, time)
	return f
}

// meet is for a value that is met first on a day. first says that it is of the subject
// whose values the profile's findings are about.
func (e *Engine) meet(c *Change, d *day, f *fact, p *asked, of int, first bool, value []byte, ev *Event) {
	known := e.values.get(f.key)
	if known == nil && !e.isOpenBefore(d.number, f.key) {
		c.Named = append(c.Named, e.name(f, p, of, value, ev))
	}
	if first && d.number >= e.keepFrom() && p.deviates(e, known, f.key, d.number) {
		f.deviates = true
		e.keep(c, d, e.name(f, p, of, value, ev), ev)
	}
}

// keepFrom is the day from which on evidence is kept: the first may turn out to be
// so much earlier by what is still to come.
func (e *Engine) keepFrom() Day { return e.teachUntil() - timelyDays }

// keep makes the event the evidence of what it is the first of.
func (e *Engine) keep(c *Change, d *day, n Named, ev *Event) {
	x := &evidence{Evidence: Evidence{Day: d.number, Key: n.Key, Peers: string(ev.Peers), Sample: ev.sample(e.object, e.index)},
		group: n.Group, named: n}
	if d.admit(x) {
		c.Evidence = append(c.Evidence, x.Evidence)
	}
}

// name tells what a fact's key stands for.
func (e *Engine) name(f *fact, p *asked, of int, value []byte, ev *Event) Named {
	subject := ev.Subject(subjectNames[of])
	return Named{Key: Key(f.key), Group: Key(f.group), Profile: p.Name, Of: subjectNames[of],
		Subject: string(subject), Value: string(value)}
}

// isOpenBefore reports whether another day that is open has the value: then it is named.
func (e *Engine) isOpenBefore(n Day, key uint64) bool {
	for number, d := range e.open {
		if number != n && d.facts.has(key) != nil {
			return true
		}
	}
	return false
}

// earlier makes the event the evidence of a fact if it comes before the one that is: see
// Sample.before.
func (e *Engine) earlier(c *Change, d *day, f *fact, ev *Event, name func() Named) {
	x := d.evidence[Key(f.key)]
	switch {
	case x == nil: // there were others before it: see admit
		if d.mayAdmit(f.group, ev) {
			e.keep(c, d, name(), ev)
		}
		return
	case ev.ReadOnly && !x.ReadOnly, ev.ReadOnly == x.ReadOnly && ev.Time > x.Time:
		return
	}
	s := ev.sample(e.object, e.index)
	if s.before(&x.Sample) >= 0 {
		return
	}
	x.Sample, x.Peers = s, string(ev.Peers)
	c.Evidence = append(c.Evidence, x.Evidence)
}

// flush moves what the batch did into the change.
func (e *Engine) flush(c *Change) {
	for _, d := range e.openDays() {
		for _, at := range d.touched {
			f := &d.facts.list[at]
			c.Seen = append(c.Seen, Seen{Day: d.number, Key: Key(f.key), Group: Key(f.group),
				First: f.batchFirst, Last: f.batchLast, Count: f.batchCount})
			f.first, f.last = min(f.first, f.batchFirst), max(f.last, f.batchLast)
			f.count = addTo(f.count, f.batchCount)
			f.batchCount = 0
		}
		d.touched = d.touched[:0]
		for _, n := range d.changed {
			c.Counts = append(c.Counts, Count{Day: d.number, Hour: n.hour, Key: Key(n.key), Count: n.batch})
			n.count += n.batch
			n.batch = 0
		}
		d.changed = d.changed[:0]
		if len(d.fresh) > 0 {
			c.Recent = append(c.Recent, Recent{Day: d.number, Events: slices.Clone(d.fresh)})
			d.fresh = d.fresh[:0]
		}
	}
}

// openDays are the days that are open, in order.
func (e *Engine) openDays() []*day {
	days := make([]*day, 0, len(e.open))
	for _, d := range e.open {
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b *day) int { return cmp.Compare(a.number, b.number) })
	return days
}
