package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/klauspost/compress/gzip"
)

// A home is a person's folders, with nothing configured.
type home struct {
	dir string
	env []string
}

func newHome(t *testing.T, env ...string) home {
	dir := t.TempDir()
	return home{dir, append([]string{
		"HOME=" + dir, "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"),
		"CTSQL_CONFIG=", "CTSQL_TOR=", "CTSQL_IP_RANGES=", "CTSQL_GEOIP=", "CTSQL_GEOIP_LANGUAGE=",
	}, env...)}
}

// ask runs ctsql, and returns what it printed last, without the line break.
func (h home) ask(t *testing.T, want int, args ...string) (answer, stderr string) {
	t.Helper()
	p := start(t, filepath.Join(h.dir, "cache.duckdb"), h.env, args...)
	if code := p.code(t); code != want {
		t.Errorf("ctsql %q: exit status %d, not %d\n%s", args, code, want, &p.err)
	}
	lines := strings.Split(strings.TrimSpace(p.out.String()), "\n")
	return lines[len(lines)-1], p.err.String()
}

// kept are the copies of what was fetched.
func (h home) kept(t *testing.T) []string {
	t.Helper()
	dir := filepath.Join(h.dir, "cache", "ctsql", "places")
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Dir(dir): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	return names
}

// age makes the copies older.
func (h home) age(t *testing.T, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by)
	for _, name := range h.kept(t) {
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

// TestListFromWeb: a list is fetched, kept, used while it is fresh and while the
// source is down, and that is told.
func TestListFromWeb(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var down atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if down.Load() {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "ExitNode X\nExitAddress 198.51.100.200 2026-01-01 00:00:00\n")
	}))
	defer server.Close()
	h := newHome(t, "CTSQL_TOR="+server.URL+"/exits?key=hunter2")
	isTor := func(wantAsked int32) (stderr string) {
		t.Helper()
		answer, stderr := h.ask(t, 0, "query", "--geoip", "", "select is_tor('198.51.100.200') and not is_tor('192.0.2.1')")
		if answer != "true" || asked.Load() != wantAsked || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s; asked %d times, not %d\n%s", answer, asked.Load(), wantAsked, stderr)
		}
		return stderr
	}
	for range 2 {
		if said := isTor(1); said != "" {
			t.Errorf("told of nothing: %s", said)
		}
	}
	if kept := h.kept(t); len(kept) != 1 {
		t.Errorf("kept %q", kept)
	}
	down.Store(true)
	h.age(t, 3*time.Hour)
	note := server.URL + "/exits: the server says 503 Service Unavailable; the copy fetched "
	said := isTor(2)
	if !strings.HasPrefix(said, "ctsql: "+note) || !strings.HasSuffix(said, ", 3 hours ago is used\n") || strings.Count(said, "\n") != 1 {
		t.Errorf("told %q", said)
	}
	p := start(t, "none", h.env, "status", "--geoip", "")
	if code := p.code(t); code != 0 || !strings.Contains(p.out.String(), "note: "+note) || strings.Contains(p.out.String(), "hunter2") {
		t.Errorf("exit status %d\n%s", code, &p.out)
	}
	down.Store(false)
	if said := isTor(4); said != "" {
		t.Errorf("up again: %s", said)
	}

	// Without a copy it is an error, for those who ask.
	h = newHome(t, "CTSQL_TOR="+server.URL+"/exits?key=hunter2")
	down.Store(true)
	h.ask(t, 0, "query", "--geoip", "", "select 1")
	if _, said := h.ask(t, 1, "query", "--geoip", "", "select is_tor('192.0.2.1')"); !strings.Contains(said, "/exits: the server says 503 Service Unavailable\nhint: ") || strings.Contains(said, "hunter2") {
		t.Errorf("told %q", said)
	}
}

