package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
)

// damagedText is how much of a damaged record is kept.
const damagedText = 4 << 10

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
	skippedForeign = "not a log of CloudTrail or S3"
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
	// whole is set when there is no more text than there is in data, and
	// done when there is no more to be read from it.
	whole, done bool

	places []place
	pos    int
	csv    csvHeader
	lines  lines
	// lineLog is set for the lines of an access log, and longLine inside of
	// one that is too long to be held.
	lineLog, longLine bool
	// unsure is set while there is too little text to say whether it is that.
	unsure bool
	// met is set when anything was met, container when that was an array of
	// records, and records when the last such was called "Records".
	met, container, records bool
	// strangers counts the values in Damaged that are well formed but have
	// nothing of a record, badLines those that are no JSON.
	strangers, badLines int

	before sizes // of the batch
	found  func(int64, []byte)
}

var (
	errMore    = errors.New("more text is needed")
	errCrowded = errors.New("more rows than a part may have")
)

// read takes records from data until it ends. With errMore and errCrowded, pos
// is at the first byte not taken yet; other errors are ErrFull and *Fault.
func (r *reader) read() error {
	for !r.crowded() {
		mark, pos := r.checkpoint(), r.pos
		done, ok := r.step()
		if done {
			r.done = true
			return nil
		}
		if ok {
			continue
		}
		r.rollback(mark)
		r.pos = pos
		if !r.full && !r.fault.short {
			r.lineFault()
		}
		switch {
		case r.full:
			return ErrFull
		case r.fault.short && !r.whole:
			return errMore
		case r.fault.what != "":
			return &Fault{Byte: r.at(r.fault.at), What: r.fault.what}
		}
	}
	return errCrowded
}

// crowded reports whether the object has given as much as may be handed over at once.
func (r *reader) crowded() bool {
	b, entries := r.b, 0
	for i, t := range b.Tables() {
		entries += len(t.entries) - r.before.entries[i]
	}
	return r.taken()+len(b.Damaged)-r.before.damaged >= r.limits.rows || entries >= 8*r.limits.rows
}

// taken is how many rows the object has given since before.
func (r *reader) taken() (n int) {
	for i, t := range r.b.Tables() {
		n += len(t.Rows) - r.before.rows[i]
	}
	return n
}

// step takes one element, or one piece of what is around elements. done is true
// at the end of the text; ok is false if there is a fault.
func (r *reader) step() (done, ok bool) {
	r.notUnicode = false
	here := between
	if n := len(r.places); n > 0 {
		here = r.places[n-1]
	}
	i := r.space(r.pos)
	if i > r.pos {
		// A step of its own, since white space may be longer than memory.
		r.lines.gap(r.data[r.pos:i])
		r.pos = i
		return false, true
	}
	if i >= len(r.data) {
		if here == between && r.whole {
			if !r.met {
				r.fail(i, "empty: a log is never empty")
			}
			return r.met, r.met
		}
		r.failShort()
		return false, false
	}
	switch here {
	case between:
		return r.top(i)
	case tail:
		return false, r.tail(i)
	default:
		return false, r.inArray(i, here)
	}
}

// inArray takes an element, or the end, of an array of records.
func (r *reader) inArray(i int, here place) bool {
	if r.data[i] == ']' {
		r.places = r.places[:len(r.places)-1]
		r.pos = i + 1
		return true
	}
	if here == next {
		if r.data[i] != ',' {
			r.fail(i, "no comma or ] after a record")
			return false
		}
		if i = r.space(i + 1); i >= len(r.data) {
			r.failShort()
			return false
		}
	}
	if !r.element(i) {
		return false
	}
	r.places[len(r.places)-1] = next
	return true
}

