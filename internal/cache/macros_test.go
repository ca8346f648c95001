package cache

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/dialect"
)

// do runs a statement that yields nothing.
func do(t *testing.T, s *Session, statement string) error {
	t.Helper()
	a, err := s.Run(context.Background(), statement, nil, "")
	if err == nil && a.Result != nil {
		err = a.Close()
	}
	return err
}

// json_extract_scalar is as Trino documents it.
func TestJSONExtractScalar(t *testing.T) {
	s := session(t, SessionOptions{})
	if err := do(t, s, "SELECT json_extract_scalar('1', '$')"); err != nil {
		t.Fatal(err)
	}
	const store = `{"store":{"book":[{"title":"Sayings","pages":12},{"title":"Sword"}],"open":true,"x-amz-id-2":"a+b/c=","a.b":"dot","none":null,"text":"","big":12345678901234567890}}`
	for _, test := range []struct{ json, path, want string }{
		{`[1, 2, 3]`, `$[2]`, "3"},
		{`"abc"`, `$`, "abc"},
		{store, `$.store.book[0].title`, "Sayings"},
		{store, `$.store.book[0].pages`, "12"},
		{store, `$["store"]["book"][1]["title"]`, "Sword"},
		{store, `$['store'].open`, "true"},
		{store, `$.store["x-amz-id-2"]`, "a+b/c="},
		{store, `$.store[ "a.b" ]`, "dot"},
		{store, `$.store.text`, ""},
		{store, `$.store.big`, "12345678901234567890"},
		{store, `$.store.none`, "NULL"},
		{store, `$.store.book`, "NULL"},
		{store, `$.store`, "NULL"},
		{store, `$.store.book[7]`, "NULL"},
		{store, `$.nothing.here`, "NULL"},
		{`not json`, `$.a`, "NULL"},
		{`{"a":"cut off`, `$.a`, "NULL"},
		{``, `$.a`, "NULL"},
	} {
		var got sql.NullString
		statement := "SELECT json_extract_scalar(" + dialect.QuoteString(test.json) + ", " + dialect.QuoteString(test.path) + ")"
		if err := s.conn.One(context.Background(), statement, &got); err != nil {
			t.Errorf("%s: %v", statement, err)
			continue
		}
		if !got.Valid {
			got.String = "NULL"
		}
		if got.String != test.want {
			t.Errorf("%s of %s is %s, want %s", test.path, test.json, got.String, test.want)
		}
	}
	var null sql.NullString
	if err := s.conn.One(context.Background(), "SELECT json_extract_scalar(NULL, '$.a')", &null); err != nil || null.Valid {
		t.Errorf("of NULL: %v, %v", null, err)
	}
}

