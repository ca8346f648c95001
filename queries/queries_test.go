package queries_test

import (
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/queries"
)

func TestDemo(t *testing.T) {
	all := queries.Demo()
	if len(all) < 6 {
		t.Errorf("%d questions: the demo promises six at least", len(all))
	}
	seen := map[string]bool{}
	for _, q := range all {
		if q.Name == "" || seen[q.Name] {
			t.Errorf("name %q: empty or there twice", q.Name)
		}
		seen[q.Name] = true
		if !strings.Contains(q.Title, "?") {
			t.Errorf("%s: the leading comment asks nothing: %q", q.Name, q.Title)
		}
		statements := dialect.Split(q.SQL)
		if len(statements) != 1 {
			t.Errorf("%s: %d statements, want 1", q.Name, len(statements))
			continue
		}
		if names := dialect.Parameters(statements[0].Text); len(names) > 0 {
			t.Errorf("%s: the demo gives no value for %v", q.Name, names)
		}
		if text := statements[0].Text; strings.Contains(text, "--") {
			t.Errorf("%s: a comment is left in the statement: %s", q.Name, text)
		}
	}
}

// bounds are the parameters that flags set in every question that has them.
var bounds = map[string]string{"since": "1970-01-01", "until": "9999-12-31"}

// TestAll holds every question against what package documentation says of its file.
func TestAll(t *testing.T) {
	all := queries.All()
	if len(all) < 13 {
		t.Errorf("%d questions", len(all))
	}
	for _, q := range all {
		if len(q.Title) > 80 || !strings.HasSuffix(q.Title, "?") {
			t.Errorf("%s: the title is no question, or longer than a line: %q", q.Name, q.Title)
		}
		if q.Help == "" || len(q.Needs) == 0 {
			t.Errorf("%s: no help, or nothing that it needs", q.Name)
		}
		for _, p := range q.Parameters {
			if want, ok := bounds[p.Name]; ok && (p.Type != queries.Timestamp || p.Default != want) {
				t.Errorf("%s: $%s is a timestamp = '%s'", q.Name, p.Name, want)
			}
		}
		for line := range strings.SplitSeq(q.Help, "\n") {
			if len(line) > 90 {
				t.Errorf("%s: a line of the help is longer than most terminals: %q", q.Name, line)
			}
		}
		statements := dialect.Split(q.SQL)
		if len(statements) != 1 || dialect.Classify(q.SQL).Kind != dialect.Query {
			t.Errorf("%s: want one statement that yields rows", q.Name)
		}
		var declared []string
		for _, p := range q.Parameters {
			declared = append(declared, p.Name)
			if p.Help == "" {
				t.Errorf("%s: $%s: no help", q.Name, p.Name)
			}
		}
		used := dialect.Parameters(q.SQL)
		slices.Sort(declared)
		slices.Sort(used)
		if !slices.Equal(declared, used) {
			t.Errorf("%s: it declares %v and uses %v", q.Name, declared, used)
		}
		names := dialect.Names(q.SQL)
		for _, table := range []string{"s3logs", "cloudtrail", "aggregated"} {
			if names[table] != slices.Contains(q.Needs, table) {
				t.Errorf("%s: it reads %s: %v, and needs %v", q.Name, table, names[table], q.Needs)
			}
		}
		for function, data := range ownFunctions {
			if names[function] && data != "" && !slices.Contains(q.Needs, data) {
				t.Errorf("%s: %s() needs %s", q.Name, function, data)
			}
		}
	}
}

const whole = `-- Who was
-- there?
--
-- It finds them.
--   an example: of what
--
-- Note that it may not.
--
-- False positives: those who
--   were not.
-- Parameters:
--   $bucket  text = 'it''s %'      whose name
--      is like this
--   $since   timestamp = '2025-07-17T02:13:07Z'
--   $days    integer = -7  so many
--   $key     text  one that must be given
-- Scope: window 36h
-- Severity: high
-- ATT&CK: T1530, T1078.004
--
-- Needs: s3logs, geoip
-- References: https://example.com/a,
--   https://example.com/b
-- and not part of the comment
SELECT 1; -- one
`

