package source

import (
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// Select says which objects can hold what is asked for, judged by their keys
// alone. The zero Select takes everything; an object whose key does not follow
// the layout always passes, unless it lies in a folder that is left alone, or
// in a region's folder outside the days that are listed. It picks objects, not
// events: whoever reads them still has to look at each event.
type Select struct {
	// Since and Until bound the time of the events; zero is open. A key's
	// date is its delivery, never before its events but for clock noise, and
	// mostly within minutes of them.
	Since, Until time.Time
	// Late is how long after its events an object may be delivered; 24 h
	// when it is 0. Retried deliveries can take 30 days.
	Late     time.Duration
	Accounts []string
	Regions  []string
	Kinds    []string // cloudtrail.KindEvents, …
}

// early is how far a clock that stamps events may run ahead of the one that
// stamps deliveries, the minute to which names are cut included.
const early = 15 * time.Minute

const defaultLate = 24 * time.Hour

// all reports whether everything is taken.
func (s Select) all() bool {
	return s.Since.IsZero() && s.Until.IsZero() && len(s.Accounts)+len(s.Regions)+len(s.Kinds) == 0
}

// from is the first delivery that can matter, or zero.
func (s Select) from() time.Time {
	if s.Since.IsZero() {
		return time.Time{}
	}
	return s.Since.UTC().Add(-early)
}

// to is the last delivery that can matter, or zero.
func (s Select) to() time.Time {
	if s.Until.IsZero() {
		return time.Time{}
	}
	late := s.Late
	if late == 0 {
		late = defaultLate
	}
	return s.Until.UTC().Add(late)
}

// takes judges an object. Names that do not bear a time are judged by the day.
func (s Select) takes(k cloudtrail.Key) bool {
	if !s.takesPlace(k) {
		return false
	}
	first := k.Delivered
	if first.Equal(day(first)) { // midnight sharp, or a name without a time
		first = first.Add(24*time.Hour - 1)
	}
	if t := s.from(); !t.IsZero() && first.Before(t) {
		return false
	}
	if t := s.to(); !t.IsZero() && k.Delivered.After(t) {
		return false
	}
	return true
}

// takesPlace judges by account, kind and region, as far as they are known.
func (s Select) takesPlace(k cloudtrail.Key) bool {
	return (k.Kind == "" || len(s.Kinds) == 0 || slices.Contains(s.Kinds, k.Kind)) &&
		s.takesAccount(k.Account) && s.takesRegion(k.Region)
}

// takesAccount lets a folder pass that is no account number: the logs may have
// been copied without their upper folders, and then it says nothing.
func (s Select) takesAccount(name string) bool {
	return len(s.Accounts) == 0 || !isAccount(name) || slices.Contains(s.Accounts, name)
}

func (s Select) takesRegion(name string) bool {
	return len(s.Regions) == 0 || !isRegion(name) || slices.Contains(s.Regions, name)
}

func day(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isRegion tells a region's name by its shape: no list, since regions are added.
func isRegion(s string) bool {
	if strings.Count(s, "-") < 2 || len(s) > 32 {
		return false
	}
	last := s[len(s)-1]
	return last >= '0' && last <= '9' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s[0] >= 'a'
}
