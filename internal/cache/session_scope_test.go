package cache

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A scope is set before the cache is there, changed, taken back, and stays what it
// was within a transaction. It skips row groups.
func TestScope(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	s := session(t, SessionOptions{Path: path})
	at := func(n int64) time.Time { return time.Unix(n, 0) }
	scope := func(since, until time.Time, accounts ...string) {
		t.Helper()
		if err := s.Scope(ctx, since, until, accounts); err != nil {
			t.Fatal(err)
		}
	}
	const times = "SELECT string_agg(epoch(eventTime)::INT, ' ' ORDER BY eventTime) FROM cloudtrail"
	expect := func(want string) {
		t.Helper()
		if got := told(t, s, times); got != want {
			t.Errorf("%q is seen, want %q", got, want)
		}
	}
	scope(at(20), at(30))
	if _, err := tell(ctx, s, times); err == nil || !strings.Contains(err.Error(), "nothing is loaded yet") {
		t.Errorf("without a cache: %v", err)
	}
	w := writer(t, path, 1)
	if _, err := w.Put(ctx, timed(t, "a", 10, 20, 25, 30), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	expect("20 25")
	scope(at(21), time.Time{})
	expect("25 30")
	if got := told(t, s, "EXPLAIN "+times); got != "" {
		t.Errorf("%q", got) // EXPLAIN has no rows
	}
	plan, err := s.Run(ctx, "EXPLAIN "+times, nil, "")
	if err != nil || !strings.Contains(plan.Explained, "Filters") {
		t.Errorf("the window is no filter of the scan: %v\n%s", err, plan.Explained)
	}
	scope(time.Time{}, at(20), "111122223333")
	expect("none")
	scope(time.Time{}, time.Time{})
	expect("10 20 25 30")
	for _, name := range []string{"s3logs", "aggregated", "damaged", "objects"} {
		scope(at(1), at(2), "it's")
		told(t, s, "SELECT count(*) FROM "+name)
	}
	scope(time.Time{}, at(11))
	if err := do(t, s, "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if err := s.Scope(ctx, time.Time{}, time.Time{}, nil); err == nil {
		t.Error("the scope changed within a transaction")
	}
	expect("10")
	if err := do(t, s, "COMMIT"); err != nil {
		t.Fatal(err)
	}
	expect("10")
}

// What is read without a cache is scoped as well.
func TestScopeUnloaded(t *testing.T) {
	ctx := context.Background()
	s := session(t, SessionOptions{From: []string{"x"}, Open: func(context.Context, []string, cloudtrail.Log) (Unloaded, error) {
		return &onceUnloaded{batch: timed(t, "a", 10, 20, 30)}, nil
	}})
	const count = "SELECT count(*) FROM cloudtrail"
	for _, c := range []struct {
		since, until int64
		want         string
	}{{15, 30, "1"}, {20, 31, "2"}, {40, 50, "0"}} {
		if err := s.Scope(ctx, time.Unix(c.since, 0), time.Unix(c.until, 0), nil); err != nil {
			t.Fatal(err)
		}
		if got := told(t, s, count); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if err := s.Scope(ctx, time.Time{}, time.Time{}, nil); err != nil {
		t.Fatal(err)
	}
	if got := told(t, s, count); got != "3" {
		t.Errorf("without a scope: %s", got)
	}
}

// onceUnloaded yields one batch to one of its scans, which threads share.
type onceUnloaded struct {
	batch *cloudtrail.Batch
	given atomic.Bool
}

func (u *onceUnloaded) Scan() (UnloadedScan, error) { return u, nil }
func (u *onceUnloaded) Close() error                { return nil }

func (u *onceUnloaded) Next(context.Context) (*cloudtrail.Batch, error) {
	if u.given.Swap(true) {
		return nil, nil
	}
	return u.batch, nil
}
