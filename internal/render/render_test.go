package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/mattn/go-runewidth"
)

var update = flag.Bool("update", false, "write the golden files")

var sampleColumns = []Column{
	{Name: "eventName", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}, {Name: "requestParameters", Type: "VARCHAR", JSON: true},
	{Name: "resources", Type: "STRUCT(ARN VARCHAR)[]"}, {Name: "ok", Type: "BOOLEAN"}, {Name: "n", Type: "DECIMAL(9,2)"},
}

const sampleWire = `GetObject,12,"{""b"": 1.10,
 ""a"": 12345678901234567890}","[{""ARN"":""arn:aws:s3:::x|y""}]",true,1.10
,,,,,
"","-7","{""cut",[],false,.50
NULL,0,"""text""","[{""ARN"":""x""},{""ARN"":""a rather long one that will be cut on most terminals""}]",true,-.50
` + "\"\x1b[31mred\r\ttab\x9b \u202e\u200b\u2028\u009b\",1,名前は長い😀 日本語,null,true,99\n" +
	"\"a|b\n<b>&*x* _y_ a_b `c` [l](u) \\\",2,e\u0301e\u0301\u0301\u0301\u0301\u0301\u0301,\"{\"\"d\"\":NaN}\",true,nan\n"

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		opts   Options
	}{
		{"csv", CSV, Options{}}, {"csv-noheader-2", CSV, Options{NoHeader: true, MaxRows: 2}},
		{"json", JSON, Options{}}, {"ndjson", NDJSON, Options{}}, {"markdown", Markdown, Options{}},
		{"vertical", Vertical, Options{}}, {"vertical-40", Vertical, Options{Width: 40}},
		{"table", Table, Options{}}, {"table-100", Table, Options{Width: 100}}, {"table-60", Table, Options{Width: 60}},
		{"table-20", Table, Options{Width: 20}}, {"table-5", Table, Options{Width: 5}},
		{"table-3-rows", Table, Options{MaxRows: 3, NoHeader: true, Null: "∅", Width: 80, Color: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			stats, err := Write(&b, c.format, sampleColumns, iotest.OneByteReader(strings.NewReader(sampleWire)), c.opts)
			if err != nil {
				t.Fatal(err)
			}
			if stats.Rows != 6 {
				t.Errorf("%+v", stats)
			}
			if c.format != CSV && !c.opts.Color {
				harmless(t, b.Bytes())
			}
			if c.format == Table {
				aligned(t, b.String(), c.opts.Width)
			}
			golden(t, c.name, b.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update accepts it):\n%s", file, got)
	}
}

// harmless fails where a byte could drive a terminal.
func harmless(t *testing.T, b []byte) {
	t.Helper()
	for _, r := range strings.ReplaceAll(string(b), "\n", "") {
		if hidden(r) {
			t.Errorf("%U in\n%q", r, b)
		}
	}
}

// aligned fails where the lines of a table are not equally wide.
func aligned(t *testing.T, s string, width int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	want := -1
	for _, line := range lines {
		if strings.HasPrefix(line, "(") {
			continue
		}
		got := 0
		for _, r := range strings.NewReplacer(dimOn, "", dimOff, "").Replace(line) {
			got += (&runewidth.Condition{StrictEmojiNeutral: true}).RuneWidth(r)
		}
		if want < 0 {
			want = got
		}
		if got != want || width >= 12 && got > width {
			t.Errorf("%d columns wide, not %d (terminal %d): %s", got, want, width, line)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                       "plain",
		"a\x00\a\b\t\n\v\f\r\x1b\x7f": `a\x00\x07\x08\t\n\x0b\x0c\r\x1b\x7f`,
		"\x9b\xc2\x9b\xff\xe2\x80":    `\x9b\u009b\xff\xe2\x80`,
		"\u202a\u2066\u200f\u061c":    `\u202a\u2066\u200f\u061c`,
		"\u200b\u200d\u2060\ufeff\u00ad\u034f\u3164\ufe0f": `\u200b\u200d\u2060\ufeff\u00ad\u034f\u3164\ufe0f`,
		"\U000e0041\U0010ffff\ue000":                       `\U000e0041\U0010ffff\ue000`,
		"\u2028\u2029":                                     `\u2028\u2029`,
		"é 名前 😀 \u00a0\u3000":                              "é 名前 😀 \u00a0\u3000",
		"e" + strings.Repeat("\u0301", 5):                  "e" + strings.Repeat("\u0301", 4) + `\u0301`,
		`back\slash`:                                       `back\slash`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := CleanLines("a\x1b\nb\r\n"); got != "a\\x1b\nb\\r\n" {
		t.Errorf("CleanLines: %q", got)
	}
}

func TestBrokenWire(t *testing.T) {
	two := []Column{{Name: "a", Type: "VARCHAR"}, {Name: "b", Type: "VARCHAR"}}
	for _, c := range []struct {
		wire string
		cut  bool
	}{
		{"1,2", true}, {"1,", true}, {"1,\"2", true}, {"1,\"2\"", true}, {"1,2\n3", true}, {"1,2\n3,\"4\n", true},
		{"1\n", false}, {"1,2,3\n", false}, {"1,\"2\"x\n", false}, {"\n", false},
	} {
		for _, f := range Formats() {
			if f == CSV && !c.cut {
				continue // passed on as it is, and only counted
			}
			_, err := Write(io.Discard, f, two, strings.NewReader(c.wire), Options{})
			if err == nil || errors.Is(err, io.ErrUnexpectedEOF) != c.cut {
				t.Errorf("%s %q: %v", f, c.wire, err)
			}
		}
	}
	sick := errors.New("sick")
	for _, f := range Formats() {
		if _, err := Write(io.Discard, f, two, iotest.ErrReader(sick), Options{}); !errors.Is(err, sick) {
			t.Errorf("%s: a sick reader gives %v", f, err)
		}
		if _, err := Write(failing{}, f, two, strings.NewReader("1,2\n"), Options{}); err != errFull {
			t.Errorf("%s: a full disk gives %v", f, err)
		}
		if _, err := Write(io.Discard, f, nil, strings.NewReader(""), Options{}); err == nil {
			t.Errorf("%s: no columns, no error", f)
		}
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestOneColumn(t *testing.T) {
	column := []Column{{Name: "a,b", Type: "VARCHAR"}}
	var b strings.Builder
	if _, err := Write(&b, CSV, column, strings.NewReader("\n\"\"\nx\n"), Options{}); err != nil || b.String() != "\"a,b\"\n\"\"\n\"\"\nx\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Errorf("%q, %v", rows, err)
	}
	b.Reset()
	if _, err := Write(&b, JSON, column, strings.NewReader(""), Options{}); err != nil || b.String() != "[]\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestUniqueNames(t *testing.T) {
	var columns []Column
	for _, n := range strings.Split("a b a a_1 a A a", " ") {
		columns = append(columns, Column{Name: n})
	}
	if got := strings.Join(uniqueNames(columns), " "); got != "a b a_2 a_1 a_3 A a_4" {
		t.Error(got)
	}
}

func TestWideTable(t *testing.T) {
	columns, line := make([]Column, 3000), make([]string, 3000)
	for i := range columns {
		columns[i] = Column{Name: fmt.Sprintf("c%d", i), Type: "INTEGER"}
		line[i] = fmt.Sprint(i)
	}
	var b strings.Builder
	stats, err := Write(&b, Table, columns, strings.NewReader(strings.Repeat(strings.Join(line, ",")+"\n", 3)), Options{Width: 30})
	if err != nil || stats.Columns == 3000 || stats.Columns < 3 {
		t.Errorf("%+v, %v", stats, err)
	}
	aligned(t, b.String(), 30)
	if !strings.Contains(b.String(), "of 3,000 columns shown)") {
		t.Error(b.String())
	}
}

// Rows behind the sample are cut, unless they are but a little wider; a count
// that grows is not.
func TestLaterRows(t *testing.T) {
	r := io.MultiReader(strings.NewReader(strings.Repeat("1,x\n", sampleRows)), strings.NewReader("1,vwxyz\n1234567890123,uvwxyz\n"))
	var b strings.Builder
	stats, err := Write(&b, Table, []Column{{"n", "BIGINT", false}, {"t", "VARCHAR", false}}, r, Options{Width: 80})
	if err != nil || stats.Cut != 1 || !strings.Contains(b.String(), " 1234567890123 │ uvwx… │\n") || !strings.HasSuffix(b.String(), "(1,002 rows, 1 cell cut)\n") {
		t.Errorf("%+v %v\n%s", stats, err, b.String()[b.Len()-500:])
	}
	aligned(t, b.String(), 80)
}

// repeated reads a row n times without holding them.
type repeated struct {
	row  string
	n    int
	rest string
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if r.rest == "" {
			if r.n == 0 {
				break
			}
			r.n--
			r.rest = r.row
		}
		k := copy(p[n:], r.rest)
		r.rest = r.rest[k:]
		n += k
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

const trailRow = "2023-07-10 12:00:00,ec2.amazonaws.com,DescribeInstances,us-east-1,123456789012,198.51.100.7,,\"{\"\"instancesSet\"\":{},\"\"filterSet\"\":{\"\"items\"\":[{\"\"name\"\":\"\"vpc-id\"\"}]}}\",17\n"

var trailColumns = []Column{{"eventTime", "TIMESTAMP", false}, {"eventSource", "VARCHAR", false}, {"eventName", "VARCHAR", false}, {"awsRegion", "VARCHAR", false},
	{"recipientAccountId", "VARCHAR", false}, {"sourceIPAddress", "VARCHAR", false}, {"errorCode", "VARCHAR", false}, {"requestParameters", "VARCHAR", true}, {"n", "BIGINT", false}}

func TestStreams(t *testing.T) {
	rows := 1_000_000
	if raceEnabled {
		rows = 30_000
	}
	for _, f := range Formats() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		stats, err := Write(io.Discard, f, trailColumns, &repeated{row: trailRow, n: rows}, Options{Width: 120})
		runtime.ReadMemStats(&after)
		if err != nil || stats.Rows != int64(rows) || stats.Shown != int64(rows) {
			t.Errorf("%s: %+v, %v", f, stats, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("%s: %d rows allocate %d KB", f, rows, got>>10)
		}
	}
}

// Large cells of what a careless layout would go over again.
func TestHostileCells(t *testing.T) {
	columns := []Column{{"a", "VARCHAR", true}, {"b", "DOUBLE[]", false}}
	size := 256 << 10
	if raceEnabled {
		size = 32 << 10
	}
	for _, piece := range []string{"\x1b", "\"\"", "\xff", "\u0301", "\u202e", "名", "[", "NaN,", "-", "_", "\\", "\r", "a\n", "{\"\"a\"\":"} {
		cell := `"` + strings.Repeat(piece, size/len(piece)) + `"`
		for _, f := range Formats() {
			for _, width := range []int{0, 1, 80} {
				start := time.Now()
				if _, err := Write(io.Discard, f, columns, strings.NewReader(cell+","+cell+"\n"), Options{Width: width}); err != nil {
					t.Errorf("%s %q: %v", f, piece, err)
				}
				if d := time.Since(start); d > 2*time.Second {
					t.Errorf("%s of %q repeated takes %v", f, piece, d)
				}
			}
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			const rows = 100_000
			b.SetBytes(int64(rows * len(trailRow)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Write(io.Discard, f, trailColumns, &repeated{row: trailRow, n: rows}, Options{Width: 120}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("rows", func(b *testing.B) {
		const rows = 100_000
		b.SetBytes(int64(rows * len(trailRow)))
		for b.Loop() {
			for _, err := range Rows(&repeated{row: trailRow, n: rows}, len(trailColumns)) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// FuzzWire writes cells as COPY does and reads them back.
func FuzzWire(f *testing.F) {
	f.Add("a", "", "x\ny", uint8(0))
	f.Add("\"", ",", "\r\n\"\"", uint8(2))
	f.Fuzz(func(t *testing.T, a, b, c string, nulls uint8) {
		cells := []string{a, b, c}
		var wire strings.Builder
		for i, s := range cells {
			if i > 0 {
				wire.WriteByte(',')
			}
			if nulls>>i&1 == 0 {
				wire.WriteString(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`)
			}
		}
		wire.WriteByte('\n')
		n := 0
		for got, err := range Rows(iotest.HalfReader(strings.NewReader(strings.Repeat(wire.String(), 3))), 3) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			for i, g := range got {
				if null := nulls>>i&1 == 1; g.Null != null || !null && string(g.Text) != cells[i] {
					t.Fatalf("%q of %q", g.Text, wire.String())
				}
			}
		}
		if n != 3 {
			t.Fatalf("%d rows of %q", n, wire.String())
		}
	})
}

// FuzzWrite feeds every layout with anything: no panic, JSON that is JSON, and
// nothing that drives a terminal.
func FuzzWrite(f *testing.F) {
	f.Add(sampleWire, "name", uint8(40))
	f.Add("1,2,3\n\"{\"\"a\"\":NaN}\",[-Infinity],nan\n", "\x1b", uint8(0))
	f.Add("\"{\"\"\x9b\u202e\x7f\"\":\n1}\",\"\"\"\u2028\"\"\",\"\xff\"\n", "a\nb", uint8(3))
	f.Fuzz(func(t *testing.T, wire, name string, width uint8) {
		columns := []Column{{name, "VARCHAR", true}, {name, "INTEGER[]", false}, {"", "DOUBLE", false}}
		for _, format := range Formats() {
			var b bytes.Buffer
			_, err := Write(&b, format, columns, strings.NewReader(wire), Options{Width: int(width)})
			if format == CSV {
				continue
			}
			harmless(t, b.Bytes())
			if err != nil {
				continue
			}
			switch format {
			case JSON:
				if !json.Valid(b.Bytes()) {
					t.Errorf("not JSON: %q", b.Bytes())
				}
			case NDJSON:
				for _, line := range bytes.SplitAfter(b.Bytes(), []byte("\n")) {
					if len(line) > 0 && !json.Valid(line) {
						t.Errorf("not JSON: %q", line)
					}
				}
			case Table:
				aligned(t, b.String(), 0)
			}
		}
	})
}

// Where a terminal is too narrow, texts are cut, and neither times nor numbers.
func TestTableCutsTexts(t *testing.T) {
	columns := []Column{{Name: "at", Type: "TIMESTAMP"}, {Name: "who", Type: "VARCHAR"}, {Name: "bytes", Type: "BIGINT"}, {Name: "what", Type: "VARCHAR"}}
	row := "2025-07-17 02:13:07," + strings.Repeat("w", 40) + ",17408406873," + strings.Repeat("x", 9) + "\n"
	for width, want := range map[int][]string{
		70: {"2025-07-17 02:13:07", "17408406873", "xxxxxxxxx", "www…"},
		60: {"2025-07-17 02:13:07", "17408406873", "xxxxxxxxx", "wwwwwww…"},
		40: {"2025-0", "w…", "…"}, // too narrow for either: all share
	} {
		var out strings.Builder
		if _, err := Write(&out, Table, columns, strings.NewReader(row), Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("width %d: no %q in\n%s", width, w, &out)
			}
		}
	}
}