// Each macro is what Trino documents of its function; the cases are its documentation's
// where that has some.
func TestMacros(t *testing.T) {
	s := session(t, SessionOptions{})
	for _, test := range []struct{ sql, want string }{
		{`json_format(json_parse('{"a": [1, 2]}'))`, `{"a": [1, 2]}`},
		{`json_array_get('["a", [3, 9], "c"]', 0)`, `"a"`},
		{`json_array_get('["a", [3, 9], "c"]', 1)`, `[3,9]`},
		{`json_array_get('["c", [3, 9], "a"]', -1)`, `"a"`},
		{`json_array_get('[]', 0)`, "none"},
		{`json_array_contains('[1, 2, 3]', 2)`, "true"},
		{`json_array_contains('["AWS", "b"]', 'AWS')`, "true"},
		{`json_array_contains('["AWS", "b"]', 'AW')`, "false"},
		{`json_array_contains('{"a": "AWS"}', 'AWS')`, "none"},
		{`json_array_contains('not JSON', 'AWS')`, "none"},
		{`json_size('{"x": {"a": 1, "b": 2}}', '$.x')`, "2"},
		{`json_size('{"x": [1, 2, 3]}', '$.x')`, "3"},
		{`json_size('{"x": {"a": 1, "b": 2}}', '$.x.a')`, "0"},
		{`json_size('{"x": 1}', '$.y')`, "none"},

		{`from_iso8601_timestamp('2025-07-17T02:13:07Z')`, "2025-07-17 02:13:07"},
		{`from_iso8601_timestamp('2025-07-17T02:13:07+02:00')`, "2025-07-17 00:13:07"},
		{`from_iso8601_timestamp('2025-07-17')`, "2025-07-17 00:00:00"},
		{`from_iso8601_timestamp(TIMESTAMP '2025-07-17 02:13:07')`, "2025-07-17 02:13:07"},
		{`from_iso8601_timestamp(TIMESTAMPTZ '2025-07-17 02:13:07+02:00')`, "2025-07-17 00:13:07"},
		{`from_iso8601_timestamp(NULL)`, "none"},
		{`from_iso8601_date('2020-05-11')`, "2020-05-11"},
		{`to_iso8601(TIMESTAMP '2025-07-17 02:13:07')`, "2025-07-17T02:13:07Z"},
		{`to_iso8601(DATE '2025-07-17')`, "2025-07-17"},
		{`from_unixtime(1752718387)`, "2025-07-17 02:13:07"},
		{`to_unixtime(TIMESTAMP '2025-07-17 02:13:07')`, "1752718387.0"},
		{`date_diff('second', TIMESTAMP '2020-03-01 00:00:00', TIMESTAMP '2020-03-02 00:00:00')`, "86400"},
		{`date_diff('hour', TIMESTAMP '2020-03-01 00:00:00', TIMESTAMP '2020-03-02 00:00:00')`, "24"},
		{`date_diff('day', DATE '2020-03-01', DATE '2020-03-02')`, "1"},
		{`date_diff('hour', TIMESTAMP '2020-03-01 00:59:00', TIMESTAMP '2020-03-01 01:01:00')`, "0"},
		{`date_diff('day', TIMESTAMP '2020-03-02 00:00:00', TIMESTAMP '2020-03-01 12:00:00')`, "0"},
		{`date_add('second', 86, TIMESTAMP '2020-03-01 00:00:00')`, "2020-03-01 00:01:26"},
		{`date_add('hour', 9, TIMESTAMP '2020-03-01 00:00:00')`, "2020-03-01 09:00:00"},
		{`date_add('day', -1, TIMESTAMP '2020-03-01 00:00:00')`, "2020-02-29 00:00:00"},
		{`date_add('month', 1, TIMESTAMP '2020-01-31 00:00:00')`, "2020-02-29 00:00:00"},
		{`date_add('quarter', 1, TIMESTAMP '2020-01-01 00:00:00')`, "2020-04-01 00:00:00"},
		{`day_of_week(DATE '2025-07-20')`, "7"},
		{`day_of_month(DATE '2025-07-20')`, "20"},
		{`day_of_year(DATE '2025-02-01')`, "32"},
		{`week_of_year(DATE '2025-12-29')`, "1"},

		{`date_format(TIMESTAMP '2025-07-05 15:04:09', '%Y-%m-%dT%H:%i:%sZ')`, "2025-07-05T15:04:09Z"},
		{`date_format(TIMESTAMP '2025-07-05 15:04:09', '%W %e %M %y, %h:%i %p')`, "Saturday 5 July 25, 03:04 PM"},
		{`date_format(TIMESTAMP '2025-07-05 15:04:09', '%T %r %c/%d %k %l %j %%')`, "15:04:09 03:04:09 PM 7/05 15 3 186 %"},
		{`date_format(DATE '2025-07-05', '%Y/%m/%d')`, "2025/07/05"},
		{`date_format(CAST(NULL AS TIMESTAMP), '%Y')`, "none"},
		{`date_parse('2025-07-05T15:04:09Z', '%Y-%m-%dT%H:%i:%sZ')`, "2025-07-05 15:04:09"},
		{`date_parse('2025/07/05', '%Y/%m/%d')`, "2025-07-05 00:00:00"},
		{`date_parse('05/Jul/2025 15:04', '%d/%b/%Y %H:%i')`, "2025-07-05 15:04:00"},
		{`date_parse(TIMESTAMP '2025-07-05 15:04:09', '%Y')`, "2025-07-05 15:04:09"},
		{`(SELECT date_parse(s, '%Y-%m-%d') FROM (VALUES ('2025-07-05')) AS t(s))`, "2025-07-05 00:00:00"},
		{`parse_datetime('2025-07-05T15:04:09Z', 'yyyy-MM-dd''T''HH:mm:ss''Z''')`, "2025-07-05 15:04:09"},
		{`parse_datetime('2025-07-05T15:04:09Z', 'yyyy-MM-dd''T''HH:mm:ss''Z')`, "2025-07-05 15:04:09"},
		{`parse_datetime('05/Jul/2025:15:04:09 +0200', 'dd/MMM/yyyy:HH:mm:ss Z')`, "2025-07-05 13:04:09"},
		{`(SELECT parse_datetime(s, 'dd/MMM/yyyy:HH:mm:ss Z') FROM (VALUES ('06/Feb/2019:00:00:38 +0000')) AS t(s))`, "2019-02-06 00:00:38"},
		{`parse_datetime('2025-07-05 15:04:09.250', 'yyyy-MM-dd HH:mm:ss.SSS')`, "2025-07-05 15:04:09.25"},
		{`format_datetime(TIMESTAMP '2025-07-05 15:04:09', 'yyyy-MM-dd''T''HH:mm:ss''Z''')`, "2025-07-05T15:04:09Z"},
		{`format_datetime(TIMESTAMP '2025-07-05 15:04:09', 'EEEE d MMMM yy, h:mm a')`, "Saturday 5 July 25, 3:04 PM"},
		{`format_datetime(TIMESTAMP '2025-07-05 15:04:09', 'h ''o''''clock''')`, "3 o'clock"},
		{`at_timezone(TIMESTAMP '2025-07-05 15:04:09', 'Europe/Paris')`, "2025-07-05 17:04:09"},
		{`at_timezone(TIMESTAMPTZ '2025-07-05 15:04:09+00', 'Europe/Paris')`, "2025-07-05 17:04:09"},
		{`split_part('a,b,c', ',', 2)`, "b"},
		{`(SELECT approx_distinct(x, 0.02) FROM (VALUES (1), (1), (2)) AS t(x))`, "2"},

		{`regexp_like('1a 2b 14m', '\d+b')`, "true"},
		{`regexp_like('1a 2b 14m', '^b')`, "false"},
		{`regexp_like(NULL, 'b')`, "none"},
		{`regexp_extract('1a 2b 14m', '\d+')`, "1"},
		{`regexp_extract('1a 2b 14m', '(\d+)([a-z]+)', 2)`, "a"},
		{`regexp_extract('1a 2b 14m', 'x+')`, "none"},
		{`regexp_replace('1a 2b 14m', '\d+[ab] ')`, "14m"},
		{`regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')`, "3ca 3cb 14m"},
		{`regexp_replace('aa', 'a', 'b', '')`, "ba"}, // the engine's own
		{`regexp_replace('aA', '(a)', '\1b', 'gi')`, "abAb"},
		{`replace('a-b-c', '-')`, "abc"},
		{`replace('a-b-c', '-', '+')`, "a+b+c"},
		{`from_utf8(to_utf8('ö'))`, "ö"},
		{`levenshtein_distance('kitten', 'sitting')`, "3"},
		{`url_extract_host('https://a@example.com:8080/path?q=1')`, "example.com"},
		{`url_extract_path('https://example.com/a/b?q=/c')`, "/a/b"},
		{`url_extract_host('no address')`, "none"},

		{`element_at(MAP {'a': 'b'}, 'a')`, "b"},
		{`element_at(MAP {'a': 'b'}, 'c')`, "none"},
		{`element_at(['a', 'b'], 1)`, "a"},
		{`element_at(['a', 'b'], -1)`, "b"},
		{`element_at(['a', 'b'], 3)`, "none"},
		{`element_at([{'ARN': 'x'}], 1).ARN`, "x"},
		{`element_at('{"a.b": "c"}', 'a.b')`, "c"},
		{`cardinality(['a', NULL])`, "2"},
		{`cardinality(MAP {'a': 'b'})`, "1"},
		{`array_join(['a', NULL, 'c'], '-')`, "a-c"},
		{`array_join(['a', NULL, 'c'], '-', '?')`, "a-?-c"},
		{`array_join([1, 2], ', ')`, "1, 2"},
		{`arrays_overlap([1, 2], [2, 3])`, "true"},
		{`cardinality(sequence(1, 5))`, "5"},
		{`cardinality(sequence(1, 5, 2))`, "3"},
		{`(SELECT approx_distinct(x) FROM (VALUES (1), (1), (2)) AS t(x))`, "2"},
		{`(SELECT element_at(map_agg(k, v), 'b') FROM (VALUES ('a', 'x'), ('b', 'y')) AS t(k, v))`, "y"},
	} {
		got, err := tell(context.Background(), s, "SELECT "+test.sql)
		if err != nil || got != test.want {
			t.Errorf("%s is %s, want %s, %v", test.sql, got, test.want, err)
		}
	}
	if _, err := tell(context.Background(), s, "SELECT date_add('fortnight', 1, TIMESTAMP '2020-01-01 00:00:00')"); err == nil || !strings.Contains(err.Error(), "fortnight is no unit") {
		t.Errorf("date_add of an unknown unit: %v", err)
	}
	for _, m := range macros { // each of them can be made by itself
		one := session(t, SessionOptions{})
		if err := one.makeMacros(context.Background(), map[string]bool{m.name: true}, dialect.Class{}); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// A macro is made when a statement names it, stays a person's own where they have
// one, and is there in transactions.
func TestMacrosOfStatement(t *testing.T) {
	ctx := context.Background()
	made := func(s *Session) (n int) {
		t.Helper()
		const count = "SELECT count(*) FROM duckdb_functions() WHERE function_name IN ('json_extract_scalar', 'json_path_')"
		if err := s.conn.One(ctx, count, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	s := session(t, SessionOptions{})
	if err := do(t, s, "SELECT 'json_extract_scalar'"); err != nil || made(s) != 0 {
		t.Errorf("%d macros are made for a text, %v", made(s), err)
	}
	if err := do(t, s, `SELECT "JSON_Extract_Scalar"('1', '$')`); err != nil || made(s) != 2 {
		t.Errorf("%d macros, %v", made(s), err)
	}

	s = session(t, SessionOptions{})
	err := errors.Join(
		do(t, s, "BEGIN"),
		do(t, s, "CREATE TABLE mine.a AS SELECT 1 AS x"),
		do(t, s, "INSERT INTO mine.a SELECT CAST(json_extract_scalar('[2]', '$[0]') AS BIGINT)"),
		do(t, s, "ROLLBACK"),
		do(t, s, "SELECT json_extract_scalar('1', '$')"))
	if err != nil {
		t.Error(err)
	}

	s = session(t, SessionOptions{})
	if err := do(t, s, "CREATE MACRO json_path_(p) AS '$.own'"); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := errors.Join(do(t, s, "SELECT json_extract_scalar('{}', '$')"),
		s.conn.One(ctx, `SELECT json_extract_scalar('{"a":1,"own":2}', '$.a')`, &got)); err != nil || got != "2" {
		t.Errorf("%s, %v: a person's own macro is gone", got, err)
	}
}
