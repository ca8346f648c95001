package render

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// ChartOptions say how to draw.
type ChartOptions struct {
	Width  int            // of the terminal in columns, 20 to 300; 0 is 80
	Height int            // lines of a chart over time; 0 is 8
	Rows   int            // bars, or series, that are drawn; 0 is 40
	ASCII  bool           // no block characters
	Color  bool           // what is said about the chart is dimmed
	Zone   *time.Location // of the times below a chart; nil is UTC
}

const (
	mostLabel  = 60   // columns of a label, whatever the terminal
	mostSeries = 1000 // that are told apart

	narrowestChart, widestChart = 20, 300 // columns
)

// Chart draws the first column of numbers in rows, which is as for Write: over
// time if there is a column of times, else a bar for each label, which is the
// first column that holds no numbers (or the first of all). A further column
// that holds no numbers tells several series apart. Of more bars than o.Rows the
// largest are drawn, in the order of the rows; a chart over time draws for each of
// its columns the largest number that falls into it, so that no number is shown
// that the rows do not hold.
func Chart(w io.Writer, columns []Column, rows io.Reader, o ChartOptions) error {
	a, err := chooseAxes(columns)
	if err != nil {
		return err
	}
	if o.Width <= 0 {
		o.Width = 80
	}
	o.Width = min(max(o.Width, narrowestChart), widestChart)
	if o.Height <= 0 {
		o.Height = 8
	}
	if o.Rows <= 0 {
		o.Rows = 40
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	c := &chart{out: &output{w: w}, opts: o}
	var d drawing = &bars{chart: c, axes: a, most: o.Rows}
	if a.time {
		d = newTimes(c, a)
	}
	for cells, err := range Rows(rows, len(columns)) {
		if err != nil {
			return err
		}
		d.add(cells)
	}
	c.say(a.title(columns))
	d.draw()
	c.out.flush()
	return c.out.err
}

// A drawing takes rows, and draws them when it has all.
type drawing interface {
	add(cells []Cell)
	draw()
}

// axes are the columns that are drawn; -1 is none.
type axes struct {
	label, series, value int
	time                 bool // label is a time
}

func chooseAxes(columns []Column) (axes, error) {
	a := axes{label: -1, series: -1, value: -1}
	var numbers, others []int
	for i, c := range columns {
		switch {
		case c.kind() == number:
			numbers = append(numbers, i)
		case !a.time && c.isTime():
			a.label, a.time = i, true
		default:
			others = append(others, i)
		}
	}
	if !a.time && len(others) > 0 {
		a.label, others = others[0], others[1:]
	} else if !a.time && len(numbers) > 1 {
		a.label, numbers = numbers[0], numbers[1:]
	}
	if len(numbers) == 0 {
		return a, errors.New("a chart needs a column of numbers\nhint: select a label or a time, and a number, such as eventName, count(*)")
	}
	a.value = numbers[0]
	if len(others) > 0 {
		a.series = others[0]
	}
	return a, nil
}

// isTime says that the column is of points in time, or of days.
func (c Column) isTime() bool {
	return c.kind() == moment || strings.EqualFold(strings.TrimSpace(c.Type), "DATE")
}

func (a axes) title(columns []Column) string {
	title := Clean(columns[a.value].Name)
	for i, at := range []int{a.label, a.series} {
		if at >= 0 {
			title += [...]string{" by ", ", "}[i] + Clean(columns[at].Name)
		}
	}
	return title
}

// chart is what bars and times have in common.
type chart struct {
	out  *output
	opts ChartOptions
}

// say writes clean text about the chart, in as many lines as it needs.
func (c *chart) say(text string) {
	var line []byte
	for _, word := range strings.Fields(text) {
		if len(line) > 0 && Width(string(line))+1+Width(word) > c.opts.Width {
			c.sayLine(line)
			line = line[:0]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line, _, _ = fit(line, []byte(word), c.opts.Width)
	}
	c.sayLine(line)
}

func (c *chart) sayLine(line []byte) {
	if c.opts.Color {
		c.out.string(dimOn)
	}
	c.out.bytes(line)
	if c.opts.Color {
		c.out.string(dimOff)
	}
	c.out.string("\n")
}

// label is the text of a cell as a label: clean, and at most mostLabel columns.
func label(c Cell) (text string, columns int) {
	switch {
	case c.Null:
		return "NULL", 4
	case len(c.Text) == 0 || string(c.Text) == "NULL":
		return "'" + string(c.Text) + "'", 2 + len(c.Text)
	}
	out, w, _ := fit(nil, c.Text, mostLabel)
	return string(out), w
}

// parseNumber is the value of a cell, if it is one that can be drawn.
func parseNumber(c Cell) (float64, bool) {
	if c.Null || len(c.Text) > 400 { // of digits; a double ends at 309
		return 0, false
	}
	f, err := strconv.ParseFloat(string(c.Text), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// groupDigits puts a comma between thousands of a number's text.
func groupDigits(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	n := countDigits([]byte(text))
	digits, rest := text[:n], text[n:]
	for i := n - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits + rest
}

// short is a number in at most seven columns: 12.3k, -1.23M, 4e+30.
func short(f float64) string {
	size, unit := math.Abs(f), ""
	for _, u := range []string{"k", "M", "G", "T", "P", "E"} {
		if size < 999.5 {
			break
		}
		size, unit = size/1000, u
	}
	if size >= 999.5 || size > 0 && size < 0.01 {
		return strconv.FormatFloat(f, 'g', 1, 64)
	}
	return strconv.FormatFloat(math.Copysign(size, f), 'g', 3, 64) + unit
}
