package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func laidOut(t *testing.T, f Format, columns []Column, rows string, opts Options) string {
	t.Helper()
	var b strings.Builder
	if _, err := Write(&b, f, columns, strings.NewReader(rows), opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Times are shown in a person's zone with their offsets, also in the hour that
// comes twice; programs get them as they are.
func TestZone(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	columns := []Column{{"eventTime", "TIMESTAMP", false}, {"tz", "TIMESTAMP WITH TIME ZONE", false}, {"day", "DATE", false}, {"s", "VARCHAR", false}}
	rows := "2025-10-26 00:30:00,2025-07-01 12:00:00.250+05:30,2025-07-01,2025-07-01 12:00:00\n" +
		"2025-10-26 01:30:00.000001,2025-07-01 00:00:00-03,,\n" + "infinity,,1-01-01,\n" + "290000-01-01 00:00:00,294247-01-10 04:00:54.775806+00,,\n"
	for _, f := range []Format{Table, Vertical, Markdown} {
		got := laidOut(t, f, columns, rows, Options{Zone: paris})
		for _, want := range []string{"eventTime (Europe/Paris)", "tz (Europe/Paris)", "2025-10-26 02:30:00+02", "2025-10-26 02:30:00.000001+01", "2025-07-01 08:30:00.250+02",
			"2025-07-01 05:00:00+02", "infinity", "290000-01-01 00:00:00", "2025-07-01 12:00:00 "} {
			if !strings.Contains(got+" ", want) && !strings.Contains(got, strings.TrimSpace(want)+"\n") {
				t.Errorf("%s: no %q in\n%s", f, want, got)
			}
		}
		if strings.Contains(got, "day (") || strings.Contains(got, "s (") {
			t.Errorf("%s: days and texts have no zone\n%s", f, got)
		}
		if f == Table {
			aligned(t, got, 0)
		}
		if in, as := laidOut(t, f, columns, rows, Options{Zone: time.UTC}), laidOut(t, f, columns, rows, Options{}); in != as {
			t.Errorf("%s: UTC changes\n%s", f, in)
		}
	}
	for _, f := range []Format{CSV, JSON, NDJSON} {
		if got := laidOut(t, f, columns, rows, Options{Zone: paris}); got != laidOut(t, f, columns, rows, Options{}) {
			t.Errorf("%s: a zone changes\n%s", f, got)
		}
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{`{"bucketName":"x","a":1,"b":[],"c":null}`, 40, `{"bucketName":"x","a":1,"b":[],"c":null}`},
		{`{"bucketName":"x","a":1,"b":[],"c":null}`, 30, `{"bucketName":"x", …3 more}`},
		{`{"bucketName":"x","a":1,"b":[],"c":null}`, 34, `{"bucketName":"x", "a":1, …2 more}`},
		{`{"bucketName":"x","a":1,"b":[],"c":null}`, 20, `{"bucketName":"x","…`}, // not one would fit
		{`{"instancesSet":{"items":[{"instanceId":"i-1"}]},"filterSet":{}}`, 40, `{"instancesSet":{…}, "filterSet":{}}`},
		{`{"policy": "0123456789 0123456789","x":1}`, 30, `{"policy": "012345…", "x":1}`},
		{`["a","b","c","d","e","f","g","h"]`, 20, `["a", "b", …6 more]`},
		{`[[1,2,3,4,5,6,7,8,9],{"a":",]}\""},1]`, 14, `[[…], …2 more]`},
		{`"a text that is long"`, 10, `"a text t…`},
		{`{"cut":"by AWS","no`, 12, `{"cut":"by …`},
		{`{"a":1}{"b":2}{"c":3}`, 12, `{"a":1}{"b"…`},
		{`{}             `, 5, `{}  …`},
		{`{"名前":"` + strings.Repeat("名", 20) + `","k":1}`, 26, `{"名前":"名名…", "k":1}`},
		{`{"k":"` + "\x1b" + `","l":"22222222222222"}`, 24, `{"k":"\x1b", "l":"222…"}`},
	} {
		got := laidOut(t, Table, []Column{{"j", "JSON", false}}, `"`+strings.ReplaceAll(c.text, `"`, `""`)+"\"\n", Options{FoldJSON: true, MaxCell: c.most, NoHeader: true, NoCount: true})
		lines := strings.Split(got, "\n")
		if cell := strings.TrimSpace(strings.Trim(lines[1], "│")); cell != strings.TrimSpace(c.want) {
			t.Errorf("%s in %d columns:\n got %s\nwant %s", c.text, c.most, cell, c.want)
		}
		aligned(t, got, 0)
	}
	// As it is elsewhere, and where nobody asked.
	row := `"{""a"":1,""b"":22222222222222}"` + "\n"
	if got := laidOut(t, Vertical, []Column{{"j", "JSON", false}}, row, Options{FoldJSON: true, MaxCell: 9}); !strings.Contains(got, `{"a":1,"b":22222222222222}`) {
		t.Error(got)
	}
	if got := laidOut(t, Table, []Column{{"j", "VARCHAR", false}}, row, Options{FoldJSON: true, MaxCell: 16}); !strings.Contains(got, `{"a":1,"b":2222…`) {
		t.Error(got)
	}
}

// A cell's most is for texts: what says little when it is cut keeps its width.
func TestMaxCell(t *testing.T) {
	columns := []Column{{"at", "TIMESTAMP", false}, {"n", "BIGINT", false}, {"s", "VARCHAR", false}}
	rows := "2025-07-01 12:00:00,1234567890123,0123456789abcdef\n"
	got := laidOut(t, Table, columns, rows, Options{MaxCell: 10})
	if !strings.Contains(got, "│ 2025-07-01 12:00:00 │ 1234567890123 │ 012345678… │") {
		t.Error(got)
	}
	// Rows behind the sample are no reason to go beyond it.
	got = laidOut(t, Table, columns, strings.Repeat("2025-07-01 12:00:00,1,x\n", sampleRows)+rows, Options{MaxCell: 3})
	if !strings.Contains(got, "│ 01… │") {
		t.Error(got[len(got)-300:])
	}
}

func TestTableFit(t *testing.T) {
	columns := []Column{{"a", "VARCHAR", false}, {"b", "INTEGER", false}}
	for _, c := range []struct {
		head  string
		width int
		want  Fit
	}{
		{"", 80, Fit{Width: 9}}, {"xxxx,1\n", 80, Fit{Width: 12}}, {"xxxx,1\nthis row has no end", 80, Fit{Width: 12}},
		{strings.Repeat("x", 500) + ",1\n", 80, Fit{Width: 508}}, {"xxxx,1\n", 8, Fit{Width: 12, Hidden: 1}}, {"xxxx,1\n", 0, Fit{Width: 12}},
		{strings.Repeat(strings.Repeat("x", 100)+",1\n", 20_000) + strings.Repeat("x", 500) + ",1\n", 80, Fit{Width: 108}},
	} {
		if got := TableFit(columns, []byte(c.head), Options{Width: c.width}); got != c.want {
			t.Errorf("%.40q in %d: %+v, want %+v", c.head, c.width, got, c.want)
		}
		// What fits is not cut, and what does not is.
		if stats, err := Write(&bytes.Buffer{}, Table, columns, strings.NewReader(c.head), Options{Width: c.width}); err == nil && c.width > 0 &&
			len(c.head) < 1000 && (stats.Cut > 0 || stats.Columns < 2) != (c.want.Width > c.width) {
			t.Errorf("%.40q in %d: %+v, but %+v", c.head, c.width, stats, c.want)
		}
	}
	many := make([]Column, 3000)
	for i := range many {
		many[i] = Column{Name: fmt.Sprintf("column%d", i), Type: "VARCHAR"}
	}
	if got := TableFit(many, nil, Options{Width: 80}); got.Hidden < 2900 || got.Width < 3000*9 {
		t.Errorf("%+v", got)
	}
}

// Colours are few, and without them no byte drives a terminal.
func TestColors(t *testing.T) {
	columns := []Column{{"eventName", "VARCHAR", false}, {"errorCode", "VARCHAR", false}}
	rows := "GetObject,AccessDenied\nGetObject,\nGetObject,NULL\n"
	for _, f := range []Format{Table, Vertical} {
		got := laidOut(t, f, columns, rows, Options{Color: true})
		for _, want := range []string{redOn + "AccessDenied" + redOff, dimOn + "NULL" + dimOff, redOn + "'NULL'" + redOff} {
			if strings.Count(got, want) != 1 {
				t.Errorf("%s: no %q in %q", f, want, got)
			}
		}
		if plain := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(got, ""); plain != laidOut(t, f, columns, rows, Options{}) {
			t.Errorf("%s: not what it is without colours:\n%s", f, plain)
		}
	}
}

// A cell of 5 MB, or thousands of columns, are shown on any terminal at once.
func TestLargeOnSmall(t *testing.T) {
	size := 5 << 20
	if raceEnabled {
		size = 256 << 10
	}
	members, err := json.Marshal(strings.Split(strings.Repeat("a member,", size/9), ","))
	if err != nil {
		t.Fatal(err)
	}
	cell := `"` + strings.ReplaceAll(string(members), `"`, `""`) + `"`
	columns := []Column{{"eventTime", "TIMESTAMP", false}, {"j", "JSON", false}}
	for _, width := range []int{1, 20, 80} {
		for _, f := range []Format{Table, Vertical} {
			began := time.Now()
			got := laidOut(t, f, columns, "2025-07-01 12:00:00,"+cell+"\n", Options{Width: width, FoldJSON: true, MaxCell: 40, Zone: time.FixedZone("there", 3600)})
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s, width %d: %v", f, width, took)
			}
			if f == Table && width == 20 {
				aligned(t, got, width)
			}
		}
	}
}

// FuzzFold: a folded cell is as wide as it says, and no wider than it may be.
func FuzzFold(f *testing.F) {
	f.Add(`{"a":"b","c":[1,{"d":"e"}]}`, uint8(12))
	f.Add(`{"a`, uint8(3))
	f.Add(`{"":"",}`, uint8(4))
	f.Add(`["\`, uint8(4))
	f.Fuzz(func(t *testing.T, text string, most uint8) {
		var l folder
		out, width, ok := l.fold(nil, []byte(text), int(most))
		harmless(t, out)
		if ok && (width > int(most) || width != Width(string(out))) || !ok && len(out) > 0 {
			t.Errorf("%q in %d: %q, %d columns", text, most, out, width)
		}
	})
}
