package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/synth"
)

// A dry run says what would be sent and what it costs, and leaves nothing behind.
func TestWatchDryRun(t *testing.T) {
	t.Parallel()
	logs, _ := trail(t, synth.Config{Events: 1000, Days: 6})
	state, cache := filepath.Join(t.TempDir(), "state.db"), filepath.Join(t.TempDir(), "cache.duckdb")
	tmp := t.TempDir()
	p := start(t, cache, []string{"TMPDIR=" + tmp}, "watch", "--dry-run", "--replay", logs, "--learn", "2d", "--state", state, "--topic", alertsTopic)
	if code := p.code(t); code != 0 {
		t.Fatalf("exit status %d\n%s", code, &p.err)
	}
	out := p.out.String()
	for _, want := range []string{"│ id ", "│ profile ", "│ a day │ alone │ 2025-06-23 │", " alerts in 4 days, from 2025-06-25 to 2025-06-28: "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	for _, path := range []string{state, cache} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A database of places that is gone or broken holds nothing up, and is taken once it is
// there.
func TestWatchPlaces(t *testing.T) {
	t.Parallel()
	logs, _ := trail(t, synth.Config{Events: 1000, Days: 3})
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.mmdb")
	if err := os.WriteFile(broken, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, told := ctsql(t, filepath.Join(dir, "cache.duckdb"), "watch", "--replay", logs, "--state", filepath.Join(dir, "state.db"),
		"--geoip", broken, "--tor", filepath.Join(dir, "gone"))
	for _, want := range []string{"broken.mmdb", "gone", "msg=replayed"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not in\n%s", want, told)
		}
	}
}
