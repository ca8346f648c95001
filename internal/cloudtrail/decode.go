package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
)

// damagedText is how much of a damaged record is kept.
const damagedText = 4096

// A Fault is what is wrong with an object as a whole, and where.
type Fault struct {
	// Byte is the offset in the inflated text, or in the stored bytes where
	// these cannot be inflated.
	Byte int64
	What string
}

func (f *Fault) Error() string { return fmt.Sprintf("byte %d: %s", f.Byte, f.What) }

// reasons for which an object is skipped.
const (
	skippedDigest  = "a digest, not a log"
	skippedForeign = "not a CloudTrail log"
)

// A place says where the reader of an object's text is.
type place uint8

const (
	between place = iota // top-level values
	first                // in an array of records, before its first element
	next                 // in such an array, after an element
	tail                 // in an object, after such an array that was its member
)

// A reader takes an object's text apart into records.
type reader struct {
	recorder
	object int // index into the batch's Objects
	index  int64
	// whole is set when there is no more text than there is in data.
	whole bool

	places []place
	pos    int
	// lines is set when the text has one value a line, so that a fault
	// ends with its line.
	lines bool
	csv   csvHeader
	// strangers counts values that are no records. container says that an
	// array of records was met, records that it was called "Records".
	strangers          int
	container, records bool

	// What was in the batch before.
	rows0, entries0 [2]int
	damaged0        int
}

var errMore = errors.New("more text is needed")

// read takes records from data until it ends. With errMore, pos is at the first
// byte not taken yet; other errors are *Fault.
func (r *reader) read() error {
	for {
		mark := r.checkpointAll()
		done, ok := r.step()
		if done {
			return nil
		}
		if ok {
			continue
		}
		r.rollbackAll(mark)
		if r.fault.short && !r.whole {
			return errMore
		}
		if !r.lineFault() {
			return &Fault{Byte: r.at(r.fault.at), What: r.fault.what}
		}
	}
}

type readerMark struct {
	events, others checkpoint
	rows, rows2    int
	pos            int
	index          int64
	places         int
}

func (r *reader) checkpointAll() (m readerMark) {
	r.rows = &r.b.Aggregated
	m.others = r.checkpoint()
	r.rows = &r.b.Events
	m.events = r.checkpoint()
	m.rows, m.rows2, m.pos, m.index, m.places = len(r.b.Events.Rows), len(r.b.Aggregated.Rows), r.pos, r.index, len(r.places)
	return m
}

func (r *reader) rollbackAll(m readerMark) {
	r.rows = &r.b.Aggregated
	r.rollback(m.others)
	r.rows = &r.b.Events
	r.rollback(m.events)
	r.pos, r.index = m.pos, m.index
}

// step takes one element, or one piece of what is around elements. done is true
// at the end of the text; ok is false if there is a fault.
func (r *reader) step() (done, ok bool) {
	r.notUnicode = false
	i := r.space(r.pos)
	here := between
	if n := len(r.places); n > 0 {
		here = r.places[n-1]
	}
	if i >= len(r.data) {
		if here == between && r.whole {
			return true, true
		}
		r.failShort()
		return false, false
	}
	c := r.data[i]
	switch here {
	case between:
		return r.top(i)
	case first, next:
		if c == ']' {
			r.places = r.places[:len(r.places)-1]
			r.pos = i + 1
			return false, true
		}
		if here == next {
			if c != ',' {
				r.fail(i, "no comma or ] after a record")
				return false, false
			}
			if i = r.space(i + 1); i >= len(r.data) {
				r.failShort()
				return false, false
			}
		}
		return false, r.element(i, here)
	default:
		return false, r.tail(i, c)
	}
}

// tail takes one member, or the end, of an object that an array of records was
// a member of.
func (r *reader) tail(i int, c byte) bool {
	switch c {
	case '}':
		r.places = r.places[:len(r.places)-1]
		r.pos = i + 1
		return true
	case ',':
		if i = r.key(r.space(i + 1)); i < 0 {
			return false
		}
		if isContainer(r.data[r.pos:r.keyEnd]) && i < len(r.data) && r.data[i] == '[' {
			r.enter(i)
			return true
		}
		if i = r.value(i); i < 0 {
			return false
		}
		r.pos = i
		return true
	}
	r.fail(i, "no comma or } after a member")
	return false
}

// isContainer reports whether text ends with the name of a member that holds records.
func isContainer(name []byte) bool {
	name = name[bytes.LastIndexByte(name, '"')+1:]
	switch string(name) {
	case "Records", "Events", "events", "logEvents":
		return true
	}
	return false
}

// enter goes into the array of records at i.
func (r *reader) enter(i int) {
	r.container = true
	r.places = append(r.places, first)
	r.pos = i + 1
}

