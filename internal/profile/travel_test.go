package profile

import (
	"math"
	"math/rand/v2"
	"testing"
)

var (
	berlin   = Sighting{Lat: 52.52, Lon: 13.40, RadiusKM: 20, ASN: 3320}
	potsdam  = Sighting{Lat: 52.39, Lon: 13.06, RadiusKM: 20, ASN: 3209}
	munich   = Sighting{Lat: 48.14, Lon: 11.58, RadiusKM: 20, ASN: 8881}
	tokyo    = Sighting{Lat: 35.68, Lon: 139.69, RadiusKM: 50, ASN: 2516}
	auckland = Sighting{Lat: -36.85, Lon: 174.76, RadiusKM: 50, ASN: 4771}
	fiji     = Sighting{Lat: -18.14, Lon: -178.44, RadiusKM: 50, ASN: 9241}
)

// at is s from one hour to another.
func at(s Sighting, from, to float64) Sighting {
	s.First, s.Last = int64(from*3.6e9), int64(to*3.6e9)
	return s
}

func TestImpossible(t *testing.T) {
	known := func(s Sighting) Sighting { s.Known = true; return s }
	network := func(s Sighting, asn uint32) Sighting { s.ASN = asn; return s }
	vague := func(s Sighting, km float64) Sighting { s.RadiusKM = km; return s }
	for _, c := range []struct {
		what      string
		sightings []Sighting
		speed     float64 // 0: somebody can have made it
	}{
		{"nowhere", nil, 0},
		{"at home", []Sighting{at(berlin, 8, 18)}, 0},
		{"Berlin and Tokyo half an hour later", []Sighting{at(berlin, 8, 9), at(tokyo, 9.5, 10)}, 17700},
		{"Berlin and Tokyo by plane", []Sighting{at(berlin, 0, 1), at(tokyo, 14, 15)}, 0},
		{"Berlin, with Tokyo at noon", []Sighting{at(berlin, 8, 18), at(tokyo, 12, 12)}, 8848. / 4},
		{"Berlin, with Munich at noon", []Sighting{at(berlin, 8, 18), at(munich, 12, 12)}, 0},
		{"two at work, at the same time", []Sighting{at(berlin, 8, 18), at(tokyo, 9, 17)}, 8848},
		{"in the same minute", []Sighting{at(berlin, 8, 8), at(munich, 8, 8)}, 464 * 60},
		{"near each other", []Sighting{at(berlin, 8, 8), at(potsdam, 8, 8)}, 0},
		{"rough places", []Sighting{at(vague(berlin, 200), 8, 8), at(vague(munich, 100), 8, 8)}, 0},
		{"of one network, at the same time", []Sighting{at(berlin, 8, 18), at(network(munich, 3320), 9, 9.1)}, 0},
		{"of one network, one after the other", []Sighting{at(berlin, 8, 9), at(network(tokyo, 3320), 10, 11)}, 8848},
		{"of networks that are not known", []Sighting{at(network(berlin, 0), 8, 9), at(network(tokyo, 0), 9, 10)}, 8848 * 60},
		{"of known networks", []Sighting{at(known(berlin), 8, 9), at(known(tokyo), 9, 10)}, 0},
		{"from a known one", []Sighting{at(known(berlin), 8, 9), at(tokyo, 10, 11)}, 8848},
		{"across the date line", []Sighting{at(auckland, 8, 9), at(fiji, 11, 12)}, 1026},
		{"the evening before", []Sighting{at(berlin, -2, -1), at(tokyo, 1, 2)}, 4424},
		{"the worst of three", []Sighting{at(berlin, 8, 9), at(munich, 9.2, 9.3), at(tokyo, 14, 15)}, 464 / 0.2},
		{"no place", []Sighting{at(berlin, 8, 9), at(Sighting{Lat: math.NaN(), Lon: 3}, 9, 10), at(Sighting{Lat: 91, Lon: 3}, 9, 10), at(tokyo, 30, 29)}, 0},
	} {
		got, found := impossible(c.sightings)
		if found != (c.speed > 0) || math.Abs(got.Speed-c.speed) > 0.02*c.speed {
			t.Errorf("%s: %v %+v, want %.0f km/h", c.what, found, got, c.speed)
		}
	}
}

func TestImpossibleTells(t *testing.T) {
	j, _ := impossible([]Sighting{at(tokyo, 9.5, 10), at(berlin, 8, 9)})
	if j.From.ASN != berlin.ASN || j.To.ASN != tokyo.ASN || j.Hours != 0.5 || math.Abs(j.KM-8848) > 20 {
		t.Errorf("%+v", j)
	}
}

// TestImpossibleOrder gives the same sightings in other orders.
func TestImpossibleOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var sightings []Sighting
	for i := range 600 {
		hour := float64(random.IntN(24)) // many at the same time
		s := at(Sighting{Lat: float64(random.IntN(5) * 20), Lon: float64(random.IntN(5) * 20), Key: Key(i)}, hour, hour+1)
		sightings = append(sightings, s)
	}
	before := append([]Sighting(nil), sightings...)
	want, found := impossible(sightings)
	if !found {
		t.Fatal("none")
	}
	for range 5 {
		random.Shuffle(len(sightings), func(i, j int) { sightings[i], sightings[j] = sightings[j], sightings[i] })
		if got, _ := impossible(sightings); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	impossible(before)
	if before[0].Key != 0 || before[599].Key != 599 {
		t.Error("what was given is in another order")
	}
}
