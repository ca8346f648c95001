package load

import "github.com/ctsql/ctsql/internal/cloudtrail"

// count adds what became of one object that was stored.
func (w *worker) count(o *cloudtrail.Decoded, s cloudtrail.Stored) {
	w.sum.Objects++
	if o.Skipped != "" {
		w.sum.Objects--
		w.sum.Skipped++
		w.o.Report(Event{Object: o.Name, Skipped: o.Skipped})
	}
	w.sum.LeftOut += o.LeftOut
	w.sum.Damaged += o.Damaged
	w.sum.Misfits += o.Misfits
	w.sum.Replaced += o.Replaced
	w.sum.Bytes += max(o.Size, 0)
	w.sum.Inflated += o.Inflated
	w.o.Progress.Objects.Add(1)
	w.o.Progress.Bytes.Add(max(o.Size, 0))
	w.addStored(s)
}

func (w *worker) addStored(s cloudtrail.Stored) {
	for i, n := range s.Rows {
		w.sum.Rows[i] += n
	}
	w.sum.Duplicates += s.Duplicates
	w.sum.Seen += s.Known
	w.sum.Objects -= s.Known
	w.o.Progress.Rows.Add(int64(s.Rows[cloudtrail.InEvents] + s.Rows[cloudtrail.InRequests]))
}

func damagedEvents(b *cloudtrail.Batch) (es []Event) {
	for i := range b.Damaged {
		if d := &b.Damaged[i]; !d.Replaced {
			copied := *d
			es = append(es, Event{Object: b.Objects[d.Object].Name, Damaged: &copied})
		}
	}
	return es
}
