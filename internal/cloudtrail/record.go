package cloudtrail

import (
	"github.com/ctsql/ctsql/internal/s3logs"
)

// recorder decodes one record at a time into rows of its batch.
type recorder struct {
	scanner
	b      *Batch
	filter *Filter
	limits limits

	// start is where the text begins in the arena, and skipped how much of
	// the object came before that.
	start   int
	skipped int64
	// standsAt is, for a record that is text in another, where that is; else 0.
	standsAt int
	// full is set when the arena has no room for a text.
	full bool

	misfits, replaced int
	memo              *memo
	fields            s3logs.Line

	// Of the record being decoded:
	rows   *Rows
	row    Row
	limit  int // where it is too long
	seen   [MaxIDs / 64]uint64
	extras []extra
	// tooLong is set when a text does not fit an Entry.
	tooLong bool
	// member is where the name of the member being read is, and oddName is
	// set if that is not Unicode.
	member  [2]int
	oddName bool
	// seek and inside: see record.
	seek   bool
	inside int
}

// A checkpoint is what to go back to when a record turns out to be none.
type checkpoint struct{ events, aggregated, requests, text, damaged, misfits, replaced int }

func (d *recorder) checkpoint() checkpoint {
	b := d.b
	return checkpoint{len(b.Events.entries), len(b.Aggregated.entries), len(b.Requests.entries),
		b.text.n, len(b.Damaged), d.misfits, d.replaced}
}

func (d *recorder) rollback(c checkpoint) {
	b := d.b
	b.Events.entries, b.Aggregated.entries = b.Events.entries[:c.events], b.Aggregated.entries[:c.aggregated]
	b.Requests.entries = b.Requests.entries[:c.requests]
	b.text.n, b.Damaged = c.text, b.Damaged[:c.damaged]
	d.misfits, d.replaced = c.misfits, c.replaced
}

// record decodes the object at i as a row of rows, without keeping it yet, and
// returns the offset after it, or -1. While seek is set it stops at an array that
// holds records, and sets inside to where that begins.
func (d *recorder) record(rows *Rows, i int) int {
	d.rows = rows
	d.row = Row{Time: NoTime, first: uint32(len(rows.entries))}
	d.seen, d.extras, d.tooLong, d.notUnicode = [MaxIDs / 64]uint64{}, d.extras[:0], false, false
	d.limit = i + d.limits.record
	return d.members(&rows.Table.root, i)
}

// known reports whether the object being decoded has what only a record has.
func (d *recorder) known() bool {
	return d.has(eventID) || d.has(eventTime) || d.has(eventName) || d.has(eventSource)
}

// holdsRecords reports whether the value at i of the object's member called name
// is an array of records.
func (d *recorder) holdsRecords(name []byte, i int) bool {
	return i < len(d.data) && d.data[i] == '[' && isContainer(name) && !d.known()
}

// isContainer reports whether members of this name hold records.
func isContainer(name []byte) bool {
	switch string(name) {
	case "Records", "Events", "events", "logEvents":
		return true
	}
	return false
}

// keep makes what record decoded a row.
func (d *recorder) keep(object int, index int64) {
	d.row.Object, d.row.Index, d.row.end = object, index, uint32(len(d.rows.entries))
	d.rows.Rows = append(d.rows.Rows, d.row)
	n := len(d.rows.Rows) - 1
	if k := d.rows.identity(n); len(k[0]) > 0 {
		d.rows.Rows[n].Key = newRowKey(d.row.Time, k[:len(d.rows.Table.Key)])
	}
}

// firstTime reports that the column with this ID has had no value in this record yet.
func (d *recorder) firstTime(id int) bool {
	word, bit := &d.seen[id/64], uint64(1)<<(id%64)
	was := *word & bit
	*word |= bit
	return was == 0
}

func (d *recorder) has(c *Column) bool { return d.seen[c.ID/64]>>(c.ID%64)&1 == 1 }

func (d *recorder) put(id, off, n int) {
	if n > maxText {
		d.tooLong = true
		return
	}
	d.rows.entries = append(d.rows.entries, entry(id, off, n))
}

// members decodes the members of the object at i into the columns of in, and
// returns the offset after it.
func (d *recorder) members(in *Column, i int) int {
	last := 0
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == '}' {
		return i + 1
	}
	for {
		start := i + 1
		if i = d.key(i); i < 0 {
			return -1
		}
		d.member, d.oddName = [2]int{start, d.keyEnd}, d.notUnicode
		d.notUnicode = false
		name := d.data[start:d.keyEnd]
		if d.keyEscaped {
			name = appendUnquoted(nil, name)
		}
		if c := in.find(name, &last); c != nil && d.firstTime(c.ID) {
			i = d.column(c, i)
		} else if d.seek && in.ID < 0 && d.holdsRecords(name, i) {
			d.inside = i
			return i
		} else {
			i = d.unknown(in, i)
		}
		if i = d.after(i); i < 0 {
			return -1
		}
		switch d.data[i] {
		case ',':
			i = d.space(i + 1)
		case '}':
			return i + 1
		default:
			return d.fail(i, "no comma or } after a member")
		}
	}
}

// after returns the offset of what comes after the value that ends at i, which
// may be -1 for a fault in it. It fails where the record is too long.
func (d *recorder) after(i int) int {
	if i < 0 {
		return -1
	}
	if i = d.space(i); i >= len(d.data) {
		return d.failShort()
	}
	if i > d.limit {
		d.fault = fault{at: i, what: "a record that is too long", hostile: true}
		return -1
	}
	return i
}
