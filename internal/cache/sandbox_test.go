package cache

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
)

const secret = "the text of the secret file"

// escapes are what somebody may try, a statement a line. {dir} has a file secret.csv,
// and nothing may be written there.
const escapes = `
select * from read_csv('{dir}/secret.csv')
select * from read_csv_auto('{dir}/secret.csv', header := false)
select * from READ_CSV('{dir}/secret.csv')
select * from "read_csv"('{dir}/secret.csv')
select * from system.main.read_csv('{dir}/secret.csv')
select * from read_text('{dir}/secret.csv')
select content from read_blob('{dir}/secret.csv')
select * from read_json('{dir}/secret.csv')
select * from read_json_objects('{dir}/secret.csv')
select * from read_ndjson('{dir}/secret.csv')
select * from read_parquet('{dir}/secret.csv')
select * from parquet_scan('{dir}/secret.csv')
select * from parquet_metadata('{dir}/secret.csv')
select * from parquet_schema('{dir}/secret.csv')
select * from parquet_kv_metadata('{dir}/secret.csv')
select * from sniff_csv('{dir}/secret.csv')
select * from read_duckdb('{dir}/secret.csv')
select * from glob('{dir}/*')
select * from glob('/etc/*')
select * from '{dir}/secret.csv'
from '{dir}/secret.csv'
table "{dir}/secret.csv"
select * from "{dir}/secret.csv" as cloudtrail
select * from cloudtrail, '{dir}/secret.csv'
select * from cloudtrail join '{dir}/secret.csv' on true
select (select count(*) from '{dir}/secret.csv')
select * from cloudtrail where eventID in (from '{dir}/secret.csv')
select exists (from '{dir}/secret.csv')
select * from cloudtrail limit (select count(*) from '{dir}/secret.csv')
select * from cloudtrail order by (select 1 from '{dir}/secret.csv')
select count(*) filter (where (select true from '{dir}/secret.csv')) from cloudtrail
select sum(1) over (partition by (select 1 from '{dir}/secret.csv')) from cloudtrail
select list_transform([1], lambda x: (select 1 from '{dir}/secret.csv'))
select list_transform(['HOME'], x -> getenv(x))
select [getenv(x) for x in ['HOME']]
select * replace (getenv('HOME') as eventID) from cloudtrail
select columns(c -> getenv(c)) from cloudtrail
select case when true then getenv('HOME') end
select getenv('HOME')
select ('HOME').getenv()
select GetEnv('HOME')
select "getenv"('HOME')
select system.main.getenv('HOME')
select /* */ getenv /* */ ('HOME')
select getenv('HOME') -- , eventID
with a as (from '{dir}/secret.csv') from a
with "{dir}/secret.csv" as (from "{dir}/secret.csv") from "{dir}/secret.csv"
with "{dir}/secret.csv" as (select 1) select * from (with x as (select 2) from x), "{dir}/secret.csv"
select * from (with "secret.csv" as (select 1) from "secret.csv") a, "secret.csv"
with recursive a as (from '{dir}/secret.csv' union all from a) from a
with recursive "secret.csv" as (from "secret.csv" union all select 1) from "secret.csv"
with a as materialized (select * from read_text('{dir}/secret.csv')) from a
select * from cloudtrail, lateral (select * from read_text(sourceObject))
select * from cloudtrail, lateral (from '{dir}/secret.csv')
select * from (pivot '{dir}/secret.csv' on a in (1) using count(*))
pivot '{dir}/secret.csv' on a using count(*)
pivot cloudtrail on eventName using count(*)
unpivot '{dir}/secret.csv' on a into name n value v
from '{dir}/secret.csv' using sample 10%
from '{dir}/secret.csv' tablesample 10%
from cloudtrail at (version => 1)
values ((select content from read_text('{dir}/secret.csv')))
(select * from '{dir}/secret.csv')
((from '{dir}/secret.csv'))
select 1 union all select content from read_text('{dir}/secret.csv')
describe '{dir}/secret.csv'
describe select * from '{dir}/secret.csv'
summarize '{dir}/secret.csv'
show '{dir}/secret.csv'
show threads
show tables from system
select * from (describe '{dir}/secret.csv')
select * from (summarize '{dir}/secret.csv')
explain select * from '{dir}/secret.csv'
explain analyze select * from '{dir}/secret.csv'
explain (analyze) select * from read_text('{dir}/secret.csv')
explain (format json) from '{dir}/secret.csv'
explain (from '{dir}/secret.csv')
explain analyze copy (select 1) to '{dir}/out.csv'
explain analyze create table x as select 1
explain analyze insert into mine.t values (2)
select * from read_cloudtrail('{dir}')
select * from read_s3logs('{dir}', '/etc')
select * from ctsql_read_cloudtrail('["{dir}"]')
select * from query('from read_text(''{dir}/secret.csv'')')
from query('select 1')
select * from query_table('{dir}/secret.csv')
select * from query_table(['cloudtrail', '{dir}/secret.csv'])
select * from histogram('{dir}/secret.csv', a)
select * from summary('{dir}/secret.csv')
select json_serialize_plan('from read_text(''{dir}/secret.csv'')')
select * from json_execute_serialized_sql(json_serialize_sql('from read_text(''{dir}/secret.csv'')'))
pragma json_execute_serialized_sql('{}')
select current_setting('temp_directory')
select getvariable('x')
select * from duckdb_settings()
select * from duckdb_secrets()
select * from which_secret('s3://b', 's3')
select * from duckdb_databases()
select * from duckdb_functions()
select * from duckdb_temporary_files()
select * from duckdb_logs
select * from duckdb_tables
select * from information_schema.tables
select * from pg_catalog.pg_tables
select * from sqlite_master
select * from pragma_database_size()
select * from pragma_storage_info('cache.cloudtrail')
select * from cache.cloudtrail
select * from cache.main.ctsql_cache
select * from mine.v
select * from mine.main.v
select mine.m('x')
select mine.lower('x')
select * from mine.tm('{dir}/secret.csv')
select nextval('s')
select sleep_ms(100000)
select pg_sleep(100)
select write_log('x')
select * from enable_logging()
select * from force_checkpoint('cache')
select * from disable_profiling()
select * from enable_profiling()
copy cloudtrail to '{dir}/out.csv'
copy (select 1) to '{dir}/out.csv'
COPY (select 1) TO '/dev/stdout'
copy x from '{dir}/secret.csv'
with a as (select 1) copy (from a) to '{dir}/out.csv'
export database '{dir}/out'
import database '{dir}/out'
install httpfs
force install httpfs from 'http://127.0.0.1:1'
load httpfs
load '{dir}/secret.csv'
update extensions
set threads = 1
set global enable_external_access = true
reset lock_configuration
set variable x = 1
set search_path = 'mine'
pragma threads = 1
pragma database_list
pragma enable_profiling
call pragma_version()
call read_text('{dir}/secret.csv')
attach '{dir}/out.duckdb'
attach '{dir}/out.duckdb' as cache
detach cache
use mine
create view v as select * from read_text('{dir}/secret.csv')
create temp view cloudtrail as select 1
create or replace temp table _ as select 1
create macro lower(x) as getenv(x)
create function m() as table from '{dir}/secret.csv'
create table x as select 1
create table mine.x as select 1
create secret (type s3)
create type t as enum ('a')
create sequence s
create schema x
drop view cloudtrail
drop table mine.t
alter table mine.t add column x int
insert into mine.t values (2)
insert into mine.t values (2) returning *
delete from mine.t
update mine.t set a = 3
truncate mine.t
merge into mine.t using cloudtrail on true when matched then delete
comment on table mine.t is 'x'
with a as (select 1) insert into mine.t from a
with a as (insert into mine.t values (2) returning *) from a
prepare p as select * from read_text('{dir}/secret.csv')
execute p
deallocate p
begin
commit
rollback
checkpoint
vacuum
analyze
select 1; select * from '{dir}/secret.csv'
select 1) to '{dir}/out.csv'; --
select 1) as t(c0)) to '{dir}/out.csv' (format csv); select * from (select 1
select 1 /* */ ; /* */ drop table mine.t
/* */ copy (select 1) to '{dir}/out.csv'
-- x
sеlect 1
select * from read_text(U&'\002fetc')
select * from read\u005ftext('{dir}/secret.csv')
select * from "READ_TEXT"($$ {dir}/secret.csv $$)
select * from e'{dir}/secret.csv'
select * from 'file://{dir}/secret.csv'
select * from 'http://127.0.0.1:1/x.csv'
select * from 's3://bucket/x.parquet'
select * from 'data:text/csv,a'
`

