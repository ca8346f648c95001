package cache

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

const nulls = "(FORMAT csv, HEADER false, DELIMITER '|', QUOTE '', NULLSTR 'none')"

// The error is the one that helps: the first where no reading does better, with the
// tables' own columns; else what is wrong with the statement in DuckDB's words, at the
// place where it was typed.
func TestReadingsError(t *testing.T) {
	s := session(t, SessionOptions{Path: athenaCache(t)})
	for _, c := range []struct{ sql, want, not string }{
		{"select nosuch from cloudtrail", `"nosuch" not found`, `"month"`},
		{"select nosuch from cloudtrail where year = '2023'", `"nosuch" not found`, `"year" not found`},
		{"select requestParameters.a, nosuch from cloudtrail", "LINE 1: select requestParameters.a, nosuch from cloudtrail\n                                    ^", "->>"},
		{"select\n requestParameters.a\nfrom db.nosuch", `schema "db" does not exist`, "->>"},
		{"describe select requestParameters.a, nosuch from cloudtrail", "LINE 1: describe select requestParameters.a, nosuch from cloudtrail\n", "->>"},
		{"select cast(cast(json_extract(requestParameters, '$.userName') as varchar) as integer) from cloudtrail", "Could not convert string 'bob' to INT32", "json_extract_string"},
		{"create table mine.x as select requestParameters.a, nosuch from cloudtrail", `"nosuch" not found`, ""},
		{"explain select requestParameters.a, nosuch from cloudtrail", `"nosuch" not found`, ""},
		{"delete from c where false", "c", "panic"},
	} {
		_, err := tell(context.Background(), s, c.sql)
		if err == nil || !strings.Contains(err.Error(), c.want) || c.not != "" && strings.Contains(err.Error(), c.not) {
			t.Errorf("%s\n%v\nwant %s, and not %s", c.sql, err, c.want, c.not)
		}
		if got := told(t, s, "select current_setting('search_path') || current_setting('old_implicit_casting')"); got != "false" {
			t.Errorf("%s: settings stay changed: %s", c.sql, got)
		}
	}
}

// The wider tables are there when a statement needs them, with the session's scope, and
// at no other time.
func TestWideTables(t *testing.T) {
	ctx := context.Background()
	s := session(t, SessionOptions{Path: athenaCache(t)})
	const count = "select count(*) from cloudtrail where year = '2023'"
	if got := told(t, s, "select count(*) from duckdb_schemas() where schema_name = 'athena'"); got != "0" {
		t.Errorf("views are made before they are needed: %s", got)
	}
	if got := told(t, s, count); got != "6" {
		t.Errorf("%s events", got)
	}
	day := time.Date(2023, 7, 11, 0, 0, 0, 0, time.UTC)
	if err := s.Scope(ctx, day, day.AddDate(0, 0, 7), nil); err != nil {
		t.Fatal(err)
	}
	if got := told(t, s, count); got != "2" {
		t.Errorf("in a week there are %s events", got)
	}
	if err := s.Scope(ctx, time.Time{}, time.Time{}, []string{"444455556666"}); err != nil {
		t.Fatal(err)
	}
	if got := told(t, s, count); got != "1" {
		t.Errorf("of an account there are %s events", got)
	}
	if err := s.Scope(ctx, time.Time{}, time.Time{}, nil); err != nil {
		t.Fatal(err)
	}
	const none = "select 1 from cloudtrail where month = '7'"
	if got := told(t, s, none); got != "" {
		t.Errorf("%s: %s", none, got)
	}
	if why, err := s.WhyNothing(ctx, none, nil); err != nil || !strings.Contains(why, `month is never "7"`) {
		t.Errorf("%s: %q, %v", none, why, err)
	}
	if got := told(t, s, "select count(*) from (describe from cloudtrail) where column_name = 'year'"); got != "0" {
		t.Errorf("the table has a column of the wider one: %s", got)
	}
}

