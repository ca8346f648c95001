package outbox

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func alert(id string) Message {
	return Message{ID: id, Subject: "[ctsql HIGH] " + id, Text: "what happened\n", JSON: []byte("{\"id\":\n \"" + id + "\"}")}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "alerts.ndjson")
	s := ToFile(name, JSON)
	for _, id := range []string{"a1", "a2"} {
		if err := s.Send(t.Context(), alert(id)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := read(t, name), "{\"id\":\"a1\"}\n{\"id\":\"a2\"}\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	// Somebody rotates it.
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), alert("a3")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != "{\"id\":\"a3\"}\n" {
		t.Errorf("after it was moved away: %q", got)
	}
}

// A line that was cut by a kill does not spoil the next.
func TestFileCutLine(t *testing.T) {
	name := filepath.Join(t.TempDir(), "alerts.ndjson")
	if err := os.WriteFile(name, []byte("{\"id\":\"a1\"}\n{\"id\":"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ToFile(name, JSON).Send(t.Context(), alert("a2")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); !strings.HasSuffix(got, "\n{\"id\":\"a2\"}\n") {
		t.Errorf("wrote %q", got)
	}
}

func TestFileThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	err := ToFile(filepath.Join(dir, "none", "alerts"), Text).Send(t.Context(), alert("a1"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if err := ToFile("/dev/full", Text).Send(t.Context(), alert("a1")); err == nil || !strings.Contains(err.Error(), "no space") {
			t.Errorf("a full disk: %v", err)
		}
	}
}

func TestWriter(t *testing.T) {
	var out strings.Builder
	if err := ToWriter(&out, Text).Send(t.Context(), alert("a1")); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "[ctsql HIGH] a1\n\nwhat happened\n\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	r, w := io.Pipe()
	r.Close()
	if err := ToWriter(w, Text).Send(t.Context(), alert("a1")); err == nil {
		t.Error("nobody reads, and that is no error")
	}
	var refused RefusedError
	bad := Message{ID: "a1", JSON: []byte("{")}
	if err := ToWriter(&out, JSON).Send(t.Context(), bad); !errors.As(err, &refused) {
		t.Errorf("what is no JSON: %v", err)
	}
}

// A disk that fills up in mid-line leaves whole lines, and what did not fit is written
// when there is room.
func TestFileDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a small file system")
	}
	small := t.TempDir()
	mount := func(options string) error {
		return exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", options, "tmpfs", small).Run()
	}
	if err := mount("size=12k"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", small).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	name := filepath.Join(small, "alerts.ndjson")
	s := ToFile(name, JSON)
	long := alert("long")
	long.JSON = []byte(`{"id":"` + strings.Repeat("x", 3000) + `"}`)
	lines := 0
	var err error
	for err == nil && lines < 100 {
		if err = s.Send(t.Context(), long); err == nil {
			lines++
		}
	}
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("after %d lines: %v", lines, err)
	}
	whole := strings.Repeat(string(long.JSON)+"\n", lines)
	if got := read(t, name); got != whole {
		t.Errorf("%d bytes on a full disk, want %d lines of %d bytes", len(got), lines, len(long.JSON)+1)
	}
	if err := mount("remount,size=1m"); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), long); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != whole+string(long.JSON)+"\n" {
		t.Errorf("%d bytes when there is room", len(got))
	}
}
