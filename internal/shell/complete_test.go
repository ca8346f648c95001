package shell

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
)

// testDots are commands of each kind.
var testDots = []Dot{
	{Name: "run", Takes: QueryArgument}, {Name: "read", Takes: FileArgument}, {Name: "schema", Takes: TableArgument},
	{Name: "mode", Takes: FormatArgument}, {Name: "help", Takes: CommandArgument}, {Name: "quit"},
	{Name: "param", Takes: ParamArgument, Words: []string{"set", "unset", "list"}}, {Name: "timer", Takes: WordArgument, Words: []string{"on", "off"}},
}

// testCompleter is one over a cache with that trail, with its lists answered. It is
// shared: to make it takes longest.
func testCompleter(t testing.TB) (*Completer, overCache) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cache.duckdb")
	loadRecords(t, path, "trail.json", testRecords()...)
	c, s := newTestCompleter(t, path)
	waitForLists(t, c)
	return c, s
}

func newTestCompleter(t testing.TB, path string) (*Completer, overCache) {
	t.Helper()
	ctx := context.Background()
	session, err := cache.OpenSession(ctx, cache.SessionOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	s := overCache{session}
	s.do(t, `CREATE TABLE mine.suspects AS SELECT 'u' AS who, {'first name': 'x', 'n': 1} AS "the person"`)
	s.do(t, `CREATE TEMP TABLE "odd name" AS SELECT 1 AS "select", 2 AS "two words", 3 AS "quo""te"`)
	c := NewCompleter(CompleterOptions{
		Asker: s, Cache: path, Dots: testDots, Queries: queries.All(), Home: t.TempDir(),
		Params: func() []string { return []string{"bucket", "since"} },
	})
	c.Start(ctx)
	t.Cleanup(func() {
		c.Close()
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, s
}

// waitForLists waits until nothing more is to be asked.
func waitForLists(t testing.TB, c *Completer) {
	t.Helper()
	for range 500 {
		c.lists.mu.Lock()
		idle := len(c.lists.wanted) == 0 && c.lists.asking == nil
		c.lists.mu.Unlock()
		if idle {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the lists are not answered")
}

// completed completes at the | of a text, and returns the texts and what each would
// be shown as.
func completed(c *Completer, text string) (texts, shows []string, word string) {
	before, after, _ := strings.Cut(text, "|")
	from, all := c.Complete(before+after, len(before))
	for _, k := range all {
		texts, shows = append(texts, k.Text), append(shows, k.Show)
	}
	return texts, shows, before[min(from, len(before)):]
}

// TestComplete holds what is offered where. A list that ends with … may go on; one
// that begins with ! must not hold any of what it names.
func TestComplete(t *testing.T) {
	c, _ := testCompleter(t)
	c.Kept([]render.Column{{Name: "eventName", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}})
	for _, test := range []struct{ text, want string }{
		// Keywords, in the case that is typed.
		{"sel|", "select"},
		{"SEL|", "SELECT"},
		{"select 1; fr|", "from"},
		{"SELECT eventName FR|", "FROM"},
		{"SELECT eventName |", "FROM,AS,WHERE…"},
		{"select * from cloudtrail wh|", "where"},
		{"select * from cloudtrail c wh|", "where"},
		{"select * from cloudtrail gr|", "group by"},
		{"select * from cloudtrail where readOnly o|", "or,order by,offset"},
		{"select * from cloudtrail where errorCode is |", "null,not null…"},
		{"select * from cloudtrail order by eventTime d|", "desc"},
		{"select count(*) fr|", "from"},
		{"select 1 uni|", "union all,union"},
		{"create or replace ta|", "table"},

		// Tables.
		{"from |", "aggregated,cloudtrail,damaged,objects,s3logs,\"odd name\",mine.suspects,_,read_cloudtrail(,read_s3logs(,unnest("},
		{"select * from clou|", "cloudtrail"},
		{"select * from s3|", "s3logs"},
		{"select * from susp|", "mine.suspects"},
		{"select * from mine.|", "suspects"},
		{"select * from mine.s|", "suspects"},
		{"select * from odd|", `"odd name"`},
		{`select * from "od|`, `odd name"`},
		{"select * from cloudtrail c, obj|", "objects"},
		{"select * from cloudtrail c join obj|", "objects"},
		{"describe clou|", "cloudtrail"},
		{"with t as (select 1) select * from t|", "t…"},
		{"select * from cloudtrail | where", "!cloudtrail,s3logs"},
		{"select * from (sel|", "select"},
		{"select * from range|", "range("},
		{"select range|", "range("},

		// Columns: of what the statement names, wherever it does.
		{"select eventN|", "eventName"},
		{"select bucket_|", "bucket_name"},
		{"select bucket_| from cloudtrail", ""},
		{"select user| from cloudtrail", "userIdentity,userAgent…"},
		{"select | from objects", "sourceObject,kind…"},
		{"select identity|", "userIdentity"},
		{"select * from cloudtrail where errorC|", "errorCode"},
		{"select USERI|", "userIdentity"},
		{"select c.us| from cloudtrail c", "userIdentity,userAgent"},
		{"select c.|\nfrom cloudtrail as c", "eventVersion,userIdentity,eventTime…"},
		{"select o.| from cloudtrail c join objects o on true", "sourceObject,kind…"},
		{"from cloudtrail c where c.us|", "userIdentity,userAgent"},
		{"select cloudtrail.eventN| from cloudtrail", "eventName"},
		{"select eventName, count_| from cloudtrail group by 1", "count_if(,count_star()"},
		{"select key| from s3logs", "key"},
		{`select "sel| from "odd name"`, `select"`},
		{`select "sel|" from "odd name"`, `select`},
		{`select sel| from "odd name"`, `"select",select…`},
		{`select two| from "odd name"`, `"two words"`},
		{`select quo| from "odd name"`, `"quo""te"…`},
		{"select n| from _", "n…"},
		{"select who| from mine.suspects", "who"},
		{"select eventName as the_call, count(*) n from cloudtrail group by the|", "the_call"},
		{"select eventName, count(*) as calls from cloudtrail group by all order by cal|", "calls"},
		{"select extract(year from eventT|) from cloudtrail", "eventTime,eventType"},
		{"select count(|from cloudtrail", "eventVersion,userIdentity…"},
		{"select 1 from cloudtrail where eventTime > now() and sourceIP|", "sourceIPAddress"},
		{"select * from cloudtrail c where exists (select 1 from objects o where o.sourceObject = c.sourceO|)", "sourceObject"},
		{"select eventN| from cloudtrail union select version from objects", "eventName"},
		{"select eventName from cloudtrail union all select vers| from objects", "version,version()"},

		// Those of subqueries.
		{"with t as (select eventName as e, userIdentity u from cloudtrail) select | from t", "e,u…"},
		{"with t as (select eventName as e, userIdentity u from cloudtrail) select t.u.ar| from t", "arn"},
		{"with t(a, b) as (select eventName, userIdentity from cloudtrail) select b.ar| from t", "arn"},
		{"with a as (select * from cloudtrail), b as (select a.* from a) select eventN| from b", "eventName"},
		{"select s.| from (select eventName, count(*) n from cloudtrail group by 1) s", "eventName,n"},
		{"with recursive r as (select 1 as i union all select i + 1 from r) select r.| from r", "i"},

		// Members.
		{"select userIdentity.sess| from cloudtrail", "sessionContext"},
		{"select userIdentity.sessionContext.| from cloudtrail", "sessionIssuer,webIdFederationData,attributes,sourceIdentity,ec2RoleDelivery,ec2IssuedInVpc,assumedRoot"},
		{"select userIdentity.sessionContext.sessionI|", "sessionIssuer"},
		{"select c.userIdentity.sessionContext.sessionIssuer.| from cloudtrail c", "type,principalId,arn,accountId,userName"},
		{"select resources[1].| from cloudtrail", "accountId,type,ARN,ARNPrefix"},
		{"select r.| from cloudtrail, unnest(resources) as t(r)", "accountId,type,ARN,ARNPrefix"},
		{"select t.r.ARNP| from cloudtrail cross join unnest(resources) as t(r)", "ARNPrefix"},
		{"select r.A| from (select unnest(resources) as r from cloudtrail)", "accountId,ARN,ARNPrefix…"},
		{`select "the person".| from mine.suspects`, `"first name",n`},
		{"select nothing.| from cloudtrail", ""},

		// Functions.
		{"select cit|", "city("},
		{"select * from cloudtrail where is_t|", "is_tor("},
		{"select CIT|", "CITY("},
		{"select cit|(sourceIPAddress)", "city"},
		{"select json_extract_sc|", "json_extract_scalar("},
		{"select date_tr|", "date_trunc("},
		{"select toda|", "today()"},

		// Values.
		{"select * from cloudtrail where eventName = '|", "CreateUser',GetObject',GetObjectAcl',GetBucketAcl'…"},
		{"select * from cloudtrail where eventName = 'getob|", "GetObject',GetObjectAcl'"},
		{"select * from cloudtrail where eventName = 'getob|'", "GetObject,GetObjectAcl"},
		{"select * from cloudtrail where eventName = 'getob| and readOnly", "GetObject',GetObjectAcl'"},
		{"select * from cloudtrail where eventName = 'getob|' and awsRegion = 'x'", "GetObject,GetObjectAcl"},
		{"select * from cloudtrail where eventName = 'bucket|", "GetBucketAcl'"},
		{"select * from cloudtrail where eventname != 'run|", "RunInstances'"},
		{"select * from cloudtrail where eventName<>'run|", "RunInstances'"},
		{"select * from cloudtrail where eventName like 'run|", "RunInstances'"},
		{"select * from cloudtrail where eventName not in ('GetObject', 'run|", "RunInstances'"},
		{"select * from cloudtrail c where c.eventName = 'run|", "RunInstances'"},
		{"where eventName = 'run|", "RunInstances'"},
		{"select * from cloudtrail where eventSource = 's3.amazonaws.com' and eventName = '|", "GetObject',GetObjectAcl',GetBucketAcl',CreateUser'…"},
		{"select * from cloudtrail where eventName = '|' and eventSource like 's3%'", "GetObject,GetObjectAcl,GetBucketAcl,CreateUser…"},
		{"select * from cloudtrail where eventSource = '|", "ec2.amazonaws.com',s3.amazonaws.com',iam.amazonaws.com'"},
		{"select * from cloudtrail where awsRegion = '|", "eu-west-1'"},
		{"select * from cloudtrail where errorCode = 'unauth|", "Client.UnauthorizedOperation'"},
		{"select * from cloudtrail where recipientAccountId = '|", "111122223333'"},
		{"select * from cloudtrail where userIdentity.type in ('|", "IAMUser'"},
		{"select * from cloudtrail where userIdentity.arn = 'arn|", "arn:aws:iam::111122223333:user/o''brien'"},
		{"select * from cloudtrail where userIdentity.arn = 'arn:aws:iam::111122223333:user/o''b|", "arn:aws:iam::111122223333:user/o''brien'"},
		{"with t as (select eventName as e from cloudtrail) select * from t where e = 'run|", "RunInstances'"},
		{"select * from cloudtrail where requestID = '|", ""},
		{"select 'eventName = |", ""},
		{"select * from cloudtrail where eventName = $$run|", ""},

		// Keys.
		{"select requestParameters->>'| from cloudtrail where eventName = 'CreateUser'", "path',userName'"},
		{"select requestParameters ->> '|' from cloudtrail where eventName in ('CreateUser')", "path,userName"},
		{"select c.requestParameters->>'user| from cloudtrail c where eventName = 'CreateUser'", "userName'"},
		{"select * from cloudtrail where requestParameters->>'it|", "it''s'"},
		{"select * from cloudtrail where eventName = 'GetBucketAcl' and requestParameters->>'|", "Host',bucketName',it''s',tags',x-amz-acl'"},
		{"select requestParameters->'tags'->>'| from cloudtrail", "cost center',owner'"},
		{"select json_extract_string(requestParameters, '$.buck| from cloudtrail", "$.bucketName'"},
		{"select json_extract_scalar(requestParameters, '$.x-|') from cloudtrail", `$."x-amz-acl"`},
		{"select json_extract_string(requestParameters, '$.tags.|') from cloudtrail", `$.tags."cost center",$.tags.owner`},
		{"select responseElements->>'| from cloudtrail", ""},
		{"select errorCode->>'| from cloudtrail", ""},

		// Nothing.
		{"select 1 -- sel|", ""},
		{"select /* sel|", ""},
		{"select 'x'|", ""},
		{"select count(*)|", ""},
		{"select eventName as |", ""},

		// Commands.
		{".|", ".run,.read,.schema,.mode,.help,.quit,.param,.timer"},
		{".r|", ".run,.read"},
		{"  .sch|", ".schema"},
		{".run s3/den|", "s3/denied"},
		{".run denied |", "bucket=,least=,since=,until="},
		{".run denied bucket=x s|", "since="},
		{".schema clo|", "cloudtrail"},
		{".mode |", "table,csv,json,ndjson,markdown,vertical"},
		{".mode csv |", ""},
		{".help mo|", "mode"},
		{".param |", "set,unset,list"},
		{".param unset b|", "bucket"},
		{".timer o|", "on,off"},
		{".quit |", ""},
		{".nothing |", ""},
		{".sch clo|", "cloudtrail"},
		{".r |", ""}, // .run or .read
	} {
		texts, _, _ := completed(c, test.text)
		got := strings.Join(texts, ",")
		want, more := strings.CutSuffix(test.want, "…")
		switch unwanted, not := strings.CutPrefix(want, "!"); {
		case not:
			for one := range strings.SplitSeq(unwanted, ",") {
				if slices.Contains(texts, one) {
					t.Errorf("%s: %s is offered", test.text, one)
				}
			}
		case got != want && !(more && strings.HasPrefix(got, want)):
			t.Errorf("%s\n  offers %.300s\n  wanted %s", test.text, got, test.want)
		}
	}
}

// The shell's own commands are known, each with what it takes.
func TestCompleteOwnCommands(t *testing.T) {
	c := NewCompleter(CompleterOptions{})
	for name := range taken {
		if texts, _, _ := completed(c, "."+name+"|"); !slices.Contains(texts, "."+name) {
			t.Errorf(".%s is no command of the shell: %q", name, texts)
		}
	}
	if texts, _, _ := completed(c, ".timer o|"); !slices.Equal(texts, []string{"on", "off"}) {
		t.Errorf("%q", texts)
	}
	for text, want := range map[string]string{"sel|": "select", "select cit|": "city(", "select x from |": "read_cloudtrail(,read_s3logs(,unnest("} {
		if texts, _, _ := completed(c, text); strings.Join(texts, ",") != want {
			t.Errorf("%s without a session offers %q", text, texts)
		}
	}
}

// What is shown of a function tells what it takes.
func TestCompleteShows(t *testing.T) {
	c, _ := testCompleter(t)
	for text, want := range map[string]string{
		"select cit|":     "city(address)",
		"select acto|":    "actor(userIdentity)",
		"select date_tr|": "date_trunc(part, timestamp)",
		"select in_ci|":   "in_cidr(address, network)",
		"select * from cloudtrail where eventName='run|": "RunInstances",
		"select two| from \"odd name\"":                  `"two words"`,
	} {
		if _, shows, _ := completed(c, text); strings.Join(shows, "\n") != want {
			t.Errorf("%s shows %q, want %s", text, shows, want)
		}
	}
}

// What a log holds comes into the line as what it is, or not at all.
func TestCompleteHostile(t *testing.T) {
	c, s := testCompleter(t)
	texts, shows, word := completed(c, "select count(*) from cloudtrail where eventName = 'x|")
	if !slices.Equal(texts, []string{"x''; drop table t; --'"}) || word != "x" {
		t.Errorf("%q for %q", texts, word)
	}
	if !slices.Equal(shows, []string{"x'; drop table t; --"}) {
		t.Errorf("shown as %q", shows)
	}
	s.do(t, "select count(*) from cloudtrail where eventName = '"+texts[0])
	texts, _, _ = completed(c, "select requestParameters->>'a| from cloudtrail")
	if slices.ContainsFunc(texts, func(s string) bool { return strings.ContainsAny(s, "\x1b") }) {
		t.Errorf("keys that do not print are offered: %q", texts)
	}
}

// Files are offered as the command takes them.
func TestCompleteFiles(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"plain.sql", "with blank.sql", "it's.sql", ".hidden", "a\x1b[2Jb"} {
		if err := os.WriteFile(filepath.Join(home, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"folder", "my folder"} {
		if err := os.Mkdir(filepath.Join(home, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(home, "my folder", "x y"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := NewCompleter(CompleterOptions{Dots: testDots, Home: home})
	for text, want := range map[string]string{
		".read ~/|":              `~/folder/,"~/it's.sql",'~/my folder/,~/plain.sql,'~/with blank.sql'`,
		".read ~/p|":             "~/plain.sql",
		".read ~/wi|":            "'~/with blank.sql'",
		".read ~/with\\ b|":      "'~/with blank.sql'",
		".read '~/my f|":         "'~/my folder/",
		".read '~/my folder/|":   "'~/my folder/x y'",
		".read ~/.h|":            "~/.hidden",
		".read ~/no/such/|":      "",
		".read " + home + "/pl|": home + "/plain.sql",
	} {
		texts, _, word := completed(c, text)
		if got := strings.Join(texts, ","); got != want {
			t.Errorf("%s offers %s, want %s", text, got, want)
		}
		for _, one := range texts {
			closed := one
			if strings.HasSuffix(one, "/") && strings.HasPrefix(one, "'") {
				closed += "'"
			}
			if all, err := words(closed); err != nil || len(all) != 1 {
				t.Errorf("%s: %s is %d words, %v", text, one, len(all), err)
			}
		}
		if word != strings.TrimSuffix(strings.TrimPrefix(text, ".read "), "|") {
			t.Errorf("%s: the word is %q", text, word)
		}
	}
}
