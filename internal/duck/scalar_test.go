package duck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// echo is a function whose result is its argument, twice.
var echo = ScalarFunction{Name: "echo", Args: 1, Result: Varchar, Call: func(in [][][]byte, out *Vector) error {
	for row, text := range in[0] {
		if text != nil {
			out.CopyText(row, append(append([]byte(nil), text...), text...))
		}
	}
	return nil
}}

func register(t *testing.T, c *Conn, f ScalarFunction) {
	t.Helper()
	if err := c.RegisterScalar(f); err != nil {
		t.Fatal(err)
	}
}

// Whatever kind of vector DuckDB has, the function sees what SQL says.
func TestScalar(t *testing.T) {
	c := open(t)
	register(t, c, echo)
	if err := c.Exec(context.Background(), `create table t as select i,
		case when i % 7 = 0 then null else repeat('x', (i % 40)::int) || i % 300 end as s from range(50000) r(i)`); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		`select echo('ab')`:                                                                                                              "abab",
		`select echo('a text that is long')`:                                                                                             "a text that is longa text that is long",
		`select echo(''), echo('') is null`:                                                                                              "\tfalse",
		`select echo(null) is null`:                                                                                                      "true",
		`select echo('h' || chr(233))`:                                                                                                   "héhé",
		`select echo('a' || chr(0)) = 'a' || chr(0) || 'a' || chr(0)`:                                                                    "true",
		`select length(echo(repeat('x', 100000)))`:                                                                                       "200000",
		`select count(*), count(echo(s)), count(*) filter (echo(s) = s || s) from t`:                                                     "50000\t42857\t42857",
		`select count(*) from t where echo(s) is distinct from s || s`:                                                                   "0",
		`select count(*) from t where i % 1000 = 1 and echo(s) = s || s`:                                                                 "43",
		`select count(*) from (select echo(s) e, s from t where i % 3 = 1 order by i desc) where e = s || s`:                             "14286",
		`select count(*) from t where case when i % 2 = 0 then echo(s) else 'other' end = s || s`:                                        "21428",
		`select count(distinct echo(s)) = count(distinct s) from t`:                                                                      "true",
		`select sum(c) from (select echo(s), count(*) c from t where s is not null group by 1)`:                                          "42857",
		`select count(*) from t a where echo((select min(s) from t)) is not null`:                                                        "50000",
		`select count(*) from range(3) a(x) where echo((select max('n' || x || y) from range(2) b(y))) = 'n' || x || 1 || 'n' || x || 1`: "3",
		`select list_transform(['a', null, 'b'], lambda x: echo(x))`:                                                                     `["aa",null,"bb"]`,
		`select echo(s) from (values ('a'), (null)) v(s) order by 1 nulls first`:                                                         "\naa",
		`with x as materialized (select echo('q') e) select e from x union all select echo(e) from x`:                                    "qq\nqqqq",
	} {
		if got := answer(t, c, sql); got != want+"\n" {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
}

// Each type that a result may have, of functions of two arguments: NULL where one
// of these is, unless the function decides.
func TestScalarTypes(t *testing.T) {
	c := open(t)
	write := map[string]func(v *Vector, row int, n int){
		"BIGINT":  func(v *Vector, row int, n int) { v.SetInt(row, int64(n)) },
		"DOUBLE":  func(v *Vector, row int, n int) { v.SetFloat(row, float64(n)/2) },
		"BOOLEAN": func(v *Vector, row int, n int) { v.SetBool(row, n > 2) },
		"VARCHAR": func(v *Vector, row int, n int) { v.CopyString(row, fmt.Sprint("length: ", n, " of both")) },
	}
	for _, kind := range []Type{BigInt, Double, Boolean, Varchar} {
		for _, nulls := range []bool{false, true} {
			register(t, c, ScalarFunction{
				Name: fmt.Sprintf("f_%s_%t", kind, nulls), Args: 2, Nulls: nulls, Result: kind,
				Call: func(in [][][]byte, out *Vector) error {
					for row := range in[0] {
						write[kind.String()](out, row, len(in[0][row])+len(in[1][row]))
					}
					return nil
				},
			})
		}
	}
	for sql, want := range map[string]string{
		"select f_bigint_false('a', 'bc'), f_double_false('a', 'bc'), f_boolean_false('a', 'bc'), f_boolean_false('', 'bc')": "3\t1.5\ttrue\tfalse",
		"select f_varchar_false('a', 'bc')":                                            "length: 3 of both",
		"select f_bigint_false('a', null) is null, f_varchar_false(null, 'b') is null": "true\ttrue",
		"select f_bigint_true('a', null), f_varchar_true(null, null)":                  "1\tlength: 0 of both",
		"select sum(f_bigint_false(a, b)), count(f_varchar_false(a, b)), sum(f_bigint_true(a, b)) from (select case when i % 2 = 0 then 'x' end a, case when i % 3 = 0 then 'yy' end b from range(6000) r(i))": "3000\t1000\t7000",
	} {
		if got := answer(t, c, sql); got != want+"\n" {
			t.Errorf("%s\n got %q\nwant %q", sql, got, want)
		}
	}
}

// Results that recur lie in one place; those that only look alike do not.
func TestScalarTextsThatRecur(t *testing.T) {
	c := open(t)
	register(t, c, echo)
	got := answer(t, c, `select count(*), count(distinct e), count(*) filter (e = s || s) from (select s, echo(s) e from (
		select 'AROAEXAMPLE' || (i % 5) || 'same end' || repeat('-', (i % 3)::int) || (i % 1500) || 'same end' s from range(300000) r(i)))`)
	if want := "300000\t1500\t300000\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A function that fails or panics ends its statement, and no other.
func TestScalarFails(t *testing.T) {
	c := open(t)
	register(t, c, ScalarFunction{Name: "fails", Args: 1, Result: Varchar, Call: func(in [][][]byte, out *Vector) error {
		for row, text := range in[0] {
			switch {
			case bytes.Equal(text, []byte("panic")):
				panic("of a function")
			case bytes.HasPrefix(text, []byte("error")):
				return errors.New("100%s \xff\x00no\nhint: " + string(text))
			}
			out.CopyText(row, text)
		}
		return nil
	}})
	ctx := context.Background()
	for sql, want := range map[string]string{
		"select fails('panic')": "of a function",
		"select fails('error')": "100%s \ufffd\ufffdno\nhint: error",
		"select count(fails('error' || i)) from range(100000) r(i)": "no\nhint: error",
	} {
		if err := c.Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want one with %q", sql, err, want)
		}
		if got := answer(t, c, "select fails('fine')"); got != "fine\n" {
			t.Errorf("after %s: got %q", sql, got)
		}
	}
	if got := answer(t, c, "select try(fails('error')) is null"); got != "true\n" {
		t.Errorf("try: got %q", got)
	}
}

// A statement prepared in SQL runs on after the context has ended under which it
// was prepared, and a cancelled one ends at once.
func TestScalarContexts(t *testing.T) {
	c := open(t)
	register(t, c, echo)
	ctx, cancel := context.WithCancel(context.Background())
	if err := c.Exec(ctx, "prepare p as select echo(i::varchar) from range($1) r(i)"); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(ctx, "execute p(10)"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := c.Exec(context.Background(), "execute p(10)"); err != nil {
		t.Error(err)
	}
	var calls atomic.Int64
	register(t, c, ScalarFunction{Name: "slow", Args: 1, Result: Boolean, Call: func([][][]byte, *Vector) error {
		calls.Add(1)
		time.Sleep(time.Millisecond)
		return nil
	}})
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := c.Exec(ctx, "select count(slow(i::varchar)) from range(100000000) r(i)"); err == nil {
		t.Error("a cancelled statement ran to its end")
	}
	if took := time.Since(began); took > 5*time.Second || calls.Load() == 0 {
		t.Errorf("ended after %v and %d calls", took, calls.Load())
	}
}

// Threads call a function side by side.
func TestScalarThreads(t *testing.T) {
	db, err := Open(map[string]string{"threads": "3"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	register(t, c, echo)
	var inside, most atomic.Int64
	register(t, c, ScalarFunction{Name: "together", Args: 1, Result: BigInt, Call: func(in [][][]byte, out *Vector) error {
		most.Store(max(most.Load(), inside.Add(1)))
		defer inside.Add(-1)
		time.Sleep(100 * time.Microsecond)
		for row, text := range in[0] {
			out.SetInt(row, int64(len(text)))
		}
		return nil
	}})
	if err := c.Exec(ctx, "create table t as select 'address number ' || (i % 1000) s from range(1000000) r(i)"); err != nil {
		t.Fatal(err)
	}
	if got := answer(t, c, "select count(*) filter (echo(s) = s || s), sum(together(s)) = sum(length(s)) from t"); got != "1000000\ttrue\n" {
		t.Errorf("got %q", got)
	}
	if most.Load() < 2 {
		t.Errorf("at most %d calls at a time", most.Load())
	}
	if err := errors.Join(c.Close(), db.Close()); err != nil {
		t.Error(err)
	}
}
