package render

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// A Fit is what a table needs of a terminal.
type Fit struct {
	Width  int // columns, for all to be shown and nothing to be cut, as far as the rows tell
	Hidden int // columns of the result that would not be shown
}

// TableFit returns how a table of these rows fits into opts.Width, so that a
// caller may choose another layout. head is what the rows begin with, as in
// Write; it may end anywhere.
func TableFit(columns []Column, head []byte, opts Options) Fit {
	if opts.Null == "" {
		opts.Null = "NULL"
	}
	var table *tableLayout
	l := opts.local(columns, func(c []Column) layout {
		table = newTable(&output{w: io.Discard}, c, opts)
		return table
	})
	rows := newWire(bytes.NewReader(head), len(columns))
	for !table.ready {
		cells, err := rows.next()
		if err != nil {
			break // the row that head ends in, or the end
		}
		l.row(cells)
	}
	if !table.ready {
		table.start(false)
	}
	return table.fit
}

// natural is how wide each column is for nothing in the sample to be cut.
func (l *tableLayout) natural() []int {
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
	for i, w := range natural {
		natural[i] = min(max(w, 1), l.widest(i))
	}
	return natural
}

// widest is how wide column i may become.
func (l *tableLayout) widest(i int) int {
	if l.opts.MaxCell > 0 && !l.whole(i) {
		return min(l.opts.MaxCell, widest)
	}
	return widest
}

// layOut decides how wide each column is, and by the length of its answer how
// many are shown.
func (l *tableLayout) layOut(more bool) []int {
	natural := l.natural()
	l.fit.Width = 1
	for _, w := range natural {
		l.fit.Width += w + 3
	}
	if l.opts.Width <= 0 {
		return l.slack(natural, more, 1<<30)
	}
	shown := fitting(natural, l.opts.Width)
	l.fit.Hidden = len(natural) - shown
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
			if grow := min(want, room, l.widest(i)-w); l.right[i] == numbers && grow > 0 {
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
		return l.measure(l.null)
	}
	if isNullText(c, l.opts) {
		return l.measure(c.Text) + 2
	}
	return l.measure(c.Text)
}
