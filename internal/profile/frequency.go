package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// rateOf is a frequency that is known, at the end of a day.
type rateOf struct {
	Rate
	day Day
}

// Frequencies: how unlikely a count must be to be told, and what it adds to a story at
// most. Counts below the floors of critical are never told.
const (
	unlikely        = 1e-4
	frequencyWeight = 0.7
	mostFrequency   = 5
)

// callsName is the frequency that every event of an actor counts for.
const callsName = "calls"

// hoursOf is when peers are active, at the end of a day.
type hoursOf struct {
	Hours
	day Day
}

// count counts an event for each frequency that it is of.
func (e *Engine) count(c *Change, d *day, ev *Event, s *subjects) {
	hour := hourOfTime(ev.Time)
	peers := groupKey(e.hoursSalt, s[peersSubject])
	// Who is compared with others at times is counted apart for that: which of them the
	// exposures are of would depend on which record came first.
	who := joined(s[actorSubject], s[peersSubject])
	for at := range e.frequencies {
		f := &e.frequencies[at]
		value, ok := f.Key(ev, e.buf[:0])
		if !ok {
			continue
		}
		key := valueKey(groupKey(f.salt, who), e.hash.text(value))
		name := func() Named {
			return Named{Key: Key(key), Group: Key(peers), Profile: f.Name, Of: OfActor, Subject: string(ev.Actor), Value: string(value)}
		}
		n, made := e.counted(c, d, hourKey{key, hour}, name)
		n.add(d)
		if made && f.distinct != nil {
			e.countDistinct(c, d, f.distinct, hourKey{groupKey(f.distinct.salt, who), hour}, peers, ev)
		}
	}
}

// hourOfTime is the hour of the day, in UTC, of a time in microseconds since 1970.
func hourOfTime(micros int64) uint8 {
	const hour = int64(time.Hour / time.Microsecond)
	return uint8((micros - int64(DayOf(micros))*24*hour) / hour)
}

// countDistinct counts a value that is new in its hour.
func (e *Engine) countDistinct(c *Change, d *day, f *frequency, k hourKey, peers uint64, ev *Event) {
	n, _ := e.counted(c, d, k, func() Named {
		return Named{Key: Key(k.key), Group: Key(peers), Profile: f.Name, Of: OfActor, Subject: string(ev.Actor)}
	})
	n.add(d)
}

// counted is the count of an hour, and whether it was made.
func (e *Engine) counted(c *Change, d *day, k hourKey, name func() Named) (n *counted, made bool) {
	if n, ok := d.counts[k]; ok {
		return n, false
	}
	n = &counted{hourKey: k}
	d.counts[k] = n
	if _, ok := d.names[k.key]; !ok {
		named := name()
		d.names[k.key] = named
		c.Named = append(c.Named, named)
	}
	return n, true
}

func (n *counted) add(d *day) {
	if n.batch == 0 {
		d.changed = append(d.changed, n)
	}
	n.batch++
}

// week is how active peers are in each hour of it.
func (e *Engine) week(peers uint64) *Week {
	h := e.hours[peers]
	return h.Hours.week()
}

// learnFrequencies learns the counts of a day, and when peers were active on it.
func (e *Engine) learnFrequencies(closed *Closed, d *day) {
	if d.reopened > 0 {
		return // the days after it are learned
	}
	counts := map[uint64]*[24]uint32{}
	for k, n := range d.counts {
		if counts[k.key] == nil {
			counts[k.key] = new([24]uint32)
		}
		counts[k.key][k.hour] += n.count
	}
	weeks := map[uint64]*Week{}
	activity := map[uint64]*[24]float64{}
	for _, key := range slices.Sorted(maps.Keys(counts)) { // sums of floats depend on it
		of := d.names[key]
		peers := uint64(of.Group)
		if weeks[peers] == nil {
			weeks[peers], activity[peers] = e.week(peers), new([24]float64)
		}
		known := e.rates[key]
		before := known.after(known.day, d.number, weeks[peers])
		after, learned := before.learn(counts[key], weeks[peers].day(d.number))
		if of.Profile == callsName {
			pool(activity[peers], &learned, before.mean())
		}
		e.rates[key] = rateOf{after, d.number}
		closed.Rates = append(closed.Rates, RateOf{Key: Key(key), Day: d.number, Rate: after})
	}
	for _, peers := range slices.Sorted(maps.Keys(activity)) {
		h := e.hours[peers]
		h.Hours.learn(h.day, d.number, activity[peers])
		h.day = d.number
		e.hours[peers] = h
		closed.Hours = append(closed.Hours, HoursOf{Group: Key(peers), Day: d.number, Hours: h.Hours})
	}
}

// tooOften judges the frequencies of a day, each by its worst hour.
func (e *Engine) tooOften(d *day, add func(root string, f Finding)) {
	worst := map[uint64]Finding{}
	for k, n := range d.counts {
		count := n.count + n.batch
		if count < leastCritical {
			continue
		}
		of := d.names[k.key]
		if e.off[of.Profile] {
			continue
		}
		known, ok := e.rates[k.key]
		if !ok || known.day >= d.number {
			continue
		}
		week := e.week(uint64(of.Group))
		exposure := float64(week.day(d.number)[k.hour])
		r := known.after(known.day, d.number, week)
		if count < r.critical(exposure, unlikely) {
			continue
		}
		score := min(frequencyWeight*r.surprise(count, exposure), mostFrequency)
		start := d.number.Start().UnixMicro() + int64(k.hour)*3_600_000_000
		if w, ok := worst[k.key]; ok && (w.Score > score || w.Score == score && w.Sample.Time < start) {
			continue
		}
		f := Finding{Profile: of.Profile, Of: OfActor, Subject: of.Subject, Value: of.Value, Key: of.Key, Score: score}
		f.Sample = Sample{Time: start, Actor: of.Subject, Account: accountOf(of.Subject), Name: of.Value}
		f.Why = fmt.Sprintf("%d in the hour from %s UTC, where %s were to be expected", count,
			time.UnixMicro(start).UTC().Format("15:04"), few(r.mean()*exposure))
		worst[k.key] = f
	}
	for _, f := range worst {
		add(e.rootOfDay(f.Subject, d.number), f)
	}
}

// few is a mean for a person.
func few(mean float64) string {
	switch {
	case mean < 0.1:
		return "none"
	case mean < 10:
		return fmt.Sprintf("about %.1f", mean)
	}
	return fmt.Sprintf("about %.0f", mean)
}

// accountOf is the account in an actor's text: of an ARN, or before a colon or a slash.
func accountOf(actor string) string {
	if strings.HasPrefix(actor, "arn:") {
		if part := strings.SplitN(actor, ":", 6); len(part) == 6 {
			return part[4]
		}
		return ""
	}
	if at := strings.IndexAny(actor, ":/"); at == 12 {
		return actor[:at]
	}
	return ""
}
