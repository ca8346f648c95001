package cache

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// days puts one object with an event on each of the days of January 2025, under f,
// and returns that object. An event's ID is its day's.
func days(t *testing.T, w *Writer, name string, f *cloudtrail.Filter, days ...int) cloudtrail.Object {
	t.Helper()
	b, err := cloudtrail.NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var records []string
	for _, d := range days {
		records = append(records, fmt.Sprintf(`{"eventID":"%d","eventTime":"2025-01-%02[1]dT00:00:00Z","eventSource":"s","eventName":"n"}`, d))
	}
	text := `{"Records":[` + strings.Join(records, ",") + `]}`
	o := cloudtrail.Object{Name: name, Size: int64(len(text)), Modified: time.Unix(1, 0)}
	d := cloudtrail.Decoder{Filter: f}
	if err := d.Decode(b, o, cloudtrail.Body{ReadSeeker: bytes.NewReader([]byte(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Put(context.Background(), b, f); err != nil {
		t.Fatal(err)
	}
	return o
}

func january(d int) time.Time { return time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC) }

func since(d int) *cloudtrail.Filter {
	return &cloudtrail.Filter{Since: january(d).UnixMicro(), Until: cloudtrail.NoTime}
}

func pruneTest(t *testing.T, path string, o PruneOptions) Pruned {
	t.Helper()
	p, err := Prune(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Which loads need not read an object again, after events of before the 10th went.
func TestPrunedSeen(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	objects := map[string]cloudtrail.Object{
		"old":  days(t, w, "old", nil, 1, 2),
		"both": days(t, w, "both", nil, 9, 10),
		"new":  days(t, w, "new", nil, 11),
		"copy": days(t, w, "copy", nil, 1, 11, 12), // of one that goes, and of one that stays
		"part": days(t, w, "part", since(5), 3, 6, 13),
		"late": days(t, w, "late", since(12), 7, 14),
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	p := pruneTest(t, path, PruneOptions{Before: january(10)})
	if p.Rows[cloudtrail.InEvents] != 4 || p.Objects != 3 {
		t.Errorf("%+v", p)
	}
	if n := one(t, path, "select count(*) from cache.cloudtrail"); n != 5 {
		t.Errorf("%d events, not 5", n)
	}
	if n := one(t, path, "select sum(events + duplicates)::bigint from cache.objects"); n != 7 {
		t.Errorf("the ledger accounts for %d records, not 7", n)
	}
	w = writer(t, path, 1)
	for _, load := range []struct {
		f    *cloudtrail.Filter
		seen string
	}{
		{nil, "new"},
		{since(9), "new"},
		{since(10), "old both new copy part"},
		{&cloudtrail.Filter{Since: january(11).UnixMicro(), Until: cloudtrail.NoTime, Regions: []string{"r"}}, "old both new copy part"},
		{since(12), "old both new copy part late"},
	} {
		for name, o := range objects {
			seen, err := w.Seen(ctx, []cloudtrail.Object{o}, load.f)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Contains(load.seen, name); seen[0] != want {
				t.Errorf("%s is seen by a load under %s: %v", name, filterText(load.f), seen[0])
			}
		}
	}
	// All is as it was after a load of all.
	for name, d := range map[string][]int{"old": {1, 2}, "both": {9, 10}, "new": {11}, "copy": {1, 11, 12}, "part": {3, 6, 13}, "late": {7, 14}} {
		days(t, w, name, nil, d...)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if n := one(t, path, "select count(distinct eventID) + 100 * count(*) from cache.cloudtrail"); n != 1111 {
		t.Errorf("%d, not 11 events once each", n)
	}
}

// Lines of the ledger for one object, under filters that become the same, become one.
func TestPrunedLedger(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	for _, f := range []*cloudtrail.Filter{since(20), since(4), since(2)} {
		days(t, w, "o", f, 1, 3, 5, 7, 21)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if p := pruneTest(t, path, PruneOptions{Before: january(6)}); p.Rows[cloudtrail.InEvents] != 2 || p.Objects != 1 {
		t.Errorf("%+v", p)
	}
	for sql, want := range map[string]int{
		"select count(*) from cache.cloudtrail":                                             2,
		"select count(*) from cache.objects":                                                2,
		"select sum(events) from cache.objects":                                             2,
		"select count(*) from cache.objects where filter like '%" + sinceText(6) + "%'":     1,
		"select count(*) from cache.objects where filter like '%" + sinceText(20) + "%'":    1,
		"select count(*) from cache.objects where events < 0 or leftOut < 0 or leftOut > 9": 0,
	} {
		if n := one(t, path, sql); n != want {
			t.Errorf("%s: %d, not %d", sql, n, want)
		}
	}
}

func sinceText(d int) string { return fmt.Sprintf(`"Since":%d,`, january(d).UnixMicro()) }

// Of an object that is pruned by its name nothing is known; one that had a copy of
// its events is read again, whatever the load's filter.
func TestPrunedSource(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	quoted := days(t, w, "s3://it's/100%_a", nil, 1, 2)
	copied := days(t, w, "s3://its/100%_a", nil, 2, 3)
	other := days(t, w, "s3://it's/100%/a", nil, 4)
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if p := pruneTest(t, path, PruneOptions{Source: "s3://it's/100%_"}); p.Rows[cloudtrail.InEvents] != 2 || p.Objects != 1 {
		t.Errorf("%+v", p)
	}
	if n := one(t, path, "select sum(eventID::int)::bigint from cache.cloudtrail"); n != 3+4 {
		t.Errorf("the days' sum is %d, not 7", n)
	}
	w = writer(t, path, 1)
	for _, f := range []*cloudtrail.Filter{nil, since(1), since(30)} {
		seen, err := w.Seen(ctx, []cloudtrail.Object{quoted, copied, other}, f)
		if err != nil {
			t.Fatal(err)
		}
		if seen[0] || seen[1] || !seen[2] {
			t.Errorf("under %s: %v", filterText(f), seen)
		}
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// Less than AtLeast is left where it is.
func TestPruneAtLeast(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	days(t, w, "o", nil, 1, 2, 3, 4)
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if p := pruneTest(t, path, PruneOptions{Before: january(2), AtLeast: 0.3}); !p.Nothing() {
		t.Errorf("%+v", p)
	}
	if p := pruneTest(t, path, PruneOptions{Before: january(2), AtLeast: 0.25}); p.Rows[cloudtrail.InEvents] != 1 {
		t.Errorf("%+v", p)
	}
}

// What is interrupted leaves the file as it was, and nothing beside it.
func TestPruneInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	days(t, w, "o", nil, 1, 2)
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockPrune(ctx, path+".prune") // another prunes
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := Prune(ctx, path, PruneOptions{Before: january(2)}); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	unlock()
	if _, err := os.Stat(path + ".prune"); !os.IsNotExist(err) {
		t.Errorf("FILE.prune: %v", err)
	}
	if n := one(t, path, "select count(*) from cache.cloudtrail"); n != 2 {
		t.Errorf("%d events, not 2", n)
	}
	if p := pruneTest(t, path, PruneOptions{Before: january(2)}); p.Rows[cloudtrail.InEvents] != 1 {
		t.Errorf("%+v", p)
	}
}
