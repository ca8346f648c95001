package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
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
	p.Env = append(append(os.Environ(), "CTSQL_CACHE="+cache, "CTSQL_CONFIG=/dev/null"), env...)
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
	hung := time.AfterFunc(time.Minute, func() { _ = p.Process.Signal(syscall.SIGQUIT) }) // tells where it hangs
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

// plain is the program as it is shipped. Under the race detector it is built
// anew: what measures or repeats much would take minutes, and memory would not
// be the program's own.
func plain(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) {
	if !race {
		return os.Executable()
	}
	path := filepath.Join(filepath.Dir(os.Args[0]), "ctsql-plain")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// sketch writes n files of events that say little, so that a load of many rows
// is short. Every hundredth event is a copy of one in the file before. It
// returns the folder and how many distinct events there are.
func sketch(t testing.TB, n, perFile int) (dir string, events int) {
	t.Helper()
	dir = t.TempDir()
	for f := range n {
		name := filepath.Join(dir, fmt.Sprintf("%04d.json", f))
		if err := os.WriteFile(name, sketchFile(f, perFile), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, n*perFile - (n-1)*(perFile/100)
}

func sketchFile(f, perFile int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for i := range perFile {
		of, id := f, i
		if i%100 == 99 && f > 0 {
			of, id = f-1, i-1 // a copy; its own hundredth is one itself
		}
		if i > 0 {
			b.WriteByte(',')
		}
		at := time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(of*perFile+id) * time.Second / 10)
		if i == 50 { // as old records are: known by their place
			fmt.Fprintf(&b, `{"eventVersion":"1.00","eventTime":"%s","eventName":"GetObject"}`, at.Format(time.RFC3339))
			continue
		}
		fmt.Fprintf(&b, `{"eventID":"%d-%d","eventTime":"%s","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","recipientAccountId":"111122223333","userIdentity":{"type":"Root","accountId":"111122223333"},"requestParameters":{"key":"%d"}}`,
			of, id, at.Format(time.RFC3339), i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// counted is what a cache says of itself.
type counted struct{ rows, events, ledger, twice int }

// look asks a cache: how many rows its log tables have, of how many events and
// requests, how many its ledger knows of, and how many entries of that are for an
// object that has one already.
func look(t testing.TB, exe, cache string) (c counted) {
	t.Helper()
	p := prepare(t, cache, nil, "query", "--format", "csv", `with
		e as (select count(*) as n, count(distinct case when eventID is not null then (eventID, eventTime, eventSource, eventName) end) + count(*) filter (eventID is null) as one from cloudtrail),
		r as (select count(*) as n, count(distinct (requestid, operation, key, versionid, "time")) as one from s3logs)
		select e.n + r.n, e.one + r.one, (select coalesce(sum(events + requests), 0) from objects), (select count(*) - count(distinct sourceObject) from objects) from e, r`)
	p.Path = exe
	if err := p.Run(); err != nil {
		if strings.Contains(p.err.String(), "nothing is loaded yet") {
			return c
		}
		t.Fatalf("%v\n%s", err, &p.err)
	}
	_, row, _ := strings.Cut(p.out.String(), "\n")
	if _, err := fmt.Sscanf(row, "%d,%d,%d,%d", &c.rows, &c.events, &c.ledger, &c.twice); err != nil {
		t.Fatalf("%q: %v", row, err)
	}
	return c
}

// consistent holds the rows of a cache, each event once, against its ledger, and
// returns their number.
func consistent(t testing.TB, exe, cache string) int {
	t.Helper()
	c := look(t, exe, cache)
	if c.rows != c.events || c.rows != c.ledger || c.twice != 0 {
		t.Errorf("%+v", c)
	}
	return c.rows
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
