package profile

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

// cutText is the beginning of a text, as many whole runes of it as fit.
func cutText(text []byte, most int) string { return string(cutAt(text, most)) }
