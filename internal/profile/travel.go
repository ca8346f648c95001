package profile

import (
	"cmp"
	"math"
	"slices"

	"github.com/ctsql/ctsql/internal/geoip"
)

// A Sighting is an actor at a place, on one day.
type Sighting struct {
	First, Last int64   // microseconds since 1970; what is between them is not known
	Lat, Lon    float64 // degrees
	RadiusKM    float64 // the place is within it
	ASN         uint32  // 0 is not known
	Known       bool    // the actor is known from this network
	Key         Key     // of what it was seen with
}

// A Journey is between two sightings, in the order in which they began.
type Journey struct {
	From, To Sighting
	KM       float64 // at least
	Hours    float64 // at most
	Speed    float64 // km/h
}

const (
	// Airliners do about 900 km/h; and what is nearer than 300 km may be a database's
	// idea of one town.
	impossibleKMH = 900
	farKM         = 300
	// leastHours is the least time between two sightings: records have seconds, of when
	// a call was done and not of when it was sent.
	leastHours = 1.0 / 60
	// travelMost is the number of sightings that are compared. Whoever has been at
	// more places on a day has been at two of those first ones that are impossible.
	travelMost = 500
)

// impossible returns the fastest of the journeys between any two of the sightings of
// an actor that nobody can have made, whatever order they come in. Of two sightings
// the least time between them counts in which the actor was somewhere else: one who was
// here from 8 to 18 hours and there at noon had four hours. There is none between
// two networks that the actor is known from, nor between what one network says at
// the same time, of which a provider's gateways move about while nobody does.
func impossible(sightings []Sighting) (worst Journey, found bool) {
	seen := slices.DeleteFunc(slices.Clone(sightings), func(s Sighting) bool { return !s.valid() })
	slices.SortFunc(seen, Sighting.compare)
	seen = seen[:min(len(seen), travelMost)]
	for i, a := range seen {
		for _, b := range seen[i+1:] {
			if a.Known && b.Known || a.ASN != 0 && a.ASN == b.ASN && b.First <= a.Last {
				continue
			}
			j := journey(a, b)
			if j.KM >= farKM && j.Speed > impossibleKMH && j.Speed > worst.Speed {
				worst, found = j, true
			}
		}
	}
	return worst, found
}

func (s Sighting) valid() bool {
	return math.Abs(s.Lat) <= 90 && math.Abs(s.Lon) <= 180 && s.RadiusKM >= 0 && s.First <= s.Last
}

func (s Sighting) compare(o Sighting) int {
	return cmp.Or(cmp.Compare(s.First, o.First), cmp.Compare(s.Last, o.Last), cmp.Compare(s.Key, o.Key),
		cmp.Compare(s.Lat, o.Lat), cmp.Compare(s.Lon, o.Lon), cmp.Compare(s.RadiusKM, o.RadiusKM), cmp.Compare(s.ASN, o.ASN))
}

// journey is between a and b, which was first seen no sooner.
func journey(a, b Sighting) Journey {
	least := b.First - a.Last
	if least < 0 {
		least = min(b.First-a.First, -least, max(b.Last-a.Last, a.Last-b.Last))
	}
	j := Journey{From: a, To: b, Hours: max(leastHours, float64(least)/3.6e9)}
	j.KM = max(0, geoip.GreatCircleKM(a.Lat, a.Lon, b.Lat, b.Lon)-a.RadiusKM-b.RadiusKM)
	j.Speed = j.KM / j.Hours
	return j
}
