package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNote(t *testing.T) {
	sh := newShell(nil)
	if _, err := said(t, sh, runNote, "x"); err == nil {
		t.Error("noted nowhere")
	}
	sh.NotesFile = filepath.Join(t.TempDir(), "new", "notes.md")
	at := time.Date(2025, 7, 17, 2, 13, 7, 0, time.UTC)
	sh.Now = func() time.Time { at = at.Add(time.Minute); return at }
	if _, err := said(t, sh, runNotes, ""); err == nil || !strings.Contains(err.Error(), "no notes yet") {
		t.Errorf("without notes: %v", err)
	}
	note := func(text, statement string) {
		t.Helper()
		sh.last = statement
		if _, err := said(t, sh, runNote, text); err != nil {
			t.Fatal(err)
		}
	}
	note("the key was used here", "select 1\nfrom x -- ````\x1b[2J")
	note("```", "")
	sh.settings.window = "2025-07-17"
	note("# no heading \x1b[31m", "select '```'")
	if _, err := said(t, sh, runNote, "  "); err == nil {
		t.Error("noted nothing")
	}
	info, err := os.Stat(sh.NotesFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	out, err := said(t, sh, runNotes, "")
	const want = `## 2025-07-17 02:14:07 UTC

the key was used here

` + "`````sql" + `
select 1
from x -- ` + "````" + `\x1b[2J
` + "`````" + `

## 2025-07-17 02:15:07 UTC

` + "\\```" + `

## 2025-07-17 02:16:07 UTC

\# no heading \x1b[31m

Window: 2025-07-17

` + "````sql\nselect '```'\n````\n"
	if err != nil || out != want {
		t.Errorf("%v:\n%s\nwant:\n%s", err, out, want)
	}
	// What somebody else wrote does not drive the terminal either.
	if err := os.WriteFile(sh.NotesFile, []byte("a\x1b[2J\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := said(t, sh, runNotes, ""); err != nil || out != "a\\x1b[2J\n" {
		t.Errorf("%v: %q", err, out)
	}
}
