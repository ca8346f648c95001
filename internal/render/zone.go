package render

import (
	"strings"
	"time"
)

// zoneLayout shows times of another zone. A log's times are UTC, which is what a
// TIMESTAMP is taken for. Each carries its offset, for an hour that comes twice
// when summer ends would be two hours with one name.
type zoneLayout struct {
	layout
	zone  *time.Location
	times []bool
	cells []Cell
	texts [][]byte
}

// local makes a layout for a person in the options' zone: of the columns as it
// names them.
func (o Options) local(columns []Column, wrap func([]Column) layout) layout {
	if o.Zone == nil || o.Zone == time.UTC {
		return wrap(columns)
	}
	l := &zoneLayout{zone: o.Zone, times: make([]bool, len(columns)), texts: make([][]byte, len(columns))}
	named := make([]Column, len(columns))
	for i, c := range columns {
		if l.times[i] = c.kind() == moment; l.times[i] {
			c.Name += " (" + o.Zone.String() + ")"
		}
		named[i] = c
	}
	l.layout = wrap(named)
	return l
}

func (l *zoneLayout) row(cells []Cell) {
	l.cells = append(l.cells[:0], cells...)
	for i, c := range cells {
		if !l.times[i] || c.Null {
			continue
		}
		if t, ok := parseTime(c.Text); ok {
			t = t.In(l.zone)
			l.texts[i] = t.AppendFormat(l.texts[i][:0], timeLayout(c.Text)+offsetLayout(t))
			l.cells[i].Text = l.texts[i]
		}
	}
	l.layout.row(l.cells)
}

// timeLayout is a layout that keeps as many digits as the text has.
func timeLayout(text []byte) string {
	const whole = "2006-01-02 15:04:05"
	if len(text) <= len(whole) || text[len(whole)] != '.' {
		return whole
	}
	return whole + "." + strings.Repeat("0", min(countDigits(text[len(whole)+1:]), 9))
}

// offsetLayout is that of an offset, which has minutes in few zones only.
func offsetLayout(t time.Time) string {
	if _, offset := t.Zone(); offset%3600 == 0 {
		return "-07"
	}
	return "-07:00"
}

// parseTime reads a time as DuckDB spells it: with an offset, or in UTC. Dates
// are midnights. It does not know infinity, and no years beyond 9999.
func parseTime(text []byte) (time.Time, bool) {
	if len(text) > len("2006-01-02 15:04:05.000000000+00:00:00") {
		return time.Time{}, false
	}
	s := string(text)
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
