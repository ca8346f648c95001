package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// The disk of the state fills up, and that of the cache: messages stay, it is told, and
// with room again all is judged.
func TestWatchDiskFull(t *testing.T) {
	exe := plain(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a small file system")
	}
	t.Parallel()
	for _, full := range []string{"state", "cache"} {
		t.Run(full, func(t *testing.T) { watchOnFullDisk(t, exe, full) })
	}
}

func watchOnFullDisk(t *testing.T, exe, full string) {
	w := newWatched(t, synth.Config{Events: 3000, Days: 4})
	small := t.TempDir()
	mount := func(options string) error {
		return exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", small).Run()
	}
	if err := mount("size=3m"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	var p *watcher
	t.Cleanup(func() {
		if p != nil && p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		if out, err := exec.Command("umount", small).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	name := filepath.Join(small, "file")
	if full == "state" {
		w.state = name
	} else {
		w.cache = name
	}
	p = w.watch(t)
	w.notify(w.keys...)
	await(t, "it is told that the disk is full", p, func() bool { return strings.Contains(p.told(), name+": no room is left on its disk") })
	if w.empty() {
		t.Error("all messages are gone")
	}
	if n := strings.Count(p.told(), "\n"); n > 100 {
		t.Errorf("it tells %d lines of it", n)
	}
	if err := mount("remount,size=500m"); err != nil {
		t.Fatal(err)
	}
	await(t, "all messages are done", p, func() bool {
		w.Advance(time.Minute)
		time.Sleep(time.Second)
		return w.empty()
	})
	end(t, p)
	if n, want := consistent(t, exe, w.cache), w.distinct(); n != want {
		t.Errorf("%d events in the cache, not %d", n, want)
	}
	w.hasAll(t)
}

// hasAll sees that the state has taken all objects.
func (w *watched) hasAll(t *testing.T) {
	t.Helper()
	out, _ := ctsql(t, w.cache, "state", "check", w.state)
	if want := " " + count(len(w.keys)) + " objects"; !strings.Contains(out, want) {
		t.Errorf("not%s: %s", want, out)
	}
}

// A state that is damaged, cut off, of another program or gone is refused, and left as it
// is, with what to do.
func TestWatchDamagedState(t *testing.T) {
	plain(t)
	t.Parallel()
	l := learn(t)
	body, err := os.ReadFile(l.state)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"header":  func(b []byte) []byte { return append(make([]byte, 12<<10), b[12<<10:]...) },
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"empty":   func([]byte) []byte { return nil },
		"foreign": func([]byte) []byte { return bytes.Repeat([]byte("no state\n"), 5000) },
		"blocks":  func(b []byte) []byte { return append(slices.Clone(b[:12<<10]), make([]byte, len(b)-12<<10)...) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			state := filepath.Join(dir, "state.db")
			bad := change(slices.Clone(body))
			if err := os.WriteFile(state, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			p := startShipped(t, filepath.Join(dir, "cache.duckdb"), nil, "--replay", t.TempDir(), "--state", state)
			if code := p.code(t); code != exitFailed || !strings.Contains(p.told(), state) || !strings.Contains(p.told(), "hint: ") || strings.Contains(p.told(), "panic") {
				t.Errorf("exit status %d\n%s", code, p.told())
			}
			if now, err := os.ReadFile(state); err != nil || !bytes.Equal(now, bad) {
				t.Errorf("it was changed: %v, %d bytes of %d", err, len(now), len(bad))
			}
		})
	}
}

// A cache that is damaged is made anew, and all is judged meanwhile.
func TestWatchDamagedCache(t *testing.T) {
	exe := plain(t)
	t.Parallel()
	w := newWatched(t, synth.Config{Events: 1000, Days: 3})
	if err := os.WriteFile(w.cache, bytes.Repeat([]byte("no cache\n"), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	p := w.watch(t)
	w.notify(w.keys...)
	await(t, "all messages are done", p, w.empty)
	end(t, p)
	if told := p.told(); !strings.Contains(told, "the cache is damaged") || !exists(w.cache+".damaged") {
		t.Error(told)
	}
	if n, want := consistent(t, exe, w.cache), w.distinct(); n != want {
		t.Errorf("%d events, not %d", n, want)
	}
}

// It is asked to end while a thousand messages are under way: it ends soon, what is not
// done is there again at once, and the next watch takes each event once.
func TestWatchEndsInTheMiddle(t *testing.T) {
	exe := plain(t)
	t.Parallel()
	w := newWatched(t, synth.Config{Events: 5200, EventsPerFile: 5, Days: 5})
	// From the 300th object on S3 takes longer than one waits.
	gets := 0
	w.On(func(r s3test.Request) bool {
		if r.Op == "GET" {
			gets++
		}
		return r.Op == "GET" && gets > 300
	}, -1, w.Stall(10, time.Minute))
	p := w.watch(t, "--concurrency", "16")
	for _, key := range w.keys {
		w.notify(key)
	}
	if len(w.keys) < 1000 {
		t.Fatalf("%d messages", len(w.keys))
	}
	await(t, "S3 stalls", p, func() bool { return w.Count("GET") > 320 })
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if code := p.code(t); code != 0 {
		t.Errorf("exit status %d\n%s", code, p.told())
	}
	took := time.Since(began)
	if took > slow*10*time.Second {
		t.Errorf("it took %v to end", took)
	}
	left := w.SQS.Messages(w.queue)
	for _, m := range left {
		if m.Hidden > 0 {
			t.Errorf("%s is hidden for %v", m.Body, m.Hidden)
			break
		}
	}
	done := len(w.keys) - len(left)
	w.Reset()
	p = w.watch(t)
	await(t, "all messages are done", p, w.empty)
	end(t, p)
	if n, want := consistent(t, exe, w.cache), w.distinct(); n != want || len(left) == 0 {
		t.Errorf("%d events in the cache, not %d; %d messages were left", n, want, len(left))
	}
	w.hasAll(t)
	t.Logf("%d of %d messages were done when it ended, which took %v", done, len(w.keys), took)
}
