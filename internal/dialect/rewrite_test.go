package dialect

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var trail = Schema{
	Tables: map[string]string{"cloudtrail": "cloudtrail", "s3logs": "s3logs", "cloudtrail_logs": "cloudtrail", "my logs": "s3logs"},
	Events: "cloudtrail", Logged: "s3logs",
	Databases: map[string]bool{"main": true, "memory": true, "mine": true},
	JSON:      map[string]bool{"requestparameters": true, "responseelements": true},
	Times:     map[string]bool{"eventtime": true},
	Dashes:    map[string]bool{"requester": true, "key": true, "httpstatus": true},
}

const dataStore = "0e12b3c4-1111-2222-3333-e44455556666"

func TestRewrite(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		// Members of JSON.
		{`select requestParameters.bucketName from cloudtrail`, `select (requestParameters ->> '$."bucketName"') AS "bucketName" from cloudtrail`},
		{`select distinct ct.RequestParameters.a, 1`, `select distinct (ct.RequestParameters ->> '$."a"') AS "a", 1`},
		{`select requestParameters.a.b c`, `select (requestParameters ->> '$."a"."b"') c`},
		{`select requestParameters.a as b`, `select (requestParameters ->> '$."a"') as b`},
		{`select lower(requestParameters.a)`, `select lower((requestParameters ->> '$."a"'))`},
		{`where requestParameters['x-amz''s'] = 'v'`, `where (requestParameters ->> '$."x-amz''s"') = 'v'`},
		{`where requestParameters . "a b" ['c'].d[2] = 'v'`, `where (requestParameters ->> '$."a b"."c"."d"[1]') = 'v'`},
		{"where `requestParameters`.`a` = 'v'", `where ("requestParameters" ->> '$."a"') = 'v'`},
		{`select requestParameters /* a.b */ . a -- requestParameters.a`, `select (requestParameters ->> '$."a"') AS "a" -- requestParameters.a`},
		{`select requestParameters.a.lower()`, `select (requestParameters ->> '$."a"').lower()`},
		{`group by requestParameters.a`, `group by (requestParameters ->> '$."a"')`},
		{`(select responseElements.a)`, `(select (responseElements ->> '$."a"') AS "a")`},
		// What only looks like it.
		{`select requestParameters`, ``},
		{`select requestParameters.lower()`, ``},
		{`select requestParameters[1], requestParameters[1:3], requestParameters[i], requestParameters['a' || 'b'], requestParameters[e'a']`, ``},
		{`select 'requestParameters.a', "requestParameters.a", $$requestParameters.a$$ -- requestParameters.a`, ``},
		{`select myRequestParameters.a, x.y.requestParameters.a, requestParameters.*, requestParameters."a""b"`, ``},
		{`with x as (select {'a': 1} as requestParameters) select requestParameters.a from x`, ``},
		{`with x(requestParameters) as (select 1) select requestParameters.a from x`, ``},
		{`select requestParameters.a from (values ({'a': 1})) as t(requestParameters)`, ``},
		{`select requestParameters.a as requestParameters from cloudtrail`, `select (requestParameters ->> '$."a"') as requestParameters from cloudtrail`},

		// Tables.
		{`from default.cloudtrail`, `from cloudtrail`},
		{`from "AwsDataCatalog"."default"."cloudtrail" c`, `from cloudtrail c`},
		{"from `db`.`cloudtrail_logs`", `from cloudtrail AS "cloudtrail_logs"`},
		{`from cloudtrail_logs where cloudtrail_logs.a`, `from cloudtrail AS "cloudtrail_logs" where cloudtrail_logs.a`},
		{`from cloudtrail_logs as c join db.Cloudtrail_Logs d on true, "my logs"`, `from cloudtrail as c join cloudtrail d on true, s3logs AS "my logs"`},
		{`from (db.cloudtrail join s3logs using (a))`, `from (cloudtrail join s3logs using (a))`},
		{`select * from ` + dataStore + ` where a`, `select * from cloudtrail where a`},
		{`select * from "` + dataStore + `" e`, `select * from cloudtrail e`},
		{`select * from '` + dataStore + `'`, `select * from cloudtrail`},
		{`select a from x, ` + dataStore, `select a from x, cloudtrail`},
		{`with cloudtrail as (select * from db.cloudtrail) from cloudtrail`, `with cloudtrail as (select * from main.cloudtrail) from cloudtrail`},
		{`from cloudtrail`, ``},
		{`from mine.cloudtrail, memory.main.cloudtrail, other.table1, cloudtrail_logs(1)`, ``},
		{`with cloudtrail_logs as (select 1) from cloudtrail_logs`, ``},
		{`select db.cloudtrail, cloudtrail_logs, a is distinct from cloudtrail_logs, extract(year from db.cloudtrail)`, ``},
		{`select '` + dataStore + `' from x where id = '` + dataStore + `'`, ``},
		{`select * from ` + dataStore + `x`, ``},

		// JSON as text, which is done always.
		{`select cast(json_extract(a, '$.b') as varchar)`, `select cast(json_extract_string(a, '$.b') as varchar)`},
		{`select TRY_CAST(JSON_EXTRACT(f(a, (b)), '$.b') AS decimal(3, 1))`, `select TRY_CAST(json_extract_string(f(a, (b)), '$.b') AS decimal(3, 1))`},
		{`select cast(json_extract(a, '$.b') as json), cast(json_extract(a, '$.b') as varchar[]), cast(json_extract(a, '$.b') as array(varchar)), json_extract(a, '$.b')::varchar`, ``},
		{`select cast(json_extract(a, '$.b') || 'c' as varchar), json_extract(a, '$.b')`, ``},
		{`select json_extract(a, '$["b"].c[''d''][0]')`, `select json_extract(a, '$."b".c."d"[0]')`},

		// Times as texts.
		{`where eventTime like '2025%'`, `where to_iso8601(eventTime) like '2025%'`},
		{`where c.eventTime NOT LIKE 'x'`, `where to_iso8601(c.eventTime) NOT LIKE 'x'`},
		{`select substr(eventTime, 1, 10), regexp_like("eventTime", 'x'), substring(eventtime from 1)`, `select substr(to_iso8601(eventTime), 1, 10), regexp_like(to_iso8601("eventTime"), 'x'), substring(to_iso8601(eventtime) from 1)`},
		{`select cast(eventTime as varchar), CAST(c.eventtime AS VARCHAR(10))`, `select to_iso8601(eventTime), left(to_iso8601(c.eventtime), 10)`},
		{`select eventTime, eventTime::varchar, date_trunc('day', eventTime), cast(eventTime as date), substr(x, eventTime), eventTime > '2025', eventTime.x`, ``},
		{`select cast(eventTime as varchar) from (select 'x' as eventTime)`, ``},

		// Functions.
		{`select approx_distinct(distinct a) filter (where b), approx_percentile(a, 0.5), every(a), transform(a, x -> x), filter(a, x -> x)`,
			`select approx_count_distinct(distinct a) filter (where b), approx_quantile(a, 0.5), bool_and(a), list_transform(a, x -> x), list_filter(a, x -> x)`},
		{`select if(a, f(b, c))`, `select if(a, f(b, c), NULL)`},
		{`select if(a, b, c), approx_percentile(a, b, c), x.filter(a, b), filter, transform`, ``},

		{`select from_iso8601_timestamp(max(a)), date_parse(lower(min(a)), 'f'), from_iso8601_timestamp(a), max(from_iso8601_timestamp(a)), cardinality(array_agg(a))`,
			`select from_iso8601_timestamp_(max(a)), date_parse_(lower(min(a)), 'f'), from_iso8601_timestamp(a), max(from_iso8601_timestamp(a)), cardinality_(array_agg(a))`},

		// Dashes of access logs.
		{`from s3logs where requester = '-'and s.key<>'-' or (httpstatus != '-')`, `from s3logs where requester IS NULL and s.key IS NOT NULL or (httpstatus IS NOT NULL )`},
		{`from cloudtrail where requester = '-'`, ``},
		{`from s3logs where requester = '--' or other = '-' or a || requester = '-' or requester = '-' || x or requester > '-'`, ``},
		{`from (select coalesce(requester, '-') as requester from s3logs) where requester = '-'`, ``},

		// Quotes.
		{"select `a b`, '`c`', `d\"e`", `select "a b", '` + "`c`" + `', "d""e"`},
	} {
		if c.want == "" {
			c.want = c.typed
		}
		got := Rewrite(c.typed, trail, true)
		if got.Text != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.typed, got.Text, c.want)
		}
		if len(got.Did) == 0 != (got.Text == c.typed) {
			t.Errorf("%s: said to be done: %q", c.typed, got.Did)
		}
		if again := Rewrite(got.Text, trail, true); again.Text != got.Text {
			t.Errorf("%s\nonce  %s\ntwice %s", c.typed, got.Text, again.Text)
		}
	}
}

