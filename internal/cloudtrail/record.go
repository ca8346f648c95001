package cloudtrail

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/ctsql/ctsql/internal/s3logs"
)

// A Filter says which records to keep; its zero value keeps all. Accounts and
// Regions are asked of events alone: a line of an access log does not have them.
type Filter struct {
	Since, Until int64 // microseconds since 1970, Since inclusive, Until exclusive; 0 or NoTime for none
	Accounts     []string
	Regions      []string
	Only         Log `json:",omitempty"` // records of this kind of log
}

// only is the one kind of log that the filter keeps.
func (f *Filter) only() Log {
	if f == nil {
		return AnyLog
	}
	return f.Only
}

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

// An extra is a member that the schema does not know, or whose value does not
// fit its column: where its name and its value are.
type extra struct {
	in         *Column
	key, value [2]int
	// not Unicode
	oddName, oddValue bool
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
		d.rows.Rows[n].Hash = hashIdentity(d.row.Time, k)
	}
}

func hashIdentity(time int64, k [maxKey][]byte) uint64 {
	h := uint64(time)
	for _, text := range k {
		if text != nil {
			h = h*0x9e3779b97f4a7c15 + maphash.Bytes(seed, text)
		}
	}
	return max(h, 1)
}

// keeps reports whether the filter keeps the record that d has decoded. It keeps
// all summaries.
func (f *Filter) keeps(d *recorder) bool {
	switch {
	case f == nil:
		return true
	case f.Only != AnyLog && (f.Only == AccessLog) != (d.rows.Table == Requests):
		return false
	case d.rows.Table == Aggregated:
		return true
	}
	t, since, until := d.row.Time, f.Since != 0 && f.Since != NoTime, f.Until != 0 && f.Until != NoTime
	if since && t < f.Since || until && t >= f.Until || (since || until) && t == NoTime {
		return false
	}
	if d.rows.Table != Events || len(f.Accounts) == 0 && len(f.Regions) == 0 {
		return true
	}
	var recipient, identity, issuer, region []byte
	for _, e := range d.rows.entries[d.row.first:] {
		switch e.ID() {
		case recipientAccount.ID:
			recipient = d.rows.Text(e)
		case identityAccount.ID:
			identity = d.rows.Text(e)
		case issuerAccount.ID:
			issuer = d.rows.Text(e)
		case awsRegion.ID:
			region = d.rows.Text(e)
		}
	}
	account := cmp.Or(string(recipient), string(identity), string(issuer))
	return (len(f.Accounts) == 0 || slices.Contains(f.Accounts, account)) &&
		(len(f.Regions) == 0 || slices.Contains(f.Regions, string(region)))
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

// unknown takes the value at i of a member that in does not know.
func (d *recorder) unknown(in *Column, i int) int {
	x := extra{in: in, key: d.member, oddName: d.oddName}
	end := d.value(i)
	if end >= 0 {
		x.value, x.oddValue = [2]int{i, end}, d.notUnicode
		d.extras = append(d.extras, x)
		d.notUnicode = false
	}
	return end
}

// misfit takes the value at i that does not fit column c, unless it is null.
func (d *recorder) misfit(c *Column, i int) int {
	if i < len(d.data) && d.data[i] == 'n' {
		return d.literal(i, "null")
	}
	d.misfits++
	return d.unknown(c.parent, i)
}

// column decodes the value at i into column c.
func (d *recorder) column(c *Column, i int) int {
	if i >= len(d.data) {
		return d.failShort()
	}
	switch first := d.data[i]; c.Kind {
	case Text:
		if first == '"' {
			return d.text(c.ID, i+1, 0)
		}
	case Bool:
		return d.bool(c, i)
	case Time:
		if first == '"' {
			return d.time(c, i)
		}
	case Integer, BigInt:
		return d.integer(c, i)
	case JSON:
		return d.json(c, i)
	case Struct:
		if first == '{' && c.parent.ID < 0 {
			return d.structure(c, i)
		}
		if first == '{' {
			return d.newStructure(c, i)
		}
	case List:
		if first == '[' {
			return d.list(c, i)
		}
	case Map:
		if first == '{' {
			return d.mapping(c, i)
		}
	}
	return d.misfit(c, i)
}

// text puts the string that begins at i; add is added to the length told.
func (d *recorder) text(id, i, add int) int {
	end := d.str(i)
	if end < 0 {
		return -1
	}
	off, n := i, end-i
	if d.escaped || d.notUnicode {
		if d.notUnicode {
			d.replace(i, end)
		}
		if off, n = d.side(appendUnquoted(d.spare(n*3), d.data[i:end])); d.full {
			return -1
		}
	}
	d.put(id, off, n+add)
	return end + 1
}

// spare is memory in the arena behind its text, to build a text in.
func (d *recorder) spare(n int) []byte {
	if room := d.b.text.room(); n <= len(room) {
		return room[:0:n]
	}
	return nil
}

// side adds the text to the arena, and returns where it lies.
func (d *recorder) side(text []byte) (off, n int) {
	off, err := d.b.text.add(text)
	if err != nil {
		d.full = true
	}
	return off, len(text)
}

// at is the offset in the object of offset i in data.
func (d *recorder) at(i int) int64 {
	if d.standsAt > 0 {
		i = d.standsAt
	}
	return int64(i-d.start) + d.skipped
}

// replace notes that the text from i to end is not Unicode.
func (d *recorder) replace(i, end int) {
	d.notUnicode = false
	d.replaced++
	d.b.Damaged = append(d.b.Damaged, Damaged{
		Byte: d.at(i), Text: slices.Clone(d.data[i:min(end, i+damagedText)]),
		Reason: "text that is not Unicode: shown with U+FFFD", Replaced: true,
	})
}

func (d *recorder) bool(c *Column, i int) int {
	quoted, at := d.data[i] == '"', i
	if quoted {
		at++
	}
	word, v := "false", 0
	if at < len(d.data) && d.data[at] == 't' {
		word, v = "true", 1
	}
	end := at + len(word)
	if end > len(d.data) || string(d.data[at:end]) != word {
		return d.misfit(c, i)
	}
	if quoted {
		if end >= len(d.data) || d.data[end] != '"' {
			return d.misfit(c, i)
		}
		end++
	}
	d.put(c.ID, 0, v)
	return end
}

func (d *recorder) integer(c *Column, i int) int {
	end := i
	for end < len(d.data) && d.data[end]-'0' <= 9 {
		end++
	}
	v, ok := s3logs.Number(d.data[i:end])
	if end < len(d.data) && bytes.IndexByte([]byte(".eE"), d.data[end]) >= 0 || !ok || c.Kind == Integer && v >= 1<<31 {
		return d.misfit(c, i)
	}
	d.rows.entries = append(d.rows.entries, intEntry(c.ID, v))
	return end
}

func (d *recorder) time(c *Column, i int) int {
	end := d.str(i + 1)
	if end < 0 {
		return -1
	}
	text := d.data[i+1 : end]
	if d.escaped {
		text = appendUnquoted(nil, text)
	}
	t, ok := parseTime(text)
	if !ok {
		d.notUnicode = false
		return d.misfit(c, i)
	}
	d.row.Time = t
	return end + 1
}

func (d *recorder) json(c *Column, i int) int {
	end := d.value(i)
	if end < 0 || d.data[i] == 'n' {
		return end
	}
	off, n := i, end-i
	if d.notUnicode {
		d.replace(i, end)
		if off, n = d.side(appendUnicode(d.spare(n*3), d.data[i:end])); d.full {
			return -1
		}
	}
	d.put(c.ID, off, n)
	return end
}

// list decodes an array of objects. If any element is not all in the columns,
// the whole array is kept in extra as well.
func (d *recorder) list(c *Column, i int) int {
	key, oddName, start, extras, mark := d.member, d.oddName, i, len(d.extras), d.checkpoint()
	d.put(c.ID, 0, 0)
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == ']' {
		return i + 1
	}
	objects := true
	for {
		if i >= len(d.data) {
			return d.failShort()
		}
		objects = objects && (d.data[i] == '{' || d.data[i] == 'n')
		if i = d.after(d.listElement(c, i)); i < 0 {
			return -1
		}
		if d.data[i] == ']' {
			break
		}
		if d.data[i] != ',' {
			return d.fail(i, "no comma or ] after an element")
		}
		i = d.space(i + 1)
	}
	if objects && len(d.extras) == extras {
		return i + 1
	}
	// What is not Unicode in it is told of the array, what does not fit
	// counts once.
	misfit := !objects || d.misfits > mark.misfits
	d.b.Damaged, d.replaced, d.misfits = d.b.Damaged[:mark.damaged], mark.replaced, mark.misfits
	if misfit {
		d.misfits++
	}
	d.extras, d.member, d.oddName = d.extras[:extras], key, oddName
	return d.unknown(c.parent, start)
}

func (d *recorder) listElement(c *Column, i int) int {
	if d.data[i] != '{' {
		d.put(c.ID, 0, 2)
		i = d.value(i)
		d.notUnicode = false
		return i
	}
	d.put(c.ID, 0, 1)
	for _, m := range c.Members {
		d.seen[m.ID/64] &^= 1 << (m.ID % 64)
	}
	return d.members(c, i)
}

// mapping decodes an object of strings. If any value is something else, or a
// name comes twice, the object is kept in extra instead.
func (d *recorder) mapping(c *Column, i int) int {
	start, mark := i, d.checkpoint()
	d.put(c.ID, 0, 0)
	names := len(d.rows.entries)
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == '}' {
		return i + 1
	}
	fits := true
	for fits {
		if i, fits = d.mapMember(c, i); !fits {
			break
		}
		if i = d.after(i); i < 0 {
			return -1
		}
		if d.data[i] == '}' {
			if fits = !d.repeats(names, c.ID); fits {
				return i + 1
			}
			break
		}
		if d.data[i] != ',' {
			return d.fail(i, "no comma or } after a member")
		}
		i = d.space(i + 1)
	}
	d.rollback(mark)
	return d.misfit(c, start)
}

// mapMember decodes the member at i of a Map. It reports false if its value is
// none for a Map.
func (d *recorder) mapMember(c *Column, i int) (end int, fits bool) {
	if i >= len(d.data) || d.data[i] != '"' {
		return d.key(i), true // which fails
	}
	if i = d.text(c.ID, i+1, 1); i < 0 {
		return -1, true
	}
	if i = d.colon(i); i < 0 {
		return -1, true
	}
	if i >= len(d.data) {
		return d.failShort(), true
	}
	switch d.data[i] {
	case '"':
		return d.text(c.ID+1, i+1, 0), true
	case 'n':
		return d.literal(i, "null"), true
	}
	return i, false
}

// repeats reports whether a name with this ID comes twice from entry i on: the
// engine's maps must not have that.
func (d *recorder) repeats(i, id int) bool {
	seen := map[string]bool{}
	for _, e := range d.rows.entries[i:] {
		if e.ID() != id {
			continue
		}
		name := d.rows.Text(e)[:e.Len()-1]
		if seen[string(name)] {
			return true
		}
		seen[string(name)] = true
	}
	return false
}

// putExtras writes the members that found no column as one JSON object, nested
// as they were.
func (d *recorder) putExtras() {
	if len(d.extras) == 0 {
		return
	}
	room := 2
	for _, x := range d.extras {
		room += 3*(x.key[1]-x.key[0]+x.value[1]-x.value[0]) + 64
	}
	if off, n := d.side(d.appendExtras(d.spare(room), &d.rows.Table.root)); !d.full {
		d.put(d.rows.Table.extra.ID, off, n)
	}
}

func (d *recorder) appendExtras(dst []byte, in *Column) []byte {
	open := byte('{')
	for _, x := range d.extras {
		if x.in != in {
			continue
		}
		dst = append(dst, open, '"')
		dst = d.appendExtra(dst, x.key, x.oddName)
		dst = append(dst, '"', ':')
		dst = d.appendExtra(dst, x.value, x.oddValue)
		open = ','
	}
	for _, c := range in.Members {
		if c.Kind == Struct && slices.ContainsFunc(d.extras, func(x extra) bool { return within(x.in, c) }) {
			dst = append(dst, open, '"')
			dst = append(append(dst, c.Name...), '"', ':')
			dst = d.appendExtras(dst, c)
			open = ','
		}
	}
	return append(dst, '}')
}

// appendExtra appends a name or a value; odd says that it is not Unicode.
func (d *recorder) appendExtra(dst []byte, at [2]int, odd bool) []byte {
	if odd {
		d.replace(at[0], at[1])
		return appendUnicode(dst, d.data[at[0]:at[1]])
	}
	return append(dst, d.data[at[0]:at[1]]...)
}

// within reports whether c is a or above it.
func within(a, c *Column) bool {
	for ; a != nil; a = a.parent {
		if a == c {
			return true
		}
	}
	return false
}
