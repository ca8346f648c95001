package profile

import "iter"

// restore takes what was stored.
func (e *Engine) restore(s Stored) error {
	e.spot = new(Spot)
	if s.Spot != nil {
		e.spot = s.Spot.clone()
	}
	e.closed, e.watermark = s.Closed, s.Watermark
	for _, p := range s.Probation {
		e.probation[p.Key] = p
	}
	for _, h := range s.Hours {
		e.hours[uint64(h.Group)] = hoursOf{h.Hours, h.Day}
	}
	if err := each(s.Learned, e.learnValue); err != nil {
		return err
	}
	forgotten := Day(-1 << 31)
	if e.o.Forget > 0 && e.closed > 0 {
		forgotten = e.closed - Day(e.o.Forget.Hours()/24)
	}
	err := each(s.Rates, func(r RateOf) {
		if r.Day >= forgotten {
			e.rates[uint64(r.Key)] = rateOf{r.Rate, r.Day}
		}
	})
	if err != nil {
		return err
	}
	if err := each(s.Lineage, func(l Lineage) { e.lineage.put(l) }); err != nil {
		return err
	}
	if s.First != 0 {
		e.first = s.First
	}
	return e.restoreDays(s)
}

// restoreDays makes the days that are open.
func (e *Engine) restoreDays(s Stored) error {
	if err := each(s.Seen, e.restoreSeen); err != nil {
		return err
	}
	names := make(map[Key]Named, len(s.Named))
	for _, n := range s.Named {
		names[n.Key] = n
	}
	err := each(s.Counts, func(n Count) {
		d := e.dayAt(n.Day)
		k := hourKey{uint64(n.Key), n.Hour}
		d.counts[k] = &counted{hourKey: k, count: n.Count}
		d.names[k.key] = names[n.Key]
	})
	if err != nil {
		return err
	}
	err = each(s.Recent, func(r Recent) {
		d := e.dayAt(r.Day)
		for _, id := range r.Events {
			d.recent[id] = struct{}{}
		}
	})
	if err != nil {
		return err
	}
	for _, x := range s.Evidence {
		e.restoreEvidence(x, names[x.Key])
	}
	for _, d := range e.open {
		d.restoreCrowds()
	}
	for _, f := range s.Detected {
		e.dayAt(f.Day).detected.add(f)
	}
	for _, t := range s.Told {
		e.dayAt(t.Day).told[t.ID] = 0 // what it told is not known
	}
	for _, d := range e.open {
		d.dirty = true
	}
	return nil
}

func (e *Engine) restoreSeen(s Seen) {
	d := e.dayAt(s.Day)
	at, _ := d.facts.find(uint64(s.Key))
	f := &d.facts.list[at]
	f.group, f.first, f.last, f.count = uint64(s.Group), s.First, s.Last, s.Count
}

func (e *Engine) restoreEvidence(x Evidence, n Named) {
	d := e.dayAt(x.Day)
	f := d.facts.has(uint64(x.Key))
	if f == nil {
		return
	}
	found := &evidence{Evidence: x, named: n, group: Key(f.group)}
	f.deviates, f.sighting = !found.sighting(), found.sighting()
	d.admit(found)
}

// restoreCrowds makes facts that may deviate of those that are in no evidence because there
// were too many: see admit. What was normal among them is found to be.
func (d *day) restoreCrowds() {
	for group, list := range d.byGroup {
		if len(list) < mostOf(&list[0].named) {
			continue
		}
		for i := range d.facts.list {
			if f := &d.facts.list[i]; f.group == uint64(group) {
				f.deviates, f.sighting = !list[0].sighting(), list[0].sighting()
			}
		}
	}
}

// each calls do for all that seq yields, up to its first error.
func each[T any](seq iter.Seq2[T, error], do func(T)) error {
	if seq == nil {
		return nil
	}
	for v, err := range seq {
		if err != nil {
			return err
		}
		do(v)
	}
	return nil
}
