package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// batch decodes one object whose records have the IDs.
func batch(t *testing.T, name string, ids ...string) *cloudtrail.Batch {
	t.Helper()
	b, err := cloudtrail.NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	var records []string
	for _, id := range ids {
		records = append(records, fmt.Sprintf(`{"eventID":%q,"eventTime":"2025-01-01T00:00:00Z","eventSource":"s","eventName":"n"}`, id))
	}
	var d cloudtrail.Decoder
	text := `{"Records":[` + strings.Join(records, ",") + `]}`
	o := cloudtrail.Object{Name: name, Size: int64(len(text)), Modified: time.Unix(1, 0)}
	if err := d.Decode(b, o, cloudtrail.Body{ReadSeeker: bytes.NewReader([]byte(text))}); err != nil {
		t.Fatal(err)
	}
	return b
}

func writer(t *testing.T, path string, workers int) *Writer {
	t.Helper()
	w, err := OpenWriter(context.Background(), path, WriterOptions{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func one(t *testing.T, path, sql string) (n int) {
	t.Helper()
	ctx := context.Background()
	s, err := OpenSession(ctx, SessionOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	err = s.attach(ctx, &s.cache, false)
	if err == nil {
		err = s.conn.One(ctx, sql, &n)
	}
	if err := errors.Join(err, s.detach(ctx), s.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}

// Batches that hold the same events are put at the same time, again and again:
// each event is one row, and all others are counted as copies.
func TestCopiesUnderWay(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	const workers, rounds = 4, 30
	w := writer(t, path, workers)
	var mu sync.Mutex
	var sum cloudtrail.Stored
	var wg sync.WaitGroup
	for i := range workers {
		var batches []*cloudtrail.Batch
		for r := range rounds {
			// Each event comes once from each worker, half of them a round later.
			ids := []string{fmt.Sprint("now", r), fmt.Sprint("late", r+i%2), "always"}
			batches = append(batches, batch(t, fmt.Sprintf("%d/%d", i, r), ids...))
		}
		wg.Go(func() {
			for _, b := range batches {
				s, err := w.Put(ctx, b, nil)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				sum.Rows[cloudtrail.InEvents] += s.Rows[cloudtrail.InEvents]
				sum.Duplicates += s.Duplicates
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	const distinct = rounds + rounds + 1 + 1
	if sum.Rows[cloudtrail.InEvents] != distinct || sum.Rows[cloudtrail.InEvents]+sum.Duplicates != workers*rounds*3 {
		t.Errorf("%d events and %d copies; want %d events of %d", sum.Rows[cloudtrail.InEvents], sum.Duplicates, distinct, workers*rounds*3)
	}
	if n := one(t, path, "select count(*) from cache.cloudtrail"); n != distinct {
		t.Errorf("%d rows, want %d", n, distinct)
	}
	if n := one(t, path, "select sum(events + duplicates)::bigint from cache.objects"); n != workers*rounds*3 {
		t.Errorf("the ledger accounts for %d records, want %d", n, workers*rounds*3)
	}
}

// An object comes in parts, and the last is bad: nothing of it is there.
func TestLargeAllOrNothing(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 2)
	bad := errors.New("bad")
	_, err := w.PutLarge(ctx, func(yield func(*cloudtrail.Batch, error) bool) {
		if yield(batch(t, "o", "a", "b"), nil) {
			yield(nil, bad)
		}
	}, nil)
	if !errors.Is(err, bad) {
		t.Fatalf("error %v", err)
	}
	s, err := w.PutLarge(ctx, func(yield func(*cloudtrail.Batch, error) bool) {
		b := batch(t, "o", "a", "b", "a")
		if yield(b, nil) {
			b.Reset()
			var d cloudtrail.Decoder
			text := `[{"eventID":"b","eventTime":"2025-01-01T00:00:00Z","eventSource":"s","eventName":"n"},{"eventID":"c"}]`
			if err := d.Decode(b, cloudtrail.Object{Name: "o"}, cloudtrail.Body{ReadSeeker: strings.NewReader(text)}); err != nil {
				t.Error(err)
			}
			yield(b, nil)
		}
	}, nil)
	if err := errors.Join(err, w.Close(ctx)); err != nil {
		t.Fatal(err)
	}
	if s.Rows[cloudtrail.InEvents] != 3 || s.Duplicates != 2 {
		t.Errorf("stored %+v, want 3 events and 2 copies", s)
	}
	if n := one(t, path, "select count(*) from cache.cloudtrail"); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

// A row that is a copy of one in a batch under way is stored after all if that batch
// is not.
func TestCopyOfWhatFails(t *testing.T) {
	ctx := context.Background()
	for _, fails := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "c.duckdb")
		w := writer(t, path, 2)
		inserted, goOn, first := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		a, b := batch(t, "a", "x"), batch(t, "b", "x", "y")
		go func() {
			_, err := w.put(ctx, func(yield func(*cloudtrail.Batch, error) bool) {
				if !yield(a, nil) {
					return
				}
				close(inserted)
				<-goOn
				if fails {
					yield(nil, errors.New("it broke"))
				}
			}, nil)
			first <- err
		}()
		<-inserted
		second := make(chan cloudtrail.Stored, 1)
		go func() {
			s, err := w.Put(ctx, b, nil)
			if err != nil {
				t.Error(err)
			}
			second <- s
		}()
		close(goOn)
		if err := <-first; (err != nil) != fails {
			t.Error(err)
		}
		s := <-second
		if want := map[bool]int{true: 2, false: 1}[fails]; s.Rows[cloudtrail.InEvents] != want || s.Duplicates != 2-want {
			t.Errorf("%+v", s)
		}
		if err := w.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if n := one(t, path, "select count(*) from cache.cloudtrail"); n != 2 {
			t.Errorf("%d events, not 2", n)
		}
	}
}