// A sandbox refuses all of them, and refuses before anything is opened.
func TestSandboxEscapes(t *testing.T) {
	s, dir := sandbox(t, Limits{})
	count := 0
	for statement := range strings.Lines(escapes) {
		statement = strings.ReplaceAll(strings.TrimSpace(statement), "{dir}", dir)
		if statement == "" {
			continue
		}
		count++
		for _, keep := range []bool{false, true} {
			var err error
			var refused *RefusedError
			var grammar *grammarError
			if keep {
				_, err = s.Keep(context.Background(), statement, nil, 0, "(FORMAT csv)")
			} else {
				_, err = tell(context.Background(), s, statement)
			}
			if !errors.As(err, &refused) && !errors.As(err, &grammar) && !(keep && errors.Is(err, ErrNoRows)) {
				t.Errorf("%s\n is not refused: %v", statement, err)
			}
		}
	}
	if count < 150 {
		t.Errorf("%d attempts only", count)
	}
	if got := told(t, s, "select * from mine.t"); got != "1" {
		t.Errorf("mine.t holds %q", got)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("in the folder of the secret are %v, %v", files, err)
	}
}

// Where the first wall had a hole, there is the second: the engine has no files.
func TestSandboxEngineHasNoFiles(t *testing.T) {
	s, dir := sandbox(t, Limits{})
	for _, statement := range []string{
		"select * from read_text('{dir}/secret.csv')", "from '{dir}/secret.csv'", "select * from glob('{dir}/*')",
		"copy (select 1) to '{dir}/out.csv'", "attach '{dir}/out.duckdb'", "load '{dir}/secret.csv'", "install json",
		"set enable_external_access = true", "set lock_configuration = false", "set allowed_paths = ['{dir}/secret.csv']",
		"set memory_limit = '1TB'", "set temp_directory = '{dir}'", "select * from read_text('/dev/fd/../../etc/passwd')",
	} {
		a, err := s.RunOwn(context.Background(), strings.ReplaceAll(statement, "{dir}", dir), nil, "(FORMAT csv)")
		if err == nil && a.Result != nil {
			_, err = io.Copy(io.Discard, a.Result)
			err = errors.Join(err, a.Close())
		}
		if err == nil {
			t.Errorf("%s: runs", statement)
		}
	}
	if got := told(t, s, "select count(*) from cloudtrail"); got == "0" {
		t.Error("the logs are gone")
	}
}

