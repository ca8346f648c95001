package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestNotice holds the first table of NOTICE.txt: it names the modules that are
// linked into the program, all of them, and no others.
func TestNotice(t *testing.T) {
	text, err := os.ReadFile("../../NOTICE.txt")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for line := range strings.Lines(string(text)) {
		if path, _, _ := strings.Cut(line, " "); strings.Contains(path, "/") && strings.Contains(path, ".") {
			named = append(named, strings.TrimSpace(path))
		}
	}
	linked := linkedModules(t)
	for _, m := range linked {
		if !slices.Contains(named, m) {
			t.Errorf("NOTICE.txt does not name %s, which is linked into ctsql: add it with its licence", m)
		}
	}
	for _, m := range named {
		// DuckDB's library is another module on each platform.
		platform := strings.HasPrefix(m, "github.com/duckdb/duckdb-go-bindings/lib/")
		if !platform && !slices.Contains(linked, m) {
			t.Errorf("NOTICE.txt names %s, which is not linked into ctsql", m)
		}
	}
}

func linkedModules(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	return slices.Compact(modules)
}
