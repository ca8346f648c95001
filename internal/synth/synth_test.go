package synth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"path"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

type stored struct {
	key     string
	at      cloudtrail.Key
	text    []byte
	records *[]record // once parsed
}

// made keeps the trails that several tests look at: making and parsing them
// under the race detector is most of the tests' time.
var made = map[Config]func() ([]stored, Summary){}

// trail makes a trail and takes the gzip off.
func trail(t testing.TB, cfg Config) ([]stored, Summary) {
	t.Helper()
	if again, ok := made[cfg]; ok {
		return again()
	}
	var files []stored
	var compressed int64
	sum, err := Write(context.Background(), cfg, func(key string, body []byte) error {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(z)
		k, ok := cloudtrail.ParseKey(key)
		if !ok {
			t.Errorf("ParseKey refuses %s", key)
		}
		compressed += int64(len(body))
		files = append(files, stored{key, k, text, new([]record)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if compressed != sum.Compressed {
		t.Errorf("%d bytes compressed, summary says %d", compressed, sum.Compressed)
	}
	made[cfg] = func() ([]stored, Summary) { return files, sum }
	return files, sum
}

// A record is what the tests look at.
type record struct {
	EventVersion, EventTime, EventSource, EventName  string
	EventID, SharedEventID, EventCategory, EventType string
	AWSRegion, RecipientAccountID, SourceIPAddress   string
	ErrorCode, UserAgent                             string
	UserIdentity                                     struct {
		Type, PrincipalID, AccountID, InvokedBy, AccessKeyID string
	}
	raw string
}

func records(t testing.TB, f stored) []record {
	t.Helper()
	if len(*f.records) > 0 {
		return *f.records
	}
	var doc struct{ Records []json.RawMessage }
	if err := json.Unmarshal(f.text, &doc); err != nil {
		t.Fatalf("%s: %v", f.key, err)
	}
	if len(doc.Records) == 0 {
		t.Errorf("%s: no records", f.key)
	}
	rs := make([]record, len(doc.Records))
	for i, raw := range doc.Records {
		if err := json.Unmarshal(raw, &rs[i]); err != nil {
			t.Fatalf("%s: %v", f.key, err)
		}
		rs[i].raw = string(raw)
	}
	*f.records = rs
	return rs
}

var small = Config{Seed: 1, Events: 2500}

func TestCounts(t *testing.T) {
	for _, cfg := range []Config{{Events: MinEvents}, small, {Seed: 9, Events: 700, EventsPerFile: 1, Accounts: 12, Days: 2}, {Seed: 3, Events: 800, EventsPerFile: 5000, Accounts: 2}} {
		files, sum := trail(t, cfg)
		seen := map[[4]string]bool{}
		kinds := map[string]int{}
		names := map[string]bool{}
		var events, duplicates, aggregated int
		var inflated int64
		for _, f := range files {
			kinds[f.at.Kind]++
			inflated += int64(len(f.text))
			if names[f.key] {
				t.Errorf("%s comes twice", f.key)
			}
			names[f.key] = true
			switch f.at.Kind {
			case cloudtrail.KindDigest:
				continue
			case cloudtrail.KindAggregated:
				aggregated += len(records(t, f))
				continue
			}
			for _, r := range records(t, f) {
				id := [4]string{r.EventID, r.EventTime, r.EventSource, r.EventName}
				if r.EventID != "" && seen[id] {
					duplicates++
					continue
				}
				seen[id] = true
				events++
			}
		}
		if events != cfg.Events || sum.Events != events || sum.Duplicates != duplicates || duplicates == 0 || sum.Aggregated != aggregated || aggregated == 0 || sum.Inflated != inflated {
			t.Errorf("%+v: counted %d events, %d duplicates, %d aggregated, %d bytes; summary %+v", cfg, events, duplicates, aggregated, inflated, sum)
		}
		for kind, n := range kinds {
			if sum.Files[kind] != n {
				t.Errorf("%s: %d files, summary says %d", kind, n, sum.Files[kind])
			}
		}
		if len(kinds) != 5 || len(sum.Files) != 5 {
			t.Errorf("kinds of files: %v", kinds)
		}
	}
}

// TestLayout holds what a loader may rely on: a file's events are its account's
// and region's, and not younger than its delivery nor much older.
func TestLayout(t *testing.T) {
	files, _ := trail(t, small)
	late := 0
	for i, f := range files {
		if i > 0 && f.at.Delivered.Before(files[i-1].at.Delivered) {
			t.Errorf("%s is handed over after %s", f.key, files[i-1].key)
		}
		if f.at.Kind == cloudtrail.KindDigest || f.at.Kind == cloudtrail.KindAggregated {
			continue
		}
		if !strings.HasPrefix(f.key, "AWSLogs/"+OrganizationID+"/"+f.at.Account+"/") || !strings.HasPrefix(path.Base(f.key), f.at.Account+"_"+f.at.Kind+"_"+f.at.Region+"_") {
			t.Errorf("key %s", f.key)
		}
		for _, r := range records(t, f) {
			if r.AWSRegion != f.at.Region || r.RecipientAccountID != f.at.Account && r.EventID != "" {
				t.Fatalf("%s: a record of %s in %s", f.key, r.RecipientAccountID, r.AWSRegion)
			}
			at, err := time.Parse(time.RFC3339, r.EventTime)
			if err != nil {
				t.Fatal(err)
			}
			switch age := f.at.Delivered.Sub(at); {
			case age < 0 || age > 25*time.Hour && f.at.Kind == cloudtrail.KindEvents:
				t.Errorf("%s: an event of %s", f.key, r.EventTime)
			case age > time.Hour:
				late++
			}
		}
	}
	if late == 0 {
		t.Error("no file came late")
	}
}

func hash(t testing.TB, cfg Config) [sha256.Size]byte {
	h := sha256.New()
	_, err := Write(context.Background(), cfg, func(key string, body []byte) error {
		io.WriteString(h, key)
		h.Write(body)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func TestDeterminism(t *testing.T) {
	cfg := Config{Seed: 5, Events: 2000}
	want := hash(t, cfg)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if hash(t, cfg) != want {
		t.Error("one worker writes other bytes than many")
	}
	cfg.Seed++
	if hash(t, cfg) == want {
		t.Error("the seed changes nothing")
	}
}

func TestPutFails(t *testing.T) {
	full := errors.New("disk full")
	n := 0
	_, err := Write(context.Background(), small, func(string, []byte) error {
		if n++; n == 5 {
			return full
		}
		return nil
	})
	if err != full {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Write(ctx, small, func(string, []byte) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for _, cfg := range []Config{{Events: 10}, {Accounts: 1}, {Accounts: 13}, {Days: 1}, {EventsPerFile: -1}, {Addresses: -1}, {Addresses: MaxAddresses + 1}} {
		if _, err := Write(context.Background(), cfg, nil); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}

// TestAddresses counts the addresses of a trail that asked for many.
func TestAddresses(t *testing.T) {
	few, _ := trail(t, small)
	cfg := small
	cfg.Addresses = 100
	many, _ := trail(t, cfg)
	counts := map[netip.Addr]int{}
	total := 0
	for i, f := range many {
		if f.at.Kind != cloudtrail.KindEvents {
			continue
		}
		for k, r := range records(t, f) {
			if r.SourceIPAddress == records(t, few[i])[k].SourceIPAddress {
				continue // the story's, a service's or a rare shape's
			}
			a, err := netip.ParseAddr(r.SourceIPAddress)
			if err != nil || !a.Is4() || !a.IsGlobalUnicast() || a.IsPrivate() {
				t.Errorf("address %s", r.SourceIPAddress)
			}
			counts[a]++
			total++
		}
	}
	if len(counts) != cfg.Addresses {
		t.Errorf("%d addresses", len(counts))
	}
	first := map[byte]bool{}
	for a, n := range counts {
		first[a.As4()[0]] = true
		if n > 5*total/cfg.Addresses {
			t.Errorf("%s in %d of %d events", a, n, total)
		}
	}
	if len(first) < 60 {
		t.Errorf("%d first bytes", len(first))
	}
	if total*10 < 3*small.Events {
		t.Errorf("%d events have such an address", total)
	}
}

func BenchmarkWrite(b *testing.B) {
	var sum Summary
	for b.Loop() {
		sum, _ = Write(context.Background(), Config{Events: 100_000, EventsPerFile: 150}, func(string, []byte) error { return nil })
		b.SetBytes(sum.Inflated)
	}
	b.ReportMetric(float64(sum.Inflated)/float64(sum.Events+sum.Duplicates), "B/event")
	b.ReportMetric(float64(sum.Inflated)/float64(sum.Compressed), "ratio")
}