// sandbox is one over the logs of athenaCache, with a table, a view and macros of mine,
// and a folder with a secret.
func sandbox(t *testing.T, limits Limits) (*Session, string) {
	t.Helper()
	dir, path := t.TempDir(), athenaCache(t)
	if err := os.WriteFile(filepath.Join(dir, "secret.csv"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // so that its name alone will do
	own := session(t, SessionOptions{Path: path})
	for _, statement := range []string{
		"create table mine.t as select 1 as a",
		"create view mine.v as select * from read_text('" + dir + "/secret.csv')",
		"create macro mine.m(x) as x", "create macro mine.lower(x) as current_setting('temp_directory')",
		"create macro mine.tm(x) as table select * from read_text(x)",
	} {
		told(t, own, statement)
	}
	return session(t, SessionOptions{Path: path, Sandbox: true, Limits: limits}), dir
}

// What a question needs is there.
func TestSandboxQueries(t *testing.T) {
	s, _ := sandbox(t, Limits{Memory: "1GB", Time: time.Minute})
	for statement, want := range map[string]string{
		"select 1": "1", "values (1), (2)": "1\n2", "from range(2)": "0\n1", "(select 1)": "1",
		"select count(*) > 0 from cloudtrail":                                                                                      "true",
		"select count(*) > 0 from memory.main.cloudtrail":                                                                          "true",
		"with a as (select 1 as x), b as (from a) select a.x + b.x from a, b":                                                      "2",
		"with recursive r as (select 1 as n union all select n + 1 from r where n < 3) select max(n) from r":                       "3",
		"with recursive r(k, n) using key (k) as (select 1, 1 union select k, n + 1 from recurring.r where n < 3) select n from r": "3",
		`with "A" as (select 1) from a`:                                                                                            "1",
		"select list_transform([1, 2], lambda x: x + 1)":                                                                           "[2,3]",
		"select [x * 2 for x in [1, 2] if x > 1]":                                                                                  "[4]",
		"select a from mine.t":                                   "1",
		"select system.main.replace('ab', 'a', 'c')":             "cb",
		"select ('A').lower()":                                   "a",
		"select s.a from (select {'a': 1} as s)":                 "1",
		"select count(*) > 30 from (describe cloudtrail)":        "true",
		"select element_at(map(['a'], [1]), 'a')":                "1",
		"pivot (select 1 as a, 2 as b) on a in (1) using sum(b)": "2",
	} {
		got, err := tell(context.Background(), s, statement)
		if err != nil || got != want {
			t.Errorf("%s\n got %q, %v\nwant %q", statement, got, err, want)
		}
	}
	for _, statement := range []string{"describe cloudtrail", "summarize select 1", "show tables", "show all tables", "show databases", "describe"} {
		if got := told(t, s, statement); got == "" {
			t.Errorf("%s: nothing", statement)
		}
	}
	for _, statement := range []string{"explain select 1", "explain analyze select count(*) from cloudtrail", "explain (format json) select 1", "explain (select 1)"} {
		if a, err := s.Run(context.Background(), statement, nil, ""); err != nil || a.Explained == "" {
			t.Errorf("%s: %q, %v", statement, a.Explained, err)
		}
	}
	// A value is no part of the statement.
	if got := told(t, s, "select $x", duck.Param{Name: "x", Value: "'; drop table mine.t"}); got != "'; drop table mine.t" {
		t.Errorf("a parameter is %q", got)
	}
	if _, err := s.Keep(context.Background(), "select 42 as a", nil, 0, "(FORMAT csv)"); err != nil {
		t.Error(err)
	} else if got := told(t, s, "select a from _"); got != "42" {
		t.Errorf("_ has %q", got)
	}
}

// A slip of the pen is told as without a sandbox.
func TestSandboxTellsErrors(t *testing.T) {
	s, _ := sandbox(t, Limits{})
	for statement, want := range map[string]string{
		"select eventNaem from cloudtrail":             `Candidate bindings: "eventName"`,
		"select 1 +\n  from where":                     "LINE 2:   from where",
		"selec 1":                                      `no query`,
		"select getenv('x')":                           "the sandbox refuses the function getenv\nhint: ",
		"from cloudtrial":                              "the sandbox refuses the table cloudtrial\nhint: a sandbox has cloudtrail, ",
		"pivot cloudtrail on eventName using count(*)": "PIVOT … ON column IN (…)",
	} {
		if _, err := tell(context.Background(), s, statement); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// Limits end a statement, and the next one runs.
func TestLimits(t *testing.T) {
	s, _ := sandbox(t, Limits{Memory: "200MB", Time: 300 * time.Millisecond})
	start := time.Now()
	_, err := tell(context.Background(), s, "select sum(hash(a.range + b.range)) from range(1000000) a, range(1000000) b")
	var over *TimeoutError
	if !errors.As(err, &over) || !strings.HasPrefix(err.Error(), "the statement was ended: it took longer than 300ms\nhint: ") {
		t.Errorf("too long: %v", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s to end what may take 300ms", took)
	}
	s = session(t, SessionOptions{Limits: Limits{Memory: "100MB"}})
	_, err = tell(context.Background(), s, "select len(list(range)) from range(100000000)")
	if err == nil || !strings.HasPrefix(err.Error(), "Out of Memory Error") || !strings.Contains(err.Error(), "\nhint: the statement may take 100MB") {
		t.Errorf("too much: %v", err)
	}
	if got := told(t, s, "select 1"); got != "1" {
		t.Errorf("after that: %q", got)
	}
}

// Every function that a sandbox has is one, so that none is there by a slip, and waits for
// an extension that has one of that name.
func TestHarmlessFunctionsAreThere(t *testing.T) {
	s := session(t, SessionOptions{})
	there := map[string]bool{"unnest": true, "grouping": true} // of the grammar
	for _, m := range macros {
		there[m.name] = true
	}
	for name := range strings.Lines(told(t, s, "select distinct lower(function_name) from duckdb_functions()")) {
		there[strings.TrimSpace(name)] = true
	}
	for name := range harmlessFunctions {
		if !there[name] {
			t.Errorf("there is no function %s", name)
		}
	}
	for _, name := range []string{"getenv", "current_setting", "query", "query_table", "read_text", "read_cloudtrail", "ctsql_read_cloudtrail", "nextval", "json_serialize_plan", "glob"} {
		if harmlessFunctions[name] || harmlessTables[name] {
			t.Errorf("%s does harm", name)
		}
	}
}
