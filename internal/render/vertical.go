package render

import "strconv"

// verticalLayout writes a member a line, as psql does after \x. Nothing is cut:
// what is wider than the terminal goes on below itself.
type verticalLayout struct {
	out   *output
	opts  Options
	red   []bool   // errors' codes
	names [][]byte // cleaned and padded to nameWidth
	width int      // of the names
	room  int      // for a value; 0 is unlimited
	rule  int
	rows  int64
	unit  []byte
}

func newVertical(out *output, columns []Column, opts Options) *verticalLayout {
	l := &verticalLayout{out: out, opts: opts, rule: 60}
	limit := widest
	if opts.Width > 0 {
		limit = max(opts.Width/2, 4)
		l.rule = opts.Width
	}
	taken := make([]int, len(columns))
	for i, c := range columns {
		name, w, _ := fit(nil, []byte(c.Name), limit)
		l.names, taken[i] = append(l.names, name), w
		l.red = append(l.red, opts.Color && c.errorCode())
		l.width = max(l.width, w)
	}
	for i := range l.names {
		for range l.width - taken[i] {
			l.names[i] = append(l.names[i], ' ')
		}
	}
	if opts.Width > 0 {
		l.room = max(opts.Width-l.width-len(" | "), 8)
	}
	return l
}

func (l *verticalLayout) begin() {}

func (l *verticalLayout) row(cells []Cell) {
	l.rows++
	start := len(l.out.buf)
	l.out.string("-[ RECORD ")
	l.out.buf = strconv.AppendInt(l.out.buf, l.rows, 10)
	l.out.string(" ]")
	l.out.repeat("-", max(l.rule-(len(l.out.buf)-start), 1))
	l.out.string("\n")
	for i, c := range cells {
		l.out.bytes(l.names[i])
		l.out.string(" | ")
		if l.red[i] && !c.Null {
			l.out.string(redOn)
			l.value(c)
			l.out.string(redOff)
		} else {
			l.value(c)
		}
		l.out.string("\n")
		l.out.spill()
	}
}

func (l *verticalLayout) value(c Cell) {
	switch {
	case c.Null && l.opts.Color:
		l.out.string(dimOn + Clean(l.opts.Null) + dimOff)
	case c.Null:
		l.out.string(Clean(l.opts.Null))
	case isNullText(c, l.opts):
		l.wrap([]byte("'" + l.opts.Null + "'"))
	default:
		l.wrap(c.Text)
	}
}

// wrap writes a value in as many lines as it needs.
func (l *verticalLayout) wrap(text []byte) {
	c := cleaner{src: text}
	column := 0
	for c.more() {
		room := len(c.src)
		if l.room > 0 {
			room = l.room - column
		}
		if n := plain(c.src[:min(len(c.src), room)]); n > 0 {
			l.out.bytes(c.take(n))
			column += n
			l.out.spill()
			continue
		}
		var w int
		l.unit, w = c.unit(l.unit[:0])
		if l.room > 0 && column > 0 && column+w > l.room {
			l.out.string("\n")
			l.out.repeat(" ", l.width)
			l.out.string(" | ")
			column = 0
		}
		l.out.bytes(l.unit)
		column += w
		l.out.spill()
	}
}

func (l *verticalLayout) end(stats *Stats) {
	if !l.opts.NoCount {
		l.out.string(stats.line(stats.Columns))
	}
}
