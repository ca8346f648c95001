package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// mostPoints is how many times, of all series, are held; further ones are joined
// with their neighbours.
const mostPoints = 1 << 16

// point is where a number is: in seconds since 1970, by times.quantum.
type point struct {
	series int
	at     int64
}

// times draws numbers over time: one series as columns of blocks above an axis,
// several as a line of blocks each.
type times struct {
	*chart
	axes
	points  map[point]float64
	quantum int64 // seconds
	series  map[string]int
	names   []string
	without int64 // rows that lack a time or a number
	further int64 // rows of series beyond mostSeries
}

func newTimes(c *chart, a axes) *times {
	return &times{chart: c, axes: a, points: map[point]float64{}, quantum: 1, series: map[string]int{}}
}

func (l *times) add(cells []Cell) {
	v, drawn := parseNumber(cells[l.value])
	t, known := time.Time{}, false
	if !cells[l.label].Null {
		t, known = parseTime(cells[l.label].Text)
	}
	if !drawn || !known {
		l.without++
		return
	}
	name := ""
	if l.axes.series >= 0 {
		name, _ = label(cells[l.axes.series])
	}
	n, ok := l.series[name]
	if !ok {
		if n = len(l.names); n >= mostSeries {
			l.further++
			return
		}
		l.series[name] = n
		l.names = append(l.names, name)
	}
	l.put(point{n, floorTo(t.Unix(), l.quantum)}, v)
	for len(l.points) > mostPoints {
		was := l.points
		l.quantum *= 2
		l.points = make(map[point]float64, len(was))
		for p, v := range was {
			l.put(point{p.series, floorTo(p.at, l.quantum)}, v)
		}
	}
}

// put keeps the largest number of a point, of either sign.
func (l *times) put(p point, v float64) {
	if was, ok := l.points[p]; !ok || larger(v, was) {
		l.points[p] = v
	}
}

// larger says that v is further from 0; of two as far it is the one above, so that
// the order of the rows does not matter.
func larger(v, than float64) bool {
	return cmp.Or(cmp.Compare(math.Abs(v), math.Abs(than)), cmp.Compare(v, than)) > 0
}

func floorTo(t, step int64) int64 {
	return t - ((t%step)+step)%step
}

func (l *times) draw() {
	switch {
	case len(l.points) == 0 && l.without == 0:
		l.say("(0 rows)")
	case len(l.points) == 0:
		l.say("(no row has both a time and a number)")
	case len(l.names) == 1:
		l.drawOne()
	default:
		l.drawEach()
	}
	if len(l.points) > 0 && l.without > 0 {
		l.say(plural(l.without, "row") + " without a time or a number")
	}
	if l.further > 0 {
		l.say("… and " + plural(l.further, "row") + " of further series")
	}
}

// column is what a column of a chart shows.
type column struct {
	value float64
	at    int64 // of value
	some  bool  // it has one
}

// fill spreads the points of series over the columns of an axis.
func (l *times) fill(a timeAxis) [][]column {
	all := make([][]column, len(l.names))
	for p, v := range l.points {
		if all[p.series] == nil {
			all[p.series] = make([]column, a.count)
		}
		c := &all[p.series][a.index(p.at)]
		if !c.some || larger(v, c.value) || v == c.value && p.at < c.at {
			*c = column{v, p.at, true}
		}
	}
	return all
}

// peak is the column with the number furthest from 0.
func peak(all []column) (most column) {
	for _, c := range all {
		if c.some && (!most.some || larger(c.value, most.value)) {
			most = c
		}
	}
	return most
}

func values(all []column) (vs []float64) {
	for _, c := range all {
		vs = append(vs, c.value)
	}
	return vs
}

// drawOne draws a series o.Height lines high.
func (l *times) drawOne() {
	// How wide the numbers beside the axis are depends on them, and they on the
	// columns: no number is wider than short's seven.
	axis := l.axis(l.opts.Width - 7 - 2)
	columns := l.fill(axis)[0]
	s := newScale(values(columns), l.opts.Height, l.opts.ASCII)
	low, high := 0.0, 0.0
	for _, c := range columns {
		low, high = min(low, c.value), max(high, c.value)
	}
	for row := s.up - 1; row >= 0; row-- {
		l.beside(row == s.up-1 && high > 0, high, "│")
		for _, c := range columns {
			l.cell(axis, s.block(c.value, row))
		}
		l.endLine()
	}
	l.beside(true, 0, "┼")
	l.out.repeat(l.sign("─"), axis.count*axis.per)
	l.endLine()
	for row := range s.down {
		l.beside(row == s.down-1, low, "│")
		for _, c := range columns {
			l.cell(axis, s.block(c.value, -1-row))
		}
		l.endLine()
	}
	l.below(axis, 7+2)
	most := peak(columns)
	l.say(axis.explain(l.opts.Zone, "the peak is "+formatNumber(most.value)+" at "+axis.name(most.at, l.opts.Zone)))
}

