package profile

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ctsql/ctsql/internal/geoip"
)

// Travel: where a person was, an hour and an address at a time.
const (
	travelName  = "impossible-travel"
	travelScore = 3 // the network is new as well, mostly, which adds to it
)

// sight keeps where a person's event came from.
func (e *Engine) sight(c *Change, d *day, ev *Event, s *subjects) {
	p := ev.Place
	if !ev.Human || ev.Public || p == nil || p.Private || p.Radius == 0 || p.AWS != "" || ev.Instance || e.off[travelName] ||
		d.number+1 < e.keepFrom() {
		return
	}
	e.buf = binary.LittleEndian.AppendUint64(e.buf[:0], uint64(ev.Time/3_600_000_000))
	e.buf = append(e.buf, ev.Address...)
	group := groupKey(e.sightSalt, s[actorSubject])
	key := valueKey(group, e.hash.text(e.buf))
	f := e.touch(d, key, group, ev.Time)
	name := func() Named {
		return Named{Key: Key(key), Group: Key(group), Profile: travelName, Of: OfActor, Subject: string(ev.Actor), Value: cutText(ev.Address, maxValue)}
	}
	if f.count > 0 || f.batchCount > 1 {
		e.earlier(c, d, f, ev, name)
		return
	}
	f.sighting = true
	c.Named = append(c.Named, name())
	e.keep(c, d, name(), ev)
}

// sighting reports whether it is of where somebody was, and of no profile.
func (x *evidence) sighting() bool { return x.named.Profile == travelName }

// sightings are those of a day, by actor.
func (d *day) sightings() map[string][]*evidence {
	all := map[string][]*evidence{}
	for _, key := range slices.Sorted(maps.Keys(d.evidence)) {
		if x := d.evidence[key]; x.sighting() {
			all[x.named.Subject] = append(all[x.named.Subject], x)
		}
	}
	return all
}

// lastOf is the last of an actor's sightings on a day.
func (d *day) lastOf(seen []*evidence) (last *evidence, f *fact) {
	for _, x := range seen {
		if g := d.facts.has(uint64(x.Key)); f == nil || g.last > f.last {
			last, f = x, g
		}
	}
	return last, f
}

// travels judges where each person was on a day, and at last on the day before.
func (e *Engine) travels(d *day, add func(root string, f Finding)) {
	var before map[string][]*evidence
	yesterday := e.open[d.number-1]
	if yesterday != nil {
		before = yesterday.sightings()
	}
	for actor, seen := range d.sightings() {
		var all []Sighting
		by := map[Key]*evidence{}
		for _, x := range seen {
			all = append(all, e.sighting(d, x))
			by[x.Key] = x
		}
		if last, _ := yesterday.lastOf(before[actor]); last != nil {
			all = append(all, e.sighting(yesterday, last))
			by[last.Key] = last
		}
		if j, found := impossible(all); found {
			from, to := by[j.From.Key], by[j.To.Key]
			f := Finding{Profile: travelName, Of: OfActor, Subject: actor, Value: to.Address, Key: to.Key, Score: travelScore, Sample: to.Sample}
			f.Why = fmt.Sprintf("%.0f km in %s, from %s (%s) to %s (%s)", j.KM, time.Duration(j.Hours*float64(time.Hour)).Round(time.Minute),
				placeOf(&from.Sample), from.Address, placeOf(&to.Sample), to.Address)
			add(e.lineage.root(to.Actor, to.Credential, to.Time), f)
		}
	}
}

// sighting is how travel sees an evidence of a day.
func (e *Engine) sighting(d *day, x *evidence) Sighting {
	f := d.facts.has(uint64(x.Key))
	return Sighting{First: min(f.first, x.Time), Last: max(f.last, x.Time), Lat: x.Latitude, Lon: x.Longitude, RadiusKM: x.Radius, ASN: x.ASN,
		Known: e.knowsNetwork(d, x), Key: x.Key}
}

// knowsNetwork reports whether the actor is known from the network of an address.
func (e *Engine) knowsNetwork(d *day, x *evidence) bool {
	p := e.byName["network"]
	if p == nil {
		return false
	}
	group := groupKey(p.salts[actorSubject], e.hash.text([]byte(x.named.Subject)))
	key := valueKey(group, e.hash.text([]byte(networkOf(x.Address))))
	return e.isNormal(e.values.get(key), key, d.number)
}

// carry takes where each person was last on a day that is closed to the day after it.
func (e *Engine) carry(c *Change, d *day) {
	if d.reopened > 0 {
		return
	}
	for _, seen := range d.sightings() {
		x, f := d.lastOf(seen)
		if DayOf(f.last) != d.number {
			continue
		}
		next := e.dayAt(d.number + 1)
		at, made := next.facts.find(f.key)
		if !made {
			continue
		}
		next.facts.list[at] = fact{key: f.key, group: f.group, first: f.first, last: f.last, count: f.count, sighting: true}
		y := *x
		y.Day = next.number
		if next.admit(&y) {
			c.Evidence = append(c.Evidence, y.Evidence)
		}
		c.Named = append(c.Named, y.named)
		c.Seen = append(c.Seen, Seen{Day: next.number, Key: Key(f.key), Group: Key(f.group), First: f.first, Last: f.last, Count: f.count})
		next.dirty = true
	}
}

// placeOf is a record's place for a person.
func placeOf(s *Sample) string {
	switch {
	case s.City != "" && s.Country != "":
		return s.City + ", " + s.Country
	case s.Country != "":
		return s.Country
	}
	return "an unknown place"
}

// networkOf is the value of the profile network of an address.
func networkOf(address string) string {
	addr, ok := geoip.ParseAddr([]byte(address))
	if !ok {
		return ""
	}
	return networkAround(addr).String()
}
