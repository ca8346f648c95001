package cloudtrail

import (
	"bytes"
	"slices"

	"github.com/ctsql/ctsql/internal/s3logs"
)

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
