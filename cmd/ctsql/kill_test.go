package main

import (
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/synth"
)

// TestKilled kills `ctsql load` at twenty moments. Whenever it is: what the
// cache has afterwards is each event and request once, and the next load goes on from there.
func TestKilled(t *testing.T) {
	exe := plain(t)
	t.Parallel()
	dir, events := sketch(t, 60, 2000)
	access, err := synth.WriteAccessDir(t.Context(), synth.AccessConfig{Config: synth.Config{Events: 2000}, Lines: 40_000}, dir)
	if err != nil {
		t.Fatal(err)
	}
	events += access.Lines
	load := func(cache string) *program {
		p := prepare(t, cache, nil, "load", "--quiet", dir)
		p.Path = exe
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	began := time.Now()
	if code := load(cache).code(t); code != 0 || consistent(t, exe, cache) != events {
		t.Fatalf("exit status %d", code)
	}
	whole := time.Since(began)

	rng := rand.New(rand.NewPCG(3, 3))
	kills, midway, finished := 0, 0, 0
	cache = filepath.Join(t.TempDir(), "cache.duckdb")
	for kills < 20 {
		p := load(cache)
		time.Sleep(time.Duration(rng.Int64N(int64(whole))))
		_ = p.Process.Signal(syscall.SIGKILL) // it may have ended
		if code := p.code(t); code == 0 {
			// It was faster this time, or there was little left: begin anew.
			finished++
			if n := consistent(t, exe, cache); n != events {
				t.Fatalf("%d events, not %d", n, events)
			}
			cache = filepath.Join(t.TempDir(), "cache.duckdb")
			continue
		}
		kills++
		c := look(t, exe, cache)
		if c.rows > 0 && c.rows < events {
			midway++
		}
		// A commit that was cut off may show its rows until the next load
		// takes them back; never is an object in the ledger without them.
		if c.rows != c.events || c.ledger > c.rows || c.twice != 0 {
			t.Errorf("%+v", c)
		}
	}
	if code := load(cache).code(t); code != 0 {
		t.Fatalf("after the last kill: exit status %d", code)
	}
	if n := consistent(t, exe, cache); n != events {
		t.Errorf("%d events, not %d", n, events)
	}
	t.Logf("a load takes %v; killed 20 times, %d times between two batches, and %d loads came to their end", whole, midway, finished)
}
