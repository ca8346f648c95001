package profile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

// readAll asks everything of every row that is an activity, and returns how many are.
func readAll(t testing.TB, r *Reader, rows *cloudtrail.Rows) (n int) {
	t.Helper()
	var e Event
	var edges []Edge
	buf := make([]byte, 0, 256)
	for i := range rows.Rows {
		if !r.Read(i, &e) {
			continue
		}
		n++
		if len(e.Actor) == 0 || len(e.Self) == 0 || len(e.Actor) > 2*maxValue+len(viaService) || len(e.Peers) > maxValue {
			t.Fatalf("row %d: actor %q, self %q, peers %q", i, e.Actor, e.Self, e.Peers)
		}
		for _, p := range Profiles() {
			if v, ok := p.Value(&e, buf[:0]); ok && (len(v) == 0 || len(v) > maxValue+200) {
				t.Fatalf("row %d: %s is %d bytes", i, p.Name, len(v))
			}
		}
		for _, f := range Frequencies() {
			if f.Key != nil {
				f.Key(&e, buf[:0])
			}
		}
		edges = e.AppendEdges(edges[:0])
	}
	return n
}

// Records whose every member is of another kind, is missing, is long, or is what an
// attacker typed, are read like others.
func TestHostileRecords(t *testing.T) {
	long := strings.Repeat("x", 50_000)
	values := []string{`null`, `""`, `5`, `true`, `[]`, `{}`, `[[{"a":null}]]`, `":"`, `"arn:aws:iam::::"`, `"arn:aws:sts::1:assumed-role/"`, `"::::::/"`,
		`"\u0000\u001b[2J\r\n"`, `"%zz"`, `"fe80::1%eth0"`, `"i-"`, `"` + long + `"`, `{"credentials":"` + long + `"}`}
	var records []string
	for _, v := range values {
		identity := `{"type":` + v + `,"principalId":` + v + `,"arn":` + v + `,"accountId":` + v + `,"accessKeyId":` + v + `,"invokedBy":` + v +
			`,"sessionContext":{"sessionIssuer":{"arn":` + v + `,"accountId":` + v + `},"sourceIdentity":` + v + `}}`
		for _, who := range []string{v, identity, strings.Replace(identity, `"type":`+v, `"type":"AssumedRole"`, 1), isUser} {
			for _, call := range []string{"sts AssumeRole", "iam CreateLoginProfile", "signin ConsoleLogin", "x y"} {
				source, name, _ := strings.Cut(call, " ")
				records = append(records, fmt.Sprintf(`{"eventTime":"2025-07-10T09:30:00Z","eventID":"e","eventSource":"%s.amazonaws.com","eventName":"%s","userIdentity":%s,
					"awsRegion":%[4]s,"sourceIPAddress":%[4]s,"userAgent":%[4]s,"errorCode":%[4]s,"requestParameters":%[4]s,"responseElements":%[4]s,
					"additionalEventData":%[4]s,"recipientAccountId":%[4]s,"sharedEventID":%[4]s,"vpcEndpointId":%[4]s,"eventCategory":%[4]s}`, source, name, who, v))
			}
		}
	}
	b := batchOf(t, records...)
	r := NewReader()
	r.Reset(&b.Events, snapshotOf(t))
	if n := readAll(t, r, &b.Events); n != len(records) {
		t.Errorf("%d of %d are read", n, len(records))
	}
}

// What is no activity is not read.
func TestNoActivity(t *testing.T) {
	for name, record := range map[string]string{
		"an Insight":           record(isUser, `"eventCategory":"Insight"`),
		"an Insight of old":    record(isUser, `"eventCategory":null`, `"eventType":"AwsCloudTrailInsight"`),
		"a mended record":      record(isUser, `"addendum":{"reason":"UPDATED_DATA","originalEventID":"e1"}`),
		"a record of no time":  record(isUser, `"eventTime":null`),
		"an unreadable time":   record(isUser, `"eventTime":"yesterday"`),
		"a record that is one": record(isUser),
		"a late one":           record(isUser, `"addendum":{"reason":"DELIVERY_DELAY"}`),
	} {
		b := batchOf(t, record)
		r := NewReader()
		r.Reset(&b.Events, nil)
		var e Event
		want := strings.HasSuffix(name, "one")
		if got := r.Read(0, &e); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Places that cannot be asked are not known, which is told, and asked again with the
// next batch.
func TestPlacesFail(t *testing.T) {
	name := filepath.Join(t.TempDir(), "city.mmdb")
	if err := geotest.WriteCity(name); err != nil {
		t.Fatal(err)
	}
	db, err := geoip.Open(context.Background(), geoip.Options{GeoIP: []string{name}, Now: func() time.Time { return time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	b := batchOf(t, record(isUser))
	r := NewReader()
	r.Reset(&b.Events, db.Snapshot())
	if err := os.Truncate(name, 100); err != nil {
		t.Fatal(err)
	}
	var e Event
	if !r.Read(0, &e) || r.Err() == nil || len(e.Place.country) > 0 && string(e.Place.country) != "unknown" {
		t.Fatalf("error %v, place %+v", r.Err(), e.Place)
	}
	if err := geotest.WriteCity(name); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.Reset(&b.Events, db.Snapshot())
	if !r.Read(0, &e) || r.Err() != nil || string(e.Place.country) != "IE" {
		t.Errorf("error %v, place %+v", r.Err(), e.Place)
	}
}

// FuzzRead reads whatever can be decoded.
func FuzzRead(f *testing.F) {
	for _, c := range eventCases {
		f.Add(c.record)
	}
	r := NewReader()
	b, err := cloudtrail.NewBatch()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { b.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		b.Reset()
		var d cloudtrail.Decoder
		if d.Decode(b, cloudtrail.Object{}, cloudtrail.Body{ReadSeeker: strings.NewReader(text), Bytes: []byte(text)}) != nil {
			return
		}
		r.Reset(&b.Events, nil)
		readAll(t, r, &b.Events)
	})
}

// Texts are cut between characters.
func TestCut(t *testing.T) {
	for n := range 5 {
		if got := cut([]byte(strings.Repeat("x", n) + strings.Repeat("€", maxValue))); len(got) > maxValue || len(got) < maxValue-3 || !utf8.Valid(got) {
			t.Errorf("%d: %d bytes, %q", n, len(got), got[len(got)-4:])
		}
	}
}
