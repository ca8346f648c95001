package cloudtrail

import "bytes"

// lines is what is known of how top-level values lie on lines.
type lines struct {
	// one is set when the last value was on one line, and each when a line
	// end came after it: then a fault ends with its line.
	one, each bool
	// strict is set when a value was sought over several lines in vain, so
	// that this is not done for each of a million bad lines.
	strict bool
}

// gap notes the white space after a value.
func (l *lines) gap(space []byte) {
	l.each = l.each || l.one && bytes.IndexByte(space, '\n') >= 0
}

// oneDocument takes the object at i; in a text with a value a line, with its
// line as limit, unless only more lines make it whole.
func (r *reader) oneDocument(i int) bool {
	data := r.data
	defer func() { r.data = data }()
	line := -1
	if r.lines.each {
		if line = bytes.IndexByte(data[i:], '\n'); line >= 0 {
			r.data = data[:i+line]
		}
	}
	mark := r.checkpoint()
	ok := r.document(i)
	if !ok && line >= 0 && r.fault.short {
		short := r.fault
		if r.fault.short = false; r.lines.strict {
			return false
		}
		// As far as a record may be long, so that one line that is cut
		// does not make all others wait for its end.
		r.rollback(mark)
		r.data = data[:min(len(data), i+r.limits.record)]
		if ok = r.document(i); !ok && !r.full && !(r.fault.short && !r.whole && len(r.data) == len(data)) {
			r.lines.strict = true
			short.short = false
			r.fault = short
		}
	}
	if ok && len(r.places) == 0 {
		r.lines = lines{one: bytes.IndexByte(data[i:r.pos], '\n') < 0, strict: r.lines.strict}
	}
	return ok
}

// lineFault makes the line with the fault a damaged record, where the text has
// a value a line, goes on after it and clears the fault. It leaves it if it is
// the whole object's: in an array of records, or in the last line, which was cut.
func (r *reader) lineFault() {
	if len(r.places) > 0 || r.container || r.csv.column > 0 {
		return
	}
	i := r.space(r.pos)
	n := bytes.IndexByte(r.data[i:], '\n')
	if n < 0 {
		r.fault.short = !r.whole
		return
	}
	if r.fault.at > i+n {
		return
	}
	end := i + n
	if !r.lines.each && r.space(end) >= len(r.data) {
		r.fault.short = !r.whole
		return
	}
	r.refuse(i, end, r.fault.what, false)
	r.badLines++
	r.fault = fault{}
	r.met, r.lines.each = true, true
}

// maxHeader is how long the first line of a CSV file may be.
const maxHeader = 64 << 10

// line takes a line that does not begin with a JSON value that can hold records:
// an export's "TIMESTAMP {…}", or the header of a CSV file. Other text is no log.
func (r *reader) line(i int) (done, ok bool) {
	line := r.data[i:min(len(r.data), i+maxHeader)]
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	} else if !r.whole && len(line) < maxHeader {
		r.failShort()
		return false, false
	}
	if at := exported(line); at > 0 {
		r.pos = i + at
		return false, true
	}
	if r.met {
		r.fail(i, "not a JSON value")
		return false, false
	}
	if r.csv = parseHeader(line); r.csv.column > 0 {
		r.met = true
		r.pos = i + len(line)
		return false, true
	}
	r.b.Objects[r.object].Skipped = skippedForeign
	return true, true
}

// exported is where the record begins in a line of an export, "TIMESTAMP {…}"; 0 if
// it is none.
func exported(line []byte) int {
	at := bytes.IndexByte(line, ' ')
	if at < 10 || at > 40 || !isTimestamp(line[:at]) {
		return 0
	}
	for at < len(line) && line[at] == ' ' {
		at++
	}
	if at == len(line) || line[at] != '{' {
		return 0
	}
	return at
}

func isTimestamp(word []byte) bool {
	for _, c := range word {
		if c-'0' > 9 && bytes.IndexByte([]byte("-:.TZ+"), c) < 0 {
			return false
		}
	}
	return true
}

// A csvHeader says which field of a CSV file holds a record, counted from 1, of
// how many; 0 if none does.
type csvHeader struct{ column, fields int }

// parseHeader looks in a header line for the column eventJson, as files with
// CloudTrail Lake's results have it.
func parseHeader(line []byte) (h csvHeader) {
	for name := range bytes.SplitSeq(bytes.TrimRight(line, "\r"), []byte{','}) {
		h.fields++
		if string(bytes.Trim(name, `" `)) == "eventJson" {
			h.column = h.fields
		}
	}
	return h
}

// csvRow takes the row of a CSV file at i.
func (r *reader) csvRow(i int) bool {
	start, field := i, 1
	var from, to int
	for {
		begin := i
		end, ok := r.csvField(i)
		if !ok {
			return false
		}
		if field == r.csv.column {
			from, to = begin, end
		}
		i = end
		if i < len(r.data) && r.data[i] == ',' {
			field++
			i++
			continue
		}
		break
	}
	text := r.data[from:to]
	if len(text) >= 2 && text[0] == '"' {
		text = bytes.ReplaceAll(text[1:len(text)-1], []byte(`""`), []byte(`"`))
	}
	if field != r.csv.fields {
		return r.refuse(start, i, "a row with another number of fields than the header", false)
	}
	mark := r.checkpoint()
	off, n := r.side(text)
	return !r.full && r.inner(off, n, start, i, mark)
}

// csvField returns the end of the field at i, whose quotes are doubled.
func (r *reader) csvField(i int) (end int, ok bool) {
	if i < len(r.data) && r.data[i] == '"' {
		for i++; ; i += 2 {
			n := bytes.IndexByte(r.data[i:], '"')
			if n < 0 {
				r.failShort()
				return 0, false
			}
			i += n
			if i+1 >= len(r.data) && !r.whole {
				r.failShort()
				return 0, false
			}
			if i+1 >= len(r.data) || r.data[i+1] != '"' {
				i++
				break
			}
		}
		if i < len(r.data) && bytes.IndexByte([]byte(",\r\n"), r.data[i]) < 0 {
			r.fail(i, "text after a quoted field")
			return 0, false
		}
		return i, true
	}
	n := bytes.IndexAny(r.data[i:], ",\r\n")
	if n < 0 {
		if !r.whole {
			r.failShort()
			return 0, false
		}
		n = len(r.data) - i
	}
	return i + n, true
}
