package geoip

import "errors"

// What is asked without the data for it. The second line says what to do.
var (
	ErrNoCity = errors.New("no City database is loaded\n" +
		"hint: --geoip GeoLite2-City.mmdb; MaxMind gives GeoLite2 away at https://dev.maxmind.com/geoip/geolite2-free-geolocation-data")
	ErrNoCountry = errors.New("no City or Country database is loaded\n" +
		"hint: --geoip GeoLite2-City.mmdb; MaxMind gives GeoLite2 away at https://dev.maxmind.com/geoip/geolite2-free-geolocation-data")
	ErrNoASN = errors.New("no ASN database is loaded\n" +
		"hint: --geoip GeoLite2-ASN.mmdb; MaxMind gives GeoLite2 away at https://dev.maxmind.com/geoip/geolite2-free-geolocation-data")
	ErrNoTor = errors.New("no list of Tor exits is loaded\n" +
		"hint: --tor https://check.torproject.org/exit-addresses, or a file of addresses, one a line")
	ErrNoRanges = errors.New("AWS's address ranges are not loaded\n" +
		"hint: --ip-ranges https://ip-ranges.amazonaws.com/ip-ranges.json, or a copy of it")
)

// A Field is one thing that an address tells.
type Field uint8

const (
	City           Field = iota // text, in the language, else in English
	Subdivision                 // text: the largest one, a state or England
	Country                     // text
	CountryCode                 // text: ISO 3166-1, GB
	Continent                   // text
	ContinentCode               // text: EU
	Latitude                    // float, degrees
	Longitude                   // float, degrees
	AccuracyRadius              // integer, kilometres
	TimeZone                    // text: Europe/London
	ASN                         // integer
	ASOrg                       // text
	IsTor                       // boolean: false also for private addresses
	IsPrivate                   // boolean; needs no data
	AWSService                  // text: EC2, or AMAZON where nothing more is known
	AWSRegion                   // text: us-east-1, or GLOBAL
	fields
)

// A Kind is the type of a field's values.
type Kind uint8

const (
	Text Kind = iota
	Integer
	Float
	Boolean
)

var fieldTable = [fields]struct {
	name  string
	kind  Kind
	needs need
	path  []any // in a record; a trailing "names" is continued by the language
}{
	City:           {"city", Text, needCity, []any{"city", "names"}},
	Subdivision:    {"subdivision", Text, needCity, []any{"subdivisions", 0, "names"}},
	Country:        {"country", Text, needCountry, []any{"country", "names"}},
	CountryCode:    {"country_code", Text, needCountry, []any{"country", "iso_code"}},
	Continent:      {"continent", Text, needCountry, []any{"continent", "names"}},
	ContinentCode:  {"continent_code", Text, needCountry, []any{"continent", "code"}},
	Latitude:       {"latitude", Float, needCity, []any{"location", "latitude"}},
	Longitude:      {"longitude", Float, needCity, []any{"location", "longitude"}},
	AccuracyRadius: {"accuracy_radius", Integer, needCity, []any{"location", "accuracy_radius"}},
	TimeZone:       {"time_zone", Text, needCity, []any{"location", "time_zone"}},
	ASN:            {"asn", Integer, needASN, []any{"autonomous_system_number"}},
	ASOrg:          {"as_org", Text, needASN, []any{"autonomous_system_organization"}},
	IsTor:          {"is_tor", Boolean, needTor, nil},
	IsPrivate:      {"is_private", Boolean, needNothing, nil},
	AWSService:     {"aws_service", Text, needRanges, nil},
	AWSRegion:      {"aws_region", Text, needRanges, nil},
}

// A need is the data that a field comes from.
type need uint8

const (
	needNothing need = iota
	needCity
	needCountry
	needASN
	needTor
	needRanges
)

var missing = [...]error{needCity: ErrNoCity, needCountry: ErrNoCountry, needASN: ErrNoASN, needTor: ErrNoTor, needRanges: ErrNoRanges}

// Fields returns every field.
func Fields() []Field {
	all := make([]Field, fields)
	for i := range all {
		all[i] = Field(i)
	}
	return all
}

// String returns the field's name, such as country_code.
func (f Field) String() string { return fieldTable[f].name }

// Kind returns the type of the field's values.
func (f Field) Kind() Kind { return fieldTable[f].kind }

// paths returns where in a record the field is, first choice first.
func (f Field) paths(language string) [][]any {
	p := fieldTable[f].path
	if len(p) == 0 {
		return nil
	}
	if p[len(p)-1] != "names" {
		return [][]any{p}
	}
	in := func(language string) []any { return append(p[:len(p):len(p)], language) }
	if language == "" || language == "en" {
		return [][]any{in("en")}
	}
	return [][]any{in(language), in("en")}
}

// A Value is what an address tells, of the field's Kind: Text in Text, the others
// in Number. A boolean is 1 or 0; an integer is below 2³² and so exact.
type Value struct {
	Text   string
	Number float64
	OK     bool // there is a value
}

func textValue(s string) Value    { return Value{Text: s, OK: s != ""} }
func numberValue(n float64) Value { return Value{Number: n, OK: true} }

func boolValue(b bool) Value {
	if b {
		return Value{Number: 1, OK: true}
	}
	return Value{OK: true}
}
