package cache

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// longRun is how many days without anything have a row each: more are one gap,
// for a record may say that it is of any year.
const longRun = 366

// sum makes of what was read the days and the gaps, in order.
func (r *covering) sum() Coverage {
	c := Coverage{Days: []CoveredDay{}, Gaps: r.stops(), Digests: len(r.digests)}
	stops := slices.Clone(c.Gaps)
	holes := cloudtrail.DigestHoles(r.digests)
	for _, h := range holes {
		to := h.To
		c.Gaps = append(c.Gaps, CoverageGap{
			Account: h.Account, Region: h.Region, What: GapDigests, From: h.From, To: &to, Trail: h.Trail, Missing: h.Missing, Next: h.Next,
		})
	}
	for _, key := range slices.SortedFunc(maps.Keys(r.lines), accountRegion.compare) {
		l := lineGaps{key: key, coverageLine: r.lines[key], marks: map[int64]GapKind{}}
		l.mark(holes, stops)
		l.days(stops)
		c.Days, c.Gaps = append(c.Days, l.out...), append(c.Gaps, l.gaps...)
	}
	c.Days = append(c.Days, r.access...)
	slices.SortStableFunc(c.Gaps, func(a, b CoverageGap) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region), strings.Compare(string(a.What), string(b.What)))
	})
	return c
}

func (k accountRegion) compare(o accountRegion) int {
	return cmp.Or(strings.Compare(k.account, o.account), strings.Compare(k.region, o.region))
}

// stops are the times in which trails did not log, and their changes. A time that
// was over before it is asked for is left out.
func (r *covering) stops() []CoverageGap {
	gaps := []CoverageGap{}
	open := map[[3]string]int{} // by account, home region and trail: where in gaps
	for _, e := range r.trails {
		key := [3]string{e.account, e.region, e.trail}
		gap := CoverageGap{Account: e.account, Region: e.region, What: GapStopped, From: e.at, Trail: e.trail, Note: e.name + " by " + e.who}
		at, stopped := open[key]
		switch e.name {
		case "StopLogging", "DeleteTrail":
			if !stopped {
				open[key] = len(gaps)
				gaps = append(gaps, gap)
			}
		case "StartLogging":
			if stopped {
				gaps[at].To = &e.at
				delete(open, key)
			}
		case "UpdateTrail":
			if less := e.less(); less != "" {
				gap.What, gap.Note, gap.To = GapChanged, gap.Note+": "+less, &e.at
				gaps = append(gaps, gap)
			}
		}
	}
	return slices.DeleteFunc(gaps, func(g CoverageGap) bool { return g.To != nil && g.To.Before(r.o.Since) })
}

// lineGaps finds the gaps of one account and region.
type lineGaps struct {
	key accountRegion
	*coverageLine
	marks map[int64]GapKind // of days that have something
	out   []CoveredDay
	gaps  []CoverageGap
}

// mark notes the days on which digests are missing or logging was stopped or
// started again, though something is there.
func (l *lineGaps) mark(holes []cloudtrail.DigestHole, stops []CoverageGap) {
	known := l.known()
	for _, h := range holes {
		if h.Missing > 0 && (accountRegion{h.Account, h.Region}) == l.key {
			each := h.To.Sub(h.From) / time.Duration(h.Missing+1)
			first, last := dayOf(h.From.Add(each)), dayOf(h.To.Add(-each))
			for day := range known {
				if first <= day && day <= last {
					l.marks[day] = GapDigests
				}
			}
		}
	}
	for _, g := range stops {
		if g.What != GapStopped || (accountRegion{g.Account, g.Region}) != l.key {
			continue
		}
		l.marks[dayOf(g.From)] = GapStopped
		if g.To != nil {
			l.marks[dayOf(*g.To)] = GapStopped
		}
	}
}

// known are the days of which anything is known.
func (l *lineGaps) known() map[int64]bool {
	days := map[int64]bool{}
	for day := range l.rows {
		days[day] = true
	}
	for day := range l.delivered {
		days[day] = true
	}
	for day := range l.digests {
		days[day] = true
	}
	return days
}

// days writes a row for each category of a day, and for each day between those
// of which something is known.
func (l *lineGaps) days(stops []CoverageGap) {
	known := slices.Sorted(maps.Keys(l.known()))
	withDigests := slices.Sorted(maps.Keys(l.digests))
	for i, day := range known {
		if i > 0 {
			kind := GapUnknown
			if n := len(withDigests); n > 0 && withDigests[0] < day && withDigests[n-1] >= day {
				kind = GapMissing
			}
			l.run(known[i-1]+1, day, kind, stops)
		}
		rows := l.rows[day]
		if len(rows) == 0 {
			rows = []CoveredDay{{Objects: l.delivered[day]}}
		}
		for _, row := range rows {
			l.add(row, day, l.marks[day])
		}
	}
	for _, row := range l.timeless {
		row.Account, row.Region = l.key.account, l.key.region
		l.out = append(l.out, row)
	}
}

func (l *lineGaps) add(row CoveredDay, day int64, gap GapKind) {
	row.Account, row.Region, row.Day = l.key.account, l.key.region, dayText(day)
	row.Digests, row.Gap = l.digests[day], gap
	l.out = append(l.out, row)
}

// run writes the days from one up to another, of which nothing is known.
func (l *lineGaps) run(from, to int64, kind GapKind, stops []CoverageGap) {
	if from >= to {
		return
	}
	end := dayTime(to)
	if to-from > longRun {
		l.gaps = append(l.gaps, CoverageGap{Account: l.key.account, Region: l.key.region, What: kind, From: dayTime(from), To: &end})
		return
	}
	if kind == GapMissing {
		l.gaps = append(l.gaps, CoverageGap{Account: l.key.account, Region: l.key.region, What: kind, From: dayTime(from), To: &end})
	}
	for day := from; day < to; day++ {
		gap := kind
		if slices.ContainsFunc(stops, func(g CoverageGap) bool { return g.stopped(l.key.account, dayTime(day)) }) {
			gap = GapStopped
		}
		l.add(CoveredDay{}, day, gap)
	}
}

// stopped reports whether a trail of the account did not log at some time of the day.
func (g CoverageGap) stopped(account string, day time.Time) bool {
	return g.What == GapStopped && g.Account == account && g.From.Before(day.Add(24*time.Hour)) && (g.To == nil || g.To.After(day))
}