// What the engine refuses is not touched before it has.
func TestRewriteAlways(t *testing.T) {
	const typed = "select requestParameters.a, `b`, substr(eventTime, 1), transform(a, b), if(a, b), json_extract(a, '$[\"b\"]') from db.cloudtrail, s3logs where eventTime like 'x'"
	if got := Rewrite(typed, trail, false); got.Text != typed || got.Did != nil {
		t.Errorf("%s, %q", got.Text, got.Did)
	}
	const other, want = "select cast(json_extract(a, 'b') as int), cast(eventTime as varchar) from s3logs where key = '-'", "select cast(json_extract_string(a, 'b') as int), to_iso8601(eventTime) from s3logs where key IS NULL"
	if got := Rewrite(other, trail, false); got.Text != want || len(got.Did) != 3 {
		t.Errorf("%s, %q", got.Text, got.Did)
	}
}

// A place in the statement that is run is one in the statement that was typed.
func TestWhere(t *testing.T) {
	const typed = "select requestParameters.a, nosuch\nfrom db.cloudtrail where eventTime like 'x' and other"
	r := Rewrite(typed, trail, true)
	for _, word := range []string{"select", "nosuch", "eventTime", "like", "other"} {
		if got, want := r.Where(strings.Index(r.Text, word)), strings.Index(typed, word); got != want {
			t.Errorf("%s is at %d, want %d", word, got, want)
		}
	}
	if got := r.Where(strings.Index(r.Text, "->>")); !strings.HasPrefix(typed[got:], ".a") {
		t.Errorf("what is put there is at %q", typed[got:])
	}
	if got := r.Where(len(r.Text)); got != len(typed) {
		t.Errorf("the end is at %d of %d", got, len(typed))
	}
}