func TestParse(t *testing.T) {
	got, err := queries.Parse("s3/there.sql", strings.Replace(whole, "-- and not part of the comment\n", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	want := queries.Query{
		Name: "s3/there", Title: "Who was there?", Help: "It finds them.\n  an example: of what\n\nNote that it may not.",
		FalsePositives: "those who were not.", Scope: "window 36h", Severity: "high", Techniques: []string{"T1530", "T1078.004"},
		Needs: []string{"s3logs", "geoip"}, References: []string{"https://example.com/a", "https://example.com/b"}, SQL: "SELECT 1; -- one",
		Parameters: []queries.Parameter{
			{Name: "bucket", Type: queries.Text, Default: "it's %", Help: "whose name is like this"},
			{Name: "since", Type: queries.Timestamp, Default: "2025-07-17T02:13:07Z"},
			{Name: "days", Type: queries.Integer, Default: "-7", Help: "so many"},
			{Name: "key", Type: queries.Text, Required: true, Help: "one that must be given"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n%+v, want\n%+v", got, want)
	}
}

func TestParseWrong(t *testing.T) {
	const title = "-- Who?\n--\n"
	for text, want := range map[string]string{
		whole:                                 "s3/x.sql:24: ", // the line that is not indented
		"":                                    "s3/x.sql:1: no title",
		"SELECT 1":                            "s3/x.sql:1: no title",
		"-- Who?\n--":                         "s3/x.sql:2: no statement",
		title + "-- Severety: high\nSELECT 1": "s3/x.sql:3: no heading is called \"Severety\"",
		title + "-- Severity: high\n-- Need: s3logs\nSELECT 1":                      "s3/x.sql:4: no heading is called \"Need\"",
		title + "-- Severity: urgent\nSELECT 1":                                     "s3/x.sql:3: severity \"urgent\"",
		title + "-- Severity: high\n--   low\nSELECT 1":                             "s3/x.sql:4: severity \"low\"",
		title + "-- Needs: s3logs\n-- Severity: high\nSELECT 1":                     "s3/x.sql:4: Severity cannot come after Needs",
		title + "-- Needs: s3logs\n-- Needs: geoip\nSELECT 1":                       "s3/x.sql:4: Needs cannot come after Needs",
		title + "-- Scope: always\nSELECT 1":                                        "s3/x.sql:3: scope \"always\"",
		title + "-- Scope: window 0d\nSELECT 1":                                     "s3/x.sql:3: scope \"window 0d\"",
		title + "-- Scope: window 7 days\nSELECT 1":                                 "s3/x.sql:3: scope \"window 7 days\"",
		title + "-- Scope: event\n--   event\nSELECT 1":                             "s3/x.sql:4: scope \"event\"",
		title + "-- Scope: event\nSELECT 1":                                         "s3/x.sql:3: a detection has a Severity",
		title + "-- Scope: event\n-- Severity: low\nSELECT 1":                       "s3/x.sql:4: a detection has a technique",
		title + "-- Needs: s3log\nSELECT 1":                                         "s3/x.sql:3: Needs: \"s3log\" is none",
		title + "-- ATT&CK: T15\nSELECT 1":                                          "s3/x.sql:3: ATT&CK: \"T15\" is none",
		title + "-- References: http://example.com\nSELECT 1":                       "s3/x.sql:3: References: ",
		title + "-- Parameters:\n--   words\nSELECT 1":                              "s3/x.sql:4: \"words\" is no parameter",
		title + "-- Parameters:\n--   $a\nSELECT 1":                                 "s3/x.sql:4: \"$a\" is no parameter",
		title + "-- Parameters:\n--   $a date\nSELECT 1":                            "s3/x.sql:4: $a: there is no type date",
		title + "-- Parameters:\n--   $a text = b\nSELECT 1":                        "s3/x.sql:4: $a: quotes",
		title + "-- Parameters:\n--   $a integer = '1'\nSELECT 1":                   "s3/x.sql:4: $a: quotes",
		title + "-- Parameters:\n--   $a text = 'open\nSELECT 1":                    "s3/x.sql:4: \"$a text = 'open\" is no parameter",
		title + "-- Parameters:\n--   $a integer = many\nSELECT 1":                  "s3/x.sql:4: $a: \"many\" is not an integer",
		title + "-- Parameters:\n--   $a timestamp = 'now'\nSELECT 1":               "s3/x.sql:4: $a: \"now\" is not a timestamp",
		title + "-- Parameters:\n--   $a text = ''\n--   $a text = ''\nSELECT 1":    "s3/x.sql:5: $a is there twice",
		title + "-- Parameters:\n--   $a timestamp = '2025-07-17T02:13:07+02:00'\n": "s3/x.sql:4: $a: ", // DuckDB would drop the offset
	} {
		_, err := queries.Parse("s3/x.sql", text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s\n%s", err, want, text)
		}
	}
}

func TestScope(t *testing.T) {
	const rest = "-- Severity: low\n-- ATT&CK: T1530\nSELECT 1"
	for line, want := range map[string]time.Duration{
		"-- Scope: event\n": 0, "-- Scope: window 36h\n": 36 * time.Hour, "-- Scope: window 30d\n": 720 * time.Hour,
	} {
		q, err := queries.Parse("mine/x.sql", "-- Who?\n--\n"+line+rest)
		if err != nil || !q.Detects() || q.Window() != want {
			t.Errorf("%s: %v, %v, want %v, %v", line, q.Detects(), q.Window(), want, err)
		}
	}
	if _, err := queries.Parse("detect/x.sql", "-- Who?\n--\n"+rest); err == nil || !strings.Contains(err.Error(), "detect/x.sql:4: a detection has a Scope") {
		t.Errorf("a detection without a scope: %v", err)
	}
	if q, err := queries.Parse("mine/x.sql", "-- Who?\n--\n"+rest); err != nil || q.Detects() {
		t.Errorf("%v, %v", q, err)
	}
}

func TestRead(t *testing.T) {
	all, err := queries.Read(fstest.MapFS{
		"b.sql": {Data: []byte("-- B?\nSELECT 2")}, "a/a.sql": {Data: []byte("-- A?\nSELECT 1")}, "a/a.json": {Data: []byte("{}")}, "README": {Data: []byte("x")},
	})
	if err != nil || len(all) != 2 || all[0].Name != "a/a" || all[1].Name != "b" {
		t.Errorf("%v, %v", all, err)
	}
	for want, file := range map[string]*fstest.MapFile{
		"a/x.sql:1: no title": {Data: []byte("SELECT 1")}, "a/x.sql: not a file of at most": {Data: make([]byte, 2<<20)}, "a/x.sql: not a file": {Mode: fs.ModeNamedPipe},
	} {
		if all, err := queries.Read(fstest.MapFS{"a/x.sql": file}); err == nil || !strings.HasPrefix(err.Error(), want) || all != nil {
			t.Errorf("%v, %v, want %s", all, err, want)
		}
	}
}

func TestMatch(t *testing.T) {
	all := []queries.Query{{Name: "detect/new-key", Scope: "event"}, {Name: "detect/root", Scope: "event"}, {Name: "mine", Scope: "window 1d"}, {Name: "s3/new-key"}}
	for pattern, want := range map[string]string{
		"detect/*": "detect/new-key detect/root", "*": "detect/new-key detect/root mine", "new-*": "detect/new-key", "Detect/ROOT.sql": "detect/root", "s3/*": "", "root": "detect/root",
	} {
		var names []string
		found, err := queries.Match(all, pattern)
		for _, q := range found {
			names = append(names, q.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%q matches %q, want %q, %v", pattern, got, want, err)
		}
	}
	if _, err := queries.Match(all, "detect/["); err == nil {
		t.Error("nothing is wrong with detect/[")
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		kind     queries.Type
		yes, nos []string
	}{
		{queries.Text, []string{"", "'; --", "\x00"}, nil},
		{queries.Timestamp, []string{"2025-07-17", "2025-07-17 02:13", "2025-07-17 02:13:07.5", "2025-07-17T02:13:07Z"}, []string{"", "17.7.2025", "2025-02-30", "2025-07-17T02:13:07+02:00", "today"}},
		{queries.Integer, []string{"0", "-7", "9223372036854775807"}, []string{"", "1.5", "9223372036854775808", "seven"}},
		{queries.Number, []string{"0.5", "-7", "1e9"}, []string{"", "NaN", "inf", "half"}},
		{queries.Boolean, []string{"true", "false"}, []string{"", "yes", "1"}},
	} {
		for _, text := range test.yes {
			if err := test.kind.Check(text); err != nil {
				t.Errorf("%s: %v", test.kind, err)
			}
		}
		for _, text := range test.nos {
			if test.kind.Check(text) == nil {
				t.Errorf("%s: nothing is wrong with %q", test.kind, text)
			}
		}
	}
}

func TestFind(t *testing.T) {
	all := []queries.Query{
		{Name: "iam/new-key", Title: "Who made a key?", Help: "Keys of users."},
		{Name: "s3/denied", Title: "Who was refused?", Techniques: []string{"T1530"}},
		{Name: "s3/new-key", Title: "Which objects are new?", Needs: []string{"s3logs"}},
	}
	for name, want := range map[string]string{
		"s3/denied": "s3/denied", "denied": "s3/denied", "S3/Denied.sql": "s3/denied", "s3/new-key": "s3/new-key",
		"new-key": "", "s3": "", "": "", "enied": "",
	} {
		if q, _ := queries.Find(all, name); q.Name != want {
			t.Errorf("%q finds %q, want %q", name, q.Name, want)
		}
	}
	for words, want := range map[string]string{
		"": "iam/new-key s3/denied s3/new-key", "KEY": "iam/new-key s3/new-key", "key users": "iam/new-key", "t1530": "s3/denied", "s3logs": "s3/new-key", "no such": "",
	} {
		var names []string
		for _, q := range queries.Search(all, strings.Fields(words)) {
			names = append(names, q.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q finds %s, want %s", words, got, want)
		}
	}
	for name, want := range map[string]string{
		"deneid": "s3/denied", "s3/denid": "s3/denied", "newkey": "s3/new-key iam/new-key", "s3/new-kye": "s3/new-key iam/new-key",
		"something else": "", strings.Repeat("x", 1<<20): "",
	} {
		if got := strings.Join(queries.Near(all, name), " "); got != want {
			t.Errorf("near %.20q are %q, want %q", name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Fuzz(func(t *testing.T, text string) {
		if q, err := queries.Parse("x.sql", text); err == nil && (q.Title == "" || q.SQL == "") {
			t.Errorf("%+v", q)
		}
	})
}
