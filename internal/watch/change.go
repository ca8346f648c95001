package watch

import (
	"slices"

	"github.com/ctsql/ctsql/internal/profile"
)

// add makes c what came of two changes, of which d is the later.
func add(c, d *profile.Change) {
	c.Named = append(c.Named, d.Named...)
	c.Seen = append(c.Seen, d.Seen...)
	c.Counts = append(c.Counts, d.Counts...)
	c.Recent = append(c.Recent, d.Recent...)
	c.Lineage = append(c.Lineage, d.Lineage...)
	c.Evidence = append(c.Evidence, d.Evidence...)
	c.Detected = append(c.Detected, d.Detected...)
	c.Again = append(c.Again, d.Again...)
	c.Closed = append(c.Closed, d.Closed...)
	c.Probation = append(c.Probation, d.Probation...)

	// Of a story the last word holds.
	changed := map[string]bool{}
	for i := range d.Stories {
		changed[d.Stories[i].ID] = true
	}
	for _, id := range d.Withdrawn {
		changed[id] = true
	}
	c.Stories = slices.DeleteFunc(c.Stories, func(s profile.Story) bool { return changed[s.ID] })
	c.Withdrawn = slices.DeleteFunc(c.Withdrawn, func(id string) bool { return changed[id] })
	c.Stories = append(c.Stories, d.Stories...)
	c.Withdrawn = append(c.Withdrawn, d.Withdrawn...)

	c.Watermark = max(c.Watermark, d.Watermark)
	if d.First != 0 {
		c.First = d.First
	}
	c.Events += d.Events
	c.Copies += d.Copies
	c.Late += d.Late
	c.Misdated += d.Misdated
}
