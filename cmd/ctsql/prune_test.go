package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// sketchAt is when the first event of a file is, of those that sketch writes.
func sketchAt(file, perFile int) string {
	return time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(file*perFile) * time.Second / 10).Format(time.RFC3339)
}

// begin starts a program's command on a cache, as it is shipped.
func begin(t *testing.T, exe, cache string, args ...string) *program {
	t.Helper()
	p := prepare(t, cache, nil, args...)
	p.Path = exe
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPruneAmongOthers prunes twice at once while a load runs, with readers all the
// while: none fails, no reader sees more or less than the ledger has, and in the
// end there is what a load of the time that is kept brings.
func TestPruneAmongOthers(t *testing.T) {
	exe := plain(t)
	t.Parallel()
	const perFile = 1500
	dir, _ := sketch(t, 60, perFile)
	var first, second []string
	for f := range 60 {
		name := filepath.Join(dir, fmt.Sprintf("%04d.json", f))
		if f < 40 {
			first = append(first, name)
		} else {
			second = append(second, name)
		}
	}
	since := sketchAt(25, perFile)
	wanted := filepath.Join(t.TempDir(), "wanted.duckdb")
	ctsql(t, wanted, "load", "--quiet", "--since", since, dir)
	want := look(t, exe, wanted).rows

	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	ctsql(t, cache, append([]string{"load", "--quiet"}, first...)...)
	var readers sync.WaitGroup
	var done atomic.Bool
	for range 2 {
		readers.Go(func() {
			asked := 0
			for ; !done.Load(); asked++ {
				consistent(t, exe, cache)
			}
			t.Logf("a reader asked %d times", asked)
		})
	}
	programs := []*program{
		begin(t, exe, cache, append([]string{"load", "--quiet"}, second...)...),
		begin(t, exe, cache, "prune", "--quiet", "--before", since),
		begin(t, exe, cache, "prune", "--quiet", "--before", sketchAt(10, perFile)),
	}
	for _, p := range programs {
		if code := p.code(t); code != 0 || p.err.Len() > 0 {
			t.Errorf("%q: exit status %d\n%s", p.Args[:2], code, &p.err)
		}
	}
	done.Store(true)
	readers.Wait()
	if n := consistent(t, exe, cache); n != want {
		t.Errorf("%d events, not %d", n, want)
	}
	left(t, cache)
}

// TestPruneKilled kills `ctsql prune` at eight moments, the first after a load that
// was killed too. Whenever it is, the cache is as before or as after.
func TestPruneKilled(t *testing.T) {
	exe := plain(t)
	t.Parallel()
	dir, events := sketch(t, 60, 2000)
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	torn(t, exe, cache, dir)
	before := look(t, exe, cache).rows
	half := sketchAt(20, 2000)
	prune := func() *program { return begin(t, exe, cache, "prune", "--before", half) }
	if code := prune().code(t); code != 0 || exists(cache+".wal") {
		t.Fatalf("after a load that was killed: exit status %d", code)
	}
	if n := consistent(t, exe, cache); n >= before {
		t.Errorf("%d events of %d", n, before)
	}

	cache = filepath.Join(t.TempDir(), "cache.duckdb")
	ctsql(t, cache, "load", "--quiet", dir)
	whole, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if code := prune().code(t); code != 0 {
		t.Fatalf("exit status %d", code)
	}
	took, pruned := time.Since(began), consistent(t, exe, cache)

	rng := rand.New(rand.NewPCG(5, 5))
	was := map[string]int{}
	for was["killed"] < 8 {
		if err := os.WriteFile(cache, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		p := prune()
		time.Sleep(time.Duration(rng.Int64N(int64(took))))
		_ = p.Process.Signal(syscall.SIGKILL) // it may have ended
		if p.code(t) != 0 {
			was["killed"]++
		}
		if exists(cache + ".prune.new") {
			was["half a file"]++
		}
		if n := consistent(t, exe, cache); n != events && n != pruned {
			t.Errorf("%d events, neither %d nor %d", n, events, pruned)
		}
	}
	if code := prune().code(t); code != 0 {
		t.Errorf("after the last kill: exit status %d", code)
	}
	if n := consistent(t, exe, cache); n != pruned {
		t.Errorf("%d events, not %d", n, pruned)
	}
	left(t, cache)
	t.Logf("a prune takes %v; %v", took, was)
}

// torn leaves a cache behind as a load does that was killed: with a log.
func torn(t *testing.T, exe, cache, dir string) {
	t.Helper()
	for range 20 {
		p := begin(t, exe, cache, "load", "--quiet", dir)
		// Readers would have it put the log into the file: so nobody looks.
		for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(time.Millisecond) {
			if info, err := os.Stat(cache + ".wal"); err == nil && info.Size() > 50_000 {
				break
			}
		}
		_ = p.Process.Signal(syscall.SIGKILL) // it may have ended
		_ = p.code(t)
		if exists(cache + ".wal") {
			return
		}
		if err := os.Remove(cache); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no load left a log")
}

// TestPruneDiskFull: there is no room for the new file, and the old one stays.
func TestPruneDiskFull(t *testing.T) {
	exe := plain(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a small file system")
	}
	small := t.TempDir()
	mount := func(size int) error {
		options := "size=" + strconv.Itoa(size)
		if exists(filepath.Join(small, "cache.duckdb")) {
			options = "remount," + options
		}
		return exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", small).Run()
	}
	if err := mount(500 << 20); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", small).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	dir, _ := sketch(t, 60, 2000)
	cache := filepath.Join(small, "cache.duckdb")
	ctsql(t, cache, "load", "--quiet", dir)
	was, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	if err := mount(len(was) + len(was)/8); err != nil {
		t.Fatal(err)
	}
	before := sketchAt(10, 2000)
	p := begin(t, exe, cache, "prune", "--before", before)
	if code := p.code(t); code != 1 || !strings.Contains(p.err.String(), cache+": no room on its disk for what stays: ") || !strings.Contains(p.err.String(), "\nhint: ") {
		t.Errorf("exit status %d\n%s", code, &p.err)
	}
	if is, err := os.ReadFile(cache); err != nil || string(is) != string(was) {
		t.Errorf("%v; or the file is not what it was", err)
	}
	left(t, cache)
	if err := mount(500 << 20); err != nil {
		t.Fatal(err)
	}
	ctsql(t, cache, "prune", "--quiet", "--before", before)
	if info, err := os.Stat(cache); err != nil || info.Size() >= int64(len(was)) {
		t.Errorf("%v; or %d bytes, after %d", err, info.Size(), len(was))
	}
	consistent(t, exe, cache)
}

// left looks for what a prune that ended leaves: nothing.
func left(t *testing.T, cache string) {
	t.Helper()
	names, err := filepath.Glob(cache + ".prune*")
	if err != nil || len(names) > 0 {
		t.Errorf("%v %v", names, err)
	}
}
