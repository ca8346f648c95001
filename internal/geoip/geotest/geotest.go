// Package geotest makes small MaxMind databases: over the addresses that
// documentation uses, with the places that package synth means by them, for the
// demo; and with well-known entries of MaxMind's public test databases, for tests.
// It exists because MaxMind's licence lets nobody ship theirs.
package geotest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// A Record is what a database says of a network, in the shape of MaxMind's JSON
// sources.
type Record = map[string]any

// Records are those of a database, by network.
type Records map[string]Record

// built is when databases for tests were made, so that the same records give the
// same bytes.
var built = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// WriteDemo writes City and ASN databases of the documentation addresses into dir,
// made at the given time, for of old ones one is warned; it returns their paths.
func WriteDemo(dir string, at time.Time) (paths []string, err error) {
	for _, made := range []struct {
		name, kind string
		records    Records
	}{{"city.mmdb", "GeoLite2-City", Documentation()}, {"asn.mmdb", "GeoLite2-ASN", DocumentationASN()}} {
		path := filepath.Join(dir, made.name)
		db, err := build(made.kind, made.records, 6, at)
		if err == nil {
			err = Replace(path, db)
		}
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// WriteCity writes a City database of the documentation addresses.
func WriteCity(path string) error { return write(path, "GeoLite2-City", Documentation()) }

// WriteCountry writes a Country database of the documentation addresses.
func WriteCountry(path string) error {
	return write(path, "GeoLite2-Country", CountriesOf(Documentation()))
}

// WriteASN writes an ASN database of the documentation addresses.
func WriteASN(path string) error { return write(path, "GeoLite2-ASN", DocumentationASN()) }

// WriteTestCity writes a database of the shape of GeoIP2-City-Test.mmdb.
func WriteTestCity(path string) error { return write(path, "GeoIP2-City", WellKnown()) }

// WriteTestCountry writes a database of the shape of GeoIP2-Country-Test.mmdb.
func WriteTestCountry(path string) error {
	return write(path, "GeoIP2-Country", CountriesOf(WellKnown()))
}

// WriteTestASN writes a database of the shape of GeoLite2-ASN-Test.mmdb.
func WriteTestASN(path string) error { return write(path, "GeoLite2-ASN", WellKnownASN()) }

func write(path, kind string, records Records) error {
	db, err := Build(kind, records, 6)
	if err != nil {
		return err
	}
	return Replace(path, db)
}

// Replace puts a file in the place of another at once, as geoipupdate does.
func Replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".geotest-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Build returns a database of type kind, such as GeoLite2-City, over IPv4 and IPv6
// (version 6) or IPv4 alone (4).
func Build(kind string, records Records, version int) ([]byte, error) {
	return build(kind, records, version, built)
}

func build(kind string, records Records, version int, at time.Time) ([]byte, error) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		BuildEpoch:              at.Unix(),
		DatabaseType:            kind,
		Description:             map[string]string{"en": "made by ctsql for tests and demonstrations"},
		Languages:               []string{"de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"},
		IPVersion:               version,
		RecordSize:              24,
		IncludeReservedNetworks: true, // documentation addresses are
	})
	if err != nil {
		return nil, err
	}
	for _, network := range sorted(records) {
		_, at, err := net.ParseCIDR(network)
		if err != nil {
			return nil, err
		}
		value, err := convert("", records[network])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", network, err)
		}
		if err := tree.Insert(at, value); err != nil {
			return nil, fmt.Errorf("%s: %w", network, err)
		}
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// sorted returns the networks, wide ones first, so that narrow ones lie in them.
func sorted(records Records) []string {
	type item struct {
		text string
		bits int
	}
	var all []item
	for network := range records {
		bits := 0
		if _, at, err := net.ParseCIDR(network); err == nil {
			bits, _ = at.Mask.Size()
		}
		all = append(all, item{network, bits})
	}
	slices.SortFunc(all, func(a, b item) int {
		if a.bits != b.bits {
			return a.bits - b.bits
		}
		return bytes.Compare([]byte(a.text), []byte(b.text))
	})
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = one.text
	}
	return texts
}

// convert gives a value the type that MaxMind gives members called key.
func convert(key string, v any) (mmdbtype.DataType, error) {
	switch v := v.(type) {
	case string:
		return mmdbtype.String(v), nil
	case bool:
		return mmdbtype.Bool(v), nil
	case int:
		return number(key, float64(v)), nil
	case float64:
		return number(key, v), nil
	case []any:
		var s mmdbtype.Slice
		for _, one := range v {
			c, err := convert("", one)
			if err != nil {
				return nil, err
			}
			s = append(s, c)
		}
		return s, nil
	case map[string]any:
		m := mmdbtype.Map{}
		for k, one := range v {
			c, err := convert(k, one)
			if err != nil {
				return nil, err
			}
			m[mmdbtype.String(k)] = c
		}
		return m, nil
	}
	return nil, fmt.Errorf("%s: a %T has no place in a database", key, v)
}

func number(key string, n float64) mmdbtype.DataType {
	switch key {
	case "latitude", "longitude":
		return mmdbtype.Float64(n)
	case "accuracy_radius", "metro_code", "confidence":
		return mmdbtype.Uint16(n)
	}
	return mmdbtype.Uint32(n)
}
