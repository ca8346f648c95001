package profile

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// dormantName is what the names of profiles begin with that are about what was not seen
// for long, where others are about what was never seen.
const dormantName = "dormant-"

// returning are those profiles.
func returning() []Profile {
	return []Profile{
		{Name: dormantName + "actor", Of: []Of{OfActor}, Weight: 1, Phrase: "the actor is back",
			Value: func(e *Event, _ []byte) ([]byte, bool) { return nil, e.judged() && len(e.Channel) == 0 }},
		{Name: dormantName + "key", Of: []Of{OfAccount}, Weight: 1, Phrase: "the access key %s is in use again",
			Value: func(e *Event, _ []byte) ([]byte, bool) {
				return e.Credential, bytes.HasPrefix(e.Credential, []byte("AKIA"))
			}},
	}
}

// dormant is after how many days of silence somebody is back.
const dormant = 60

// deviates reports whether a value, of which this is known, may be told of on a day.
func (p *asked) deviates(e *Engine, known *value, key uint64, n Day) bool {
	if p.returns {
		return known.silent(n) >= dormant
	}
	return !e.isNormal(known, key, n)
}

// silent is for how many days before n a value was not seen; 0 where it never was.
func (v *value) silent(n Day) int {
	if v == nil {
		return 0
	}
	return int(n-DayOf(int64(v.last)*1_000_000)) - 1
}

// back judges that somebody is back, and reports whether it is to be told.
func (e *Engine) back(f *Finding, d *day, p *asked, known *value) bool {
	silent := known.silent(d.number)
	for n, o := range e.open {
		if n < d.number && o.facts.has(uint64(f.Key)) != nil {
			return false // it was already
		}
	}
	if silent < dormant {
		return false
	}
	last := time.Unix(int64(known.last), 0).UTC()
	f.Past = Past{Days: int(d.number - DayOf(int64(known.first)*1_000_000)), Events: uint64(known.count), First: DayOf(int64(known.first) * 1_000_000)}
	f.Why = fmt.Sprintf("not seen for %d days, since %s", silent, last.Format("2006-01-02"))
	f.Score = p.Weight * (lowScore + 2*math.Log10(float64(silent)/dormant))
	return true
}
