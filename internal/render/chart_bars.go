package render

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// bar is a row that may be drawn.
type bar struct {
	row           int64 // its place in the result
	label, series string
	text          string // of the number
	value         float64
	drawn         bool // value is one
}

// bars draws a bar for each label. No more than twice as many are held as will be
// drawn.
type bars struct {
	*chart
	axes
	most int

	all   []bar
	rows  int64
	limit float64 // the largest size of those left out
}

func (b *bars) add(cells []Cell) {
	b.rows++
	n := bar{row: b.rows}
	n.value, n.drawn = parseNumber(cells[b.value])
	if n.drawn && b.rows > int64(2*b.most) && math.Abs(n.value) < b.limit {
		return // it would be left out anyway
	}
	n.text = "NULL"
	if !cells[b.value].Null {
		text, _, _ := fit(nil, []byte(groupDigits(string(cells[b.value].Text[:min(len(cells[b.value].Text), 400)]))), mostLabel)
		n.text = string(text)
	}
	n.label = group(n.row)
	if b.label >= 0 {
		n.label, _ = label(cells[b.label])
	}
	if b.series >= 0 {
		n.series, _ = label(cells[b.series])
	}
	if b.all = append(b.all, n); len(b.all) > 2*b.most {
		b.leaveOut()
	}
}

// size orders bars: what has no length comes after all that have.
func (n bar) size() float64 {
	if !n.drawn {
		return -1
	}
	return math.Abs(n.value)
}

// leaveOut keeps the largest.
func (b *bars) leaveOut() {
	if len(b.all) <= b.most {
		return
	}
	slices.SortFunc(b.all, func(x, y bar) int {
		return cmp.Or(cmp.Compare(y.size(), x.size()), cmp.Compare(x.row, y.row))
	})
	b.limit = max(b.limit, b.all[b.most].size())
	b.all = b.all[:b.most]
}

func (b *bars) draw() {
	b.leaveOut()
	slices.SortFunc(b.all, func(x, y bar) int { return cmp.Compare(x.row, y.row) })
	if len(b.all) == 0 {
		b.say("(0 rows)")
		return
	}
	labels, series, numbers := b.widths()
	room := b.opts.Width - labels - numbers - 2
	if series > 0 {
		room -= series + 1
	}
	s := b.scale(max(room, 1))
	for i, n := range b.all {
		shown := n.label
		if i > 0 && series > 0 && b.all[i-1].label == shown {
			shown = "" // once for its series
		}
		b.column(shown, labels, false)
		if series > 0 {
			b.column(n.series, series, false)
		}
		b.column(n.text, numbers, true)
		b.out.string(s.bar(n))
		b.endLine()
	}
	if left := b.rows - int64(len(b.all)); left > 0 {
		b.say("… and " + group(left) + " more, none larger than " + formatNumber(b.limit))
	}
}

// widths are those of labels, series and numbers. The bars get half of the terminal.
func (b *bars) widths() (labels, series, numbers int) {
	for _, n := range b.all {
		labels, series, numbers = max(labels, Width(n.label)), max(series, Width(n.series)), max(numbers, Width(n.text))
	}
	if numbers > b.opts.Width/4 {
		numbers = 0
		for i, n := range b.all {
			if n.drawn {
				b.all[i].text = short(n.value)
			}
			numbers = max(numbers, Width(b.all[i].text))
		}
		numbers = min(numbers, 8)
	}
	room := max(b.opts.Width/2-numbers-2, 4)
	if series == 0 {
		return min(labels, room), 0, numbers
	}
	series = min(series, max(room/2, room-labels-1))
	return max(min(labels, room-series-1), 1), series, numbers
}

// column writes text in so many columns, and a blank.
func (b *bars) column(text string, width int, right bool) {
	shown, taken, _ := fit(nil, []byte(text), width)
	if right {
		b.out.repeat(" ", width-taken)
		taken = width
	}
	b.out.bytes(shown)
	b.out.repeat(" ", width-taken+1)
}

// endLine ends a line, without the blanks at its end.
func (c *chart) endLine() {
	for len(c.out.buf) > 0 && c.out.buf[len(c.out.buf)-1] == ' ' {
		c.out.buf = c.out.buf[:len(c.out.buf)-1]
	}
	c.out.string("\n")
	c.out.spill()
}

// scale is how long bars are, to the right and to the left of zero, in cells of
// the terminal. Numbers are taken by the largest, for a sum of two may overflow.
type scale struct {
	largest  float64
	up, down int // cells
	unit     float64
	ascii    bool
}

func (b *bars) scale(room int) scale {
	values := make([]float64, 0, len(b.all))
	for _, n := range b.all {
		if n.drawn {
			values = append(values, n.value)
		}
	}
	return newScale(values, room, b.opts.ASCII)
}

func newScale(values []float64, room int, ascii bool) scale {
	low, high := 0.0, 0.0
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	s := scale{largest: max(high, -low), up: room, ascii: ascii, unit: 1}
	if s.largest == 0 {
		return s
	}
	low, high = low/s.largest, high/s.largest
	switch {
	case high == 0:
		s.up, s.down = 0, room
		s.unit = -low / float64(room)
	case low < 0 && room > 1:
		s.down = min(max(int(math.Round(float64(room)*-low/(high-low))), 1), room-1)
		s.up = room - s.down
		s.unit = max(high/float64(s.up), -low/float64(s.down))
	default:
		s.unit = high / float64(room)
	}
	return s
}

// parts is how many n-ths of a cell a value takes: none only if it is 0.
func (s scale) parts(v float64, n int) int {
	if v == 0 || s.largest == 0 {
		return 0
	}
	return max(int(math.Round(math.Abs(v)/s.largest/s.unit*float64(n))), 1)
}

// bar draws from zero to the left, in halves of a cell, or to the right, in eighths.
func (s scale) bar(n bar) string {
	if !n.drawn {
		return ""
	}
	full, eighths, half := "█", [...]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}, "▐"
	if s.ascii {
		full, eighths, half = "#", [...]string{"", "-", "-", "-", "=", "=", "=", "="}, "-"
	}
	if n.value >= 0 {
		p := min(s.parts(n.value, 8), 8*s.up)
		return strings.Repeat(" ", s.down) + strings.Repeat(full, p/8) + eighths[p%8]
	}
	p := min(s.parts(n.value, 2), 2*s.down)
	left := strings.Repeat(full, p/2)
	if p%2 == 1 {
		left = half + left
	}
	return strings.Repeat(" ", s.down-(p+1)/2) + left
}
