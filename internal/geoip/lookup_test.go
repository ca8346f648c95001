package geoip_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oschwald/geoip2-golang/v2"

	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

var maxmind = flag.String("maxmind", "", "a clone of github.com/maxmind/MaxMind-DB: also hold its test databases against their sources")

// now is some days after geotest's databases were made.
var now = time.Date(2026, 1, 8, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// testFiles writes the databases like MaxMind's test databases.
func testFiles(t testing.TB) []string {
	t.Helper()
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "city.mmdb"), filepath.Join(dir, "asn.mmdb"), filepath.Join(dir, "country.mmdb")}
	for i, write := range []func(string) error{geotest.WriteTestCity, geotest.WriteTestASN, geotest.WriteTestCountry} {
		if err := write(paths[i]); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// write writes a file and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, opts geoip.Options) *geoip.DB {
	t.Helper()
	if opts.Now == nil {
		opts.Now = clock
	}
	db, err := geoip.Open(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// say shows a field's value as text: "none" where there is none.
func say(t testing.TB, s *geoip.Snapshot, field geoip.Field, addr string) string {
	t.Helper()
	v, err := s.Get(field, addr)
	if err != nil {
		t.Fatalf("%s(%s): %v", field, addr, err)
	}
	switch {
	case !v.OK:
		return "none"
	case field.Kind() == geoip.Text:
		return v.Text
	case field.Kind() == geoip.Boolean:
		return fmt.Sprint(v.Number != 0)
	}
	return fmt.Sprint(v.Number)
}

func TestWellKnown(t *testing.T) {
	files := testFiles(t)
	english := open(t, geoip.Options{GeoIP: files[:2]}).Snapshot()
	for _, c := range []struct{ addr, want string }{
		{"81.2.69.142", "London|England|United Kingdom|GB|Europe|EU|51.5142|-0.0931|10|Europe/London|none|none"},
		{"::ffff:81.2.69.142", "London|England|United Kingdom|GB|Europe|EU|51.5142|-0.0931|10|Europe/London|none|none"},
		{"89.160.20.120", "Linköping|Östergötland County|Sweden|SE|Europe|EU|58.4167|15.6167|76|Europe/Stockholm|none|none"},
		{"67.43.156.1", "none|none|Bhutan|BT|Asia|AS|27.5|90.5|534|Asia/Thimphu|none|none"},
		{"214.1.1.1", "none|none|none|none|none|none|none|none|none|none|none|none"},
		{"2001:218::1", "none|none|Japan|JP|Asia|AS|35.68536|139.75309|100|Asia/Tokyo|none|none"},
		{"2001:218::1%eth0", "none|none|Japan|JP|Asia|AS|35.68536|139.75309|100|Asia/Tokyo|none|none"},
		{"1.128.0.1", "none|none|none|none|none|none|none|none|none|none|1221|Telstra Pty Ltd"},
		{"12.81.92.3", "none|none|none|none|none|none|none|none|none|none|7018|none"},
		{"81.2.69.1", "none|none|none|none|none|none|none|none|none|none|none|none"},
		{"s3.amazonaws.com", "none|none|none|none|none|none|none|none|none|none|none|none"},
		{"AWS Internal", "none|none|none|none|none|none|none|none|none|none|none|none"},
		{"", "none|none|none|none|none|none|none|none|none|none|none|none"},
	} {
		var got []string
		for field := geoip.City; field <= geoip.ASOrg; field++ {
			got = append(got, say(t, english, field, c.addr))
		}
		if text := strings.Join(got, "|"); text != c.want {
			t.Errorf("%s: got %s\nwant %s", c.addr, text, c.want)
		}
	}
}

func TestLanguages(t *testing.T) {
	files := testFiles(t)
	for _, c := range []struct{ language, addr, city, country, subdivision string }{
		{"de", "81.2.69.142", "London", "Vereinigtes Königreich", "England"},
		{"fr", "81.2.69.142", "Londres", "Royaume-Uni", "Angleterre"},
		{"ru", "89.160.20.120", "Linköping", "Швеция", "Östergötland County"}, // the city has no Russian name
		{"zh-CN", "175.16.199.9", "长春", "中国", "吉林"},
		{"xx", "81.2.69.142", "London", "United Kingdom", "England"},
	} {
		s := open(t, geoip.Options{GeoIP: files[:1], Language: c.language}).Snapshot()
		for field, want := range map[geoip.Field]string{geoip.City: c.city, geoip.Country: c.country, geoip.Subdivision: c.subdivision} {
			if got := say(t, s, field, c.addr); got != want {
				t.Errorf("%s in %s of %s: got %s, want %s", field, c.language, c.addr, got, want)
			}
		}
	}
}

// sourceTexts returns the path in a record, and the field that answers it.
var sourcePaths = map[geoip.Field][]any{
	geoip.City: {"city", "names", "en"}, geoip.Subdivision: {"subdivisions", 0, "names", "en"},
	geoip.Country: {"country", "names", "en"}, geoip.CountryCode: {"country", "iso_code"},
	geoip.Continent: {"continent", "names", "en"}, geoip.ContinentCode: {"continent", "code"},
	geoip.Latitude: {"location", "latitude"}, geoip.Longitude: {"location", "longitude"},
	geoip.AccuracyRadius: {"location", "accuracy_radius"}, geoip.TimeZone: {"location", "time_zone"},
	geoip.ASN: {"autonomous_system_number"}, geoip.ASOrg: {"autonomous_system_organization"},
}

// pick returns what is at path in a record, as say shows it.
func pick(v any, path []any) string {
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[step.(string)]
		case []any:
			if len(at) == 0 {
				return "none"
			}
			v = at[step.(int)]
		default:
			return "none"
		}
	}
	if v == nil {
		return "none"
	}
	return fmt.Sprint(v)
}

