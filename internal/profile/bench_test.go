package profile

import (
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/synth"
)

// BenchmarkTake is what one event costs, decoded already.
func BenchmarkTake(b *testing.B) {
	objects := trailOf(b, synth.Config{Events: 100_000})
	o := options(b)
	var batches []*cloudtrail.Batch
	for len(objects) > 0 {
		batch, err := cloudtrail.NewBatch()
		if err != nil {
			b.Fatal(err)
		}
		defer batch.Close()
		var dec cloudtrail.Decoder
		for len(objects) > 0 && batch.Rows() < 16_000 {
			if err := dec.Decode(batch, cloudtrail.Object{Name: objects[0].key}, bodyOf(objects[0])); err != nil {
				b.Fatal(err)
			}
			objects = objects[1:]
		}
		batches = append(batches, batch)
	}
	events := 0
	for b.Loop() {
		e, err := New(o, Stored{})
		if err != nil {
			b.Fatal(err)
		}
		for _, batch := range batches {
			events += e.Take(batch, func(int) bool { return true }, nil).Events
			for _, d := range e.Due() {
				e.Close(d)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
