package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// CSV as RFC 4180 has it, with \n for a line's end. NULL is an empty cell and an
// empty string is "", which readers that care can tell apart. Only where there
// is a single column NULL is "" as well: an empty line is skipped by most
// readers, and the row would be lost.

type csvLayout struct {
	out     *output
	columns []Column
	opts    Options
}

func (l *csvLayout) begin() {
	if l.opts.NoHeader {
		return
	}
	for i, c := range l.columns {
		quoted := c.Name == "" || strings.ContainsAny(c.Name, ",\"\r\n#")
		l.cell(i, Cell{Text: []byte(c.Name), quoted: quoted})
	}
	l.out.string("\n")
}

func (l *csvLayout) row(cells []Cell) {
	for i, c := range cells {
		c.quoted = c.quoted || c.Null && len(cells) == 1
		l.cell(i, c)
	}
	l.out.string("\n")
	l.out.spill()
}

func (l *csvLayout) cell(i int, c Cell) {
	if i > 0 {
		l.out.string(",")
	}
	if l.opts.Screen {
		c.Text = []byte(CleanLines(string(c.Text)))
	}
	if !c.quoted {
		l.out.bytes(c.Text)
		return
	}
	l.out.string(`"`)
	for rest := c.Text; ; {
		k := bytes.IndexByte(rest, '"')
		if k < 0 {
			l.out.bytes(rest)
			break
		}
		l.out.bytes(rest[:k+1])
		l.out.string(`"`)
		rest = rest[k+1:]
	}
	l.out.string(`"`)
}

func (l *csvLayout) end(*Stats) {}

// copyCSV passes DuckDB's own CSV on and only counts its rows: the wire is
// already what is wanted.
func copyCSV(w io.Writer, columns []Column, rows io.Reader, opts Options) (Stats, error) {
	out := &output{w: w}
	(&csvLayout{out: out, columns: columns, opts: opts}).begin()
	out.flush()
	count := rowCounter{last: '\n'}
	buf := make([]byte, 256<<10)
	for out.err == nil {
		n, err := rows.Read(buf)
		count.see(buf[:n])
		if n > 0 {
			_, out.err = w.Write(buf[:n])
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return count.stats(columns), fmt.Errorf("rows: %w", err)
		}
	}
	if out.err == nil && (count.inside || count.last != '\n') {
		return count.stats(columns), fmt.Errorf("rows end inside a row: %w", io.ErrUnexpectedEOF)
	}
	return count.stats(columns), out.err
}

// rowCounter counts line ends outside quotes.
type rowCounter struct {
	rows   int64
	inside bool // quotes; a doubled quote leaves and enters again
	last   byte
}

func (c *rowCounter) see(b []byte) {
	if len(b) > 0 {
		c.last = b[len(b)-1]
	}
	for len(b) > 0 {
		k := bytes.IndexByte(b, '"')
		part := b
		if k >= 0 {
			part = b[:k]
		}
		if !c.inside {
			c.rows += int64(bytes.Count(part, []byte{'\n'}))
		}
		if k < 0 {
			return
		}
		c.inside = !c.inside
		b = b[k+1:]
	}
}

func (c *rowCounter) stats(columns []Column) Stats {
	return Stats{Rows: c.rows, Shown: c.rows, Columns: len(columns)}
}