// agree holds what is said of each network, by its first and last addresses,
// against the records that the database was made from.
func agree(t *testing.T, path string, records geotest.Records) {
	t.Helper()
	s := open(t, geoip.Options{GeoIP: []string{path}}).Snapshot()
	compared := 0
	for network, record := range records {
		prefix := parseSource(t, network)
		for narrower := range records {
			if p := parseSource(t, narrower); p != prefix && prefix.Overlaps(p) {
				t.Logf("%s: %s lies in it, not compared", network, narrower)
				prefix = netip.Prefix{}
				break
			}
		}
		if !prefix.IsValid() {
			continue
		}
		for field, path := range sourcePaths {
			if s.Has(field) != nil {
				continue
			}
			for _, addr := range []netip.Addr{prefix.Addr(), lastAddr(prefix)} {
				compared++
				if got, want := say(t, s, field, addr.String()), pick(record, path); got != want {
					t.Errorf("%s(%s) of %s: got %s, want %s", field, addr, network, got, want)
				}
			}
		}
	}
	if compared == 0 {
		t.Errorf("%s: nothing was compared", path)
	}
}

// parseSource reads a network as MaxMind's sources write it: ::1.2.3.0/120 is IPv4.
func parseSource(t *testing.T, text string) netip.Prefix {
	t.Helper()
	p, err := netip.ParsePrefix(text)
	if err != nil {
		t.Fatal(err)
	}
	if b := p.Addr().As16(); p.Addr().Is6() && p.Bits() >= 96 && strings.HasPrefix(text, "::") && strings.Contains(text, ".") {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(b[12:])), p.Bits()-96)
	}
	return p.Masked()
}

func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func TestAgreesWithRecords(t *testing.T) {
	files := testFiles(t)
	agree(t, files[0], geotest.WellKnown())
	agree(t, files[1], geotest.WellKnownASN())
	agree(t, files[2], geotest.CountriesOf(geotest.WellKnown()))
}

func TestAgreesWithMaxMind(t *testing.T) {
	if *maxmind == "" {
		t.Skip("no -maxmind folder")
	}
	for _, name := range []string{"GeoIP2-City-Test", "GeoLite2-City-Test", "GeoIP2-Country-Test", "GeoLite2-Country-Test", "GeoLite2-ASN-Test"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(*maxmind, "source-data", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var list []geotest.Records
			if err := json.Unmarshal(text, &list); err != nil {
				t.Fatal(err)
			}
			all := geotest.Records{}
			for _, one := range list {
				for network, record := range one {
					all[network] = record
				}
			}
			agree(t, filepath.Join(*maxmind, "test-data", name+".mmdb"), all)
		})
	}
}

// The same questions to the makers' own reader.
func TestAgreesWithGeoIP2(t *testing.T) {
	files := testFiles(t)
	theirs, err := geoip2.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	s := open(t, geoip.Options{GeoIP: files[:1]}).Snapshot()
	for network := range geotest.WellKnown() {
		addr := netip.MustParsePrefix(network).Addr()
		record, err := theirs.City(addr)
		if err != nil {
			t.Fatal(err)
		}
		none := func(s string) string {
			if s == "" {
				return "none"
			}
			return s
		}
		if got, want := say(t, s, geoip.City, addr.String()), none(record.City.Names.English); got != want {
			t.Errorf("%s: city %s, want %s", addr, got, want)
		}
		if got, want := say(t, s, geoip.CountryCode, addr.String()), none(record.Country.ISOCode); got != want {
			t.Errorf("%s: country %s, want %s", addr, got, want)
		}
		if got := say(t, s, geoip.Latitude, addr.String()); record.Location.HasCoordinates() && got != fmt.Sprint(*record.Location.Latitude) {
			t.Errorf("%s: latitude %s, want %v", addr, got, *record.Location.Latitude)
		}
	}
}

