package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLongTexts: what is put with little memory is brought to its place in the file
// with no more failing: long texts take more room then.
func TestLongTexts(t *testing.T) {
	exe := plain(t)
	t.Parallel()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	const files, perFile = 7, 200
	for f := range files {
		var text strings.Builder
		for i := range perFile {
			part := make([]byte, 1000)
			for k := range part {
				part[k] = 'a' + byte(rng.IntN(26))
			}
			fmt.Fprintf(&text, `{"eventID":"%d-%d","eventTime":"2025-07-01T00:00:00Z","requestParameters":{"a":"%s"}}`+"\n", f, i, strings.Repeat(string(part), 190))
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", f)), []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	p := prepare(t, cache, nil, "load", "--quiet", dir)
	p.Path = exe
	if err := p.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &p.err)
	}
	if n := consistent(t, exe, cache); n != files*perFile {
		t.Errorf("%d events, not %d", n, files*perFile)
	}
}
