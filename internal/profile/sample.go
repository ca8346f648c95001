package profile

import (
	"cmp"
	"strings"
)

// What of a record's texts is told, in bytes.
const (
	sampleText  = 512
	sampleAgent = 256
)

// sample is what is told of an event. object is the name of where it stands.
func (e *Event) sample(object string, index int64) Sample {
	s := Sample{
		Time: e.Time, EventID: cutText(e.ID, sampleText), Source: cutText(e.Source, sampleText), Name: cutText(e.Name, sampleText),
		Region: cutText(e.Region, sampleText), Account: cutText(e.Account, sampleText), Actor: string(e.Actor),
		Credential: string(e.By), Address: cutText(e.Address, sampleText), Agent: cutText(e.Agent, sampleAgent),
		Error: cutText(e.Error, sampleText), ReadOnly: e.ReadOnly, Object: object, Index: index,
	}
	if p := e.Place; p != nil {
		s.City, s.Country, s.ASN, s.ASOrg, s.Tor = p.City, p.Country, p.ASN, p.ASOrg, p.Tor
		s.Latitude, s.Longitude, s.Radius = p.Latitude, p.Longitude, p.Radius
	}
	return s
}

// before says which of two records is told of what both show, less than 0 is s: one
// that changed something before one that only read, or whoever looks around first, as all
// do, would be taken for one who only looks; of these the earlier one; and then any one,
// but the same whichever came first.
func (s *Sample) before(o *Sample) int {
	if s.ReadOnly != o.ReadOnly {
		if o.ReadOnly {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(s.Time, o.Time), strings.Compare(s.EventID, o.EventID), strings.Compare(s.Source, o.Source),
		strings.Compare(s.Name, o.Name), strings.Compare(s.Actor, o.Actor), strings.Compare(s.Credential, o.Credential),
		strings.Compare(s.Address, o.Address), strings.Compare(s.Object, o.Object), cmp.Compare(s.Index, o.Index))
}

// cutText is the beginning of a text, as many whole runes of it as fit.
func cutText(text []byte, most int) string { return string(cutAt(text, most)) }
