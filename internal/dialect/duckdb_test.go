package dialect

import (
	"slices"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// nasty holds texts that DuckDB accepts and that are easy to cut wrongly.
var nasty = []string{
	"select 1", "select 1;", ";;select 1;;;select 2;;", "  \n\t", "-- only\n", "/* only; */", "select 1 -- a;b\n+ 1; select 2",
	"select 1 -- a;b\r+ 1; select 2", "select /* a ; /* b ; */ c ; */ 1; select 2", "select 1 /*;*/;/*;*/", "select 1 /*/ ; */; select 2",
	"select 1 /**/; select 2", "select 1 /***/; select 2", "select 1 //* x; */ 2; select 3",
	"select ';', 'it''s;', ''';'''; select 2", `select 1 as ";", 2 as "a"";""b"; select 2`,
	`select E'a\';b'; select 2`, `select e'\\'; select 2`, `select '\'; select 2`, "select E'a'\n'b\\';c'; select 2", "select E'a' -- x\n 'b\\';c'; select 2",
	"select 'a'\n';b'; select 2", `select E'a''\';'; select 2`, `select x'3b'; select b'01'; select 3`,
	"select $$;$$; select 2", "select $t$;$$;$t$; select 2", "select $t$ $a$t$; select 2", "select $$a$b$$; select 2", "select $tä$;$tä$; select 2",
	"select 1 as a$$b; select 2 as c$$d", "select 1 as a$b$c; select 2", "select $1; select $2", "select $a; select $b", "select $ a; select 2",
	"select $\"a;b\"; select 2", "select ?; select ?2", "select 1+--;\n1; select 2", "select 1+/*;*/1; select 2", "select 2*-1; select 1--1\n",
	"select 1\u00a0;\u3000select\u20022", "select '\u00a0;'; select 2", "select\ufeff1; select 2", "select 1 as é; select 2 as 名前", "\ufeffselect 1; select 2",
	"select [1, 2][1]; select {'a': ';'}; select map {'k;': 1}", "begin; select 1; commit", "explain select 1; describe select 1; show tables; summarize select 1",
	"create table x (a int default 1, b text default ';'); insert into x values (1, ';'); drop table x", "create macro f(a) as a || ';'; select 1",
	"select 1 as \"x\ny;\"; select 2", "select 1;\r\n-- x\r\nselect 2;\r\n", "select .5; select 1.; select 1e5; select 1_000; select 0x1F", "select n'x'; select 2",
	"with a as (select ';') select * from a; values (1); table a; from a; (select 1)", "select list_transform([1], x -> x); select 'a'::text; select 1 ^ 2",
	"prepare p as select $1; execute p(1); deallocate p", "copy (select ';') to '/dev/null' (delimiter ';'); select 2", "pragma version; call pragma_version(); set threads = 2",
	"select 1 where 'a' ~ ';' or 'a' !~~ ';'; select @ -1; select 1 <> 2", "select #1 from (select 1); select 2", "select 1/2; select 1 // 2",
}

func TestSplitAsDuckDB(t *testing.T) {
	conn := connect(t)
	for _, text := range nasty {
		var stmts mapping.ExtractedStatements
		want := int(mapping.ExtractStatements(conn, text, &stmts))
		message := mapping.ExtractStatementsError(stmts)
		mapping.DestroyExtracted(&stmts)
		if message != "" && want == 0 {
			if !strings.Contains(message, "at or near") {
				t.Errorf("%q: %s", text, message)
			}
			t.Logf("%q is not accepted: %s", text, message)
			continue
		}
		if got := Split(text); len(got) != want {
			t.Errorf("%q: DuckDB finds %d statements, Split %d: %+v", text, want, len(got), got)
		}
	}
}

// What the splitter reports as open is what DuckDB cannot lex.
func TestOpenAsDuckDB(t *testing.T) {
	conn := connect(t)
	for _, text := range []string{"select 'a", `select E'a\'`, `select "a`, "select 1 /* a", "select 1 /* a /* b */", "select $$ a", "select $t$ $$", "select $a$b", "select x'00", "select E'a'\n'b\\'"} {
		var stmts mapping.ExtractedStatements
		mapping.ExtractStatements(conn, text, &stmts)
		message := mapping.ExtractStatementsError(stmts)
		mapping.DestroyExtracted(&stmts)
		got := Split(text)
		if !strings.Contains(message, "unterminated") || len(got) != 1 || got[0].Open == "" {
			t.Errorf("%q: DuckDB says %q, Split %+v", text, message, got)
		}
	}
}

func TestParametersAsDuckDB(t *testing.T) {
	conn := connect(t)
	for _, text := range []string{"select 1", "select $a, $A, $b", "select $ a", `select $"a b", '$c', $$ $d $$ -- $e`, "select ?, ?", "select ?2, ?1", "select $1, $2, $1", "select $a-$b, $select", "select $a::int, 1 as x$y"} {
		var stmts mapping.ExtractedStatements
		if mapping.ExtractStatements(conn, text, &stmts) != 1 {
			t.Errorf("%q: %s", text, mapping.ExtractStatementsError(stmts))
			continue
		}
		var prepared mapping.PreparedStatement
		mapping.PrepareExtractedStatement(conn, stmts, 0, &prepared)
		var want []string
		for i := mapping.IdxT(1); i <= mapping.NParams(prepared); i++ {
			want = append(want, mapping.ParameterName(prepared, i))
		}
		mapping.DestroyPrepare(&prepared)
		mapping.DestroyExtracted(&stmts)
		got := Parameters(text)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.EqualFunc(got, want, strings.EqualFold) {
			t.Errorf("%q: DuckDB wants %q, Parameters %q", text, want, got)
		}
	}
}

func connect(t *testing.T) mapping.Connection {
	t.Helper()
	var db mapping.Database
	var conn mapping.Connection
	if mapping.Open("", &db) == mapping.StateError || mapping.Connect(db, &conn) == mapping.StateError {
		t.Fatal("cannot open DuckDB in memory")
	}
	t.Cleanup(func() {
		mapping.Disconnect(&conn)
		mapping.Close(&db)
	})
	return conn
}
