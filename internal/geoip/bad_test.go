package geoip_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

func cityFile(t testing.TB) []byte {
	t.Helper()
	db, err := geotest.Build("GeoIP2-City", geotest.WellKnown(), 6)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func zip(t testing.TB, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// archive makes a .tar.gz as MaxMind gives it: a folder with the database and texts.
func archive(t testing.TB, files ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: "GeoLite2-City_20260101/", Typeflag: tar.TypeDir, Mode: 0o755})
	for i := 0; i < len(files); i += 2 {
		content := files[i+1].([]byte)
		_ = w.WriteHeader(&tar.Header{Name: "GeoLite2-City_20260101/" + files[i].(string), Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))})
		_, _ = w.Write(content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zip(t, out.Bytes())
}

func TestPacked(t *testing.T) {
	db := cityFile(t)
	for name, content := range map[string][]byte{
		"c.mmdb":     db,
		"c.mmdb.gz":  zip(t, db),
		"c.tar.gz":   archive(t, "COPYRIGHT.txt", []byte("…"), "GeoLite2-City.mmdb", db, "LICENSE.txt", []byte("…")),
		"misnomer":   archive(t, "GeoLite2-City.mmdb", db),
		"wrong.mmdb": zip(t, db),
	} {
		s := open(t, geoip.Options{GeoIP: []string{write(t, name, string(content))}}).Snapshot()
		if got := say(t, s, geoip.City, "81.2.69.142"); got != "London" {
			t.Errorf("%s: %s", name, got)
		}
		if about := s.Sources()[0]; about.Edition != "City" || about.Type != "GeoIP2-City" || about.Built.Format("2006-01-02") != "2026-01-01" {
			t.Errorf("%s: %+v", name, about)
		}
	}
}

func build(t testing.TB, kind string, record geotest.Record) []byte {
	t.Helper()
	db, err := geotest.Build(kind, geotest.Records{"1.0.0.0/24": record}, 6)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestEditions(t *testing.T) {
	place := geotest.Record{"country": geotest.Record{"iso_code": "IS"}}
	for _, c := range []struct {
		kind, want string
		record     geotest.Record
	}{
		{"DBIP-City-Lite (compat=City)", "City", place}, // records without a city are in every City database
		{"DBIP-Location (compat=City)", "City", place},
		{"GeoIP2-Enterprise", "City", place},
		{"GeoLite2-Country", "Country", place},
		{"Something", "Country", place},
		{"Something", "City", geotest.Record{"city": geotest.Record{"names": map[string]any{"en": "X"}}}},
		{"Something", "City", geotest.Record{"location": geotest.Record{"latitude": 1}}},
		{"DBIP-ASN-Lite (compat=GeoLite2-ASN)", "ASN", geotest.Record{"autonomous_system_number": 1}},
		{"GeoIP2-ISP", "ASN", geotest.Record{"autonomous_system_number": 1, "isp": "X"}},
		{"All\x1b[2J", "City+ASN", geotest.Record{"autonomous_system_number": 1, "city": geotest.Record{}}},
	} {
		s := open(t, geoip.Options{GeoIP: []string{write(t, "x.mmdb", string(build(t, c.kind, c.record)))}}).Snapshot()
		about := s.Sources()[0]
		if about.Edition != c.want {
			t.Errorf("%s %v: %s, want %s", c.kind, c.record, about.Edition, c.want)
		}
		if strings.Contains(about.Type, "\x1b") {
			t.Errorf("%q drives a terminal", about.Type)
		}
	}
}

func TestBadFiles(t *testing.T) {
	db := cityFile(t)
	gz, tgz := zip(t, db), archive(t, "GeoLite2-City.mmdb", db)
	flipped := bytes.Clone(gz)
	flipped[len(flipped)-6] ^= 1 // in gzip's checksum
	flippedTar := bytes.Clone(tgz)
	flippedTar[len(flippedTar)-6] ^= 1
	for name, content := range map[string][]byte{
		"empty.mmdb":      {},
		"text.mmdb":       []byte("<html>Please log in</html>"),
		"anonymous.mmdb":  build(t, "GeoIP2-Anonymous-IP", geotest.Record{"is_anonymous": true}),
		"domain.mmdb":     build(t, "GeoIP2-Domain", geotest.Record{"domain": "example.com"}),
		"flat.mmdb":       build(t, "ipinfo country", geotest.Record{"country": "IS", "continent": "EU"}),
		"none.mmdb":       build(t, "GeoLite2-City", geotest.Record{}),
		"short.gz":        gz[:len(gz)/2],
		"flipped.gz":      flipped,
		"empty.gz":        zip(t, nil),
		"text.gz":         zip(t, []byte("hello")),
		"short.tar.gz":    tgz[:len(tgz)/2],
		"flipped.tar.gz":  flippedTar,
		"no-mmdb.tar.gz":  archive(t, "README.txt", db),
		"bad-mmdb.tar.gz": archive(t, "x.mmdb", db[:len(db)/2]),
	} {
		path := write(t, name, string(content))
		_, err := geoip.Open(context.Background(), geoip.Options{GeoIP: []string{path}, Now: clock})
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: error %v", name, err)
		}
		if err != nil && strings.Count(err.Error(), path) > 1 {
			t.Errorf("%s is named twice: %v", name, err)
		}
	}
	folder := t.TempDir()
	for _, path := range []string{folder, filepath.Join(folder, "missing.mmdb")} {
		for _, opts := range []geoip.Options{{GeoIP: []string{path}}, {Tor: []string{path}}, {Ranges: []string{path}}} {
			opts.Now = clock
			_, err := geoip.Open(context.Background(), opts)
			if err == nil || strings.Count(err.Error(), path) != 1 {
				t.Errorf("%s: error %v", path, err)
			}
		}
	}
}

