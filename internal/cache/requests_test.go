package cache

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/s3logs"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/synth"
)

// accessLog is an access log in memory, and what its lines say.
type accessLog struct {
	objects map[string][]byte
	records map[string][]synth.AccessRecord
	synth.AccessSummary
}

func newAccessLog(t *testing.T, lines int) (l accessLog) {
	t.Helper()
	l.objects, l.records = map[string][]byte{}, map[string][]synth.AccessRecord{}
	var err error
	cfg := synth.AccessConfig{Config: synth.Config{Seed: 7, Events: 5000}, Lines: lines, Odd: true}
	l.AccessSummary, err = synth.WriteAccess(context.Background(), cfg, func(key string, body []byte, records []synth.AccessRecord) error {
		l.objects[key], l.records[key] = body, records
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func loadAll(t *testing.T, path string, objects map[string][]byte) load.Summary {
	t.Helper()
	ctx := context.Background()
	w := writer(t, path, 2)
	sum, err := load.Load(ctx, []load.Source{source.Memory(objects, source.Options{})}, w, load.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestRequestsRoundTrip: every field of every row is what was written into the
// line, and each line is a row, damaged or a copy.
func TestRequestsRoundTrip(t *testing.T) {
	lines := 200_000
	if testing.Short() {
		lines = 20_000
	}
	l := newAccessLog(t, lines)
	path := filepath.Join(t.TempDir(), "c.duckdb")
	sum := loadAll(t, path, l.objects)
	all := 0
	for _, records := range l.records {
		all += len(records)
	}
	rows := sum.Rows[cloudtrail.InRequests]
	if rows != l.Lines || sum.Duplicates != l.Duplicates || sum.Damaged != l.Damaged || rows+sum.Duplicates+sum.Damaged != all {
		t.Errorf("of %d lines %d are rows, %d copies and %d damaged; not %d, %d and %d",
			all, rows, sum.Duplicates, sum.Damaged, l.Lines, l.Duplicates, l.Damaged)
	}
	seen := map[string]int{}
	for key, records := range l.records {
		for i := range records {
			if r := &records[i]; !r.Damaged {
				seen[identityOf(r)]++
			}
		}
		_ = key
	}
	wrong := 0
	eachRequest(t, path, func(object string, index int, values []*string) {
		r := &l.records[object][index]
		if id := identityOf(r); seen[id] == 0 {
			t.Errorf("%s, line %d: a row that was there before", object, index)
		} else {
			seen[id] = 0
		}
		for f, name := range s3logs.Names {
			want, got := strings.ToValidUTF8(r.Fields[f], "\ufffd"), "NULL"
			if r.Null[f] {
				want = "NULL"
			}
			if values[f] != nil {
				got = *values[f]
			}
			if r.Damaged || got != want {
				if wrong++; wrong < 20 {
					t.Errorf("%s, line %d: %s is %.200q, not %.200q (%v)", object, index, name, got, want, r.Damaged)
				}
			}
		}
		if at := r.Time.UTC().Format("2006-01-02 15:04:05"); values[s3logs.NumFields] == nil || *values[s3logs.NumFields] != at {
			t.Errorf("%s, line %d: time is not %s", object, index, at)
		}
	})
	if n := len(slices.DeleteFunc(slices.Collect(maps.Values(seen)), func(n int) bool { return n == 0 })); n > 0 {
		t.Errorf("%d records have no row", n)
	}
	if again := loadAll(t, path, l.objects); again.Seen != len(l.objects) || again.Objects != 0 {
		t.Errorf("a second load: %+v", again)
	}
}

func identityOf(r *synth.AccessRecord) string {
	return strings.Join([]string{r.Fields[s3logs.RequestID], r.Fields[s3logs.Operation], r.Fields[s3logs.ObjectKey],
		r.Fields[s3logs.VersionID], r.Time.String()}, " ")
}

// eachRequest calls do with each row's fields as text, and its time.
func eachRequest(t *testing.T, path string, do func(object string, index int, values []*string)) {
	t.Helper()
	ctx := context.Background()
	s, err := OpenSession(ctx, SessionOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.attach(ctx, &s.cache, false); err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, name := range append(slices.Clone(s3logs.Names[:]), "time") {
		columns = append(columns, fmt.Sprintf("%s::VARCHAR", name))
	}
	values, dest := make([]*string, len(columns)), []any{new(string), new(int)}
	for i := range values {
		dest = append(dest, &values[i])
	}
	err = s.conn.Query(ctx, func(scan func(...any) error) error {
		clear(values)
		if err := scan(dest...); err != nil {
			return err
		}
		do(*dest[0].(*string), *dest[1].(*int), values)
		return nil
	}, "SELECT sourceObject, recordIndex, "+strings.Join(columns, ", ")+" FROM cache.s3logs")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.detach(ctx); err != nil {
		t.Fatal(err)
	}
}