func TestDocumentationPlaces(t *testing.T) {
	dir := t.TempDir()
	city, country, asn := filepath.Join(dir, "c"), filepath.Join(dir, "k"), filepath.Join(dir, "a")
	if err := errors.Join(geotest.WriteCity(city), geotest.WriteCountry(country), geotest.WriteASN(asn)); err != nil {
		t.Fatal(err)
	}
	agree(t, city, geotest.Documentation())
	agree(t, country, geotest.CountriesOf(geotest.Documentation()))
	agree(t, asn, geotest.DocumentationASN())
	s := open(t, geoip.Options{GeoIP: []string{city, asn}}).Snapshot()
	thief := say(t, s, geoip.Country, "203.0.113.66")
	for network := range geotest.Documentation() {
		addr := netip.MustParsePrefix(network).Addr()
		if network != "203.0.113.0/24" && say(t, s, geoip.Country, addr.String()) == thief {
			t.Errorf("%s is in the thief's country too", network)
		}
	}
	if km, ok, err := s.DistanceKM("192.0.2.1", "203.0.113.66"); err != nil || !ok || math.Abs(km-1496) > 10 {
		t.Errorf("Dublin to Reykjavik: %v km, %v, %v", km, ok, err)
	}
	if km, ok, err := s.DistanceKM("192.0.2.1", "192.0.2.2"); err != nil || !ok || km != 0 {
		t.Errorf("Dublin to Dublin: %v km, %v, %v", km, ok, err)
	}
	for _, pair := range [][2]string{{"192.0.2.1", "8.8.8.8"}, {"AWS Internal", "192.0.2.1"}, {"", ""}, {"10.0.0.1", "192.0.2.1"}} {
		if _, ok, err := s.DistanceKM(pair[0], pair[1]); err != nil || ok {
			t.Errorf("distance of %v: %v, %v", pair, ok, err)
		}
	}
}

func TestMissing(t *testing.T) {
	files := testFiles(t)
	nothing := open(t, geoip.Options{}).Snapshot()
	country := open(t, geoip.Options{GeoIP: files[2:]}).Snapshot()
	city := open(t, geoip.Options{GeoIP: files[:1]}).Snapshot()
	for _, c := range []struct {
		s     *geoip.Snapshot
		field geoip.Field
		want  error
	}{
		{nothing, geoip.City, geoip.ErrNoCity}, {nothing, geoip.TimeZone, geoip.ErrNoCity},
		{nothing, geoip.Country, geoip.ErrNoCountry}, {nothing, geoip.ASN, geoip.ErrNoASN},
		{nothing, geoip.IsTor, geoip.ErrNoTor}, {nothing, geoip.AWSRegion, geoip.ErrNoRanges},
		{nothing, geoip.IsPrivate, nil},
		{country, geoip.City, geoip.ErrNoCity}, {country, geoip.Country, nil}, {country, geoip.ASOrg, geoip.ErrNoASN},
		{city, geoip.City, nil}, {city, geoip.Continent, nil},
	} {
		_, err := c.s.Get(c.field, "81.2.69.142")
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.field, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), "\nhint: --") {
			t.Errorf("%s: no hint in %q", c.field, err)
		}
	}
	if _, _, err := nothing.DistanceKM("1.1.1.1", "1.1.1.1"); !errors.Is(err, geoip.ErrNoCity) {
		t.Errorf("distance: %v", err)
	}
}

// The first database with a record answers, City editions first.
func TestOrder(t *testing.T) {
	build := func(name, kind string, records geotest.Records) string {
		db, err := geotest.Build(kind, records, 6)
		if err != nil {
			t.Fatal(err)
		}
		return write(t, name, string(db))
	}
	named := func(city, country string) geotest.Record {
		r := geotest.Record{"country": geotest.Record{"names": map[string]any{"en": country}}}
		if city != "" {
			r["city"] = geotest.Record{"names": map[string]any{"en": city}}
		}
		return r
	}
	country := build("k.mmdb", "GeoLite2-Country", geotest.Records{"0.0.0.0/1": named("", "Wide")})
	own := build("own.mmdb", "Ours", geotest.Records{"9.9.9.0/24": named("Head Office", "Ours")})
	city := build("c.mmdb", "DBIP-City-Lite", geotest.Records{"9.9.0.0/16": named("Town", "Land"), "9.8.0.0/16": named("", "Land")})
	s := open(t, geoip.Options{GeoIP: []string{country, own, city}}).Snapshot()
	for _, c := range []struct{ addr, city, country string }{
		{"9.9.9.1", "Head Office", "Ours"},
		{"9.9.8.1", "Town", "Land"},
		{"9.8.0.1", "none", "Land"},
		{"9.7.0.1", "none", "Wide"},
		{"200.0.0.1", "none", "none"},
	} {
		if got := say(t, s, geoip.City, c.addr); got != c.city {
			t.Errorf("city(%s): %s, want %s", c.addr, got, c.city)
		}
		if got := say(t, s, geoip.Country, c.addr); got != c.country {
			t.Errorf("country(%s): %s, want %s", c.addr, got, c.country)
		}
	}
}