// ask asks everything of a database that may be damaged, and returns the first error.
func ask(s *geoip.Snapshot) error {
	var addrs [][]byte
	for network := range geotest.WellKnown() {
		addr, _, _ := strings.Cut(network, "/")
		addrs = append(addrs, []byte(addr))
	}
	for i := range 256 {
		addrs = append(addrs, fmt.Appendf(nil, "%d.2.69.142", i), fmt.Appendf(nil, "2%03x::1", i))
	}
	for _, field := range geoip.Fields() {
		if s.Has(field) != nil {
			continue
		}
		if err := s.Lookup(field, addrs, func(int, geoip.Value) {}); err != nil {
			return err
		}
	}
	return nil
}

func TestTruncated(t *testing.T) {
	db := cityFile(t)
	for i := range 50 {
		path := write(t, "c.mmdb", string(db[:len(db)*i/50]))
		_, err := geoip.Open(context.Background(), geoip.Options{GeoIP: []string{path}, Now: clock})
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("cut at %d/50: error %v", i, err)
		}
	}
}

func TestFlippedBytes(t *testing.T) {
	db := cityFile(t)
	path := filepath.Join(t.TempDir(), "c.mmdb")
	step := len(db)/200 + 1
	refused, found := 0, 0
	for at := 0; at < len(db); at += step {
		for _, mask := range [][]byte{{0x01}, {0x80}, {0xff}}[at/step%3] {
			bad := bytes.Clone(db)
			bad[at] ^= mask
			if err := geotest.Replace(path, bad); err != nil {
				t.Fatal(err)
			}
			loaded, err := geoip.Open(context.Background(), geoip.Options{GeoIP: []string{path}, Now: clock})
			if err == nil {
				err = ask(loaded.Snapshot())
				found++
			} else {
				refused++
			}
			if err != nil && !strings.HasPrefix(err.Error(), path+": ") {
				t.Errorf("byte %d ^ %x: error does not name the file: %v", at, mask, err)
			}
		}
	}
	t.Logf("%d refused when opened, %d not", refused, found)
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// A file that is overwritten where it lies, which cuts what is mapped, is an error
// and neither a fault that ends the process nor an answer from half of each.
func TestOverwrittenInPlace(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows refuses to write to mapped files")
	}
	records := geotest.Records{}
	for i := range 3000 {
		records[fmt.Sprintf("%d.%d.0.0/16", 11+i/256, i%256)] = geotest.Record{"city": geotest.Record{"names": map[string]any{"en": fmt.Sprint("Town ", i)}}}
	}
	db, err := geotest.Build("GeoLite2-City", records, 6)
	if err != nil {
		t.Fatal(err)
	}
	for name, overwrite := range map[string]func(path string) error{
		"cut":       func(path string) error { return os.Truncate(path, 0) },
		"cut short": func(path string) error { return os.Truncate(path, int64(len(db)/2)) },
		"another":   func(path string) error { return os.WriteFile(path, cityFile(t), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "c.mmdb", string(db))
			loaded := open(t, geoip.Options{GeoIP: []string{path}})
			s := loaded.Snapshot()
			if got := say(t, s, geoip.City, "11.3.0.1"); got != "Town 3" {
				t.Fatal(got)
			}
			if err := overwrite(path); err != nil {
				t.Fatal(err)
			}
			for _, addr := range []string{"11.3.0.1", "12.3.0.1", "20.200.0.1"} {
				if _, err := s.Get(geoip.City, addr); err == nil || !strings.Contains(err.Error(), path+": was overwritten") {
					t.Errorf("%s: error %v", addr, err)
				}
			}
			_, err := loaded.Reload(context.Background())
			if name != "another" {
				if err == nil {
					t.Error("half a database was taken")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := say(t, loaded.Snapshot(), geoip.City, "81.2.69.142"); got != "London" {
				t.Error(got)
			}
		})
	}
}