// top takes the top-level value at i: a record, an array of records, an object
// that holds such an array, or a line with something before a record.
func (r *reader) top(i int) (done, ok bool) {
	switch {
	case r.csv.column > 0:
		return false, r.csvRow(i)
	case r.data[i] == '{':
	case r.data[i] == '[':
		r.enter(i)
		return false, true
	default:
		return r.line(i)
	}
	data, limited := r.data, false
	if r.lines {
		if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
			r.data, limited = data[:i+n], true
		}
	}
	ok = r.document(i)
	if !ok && limited && r.fault.short {
		// More than a line after all, or cut.
		first := r.fault
		r.data = data
		if ok = r.document(i); !ok && !r.fault.short {
			r.fault = first
			r.fault.short = false
		}
	}
	r.data = data
	if ok && len(r.places) == 0 {
		r.lines = r.pos < len(data) && data[r.pos] == '\n' && bytes.IndexByte(data[i:r.pos], '\n') < 0
	}
	return false, ok
}

// document takes the object at i.
func (r *reader) document(i int) bool {
	inside, records := -1, false
	mark := r.checkpoint()
	end := r.record(&r.b.Events, i, func(name []byte, value int) bool {
		if value < len(r.data) && r.data[value] == '[' && isContainer(name) {
			inside, records = value, string(name) == "Records"
		}
		return inside >= 0
	})
	if end < 0 {
		return r.damagedDeep(i)
	}
	if inside < 0 {
		return r.classify(i, end, mark)
	}
	r.rollback(mark)
	r.places = append(r.places, tail)
	r.records = records
	r.enter(inside)
	return true
}

// element takes the element at i of an array of records.
func (r *reader) element(i int, here place) bool {
	r.places[len(r.places)-1] = next
	r.notUnicode = false
	if r.data[i] != '{' {
		end := r.value(i)
		if end < 0 {
			return r.elementFault(i, here)
		}
		r.damage(i, end, "a record that is not an object")
		r.index++
		r.pos = end
		return true
	}
	mark := r.checkpoint()
	end := r.record(&r.b.Events, i, nil)
	if end < 0 {
		return r.elementFault(i, here)
	}
	return r.classify(i, end, mark)
}

func (r *reader) elementFault(i int, here place) bool {
	if r.damagedDeep(i) {
		return true
	}
	r.places[len(r.places)-1] = here
	return false
}

// damagedDeep makes the value at i a damaged record if it nests too deeply, and
// reports whether it did.
func (r *reader) damagedDeep(i int) bool {
	if !r.fault.deep {
		return false
	}
	what := r.fault.what
	r.fault = fault{}
	mark := checkpoint{entries: int(r.row.first), text: r.b.text.n, damaged: len(r.b.Damaged), misfits: r.misfits, replaced: r.replaced}
	end := r.skim(i)
	if end < 0 {
		return false
	}
	r.rollback(mark)
	r.damage(i, end, what)
	r.index++
	r.pos = end
	return true
}

// classify decides what the object from i to end is that record has decoded.
func (r *reader) classify(i, end int, mark checkpoint) bool {
	r.pos = end
	known := r.has(eventID) || r.has(eventTime) || r.has(eventName) || r.has(eventSource)
	switch {
	case end-i > maxRecord || r.tooLong:
		r.rollback(mark)
		r.damage(i, end, fmt.Sprintf("a record of %d bytes: the limit is %d", end-i, maxRecord))
		r.index++
		return true
	case !r.has(eventID) && !r.has(eventTime) && r.extra("eventId") != nil && (r.extra("timeWindow") != nil || r.extra("summary") != nil):
		r.rollback(mark)
		r.record(&r.b.Aggregated, i, nil)
		return r.finish(true)
	case known:
		return r.finish(r.matches())
	}
	for _, name := range [...]string{"CloudTrailEvent", "detail", "message", "eventJson"} {
		if x := r.extra(name); x != nil {
			inner := *x
			r.rollback(mark)
			return r.unwrap(inner.value, i, end)
		}
	}
	if r.extra("digestS3Object") != nil && r.extra("logFiles") != nil {
		r.rollback(mark)
		r.b.Objects[r.object].Skipped = skippedDigest
		return true
	}
	if r.records && len(r.places) > 0 {
		// A record, however little it says.
		return r.finish(r.matches())
	}
	r.rollback(mark)
	r.strangers++
	r.damage(i, end, "not a CloudTrail record")
	r.index++
	return true
}

// finish keeps the record that was decoded, or counts it as left out.
func (r *reader) finish(keep bool) bool {
	index := r.index
	r.index++
	if !keep {
		r.rows.entries = r.rows.entries[:r.row.first]
		r.b.Objects[r.object].LeftOut++
		return true
	}
	r.keep(r.object, index)
	if r.tooLong {
		r.fail(r.pos, errArenaFull.Error())
		return false
	}
	return true
}

// extra returns the member called name that the schema does not know, or nil.
func (r *reader) extra(name string) *extra {
	for k := range r.extras {
		x := &r.extras[k]
		if x.in.ID < 0 && string(r.data[x.key[0]:x.key[1]]) == name {
			return x
		}
	}
	return nil
}

