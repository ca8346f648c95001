package geoip_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

// remote is an opener over contents by address, which can be down.
type remote struct {
	files map[string]string
	down  error
	asked int
	now   time.Time
}

func (r *remote) open(_ context.Context, spec string) (io.ReadCloser, error) {
	r.asked++
	if r.down != nil {
		return nil, r.down
	}
	text, ok := r.files[spec]
	if !ok {
		return nil, errors.New("not found")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (r *remote) options(keep string) geoip.Options {
	return geoip.Options{KeepDir: keep, Open: r.open, Now: func() time.Time { return r.now }}
}

const torURL = "https://check.torproject.org/exit-addresses"

const exitAddresses = `ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-01-07 20:07:02
LastStatus 2026-01-07 21:00:00
ExitAddress 198.51.100.200 2026-01-07 21:05:03
ExitAddress 2001:db8:bad::7 2026-01-07 21:05:03
`

func TestKept(t *testing.T) {
	ctx, keep := context.Background(), filepath.Join(t.TempDir(), "kept")
	r := &remote{files: map[string]string{torURL: exitAddresses}, now: now}
	opts := r.options(keep)
	opts.Tor = []string{torURL}
	exit := func(s *geoip.Snapshot, want string) {
		t.Helper()
		if got := say(t, s, geoip.IsTor, "198.51.100.200"); got != want {
			t.Errorf("is_tor: %s, want %s", got, want)
		}
	}
	db := open(t, opts)
	exit(db.Snapshot(), "true")
	if about := db.Snapshot().Sources()[0]; about.Name != torURL || !about.Fetched.Equal(now) || about.Entries != 2 || about.Edition != "Tor" {
		t.Errorf("%+v", about)
	}
	exit(open(t, opts).Snapshot(), "true")
	if r.asked != 1 {
		t.Errorf("asked %d times for what is fresh", r.asked)
	}

	r.now = now.Add(3 * 24 * time.Hour)
	r.down = &url.Error{Op: "Get", URL: torURL, Err: errors.New("connection refused\x1b[2J")}
	old := open(t, opts)
	exit(old.Snapshot(), "true")
	want := `https://check.torproject.org/exit-addresses: Get "https://check.torproject.org/exit-addresses": connection refused\x1b[2J; the copy fetched 2026-01-08, 3 days ago is used`
	if notes := old.Notes(); len(notes) != 1 || notes[0] != want {
		t.Errorf("notes %q\nwant %q", notes, want)
	}
	asked, before := r.asked, old.Snapshot()
	if changed, err := old.Reload(ctx); changed || err != nil || r.asked != asked {
		t.Errorf("a source that is down was asked again at once: %v, %v", changed, err)
	}
	r.now = r.now.Add(6 * time.Minute)
	if _, err := old.Reload(ctx); err != nil || r.asked != asked+1 {
		t.Errorf("asked %d times, %v", r.asked-asked, err)
	}
	exit(old.Snapshot(), "true")

	// What comes instead of a list takes nothing's place.
	r.now, r.down, r.files[torURL] = r.now.Add(6*time.Minute), nil, "<html>Please log in</html>"
	if _, err := old.Reload(ctx); err != nil || len(old.Notes()) != 1 || !strings.Contains(old.Notes()[0], "no Tor exit") {
		t.Errorf("%v, %q", err, old.Notes())
	}
	exit(old.Snapshot(), "true")

	r.now, r.files[torURL] = r.now.Add(6*time.Minute), "203.0.113.1"
	if changed, err := old.Reload(ctx); !changed || err != nil || len(old.Notes()) != 0 {
		t.Errorf("%v, %v, %q", changed, err, old.Notes())
	}
	exit(old.Snapshot(), "false")
	exit(before, "true") // whoever holds it goes on with it

	if files, err := os.ReadDir(keep); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	// A damaged copy is fetched again, and is an error where it cannot be.
	files, _ := filepath.Glob(filepath.Join(keep, "*"))
	if err := os.WriteFile(files[0], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(files[0], r.now, r.now); err != nil {
		t.Fatal(err)
	}
	r.down = errors.New("down")
	if _, err := geoip.Open(ctx, opts); err == nil || err.Error() != torURL+": down" {
		t.Errorf("error %v", err)
	}
	r.down = nil
	exit(open(t, opts).Snapshot(), "false")
}

func TestNotKept(t *testing.T) {
	ctx := context.Background()
	r := &remote{files: map[string]string{torURL: exitAddresses}, now: now}
	opts := r.options("")
	opts.Tor = []string{torURL}
	db := open(t, opts)
	r.down, r.now = errors.New("down"), now.Add(2*time.Hour)
	if changed, err := db.Reload(ctx); changed || err != nil || len(db.Notes()) != 1 {
		t.Errorf("%v, %v, %q", changed, err, db.Notes())
	}
	if got := say(t, db.Snapshot(), geoip.IsTor, "198.51.100.200"); got != "true" {
		t.Error(got)
	}
	if _, err := geoip.Open(ctx, opts); err == nil {
		t.Error("nothing was loaded, and that was no error")
	}
	opts.Open = nil
	if _, err := geoip.Open(ctx, opts); err == nil || !strings.HasPrefix(err.Error(), torURL+": ") {
		t.Errorf("without an opener: %v", err)
	}
}

func TestFetchedDatabases(t *testing.T) {
	db := cityFile(t)
	r := &remote{now: now, files: map[string]string{
		"s3://bucket/City.mmdb":            string(db),
		"s3://bucket/GeoLite2-City.tar.gz": string(archive(t, "GeoLite2-City.mmdb", db)),
		"https://u:secret@h/City.mmdb.gz":  string(zip(t, db)),
	}}
	for spec := range r.files {
		for _, keep := range []string{"", t.TempDir()} {
			opts := r.options(keep)
			opts.GeoIP = []string{spec}
			for range 2 {
				s := open(t, opts).Snapshot()
				if got := say(t, s, geoip.City, "81.2.69.142"); got != "London" {
					t.Errorf("%s: %s", spec, got)
				}
				if strings.Contains(fmt.Sprint(s.Sources()), "secret") {
					t.Errorf("%+v tells a secret", s.Sources())
				}
			}
		}
	}
}

// Keys stand in addresses: neither errors nor notes nor names of files hold them.
func TestSecrets(t *testing.T) {
	keep := t.TempDir()
	spec := "https://account:pa55word@download.example/db?edition_id=GeoLite2-City&license_key=S3CRET"
	r := &remote{now: now, down: &url.Error{Op: "Get", URL: spec, Err: errors.New("401 for license_key=S3CRET pa55word edition_id=GeoLite2-City&license_key=S3CRET")}}
	opts := r.options(keep)
	opts.GeoIP = []string{spec}
	_, err := geoip.Open(context.Background(), opts)
	if err == nil || !strings.HasPrefix(err.Error(), "https://download.example/db: ") {
		t.Fatalf("error %v", err)
	}
	if strings.Contains(err.Error(), "pa55word") || strings.Contains(err.Error(), "S3CRET") {
		t.Errorf("error tells a secret: %v", err)
	}
	if !errors.Is(err, r.down) {
		t.Error("the cause is lost")
	}
}

func TestReload(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "c.mmdb")
	town := func(name string) []byte {
		return build(t, "GeoLite2-City", geotest.Record{"city": geotest.Record{"names": map[string]any{"en": name}}})
	}
	tor := write(t, "tor", "1.0.0.1")
	replace := func(content []byte) {
		t.Helper()
		if err := geotest.Replace(path, content); err != nil {
			t.Fatal(err)
		}
	}
	replace(town("Old Town"))
	db := open(t, geoip.Options{GeoIP: []string{path}, Tor: []string{tor}})
	if changed, err := db.Reload(ctx); changed || err != nil {
		t.Errorf("nothing changed: %v, %v", changed, err)
	}
	before := db.Snapshot()

	for _, bad := range [][]byte{{}, town("X")[:40], build(t, "GeoIP2-Domain", geotest.Record{"domain": "x"})} {
		replace(bad)
		if changed, err := db.Reload(ctx); changed || err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%v, %v", changed, err)
		}
		if got := say(t, db.Snapshot(), geoip.City, "1.0.0.1"); got != "Old Town" {
			t.Error(got)
		}
	}
	// One bad replacement does not hold back another that is good.
	if err := geotest.Replace(tor, []byte("1.0.0.2")); err != nil {
		t.Fatal(err)
	}
	if changed, err := db.Reload(ctx); !changed || err == nil || say(t, db.Snapshot(), geoip.IsTor, "1.0.0.2") != "true" {
		t.Errorf("%v, %v", changed, err)
	}
	replace(town("New Town"))
	if changed, err := db.Reload(ctx); !changed || err != nil {
		t.Errorf("%v, %v", changed, err)
	}
	if got := say(t, db.Snapshot(), geoip.City, "1.0.0.1"); got != "New Town" {
		t.Error(got)
	}
	if got := say(t, before, geoip.City, "1.0.0.1"); got != "Old Town" {
		t.Error(got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Reload(ctx); err == nil {
		t.Error("a file that went away is an error")
	}
	if got := say(t, db.Snapshot(), geoip.City, "1.0.0.1"); got != "New Town" {
		t.Error(got)
	}
}

// While files are replaced, whoever asks gets all of one or all of the other.
func TestReloadWhileAsked(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "c.mmdb")
	place := func(name string) []byte {
		n := geotest.Record{"names": map[string]any{"en": name}}
		return build(t, "GeoLite2-City", geotest.Record{"city": n, "country": n})
	}
	versions := [][]byte{place("Here"), place("There")}
	if err := geotest.Replace(path, versions[0]); err != nil {
		t.Fatal(err)
	}
	db := open(t, geoip.Options{GeoIP: []string{path}})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				s := db.Snapshot()
				city, err1 := s.Get(geoip.City, "1.0.0.9")
				country, err2 := s.Get(geoip.Country, "1.0.0.9")
				if err := errors.Join(err1, err2); err != nil || city.Text != country.Text || !city.OK {
					t.Errorf("%v in %v: %v", city, country, err)
					return
				}
			}
		})
	}
	for i := range 60 {
		if err := geotest.Replace(path, versions[(i+1)%2]); err != nil {
			t.Error(err)
		}
		if _, err := db.Reload(ctx); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

func TestOldDatabase(t *testing.T) {
	files := testFiles(t)
	later := func() time.Time { return time.Date(2026, 3, 17, 0, 0, 0, 0, time.UTC) }
	notes := open(t, geoip.Options{GeoIP: files[:1], Now: later}).Notes()
	if want := files[0] + ": made 2026-01-01, 75 days ago; addresses move: get a newer one"; len(notes) != 1 || notes[0] != want {
		t.Errorf("notes %q, want %q", notes, want)
	}
	if notes := open(t, geoip.Options{GeoIP: files}).Notes(); len(notes) != 0 {
		t.Errorf("notes %q", notes)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	path := write(t, "c.gz", string(zip(t, cityFile(t))))
	if _, err := geoip.Open(ctx, geoip.Options{GeoIP: []string{path}, Now: clock}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	r := &remote{files: map[string]string{torURL: exitAddresses}, now: now}
	opts := r.options(t.TempDir())
	opts.Tor = []string{torURL}
	if _, err := geoip.Open(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestFind(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for _, path := range []string{a + "/GeoLite2-Country.mmdb", a + "/GeoLite2-ASN.mmdb", b + "/GeoLite2-City.mmdb", b + "/GeoLite2-ASN.mmdb"} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(a+"/GeoIP2-City.mmdb", 0o755); err != nil {
		t.Fatal(err)
	}
	found := geoip.Find([]string{a, b, filepath.Join(a, "missing")})
	if want := []string{b + "/GeoLite2-City.mmdb", a + "/GeoLite2-ASN.mmdb"}; fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", found, want)
	}
	if found := geoip.Find(nil); found != nil {
		t.Error(found)
	}
	if all := geoip.Folders("/home/x"); !strings.HasPrefix(all[0], "/home/x/") || len(geoip.Folders("")) >= len(all) {
		t.Error(all)
	}
}

// What was replaced is unmapped once nobody holds a snapshot of it.
func TestUnmapped(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what is mapped is read from /proc")
	}
	path := filepath.Join(t.TempDir(), "c.mmdb")
	mapped := func() int {
		text, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), path)
	}
	load := func() {
		if err := geotest.Replace(path, cityFile(t)); err != nil {
			t.Fatal(err)
		}
	}
	load()
	db := open(t, geoip.Options{GeoIP: []string{path}})
	held := db.Snapshot()
	for range 5 {
		load()
		if _, err := db.Reload(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		if runtime.GC(); mapped() == 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := mapped(); n != 2 {
		t.Errorf("mapped %d times, want the one in use and the one held", n)
	}
	runtime.KeepAlive(db)
	if got := say(t, held, geoip.City, "81.2.69.142"); got != "London" {
		t.Error(got)
	}
}
