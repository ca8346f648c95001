package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// TestMain lets the test binary be measured, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == measured {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestBench runs all there is on a small trail: every count must agree.
func TestBench(t *testing.T) {
	tmp := t.TempDir()
	ctsql, err := program(t.Context(), "", tmp)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-events", "2000", "-dir", filepath.Join(tmp, "trails"), "-ctsql", ctsql, "-runs"}
	out := runBench(t, 0, append(args, "1")...)
	s := suite{only: parts}
	for _, m := range s.plan() {
		line := lineOf(out, m.name+" ")
		if fields := strings.Fields(line); len(fields) == 0 || fields[len(fields)-1] == "0" {
			t.Errorf("no figures of %s", m.name)
		}
	}
	for _, name := range []string{
		"read_json to load, wall", "read_json to load, CPU", "read_json tuned to load, CPU", "load, peak MB",
		"load to gunzip + split + insert", "select 1, wall s", "read_json to --from", "read_json told of 3 columns to --from", "split alone", "--from to gunzip + split",
		"cache to gzip", "cache to JSON", "github.com/ctsql/ctsql",
	} {
		if lineOf(out, name) == "" {
			t.Errorf("no line %q", name)
		}
	}
	marks, err := filepath.Glob(filepath.Join(tmp, "trails", "*", marker))
	if err != nil || len(marks) != 1 {
		t.Fatalf("markers: %v, %v", marks, err)
	}
	made, err := os.Stat(marks[0])
	if err != nil {
		t.Fatal(err)
	}
	if out := runBench(t, 0, append(args, "1", "-only", "query")...); lineOf(out, "ctsql load") != "" {
		t.Error("-only query measures a load")
	}
	if again, err := os.Stat(marks[0]); err != nil || !again.ModTime().Equal(made.ModTime()) {
		t.Errorf("the trail was made again: %v", err)
	}
	t.Run("columns", func(t *testing.T) { testColumns(t, filepath.Dir(marks[0]), ctsql) })
	t.Run("other rows", func(t *testing.T) {
		text, err := os.ReadFile(marks[0])
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.Replace(text, []byte(`"Duplicates": `), []byte(`"Duplicates": 7`), 1)
		if err := os.WriteFile(marks[0], text, 0o644); err != nil {
			t.Fatal(err)
		}
		runBench(t, 1, append(args, "1", "-only", "from")...)
	})
}

// testColumns compares read_json's table with ctsql's, types and values.
func testColumns(t *testing.T, dir, ctsql string) {
	files, err := eventFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := filepath.Join(t.TempDir(), "ours.duckdb"), filepath.Join(t.TempDir(), "theirs.duckdb")
	if _, _, err := runProcess(t.Context(), ctsql, "load", "--quiet", "--cache", ours, filepath.Join(dir, "trail")); err != nil {
		t.Fatal(err)
	}
	if _, err := readJSON(t.Context(), files, theirs); err != nil {
		t.Fatal(err)
	}
	err = withCache(t.Context(), ours, func(c *duck.Conn) error {
		if err := c.Exec(t.Context(), "ATTACH "+duck.Quote(theirs)+" AS theirs (READ_ONLY)"); err != nil {
			return err
		}
		for _, column := range cloudtrail.Events.Columns {
			if !inLog(column) {
				continue
			}
			name := duck.Ident(column.Name)
			var types, values int
			err := c.One(t.Context(), `SELECT count(DISTINCT data_type), (SELECT count(*) FROM
				(SELECT DISTINCT eventID, `+name+`::VARCHAR FROM theirs.cloudtrail
				 EXCEPT SELECT eventID, `+name+`::VARCHAR FROM loaded.cloudtrail))
				FROM duckdb_columns() WHERE table_name = 'cloudtrail' AND column_name = `+duck.Quote(column.Name), &types, &values)
			if err != nil {
				return err
			}
			if types != 1 {
				t.Errorf("%s has %d types", column.Name, types)
			}
			// read_json writes JSON in its own way: 104.50 becomes 104.5.
			if values != 0 && column.Kind != cloudtrail.JSON {
				t.Errorf("%s: %d values that ctsql does not have", column.Name, values)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runBench(t *testing.T, code int, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(t.Context(), args, &stdout, &stderr); got != code {
		t.Fatalf("exit %d, not %d\n%s", got, code, stderr.Bytes())
	}
	t.Logf("%s%s", stderr.Bytes(), stdout.Bytes())
	return stdout.String()
}

func lineOf(text, prefix string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// TestUsage: what is called wrongly says so, and is told from what went wrong.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-only", "lode"}, {"-runs", "0"}, {"here"}, {"-nonsense"}} {
		runBench(t, 2, args...)
	}
	runBench(t, 0, "-help")
	runBench(t, 1, "-events", "3", "-dir", t.TempDir(), "-ctsql", os.Args[0])
	runBench(t, 1, "-ctsql", filepath.Join(t.TempDir(), "none"))
}
