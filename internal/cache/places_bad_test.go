package cache

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

// Without data a statement says what to do, and the next one runs.
func TestNoPlaces(t *testing.T) {
	for name, open := range map[string]func(context.Context) (*geoip.DB, error){
		"nil":   nil,
		"empty": withPlaces(geoip.Options{Now: time.Now}),
	} {
		s := session(t, SessionOptions{Places: open})
		for sql, want := range map[string]error{
			"select city('81.2.69.142')":                       geoip.ErrNoCity,
			"select country(i::varchar) from range(5000) r(i)": geoip.ErrNoCountry,
			"select asn(x) from (values ('x')) v(x)":           geoip.ErrNoASN,
			"select is_tor('10.0.0.1')":                        geoip.ErrNoTor,
			"select aws_region(null || 'x'), aws_region('x')":  geoip.ErrNoRanges,
			"select distance_km('81.2.69.142', 'x')":           geoip.ErrNoCity,
			"create table t as select city('81.2.69.142')":     geoip.ErrNoCity,
		} {
			_, err := tell(context.Background(), s, sql)
			if !errors.Is(err, want) || err.Error() != want.Error() {
				t.Errorf("%s: %s: got %v, want %v", name, sql, err, want)
			}
			if got := told(t, s, "select is_private('10.0.0.1'), in_cidr('10.0.0.1', '10.0.0.0/8'), try(city('x'))"); got != "true|true|none" {
				t.Errorf("%s: after %s: got %s", name, sql, got)
			}
		}
		_, err := tell(context.Background(), s, "select try(city('x')), in_cidr('10.0.0.1', 'all '||chr(27)||'%s')")
		if err == nil || !strings.HasSuffix(err.Error(), "is no network\nhint: write it as 10.0.0.0/8 or 2001:db8::/32") ||
			strings.Contains(err.Error(), "Error") || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: a wrong network: %v", name, err)
		}
	}
}

// What cannot be opened is tried again by the next statement, and what was is
// opened once.
func TestPlacesOpen(t *testing.T) {
	o := placesOptions(t)
	var opened int
	down := errors.New("no route\nhint: wait")
	s := session(t, SessionOptions{Places: func(ctx context.Context) (*geoip.DB, error) {
		opened++
		if opened == 1 {
			return nil, down
		}
		return geoip.Open(ctx, o)
	}})
	if got := told(t, s, "select is_private('::1'), in_cidr('::1', '::1'), 'city'"); got != "true|true|city" || opened != 0 {
		t.Errorf("got %s, opened %d times", got, opened)
	}
	if _, err := tell(context.Background(), s, "select city(i::varchar), country('x') from range(10000) r(i)"); !errors.Is(err, down) || opened != 1 {
		t.Errorf("error %v, opened %d times", err, opened)
	}
	for range 3 {
		if got := told(t, s, "select city('81.2.69.142'), country_code('81.2.69.142')"); got != "London|GB" || opened != 2 {
			t.Errorf("got %s, opened %d times", got, opened)
		}
	}
}

// A database that is replaced is seen by the next statement. If the new one is no
// good, the old one stays in use, and the person is told, once.
func TestPlacesReplaced(t *testing.T) {
	o := placesOptions(t)
	o.GeoIP, o.Tor, o.Ranges = o.GeoIP[:1], nil, nil
	var notes [][]string
	s := session(t, SessionOptions{Places: withPlaces(o), PlacesNotes: func(n []string) { notes = append(notes, n) }})
	const sql = "select city('81.2.69.142'), city('192.0.2.1')"
	replace := func(kind string, records geotest.Records) {
		t.Helper()
		content := []byte("no database")
		if records != nil {
			var err error
			if content, err = geotest.Build(kind, records, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := geotest.Replace(o.GeoIP[0], content); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want string, told2 int) {
		t.Helper()
		for range 2 {
			if got := told(t, s, sql); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if len(notes) != told2 {
			t.Errorf("told %q, want %d times", notes, told2)
		}
	}
	check("London|none", 0)
	replace("GeoLite2-City", geotest.Documentation())
	check("none|Dublin", 0)
	replace("", nil)
	check("none|Dublin", 1)
	if len(notes) == 1 && (len(notes[0]) != 1 || !strings.Contains(notes[0][0], o.GeoIP[0])) {
		t.Errorf("told %q, want one note that names %s", notes[0], o.GeoIP[0])
	}
	replace("GeoLite2-City", geotest.WellKnown())
	check("London|none", 2)
	if len(notes) == 2 && len(notes[1]) != 0 {
		t.Errorf("told %q once all was well", notes[1])
	}
}

// A statement answers from one state, whatever its threads do while a database is
// replaced.
func TestPlacesOneState(t *testing.T) {
	o := placesOptions(t)
	o.GeoIP = o.GeoIP[:1]
	var db *geoip.DB
	s := session(t, SessionOptions{Places: func(ctx context.Context) (_ *geoip.DB, err error) {
		db, err = geoip.Open(ctx, o)
		return db, err
	}})
	for _, sql := range []string{"set threads = 3", "create table t as select case when i % 2 = 0 then '81.2.69.142' else '192.0.2.1' end ip, i from range(200000) r(i)"} {
		if _, err := tell(context.Background(), s, sql); err != nil {
			t.Fatal(err)
		}
	}
	told(t, s, "select city('81.2.69.142')")
	stop := make(chan struct{})
	swapped := make(chan int)
	go func() {
		n := 0
		defer func() { swapped <- n }()
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			write := geotest.WriteCity
			if n%2 == 1 {
				write = geotest.WriteTestCity
			}
			if err := write(o.GeoIP[0]); err != nil {
				t.Error(err)
				return
			}
			if _, err := db.Reload(context.Background()); err != nil {
				t.Error(err)
				return
			}
			n++
		}
	}()
	seen := map[string]bool{}
	for i := range 15 {
		got := told(t, s, "select string_agg(distinct c, ',' order by c) from (select city(ip) c from t where i >= 0)")
		if got != "London" && got != "Dublin" {
			t.Fatalf("statement %d: got %s", i, got)
		}
		seen[got] = true
	}
	close(stop)
	if n := <-swapped; n == 0 || len(seen) == 0 {
		t.Errorf("replaced %d times", n)
	}
}

// A cancel ends a statement that asks for places, and one that waits for them.
func TestPlacesCancelled(t *testing.T) {
	o := placesOptions(t)
	s := session(t, SessionOptions{Places: withPlaces(o)})
	waits := session(t, SessionOptions{Places: func(ctx context.Context) (*geoip.DB, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	for _, s := range []*Session{s, waits} {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := tell(ctx, s, "select count(city('81.2.' || i % 256 || '.' || i // 256 % 256)) from range(1000000000) r(i)"); err == nil {
			t.Error("a cancelled statement ran to its end")
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("ended after %v", took)
		}
	}
	if got := told(t, s, "select city('81.2.69.142')"); got != "London" {
		t.Errorf("the next statement: got %s", got)
	}
}