// What rows a person keeps, tables they make and files they write can be of such a
// statement too.
func TestReadingsElsewhere(t *testing.T) {
	ctx := context.Background()
	s := session(t, SessionOptions{Path: athenaCache(t), Aliases: athenaAliases})
	k, err := s.Keep(ctx, "select eventid, requestparameters.bucketName from cloudtrail_logs where day = '10' and eventid = $id", []duck.Param{{Name: "id", Value: "e1"}}, 10, nulls)
	if err != nil || k.Rows != 1 || k.Columns[1].Name != "bucketName" {
		t.Fatalf("%+v, %v", k, err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sql, want string }{
		{"from _", "e1|my-bucket"},
		{"create table mine.made as select eventid, region from cloudtrail_logs where month = '08'", ""},
		{"from mine.made", "e6|eu-west-1"},
		{"insert into mine.made select eventid, dt from cloudtrail_logs where eventid = 'e7' and year = '2022'", ""},
		{"select count(*) from mine.made", "2"},
		{"create table own as select requestparameters.groupId from cloudtrail_logs where eventid = 'e4'", ""},
		{"select groupId from own", "sg-1"},
		{"create view seen as select requestparameters.groupId from cloudtrail_logs where eventid = 'e4'", ""},
		{"select groupId from seen", "sg-1"},
		// A table of one's own keeps its meaning, whatever its columns are called.
		{"create table mine.cloudtrail as select {'a': 1} as requestParameters, '-' as requester, 7 as year", ""},
		{"select requestParameters.a + 1, requester, year from mine.cloudtrail", "2|-|7"},
		{"with cloudtrail_logs as (select 5 as year) select year from cloudtrail_logs", "5"},
		// In a transaction as well, after another database was written to.
		{"begin", ""},
		{"insert into mine.made values ('x', 'y')", ""},
		{"select count(*) from cloudtrail_logs where year = '2023' and requestparameters.groupId = 'sg-1'", "1"},
		{"insert into mine.made select requestparameters.groupId, region from cloudtrail_logs where eventid = 'e4' and day = '10'", ""},
		{"commit", ""},
		{"select count(*) from mine.made", "4"},
	} {
		if got, err := tell(ctx, s, c.sql); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s, %v", c.sql, got, c.want, err)
		}
	}
}

// Sources that nobody loaded have the wider tables too; one that cannot be read is
// not opened again for each reading.
func TestReadingsUnloaded(t *testing.T) {
	opened := 0
	fails := error(nil)
	s := session(t, SessionOptions{From: []string{"x"}, Open: func(context.Context, []string, cloudtrail.Log) (Unloaded, error) {
		opened++
		return &onceUnloaded{batch: athenaBatch(t, "trail.json", "member.json")}, fails
	}})
	if got := told(t, s, "select eventid from cloudtrail where region = 'eu-west-1' and requestparameters.roleSessionName = 's'"); got != "e6" {
		t.Error(got)
	}
	opened, fails = 0, errors.New("no access")
	if _, err := tell(context.Background(), s, "select requestParameters.a from cloudtrail where year = '2023'"); err == nil || !strings.Contains(err.Error(), "no access") || opened != 1 {
		t.Errorf("opened %d times: %v", opened, err)
	}
}

func TestCheck(t *testing.T) {
	ctx := context.Background()
	s := session(t, SessionOptions{})
	for _, c := range []struct {
		sql, rewritten, err string
	}{
		{"select 1", "", ""},
		{"select requestParameters.a from db.cloudtrail where year = $y", "members of JSON, table names, columns and casts of Athena", ""},
		{"select key from s3logs where requester = '-'", "'-' as NULL", ""},
		{"select kind, sourceObject from objects", "", ""},
		{"create table mine.x as select 1", "", ""},
		{"select nosuch from cloudtrail", "", "nosuch"},
		{"pragma database_list", "", ErrNotChecked.Error()},
		{"bogus", "", "syntax error"},
	} {
		rewritten, err := s.Check(ctx, c.sql)
		if got := strings.Join(rewritten, ", "); got != c.rewritten {
			t.Errorf("%s: rewritten: %s, want %s", c.sql, got, c.rewritten)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %s", c.sql, err, c.err)
		}
	}
	if _, err := tell(ctx, s, "select count(*) from mine.x"); err == nil {
		t.Error("a statement was run to be checked")
	}
}
