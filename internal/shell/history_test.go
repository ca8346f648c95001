package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHistoryFull: a disk that is full is told of once, and what was typed stays for
// this shell.
func TestHistoryFull(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skipf("no file that is always full: %v", err)
	}
	h := &history{path: full}
	if note := h.add("select 1"); !strings.Contains(note, "the history is not kept") {
		t.Errorf("told %q", note)
	}
	if note := h.add("select 2"); note != "" {
		t.Errorf("told again: %q", note)
	}
	if len(h.entries) != 2 {
		t.Errorf("kept %q", h.entries)
	}
}

// TestHistoryTorn: a line that was cut is left out, and the others stay; the file is
// made short again when it is long.
func TestHistoryTorn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	text := "\"one\"\n\"tw\n\"three\\nlines\"\n\"\\u001b[2Jfour\"\n" + strings.Repeat("\"one\"\n", 2*historyLimit)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h, notes := openHistory(path)
	if len(notes) > 0 {
		t.Error(notes)
	}
	if got := strings.Join(h.entries, "|"); got != "three\nlines|[2Jfour|one" {
		t.Errorf("%q", got)
	}
	short, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(short) != "\"three\\nlines\"\n\"[2Jfour\"\n\"one\"\n" {
		t.Errorf("the file is %q", short)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
}
