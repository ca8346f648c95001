package shell

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
)

func one(t *testing.T, s Session, statement string) string {
	t.Helper()
	rows, err := askAll(t.Context(), s, statement, nil)
	if err != nil || len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s: %v, %v", statement, rows, err)
	}
	return rows[0][0]
}

func dates(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("no time")
}

func TestWindow(t *testing.T) {
	st := story(t)
	s := storySession(t, nil)
	sh := newShell(s)
	sh.When = dates
	const count, thief = "SELECT count(*) FROM cloudtrail", " WHERE sourceIPAddress = '203.0.113.66'"
	all, stolen := one(t, s, count), one(t, s, count+thief)
	if out, err := said(t, sh, runWindow, ""); err != nil || !strings.HasPrefix(out, "no window") {
		t.Errorf("%v: %s", err, out)
	}
	day := st.First.Format(time.DateOnly)
	next := st.First.AddDate(0, 0, 1).Format(time.DateOnly)
	if _, err := said(t, sh, runWindow, day+" "+next); err != nil {
		t.Fatal(err)
	}
	out, err := said(t, sh, runWindow, "")
	if err != nil || out != "statements see "+day+" – "+next+"\n" || sh.settings.window != day+" – "+next {
		t.Errorf("%v: %s", err, out)
	}
	if got := one(t, s, count+thief); got != stolen {
		t.Errorf("%s of %s in the window", got, stolen)
	}
	if got := one(t, s, count+" WHERE eventTime < '"+day+"' OR eventTime >= '"+next+"'"); got != "0" {
		t.Errorf("%s outside of the window", got)
	}
	if got := one(t, s, count); got == all || got == "0" {
		t.Errorf("%s of %s in the window", got, all)
	}
	if _, err := said(t, sh, runWindow, "- - "+st.RoleAccount); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "SELECT string_agg(DISTINCT recipientAccountId) FROM cloudtrail"); got != st.RoleAccount {
		t.Errorf("accounts %s", got)
	}
	if out, err := said(t, sh, runWindow, "off"); err != nil || one(t, s, count) != all || sh.settings.window != "" {
		t.Errorf("%v: %s", err, out)
	}
	for _, args := range []string{"soon", next + " " + day, day + " " + day, "- -", "-", day + " " + next + " 1';drop", "'"} {
		if out, err := said(t, sh, runWindow, args); err == nil || sh.settings.window != "" {
			t.Errorf(".window %s: %s", args, out)
		}
	}
	if one(t, s, count) != all {
		t.Error("a window that was refused is open")
	}
}

// A window can be set before there is a cache.
func TestWindowWithoutCache(t *testing.T) {
	s := openSession(t, cache.SessionOptions{Path: filepath.Join(t.TempDir(), "c.duckdb")})
	sh := newShell(s)
	sh.When = dates
	if _, err := said(t, sh, runWindow, "2025-07-01"); err != nil {
		t.Fatal(err)
	}
	if out, err := said(t, sh, runWindow, ""); err != nil || out != "statements see from 2025-07-01\n" {
		t.Errorf("%v: %s", err, out)
	}
}
