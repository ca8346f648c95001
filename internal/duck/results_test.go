package duck

import (
	"context"
	"io"
	"testing"
)

func answer(t *testing.T, c *Conn, sql string) string {
	t.Helper()
	ctx := context.Background()
	p, err := c.Prepare(ctx, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	r, err := c.Copy(ctx, sql, p.Columns, "(FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '')", nil, func(err error) error { return err })
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return string(b)
}

func open(t *testing.T) *Conn {
	t.Helper()
	db, err := Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Nested values are JSON, and numbers in them keep their text.
func TestNestedText(t *testing.T) {
	c := open(t)
	for sql, want := range map[string]string{
		`select {'b': 1.10::decimal(5,2), 'a': 'x"y', 'n': null}`:            `{"b":1.10,"a":"x\"y","n":null}`,
		`select [1.10::decimal(5,2), null]`:                                  `[1.10,null]`,
		`select []::decimal(5,2)[]`:                                          `[]`,
		`select map {'k': 1.50::decimal(5,2)}`:                               `{"k":1.50}`,
		`select {'j': '{"x": 1.10, "big": 123456789012345678901}'::json}`:    `{"j":{"x": 1.10, "big": 123456789012345678901}}`,
		`select {'h': 170141183460469231731687303715884105727::hugeint}`:     `{"h":170141183460469231731687303715884105727}`,
		`select [[{'d': 0.50::decimal(3,2)}], null]`:                         `[[{"d":0.50}],null]`,
		`select {'a': null::struct(d decimal(3,2))}`:                         `{"a":null}`,
		`select null::struct(d decimal(3,2))`:                                ``,
		`select {'z': 1, 'a': [true, null], 'm': map {'b': 1, 'a': 2}} as s`: `{"z":1,"a":[true,null],"m":{"b":1,"a":2}}`,
		`select 1 as a, {'x''y': 2.0::decimal(2,1)} as b -- comment`:         "1\t" + `{"x'y":2.0}`,
	} {
		if got := answer(t, c, sql); got != want+"\n" {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
}
