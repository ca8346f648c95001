package render

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

var (
	labelColumns = []Column{{"eventName", "VARCHAR", false}, {"n", "BIGINT", false}}
	timeColumns  = []Column{{"hour", "TIMESTAMP", false}, {"n", "BIGINT", false}}
)

func charted(t *testing.T, columns []Column, rows string, o ChartOptions) string {
	t.Helper()
	var b strings.Builder
	if err := Chart(&b, columns, strings.NewReader(rows), o); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	harmless(t, []byte(strings.NewReplacer(dimOn, "", dimOff, "").Replace(got)))
	for line := range strings.Lines(got) {
		line = strings.TrimSuffix(line, "\n")
		if w := Width(strings.NewReplacer(dimOn, "", dimOff, "").Replace(line)); o.Width > 0 && w > o.Width {
			t.Errorf("%d columns on a terminal of %d: %s", w, o.Width, line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("blanks end %q", line)
		}
		if o.ASCII && strings.ContainsFunc(line, func(r rune) bool { return r >= '─' && r <= '█' }) {
			t.Errorf("blocks in %q", line)
		}
	}
	return got
}

const labelRows = "DescribeInstances,120455\nGetObject,88231\nListBuckets,1204\n,77\n\"\",3\nNULL,0\nx\x1b[2Jy,\n名前名前名前名前名前名前名前名前,-20000\n"

// sine is a number for each step from a midnight in July.
func sine(n int, step time.Duration) string {
	var b strings.Builder
	for i := range n {
		at := time.Date(2025, 7, 10, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * step)
		fmt.Fprintf(&b, "%s,%.0f\n", at.Format(time.DateTime), 1000*math.Sin(float64(i)*12/float64(n)))
	}
	return b.String()
}

func TestChartGolden(t *testing.T) {
	months := "2025-01-01,1\n2025-02-01,2\n2025-04-01,4\n2026-01-01,3\n"
	perCode := "2025-07-10 00:00:00,x,5\n2025-07-10 01:00:00,x,9\n2025-07-10 03:00:00,,1000\n2025-07-10 00:00:00,z,0\n2025-07-10 01:00:00,z,-1\n"
	for _, c := range []struct {
		name    string
		columns []Column
		rows    string
		opts    ChartOptions
	}{
		{"labels", labelColumns, labelRows, ChartOptions{}}, {"labels-20", labelColumns, labelRows, ChartOptions{Width: 20}},
		{"labels-ascii", labelColumns, labelRows, ChartOptions{Width: 50, ASCII: true}},
		{"series", []Column{{"region", "VARCHAR", false}, {"code", "VARCHAR", false}, {"n", "BIGINT", false}},
			"us-east-1,AccessDenied,10\nus-east-1,,4\neu-west-1,AccessDenied,3\n", ChartOptions{Width: 50}},
		{"times", timeColumns, sine(24, time.Hour), ChartOptions{Width: 80}},
		{"times-20", timeColumns, sine(24, time.Hour), ChartOptions{Width: 20, Height: 4}},
		{"times-ascii", timeColumns, sine(24, time.Hour), ChartOptions{Width: 60, Height: 4, ASCII: true, Zone: time.FixedZone("there", 5*3600+1800)}},
		{"times-many", timeColumns, sine(10_000, time.Minute), ChartOptions{Width: 80}},
		{"times-months", []Column{{"month", "DATE", false}, {"n", "BIGINT", false}}, months, ChartOptions{Width: 60, Height: 3}},
		{"times-series", []Column{{"t", "TIMESTAMP", false}, {"code", "VARCHAR", false}, {"n", "BIGINT", false}}, perCode, ChartOptions{Width: 60}},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden(t, "chart-"+c.name, []byte(charted(t, c.columns, c.rows, c.opts)))
		})
	}
}

// Of many bars the largest are shown, wherever they stand, in the rows' order.
func TestChartManyBars(t *testing.T) {
	var rows strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&rows, "label%d,%d\n", i, (i*7919)%10_000)
	}
	got := charted(t, labelColumns, rows.String(), ChartOptions{Width: 60, Rows: 12})
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 14 || lines[13] != "… and 9,988 more, none larger than 9,987" {
		t.Errorf("%s", got)
	}
	last := -1
	for _, line := range lines[1:13] {
		var at int
		var n string
		if _, err := fmt.Sscanf(line, "label%d %s", &at, &n); err != nil || at <= last || n < "9,988" {
			t.Errorf("%s: %v", line, err)
		}
		last = at
	}
}

// What has no length, or more than any number, is told and not drawn.
func TestChartOddNumbers(t *testing.T) {
	columns := []Column{{"s", "VARCHAR", false}, {"n", "DOUBLE", false}}
	for rows, want := range map[string][]string{
		"":                               {"n by s\n(0 rows)\n"},
		"a,0\nb,0\n":                     {"a 0\nb 0\n"},
		"a,\nb,\n":                       {"a NULL\nb NULL\n"},
		"a,nan\nb,inf\nc,-inf\nd,5\n":    {"a  nan\n", "b  inf\n", "c -inf\n", "d    5 ███"},
		"a,1e308\nb,-1e308\n":            {"a  1e308                 ███████████████\n", "b -1e308  ██████████"},
		"a," + strings.Repeat("9", 5000): {"a 9,999,9…\n"},
		"a,-3\nb,-6\n":                   {"a -3 ", "█\nb -6 ████"},
		"a,1234567.50\n":                 {"a 1.23M ██"},
		"a,.5\nb,1\n":                    {"a .5 ", "b  1 "},
		"a,1000000\nb,1\n":               {"b         1 ▏\n"}, // not nothing
	} {
		if !strings.HasSuffix(rows, "\n") && rows != "" {
			rows += "\n"
		}
		got := charted(t, columns, rows, ChartOptions{Width: 40})
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%.60q: no %q in\n%s", rows, w, got)
			}
		}
	}
}

