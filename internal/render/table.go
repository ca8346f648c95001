package render

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	sampleRows  = 1000    // rows that decide the widths of a table,
	sampleBytes = 1 << 20 // or fewer, if they are long
	widest      = 1000    // columns of text in a cell, whatever the terminal: every row is padded to it
	narrowest   = 6       // a column is not shrunk below, others are left out instead
	numberWidth = 20      // any BIGINT
	moreWidth   = 4       // of "│ … ", which stands for columns left out
)

// tableLayout draws a frame. The widths come from the first rows; later cells
// that are wider are cut, so that rows can be written as they come.
type tableLayout struct {
	out     *output
	columns []Column
	opts    Options
	right   []bool // numbers
	json    []bool // folded where they are cut
	red     []bool // errors' codes
	folder  folder

	null, nullText []byte // NULL, and a text that reads like it

	sample []sampled
	kept   []byte // what the sample's cells point into
	size   int

	ready  bool
	widths []int // of the columns that are shown
	fit    Fit
	cut    int64
}

// sampled is a cell of the sample, by its place in kept.
type sampled struct {
	start, end int
	null       bool
}

func newTable(out *output, columns []Column, opts Options) *tableLayout {
	n := len(columns)
	l := &tableLayout{out: out, columns: columns, opts: opts, right: make([]bool, n), json: make([]bool, n), red: make([]bool, n),
		null: []byte(opts.Null), nullText: []byte("'" + opts.Null + "'")}
	for i, c := range columns {
		l.right[i] = c.kind() == number
		l.json[i] = opts.FoldJSON && c.kind() == nested
		l.red[i] = opts.Color && c.errorCode()
	}
	return l
}

func (l *tableLayout) begin() {}

func (l *tableLayout) row(cells []Cell) {
	if l.ready {
		l.write(cells)
		return
	}
	for _, c := range cells {
		// The most bytes that could be shown: a character of four bytes a column,
		// each with its marks. Of a cell of 50 MB no more is kept.
		text := c.Text[:min(len(c.Text), 4*(1+maxMarks)*(widest+1))]
		start := len(l.kept)
		l.kept = append(l.kept, text...)
		l.sample = append(l.sample, sampled{start: start, end: len(l.kept), null: c.Null})
		l.size += len(text) + 24
	}
	if len(l.sample) >= sampleRows*len(l.columns) || l.size >= sampleBytes {
		l.start(true)
	}
}

// start draws what has been held back. More says that rows will follow.
func (l *tableLayout) start(more bool) {
	l.ready = true
	l.widths = l.layOut(more)
	l.rule("┌", "┬", "┐")
	if !l.opts.NoHeader {
		l.header()
		l.rule("├", "┼", "┤")
	}
	cells := make([]Cell, len(l.columns))
	for i := 0; i < len(l.sample); i += len(cells) {
		for k, s := range l.sample[i : i+len(cells)] {
			cells[k] = Cell{Text: l.kept[s.start:s.end], Null: s.null}
		}
		l.write(cells)
	}
	l.sample, l.kept = nil, nil
}

func (l *tableLayout) end(stats *Stats) {
	if !l.ready {
		l.start(false)
	}
	l.rule("└", "┴", "┘")
	stats.Cut, stats.Columns = l.cut, len(l.widths)
	if !l.opts.NoCount {
		l.out.string(stats.line(len(l.columns)))
	}
}

// isNullText says that a text reads like NULL; it is shown in quotes then.
func isNullText(c Cell, opts Options) bool {
	return !c.Null && len(c.Text) == len(opts.Null) && string(c.Text) == opts.Null
}

func (l *tableLayout) header() {
	for i, w := range l.widths {
		l.cell([]byte(l.columns[i].Name), w, shown{right: l.right[i]})
	}
	l.lineEnd()
}