// beside writes a number and the axis that it stands beside.
func (l *times) beside(named bool, v float64, axis string) {
	text := ""
	if named {
		text = short(v)
	}
	l.out.repeat(" ", 7-len(text))
	l.out.string(text + " " + l.sign(axis))
}

// sign is a sign of a frame, as the terminal can show it.
func (c *chart) sign(s string) string {
	if c.opts.ASCII {
		return map[string]string{"│": "|", "┼": "+", "─": "-"}[s]
	}
	return s
}

// cell writes a block as wide as a column is. Wide ones stand apart.
func (l *times) cell(a timeAxis, block string) {
	wide := a.per
	if wide >= 3 {
		wide--
	}
	l.out.repeat(block, wide)
	l.out.repeat(" ", a.per-wide)
}

// block is what is seen of a value in a line: 0 is the first above the axis, -1
// the first below, where blocks come in halves.
func (s scale) block(v float64, line int) string {
	eighths := [...]string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
	halves := [...]string{" ", "▀", "█"}
	if s.ascii {
		eighths = [...]string{" ", ".", ".", ":", ":", ":", "#", "#", "#"}
		halves = [...]string{" ", "'", "#"}
	}
	if v > 0 && line >= 0 {
		return eighths[min(max(s.parts(v, 8)-8*line, 0), 8)]
	}
	if v < 0 && line < 0 {
		return halves[min(max(s.parts(v, 2)-2*(-1-line), 0), 2)]
	}
	return " "
}

// below writes when an axis begins and ends, if there is room.
func (l *times) below(a timeAxis, left int) {
	first, last := a.name(a.start, l.opts.Zone), a.name(a.begin(a.count-1), l.opts.Zone)
	room := a.count * a.per
	l.out.repeat(" ", left)
	switch {
	case a.count == 1 && left+len(first) <= l.opts.Width:
		l.out.string(first)
	case room >= len(first)+1+len(last):
		l.out.string(first)
		l.out.repeat(" ", room-len(first)-len(last))
		l.out.string(last)
	default:
		l.out.buf = l.out.buf[:len(l.out.buf)-left]
		if a.count > 1 {
			l.say("from " + first + " to " + last)
		}
		return
	}
	l.out.string("\n")
}

// drawEach draws several series, the largest first, all by one scale.
func (l *times) drawEach() {
	labels := 0
	for _, name := range l.names {
		labels = max(labels, Width(name))
	}
	labels = min(labels, max(l.opts.Width/3, 4))
	axis := l.axis(l.opts.Width - labels - 7 - 2)
	all := l.fill(axis)
	order := make([]int, len(all))
	var peaks []float64
	for i, columns := range all {
		order[i] = i
		peaks = append(peaks, peak(columns).value)
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(math.Abs(peaks[y]), math.Abs(peaks[x])) })
	s := newScale([]float64{math.Abs(peaks[order[0]])}, 1, l.opts.ASCII)
	for _, i := range order[:min(len(order), l.opts.Rows)] {
		name, taken, _ := fit(nil, []byte(l.names[i]), labels)
		l.out.bytes(name)
		number := short(peaks[i])
		l.out.repeat(" ", labels-taken+1+7-len(number))
		l.out.string(number + " ")
		for _, c := range all[i] {
			l.out.repeat(s.spark(c.value), axis.per)
		}
		l.endLine()
	}
	l.below(axis, labels+7+2)
	if left := len(order) - l.opts.Rows; left > 0 {
		l.say(fmt.Sprintf("… and %s more, none larger than %s", group(int64(left)), formatNumber(math.Abs(peaks[order[l.opts.Rows]]))))
	}
	l.say(axis.explain(l.opts.Zone, "beside each name stands its peak"))
}

// spark is a value in one line; what is below 0 is only marked.
func (s scale) spark(v float64) string {
	switch {
	case v < 0 && s.ascii:
		return "v"
	case v < 0:
		return "▔"
	case s.ascii:
		return string(" .:-=+*#@"[min(s.parts(v, 8), 8)])
	}
	return s.block(v, 0)
}

// formatNumber is a number of which the text is not known any more.
func formatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return groupDigits(fmt.Sprintf("%.0f", f))
	}
	return strings.TrimSuffix(groupDigits(fmt.Sprintf("%.6g", f)), ".")
}
