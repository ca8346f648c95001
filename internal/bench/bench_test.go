package main

import (
	"bytes"
	"context"
	"fmt"
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

// TestBench runs all there is on small logs: every count must agree.
func TestBench(t *testing.T) {
	tmp := t.TempDir()
	ctsql, err := program(t.Context(), "", tmp)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-events", "2000", "-each", "3", "-dir", filepath.Join(tmp, "trails"), "-ctsql", ctsql, "-runs"}
	out := runBench(t, 0, append(args, "1")...)
	s := suite{options: options{only: parts}}
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
		"access log: regexp to load, wall", "access log: regexp to --from, CPU", "access log: load, lines per second", "access log: load to split + insert",
		"load --verify to load, wall", "load --verify to load, CPU", "verify to gunzip alone, CPU",
		"city() of 400 addresses, wall s", "city() of as many addresses as rows, wall s", "actor(userIdentity), wall s",
		"all detections at once, wall s", "the slowest query, wall s", "slowest queries",
	} {
		if lineOf(out, name) == "" {
			t.Errorf("no line %q", name)
		}
	}
	for _, log := range []struct {
		table *cloudtrail.Table
		name  string
		part  string
		peer  func(context.Context, []string, string) (findings, error)
	}{
		{cloudtrail.Events, "trail", "from", readJSON},
		{cloudtrail.Requests, "access", "s3logs", matchInto},
	} {
		t.Run(log.name, func(t *testing.T) {
			dirs, err := filepath.Glob(filepath.Join(tmp, "trails", "*", log.name))
			if err != nil || len(dirs) != 1 {
				t.Fatalf("folders: %v, %v", dirs, err)
			}
			mark := filepath.Join(filepath.Dir(dirs[0]), marker)
			made, err := os.Stat(mark)
			if err != nil {
				t.Fatal(err)
			}
			if out := runBench(t, 0, append(args, "1", "-only", log.part)...); lineOf(out, "ctsql load ") != "" {
				t.Errorf("-only %s measures a load of the trail", log.part)
			}
			if again, err := os.Stat(mark); err != nil || !again.ModTime().Equal(made.ModTime()) {
				t.Errorf("the log was made again: %v", err)
			}
			testColumns(t, dirs[0], ctsql, log.table, log.peer)
			testOtherRows(t, mark, append(args, "1", "-only", log.part)...)
		})
	}
}

// testOtherRows has the marker tell of more copies than there are.
func testOtherRows(t *testing.T, mark string, args ...string) {
	text, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(`"Duplicates": `), []byte(`"Duplicates": 7`), 1)
	if err := os.WriteFile(mark, text, 0o644); err != nil {
		t.Fatal(err)
	}
	runBench(t, 1, args...)
}

// testColumns compares the table that a peer makes of the log in dir with ctsql's,
// types and values.
func testColumns(t *testing.T, dir, ctsql string, table *cloudtrail.Table, peer func(context.Context, []string, string) (findings, error)) {
	files, err := logFiles(dir, table)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := filepath.Join(t.TempDir(), "ours.duckdb"), filepath.Join(t.TempDir(), "theirs.duckdb")
	if _, _, err := runProcess(t.Context(), ctsql, "load", "--quiet", "--cache", ours, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := peer(t.Context(), files, theirs); err != nil {
		t.Fatal(err)
	}
	err = withCache(t.Context(), ours, func(c *duck.Conn) error {
		if err := c.Exec(t.Context(), "ATTACH "+duck.Quote(theirs)+" AS theirs (READ_ONLY)"); err != nil {
			return err
		}
		for _, column := range table.Columns {
			if !inLog(column) {
				continue
			}
			var types, values int
			of := fmt.Sprintf("SELECT DISTINCT %s, %s::VARCHAR FROM %%s.%s", table.Key[0], duck.Ident(column.Name), table.Name)
			err := c.One(t.Context(), fmt.Sprintf("SELECT count(DISTINCT data_type), (SELECT count(*) FROM (%s EXCEPT %s)) FROM duckdb_columns() WHERE table_name = %s AND column_name = %s",
				fmt.Sprintf(of, "theirs"), fmt.Sprintf(of, "loaded"), duck.Quote(table.Name), duck.Quote(column.Name)), &types, &values)
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

// TestLocated: rows that are missing, and a database that finds nothing, are seen.
func TestLocated(t *testing.T) {
	for _, c := range []struct {
		csv string
		ok  bool
	}{
		{"city,n\nDublin,96\n,4\n", true},
		{"city,n\r\n\"Washington, D.C.\",100\r\n", true},
		{"city,n\nDublin,95\n,4\n", false},
		{"city,n\nDublin,94\n,6\n", false},
		{"city,n\nDublin,\n", false},
	} {
		if err := located(100)(t.Context(), []byte(c.csv)); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.csv, err)
		}
	}
}
