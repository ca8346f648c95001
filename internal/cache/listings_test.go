package cache

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

const oneDay = 24 * time.Hour

func TestListingFrom(t *testing.T) {
	now := time.Date(2025, 7, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ at, deep, back time.Duration }{
		{0, 0, overlap},
		{-time.Hour, 0, overlap}, // a clock that was set back
		{time.Hour, oneDay, overlap},
		{oneDay, oneDay, 10 * oneDay},
		{6 * oneDay, 6 * oneDay, settled},
		{oneDay, 7 * oneDay, settled + 7*oneDay},
		{400 * oneDay, 400 * oneDay, settled + 400*oneDay},
	} {
		l := listing{now.Add(-c.at), now.Add(-c.deep)}
		if got := now.Sub(l.from(now)); got != c.back {
			t.Errorf("%+v: back %v", c, got)
		}
	}
}

// However far apart loads are, each day is listed once it is settled.
func TestListingSettles(t *testing.T) {
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, step := range []time.Duration{time.Hour, 7 * time.Hour, oneDay, 3 * oneDay, 5 * oneDay, 8 * oneDay, 40 * oneDay} {
		listed := map[int]time.Time{} // by day, the last time
		l := listing{start, start}
		for now := start.Add(step); now.Before(start.Add(150 * oneDay)); now = now.Add(step) {
			for d := range int(now.Sub(start) / oneDay) {
				if !start.Add(time.Duration(d) * oneDay).Before(l.from(now)) {
					listed[d] = now
				}
			}
			l = l.next(now)
		}
		for d := range int((150*oneDay-settled-deepEvery-step)/oneDay) - 1 {
			if age := listed[d].Sub(start.Add(time.Duration(d) * oneDay)); age < settled {
				t.Errorf("loads every %v: day %d was last listed when it was %v old", step, d, age)
			}
		}
	}
}

// A listing serves filters that it covers, and no others.
func TestListingFilters(t *testing.T) {
	ctx := context.Background()
	w := writer(t, filepath.Join(t.TempDir(), "c.duckdb"), 1)
	defer func() {
		if err := w.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	now := time.Date(2025, 7, 31, 12, 0, 0, 0, time.UTC)
	since := &cloudtrail.Filter{Since: now.AddDate(0, 0, -400).UnixMicro(), Until: cloudtrail.NoTime}
	later := &cloudtrail.Filter{Since: now.AddDate(0, 0, -300).UnixMicro(), Until: cloudtrail.NoTime}
	listings := func(f *cloudtrail.Filter, at time.Time, all bool) *Listings {
		t.Helper()
		l, err := w.Listings(ctx, f, at, all)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	done := func(f *cloudtrail.Filter, at time.Time) {
		t.Helper()
		if err := listings(f, at, false).Done(ctx, []string{"s3://b/it's/"}); err != nil {
			t.Fatal(err)
		}
	}
	knows := func(f *cloudtrail.Filter, folder string) bool { return !listings(f, now, false).From(folder).IsZero() }
	done(since, now.Add(-2*time.Hour))
	done(since, now.Add(-time.Hour)) // in place of the first
	if knows(nil, "s3://b/it's/") || !knows(since, "s3://b/it's/") || !knows(later, "s3://b/it's/") || knows(since, "s3://b/other/") {
		t.Error("a listing under a filter serves others than it covers")
	}
	done(nil, now.Add(-2*time.Hour))
	if !knows(nil, "s3://b/it's/") || !knows(&cloudtrail.Filter{Accounts: []string{"1"}}, "s3://b/it's/") {
		t.Error("a listing of everything does not serve everything")
	}
	if l := listings(nil, now, true); !l.From("s3://b/it's/").IsZero() {
		t.Error("asked for everything, a listing is known")
	}
	var n int
	if err := w.main.One(ctx, "SELECT count(*) FROM cache.ctsql_listings", &n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// After a part of the cache went, nothing is known of listings: a load that wants
// what went finds it.
func TestListingsPruned(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	now := time.Date(2025, 7, 31, 12, 0, 0, 0, time.UTC)
	folder := func(w *Writer) (*Listings, time.Time) {
		t.Helper()
		l, err := w.Listings(ctx, nil, now, false)
		if err != nil {
			t.Fatal(err)
		}
		return l, l.From("s3://b/")
	}
	w := writer(t, path, 1)
	if _, err := w.Put(ctx, batch(t, "s3://b/a", "1"), nil); err != nil {
		t.Fatal(err)
	}
	l, _ := folder(w)
	if err := l.Done(ctx, []string{"s3://b/"}); err != nil {
		t.Fatal(err)
	}
	if _, from := folder(w); from.IsZero() {
		t.Error("a listing that is done is not known")
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if done, err := Prune(ctx, path, PruneOptions{Source: "s3://b/a"}); err != nil || done.Objects != 1 {
		t.Fatal(done, err)
	}
	w = writer(t, path, 1)
	if _, from := folder(w); !from.IsZero() {
		t.Error("a listing is known of what went")
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
}
