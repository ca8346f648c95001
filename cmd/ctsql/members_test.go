package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/synth"
	"github.com/klauspost/compress/gzip"
)

// TestEveryMember takes each record of a trail that holds every shape, read with
// encoding/json, and compares each member with its row: nothing is missing,
// nothing is there twice, and no text of a number or of JSON has changed.
func TestEveryMember(t *testing.T) {
	dir, sum := trail(t, synth.Config{Seed: 5, Events: 2000})
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	ctsql(t, cache, "load", dir)
	records := readTrail(t, dir)

	for _, from := range [][]string{nil, {"--from", dir}} {
		seen := checkRows(t, cache, records.events, append(from, "select * from cloudtrail"))
		if len(seen) != sum.Events {
			t.Errorf("%q: %d rows, the trail has %d events", from, len(seen), sum.Events)
		}
		// What has no row is a copy of what has.
		known := map[string]bool{}
		for place := range seen {
			known[records.events[place].identity()] = true
		}
		for place, r := range records.events {
			if !seen[place] && !known[r.identity()] {
				t.Errorf("%q: no row for %s", from, place)
			}
		}
	}
	if seen := checkRows(t, cache, records.summaries, []string{"select * from aggregated"}); len(seen) != sum.Aggregated {
		t.Errorf("%d summaries, the trail has %d", len(seen), sum.Aggregated)
	}
}

// A record is its members, as text.
type record map[string]json.RawMessage

func (r record) identity() string {
	return fmt.Sprintf("%s %s %s %s", r["eventID"], r["eventTime"], r["eventSource"], r["eventName"])
}

// places are records by object and place in it.
type places map[string]record

type trailRecords struct{ events, summaries places }

