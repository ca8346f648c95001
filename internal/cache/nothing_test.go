package cache

import (
	"path/filepath"
	"testing"
	"time"
)

// TestWhyNothingInWindow: what a session's window hides is not there for it.
func TestWhyNothingInWindow(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	const day = 24 * 60 * 60
	if _, err := w.Put(ctx, timed(t, "a", day, 2*day, 5*day, 9*day), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	s := session(t, SessionOptions{Path: path})
	const sql = "SELECT * FROM cloudtrail WHERE eventTime < '1970-01-03'"
	for _, c := range []struct {
		from, to int64
		want     string
	}{
		{0, 0, ""},
		{3 * day, 8 * day, "no rows; the window holds events from 1970-01-06T00:00:00Z to 1970-01-06T00:00:00Z, none before 1970-01-03"},
		{3 * day, 4 * day, "no rows; the window holds no events"},
	} {
		since, until := time.Unix(c.from, 0), time.Unix(c.to, 0)
		if c.to == 0 {
			since, until = time.Time{}, time.Time{}
		}
		if err := s.Scope(ctx, since, until, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := s.WhyNothing(ctx, sql, nil); err != nil || got != c.want {
			t.Errorf("from %d to %d: %q, want %q (%v)", c.from, c.to, got, c.want, err)
		}
	}
}
