package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

// placesOptions say where test databases are, of which City comes first.
func placesOptions(t *testing.T) geoip.Options {
	t.Helper()
	dir := t.TempDir()
	o := geoip.Options{Now: func() time.Time { return time.Date(2026, 1, 8, 12, 0, 0, 0, time.UTC) }}
	for name, write := range map[string]func(string) error{"city": geotest.WriteTestCity, "asn": geotest.WriteTestASN} {
		path := filepath.Join(dir, name+".mmdb")
		if err := write(path); err != nil {
			t.Fatal(err)
		}
		o.GeoIP = append(o.GeoIP, path)
	}
	slices.SortFunc(o.GeoIP, func(a, b string) int { return strings.Compare(b, a) })
	o.Tor = []string{filepath.Join(dir, "tor")}
	o.Ranges = []string{filepath.Join(dir, "ranges.json")}
	for path, text := range map[string]string{
		o.Tor[0]:    "203.0.113.7\n",
		o.Ranges[0]: `{"createDate":"2026-01-01-00-00-00","prefixes":[{"ip_prefix":"192.0.2.0/24","region":"eu-west-1","service":"EC2"}],"ipv6_prefixes":[]}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func session(t *testing.T, o SessionOptions) *Session {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "c.duckdb")
	}
	s, err := OpenSession(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// withPlaces opens databases as a session wants it.
func withPlaces(o geoip.Options) func(context.Context) (*geoip.DB, error) {
	return func(ctx context.Context) (*geoip.DB, error) { return geoip.Open(ctx, o) }
}

// tell runs a statement and returns its rows as lines.
func tell(ctx context.Context, s *Session, sql string, params ...duck.Param) (string, error) {
	a, err := s.Run(ctx, sql, params, "(FORMAT csv, HEADER false, DELIMITER '|', QUOTE '', NULLSTR 'none')")
	if err != nil || a.Result == nil {
		return "", err
	}
	text, err := io.ReadAll(a.Result)
	return strings.TrimSuffix(string(text), "\n"), errors.Join(err, a.Result.Close())
}

func told(t *testing.T, s *Session, sql string, params ...duck.Param) string {
	t.Helper()
	text, err := tell(context.Background(), s, sql, params...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// inRecord is where a field is in a database's records.
var inRecord = map[geoip.Field][]string{
	geoip.City: {"city", "names", "en"}, geoip.Country: {"country", "names", "en"}, geoip.CountryCode: {"country", "iso_code"},
	geoip.Continent: {"continent", "names", "en"}, geoip.ContinentCode: {"continent", "code"},
	geoip.Latitude: {"location", "latitude"}, geoip.Longitude: {"location", "longitude"},
	geoip.AccuracyRadius: {"location", "accuracy_radius"}, geoip.TimeZone: {"location", "time_zone"},
	geoip.ASN: {"autonomous_system_number"}, geoip.ASOrg: {"autonomous_system_organization"},
}

// ofRecord is the field's value in a record, as a statement tells it.
func ofRecord(field geoip.Field, record geotest.Record) string {
	path := inRecord[field]
	if field == geoip.Subdivision {
		list, _ := record["subdivisions"].([]any)
		if len(list) == 0 {
			return "none"
		}
		record, path = list[0].(geotest.Record), []string{"names", "en"}
	}
	var v any = record
	for _, step := range path {
		m, _ := v.(geotest.Record)
		v = m[step]
	}
	switch {
	case v == nil:
		return "none"
	case field.Kind() == geoip.Float:
		text := fmt.Sprint(v)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	return fmt.Sprint(v)
}

// Every function, of every address that the records tell of.
func TestPlaces(t *testing.T) {
	s := session(t, SessionOptions{Places: withPlaces(placesOptions(t))})
	compared := 0
	for _, records := range []geotest.Records{geotest.WellKnown(), geotest.WellKnownASN()} {
		for network, record := range records {
			addr := netip.MustParsePrefix(network).Addr().String()
			for field := geoip.City; field <= geoip.ASOrg; field++ {
				want := ofRecord(field, record)
				if want == "none" {
					continue // another database may know it
				}
				compared++
				sql := fmt.Sprintf("select %s(ip), %[1]s(ip || '%%eth0') from (values ('%s')) v(ip)", field, addr)
				if strings.Contains(addr, ".") {
					sql = fmt.Sprintf("select %s(ip), %[1]s('::ffff:' || ip) from (values ('%s')) v(ip)", field, addr)
				}
				if got := told(t, s, sql); got != want+"|"+want {
					t.Errorf("%s: got %s, want %s twice", sql, got, want)
				}
			}
		}
	}
	if compared < 100 {
		t.Errorf("compared %d values only", compared)
	}
	for sql, want := range map[string]string{
		"select is_tor('203.0.113.7'), is_tor('203.0.113.8'), is_tor('10.0.0.1'), is_tor('x')":                                                                                   "true|false|false|none",
		"select is_private('10.0.0.1'), is_private('fd00::1'), is_private('8.8.8.8'), is_private('')":                                                                            "true|true|false|none",
		"select aws_service('192.0.2.1'), aws_region('192.0.2.1'), aws_service('198.51.100.1')":                                                                                  "EC2|eu-west-1|none",
		"select in_cidr('10.1.2.3', '10.0.0.0/8'), in_cidr('11.1.2.3', '10.0.0.0/8'), in_cidr('s3.amazonaws.com', '10.0.0.0/8'), in_cidr(null, 'x')":                             "true|false|none|none",
		"select bool_and(in_cidr(ip, net) = want) from (values ('10.0.0.1', '10.0.0.1', true), ('fd00::1', 'fd00::/8', true), ('10.0.0.1', 'fd00::/8', false)) v(ip, net, want)": "true",
		"select round(distance_km('81.2.69.142', '89.160.20.112')) between 1200 and 1300, distance_km('81.2.69.142', '81.2.69.160'), distance_km('81.2.69.142', '10.0.0.1')":     "true|0.0|none",
		"select typeof(city('')), typeof(asn('')), typeof(latitude('')), typeof(accuracy_radius('')), typeof(is_tor(''))":                                                        "VARCHAR|BIGINT|DOUBLE|BIGINT|BOOLEAN",
	} {
		if got := told(t, s, sql); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
}

// What is not an address has no place, whatever it is.
func TestPlacesOfJunk(t *testing.T) {
	s := session(t, SessionOptions{Places: withPlaces(placesOptions(t))})
	junk := "(values (null), (''), ('s3.amazonaws.com'), ('AWS Internal'), ('81.2.69.142 '), ('81.2.69.0142'), ('81.2.69.142%eth0'), ('81.2.69.142/31'), " +
		"('10.0.0.1'), ('127.0.0.1'), ('::1'), (repeat('8', 100000)), ('81.2.69.142' || chr(0)), (chr(27) || '[31m'), ('8' || chr(233)), ('::ffff:10.0.0.1')) v(ip)"
	for _, field := range geoip.Fields() {
		if field.Kind() == geoip.Boolean {
			continue
		}
		if got := told(t, s, fmt.Sprintf("select count(*), count(%s(ip)) from %s", field, junk)); got != "16|0" {
			t.Errorf("%s: got %s", field, got)
		}
	}
	if got := told(t, s, "select count(is_tor(ip)), count(is_private(ip)), count(in_cidr(ip, '::/0')) from "+junk); got != "4|4|4" {
		t.Errorf("got %s", got)
	}
}

// memoryLogs are logs that nobody loaded: one batch, which one scan gets.
type memoryLogs struct {
	left atomic.Pointer[cloudtrail.Batch]
}

func (m *memoryLogs) Scan() (UnloadedScan, error) { return m, nil }
func (m *memoryLogs) Close() error                { return nil }

func (m *memoryLogs) Next(context.Context) (*cloudtrail.Batch, error) { return m.left.Swap(nil), nil }

// unloaded opens records as logs that nobody loaded, whatever they are called.
func unloaded(t *testing.T, texts []string) Opener {
	return func(context.Context, []string, cloudtrail.Log) (Unloaded, error) {
		m := new(memoryLogs)
		m.left.Store(records(t, texts...))
		return m, nil
	}
}

// records decodes records into a batch.
func records(t *testing.T, records ...string) *cloudtrail.Batch {
	t.Helper()
	b := batch(t, "empty")
	var d cloudtrail.Decoder
	text := "[" + strings.Join(records, ",") + "]"
	if err := d.Decode(b, cloudtrail.Object{Name: "records"}, cloudtrail.Body{ReadSeeker: bytes.NewReader([]byte(text))}); err != nil {
		t.Fatal(err)
	}
	return b
}

// The functions work over whatever holds records, and wherever SQL has functions.
func TestPlacesEverywhere(t *testing.T) {
	var texts []string
	for i := range 5000 {
		texts = append(texts, fmt.Sprintf(`{"eventID":"%d","eventTime":"2025-01-01T00:00:00Z","eventSource":"s","eventName":"n",
			"sourceIPAddress":"81.2.69.%d","userIdentity":{"type":"Root","accountId":"11112222333%d"}}`, i, 142+i%2, i%2))
	}
	texts = append(texts, `{"eventID":"x","eventTime":"2025-01-01T00:00:00Z","eventSource":"s","eventName":"n","sourceIPAddress":"s3.amazonaws.com"}`)
	path := filepath.Join(t.TempDir(), "c.duckdb")
	w := writer(t, path, 1)
	_, err := w.Put(context.Background(), records(t, texts...), nil)
	if err := errors.Join(err, w.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	o := SessionOptions{Path: path, Places: withPlaces(placesOptions(t)), Open: unloaded(t, texts)}
	from := o
	from.From = []string{"logs"}
	for table, s := range map[string]*Session{"cloudtrail": session(t, o), "cloudtrail ": session(t, from), "read_cloudtrail('logs')": session(t, o)} {
		for sql, want := range map[string]string{
			"select distinct sourceIPAddress, city(sourceIPAddress), country(sourceIPAddress) from T order by 1":         "81.2.69.142|London|United Kingdom\n81.2.69.143|London|United Kingdom\ns3.amazonaws.com|none|none",
			"select city(sourceIPAddress), count(*) from T group by 1 order by 1":                                        "London|5000\nnone|1",
			"select count(*) from T where country_code(sourceIPAddress) = 'GB' and asn(sourceIPAddress) is null":         "5000",
			"select count(*) from T where city(sourceIPAddress) is null":                                                 "1",
			"with c as (select city(sourceIPAddress) c, eventID from T) select max(c) from c where eventID > '4'":        "London",
			"select actor(userIdentity), count(*) from T group by all order by all":                                      "111122223330:root|2500\n111122223331:root|2500\nnone|1",
			"select e.eventID from T e order by city(e.sourceIPAddress) nulls first, actor(e.userIdentity) desc limit 1": "x",
		} {
			sql = strings.ReplaceAll(sql, "T", strings.TrimSpace(table))
			if got := told(t, s, sql); got != want {
				t.Errorf("%s\n got %s\nwant %s", sql, got, want)
			}
		}
	}
	s := session(t, o)
	for _, sql := range []string{
		"create view v as select city(sourceIPAddress) as c from cloudtrail",
		"create view mine.w as select city('81.2.69.142') || actor(userIdentity) as c from cloudtrail",
		"create macro place(ip) as city(ip) || ', ' || country_code(ip)",
		"prepare p as select city($1)",
	} {
		told(t, s, sql)
	}
	if got := told(t, session(t, o), "select max(c) from mine.w"); got != "London111122223331:root" {
		t.Errorf("another session's view: got %s", got)
	}
	for sql, want := range map[string]string{
		"select count(*) from v where c = 'London'": "5000",
		"select place('81.2.69.142')":               "London, GB",
		"execute p('81.2.69.142')":                  "London",
	} {
		if got := told(t, s, sql); got != want {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
	if got := told(t, s, "select city($ip), in_cidr($ip, $net)", duck.Param{Name: "ip", Value: "81.2.69.142"}, duck.Param{Name: "net", Value: "81.0.0.0/8"}); got != "London|true" {
		t.Errorf("with parameters: got %s", got)
	}
}
