package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiskFull: a load that runs out of disk says so and ends with 1; with room
// it goes on, and nothing is lost.
func TestDiskFull(t *testing.T) {
	exe := plain(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a small file system")
	}
	small := t.TempDir()
	mount := func(options string) error {
		return exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", small).Run()
	}
	if err := mount("size=6m"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", small).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	dir, events := sketch(t, 150, 2000)
	cache := filepath.Join(small, "cache.duckdb")
	load := func() *program {
		p := prepare(t, cache, nil, "load", dir)
		p.Path = exe
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := load()
	if code := p.code(t); code != 1 || !strings.Contains(p.err.String(), cache+": no room is left on its disk: ") {
		t.Errorf("exit status %d\n%s", code, &p.err)
	}
	if err := mount("remount,size=500m"); err != nil {
		t.Fatal(err)
	}
	before := look(t, exe, cache)
	if before.rows != before.events || before.ledger > before.rows {
		t.Errorf("%+v", before)
	}
	p = load()
	if code := p.code(t); code != 0 {
		t.Errorf("exit status %d\n%s", code, &p.err)
	}
	if n := consistent(t, exe, cache); n != events {
		t.Errorf("%d events, not %d; %d before", n, events, before.rows)
	}
}
