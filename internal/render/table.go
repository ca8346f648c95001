package render

import (
	"fmt"
	"slices"
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

	sample []sampled
	kept   []byte // what the sample's cells point into
	size   int

	ready  bool
	widths []int // of the columns that are shown
	cut    int64
}

// sampled is a cell of the sample, by its place in kept.
type sampled struct {
	start, end int
	null       bool
}

func newTable(out *output, columns []Column, opts Options) *tableLayout {
	l := &tableLayout{out: out, columns: columns, opts: opts, right: make([]bool, len(columns))}
	for i, c := range columns {
		l.right[i] = c.kind() == number
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

// layOut decides how wide each column is, and by the length of its answer how
// many are shown.
func (l *tableLayout) layOut(more bool) []int {
	natural := make([]int, len(l.columns))
	if !l.opts.NoHeader {
		for i, c := range l.columns {
			natural[i] = l.measure([]byte(c.Name))
		}
	}
	for i, s := range l.sample {
		k := i % len(l.columns)
		natural[k] = max(natural[k], l.measureCell(Cell{Text: l.kept[s.start:s.end], Null: s.null}))
	}
	for i := range natural {
		natural[i] = max(natural[i], 1)
	}
	if l.opts.Width <= 0 {
		return l.slack(natural, more, 1<<30)
	}
	shown := fitting(natural, l.opts.Width)
	room := l.opts.Width - 1 - 3*shown
	if shown < len(natural) {
		room -= moreWidth
	}
	widths := l.share(natural[:shown], max(room, shown))
	for _, w := range widths {
		room -= w
	}
	return l.slack(widths, more, room)
}

// slack widens columns while there is room, if rows follow that were not in the
// sample: numbers first, which may count higher, for one that is cut says little.
func (l *tableLayout) slack(widths []int, more bool, room int) []int {
	if !more {
		return widths
	}
	for _, numbers := range [...]bool{true, false} {
		for i, w := range widths {
			want := w/4 + 4
			if numbers {
				want = numberWidth - w
			}
			if grow := min(want, room, widest-w); l.right[i] == numbers && grow > 0 {
				widths[i] += grow
				room -= grow
			}
		}
	}
	return widths
}

// fitting returns how many columns a terminal can show; at least one.
func fitting(natural []int, width int) int {
	total, shown := 1, 0 // shown fit together with the sign that more exist
	for _, w := range natural {
		total += min(w, narrowest) + 3
		if total+moreWidth <= width {
			shown++
		}
	}
	if total <= width {
		return len(natural)
	}
	return max(shown, 1)
}

// share gives numbers and times, which say little when they are cut, what they need,
// if that leaves something to each of the others; and those share the rest.
func (l *tableLayout) share(natural []int, room int) []int {
	var texts, at []int
	rest, least := room, 0
	for i, w := range natural {
		if l.whole(i) {
			rest -= w
			continue
		}
		texts, at = append(texts, w), append(at, i)
		least += min(w, narrowest)
	}
	if rest < least {
		return share(natural, room)
	}
	widths := slices.Clone(natural)
	for k, w := range share(texts, rest) {
		widths[at[k]] = w
	}
	return widths
}

// whole reports whether the values of column i had better not be cut.
func (l *tableLayout) whole(i int) bool {
	c := l.columns[i]
	return l.right[i] || !c.Nested() && (strings.HasPrefix(c.Type, "TIME") || strings.HasPrefix(c.Type, "DATE"))
}

// share gives each column what it needs, and to those that need more than their
// part equal parts of what is left.
func share(natural []int, room int) []int {
	order := make([]int, len(natural))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return natural[a] - natural[b] })
	widths := make([]int, len(natural))
	for n, i := range order {
		left := len(order) - n
		part := (room + left - 1) / left
		widths[i] = max(min(natural[i], part), 1)
		room -= widths[i]
	}
	return widths
}

func (l *tableLayout) measure(text []byte) int {
	if n := plain(text[:min(len(text), widest)]); n == len(text) {
		return n
	}
	at := len(l.out.buf)
	buf, w, _ := fit(l.out.buf, text, widest)
	l.out.buf = buf[:at]
	return w
}

func (l *tableLayout) measureCell(c Cell) int {
	if c.Null {
		return l.measure([]byte(l.opts.Null))
	}
	if isNullText(c, l.opts) {
		return l.measure(c.Text) + 2
	}
	return l.measure(c.Text)
}

// isNullText says that a text reads like NULL; it is shown in quotes then.
func isNullText(c Cell, opts Options) bool {
	return !c.Null && len(c.Text) == len(opts.Null) && string(c.Text) == opts.Null
}

func (l *tableLayout) header() {
	for i, w := range l.widths {
		l.cell([]byte(l.columns[i].Name), w, l.right[i], false)
	}
	l.lineEnd()
}

func (l *tableLayout) write(cells []Cell) {
	for i, w := range l.widths {
		c := cells[i]
		switch {
		case c.Null:
			l.cell([]byte(l.opts.Null), w, l.right[i], l.opts.Color)
		case isNullText(c, l.opts):
			l.count(l.cell([]byte("'"+l.opts.Null+"'"), w, l.right[i], false))
		default:
			l.count(l.cell(c.Text, w, l.right[i], false))
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

func (l *tableLayout) cell(text []byte, w int, right, dim bool) (cut bool) {
	buf := append(l.out.buf, "│ "...)
	start := len(buf)
	if dim {
		buf = append(buf, dimOn...)
	}
	buf, taken, cut := fit(buf, text, w)
	if dim {
		buf = append(buf, dimOff...)
	}
	for range w - taken {
		buf = append(buf, ' ')
	}
	if right && taken < w {
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

const dimOn, dimOff = "\x1b[2m", "\x1b[22m"

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
