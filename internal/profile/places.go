package profile

import (
	"errors"
	"net/netip"
	"strconv"

	"github.com/ctsql/ctsql/internal/geoip"
)

// placesKept is how many addresses places remembers: some 10 MB. Then it begins anew.
const placesKept = 1 << 15

// longestAddress is that of the longest text that is remembered as an address.
const longestAddress = 64

// places remembers what addresses tell.
type places struct {
	given    *geoip.Snapshot // may be nil
	snapshot *geoip.Snapshot
	known    map[string]*Place
	err      error
}

// reset forgets what was said by another snapshot, and what it was silent about.
func (p *places) reset(s *geoip.Snapshot) {
	if p.known == nil || p.given != s || p.err != nil {
		p.given, p.snapshot, p.known = s, s, map[string]*Place{}
	}
	if p.snapshot == nil {
		p.snapshot = new(geoip.Snapshot) // which knows what needs no data
	}
	p.err = nil
}

func (p *places) of(address []byte) *Place {
	address = cutAt(address, longestAddress)
	if known, ok := p.known[string(address)]; ok {
		return known
	}
	if len(p.known) >= placesKept {
		clear(p.known)
	}
	found, err := p.find(string(address))
	if err != nil && p.err == nil {
		p.err = err
	}
	p.known[string(address)] = found
	return found
}

// find asks the snapshot all that is asked of an address.
func (p *places) find(address string) (*Place, error) {
	place := &Place{address: []byte(address)}
	addr, ok := geoip.ParseAddr([]byte(address))
	if !ok {
		return place, nil
	}
	place.Addr, place.Network = addr, networkAround(addr)
	place.address, place.network = []byte(addr.String()), []byte(place.Network.String())
	q := query{snapshot: p.snapshot, address: address}
	place.fill(&q)
	place.setValues()
	return place, q.err
}

// fill sets what the snapshot says.
func (p *Place) fill(q *query) {
	p.Private = q.number(geoip.IsPrivate) != 0
	p.Known = q.has(geoip.CountryCode)
	p.Country, p.CountryCode, p.City = q.text(geoip.Country), q.text(geoip.CountryCode), q.text(geoip.City)
	p.ASN, p.ASOrg = uint32(q.number(geoip.ASN)), q.text(geoip.ASOrg)
	p.Latitude, p.Longitude, p.Radius = q.number(geoip.Latitude), q.number(geoip.Longitude), q.number(geoip.AccuracyRadius)
	p.Tor, p.TorKnown = q.number(geoip.IsTor) != 0, q.has(geoip.IsTor)
	p.AWS, p.AWSKnown = q.text(geoip.AWSService), q.has(geoip.AWSService)
}

// setValues writes what profiles say of the place: see place.
func (p *Place) setValues() {
	switch {
	case p.Private:
		p.country = []byte("private network")
		return
	case p.CountryCode != "":
		p.country = []byte(p.CountryCode)
	case p.Known:
		p.country = []byte("unknown")
	}
	if p.City != "" {
		p.city = []byte(p.CountryCode + " " + p.City)
	}
	if p.ASN != 0 {
		p.asn = append([]byte("AS"), strconv.FormatUint(uint64(p.ASN), 10)...)
	}
}

// A query asks a snapshot about one address until it fails.
type query struct {
	snapshot *geoip.Snapshot
	address  string
	err      error
}

func (q *query) has(f geoip.Field) bool { return q.snapshot.Has(f) == nil }

func (q *query) get(f geoip.Field) (v geoip.Value) {
	if !q.has(f) {
		return v
	}
	v, err := q.snapshot.Get(f, q.address)
	if err != nil {
		q.err = errors.Join(q.err, err)
	}
	return v
}

func (q *query) text(f geoip.Field) string { return q.get(f).Text }

func (q *query) number(f geoip.Field) float64 { return q.get(f).Number }

// networkAround is the network that addresses which change by themselves stay in.
func networkAround(addr netip.Addr) netip.Prefix {
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	return netip.PrefixFrom(addr, bits).Masked()
}