// TestDatabaseFromS3: as logs are read, with the flags that say how.
func TestDatabaseFromS3(t *testing.T) {
	t.Parallel()
	server := s3test.New("places")
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "city.mmdb")
	if err := geotest.WriteCity(path); err != nil {
		t.Fatal(err)
	}
	database, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(database); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	server.Put("places", "a folder/city.mmdb.gz", packed.Bytes())
	server.Put("places", "a folder/city.mmdb.gz.old", nil)

	env := []string{}
	for k, v := range server.Env() {
		if k != "AWS_ENDPOINT_URL" { // the flag says it
			env = append(env, k+"="+v)
		}
	}
	h := newHome(t, env...)
	const spec = "s3://places/a folder/city.mmdb.gz"
	city := func(want int, spec string) (answer, stderr string) {
		t.Helper()
		return h.ask(t, want, "query", "--endpoint-url", server.URL, "--path-style", "--geoip", spec, "select city('203.0.113.66')")
	}
	for range 2 {
		if answer, _ := city(0, spec); answer != "Reykjavik" {
			t.Errorf("answered %q", answer)
		}
	}
	if gets, lists := server.Count("GET"), server.Count("LIST"); gets != 1 || lists != 0 {
		t.Errorf("%d objects were read, %d lists", gets, lists)
	}
	if _, said := city(1, "s3://places/nosuch.mmdb"); !strings.HasPrefix(said, "ctsql: s3://places/nosuch.mmdb: not there (NoSuchKey)") {
		t.Errorf("told %q", said)
	}
	server.On(s3test.Ops("GET"), -1, s3test.Denied)
	h.age(t, 25*time.Hour)
	answer, said := city(0, spec)
	said, _, _ = strings.Cut(said, "\n") // then comes that it is an old one
	if answer != "Reykjavik" || said != "ctsql: "+spec+": permission denied: Access Denied; the copy fetched "+time.Now().Add(-25*time.Hour).UTC().Format(time.DateOnly)+", 25 hours ago is used" {
		t.Errorf("answered %q, told %q", answer, said)
	}
}

// TestWrongEdition: a database of something else is named, with what is wanted.
func TestWrongEdition(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	path := filepath.Join(h.dir, "GeoIP2-Connection-Type.mmdb")
	db, err := geotest.Build("GeoIP2-Connection-Type", geotest.Records{"192.0.2.0/24": {"connection_type": "Cellular"}}, 6)
	if err == nil {
		err = os.WriteFile(path, db, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, said := h.ask(t, 1, "query", "--geoip", path, "select city('192.0.2.1')"); !strings.HasPrefix(said, "ctsql: "+path+": 'GeoIP2-Connection-Type' is no City, Country or ASN database\nhint: --geoip takes GeoLite2-City.mmdb") {
		t.Errorf("told %q", said)
	}
	old := filepath.Join(h.dir, "old.mmdb") // made 2026-01-01
	if err := geotest.WriteCountry(old); err != nil {
		t.Fatal(err)
	}
	const note = "; addresses move: get a newer one\n"
	answer, said := h.ask(t, 0, "query", "--geoip", old, "select country('192.0.2.1'); select country('203.0.113.66')")
	if answer != "Iceland" || !strings.HasPrefix(said, "ctsql: "+old+": made 2026-01-01, ") || strings.Count(said, note) != 1 {
		t.Errorf("answered %q, told %q", answer, said)
	}
	p := start(t, "none", h.env, "status", "--geoip", old)
	if code := p.code(t); code != 0 || !strings.Contains(p.out.String(), note) {
		t.Errorf("exit status %d\n%s", code, &p.out)
	}
}

// TestDemoGoesOn runs the commands that the demo prints at its end, in a folder
// whose name a shell would take apart.
func TestDemoGoesOn(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := start(t, "none", h.env, "demo", "--events", "500", "--dir", filepath.Join(h.dir, "it's a $HOME"))
	if code := p.code(t); code != 0 || strings.Contains(p.err.String(), "ctsql: ") {
		t.Fatalf("exit status %d\n%s", code, &p.err)
	}
	_, end, _ := strings.Cut(p.out.String(), "Go on with questions of your own:\n")
	commands, _, _ := strings.Cut(end, "Then load")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(exe, filepath.Join(bin, "ctsql")); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	for line := range strings.Lines(strings.TrimSpace(commands)) {
		cmd := exec.Command("sh", "-c", line)
		cmd.Env = append(append(os.Environ(), h.env...), "PATH="+bin+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("$ %s\n%v\n%s", line, err, out)
		}
		printed.Write(out)
	}
	for _, want := range []string{"Dublin,", "Reykjavik,", "/city.mmdb: City (GeoLite2-City), made ", "/asn.mmdb: ASN (", "events "} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("nothing of %q in\n%s", want, &printed)
		}
	}
}
