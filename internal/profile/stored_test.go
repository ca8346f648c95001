package profile

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// A shelf adds Changes up, as whoever stores them does.
type shelf struct {
	named     map[Key]Named
	learned   map[Key]Learned
	rates     map[Key]RateOf
	hours     map[Key]HoursOf
	seen      map[dayKey]Seen
	counts    map[dayHour]Count
	recent    []Recent
	lineage   map[string]Lineage
	evidence  map[dayKey]Evidence
	detected  []Detected
	probation map[Key]Probation
	spot      *Spot
	stories   map[string]Story
	closed    Day
	first     Day
	watermark int64
}

type dayKey struct {
	day Day
	key Key
}

type dayHour struct {
	dayKey
	hour uint8
}

func newShelf() *shelf {
	return &shelf{named: map[Key]Named{}, learned: map[Key]Learned{}, rates: map[Key]RateOf{}, hours: map[Key]HoursOf{},
		seen: map[dayKey]Seen{}, counts: map[dayHour]Count{}, lineage: map[string]Lineage{}, evidence: map[dayKey]Evidence{},
		probation: map[Key]Probation{}, stories: map[string]Story{}}
}

func (s *shelf) put(c *Change) {
	for _, n := range c.Named {
		s.named[n.Key] = n
	}
	for _, n := range c.Seen {
		k := dayKey{n.Day, n.Key}
		if old, ok := s.seen[k]; ok {
			n.First, n.Last, n.Count = min(n.First, old.First), max(n.Last, old.Last), n.Count+old.Count
		}
		s.seen[k] = n
	}
	for _, n := range c.Counts {
		k := dayHour{dayKey{n.Day, n.Key}, n.Hour}
		n.Count += s.counts[k].Count
		s.counts[k] = n
	}
	s.recent = append(s.recent, c.Recent...)
	for _, l := range c.Lineage {
		s.lineage[l.Child] = l
	}
	for _, x := range c.Evidence {
		s.evidence[dayKey{x.Day, x.Key}] = x
	}
	for _, n := range c.Again {
		s.detected = slices.DeleteFunc(s.detected, func(f Detected) bool { return f.Day == n && f.Window })
	}
	s.detected = append(s.detected, c.Detected...)
	for _, p := range c.Probation {
		s.probation[p.Key] = p
		if p.Ended {
			delete(s.probation, p.Key)
		}
	}
	for _, d := range c.Closed {
		s.close(d)
	}
	for _, t := range c.Stories {
		s.stories[t.ID] = t
	}
	for _, id := range c.Withdrawn {
		delete(s.stories, id)
	}
	maps.DeleteFunc(s.lineage, func(_ string, l Lineage) bool { return l.Until < c.Over })
	s.watermark, s.first = c.Watermark, c.First
}

func (s *shelf) close(d Closed) {
	maps.DeleteFunc(s.seen, func(k dayKey, _ Seen) bool { return k.day == d.Day })
	maps.DeleteFunc(s.counts, func(k dayHour, _ Count) bool { return k.day == d.Day })
	maps.DeleteFunc(s.evidence, func(k dayKey, _ Evidence) bool { return k.day == d.Day })
	s.recent = slices.DeleteFunc(s.recent, func(r Recent) bool { return r.Day == d.Day })
	s.detected = slices.DeleteFunc(s.detected, func(f Detected) bool { return f.Day == d.Day })
	for _, l := range d.Learned {
		if old, ok := s.learned[l.Key]; ok {
			l.First, l.Last, l.Count, l.Days = min(l.First, old.First), max(l.Last, old.Last), l.Count+old.Count, l.Days+old.Days
		}
		s.learned[l.Key] = l
	}
	for _, r := range d.Rates {
		s.rates[r.Key] = r
	}
	for _, h := range d.Hours {
		s.hours[h.Group] = h
	}
	if d.Spot != nil {
		s.spot = d.Spot
	}
	s.closed = max(s.closed, d.Day)
}

func (s *shelf) stored() Stored {
	out := Stored{Learned: from(s.learned), Rates: from(s.rates), Seen: from(s.seen), Counts: from(s.counts),
		Lineage: from(s.lineage), Recent: all(s.recent), Detected: s.detected, Spot: s.spot, Closed: s.closed,
		First: s.first, Watermark: s.watermark, Evidence: slices.Collect(maps.Values(s.evidence)),
		Probation: slices.Collect(maps.Values(s.probation)), Hours: slices.Collect(maps.Values(s.hours))}
	for _, x := range out.Evidence {
		out.Named = append(out.Named, s.named[x.Key])
	}
	for _, t := range s.stories {
		if !t.Final {
			out.Told = append(out.Told, Told{t.Day, t.ID})
		}
	}
	for k := range s.counts {
		out.Named = append(out.Named, s.named[k.key])
	}
	return out
}

// told are the stories, in order.
func (s *shelf) told() []Story {
	return slices.SortedFunc(maps.Values(s.stories), func(a, b Story) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
}

func from[K comparable, V any](m map[K]V) iter.Seq2[V, error] {
	return all(slices.Collect(maps.Values(m)))
}

func all[V any](list []V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}
