package cloudtrail

import (
	"hash/maphash"
	"slices"
)

// maxRecord is how long a record may be, in bytes. CloudTrail's limit is 1 MB.
const maxRecord = 16 << 20

// A Filter says which events to keep; its zero value keeps all.
type Filter struct {
	Since, Until int64 // microseconds since 1970, Since inclusive, Until exclusive; NoTime for none
	Accounts     []string
	Regions      []string
}

// recorder decodes one record at a time into rows of its batch.
type recorder struct {
	scanner
	b      *Batch
	filter *Filter

	// start is where the text begins in the arena, and skipped how much of
	// the object came before that.
	start   int
	skipped int64
	// standsAt is, for a record that is text in another, where that is; else 0.
	standsAt int

	rows   *Rows
	row    Row
	seen   [MaxIDs / 64]uint64
	extras []extra
	// tooLong is set when a text does not fit an Entry.
	tooLong  bool
	misfits  int
	replaced int
	// member is where the name of the member being read is.
	member [2]int
}

// An extra is a member that the schema does not know, or whose value does not
// fit its column: where its name and its value are.
type extra struct {
	in         *Column
	key, value [2]int
	notUnicode bool
}

// A checkpoint is what to go back to when a record turns out to be none.
type checkpoint struct{ entries, text, damaged, misfits, replaced int }

func (d *recorder) checkpoint() checkpoint {
	return checkpoint{len(d.rows.entries), d.b.text.n, len(d.b.Damaged), d.misfits, d.replaced}
}

func (d *recorder) rollback(c checkpoint) {
	d.rows.entries, d.b.text.n, d.b.Damaged = d.rows.entries[:c.entries], c.text, d.b.Damaged[:c.damaged]
	d.misfits, d.replaced = c.misfits, c.replaced
}

// record decodes the object at i as a row of t, without keeping it yet, and
// returns the offset after it, or -1. inside may end it early: see members.
func (d *recorder) record(rows *Rows, i int, inside func(key []byte, value int) bool) int {
	d.rows = rows
	d.row = Row{Time: NoTime, first: uint32(len(rows.entries))}
	d.seen, d.extras, d.tooLong = [MaxIDs / 64]uint64{}, d.extras[:0], false
	return d.members(&rows.Table.root, i, inside)
}

// keep makes what record decoded a row.
func (d *recorder) keep(object int, index int64) {
	d.putExtras()
	d.row.Object, d.row.Index, d.row.end = object, index, uint32(len(d.rows.entries))
	d.rows.Rows = append(d.rows.Rows, d.row)
	if d.rows.Table == Events {
		n := len(d.rows.Rows) - 1
		if k := d.rows.identity(n); k[0] != nil {
			d.rows.Rows[n].Hash = hashIdentity(d.row.Time, k)
		}
	}
}

func hashIdentity(time int64, k [3][]byte) uint64 {
	h := uint64(time)
	for _, text := range k {
		h = h*0x9e3779b97f4a7c15 + maphash.Bytes(seed, text)
	}
	return max(h, 1)
}

// matches reports whether the filter keeps the record.
func (d *recorder) matches() bool {
	f := d.filter
	if f == nil {
		return true
	}
	t := d.row.Time
	if f.Since != NoTime && t < f.Since || f.Until != NoTime && (t >= f.Until || t == NoTime) {
		return false
	}
	if len(f.Accounts) == 0 && len(f.Regions) == 0 {
		return true
	}
	var account, recipient, region string
	for _, e := range d.rows.entries[d.row.first:] {
		switch e.ID() {
		case recipientAccount.ID:
			recipient = string(d.rows.Text(e))
		case identityAccount.ID:
			account = string(d.rows.Text(e))
		case awsRegion.ID:
			region = string(d.rows.Text(e))
		}
	}
	if recipient != "" {
		account = recipient
	}
	return (len(f.Accounts) == 0 || slices.Contains(f.Accounts, account)) &&
		(len(f.Regions) == 0 || slices.Contains(f.Regions, region))
}

