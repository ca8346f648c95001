package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const here = "github.com/ctsql/ctsql/"

// imports says what each package may import beside the standard library: paths
// of this module without its name, and prefixes of modules of others. It is the
// architecture: a change of it is a decision, and goes with a reason in its
// commit. The test is here because this package alone may know all others.
var imports = map[string][]string{
	// Leaves: they import nothing of ours, but for two that cloudtrail's decoder
	// leaves text to.
	"internal/inflate":    {},
	"internal/cloudtrail": {"internal/inflate", "internal/s3logs", "github.com/klauspost/compress"},
	"internal/s3logs":     {},
	"internal/synth":      {"github.com/klauspost/compress"},
	"internal/dialect":    {},
	"internal/outbox":     {},
	"internal/render":     {"github.com/mattn/go-runewidth"},
	"internal/geoip":      {"github.com/oschwald/geoip2-golang/v2", "github.com/oschwald/maxminddb-golang/v2"},
	"queries":             {},

	// Logic.
	"internal/profile": {"internal/cloudtrail", "internal/geoip", "github.com/dchest/siphash"},
	"internal/triage":  {"internal/render", "internal/dialect"}, // is given who answers

	// The way of the data.
	"internal/duck":   {"github.com/duckdb/duckdb-go/v2", "C"}, // C: for functions that it calls back
	"internal/load":   {"internal/cloudtrail", "golang.org/x/sync"},
	"internal/cache":  {"internal/duck", "internal/dialect", "internal/cloudtrail", "internal/geoip"},
	"internal/watch":  {"internal/profile", "internal/outbox", "internal/duck", "internal/cloudtrail", "queries", "internal/dialect", "internal/render"},
	"internal/detect": {"internal/cache", "internal/cloudtrail", "internal/dialect", "internal/duck", "internal/geoip", "internal/render", "queries"}, // asks, for cmd and for watch

	// Edges: where the world is.
	"internal/source": {"internal/cloudtrail", "internal/s3logs", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "golang.org/x/sync"},
	"internal/sns":    {"internal/outbox", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"},
	"internal/engine": {"internal/dialect", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"},
	"internal/export": {"internal/duck", "internal/source"},
	"internal/shell":  {"internal/render", "internal/dialect", "internal/triage", "queries", "github.com/ergochat/readline", "golang.org/x/term", "golang.org/x/sys", "github.com/mattn/go-runewidth"},

	// Wiring. The benchmark is a program too, and may use all of ours.
	"cmd/ctsql": {"internal/", "queries", "github.com/spf13/cobra", "github.com/spf13/pflag",
		"github.com/schollz/progressbar/v3", "golang.org/x/term", "go.yaml.in/yaml/v4", "github.com/prometheus/client_golang"},
	"internal/bench": {"internal/", "internal/source/s3test", "queries", "github.com/klauspost/compress", "golang.org/x/sync", "github.com/creack/pty"},

	// An S3 for tests: only they import it.
	"internal/source/s3test": {"github.com/johannesboyne/gofakes3"},
	// Databases for tests, and for a demo.
	"internal/geoip/geotest": {"internal/geoip", "github.com/maxmind/mmdbwriter", "github.com/oschwald", "go4.org/netipx"},
}

// testsOnly are packages that no program may import which people are given: the benchmark
// measures against AWS as tests know it.
var testsOnly = []string{"internal/source/s3test"}

// TestImports holds that table for every file that is not a test, whatever
// platform it is for.
func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 2 && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		may, ok := imports[pkg]
		if !ok && !seen[pkg] {
			t.Errorf("package %s is not in the table of who may import whom", pkg)
		}
		seen[pkg] = true
		if ok {
			checkFile(t, pkg, name, may)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 5 {
		t.Errorf("looked at %d packages only: %v", len(seen), seen)
	}
}

func checkFile(t *testing.T, pkg, name string, may []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if !mayImport(may, path) {
			t.Errorf("%s: %s may not import %s", filepath.Base(name), pkg, path)
		}
	}
}

func mayImport(may []string, path string) bool {
	ours, ok := strings.CutPrefix(path, here)
	if ok {
		path = ours
	} else if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return path != "C" || slices.Contains(may, path) // the standard library
	}
	if slices.Contains(testsOnly, path) && !slices.Contains(may, path) {
		return false
	}
	return slices.ContainsFunc(may, func(m string) bool {
		if ok && !strings.HasSuffix(m, "/") {
			return path == m
		}
		m = strings.TrimSuffix(m, "/")
		return path == m || strings.HasPrefix(path, m+"/")
	})
}

func TestMayImport(t *testing.T) {
	for _, c := range []struct {
		pkg, path string
		want      bool
	}{
		{"internal/dialect", "strings", true},
		{"internal/dialect", "net/http", true},
		{"internal/dialect", "C", false},
		{"internal/duck", "C", true},
		{"internal/dialect", here + "internal/duck", false},
		{"internal/duck", "github.com/duckdb/duckdb-go/v2/mapping", true},
		{"internal/duck", "github.com/duckdb/duckdb-go/v22", false},
		{"internal/cache", "github.com/duckdb/duckdb-go/v2", false},
		{"internal/cache", here + "internal/duck", true},
		{"internal/cache", here + "internal/duck/deeper", false},
		{"cmd/ctsql", here + "internal/source", true},
		{"cmd/ctsql", here + "internal/source/s3test", false},
		{"internal/bench", here + "cmd/ctsql", false},
		{"internal/render", "golang.org/x/term", false},
	} {
		if got := mayImport(imports[c.pkg], c.path); got != c.want {
			t.Errorf("%s importing %s: %v, want %v", c.pkg, c.path, got, c.want)
		}
	}
}