func readTrail(t *testing.T, dir string) trailRecords {
	t.Helper()
	all := trailRecords{places{}, places{}}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/CloudTrail-Digest/") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		var doc struct{ Records []record }
		if err := json.NewDecoder(z).Decode(&doc); err != nil {
			return err
		}
		to := all.events
		if strings.Contains(path, "/CloudTrail-Aggregated/") {
			to = all.summaries
		}
		for i, r := range doc.Records {
			to[path+"#"+strconv.Itoa(i)] = r
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// checkRows compares the rows of a query with the records that they say they
// are from, and returns which these are.
func checkRows(t *testing.T, cache string, records places, query []string) map[string]bool {
	t.Helper()
	out, _ := ctsql(t, cache, append([]string{"query", "--format", "ndjson"}, query...)...)
	seen := map[string]bool{}
	dec := json.NewDecoder(strings.NewReader(out))
	for {
		row := record{}
		if err := dec.Decode(&row); err == io.EOF {
			return seen
		} else if err != nil {
			t.Fatal(err)
		}
		place := text(row["sourceObject"]) + "#" + string(row["recordIndex"])
		r, ok := records[place]
		switch {
		case !ok:
			t.Fatalf("a row from %s, where no record is", place)
		case seen[place]:
			t.Errorf("%s has two rows", place)
		}
		seen[place] = true
		extra := row["extra"]
		for _, name := range []string{"extra", "sourceObject", "recordIndex"} {
			delete(row, name)
		}
		unknown, wrong := compare("", r, row)
		for _, w := range wrong {
			t.Errorf("%s: %s", place, w)
		}
		if got, want := canonical(extra), canonical(unknown); got != want {
			t.Errorf("%s: extra is\n%s\nnot\n%s", place, got, want)
		}
		if t.Failed() && len(seen) > 100 {
			t.FailNow()
		}
	}
}

// What the columns are, apart from text: said again here, to hold the schema to it.
var (
	jsonMembers = strings.Fields("requestParameters responseElements additionalEventData serviceEventDetails eventContext edgeDeviceDetails insightDetails timeWindow summary")
	boolMembers = strings.Fields("readOnly managementEvent sessionCredentialFromConsole userIdentity.sessionContext.assumedRoot")
	objects     = strings.Fields("userIdentity userIdentity.sessionContext userIdentity.sessionContext.sessionIssuer userIdentity.sessionContext.webIdFederationData " +
		"userIdentity.sessionContext.attributes userIdentity.onBehalfOf userIdentity.inScopeOf userIdentity.invokedByDelegate addendum tlsDetails")
	// mapped hold any name.
	mapped = []string{"userIdentity.sessionContext.webIdFederationData.attributes"}
)

// compare compares an object of a record with its row, and returns the members
// that the row has no column for.
func compare(path string, r, row record) (unknown record, wrong []string) {
	unknown = record{}
	for name, got := range row {
		full := strings.TrimPrefix(path+"."+name, ".")
		want, ok := r[name]
		if !ok || string(want) == "null" {
			if string(got) != "null" {
				wrong = append(wrong, fmt.Sprintf("%s is %s, but the record has none", full, got))
			}
			continue
		}
		more, problems := compareMember(full, want, got)
		wrong = append(wrong, problems...)
		if len(more) > 0 {
			unknown[name] = marshal(more)
		}
	}
	for name, want := range r {
		if _, ok := row[name]; !ok && !(path != "" && slices.Contains(mapped, path)) {
			unknown[name] = want
		}
	}
	return unknown, wrong
}

func compareMember(path string, want, got json.RawMessage) (unknown record, wrong []string) {
	differ := func(expected string) (record, []string) {
		return nil, []string{fmt.Sprintf("%s is %s, not %s", path, got, expected)}
	}
	switch {
	case slices.Contains(objects, path), slices.Contains(mapped, path):
		var r, row record
		if json.Unmarshal(want, &r) != nil || json.Unmarshal(got, &row) != nil || row == nil {
			return differ(string(want))
		}
		if slices.Contains(mapped, path) && len(r) != len(row) {
			return differ(string(want))
		}
		return compare(path, r, row)
	case path == "resources":
		var r, row []record
		if json.Unmarshal(want, &r) != nil || json.Unmarshal(got, &row) != nil || len(r) != len(row) {
			return differ(string(want))
		}
		for i := range r {
			more, problems := compare(fmt.Sprintf("%s[%d]", path, i), r[i], row[i])
			if len(more) > 0 {
				problems = append(problems, fmt.Sprintf("%s: %s has no column", path, marshal(more)))
			}
			wrong = append(wrong, problems...)
		}
		return nil, wrong
	case slices.Contains(jsonMembers, path):
		if !bytes.Equal(want, got) {
			return differ(string(want))
		}
	case slices.Contains(boolMembers, path):
		if strings.Trim(string(want), `"`) != string(got) {
			return differ(string(want))
		}
	case path == "eventTime":
		if at := strings.NewReplacer("T", " ", "Z", "").Replace(text(want)); at != text(got) {
			return differ(at)
		}
	default:
		if text(want) != text(got) || got[0] != '"' {
			return differ(string(want))
		}
	}
	return nil, wrong
}

// text is what a JSON string says.
func text(b json.RawMessage) (s string) {
	if json.Unmarshal(b, &s) != nil {
		return "not a string: " + string(b)
	}
	return s
}

func marshal(r record) json.RawMessage {
	if len(r) == 0 {
		return nil
	}
	// Not json.Marshal, which would change the text of members.
	names := make([]string, 0, len(r))
	for name := range r {
		names = append(names, name)
	}
	slices.Sort(names)
	var out bytes.Buffer
	for i, name := range names {
		out.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(&out, "%q:%s", name, r[name])
	}
	out.WriteByte('}')
	return out.Bytes()
}

// canonical is the text of extra with its members, and those of objects that are
// columns, in order; what is in them is as it was.
func canonical(v any) string {
	var b json.RawMessage
	switch v := v.(type) {
	case record:
		b = marshal(v)
	case json.RawMessage:
		b = v
	}
	if len(b) == 0 || string(b) == "null" {
		return ""
	}
	return sorted("", b)
}

func sorted(path string, b json.RawMessage) string {
	var r record
	if path != "" && !slices.Contains(objects, path) || json.Unmarshal(b, &r) != nil {
		return string(b)
	}
	for name, m := range r {
		r[name] = json.RawMessage(sorted(strings.TrimPrefix(path+"."+name, "."), m))
	}
	return string(marshal(r))
}
