package profile

import (
	"maps"
	"slices"
	"time"
)

// mostOpen is how many days are open before those that were closed already have to wait no
// more for their next events: logs that come in no order at all would open all days.
const mostOpen = 16

// Due are the days that Close is to be called for, in this order: those that ended so
// long before the watermark that all of their events should be there.
func (e *Engine) Due() (due []Day) {
	for _, d := range e.openDays() {
		end := (d.number + 1).Start().Add(e.o.Late).UnixMicro()
		if d.reopened > 0 && len(e.open) <= mostOpen {
			end = max(end, d.reopened+time.Hour.Microseconds())
		}
		if e.watermark >= end {
			due = append(due, d.number)
		}
	}
	return due
}

// Close judges a day for the last time, and learns it.
func (e *Engine) Close(n Day) *Change {
	c := new(Change)
	e.stamp(c)
	d := e.open[n]
	if d == nil {
		return c
	}
	// What the days before it hold counts only as far as they were judged.
	e.judge(c, func(o *day) bool { return o.number < n })
	stories := e.stories(d)
	e.tell(c, d, stories, true)
	e.suspect(c, d, stories)
	closed := Closed{Day: n}
	e.learn(&closed, d)
	e.learnFrequencies(&closed, d)
	e.score(&closed, d, stories)
	c.Closed = append(c.Closed, closed)
	if d.reopened == 0 {
		e.closed = max(e.closed, n)
	}
	e.carry(c, d)
	delete(e.open, n)
	delete(e.suspects, n)
	e.at = nil
	over := n + 1
	for _, o := range e.open {
		o.dirty = o.dirty || o.number > n
		over = min(over, o.number)
	}
	c.Over = over.Start().UnixMicro()
	e.lineage.forget(c.Over)
	if len(e.Due()) == 0 { // else the next Close, or Take, judges them once for all
		e.judgeOpen(c)
	}
	return c
}

// suspect puts what is in alerts on probation, and ends probations. A day counts once
// for a value, in however many stories it is, and not if there was anything else in one.
func (e *Engine) suspect(c *Change, d *day, stories []*Story) {
	alone := map[Key]bool{} // of values on probation
	alert := map[Key]bool{} // of others
	for _, s := range stories {
		only := !slices.ContainsFunc(s.Findings, func(f Finding) bool { return !e.onProbation(&f) })
		for i := range s.Findings {
			for _, key := range s.Findings[i].Keys {
				if _, known := e.probation[key]; !known {
					alert[key] = alert[key] || s.Severity >= e.o.Probation
				} else if others, met := alone[key]; !met || others {
					alone[key] = only
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(alone)) {
		if !alone[key] {
			continue
		}
		p := e.probation[key]
		p.Days = min(p.Days, 254) + 1
		p.Ended = p.Days >= trustedDays && d.number-p.Since >= trustedSpan
		if e.probation[key] = p; p.Ended {
			delete(e.probation, key)
		}
		c.Probation = append(c.Probation, p)
	}
	for _, key := range slices.Sorted(maps.Keys(alert)) {
		if alert[key] {
			e.probation[key] = Probation{Key: key, Since: d.number}
			c.Probation = append(c.Probation, e.probation[key])
		}
	}
}

// onProbation reports whether a finding is of a value that was in an alert before.
func (e *Engine) onProbation(f *Finding) bool {
	_, ok := e.probation[f.Key]
	return ok
}

// How a value on probation becomes normal by itself: it is seen on so many days, over
// so many, on which nothing else was found.
const (
	trustedDays = 5
	trustedSpan = 14
)

// learn makes a day's values known.
func (e *Engine) learn(closed *Closed, d *day) {
	for i := range d.facts.list {
		f := &d.facts.list[i]
		if f.sighting {
			continue
		}
		l := Learned{Key: Key(f.key), Group: Key(f.group), First: f.first, Last: f.last, Count: f.count, Days: 1}
		closed.Learned = append(closed.Learned, l)
		e.learnValue(l)
	}
}

// actors is how many were active on the day.
func (d *day) actors() (n int) {
	for _, name := range d.names {
		if name.Profile == callsName {
			n++
		}
	}
	return n
}

// score shows the scores of a day's stories to the threshold, and a nought for each
// actor that has none.
func (e *Engine) score(closed *Closed, d *day, stories []*Story) {
	if d.number < e.teachUntil() || d.reopened > 0 {
		return
	}
	scores := make([]float64, 0, len(stories))
	for _, s := range stories {
		scores = append(scores, s.Score)
	}
	slices.Sort(scores)
	for range d.actors() - len(scores) {
		e.spot.Add(0)
	}
	for _, score := range scores {
		e.spot.Add(score)
	}
	closed.Spot = e.spot.clone()
}

// mediumScore is what medium severity takes: more where the budget of alerts is passed
// otherwise, but never what makes a story high.
func (e *Engine) mediumScore() float64 {
	if z, ok := e.spot.Threshold(e.o.Budget / 100); ok {
		return min(max(mediumScore, z), highScore)
	}
	return mediumScore
}
