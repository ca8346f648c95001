package cloudtrail

import "bytes"

// lineFault makes the line with the fault a damaged record, where the text has
// a value a line, and goes on after it. It reports false if the fault is the
// whole object's: in an array of records, or in the last line, which was cut.
func (r *reader) lineFault() bool {
	if len(r.places) > 0 || r.container || r.csv.column > 0 {
		return false
	}
	i := r.space(r.pos)
	n := bytes.IndexByte(r.data[i:], '\n')
	if n < 0 || r.fault.at > i+n {
		return false
	}
	end := i + n
	if !r.lines && r.space(end) >= len(r.data) {
		return false
	}
	if !r.whole && r.space(end) >= len(r.data) {
		// Whether there is more is not known yet; there is no harm in
		// taking the line for one of many.
		r.lines = true
	}
	r.strangers++
	r.damage(i, end, r.fault.what)
	r.index++
	r.fault = fault{}
	r.pos = end
	return true
}

// line takes a line that does not begin with a JSON value that can hold records:
// an export's "TIMESTAMP {…}", or the header of a CSV file. Other text is no log.
func (r *reader) line(i int) (done, ok bool) {
	n := bytes.IndexByte(r.data[i:], '\n')
	if n < 0 {
		if !r.whole {
			r.failShort()
			return false, false
		}
		n = len(r.data) - i
	}
	line := r.data[i : i+n]
	begun := r.index > 0 || r.container
	if at := bytes.IndexByte(line, ' '); at >= 10 && at <= 40 && isTimestamp(line[:at]) {
		if at += i; r.space(at) < i+n && r.data[r.space(at)] == '{' {
			r.pos = r.space(at)
			return false, true
		}
	}
	if !begun {
		if r.csv = parseHeader(line); r.csv.column > 0 {
			r.pos = i + n
			return false, true
		}
		r.b.Objects[r.object].Skipped = skippedForeign
		return true, true
	}
	r.fail(i, "not a JSON value")
	return false, false
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
		if string(bytes.Trim(name, `"`)) == "eventJson" {
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
	r.pos = i
	text := r.data[from:to]
	if len(text) >= 2 && text[0] == '"' {
		text = bytes.ReplaceAll(text[1:len(text)-1], []byte(`""`), []byte(`"`))
	}
	if field != r.csv.fields || to == 0 {
		r.damage(start, i, "a row with another number of fields than the header")
		r.index++
		return true
	}
	off, n, ok := r.side(text)
	if !ok {
		r.fail(start, errArenaFull.Error())
		return false
	}
	return r.inner(off, n, start, i)
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
