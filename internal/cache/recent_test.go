package cache

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// timed decodes one object with an event for each time, whose ID is the time.
func timed(t *testing.T, name string, times ...int) *cloudtrail.Batch {
	t.Helper()
	b := batch(t, name)
	b.Reset()
	text := `[`
	for i, at := range times {
		if i > 0 {
			text += ","
		}
		when := time.Unix(int64(at), 0).UTC().Format(time.RFC3339)
		text += fmt.Sprintf(`{"eventID":"%d","eventTime":%q,"eventSource":"s","eventName":"n"}`, at, when)
	}
	var d cloudtrail.Decoder
	if err := d.Decode(b, cloudtrail.Object{Name: name}, cloudtrail.Body{ReadSeeker: bytes.NewReader([]byte(text + `]`))}); err != nil {
		t.Fatal(err)
	}
	return b
}

// Copies are found whether their events are remembered, were forgotten, were
// there before, or were written by another process in between.
func TestRecent(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	put := func(w *Writer, b *cloudtrail.Batch, events, copies int) {
		t.Helper()
		s, err := w.Put(ctx, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Rows[cloudtrail.InEvents] != events || s.Duplicates != copies {
			t.Errorf("%s: %+v, want %d events and %d copies", b.Objects[0].Name, s, events, copies)
		}
	}
	let := func(w *Writer) {
		t.Helper()
		w.mu.Lock()
		defer w.mu.Unlock()
		if err := w.detach(ctx); err != nil {
			t.Fatal(err)
		}
	}
	a := writer(t, path, 1)
	put(a, timed(t, "a1", 10, 20, 30), 3, 0)
	put(a, timed(t, "a2", 20, 25, 40), 2, 1)
	// Forgotten, but for its times.
	r := &a.recent[cloudtrail.InEvents]
	r.forget(r.newer.span)
	r.newer = period{}
	put(a, timed(t, "a3", 10, 11, 40, 41, 50), 3, 2)
	let(a)
	b := writer(t, path, 1)
	put(b, timed(t, "b1", 11, 12, 100), 2, 1)
	let(b)
	put(a, timed(t, "a4", 12, 13, 50, 100, 101), 2, 3)
	if err := a.Close(ctx); err != nil {
		t.Fatal(err)
	}
	put(b, timed(t, "b2", 13, 101, 102), 1, 2)
	if err := b.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if n := one(t, path, "select count(*) - count(distinct eventID) from cache.cloudtrail"); n != 0 {
		t.Errorf("%d events are there twice", n)
	}
}

func TestSpans(t *testing.T) {
	var r recent
	for _, s := range []span{{5, 6}, {1, 2}, {8, 9}, {6, 8}, nowhen} {
		r.forget(s)
	}
	for at, want := range map[int64]bool{0: false, 1: true, 2: true, 3: false, 5: true, 7: true, 9: true, 10: false} {
		if r.mayHave(at) != want {
			t.Errorf("%d in %v: %v", at, r.elsewhere, !want)
		}
	}
}

// What was remembered first is forgotten when there is too much, but its times
// are not.
func TestRecentForgets(t *testing.T) {
	var r recent
	key := func(i int) cloudtrail.RowKey { return cloudtrail.RowKey{uint64(i)*0x9e3779b97f4a7c15 | 1, uint64(i)} }
	const rows = 5*recentRows/2 + 1
	for i := range rows {
		r.remember(int64(i), key(i))
	}
	for _, c := range []struct {
		i              int
		knows, mayHave bool
	}{
		{0, false, true}, {recentRows - 1, false, true}, {recentRows, true, false},
		{2 * recentRows, true, false}, {rows - 1, true, false}, {rows, false, false},
	} {
		if r.knows(int64(c.i), key(c.i)) != c.knows || r.mayHave(int64(c.i)) != c.mayHave {
			t.Errorf("row %d of %d: knows %v, mayHave %v", c.i, rows, !c.knows, !c.mayHave)
		}
	}
	if r.knows(recentRows, cloudtrail.RowKey{}) {
		t.Error("a row without an ID is known")
	}
	if r.knows(recentRows, key(rows)) {
		t.Error("a row is known that was never remembered")
	}
}
