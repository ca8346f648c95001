package shell

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/geoip"
)

func TestTakenFor(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.66": "an address", "2001:DB8::1": "an address", "AKIAIOSFODNN7EXAMPLE": "an access key", "ASIAIOSFODNN7EXAMPLE": "an access key",
		"AROAEXAMPLEOPSREAD000:s1": "an ID of AWS's", "111122223333": "an account, whose identities acted",
		"arn:aws:iam::111122223333:user/a": "an ARN", "alice": "a name", "1111": "a name", "203.0.113.0/24": "a name", "' OR 1=1": "a name",
	} {
		if got := takenFor(text).what; got != want {
			t.Errorf("%s is taken for %s, want %s", text, got, want)
		}
	}
}

func TestWho(t *testing.T) {
	st := story(t)
	s := storySession(t, map[string]string{"twins.json": twins})
	sh := newShell(s)
	count := func(where string) string {
		return grouped(one(t, s, "SELECT count(*) FROM cloudtrail WHERE "+where))
	}
	for args, want := range map[string][]string{
		st.User: {st.User + ", taken for a name\n", "events   " + count("userIdentity.userName = '"+st.User+"'") + ", failed ",
			"\nAccess keys\n  " + st.AccessKeyID, "\n  " + st.Address, "aws-cli/1.22.34", "GetObject s3", "█", "AccessDenied ", "us-east-1 ", st.UserARN},
		st.Address:                 {", taken for an address\n", "\nActors\n", st.UserARN, st.NewUser, st.RoleAccessKeyID + " s1", "  seen     " + st.First.Format("2006-01-02 15:04:05")},
		st.AccessKeyID:             {"taken for an access key\n", "events   " + count("userIdentity.accessKeyId = '"+st.AccessKeyID+"'") + ","},
		"s1":                       {"taken for a name\n", st.RoleAccessKeyID},
		"'" + st.UserARN + "'":     {"taken for an ARN\n", "events   " + count("userIdentity.arn = '"+st.UserARN+"'") + ","},
		st.RoleAccount:             {"taken for an account", "events   " + count("userIdentity.accountId = '"+st.RoleAccount+"'") + ","},
		`"eve` + "\x1b[2J" + `"`:   {`eve\x1b[2J, taken for`, "events   1,"},
		"ops-readonly":             {"taken for a name\n", ":role/ops-readonly"},
		"config.amazonaws.com":     {"taken for a name\n"},
		"  " + st.Address + "    ": {", taken for an address\n"},
	} {
		out, err := said(t, sh, runWho, args)
		if err != nil {
			t.Errorf(".who %s: %v", args, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf(".who %s: %q is not in:\n%s", args, w, out)
			}
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf(".who %s drives the terminal: %q", args, out)
		}
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(line); n > pageWidth+1 {
				t.Errorf(".who %s: a line of %d columns: %s", args, n, line)
			}
		}
	}
}

// An actor as actor() tells it, with the name of its session, is found.
func TestWhoActor(t *testing.T) {
	s := storySession(t, nil)
	sh := newShell(s)
	rows, err := askAll(t.Context(), s, "SELECT actor(userIdentity) AS a, count(*) FROM cloudtrail WHERE a IS NOT NULL GROUP BY a ORDER BY md5(a) LIMIT 25", nil)
	if err != nil || len(rows) < 25 {
		t.Fatal(rows, err)
	}
	for _, r := range rows {
		about, err := profile(t.Context(), s, takenFor(r[0]))
		if err != nil || about.events == "0" || about.sections[actors][0].others == "0" {
			t.Errorf("%s: %v, %+v", r[0], err, about)
		}
	}
	if _, err := said(t, sh, runWho, "deploy-wob"); err == nil || !strings.Contains(err.Error(), "\nhint: there are deploy-web") {
		t.Errorf("who is like it: %v", err)
	}
	for _, args := range []string{"", "a b", "'"} {
		if out, err := said(t, sh, runWho, args); err == nil {
			t.Errorf(".who %s: %s", args, out)
		}
	}
}

// Databases that fail do not keep the page from a person.
func TestWhoPlaces(t *testing.T) {
	st := story(t)
	path := storyCache(t, nil)
	bad := func(context.Context) (*geoip.DB, error) { return nil, errors.New("no such database") }
	sh := newShell(openSession(t, cache.SessionOptions{Path: path, Places: bad}))
	out, err := said(t, sh, runWho, st.User)
	if err != nil || !strings.Contains(out, "where they are is not known: no such database") || !strings.Contains(out, "GetObject s3") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Times that nobody can have acted at do not hurt.
func TestWhoOddTimes(t *testing.T) {
	const odd = `{"Records":[{"eventID":"o1","eventTime":"0000-12-31T00:00:00Z","eventSource":"s","eventName":"n","userIdentity":{"type":"IAMUser","userName":"odd"}},
	{"eventID":"o2","eventTime":"0001-01-01T00:00:00Z","eventSource":"s","eventName":"n","userIdentity":{"type":"IAMUser","userName":"odd"}},
	{"eventID":"o3","eventSource":"s","eventName":"n","userIdentity":{"type":"IAMUser","userName":"odd"}},
	{"eventID":"o4","eventTime":"9999-12-31T00:00:00Z","eventSource":"s","eventName":"n","userIdentity":{"type":"IAMUser","userName":"odd9"}},
	{"eventID":"o5","eventTime":"0002-01-01T00:00:00Z","eventSource":"s","eventName":"n","userIdentity":{"type":"IAMUser","userName":"odd9"}},
	{"eventID":"o6","userIdentity":{"type":"IAMUser","userName":"timeless"},"eventSource":"s","eventName":"n"}]}`
	sh := newShell(storySession(t, map[string]string{"odd.json": odd}))
	for name, events := range map[string]string{"odd": "3", "odd9": "2", "timeless": "1"} {
		out, err := said(t, sh, runWho, name)
		if err != nil || !strings.Contains(out, "  events   "+events+",") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
