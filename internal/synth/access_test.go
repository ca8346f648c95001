package synth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// An accessObject is one that was handed over.
type accessObject struct {
	key     string
	body    string
	records []AccessRecord
}

var (
	usual = AccessConfig{Config: small, Lines: 6000}
	odd   = AccessConfig{Config: small, Lines: 6000, Odd: true}
)

func accessLog(t testing.TB, cfg AccessConfig) ([]accessObject, AccessSummary) {
	t.Helper()
	var objects []accessObject
	sum, err := WriteAccess(context.Background(), cfg, func(key string, body []byte, records []AccessRecord) error {
		objects = append(objects, accessObject{key, string(body), records})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects, sum
}

// lines are the body's, without those that are empty.
func (o accessObject) lines() []string {
	return strings.FieldsFunc(o.body, func(r rune) bool { return r == '\n' || r == '\r' })
}

// identity is what tells a line from all others.
func (r AccessRecord) identity() string {
	return strings.Join([]string{r.Fields[fieldTime], r.Fields[fieldRequestID], r.Fields[fieldOperation], r.Fields[fieldKey], r.Fields[fieldVersion]}, " ")
}

func TestAccessCounts(t *testing.T) {
	least := AccessConfig{Config: Config{Events: MinEvents, Days: 2, Accounts: 2}, Lines: 200, Odd: true}
	single := AccessConfig{Config: Config{Seed: 3, Events: 700}, Lines: 300, LinesPerFile: 1, Odd: true}
	for _, cfg := range []AccessConfig{usual, odd, least, single, {Config: Config{Events: 600}, Lines: 900, LinesPerFile: 5000}} {
		objects, sum := accessLog(t, cfg)
		want := AccessSummary{Files: len(objects)}
		seen, keys := map[string]bool{}, map[string]bool{}
		for _, o := range objects {
			want.Bytes += int64(len(o.body))
			if keys[o.key] {
				t.Errorf("%s comes twice", o.key)
			}
			keys[o.key] = true
			if lines := o.lines(); len(lines) != len(o.records) {
				t.Fatalf("%s: %d lines, %d records", o.key, len(lines), len(o.records))
			}
			for _, r := range o.records {
				switch {
				case r.Damaged:
					want.Damaged++
				case r.Again:
					want.Duplicates++
				default:
					want.Lines++
				}
				if id := r.identity(); !r.Damaged && seen[id] != r.Again {
					t.Errorf("%s: %s: seen before %v, again %v", o.key, id, seen[id], r.Again)
				}
				seen[r.identity()] = true
			}
		}
		if sum != want || sum.Lines != cfg.Lines || sum.Duplicates == 0 || sum.Damaged > 0 != cfg.Odd {
			t.Errorf("%+v: summary %+v, counted %+v", cfg, sum, want)
		}
	}
}

// split takes a line apart that has no quotes within quotes.
func split(line string) (fields []string) {
	for line = strings.TrimRight(line, " "); line != ""; line = strings.TrimPrefix(line, " ") {
		end := " "
		switch line[0] {
		case '"':
			line, end = line[1:], `"`
		case '[':
			line, end = line[1:], "]"
		}
		var field string
		field, line, _ = strings.Cut(line, end)
		if end == " " && line != "" {
			line = " " + line
		}
		fields = append(fields, field)
	}
	return fields
}

func TestAccessLines(t *testing.T) {
	for _, cfg := range []AccessConfig{usual, odd} {
		objects, _ := accessLog(t, cfg)
		for _, o := range objects {
			for i, line := range o.lines() {
				r := o.records[i]
				if r.Damaged || strings.Count(line, `"`) > 6 {
					continue // no row, or ambiguous for a simple reader
				}
				fields := split(line)
				if len(fields) > accessFields != (len(r.More) > 0) {
					t.Fatalf("%q: %d fields, more %q", line, len(fields), r.More)
				}
				for k, want := range r.Fields {
					got := ""
					if k < len(fields) && fields[k] != "-" {
						got = fields[k]
					}
					if got != want || r.Null[k] != (want == "") {
						t.Fatalf("%q: field %d is %q, record says %q, null %v", line, k, got, want, r.Null[k])
					}
				}
				at, err := time.Parse("02/Jan/2006:15:04:05 -0700", r.Fields[fieldTime])
				if err != nil || !at.Equal(r.Time) {
					t.Fatalf("%q: time %s, record says %s (%v)", line, at, r.Time, err)
				}
				if utf8.ValidString(line) == r.Invalid {
					t.Errorf("%q: invalid %v", line, r.Invalid)
				}
			}
		}
	}
}

// TestAccessQuotes reads lines with quotes in them by the rules of trap.
func TestAccessQuotes(t *testing.T) {
	uri := regexp.MustCompile(`" \S+ \S+ [-0-9]+ [-0-9]+ [-0-9]+ [-0-9]+ ["-]`)
	objects, _ := accessLog(t, odd)
	read := 0
	for _, o := range objects {
		for i, line := range o.lines() {
			r := o.records[i]
			if r.Damaged || strings.Count(line, `"`) <= 6 {
				continue
			}
			read++
			_, rest, _ := strings.Cut(line, `"`)
			end := uri.FindStringIndex(rest)
			if end == nil || rest[:end[0]] != r.Fields[fieldURI] {
				t.Fatalf("%.300q: the URI is not %q", line, r.Fields[fieldURI])
			}
			referer, agent, _ := strings.Cut(rest[end[1]:], `" "`)
			if want := r.Fields[fieldReferer]; referer != want && !(referer == "-" && r.Null[fieldReferer]) {
				t.Fatalf("%.300q: referer %q, record says %q", line, referer, want)
			}
			if last := strings.LastIndexByte(agent, '"'); agent[:last] != r.Fields[fieldAgent] {
				t.Fatalf("%.300q: agent %.300q, record says %.300q", line, agent[:last], r.Fields[fieldAgent])
			}
		}
	}
	if read < 20 {
		t.Errorf("%d lines with quotes", read)
	}
}

func TestAccessDelivery(t *testing.T) {
	stamp := regexp.MustCompile(`(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-[0-9A-F]{16}$`)
	layouts := map[string]*regexp.Regexp{
		"a folder for each bucket": regexp.MustCompile(`^logs/acme-[a-z-]+/\d{4}-`),
		"by day of delivery":       regexp.MustCompile(`^s3-access/\d{12}/[a-z0-9-]+/acme-[a-z-]+/\d{4}/\d\d/\d\d/\d{4}-`),
		"by day of the requests":   regexp.MustCompile(`^s3-access-by-day/\d{12}/[a-z0-9-]+/acme-[a-z-]+/\d{4}/\d\d/\d\d/[0-9-]{10}-00-00-00-`),
		"without a slash":          regexp.MustCompile(`^acme-[a-z-]+-\d{4}-`),
	}
	objects, sum := accessLog(t, usual)
	counts, soon, late := map[string]int{}, 0, 0
	for _, o := range objects {
		for name, layout := range layouts {
			if layout.MatchString(o.key) {
				counts[name]++
			}
		}
		m := stamp.FindStringSubmatch(o.key)
		if m == nil {
			t.Fatalf("key %s", o.key)
		}
		delivered, err := time.Parse("2006-01-02-15-04-05", m[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range o.records {
			if !strings.Contains(o.key, r.Fields[fieldBucket]) {
				t.Fatalf("%s has a line of %s", o.key, r.Fields[fieldBucket])
			}
			if strings.HasPrefix(o.key, "s3-access-by-day/") {
				if !r.Again && r.Time.Truncate(24*time.Hour) != delivered {
					t.Errorf("%s: a line of %s", o.key, r.Time)
				}
				continue
			}
			switch age := delivered.Sub(r.Time); {
			case age < time.Minute:
				t.Errorf("%s: a line of %s", o.key, r.Time)
			case age > 24*time.Hour:
				late++
			default:
				soon++
			}
		}
	}
	for name := range layouts {
		if counts[name] == 0 {
			t.Errorf("no key %s", name)
		}
	}
	if late == 0 || late*5 > soon {
		t.Errorf("%d lines late, %d soon", late, soon)
	}
	if mean := sum.Lines / sum.Files; mean < 25 || mean > 60 {
		t.Errorf("%d lines an object", mean)
	}
}

func accessHash(t testing.TB, cfg AccessConfig) [sha256.Size]byte {
	h := sha256.New()
	objects, _ := accessLog(t, cfg)
	for _, o := range objects {
		io.WriteString(h, o.key+o.body)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func TestAccessDeterminism(t *testing.T) {
	cfg := odd
	want := accessHash(t, cfg)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if accessHash(t, cfg) != want {
		t.Error("one worker writes other bytes than many")
	}
	cfg.Seed++
	if accessHash(t, cfg) == want {
		t.Error("the seed changes nothing")
	}
}

func TestAccessFails(t *testing.T) {
	full := errors.New("disk full")
	_, err := WriteAccess(context.Background(), usual, func(string, []byte, []AccessRecord) error { return full })
	if err != full {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = WriteAccess(ctx, usual, func(string, []byte, []AccessRecord) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	for _, cfg := range []AccessConfig{{Lines: 100}, {LinesPerFile: -1}, {Config: Config{Events: 1}}} {
		if _, err := WriteAccess(context.Background(), cfg, nil); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}

func TestAccessJSON(t *testing.T) {
	objects, _ := accessLog(t, AccessConfig{Config: Config{Events: MinEvents}, Lines: 1000, Odd: true})
	numbers := map[int]bool{fieldStatus: true, fieldSent: true, fieldSize: true, fieldTotal: true, fieldTurnAround: true}
	for _, o := range objects {
		for _, r := range o.records {
			text := r.AppendJSON(nil)
			if r.Damaged {
				if len(text) > 0 {
					t.Errorf("a damaged record has %s", text)
				}
				continue
			}
			var m map[string]any
			d := json.NewDecoder(strings.NewReader(string(text)))
			d.UseNumber()
			if err := d.Decode(&m); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if len(m) != accessFields+2 || m["schema_version_id"] != "V_1_0" || m["bucket_arn"] != "arn:aws:s3:::"+r.Fields[fieldBucket] {
				t.Fatalf("%s", text)
			}
			for i, name := range accessMembers {
				var want any = strings.ToValidUTF8(r.Fields[i], "")
				got := m[name]
				switch {
				case i == fieldACL:
					want = !r.Null[i]
				case r.Null[i]:
					want = nil
				case numbers[i]:
					want = json.Number(r.Fields[i])
				case i == fieldTime:
					want = r.Time.Format("2006-01-02T15:04:05.000Z")
				case r.Invalid && i == fieldAgent:
					got = strings.ReplaceAll(got.(string), "\ufffd", "")
				}
				if got != want {
					t.Fatalf("%s is %v, record says %v", name, got, want)
				}
			}
		}
	}
}

func BenchmarkWriteAccess(b *testing.B) {
	for b.Loop() {
		sum, err := WriteAccess(context.Background(), AccessConfig{Lines: 100_000}, func(string, []byte, []AccessRecord) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(sum.Bytes)
	}
}
