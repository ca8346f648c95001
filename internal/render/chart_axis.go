package render

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// timeAxis says which time is in which column of a chart.
type timeAxis struct {
	start  int64 // of the first column
	step   int64 // of a column, in seconds or months
	months bool
	joined bool // a column is more than the rows' own step
	count  int
	per    int // columns of the terminal for each
}

const day = 24 * 60 * 60

// axis returns an axis that fits into room: a column for each step of the times,
// or for several.
func (l *times) axis(room int) timeAxis {
	room = max(room, 1)
	var at []int64
	for p := range l.points {
		at = append(at, p.at)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	a := timeAxis{start: at[0], step: 1, joined: l.quantum > 1}
	last := at[len(at)-1]
	if a.months = allMonths(at); a.months {
		a.step = commonStep(at, monthOf)
	} else {
		a.step = commonStep(at, func(t int64) int64 { return t })
	}
	if len(at) == 1 { // what it is a multiple of tells how precise it is
		for _, step := range []int64{60, day} {
			if at[0]%step == 0 {
				a.step = step
			}
		}
	}
	if n := a.index64(last) + 1; n <= int64(room) && (a.months || counted(a.step)) {
		a.count, a.per = int(n), min(room/int(n), 6)
		return a
	}
	a.months, a.joined, a.per = false, true, 1
	for i := 0; ; i++ {
		a.step = niceStep(i)
		a.start = floorTo(at[0], a.step)
		if n := a.index64(last) + 1; n <= int64(room) {
			a.count = int(n)
			return a
		}
	}
}

// counted says that a person counts in such steps: three times that came by chance
// have a step, too, but it says nothing.
func counted(step int64) bool {
	switch {
	case step > 3*day:
		return step%day == 0
	case step > 6*3600:
		return step%3600 == 0
	}
	return step <= 60 || step%60 == 0
}

// niceStep is the i-th length of time that a person counts in; no year of a time
// is beyond the last.
func niceStep(i int) int64 {
	steps := [...]int64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600,
		day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 365 * day}
	if i < len(steps) {
		return steps[i]
	}
	return steps[len(steps)-1] << (i - len(steps) + 1)
}

// commonStep is the largest step of which all gaps are multiples.
func commonStep(at []int64, unit func(int64) int64) int64 {
	step := int64(0)
	for i := 1; i < len(at); i++ {
		for gap := unit(at[i]) - unit(at[i-1]); gap != 0; {
			step, gap = gap, step%gap
		}
	}
	return max(step, 1)
}

// allMonths says that several times are all a month's first midnight.
func allMonths(at []int64) bool {
	return len(at) > 1 && !slices.ContainsFunc(at, func(t int64) bool { return t%day != 0 || time.Unix(t, 0).UTC().Day() != 1 })
}

func monthOf(t int64) int64 {
	u := time.Unix(t, 0).UTC()
	return int64(u.Year())*12 + int64(u.Month()) - 1
}

func (a timeAxis) index64(t int64) int64 {
	if a.months {
		return (monthOf(t) - monthOf(a.start)) / a.step
	}
	return (t - a.start) / a.step
}

func (a timeAxis) index(t int64) int { return int(a.index64(t)) }

// begin is when a column begins.
func (a timeAxis) begin(i int) int64 {
	if a.months {
		return time.Unix(a.start, 0).UTC().AddDate(0, i*int(a.step), 0).Unix()
	}
	return a.start + int64(i)*a.step
}

// name is a time as precise as the axis is. A day is one of UTC, in every zone.
func (a timeAxis) name(t int64, zone *time.Location) string {
	switch u := time.Unix(t, 0); {
	case a.months:
		return u.UTC().Format("2006-01")
	case a.step%day == 0 && a.start%day == 0 && t%day == 0:
		return u.UTC().Format(time.DateOnly)
	case a.step%60 == 0 && t%60 == 0:
		return u.In(zone).Format("2006-01-02 15:04")
	default:
		return u.In(zone).Format(time.DateTime)
	}
}

// explain says what a column is, whose time it is, and what.
func (a timeAxis) explain(zone *time.Location, what string) string {
	var parts []string
	switch {
	case a.joined:
		parts = append(parts, "a column is "+a.length()+" and shows the largest in it")
	case a.count > 1:
		parts = append(parts, "a column is "+a.length())
	}
	if !a.months && (a.step%day != 0 || a.start%day != 0) {
		parts = append(parts, "times are "+Clean(zone.String()))
	}
	return strings.Join(append(parts, what), "; ")
}

func (a timeAxis) length() string {
	if a.months {
		return plural(a.step, "month")
	}
	for _, u := range []struct {
		seconds int64
		name    string
	}{{day, "day"}, {3600, "hour"}, {60, "minute"}} {
		if a.step%u.seconds == 0 {
			return plural(a.step/u.seconds, u.name)
		}
	}
	return fmt.Sprintf("%s s", group(a.step))
}
