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

// However far apart loads are, each day is listed once it is settled, and then no more.
func TestListingSettles(t *testing.T) {
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, step := range []time.Duration{time.Hour, 7 * time.Hour, oneDay, 3 * oneDay, 5 * oneDay, 8 * oneDay, 40 * oneDay} {
		listed := map[int]time.Time{} // by day, the last time
		done := map[int]int{}         // by day, how often when all of it was settled
		l := listing{start, start}
		for now := start.Add(step); now.Before(start.Add(150 * oneDay)); now = now.Add(step) {
			for d := range int(now.Sub(start) / oneDay) {
				begin := start.Add(time.Duration(d) * oneDay)
				if begin.Add(oneDay).After(l.from(now)) { // of a day all is listed
					listed[d] = now
					if now.Sub(begin) >= settled+oneDay {
						done[d]++
					}
				}
			}
			l = l.next(now)
		}
		for d := range int((150*oneDay-settled-deepEvery-step)/oneDay) - 1 {
			if age := listed[d].Sub(start.Add(time.Duration(d) * oneDay)); age < settled {
				t.Errorf("loads every %v: day %d was last listed when it was %v old", step, d, age)
			}
			if done[d] > 1 {
				t.Errorf("loads every %v: day %d was listed %d times when it was settled", step, d, done[d])
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
		l, err := w.Listings(ctx, ListingOptions{Filter: f, Now: at, All: all})
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
		l, err := w.Listings(ctx, ListingOptions{Now: now})
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

// A listing ends with its window and as late as was asked for: a load that looks
// for later ones lists again.
func TestListingsLate(t *testing.T) {
	ctx := context.Background()
	w := writer(t, filepath.Join(t.TempDir(), "c.duckdb"), 1)
	defer func() {
		if err := w.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	now := time.Date(2025, 7, 31, 12, 0, 0, 0, time.UTC)
	until := func(days int) *cloudtrail.Filter {
		return &cloudtrail.Filter{Since: cloudtrail.NoTime, Until: now.AddDate(0, 0, -days).UnixMicro()}
	}
	listings := func(f *cloudtrail.Filter, late time.Duration) *Listings {
		t.Helper()
		l, err := w.Listings(ctx, ListingOptions{Filter: f, Late: late, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	knows := func(f *cloudtrail.Filter, late time.Duration) bool {
		return !listings(f, late).From("s3://b/a/").IsZero()
	}
	if err := listings(until(10), oneDay).Done(ctx, []string{"s3://b/a/"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		days int
		late time.Duration
		want bool
	}{{10, oneDay, true}, {10, time.Hour, true}, {10, 3 * oneDay, false}, {12, 3 * oneDay, true}, {9, time.Hour, false}} {
		if got := knows(until(c.days), c.late); got != c.want {
			t.Errorf("until %d days ago, %v late: known %v", c.days, c.late, got)
		}
	}
	if knows(nil, oneDay) {
		t.Error("a listing with an end serves one without")
	}
	if err := listings(nil, oneDay).Done(ctx, []string{"s3://b/a/"}); err != nil {
		t.Fatal(err)
	}
	if !knows(until(10), 31*oneDay) || !knows(nil, 31*oneDay) {
		t.Error("a listing without an end does not serve any")
	}
}

// Loads --since 7d are each under a filter of their own: what is known of them does
// not grow with their number.
func TestListingsAreFew(t *testing.T) {
	ctx := context.Background()
	w := writer(t, filepath.Join(t.TempDir(), "c.duckdb"), 1)
	defer func() {
		if err := w.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	now := time.Date(2025, 7, 31, 12, 0, 0, 0, time.UTC)
	folders := []string{"s3://b/a/", "s3://b/b/"}
	for hour := range maxListings + 4 {
		at := now.Add(time.Duration(hour) * time.Hour)
		f := &cloudtrail.Filter{Since: at.AddDate(0, 0, -7).UnixMicro(), Until: cloudtrail.NoTime}
		l, err := w.Listings(ctx, ListingOptions{Filter: f, Now: at})
		if err != nil {
			t.Fatal(err)
		}
		if known := !l.From(folders[1]).IsZero(); known != (hour > 0) {
			t.Errorf("hour %d: known %v", hour, known)
		}
		if err := l.Done(ctx, folders); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := w.main.One(ctx, "SELECT count(*) FROM cache.ctsql_listings", &n); err != nil || n != len(folders)*maxListings {
		t.Errorf("%d rows, %v", n, err)
	}
}
