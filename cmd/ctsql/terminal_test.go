package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
)

// onTerminal runs the program on a terminal that is so wide, and returns all
// that is shown there.
func onTerminal(t *testing.T, cache string, columns uint16, args ...string) string {
	t.Helper()
	p := prepare(t, cache, []string{"TERM=xterm"}, args...)
	p.Stdout, p.Stderr = nil, nil
	screen, err := pty.StartWithSize(p.Cmd, &pty.Winsize{Rows: 25, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	var shown bytes.Buffer
	if _, err := io.Copy(&shown, screen); err != nil && !errors.Is(err, syscall.EIO) { // how Linux says that it ended
		t.Fatal(err)
	}
	if code := p.code(t); code != 0 {
		t.Fatalf("exit status %d\n%q", code, &shown)
	}
	return shown.String()
}

// TestTerminal: on a terminal a result is a table, no wider than that; what a log
// holds cannot drive it, and a load shows how far it is.
func TestTerminal(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	dir, _ := sketch(t, 40, 1000)
	hostile := `{"Records":[{"eventID":"x","userAgent":"\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n` + strings.Repeat("long ", 100) + `"}]}`
	if err := os.WriteFile(filepath.Join(dir, "hostile"), []byte(hostile), 0o644); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	shown := onTerminal(t, cache, 80, "load", dir)
	if took := time.Since(began); took > time.Second/2 && !strings.Contains(shown, "objects, ") {
		t.Errorf("no progress in %v: %q", took, shown)
	}
	if !strings.Contains(shown, "41 objects, ") {
		t.Errorf("no summary: %q", shown)
	}

	color := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, columns := range []uint16{40, 80, 200} {
		shown := onTerminal(t, cache, columns, "query", "select userAgent, eventID, sourceObject, userIdentity from cloudtrail where eventID = 'x'")
		shown = color.ReplaceAllString(shown, "") // our own
		if !strings.Contains(shown, "┌") || !strings.Contains(shown, "(1 row") {
			t.Errorf("%d columns: no table\n%s", columns, shown)
		}
		if !strings.Contains(shown, `\x1b]0;owned\x07`) && columns > 80 || strings.ContainsAny(shown, "\x1b\x07\u009b") {
			t.Errorf("%d columns: %q", columns, shown)
		}
		for line := range strings.Lines(shown) {
			if line = strings.TrimRight(line, "\r\n"); utf8.RuneCountInString(line) > int(columns) && strings.ContainsAny(line, "│─") {
				t.Errorf("%d columns: a line of %d: %s", columns, utf8.RuneCountInString(line), line)
			}
		}
	}
}