func (l *tableLayout) write(cells []Cell) {
	for i, w := range l.widths {
		c := cells[i]
		switch {
		case c.Null:
			l.cell(l.null, w, shown{right: l.right[i], dim: l.opts.Color})
		case isNullText(c, l.opts):
			l.count(l.cell(l.nullText, w, shown{right: l.right[i], red: l.red[i]}))
		default:
			l.count(l.cell(c.Text, w, shown{right: l.right[i], red: l.red[i], json: l.json[i]}))
		}
	}
	l.lineEnd()
	l.out.spill()
}

func (l *tableLayout) count(cut bool) {
	if cut {
		l.cut++
	}
}

// shown is how a cell is shown.
type shown struct{ right, dim, red, json bool }

func (s shown) colors() (on, off string) {
	switch {
	case s.dim:
		return dimOn, dimOff
	case s.red:
		return redOn, redOff
	}
	return "", ""
}

func (l *tableLayout) cell(text []byte, w int, as shown) (cut bool) {
	on, off := as.colors()
	buf := append(l.out.buf, "│ "...)
	start := len(buf)
	buf = append(buf, on...)
	inner := len(buf)
	buf, taken, cut := fit(buf, text, w)
	if cut && as.json {
		if folded, n, ok := l.folder.fold(buf[:inner], text, w); ok {
			buf, taken = folded, n
		} else {
			buf, taken, _ = fit(buf[:inner], text, w) // fold wrote over it
		}
	}
	buf = append(buf, off...)
	for range w - taken {
		buf = append(buf, ' ')
	}
	if as.right && taken < w {
		body := len(buf) - start - (w - taken)
		copy(buf[len(buf)-body:], buf[start:start+body])
		for i := range w - taken {
			buf[start+i] = ' '
		}
	}
	l.out.buf = append(buf, ' ')
	return cut
}

func (l *tableLayout) lineEnd() {
	if len(l.widths) < len(l.columns) {
		l.out.string("│ … ")
	}
	l.out.string("│\n")
}

func (l *tableLayout) rule(left, middle, right string) {
	l.out.string(left)
	for i, w := range l.widths {
		if i > 0 {
			l.out.string(middle)
		}
		l.out.repeat("─", w+2)
	}
	if len(l.widths) < len(l.columns) {
		l.out.string(middle + "───")
	}
	l.out.string(right + "\n")
}

const (
	dimOn, dimOff = "\x1b[2m", "\x1b[22m"
	redOn, redOff = "\x1b[31m", "\x1b[39m"
)

// errorCode says that a value in the column tells of a call that was refused.
func (c Column) errorCode() bool { return strings.EqualFold(c.Name, "errorCode") }

// fit appends as much of text as fits into limit columns, at least one, and says
// how many it takes and whether some was left out: the last sign is … then.
func fit(dst, text []byte, limit int) (out []byte, width int, cut bool) {
	if len(text) <= limit && plain(text) == len(text) {
		return append(dst, text...), len(text), false
	}
	c := cleaner{src: text}
	whole, taken := len(dst), 0 // up to where … would still fit
	for c.more() {
		if room := limit - 1 - width; room > 0 {
			if n := plain(c.src[:min(len(c.src), room)]); n > 0 {
				dst = append(dst, c.take(n)...)
				width += n
				whole, taken = len(dst), width
				continue
			}
		}
		var w int
		dst, w = c.unit(dst)
		width += w
		if width > limit {
			return append(dst[:whole], "…"...), taken + 1, true
		}
		if width < limit {
			whole, taken = len(dst), width
		}
	}
	return dst, width, false
}

// line is the last line of a result: (1,204 rows, first 1,000 shown, 3 cells cut).
func (s Stats) line(columns int) string {
	parts := []string{plural(s.Rows, "row")}
	if s.Shown < s.Rows {
		parts = append(parts, "first "+group(s.Shown)+" shown")
	}
	if s.Cut > 0 {
		parts = append(parts, plural(s.Cut, "cell")+" cut")
	}
	if s.Columns < columns {
		parts = append(parts, fmt.Sprintf("%s of %s columns shown", group(int64(s.Columns)), group(int64(columns))))
	}
	return "(" + strings.Join(parts, ", ") + ")\n"
}

func plural(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return group(n) + " " + what
}

// group writes a count with a comma between thousands.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