// tail takes one member, or the end, of an object that an array of records was
// a member of.
func (r *reader) tail(i int) bool {
	switch r.data[i] {
	case '}':
		r.places = r.places[:len(r.places)-1]
		r.pos = i + 1
		return true
	case ',':
		name := r.space(i+1) + 1
		if i = r.key(name - 1); i < 0 {
			return false
		}
		if i < len(r.data) && r.data[i] == '[' && isContainer(r.data[name:r.keyEnd]) {
			r.enter(i, string(r.data[name:r.keyEnd]) == "Records")
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

// enter goes into the array of records at i.
func (r *reader) enter(i int, records bool) {
	r.met, r.container, r.records = true, true, records
	r.lines = lines{}
	r.places = append(r.places, first)
	r.pos = i + 1
}

// top takes the top-level value at i: a record, an array of records, an object
// that holds such an array, or a line with something before a record.
func (r *reader) top(i int) (done, ok bool) {
	switch {
	case r.unsure:
		r.failShort()
		return false, false
	case r.lineLog:
		return false, r.requestLine(i)
	case r.csv.column > 0:
		return false, r.csvRow(i)
	case r.data[i] == '[':
		r.enter(i, false)
		return false, true
	case r.data[i] != '{':
		return r.line(i)
	}
	if !r.oneDocument(i) {
		return false, false
	}
	r.met = true
	return false, true
}

// document takes the object at i.
func (r *reader) document(i int) bool {
	mark := r.checkpoint()
	r.seek, r.inside = true, -1
	end := r.record(&r.b.Events, i)
	r.seek = false
	switch {
	case end < 0:
		return r.hostile(i, mark)
	case r.inside < 0:
		return r.classify(i, end, mark)
	}
	r.rollback(mark)
	r.places = append(r.places, tail)
	r.enter(r.inside, string(r.data[r.member[0]:r.member[1]]) == "Records")
	return true
}

// element takes the element at i of an array of records.
func (r *reader) element(i int) bool {
	mark := r.checkpoint()
	if r.data[i] != '{' {
		end := r.value(i)
		if end < 0 {
			return r.hostile(i, mark)
		}
		return r.refuse(i, end, "a record that is not an object", !r.records)
	}
	end := r.record(&r.b.Events, i)
	if end < 0 {
		return r.hostile(i, mark)
	}
	return r.classify(i, end, mark)
}

// hostile makes the value at i a damaged record if the fault is that it nests
// too deeply or is too long, and reports whether it did.
func (r *reader) hostile(i int, mark checkpoint) bool {
	if !r.fault.hostile {
		return false
	}
	what := r.fault.what
	end := r.skim(i)
	if end < 0 {
		return false
	}
	r.rollback(mark)
	if end-i > r.limits.record {
		what = r.tooBig(end - i)
	}
	return r.refuse(i, end, what, false)
}

func (r *reader) tooBig(n int) string {
	return fmt.Sprintf("a record of %d bytes: the limit is %d", n, r.limits.record)
}

const notRecord = "not a CloudTrail record"

// classify decides what the object from i to end is that record has decoded.
func (r *reader) classify(i, end int, mark checkpoint) bool {
	switch {
	case end-i > r.limits.record:
		r.rollback(mark)
		return r.refuse(i, end, r.tooBig(end-i), false)
	case !r.has(eventID) && !r.has(eventTime) && r.extra("eventId") != nil && (r.extra("timeWindow") != nil || r.extra("summary") != nil):
		r.rollback(mark)
		return r.record(&r.b.Aggregated, i) >= 0 && r.finish(i, end, mark)
	case r.known():
		return r.finish(i, end, mark)
	case r.isRequest():
		return r.requestObject(i, i, end, mark)
	}
	for _, name := range [...]string{"CloudTrailEvent", "detail", "message"} {
		if x := r.extra(name); x != nil {
			value := x.value
			r.rollback(mark)
			return r.unwrap(value, i, end, mark)
		}
	}
	if r.extra("digestS3Object") != nil && r.extra("logFiles") != nil {
		r.rollback(mark)
		r.b.Objects[r.object].Skipped = skippedDigest
		r.pos = end
		return true
	}
	if r.records && len(r.places) > 0 {
		// A record, however little it says.
		return r.finish(i, end, mark)
	}
	r.rollback(mark)
	return r.refuse(i, end, notRecord, true)
}

// finish keeps the record that was decoded and stands from i to end, or counts
// it as left out.
func (r *reader) finish(i, end int, mark checkpoint) bool {
	if !r.filter.keeps(&r.recorder) {
		r.rollback(mark)
		r.b.Objects[r.object].LeftOut++
		r.index++
		r.pos = end
		return true
	}
	r.putExtras()
	switch {
	case r.full:
		return false
	case r.tooLong:
		r.rollback(mark)
		return r.refuse(i, end, fmt.Sprintf("a text of more than %d bytes", maxText), false)
	}
	if r.found != nil {
		r.found(r.index, r.data[i:end])
	}
	r.keep(r.object, r.index)
	r.index++
	r.pos = end
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
func (r *reader) unwrap(value [2]int, i, end int, mark checkpoint) bool {
	at := value[0]
	switch r.data[at] {
	case '"':
		if bytes.HasPrefix(r.data[at+1:], []byte("CWL CONTROL MESSAGE")) {
			// CloudWatch Logs asks with it whether a subscription works.
			r.index++
			r.pos = end
			return true
		}
		off, n := r.side(appendUnquoted(r.spare(3*(value[1]-at)), r.data[at+1:value[1]-1]))
		return !r.full && r.inner(off, n, i, end, mark)
	case '{':
		switch {
		case r.record(&r.b.Events, at) < 0:
		case r.known():
			return r.finish(i, end, mark)
		case r.isRequest():
			return r.requestObject(at, i, end, mark)
		}
		r.rollback(mark)
	}
	return !r.full && r.refuse(i, end, notRecord, true)
}

// inner takes the record whose text of n bytes is at off in the arena, and which
// stands from i to end in the object.
func (r *reader) inner(off, n, i, end int, mark checkpoint) bool {
	data := r.data
	r.data, r.standsAt = r.b.text.mem[:off+n], i
	defer func() { r.data, r.standsAt = data, 0 }()
	what := notRecord
	if at := r.space(off); at < len(r.data) && r.data[at] == '{' {
		switch stop := r.record(&r.b.Events, at); {
		case r.full:
			return false
		case stop < 0:
			what = "in its text, " + r.fault.what
		case r.space(stop) < len(r.data):
			what = "in its text, more than one value"
		case r.known():
			return r.finish(i, end, mark)
		case r.isRequest():
			return r.requestObject(at, i, end, mark)
		}
	}
	r.rollback(mark)
	return r.refuse(i, end, what, what == notRecord)
}

// refuse makes the text from i to end a damaged record. stranger says that it
// has nothing of a record: an object of nothing else is no log.
func (r *reader) refuse(i, end int, why string, stranger bool) bool {
	if stranger {
		r.strangers++
	}
	r.damage(i, end, why)
	r.index++
	r.pos = end
	return true
}

// damage keeps the text from i to end, which is not a row.
func (r *reader) damage(i, end int, why string) {
	r.b.Damaged = append(r.b.Damaged, Damaged{
		Object: r.object, Byte: r.at(i), Text: bytes.Clone(r.b.text.mem[i:min(end, i+damagedText)]), Reason: why,
	})
}

// newReader enters the object into the batch.
func (d *Decoder) newReader(b *Batch, o Object, body Body) *reader {
	r := &reader{object: len(b.Objects), unsure: true, before: b.sizes()}
	r.b, r.filter, r.limits, r.memo, r.found = b, d.Filter, d.limit(), &b.memo, d.Found
	b.Objects = append(b.Objects, Decoded{Object: o, SHA256: body.SHA256})
	return r
}

// begin sets the reader to the text that lies in the arena from start on.
func (r *reader) begin(start int, whole bool) {
	r.data, r.start, r.pos, r.whole = r.b.text.mem[:r.b.text.n], start, start, whole
	r.memo.forget()
	if r.skipped == 0 && bytes.HasPrefix(r.data[start:], []byte("\xef\xbb\xbf")) {
		r.pos += 3
	}
	if r.unsure {
		r.sniff()
	}
}

// end counts what the object gave.
func (r *reader) end() {
	b := r.b
	o := &b.Objects[r.object]
	o.Inflated = r.at(len(r.data))
	for i, t := range b.Tables() {
		o.Rows[i] += len(t.Rows) - r.before.rows[i]
	}
	o.Misfits, o.Replaced = r.misfits, r.replaced
	for i := range b.Damaged[r.before.damaged:] {
		d := &b.Damaged[r.before.damaged+i]
		d.Object = r.object
		if !d.Replaced {
			o.Damaged++
		}
	}
	if r.done {
		r.skip(o)
	}
	for _, d := range b.Damaged[r.before.damaged:] {
		b.damaged += len(d.Text)
	}
}

// skip decides whether the object is none of ours.
func (r *reader) skip(o *Decoded) {
	rows := o.LeftOut
	for _, n := range o.Rows {
		rows += n
	}
	switch {
	case rows > 0:
		o.Skipped = ""
	case o.Skipped == "" && r.strangers > 0 && r.strangers+r.badLines == o.Damaged:
		o.Skipped = skippedForeign
	}
	if o.Skipped != "" {
		o.Damaged = 0
		r.b.Damaged = r.b.Damaged[:r.before.damaged]
	}
}

// undo takes the object out of the batch.
func (r *reader) undo() {
	r.b.Objects = r.b.Objects[:r.object]
	r.b.cut(r.before)
}