// unwrap takes the record that stands at value, as an object or as the text of a
// string, inside the object from i to end.
func (r *reader) unwrap(value [2]int, i, end int) bool {
	defer func() { r.pos = end }()
	mark := r.checkpoint()
	data := r.data
	at := value[0]
	if data[at] == '"' {
		off, n, ok := r.side(appendUnquoted(r.spare(3*(value[1]-at)), data[at+1:value[1]-1]))
		if !ok {
			r.fail(i, errArenaFull.Error())
			return false
		}
		return r.inner(off, n, i, end)
	}
	if data[at] == '{' {
		if r.record(&r.b.Events, at, nil) >= 0 && (r.has(eventID) || r.has(eventTime) || r.has(eventName)) {
			return r.finish(r.matches())
		}
		r.rollback(mark)
	}
	r.strangers++
	r.damage(i, end, "not a CloudTrail record")
	r.index++
	return true
}

// inner takes the record whose text of n bytes is at off in the arena, and which
// stands from i to end in the object.
func (r *reader) inner(off, n, i, end int) bool {
	mark := r.checkpoint()
	data := r.data
	r.data = r.b.text.mem[:off+n]
	r.standsAt = i
	defer func() { r.data, r.standsAt = data, 0 }()
	what := "not a CloudTrail record"
	if at := r.space(off); at < len(r.data) && r.data[at] == '{' {
		switch stop := r.record(&r.b.Events, at, nil); {
		case stop < 0:
			what = "in its text, " + r.fault.what
			r.fault = fault{}
		case r.space(stop) < len(r.data):
			what = "in its text, more than one value"
		case stop-at > maxRecord || r.tooLong:
			what = fmt.Sprintf("a record of %d bytes: the limit is %d", stop-at, maxRecord)
		case r.has(eventID) || r.has(eventTime) || r.has(eventName):
			return r.finish(r.matches())
		}
	}
	r.rollback(mark)
	r.data = data
	r.strangers++
	r.damage(i, end, what)
	r.index++
	return true
}

// damage keeps the text from i to end, which is not a row.
func (r *reader) damage(i, end int, why string) {
	r.b.Damaged = append(r.b.Damaged, Damaged{
		Object: r.object, Byte: r.at(i), Text: bytes.Clone(r.data[i:min(end, i+damagedText)]), Reason: why,
	})
}

// newReader enters the object into the batch.
func newReader(b *Batch, o Object, body Body, f *Filter) *reader {
	r := &reader{object: len(b.Objects)}
	r.b, r.filter, r.rows = b, f, &b.Events
	r.rows0 = [2]int{len(b.Events.Rows), len(b.Aggregated.Rows)}
	r.entries0 = [2]int{len(b.Events.entries), len(b.Aggregated.entries)}
	r.damaged0 = len(b.Damaged)
	b.Objects = append(b.Objects, Decoded{Object: o, SHA256: body.SHA256})
	return r
}

// begin sets the reader to the text that lies in the arena from start on. It
// fails for an object without any.
func (r *reader) begin(start int, whole bool) error {
	r.data, r.start, r.pos, r.whole = r.b.text.mem[:r.b.text.n], start, start, whole
	if r.skipped == 0 && bytes.HasPrefix(r.data[start:], []byte("\xef\xbb\xbf")) {
		r.pos += 3
	}
	if r.skipped == 0 && whole && r.space(r.pos) == len(r.data) {
		return &Fault{What: "empty: a log is never empty"}
	}
	return nil
}

// end counts what the object gave.
func (r *reader) end() {
	o := &r.b.Objects[r.object]
	o.Inflated = r.at(len(r.data))
	o.Events += len(r.b.Events.Rows) - r.rows0[0]
	o.Others += len(r.b.Aggregated.Rows) - r.rows0[1]
	o.Misfits, o.Replaced = r.misfits, r.replaced
	for i := range r.b.Damaged[r.damaged0:] {
		d := &r.b.Damaged[r.damaged0+i]
		d.Object = r.object
		if !d.Replaced {
			o.Damaged++
		}
	}
	if r.whole && o.Skipped == "" && r.strangers > 0 && r.strangers == o.Damaged && o.Events+o.Others+o.LeftOut == 0 {
		o.Skipped, o.Damaged = skippedForeign, 0
		r.b.Damaged = r.b.Damaged[:r.damaged0]
	}
}

// undo takes the object out of the batch.
func (r *reader) undo() {
	b := r.b
	b.Objects, b.Damaged = b.Objects[:r.object], b.Damaged[:r.damaged0]
	for i, rows := range [...]*Rows{&b.Events, &b.Aggregated} {
		rows.Rows, rows.entries = rows.Rows[:r.rows0[i]], rows.entries[:r.entries0[i]]
	}
}