func TestTell(t *testing.T) {
	r := Rewrite("select requestParameters.a,\n  é, nosuch from db.cloudtrail", trail, true)
	for _, c := range []struct{ said, want string }{
		{"Binder Error: no\n\nLINE 2:   é, nosuch from cloudtrail\n             ^", "Binder Error: no\n\nLINE 2:   é, nosuch from db.cloudtrail\n             ^"},
		{"Binder Error: no\n\nLINE 2: ... nosuch from cloud...\n            ^\n\nmore", "Binder Error: no\n\nLINE 2:   é, nosuch from db.cloudtrail\n             ^\n\nmore"},
		{"Binder Error: no\n\nLINE 1: select (requestParameters ->> '$.\"a\"') AS \"a\",\n                                  ^", "Binder Error: no\n\nLINE 1: select requestParameters.a,\n                                ^"},
		{"Binder Error: no\n\nLINE 7: nothing of it\n        ^", "Binder Error: no"},
		{"Binder Error: no\n\nLINE 99999999999999999999: x\n        ^", "Binder Error: no"},
		{"no place", "no place"},
	} {
		if got := r.Tell(c.said); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.said, got, c.want)
		}
	}
	long := strings.Repeat("a, ", 100)
	r = Rewrite("select requestParameters.a, "+long+"nosuch, "+long, trail, true)
	got := r.Tell("no\n\nLINE 1: ... a, nosuch, a...\n               ^")
	line, caret, _ := strings.Cut(strings.TrimPrefix(got, "no\n\n"), "\n")
	if len(line) > 150 || !strings.HasPrefix(line[max(0, len(caret)-1):], "nosuch") {
		t.Errorf("of a long line:\n%s", got)
	}
}

