package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/synth"
)

// A program is ctsql in a process of its own, as a person starts it.
type program struct {
	*exec.Cmd
	out, err bytes.Buffer
}

// start starts it with a cache; env is added to the environment.
func start(t testing.TB, cache string, env []string, args ...string) *program {
	t.Helper()
	p := prepare(t, cache, env, args...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func prepare(t testing.TB, cache string, env []string, args ...string) *program {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{Cmd: exec.Command(exe)}
	p.Args = append([]string{"ctsql"}, args...) // see TestMain
	p.Env = append(append(os.Environ(), "CTSQL_CACHE="+cache), env...)
	p.Stdout, p.Stderr = &p.out, &p.err
	t.Cleanup(func() {
		if p.Process != nil && p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	return p
}

// code waits for its end and returns what it exited with; -1 for a signal.
func (p *program) code(t testing.TB) int {
	t.Helper()
	hung := time.AfterFunc(2*time.Minute, func() { _ = p.Process.Kill() })
	defer hung.Stop()
	var exit *exec.ExitError
	if err := p.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// ctsql runs it to its end, which must be 0.
func ctsql(t testing.TB, cache string, args ...string) (stdout, stderr string) {
	t.Helper()
	p := start(t, cache, nil, args...)
	if code := p.code(t); code != 0 {
		t.Fatalf("ctsql %.200q: exit status %d\n%s", args, code, &p.err)
	}
	return p.out.String(), p.err.String()
}

// one asks for a row of the cache: its values as CSV.
func one(t testing.TB, cache, sql string) string {
	t.Helper()
	out, _ := ctsql(t, cache, "query", "--format", "csv", sql)
	_, row, _ := strings.Cut(out, "\n")
	return strings.TrimSuffix(row, "\n")
}

// trail writes one, and returns its folder.
func trail(t testing.TB, c synth.Config) (string, synth.Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "trail")
	sum, err := synth.WriteDir(context.Background(), c, dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, sum
}
