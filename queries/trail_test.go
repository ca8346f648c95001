package queries_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/klauspost/compress/gzip"
)

// A record is an event as the log has it.
type record map[string]any

// get is the text at a path such as userIdentity.arn, "" where there is none; of
// lists the first.
func (r record) get(path string) string {
	var at any = map[string]any(r)
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := at.([]any); ok && len(list) > 0 {
			at = list[0]
		}
		members, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = members[name]
	}
	if at == nil {
		return ""
	}
	return strings.ReplaceAll(fmt.Sprint(at), "\r\n", "\n") // as encoding/csv reads it
}

func (r record) has(path string) bool { return r.get(path) != "" }

// is says that the event is one of the service's, and one of these if some are named.
func (r record) is(service string, names ...string) bool {
	return r.get("eventSource") == service+".amazonaws.com" && (len(names) == 0 || slices.Contains(names, r.get("eventName")))
}

func (r record) failed() bool { return r.has("errorCode") }

func (r record) denied() bool {
	code := r.get("errorCode")
	return strings.Contains(code, "AccessDenied") || strings.Contains(code, "Unauthorized")
}

// changes says whether the event changes something, old records by their name.
func (r record) changes() bool {
	if r.has("readOnly") {
		return r.get("readOnly") == "false"
	}
	name := r.get("eventName")
	return name != "" && !slices.ContainsFunc([]string{"Get", "List", "Describe", "Head"}, func(p string) bool { return strings.HasPrefix(name, p) })
}

func (r record) category() string {
	if !r.has("eventCategory") {
		return "Management"
	}
	return r.get("eventCategory")
}

func (r record) actor() string {
	text := func(path string) []byte { return []byte(r.get("userIdentity." + path)) }
	i := cloudtrail.Identity{
		Type: text("type"), ARN: text("arn"), AccountID: text("accountId"), PrincipalID: text("principalId"), UserName: text("userName"),
		AccessKeyID: text("accessKeyId"), InvokedBy: text("invokedBy"), IdentityProvider: text("identityProvider"), CredentialID: text("credentialId"),
		IssuerARN: text("sessionContext.sessionIssuer.arn"), SourceIdentity: text("sessionContext.sourceIdentity"),
		FederatedProvider: text("sessionContext.webIdFederationData.federatedProvider"), OnBehalfOf: text("onBehalfOf.userId"),
	}
	return string(i.AppendActor(nil))
}

// time is the event's as answers have it, cut to a part: 10 is the day, 13 the hour.
func (r record) time(length int) string {
	return strings.Replace(r.get("eventTime"), "T", " ", 1)[:length]
}

// text is a member as the log has it.
func (r record) text(name string) string {
	if r[name] == nil {
		return ""
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(r[name]); err != nil {
		return err.Error()
	}
	return text.String()
}

// A town is a trail of everyday work and one theft, with deeds of all kinds beside,
// in a session's tables.
type town struct {
	*bench
	story   synth.Story
	records []record // each event once
	deeds   scene    // some of them
}

const townEvents = 6000

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{bench: newBench(t)}
	cfg := synth.Config{Events: townEvents}
	var err error
	if w.story, err = cfg.Story(); err != nil {
		t.Fatal(err)
	}
	w.logs = map[string][]byte{}
	seen := map[string]bool{}
	_, err = synth.Write(context.Background(), cfg, func(key string, body []byte) error {
		w.logs[key] = body
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		return w.read(json.NewDecoder(z), seen)
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/deeds.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &w.deeds); err != nil {
		t.Fatal(err)
	}
	more, err := w.deeds.complete("deed")
	if err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(map[string]any{"Records": more}); err != nil {
		t.Fatal(err)
	}
	w.logs["deeds.json"] = text
	if err := w.read(json.NewDecoder(bytes.NewReader(text)), seen); err != nil {
		t.Fatal(err)
	}
	if _, err := w.RunOwn(context.Background(), "CREATE OR REPLACE TEMP TABLE temp.cloudtrail AS SELECT * FROM read_cloudtrail('town')", nil, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// read keeps the events of a file: neither 5-minute summaries nor digests.
func (w *town) read(dec *json.Decoder, seen map[string]bool) error {
	var file struct{ Records []record }
	dec.UseNumber()
	if err := dec.Decode(&file); err != nil {
		return err
	}
	for _, r := range file.Records {
		id := of(nil, "eventID", "eventTime", "eventSource", "eventName")(r) // a forged twin shares the first only
		if !r.has("eventTime") || r.has("eventID") && seen[id] {
			continue
		}
		seen[id] = true
		w.records = append(w.records, r)
	}
	return nil
}

// separator is between the keys of a record that counts for several.
const separator = "\x00"

// count counts the records by a key; "" leaves one out.
func (w *town) count(key func(record) string) map[string]int {
	n := map[string]int{}
	for _, r := range w.records {
		for k := range strings.SplitSeq(key(r), separator) {
			if k != "" {
				n[k]++
			}
		}
	}
	return n
}

// distinct counts the different values of the records by a key.
func (w *town) distinct(key, value func(record) string) map[string]int {
	values := map[string]map[string]bool{}
	for _, r := range w.records {
		if k := key(r); k != "" {
			if values[k] == nil {
				values[k] = map[string]bool{}
			}
			if v := value(r); v != "" {
				values[k][v] = true
			}
		}
	}
	n := map[string]int{}
	for k, set := range values {
		n[k] = len(set)
	}
	return n
}

// sums is the sum of a column of the rows by a key's columns.
func sums(t *testing.T, rows []finding, key, column string) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, r := range rows {
		var value int
		if _, err := fmt.Sscanf(r[column], "%d", &value); err != nil {
			t.Fatalf("%s is %q in %v", column, r[column], r)
		}
		n[r.key(key)] += value
	}
	return n
}

// key joins columns; a time is cut to 19 characters, a NULL is "".
func (f finding) key(columns string) string {
	var values []string
	for c := range strings.FieldsSeq(columns) {
		if values = append(values, f[c]); f[c] == null {
			values[len(values)-1] = ""
		}
	}
	return strings.Join(values, "|")
}

func same(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	if len(want) == 0 {
		t.Errorf("%s: nothing is expected: this compares nothing", what)
	}
	wrong := 0
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			if wrong++; wrong < 5 {
				t.Errorf("%s: %s: %d, want %d", what, k, got[k], want[k])
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			if wrong++; wrong < 10 {
				t.Errorf("%s: %s: %d should not be there", what, k, got[k])
			}
		}
	}
}