func TestHints(t *testing.T) {
	columns := []string{"bucket_name", "httpstatus", "requestdatetime", "eventTime"}
	for _, c := range []struct{ sql, said, want string }{
		{"select cast(a as ipaddress)", "", "in_cidr("},
		{"select ip_prefix(a, 8)", "", "in_cidr("},
		{"select contains('10.0.0.0/8', a)", "", "in_cidr("},
		{"select contains(a, 'x/y'), ipaddress.b", "", "in_cidr("},
		{"select contains(a, 'x/y')", "", ""},
		{"select resources[1][1]", "", "resources[1].ARN"},
		{"select resources[1].ARN, a[1], '[1][1]'", "", ""},
		{"select cast(a as array(varchar))", "", "T[]"},
		{"select array(1)", "", ""},
		{"select listagg(a, ',') within group (order by a)", "", "string_agg("},
		{"select reduce(a, 0, x, y), any_match(a, b)", "", "list_reduce"},
		{"from t lateral view explode(a) b", "", "UNNEST"},
		{"select userIdentity.webIdFederationData.x", "", "sessionContext"},
		{"select userIdentity.sessionContext.webIdFederationData.x", "", ""},
		{"select eventData.x", "", "columns of cloudtrail"},
		{`select "$file_modified_time"`, "", "$path"},
		{"create external table x (a int)", "", "ctsql load"},
		{"select http_status", `Referenced column "http_status" not found`, "http_status is called httpstatus here"},
		{"select Request_DateTime", `Referenced column "Request_DateTime" not found`, "is called requestdatetime here"},
		{"select referer", `Referenced column "referer" not found`, "is called referrer here"},
		{"select http_status, nosuch", `Referenced column "nosuch" not found`, ""},
		{"from trail_logs", "Table with name trail_logs does not exist!", "--table-alias trail_logs"},
		{"select trail_logs", "Table with name trail_logs does not exist!", ""},
		{"select 'listagg(x)' -- ipaddress", "", ""},
	} {
		got := strings.Join(Hints(c.sql, c.said, columns), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.sql, got, c.want)
		}
	}
	if got := Hints("select a.\"eventData\n\x1b[2J\".b, \"http\n_status\"", "\"http\n_status\"", columns); len(got) != 0 {
		t.Errorf("of names with control characters: %q", got)
	}
}

func TestNoPartition(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"from cloudtrail where month = '7'", `month is never "7"`},
		{"from cloudtrail where c.day = DATE '2023-07-10'", `day is never "2023-07-10"`},
		{"from cloudtrail where year = '2023' and \"month\" = '07' and day = '10'", ""},
		{"from cloudtrail where month > '7' or month = 7 or month(eventTime) = '7' or eventName = '7'", ""},
		{"select * from (select month(eventTime) as month from cloudtrail) where month = '7'", ""},
		{"from cloudtrail where month = '7 and", ""},
	} {
		if got := NoPartition(c.sql); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.sql, got, c.want)
		}
	}
}

// 32 KB of what a careless rewriter would go over again and again; the race detector
// on a busy machine takes some tenths of a second for each.
func TestRewriteLinear(t *testing.T) {
	for _, piece := range []string{
		"(", "a(", "a(b,", "cast(json_extract(", "requestParameters.a", "requestParameters.", "requestParameters['a']", "as t(", "as t(a", ") as (", "x as (", "from (",
		"from db.", "from x,", "select a as b,", "(select a as eventTime,", "eventTime like ", "if(a,", "key = '-' and ", dataStore, "from " + dataStore + " ", "[", "a[1]", "`a`", "a.",
	} {
		text := "select 1 from s3logs where " + strings.Repeat(piece, (32<<10)/len(piece))
		start := time.Now()
		r := Rewrite(text, trail, true)
		r.Tell("no\n\nLINE 1: select 1\n        ^")
		Hints(text, "no", []string{"a"})
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q repeated takes %v", piece, d)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Add("select requestParameters.a['b'][1], cast(eventTime as varchar(3)) from db.cloudtrail, " + dataStore + " where key = '-' and if(a, b)")
	f.Fuzz(func(t *testing.T, text string) {
		for _, all := range []bool{false, true} {
			r := Rewrite(text, trail, all)
			if r.Typed != text || len(r.Did) == 0 && r.Text != text {
				t.Fatalf("%q became %q, and nothing was done", text, r.Text)
			}
			last := 0
			for at := range min(len(r.Text), 4000) + 1 {
				w := r.Where(at)
				if w < last || w > len(text) {
					t.Fatalf("%q: byte %d is at %d, after %d", r.Text, at, w, last)
				}
				last = w
			}
		}
		Hints(text, text, []string{"http_status"})
		NoPartition(text)
	})
}

func BenchmarkRewrite(b *testing.B) {
	text := "select eventName, count(*) from cloudtrail where eventSource = 'ec2.amazonaws.com' and requestParameters.bucketName like '%x%' group by 1"
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Rewrite(text, trail, true)
	}
}

// The questions that come with ctsql are in DuckDB's own words.
func TestRewriteLeavesDuckDB(t *testing.T) {
	n := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "queries"), func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".sql") {
			return err
		}
		text, err := os.ReadFile(name)
		n++
		if got := Rewrite(string(text), trail, true); got.Text != string(text) {
			t.Errorf("%s: %q", name, got.Did)
		}
		return err
	})
	if err != nil || n < 20 {
		t.Errorf("%d files, %v", n, err)
	}
	for _, text := range nasty {
		if got := Rewrite(text, trail, false); got.Text != text {
			t.Errorf("%q became %q", text, got.Text)
		}
	}
}
