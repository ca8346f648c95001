package geoip

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

// A database may hold anything: it is refused or answers, and errors name it.
func FuzzDatabase(f *testing.F) {
	for _, c := range []struct {
		kind    string
		records geotest.Records
	}{
		{"GeoLite2-City", geotest.Documentation()},
		{"GeoLite2-Country", geotest.Records{"81.2.69.0/24": geotest.WellKnown()["81.2.69.142/31"]}},
		{"GeoLite2-ASN", geotest.DocumentationASN()},
	} {
		db, err := geotest.Build(c.kind, c.records, 6)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(db, uint16(0), byte(0))
		f.Add(db, uint16(len(db)/2), byte(0xff))
	}
	var addrs [][]byte
	for network := range geotest.Documentation() {
		addr, _, _ := strings.Cut(network, "/")
		addrs = append(addrs, []byte(addr), []byte("81.2.69.142"), []byte("::1.2.3.4"))
	}
	f.Fuzz(func(t *testing.T, db []byte, at uint16, mask byte) {
		if len(db) > 0 {
			db = append([]byte(nil), db...)
			db[int(at)%len(db)] ^= mask
		}
		d, err := memoryDatabase(source{spec: "x.mmdb", name: "x.mmdb"}, db)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "x.mmdb: ") {
				t.Fatal(err)
			}
			return
		}
		s := newSnapshot(&Options{Language: "de"}, []source{{}}, []*loaded{{database: d}})
		for _, field := range Fields() {
			if s.Has(field) != nil {
				continue
			}
			err := s.Lookup(field, addrs, func(int, Value) {})
			if err != nil && !strings.HasPrefix(err.Error(), "x.mmdb: ") {
				t.Fatal(err)
			}
		}
	})
}

// Lists may hold anything, packed or not.
func FuzzLists(f *testing.F) {
	f.Add([]byte("ExitAddress 1.2.3.4 2026-01-01 00:00:00\n# x\n2001:db8::/32\n"))
	f.Add([]byte(`{"createDate":"2026-01-01-00-00-00","prefixes":[{"ip_prefix":"3.5.0.0/16","region":"x","service":"EC2"},{"ip_prefix":"3.5.1.0/24","service":"S3"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if list, err := parseTor(text); err == nil && list.entries == 0 {
			t.Error("an empty list was taken")
		}
		if r, err := parseRanges(text); err == nil && r.entries == 0 {
			t.Error("an empty list was taken")
		}
		var out strings.Builder
		_ = unpack(context.Background(), &out, strings.NewReader(string(text)), 1<<20)
	})
}

// What a panicking reader would do is an error; a caller's own panic goes on.
func TestPanics(t *testing.T) {
	d := &database{source: source{spec: "x.mmdb", name: "x.mmdb"}, edition: edition{asn: true}} // without a reader
	s := newSnapshot(&Options{}, nil, nil)
	s.databases[needASN] = []*database{d}
	if _, err := s.Get(ASN, "1.2.3.4"); err == nil || !strings.HasPrefix(err.Error(), "x.mmdb: corrupt database: ") {
		t.Errorf("error %v", err)
	}
	defer func() {
		if recover() != "mine" {
			t.Error("the caller's panic was taken for the database's")
		}
	}()
	_ = s.Lookup(IsPrivate, [][]byte{[]byte("10.0.0.1")}, func(int, Value) { panic("mine") })
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		90 * time.Minute:                        "2026-03-02, 90 minutes ago",
		30 * time.Hour:                          "2026-03-01, 30 hours ago",
		75 * 24 * time.Hour:                     "2025-12-17, 75 days ago",
		-48 * time.Hour:                         "2026-03-04",
		(47*60 + 59) * 60000 * time.Millisecond: "2026-02-28, 47 hours ago",
	} {
		if got := since(now, now.Add(-ago)); got != want {
			t.Errorf("%v: %s, want %s", ago, got, want)
		}
	}
}

func TestTooLarge(t *testing.T) {
	for text, wrong := range map[string]bool{"1234": false, "12345": true} {
		if err := copyAtMost(io.Discard, strings.NewReader(text), 4); (err != nil) != wrong {
			t.Errorf("%s: %v", text, err)
		}
	}
}