// first reports that the column with this ID has had no value in this record yet.
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
// returns the offset after it. If inside is given, it is asked about each member
// that in does not know; when it answers true, members stops at its value and
// returns where that begins.
func (d *recorder) members(in *Column, i int, inside func(key []byte, value int) bool) int {
	last := 0
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == '}' {
		return i + 1
	}
	for {
		start := i + 1
		if i = d.key(i); i < 0 {
			return -1
		}
		d.member = [2]int{start, d.keyEnd}
		name := d.data[start:d.keyEnd]
		if d.escaped || d.notUnicode {
			name = appendUnquoted(nil, name)
		}
		if c := in.find(name, &last); c != nil && d.firstTime(c.ID) {
			i = d.column(c, i)
		} else if inside != nil && inside(name, i) {
			return i
		} else {
			i = d.unknown(in, i)
		}
		if i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.data) {
			return d.failShort()
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

// unknown takes the value at i of a member that in does not know.
func (d *recorder) unknown(in *Column, i int) int {
	key := d.member
	end := d.value(i)
	if end >= 0 {
		d.extras = append(d.extras, extra{in: in, key: key, value: [2]int{i, end}, notUnicode: d.notUnicode})
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
	case JSON:
		return d.json(c, i)
	case Struct:
		if first == '{' {
			d.put(c.ID, 0, 0)
			return d.members(c, i, nil)
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
		var ok bool
		if off, n, ok = d.side(appendUnquoted(d.spare(n*3), d.data[i:end])); !ok {
			return d.fail(i, errArenaFull.Error())
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
func (d *recorder) side(text []byte) (off, n int, ok bool) {
	off, err := d.b.text.add(text)
	return off, len(text), err == nil
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
	for v, words := range [2][2]string{{"false", `"false"`}, {"true", `"true"`}} {
		for _, w := range words {
			if n := i + len(w); n <= len(d.data) && string(d.data[i:n]) == w {
				d.put(c.ID, 0, v)
				return n
			}
		}
	}
	return d.misfit(c, i)
}

func (d *recorder) time(c *Column, i int) int {
	end := d.str(i + 1)
	if end < 0 {
		return -1
	}
	t, ok := parseTime(d.data[i+1 : end])
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
		var ok bool
		if off, n, ok = d.side(appendUnicode(d.spare(n*3), d.data[i:end])); !ok {
			return d.fail(i, errArenaFull.Error())
		}
	}
	d.put(c.ID, off, n)
	return end
}

// list decodes an array of objects. If any element is not all in the columns,
// the whole array is kept in extra as well.
func (d *recorder) list(c *Column, i int) int {
	key, start, extras, misfits := d.member, i, len(d.extras), d.misfits
	d.put(c.ID, 0, 0)
	whole := true
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == ']' {
		return i + 1
	}
	for {
		if i >= len(d.data) {
			return d.failShort()
		}
		if d.data[i] == '{' {
			d.put(c.ID, 0, 1)
			for _, m := range c.Members {
				d.seen[m.ID/64] &^= 1 << (m.ID % 64)
			}
			i = d.members(c, i, nil)
		} else {
			d.put(c.ID, 0, 2)
			whole = whole && d.data[i] == 'n'
			i = d.value(i)
			d.notUnicode = false
		}
		if i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.data) {
			return d.failShort()
		}
		if d.data[i] == ']' {
			break
		}
		if d.data[i] != ',' {
			return d.fail(i, "no comma or ] after an element")
		}
		i = d.space(i + 1)
	}
	if !whole || len(d.extras) > extras {
		if !whole || d.misfits > misfits {
			d.misfits = misfits + 1
		}
		d.extras = d.extras[:extras]
		d.member = key
		return d.unknown(c.parent, start)
	}
	return i + 1
}

// mapping decodes an object of strings. If any value is something else, the
// object is kept in extra instead.
func (d *recorder) mapping(c *Column, i int) int {
	key, start, entries, replaced, damaged := d.member, i, len(d.rows.entries), d.replaced, len(d.b.Damaged)
	refuse := func() int {
		d.rows.entries, d.member = d.rows.entries[:entries], key
		d.replaced, d.b.Damaged = replaced, d.b.Damaged[:damaged]
		return d.misfit(c, start)
	}
	d.put(c.ID, 0, 0)
	if i = d.space(i + 1); i < len(d.data) && d.data[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(d.data) || d.data[i] != '"' {
			return d.key(i)
		}
		if i = d.text(c.ID, i+1, 1); i < 0 {
			return -1
		}
		if i = d.colon(i); i < 0 || i >= len(d.data) {
			return d.failShortAt(i)
		}
		switch d.data[i] {
		case '"':
			i = d.text(c.ID+1, i+1, 0)
		case 'n':
			i = d.literal(i, "null")
		default:
			return refuse()
		}
		if i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.data) {
			return d.failShort()
		}
		switch d.data[i] {
		case ',':
			i = d.space(i + 1)
		case '}':
			if d.repeats(entries+1, c.ID) {
				return refuse()
			}
			return i + 1
		default:
			return d.fail(i, "no comma or } after a member")
		}
	}
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

// failShortAt fails for a text that ended, unless i tells of a fault already.
func (d *recorder) failShortAt(i int) int {
	if i < 0 {
		return -1
	}
	return d.failShort()
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
	off, n, ok := d.side(d.appendExtras(d.spare(room), &d.rows.Table.root))
	if !ok {
		d.tooLong = true
		return
	}
	d.put(d.rows.Table.column("extra").ID, off, n)
}

func (d *recorder) appendExtras(dst []byte, in *Column) []byte {
	open := byte('{')
	for _, x := range d.extras {
		if x.in == in {
			dst = append(dst, open, '"')
			dst = appendUnicode(dst, d.data[x.key[0]:x.key[1]])
			dst = append(dst, '"', ':')
			if x.notUnicode {
				d.replace(x.value[0], x.value[1])
				dst = appendUnicode(dst, d.data[x.value[0]:x.value[1]])
			} else {
				dst = append(dst, d.data[x.value[0]:x.value[1]]...)
			}
			open = ','
		}
	}
	for _, c := range in.Members {
		if slices.ContainsFunc(d.extras, func(x extra) bool { return within(x.in, c) }) {
			dst = append(dst, open, '"')
			dst = append(append(dst, c.Name...), '"', ':')
			dst = d.appendExtras(dst, c)
			open = ','
		}
	}
	return append(dst, '}')
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
