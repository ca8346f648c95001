package profile

import (
	"bytes"
	"context"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/synth"
)

// generated is a batch of a generated trail.
func generated(t testing.TB, events int) *cloudtrail.Batch {
	t.Helper()
	b, err := cloudtrail.NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	var d cloudtrail.Decoder
	_, err = synth.Write(context.Background(), synth.Config{Events: events, Days: 7}, func(key string, body []byte) error {
		return d.Decode(b, cloudtrail.Object{Name: key}, cloudtrail.Body{ReadSeeker: bytes.NewReader(body), Bytes: body})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A generated trail is read whole: in it is one of each shape of record at least.
func TestTrail(t *testing.T) {
	b := generated(t, 3000)
	r := NewReader()
	r.Reset(&b.Events, snapshotOf(t))
	if n := readAll(t, r, &b.Events); n < len(b.Events.Rows)*9/10 {
		t.Errorf("%d of %d records are activities", n, len(b.Events.Rows))
	}
	if r.Err() != nil {
		t.Error(r.Err())
	}
}

// Reading an event takes no memory, once what it says again and again is known.
func TestReadAllocates(t *testing.T) {
	b := generated(t, 3000)
	r := NewReader()
	r.Reset(&b.Events, snapshotOf(t))
	var e Event
	all := func() {
		for i := range b.Events.Rows {
			r.Read(i, &e)
		}
	}
	all()
	if n := testing.AllocsPerRun(3, all) / float64(len(b.Events.Rows)); n > 0.1 {
		t.Errorf("%.2f allocations an event", n)
	}
}

// BenchmarkRead reports what an event costs: to read it, and to ask all profiles.
func BenchmarkRead(b *testing.B) {
	batch := generated(b, 50_000)
	r := NewReader()
	r.Reset(&batch.Events, snapshotOf(b))
	var e Event
	events := float64(len(batch.Events.Rows))
	b.Run("events", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range batch.Events.Rows {
				r.Read(i, &e)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
	})
	b.Run("values", func(b *testing.B) {
		b.ReportAllocs()
		profiles, buf, values := Profiles(), make([]byte, 0, 256), 0
		for b.Loop() {
			values = 0
			for i := range batch.Events.Rows {
				if !r.Read(i, &e) {
					continue
				}
				for k := range profiles {
					if _, ok := profiles[k].Value(&e, buf[:0]); ok {
						values += len(profiles[k].Of)
					}
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
		b.ReportMetric(float64(values)/events, "values/event")
	})
	b.Run("edges", func(b *testing.B) {
		b.ReportAllocs()
		var edges []Edge
		for b.Loop() {
			for i := range batch.Events.Rows {
				if r.Read(i, &e) {
					edges = e.AppendEdges(edges[:0])
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
	})
}
