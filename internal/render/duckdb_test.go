package render

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

// duckdb runs COPY (query) into a pipe, as ctsql does, and hands its end to read.
func duckdb(t testing.TB, query string, read func(io.Reader) error) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	done := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(context.Background(), fmt.Sprintf("COPY (%s) TO '/dev/fd/%d' %s", query, w.Fd(), CopyOptions))
		w.Close()
		done <- err
	}()
	err = read(r)
	r.Close()
	if copyErr := <-done; err == nil && copyErr != nil {
		t.Fatalf("%s: %v", query, copyErr)
	}
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// TestWireOfDuckDB holds CopyOptions against what DuckDB does: every value comes
// back, and NULL, the empty string and texts that look like either differ.
func TestWireOfDuckDB(t *testing.T) {
	const null = "\x00NULL"
	for _, c := range []struct {
		query string
		want  [][]string
	}{
		{"select ''", [][]string{{""}}},
		{"select null", [][]string{{null}}},
		{"select null where false", nil},
		{"values (null), (''), (null)", [][]string{{null}, {""}, {null}}},
		{"select null, '', null", [][]string{{null, "", null}}},
		{"select 'NULL', 'null', '\\N', '\"\"', '\"', ' ', ' a ', '#a'", [][]string{{"NULL", "null", `\N`, `""`, `"`, " ", " a ", "#a"}}},
		{"select E'a\\nb', E'\\n', E'a\\rb', E'a\\r\\n', 'a,b', ',', 'a\"b', '\"a', E'\\t', ';'", [][]string{{"a\nb", "\n", "a\rb", "a\r\n", "a,b", ",", `a"b`, `"a`, "\t", ";"}}},
		{"select chr(0), chr(27) || 'x', 'é名', chr(8232)", [][]string{{"\x00", "\x1bx", "é名", "\u2028"}}},
		{"select '\\x00,\\x22'::blob, '101'::bit, E'a\\nb'::enum(E'a\\nb'), [','], {a: '\"'}", [][]string{{`\x00,\x22`, "101", "a\nb", "[',']", `{'a': '"'}`}}},
		{"select to_json({a: E'\"\\n,', b: [1, null]}), '{\"z\":  1.10, \"a\": 170141183460469231731687303715884105727}'::json", [][]string{{`{"a":"\"\n,","b":[1,null]}`, `{"z":  1.10, "a": 170141183460469231731687303715884105727}`}}},
		{"select .5::decimal(3,3), -.5::decimal(3,3), 1.10::decimal(5,2), 'nan'::double, '-inf'::float, 1e300, true, 170141183460469231731687303715884105727::hugeint",
			[][]string{{".500", "-.500", "1.10", "nan", "-inf", "1e+300", "true", "170141183460469231731687303715884105727"}}},
		{"select interval '1 day 2 hours', timestamp '2020-01-01 00:00:00.5', timestamptz '2020-01-01 00:00:00+00'", [][]string{{"1 day 02:00:00", "2020-01-01 00:00:00.5", "2020-01-01 00:00:00+00"}}},
	} {
		duckdb(t, c.query, func(r io.Reader) error {
			var got [][]string
			columns := 1
			if len(c.want) > 0 {
				columns = len(c.want[0])
			}
			for cells, err := range Rows(r, columns) {
				if err != nil {
					return err
				}
				var row []string
				for _, cell := range cells {
					if cell.Null {
						row = append(row, null)
					} else {
						row = append(row, string(cell.Text))
					}
				}
				got = append(got, row)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("%s\n got %q\nwant %q", c.query, got, c.want)
			}
			return nil
		})
	}
}

func TestBigCell(t *testing.T) {
	const size = 50_000_000
	duckdb(t, "select repeat('\"x\n', 1000) as a, repeat('abcde', 10000000) as b, null as c", func(r io.Reader) error {
		n := 0
		for cells, err := range Rows(r, 3) {
			if err != nil {
				return err
			}
			n++
			if string(cells[0].Text) != strings.Repeat("\"x\n", 1000) || len(cells[1].Text) != size || !cells[2].Null {
				t.Errorf("%d, %d bytes, %v", len(cells[0].Text), len(cells[1].Text), cells[2].Null)
			}
		}
		if n != 1 {
			t.Errorf("%d rows", n)
		}
		return nil
	})
}

func TestJSONOfDuckDB(t *testing.T) {
	query := `select 1.10::decimal(5,2) a, .5::decimal(3,3) b, -.5::decimal(3,3) c, 'nan'::double d, '-inf'::double e, 1e300::double f,
		170141183460469231731687303715884105727::hugeint g, true h, null::boolean i,
		to_json({x: 'nan'::double, y: ['-inf'::double], z: 'NaN'}) j, E'{\n "b": 1.10,\n "a": "\\u0000" }' k, '{bad' l, chr(27) || chr(155) m`
	columns := []Column{{"a", "DECIMAL(5,2)", false}, {"b", "DECIMAL(3,3)", false}, {"c", "DECIMAL(3,3)", false}, {"d", "DOUBLE", false}, {"e", "DOUBLE", false},
		{"f", "DOUBLE", false}, {"g", "HUGEINT", false}, {"h", "BOOLEAN", false}, {"i", "BOOLEAN", false}, {"j", "STRUCT(x DOUBLE, y DOUBLE[], z VARCHAR)", false},
		{"k", "VARCHAR", true}, {"l", "VARCHAR", true}, {"m", "VARCHAR", false}}
	want := `{"a":1.10,"b":0.500,"c":-0.500,"d":"nan","e":"-inf","f":1e+300,"g":170141183460469231731687303715884105727,"h":true,"i":null,` +
		`"j":{"x":"NaN","y":["-Infinity"],"z":"NaN"},"k":{  "b": 1.10,  "a": "\u0000" },"l":"{bad","m":"\u001b\u009b"}` + "\n"
	duckdb(t, query, func(r io.Reader) error {
		var b strings.Builder
		_, err := Write(&b, NDJSON, columns, r, Options{})
		if b.String() != want {
			t.Errorf("\n got %s\nwant %s", b.String(), want)
		}
		if !json.Valid([]byte(b.String())) {
			t.Error("not JSON")
		}
		return err
	})
}