// Chunks with repeats, NULLs and far more addresses than are remembered give what
// single questions give, also side by side.
func TestLookupChunks(t *testing.T) {
	files := testFiles(t)
	s := open(t, geoip.Options{GeoIP: files}).Snapshot()
	fresh := open(t, geoip.Options{GeoIP: files}).Snapshot()
	texts := []string{"", "AWS Internal", "fe80::1%eth0", strings.Repeat("x", 200), "10.0.0.1"}
	for i := range 9000 {
		texts = append(texts, fmt.Sprintf("81.2.69.%d", i%256), fmt.Sprintf("%d.%d.0.1", i%256, i/256))
	}
	var addrs [][]byte
	for i, text := range texts {
		if i%7 == 3 {
			addrs = append(addrs, nil)
		}
		addrs = append(addrs, []byte(text))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, field := range []geoip.Field{geoip.City, geoip.ASN, geoip.Latitude} {
				got := make([]geoip.Value, len(addrs))
				if err := s.Lookup(field, addrs, func(i int, v geoip.Value) { got[i] = v }); err != nil {
					t.Error(err)
				}
				for i := 0; i < len(addrs); i += 13 {
					if want, err := fresh.Get(field, string(addrs[i])); err != nil || got[i] != want {
						t.Errorf("%s(%s): %v, want %v, %v", field, addrs[i], got[i], want, err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestOnlyIPv4(t *testing.T) {
	records := geotest.Records{"81.2.69.142/31": geotest.WellKnown()["81.2.69.142/31"]}
	db, err := geotest.Build("GeoLite2-City", records, 4)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, geoip.Options{GeoIP: []string{write(t, "c.mmdb", string(db))}}).Snapshot()
	if got := say(t, s, geoip.City, "::ffff:81.2.69.142"); got != "London" {
		t.Errorf("mapped: %s", got)
	}
	if got := say(t, s, geoip.City, "2001:218::1"); got != "none" {
		t.Errorf("IPv6: %s", got)
	}
}

func TestFields(t *testing.T) {
	names := map[string]bool{}
	for _, f := range geoip.Fields() {
		if f.String() == "" || names[f.String()] {
			t.Errorf("field %d has no name of its own: %q", f, f)
		}
		names[f.String()] = true
	}
	if len(names) != 16 {
		t.Errorf("%d fields", len(names))
	}
}

func benchmark(b *testing.B, distinct int) {
	dir := b.TempDir()
	records := geotest.Records{}
	for i := range 40000 { // as many records, for no two are alike
		r := geotest.Record{}
		for k, v := range geotest.WellKnown()["81.2.69.142/31"] {
			r[k] = v
		}
		r["city"] = geotest.Record{"geoname_id": i, "names": map[string]any{"de": fmt.Sprint("Stadt ", i), "en": fmt.Sprint("Town ", i), "fr": fmt.Sprint("Ville ", i)}}
		records[fmt.Sprintf("%d.%d.0.0/16", 1+i/256, i%256)] = r
	}
	db, err := geotest.Build("GeoLite2-City", records, 6)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "c.mmdb")
	if err := os.WriteFile(path, db, 0o644); err != nil {
		b.Fatal(err)
	}
	s := open(b, geoip.Options{GeoIP: []string{path}}).Snapshot()
	const chunk = 2048
	addrs := make([][]byte, max(distinct, chunk*100)/chunk*chunk)
	for i := range addrs {
		n := uint32(i%distinct) * 2654435761
		addrs[i] = []byte(netip.AddrFrom4([4]byte{byte(1 + n>>24%156), byte(n >> 16), byte(n >> 8), byte(n)}).String())
	}
	b.ReportAllocs()
	length := 0
	for b.Loop() {
		for i := 0; i < len(addrs); i += chunk {
			if err := s.Lookup(geoip.City, addrs[i:i+chunk], func(_ int, v geoip.Value) { length += len(v.Text) }); err != nil {
				b.Fatal(err)
			}
		}
	}
	perAddr := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(len(addrs))
	b.ReportMetric(1e9/perAddr, "lookups/s")
	b.ReportMetric(perAddr, "ns/lookup")
}

func BenchmarkLookup400(b *testing.B)     { benchmark(b, 400) }
func BenchmarkLookupMillion(b *testing.B) { benchmark(b, 1_000_000) }
