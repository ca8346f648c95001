package cache

import (
	"context"
	"database/sql"
	"errors"
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
