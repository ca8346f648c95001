package cache

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// A transaction is open when DuckDB says so, whatever was typed: as long as it is,
// nobody else can load.
func TestTransaction(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	if _, err := w.Put(ctx, timed(t, "a", 10, 20), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	s := session(t, SessionOptions{Path: path})
	for _, step := range []struct {
		statement string
		fails     string // "" does not
		inside    bool
	}{
		{"BEGIN foo", "syntax error", false},
		{"COMMIT", "no transaction is active", false},
		{"BEGIN", "", true},
		{"CREATE TABLE mine.kept AS SELECT 1 AS a", "", true},
		{"COMMIT foo", "syntax error", true},
		{"COMMIT", "", false},
		{"FROM mine.kept", "", false},
		{"START TRANSACTION", "", true},
		{"CREATE TABLE mine.lost AS SELECT 1 AS a", "", true},
		{"SELECT error('x')", "x", true},
		{"SELECT 1", "aborted", true},
		{"END", "nothing of it is kept", false},
		{"FROM mine.lost", "does not exist", false},
		{"BEGIN", "", true},
		{"BEGIN", "within a transaction", true},
		{"ABORT", "", false},
		{"SELECT 1", "", false},
	} {
		_, err := tell(ctx, s, step.statement)
		if (err == nil) != (step.fails == "") || err != nil && !strings.Contains(err.Error(), step.fails) {
			t.Errorf("%s: %v", step.statement, err)
		}
		if s.InTransaction() != step.inside || (len(s.inside) > 0) != step.inside {
			t.Errorf("after %s: in a transaction %v, %d files attached", step.statement, s.InTransaction(), len(s.inside))
		}
	}
}

// What is attached for a statement cannot become the default: it could not be let go.
func TestUse(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	if _, err := w.Put(ctx, timed(t, "a", 10, 20), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	s := session(t, SessionOptions{Path: path})
	for _, statement := range []string{"USE cache", "USE mine", "USE mine.main"} {
		if _, err := tell(ctx, s, statement); err == nil || !strings.Contains(err.Error(), "cannot be the default\nhint: write ") {
			t.Errorf("%s: %v", statement, err)
		}
		for _, after := range []string{"CREATE OR REPLACE TABLE mine.x AS SELECT 1 AS a", "FROM mine.x", "SELECT count(*) FROM cloudtrail"} {
			if _, err := tell(ctx, s, after); err != nil {
				t.Errorf("%s after %s: %v", after, statement, err)
			}
		}
	}
}