func TestChartTimesOdd(t *testing.T) {
	for rows, want := range map[string][]string{
		"":                           {"(0 rows)"},
		",5\n2025-07-10 00:00:00,\n": {"no row has both"},
		"2025-07-10 12:34:00,5\n":    {"      5 │██", "2025-07-10 12:34\n", "times are UTC; the peak is 5 at 2025-07-10 12:34\n"},
		"2025-07-10 00:00:00,0\n2025-07-11 00:00:00,0\ninfinity,1\n":            {"a column is 1 day; the peak is 0 at", "1 row without a time or a number"},
		"2025-07-10 00:00:00,7\n2025-07-10 00:00:00,9\n":                        {"the peak is 9"}, // twice the same time
		"0001-01-01 00:00:00,1\n9999-12-31 23:59:59,2\n":                        {"days and shows the largest in it", "the peak is 2 at 9999-12-31"},
		"2025-07-10 00:00:00,1\n2025-07-10 03:17:09,2\n":                        {" and shows the largest in it", "at 2025-07-10 03:17:09"},
		"2025-07-10 00:00:00,1\n2025-07-10 05:00:00,2\n2025-07-10 02:30:00,2\n": {"a column is 150 minutes"},
	} {
		for _, width := range []int{20, 80, 300} {
			got := charted(t, timeColumns, rows, ChartOptions{Width: width})
			for _, w := range want {
				if width > 20 && !strings.Contains(got, w) {
					t.Errorf("%q in %d: no %q in\n%s", rows, width, w, got)
				}
			}
		}
	}
}

// Points beyond what is held are joined: the peak is there still.
func TestChartManyTimes(t *testing.T) {
	n := 4 * mostPoints
	if raceEnabled {
		n = mostPoints + 10
	}
	r, w := io.Pipe()
	go func() {
		for i := range n {
			v := i % 100
			if i == n/2 {
				v = 12345
			}
			fmt.Fprintf(w, "%s,%d\n", time.Unix(int64(1_700_000_000+i), 0).UTC().Format(time.DateTime), v)
		}
		w.Close()
	}()
	var b strings.Builder
	if err := Chart(&b, timeColumns, r, ChartOptions{Width: 100}); err != nil || !strings.Contains(b.String(), "the peak is 12,345 at 20") {
		t.Errorf("%v\n%s", err, b.String())
	}
	columns := []Column{timeColumns[0], {"s", "VARCHAR", false}, timeColumns[1]}
	var rows strings.Builder
	for i := range 3 * mostSeries {
		fmt.Fprintf(&rows, "2025-07-10 00:00:00,s%d,%d\n", i, i)
	}
	got := charted(t, columns, rows.String(), ChartOptions{Width: 60, Rows: 5})
	if !strings.Contains(got, "\n… and 995 more, none larger than 994\n") || !strings.Contains(got, "… and 2,000 rows of further series\n") {
		t.Error(got)
	}
}

func TestChartErrors(t *testing.T) {
	text := Column{"s", "VARCHAR", false}
	for _, columns := range [][]Column{{text}, {text, timeColumns[0]}, {}} {
		if err := Chart(io.Discard, columns, strings.NewReader(""), ChartOptions{}); err == nil || !strings.Contains(err.Error(), "\nhint: ") {
			t.Errorf("%v: %v", columns, err)
		}
	}
	if got := charted(t, labelColumns[1:], "5\n7\n", ChartOptions{Width: 20}); !strings.HasPrefix(got, "n\n1 5 ██") {
		t.Errorf("numbers alone are counted:\n%s", got)
	}
	sick := errors.New("sick")
	if err := Chart(io.Discard, labelColumns, iotest.ErrReader(sick), ChartOptions{}); !errors.Is(err, sick) {
		t.Errorf("a sick reader gives %v", err)
	}
	if err := Chart(failing{}, labelColumns, strings.NewReader("a,1\n"), ChartOptions{}); err != errFull {
		t.Errorf("a full disk gives %v", err)
	}
}

func TestShort(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 7: "7", -12.34: "-12.3", 999: "999", 999.6: "1k", -120455: "-120k", 1.5e6: "1.5M", 17408406873: "17.4G", -0.01234: "-0.0123", -0.001234: "-0.001", 4e30: "4e+30"} {
		if got := short(f); got != want {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
	for exponent := -320; exponent < 309; exponent++ {
		if got := short(-9.8765 * math.Pow10(exponent)); len(got) > 7 {
			t.Errorf("%s is wider than seven columns", got)
		}
	}
}

// FuzzChart: of any rows a chart no wider than the terminal, and nothing in it
// drives that.
func FuzzChart(f *testing.F) {
	f.Add(labelRows, uint8(40), false)
	f.Add("2025-07-10 00:00:00,5\n2025-07-11 00:30:00,-5e300\n", uint8(20), true)
	f.Fuzz(func(t *testing.T, rows string, width uint8, ascii bool) {
		for _, first := range []string{"VARCHAR", "TIMESTAMP", "DOUBLE"} {
			columns := []Column{{"a", first, false}, {"b\x1b", "DOUBLE", false}}
			o := ChartOptions{Width: max(int(width), narrowestChart), ASCII: ascii}
			var b strings.Builder
			if Chart(&b, columns, strings.NewReader(rows), o) == nil {
				charted(t, columns, rows, o)
			}
		}
	})
}
