package shell

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/geoip"
)

func TestWho(t *testing.T) {
	st := story(t)
	s := storySession(t, map[string]string{"twins.json": twins})
	sh := newShell(s)
	sh.Now = func() time.Time { return st.Last }
	count := func(where string) string {
		return grouped(one(t, s, "SELECT count(*) FROM cloudtrail WHERE "+where))
	}
	for args, want := range map[string][]string{
		st.User: {st.User + ", taken for a name\n", "\n  " + st.Address, "aws-cli/1.22.34", "s3 GetObject", "█", "AccessDenied ", "us-east-1 ", st.UserARN,
			st.AccessKeyID + ": " + count("userIdentity.userName = '"+st.User+"'") + " events"},
		st.Address:                 {", taken for an address\n", st.UserARN, st.NewUser, st.RoleAccessKeyID + " s1", "  " + st.First.Format("2006-01-02 15:04:05") + " to "},
		st.AccessKeyID:             {"taken for an access key\n", "support-tmp", "nobody removed it", "aws iam update-access-key "},
		"s1":                       {"taken for a name\n", st.RoleAccessKeyID},
		"'" + st.UserARN + "'":     {"taken for an ARN\n"},
		`"eve` + "\x1b[2J" + `"`:   {`eve\x1b[2J, taken for`, ": 1 event;"},
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
			if n := utf8.RuneCountInString(line); n > 101 && !strings.HasPrefix(line, "  aws ") && !strings.Contains(line, ": ") {
				t.Errorf(".who %s: a line of %d columns: %s", args, n, line)
			}
		}
	}
	for _, args := range []string{"", "a b", "'", "deploy-wob"} {
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
	if err != nil || !strings.Contains(out, "where they are is not known: no such database") || !strings.Contains(out, "s3 GetObject") {
		t.Errorf("%v\n%s", err, out)
	}
}
