package dialect

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestScan(t *testing.T) {
	kinds := "o i Q S N P O p C"
	for _, c := range []struct{ text, want string }{
		{`select "a""b", 'it''s'`, `i:select Q:"a""b" p:, S:'it''s'`},
		{`e'\'x' E'a\\' x'00' b'1' n'x' U&'a' u&"b"`, `S:e'\'x' S:E'a\\' S:x'00' S:b'1' i:n S:'x' S:U&'a' Q:u&"b"`},
		{`namee'x'`, `i:namee S:'x'`},
		{"1 1_000 .5 1. 1e5 1e-5 1e 1..2 0x1F 1_a", "N:1 N:1_000 N:.5 N:1. N:1e5 N:1e-5 N:1 i:e N:1 p:. N:.2 N:0 i:x1F N:1 i:_a"},
		{"$1 $name $a$b$a$ $$x$$ ? ?2 $", "P:$1 P:$name S:$a$b$a$ S:$$x$$ P:? P:?2 o:$"},
		{"a$$b a$1", "i:a$$b i:a$1"},
		{"a->>'b'::int :=x =>y <=z @-1 a+--c", "i:a O:->> S:'b' O::: i:int O::= i:x O:=> i:y O:<= i:z O:@- N:1 i:a O:+ C:--c"},
		{"/* a /* b */ */ 1 --x\n2", "C:/* a /* b */ */ N:1 C:--x N:2"},
		{"`a` `b\n`", "Q:`a` O:` i:b O:`"},
		{"a\u00a0b é", "i:a i:b i:é"},
	} {
		var got []string
		for tok := range Scan(c.text) {
			got = append(got, kinds[tok.Kind*2:tok.Kind*2+1]+":"+tok.Text(c.text))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, g, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		text string
		want []Statement
	}{
		{"", nil},
		{" ;; -- x\n/* y; */;", nil},
		{"select 1", []Statement{{Text: "select 1", Line: 1}}},
		{"-- head\n\nselect ';' -- tail\n; /* b */ select 2;\n", []Statement{
			{Text: "select ';'", Offset: 9, Line: 3, Terminated: true},
			{Text: "select 2", Offset: 38, Line: 4, Terminated: true},
		}},
		{"select (1, [2", []Statement{{Text: "select (1, [2", Line: 1, Open: "["}}},
		{"select (1, [2)", []Statement{{Text: "select (1, [2)", Line: 1, Open: "["}}},
		{"select {'a': 'b;", []Statement{{Text: "select {'a': 'b;", Line: 1, Open: "'"}}},
		{"select E'b\\';", []Statement{{Text: "select E'b\\';", Line: 1, Open: "'"}}},
		{`select "b;`, []Statement{{Text: `select "b;`, Line: 1, Open: `"`}}},
		{"a; /* b", []Statement{{Text: "a", Line: 1, Terminated: true}, {Text: "/* b", Offset: 3, Line: 1, Open: "/*"}}},
		{"select $t$;$$", []Statement{{Text: "select $t$;$$", Line: 1, Open: "$t$"}}},
		{"select $$;", []Statement{{Text: "select $$;", Line: 1, Open: "$$"}}},
		{"select 1\x00;", []Statement{{Text: "select 1\x00", Line: 1, Terminated: true, NUL: true}}},
		{"select (1;", []Statement{{Text: "select (1", Line: 1, Terminated: true, Open: "("}}},
	} {
		if got := Split(c.text); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		text string
		want Class
	}{
		{"/* x */ select 1", Class{Kind: Query, Verb: "SELECT"}},
		{"((values (1)))", Class{Kind: Query, Verb: "VALUES"}},
		{"from t", Class{Kind: Query, Verb: "FROM"}},
		{"pivot t on a", Class{Kind: Query, Verb: "PIVOT"}},
		{"with a as (select 1) select 2", Class{Kind: Query, Verb: "SELECT"}},
		{"with recursive a(x, y) using key (x) as not materialized (select (1)), b as (select 2) from b", Class{Kind: Query, Verb: "FROM"}},
		{`with "as" as (select 1) insert into X select 1`, Class{Kind: Write, Verb: "INSERT", Target: []string{"x"}}},
		{"with a as (select 1) delete from t using a", Class{Kind: Write, Verb: "DELETE", Target: []string{"t"}}},
		{"with a as (select 1) with b as (select 2) table b", Class{Kind: Query, Verb: "TABLE"}},
		{"describe t", Class{Kind: Describe, Verb: "DESCRIBE"}},
		{"summarize select 1", Class{Kind: Describe, Verb: "SUMMARIZE"}},
		{"show all tables", Class{Kind: Describe, Verb: "SHOW"}},
		{"explain select 1", Class{Kind: Explain, Verb: "EXPLAIN", Of: Query}},
		{"explain (select 1)", Class{Kind: Explain, Verb: "EXPLAIN", Of: Query}},
		{"explain (format json) select 1", Class{Kind: Explain, Verb: "EXPLAIN", Of: Query}},
		{"explain (format json, analyze) delete from t", Class{Kind: Explain, Verb: "EXPLAIN ANALYZE", Of: Write, Target: []string{"t"}}},
		{"explain analyze insert into t values (1)", Class{Kind: Explain, Verb: "EXPLAIN ANALYZE", Of: Write, Target: []string{"t"}}},
		{"insert or replace into main.\"T\"\"x\" (a) values (1) returning a", Class{Kind: Write, Verb: "INSERT", Target: []string{"main", `t"x`}, Returning: true}},
		{"insert into t select (select returning from x)", Class{Kind: Write, Verb: "INSERT", Target: []string{"t"}}},
		{"update mine.T set a = 1", Class{Kind: Write, Verb: "UPDATE", Target: []string{"mine", "t"}}},
		{"truncate table t", Class{Kind: Write, Verb: "TRUNCATE", Target: []string{"t"}}},
		{"merge into t using s on true", Class{Kind: Write, Verb: "MERGE", Target: []string{"t"}}},
		{"create or replace temp table if not exists X as select 1", Class{Kind: Write, Verb: "CREATE TABLE", Target: []string{"x"}}},
		{"create unique index i on t (a)", Class{Kind: Write, Verb: "CREATE INDEX", Target: []string{"t"}}},
		{"create macro f(a) as a", Class{Kind: Write, Verb: "CREATE MACRO", Target: []string{"f"}}},
		{"drop macro table if exists f", Class{Kind: Write, Verb: "DROP MACRO", Target: []string{"f"}}},
		{"drop view if exists a.b.c", Class{Kind: Write, Verb: "DROP VIEW", Target: []string{"a", "b", "c"}}},
		{"alter table t add column x int", Class{Kind: Write, Verb: "ALTER TABLE", Target: []string{"t"}}},
		{"comment on table t is 'x'", Class{Kind: Write, Verb: "COMMENT TABLE", Target: []string{"t"}}},
		{"copy t (a) from 'x'", Class{Kind: Write, Verb: "COPY FROM", Target: []string{"t"}}},
		{"copy (select 1) to 'x'", Class{Kind: Write, Verb: "COPY TO"}},
		{"begin", Class{Kind: Transaction, Verb: "BEGIN"}},
		{"set x = 1", Class{Verb: "SET"}},
		{"", Class{}},
		{"'x'", Class{}},
	} {
		if got := Classify(c.text); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	got := Names("select Mine.\"X Y\", 'not', $par /* no */ from READ_cloudtrail('y') -- z")
	for _, n := range []string{"select", "mine", "x y", "read_cloudtrail"} {
		if !got[n] {
			t.Errorf("%q is missing", n)
		}
	}
	for _, n := range []string{"not", "par", "no", "y", "z"} {
		if got[n] {
			t.Errorf("%q is no name", n)
		}
	}
	if !SimpleName("a$1") || SimpleName("a b") || SimpleName("1a") || SimpleName("") || SimpleName("x'00'") {
		t.Error("SimpleName")
	}
	if g := Unquote(Quote(`a"b`)); g != `a"b` {
		t.Errorf("Unquote(Quote) = %s", g)
	}
}

// 128 KB of what a careless lexer would go over again and again.
func TestLinear(t *testing.T) {
	for _, piece := range []string{"(", "/*", "*/", "'", "''", "E'a'\n", "$a$", "$a", "$", "`", "`a\n", "with a as (", "explain ", "u&", "1e", "--", "-", "\u00a0", "E'\\", "a,", "'a' --\n", "select 1;", "?"} {
		text := strings.Repeat(piece, (128<<10)/len(piece))
		start := time.Now()
		for _, s := range first(Split(text)) {
			Classify(s.Text)
			Parameters(s.Text)
			Names(s.Text)
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%q repeated takes %v", piece, d)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range append(slices.Clone(nasty), "select $a$ x", "E'\\", "/*", "`a", "\xff\xa0", "$\xe2\x80$") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for tok := range Scan(text) {
			if tok.Start < last || tok.End <= tok.Start || tok.End > len(text) {
				t.Fatalf("token %+v after %d", tok, last)
			}
			last = tok.End
		}
		for _, s := range Split(text) {
			if text[s.Offset:s.Offset+len(s.Text)] != s.Text || s.Text == "" {
				t.Fatalf("statement %+v is not where it says", s)
			}
			if s.Line != 1+strings.Count(text[:s.Offset], "\n") {
				t.Fatalf("statement %+v is on another line", s)
			}
			if again := Split(s.Text); len(again) != 1 || again[0].Text != s.Text || again[0].Open != s.Open {
				t.Fatalf("%+v splits again into %+v", s, again)
			}
			Classify(s.Text)
			Parameters(s.Text)
			Names(s.Text)
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat("select eventName, count(*) from cloudtrail where eventSource = 'ec2.amazonaws.com' and userIdentity.arn like '%x%';\n", 10000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Split(text)
	}
}

func first(s []Statement) []Statement { return s[:min(1, len(s))] }

func TestExplained(t *testing.T) {
	for statement, want := range map[string]string{
		"explain select 1":                       "select 1",
		"EXPLAIN ANALYZE /* x */ from t":         "from t",
		"explain (select 1)":                     "(select 1)",
		"explain (analyze, format json) from t":  "from t",
		"explain analyze (format html) select 1": "select 1",
		"explain (from t)":                       "(from t)",
		"-- c\nexplain verbose":                  "verbose",
		"explain":                                "none",
		"explain (format 'json') select 1":       "none",
		"explain (format json":                   "none",
		"explain (analyze":                       "none",
		"select 1":                               "none",
		"\"explain\" select 1":                   "none",
		"":                                       "none",
	} {
		got := "none"
		if at := Explained(statement); at >= 0 {
			got = statement[at:]
		}
		if got != want {
			t.Errorf("%q explains %q, want %q", statement, got, want)
		}
	}
}
