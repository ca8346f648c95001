package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestTwoLoads runs two loads of overlapping folders at once, and three readers
// all the while: both loads end well with each event once, and no reader fails,
// sees part of a batch, or sees less than before.
func TestTwoLoads(t *testing.T) {
	exe := plain(t)
	const files, perFile = 70, 1500
	dirs := [2]string{t.TempDir(), t.TempDir()}
	for f := range files {
		for i, d := range dirs {
			if i == 0 && f < 45 || i == 1 && f >= 25 {
				if err := os.WriteFile(filepath.Join(d, fmt.Sprintf("%04d.json", f)), sketchFile(f, perFile), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	ctsql(t, cache, "load", filepath.Join(dirs[0], "0000.json"))

	var loads, readers sync.WaitGroup
	var done atomic.Bool
	for range 3 {
		readers.Go(func() {
			last, asked := 0, 0
			for !done.Load() {
				n := consistent(t, exe, cache)
				if n < last {
					t.Errorf("%d events, after %d", n, last)
				}
				last = n
				asked++
			}
			t.Logf("a reader asked %d times", asked)
		})
	}
	// The second also loads a part of the first's folder.
	for i, args := range [][]string{{dirs[0]}, {dirs[1], filepath.Join(dirs[0], "0030.json"), filepath.Join(dirs[0], "0001.json")}} {
		p := prepare(t, cache, nil, append([]string{"load", "--quiet"}, args...)...)
		p.Path = exe
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		loads.Go(func() {
			if code := p.code(t); code != 0 || strings.TrimSpace(p.err.String()) != "" {
				t.Errorf("load %d: exit status %d\n%s", i, code, &p.err)
			}
		})
	}
	loads.Wait()
	done.Store(true)
	readers.Wait()
	// The 20 files that are in both folders hold a record without eventID each.
	if n, want := consistent(t, exe, cache), files*perFile-(files-1)*(perFile/100)+20; n != want {
		t.Errorf("%d events, not %d", n, want)
	}
}
