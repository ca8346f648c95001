package queries_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/detect"
	"github.com/ctsql/ctsql/queries"
)

// TestTogether asks all detections at once, which leaves out those that can find nothing
// and has others read few events, of everything that stands beside them and of a trail:
// each finds what it finds by itself.
func TestTogether(t *testing.T) {
	w := newTown(t)
	all, err := w.deeds.complete("deed")
	if err != nil {
		t.Fatal(err)
	}
	var requests []string
	var set []queries.Query
	for _, q := range queries.All() {
		if !q.Detects() {
			continue
		}
		set = append(set, q)
		f, err := readFixture(q.Name)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range append(f.Find, f.Ignore...) {
			records, err := s.complete(fmt.Sprintf("%s-%d", q.Name, i))
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, spoiled(records[:min(len(records), 1)])...)
			for _, r := range records { // of equal times and IDs the order is nobody's
				r["eventID"] = fmt.Appendf(nil, "%q", fmt.Sprintf("%s-%d-%d", q.Name, i, len(all)))
				all = append(all, r)
			}
			requests = append(requests, s.Requests...)
		}
	}
	for _, r := range w.records {
		one := map[string]json.RawMessage{}
		for name := range r {
			if text := r.text(name); text != "" {
				one[name] = json.RawMessage(text)
			}
		}
		all = append(all, one)
	}
	if err := w.put(all, requests); err != nil {
		t.Fatal(err)
	}
	for _, span := range []map[string]string{nil, {"since": "2025-07-01", "until": "2025-07-01 12:05:00"}, {"until": "2025-06-21"}} {
		alone := map[string][]string{}
		for _, q := range set {
			found, err := w.ask(q, span)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				alone[q.Name] = append(alone[q.Name], f.line())
			}
		}
		out := w.sameTogether(t, set, span, alone)
		if out.Asked+out.Idle != len(set) || out.Idle == 0 && span != nil {
			t.Errorf("%v: of %d detections %d were asked, and %d not", span, len(set), out.Asked, out.Idle)
		}
	}
}

// line is the finding as one text.
func (f finding) line() string {
	var cells []string
	for _, c := range queries.Columns() {
		cells = append(cells, f[c.Name])
	}
	return strings.Join(cells, "|")
}

// sameTogether asks a set at once and compares what each finds with what it finds alone.
func (b *bench) sameTogether(t *testing.T, set []queries.Query, given map[string]string, alone map[string][]string) detect.Outcome {
	t.Helper()
	o := detect.Options{Has: detect.Places{GeoIP: true, Tor: true, Ranges: true}}
	for name, value := range given {
		o.Given = append(o.Given, name+"="+value)
	}
	for i := range set {
		set[i].Needs = nil // what there are no events for finds nothing
	}
	out, err := detect.Gather(context.Background(), b.Session, set, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range out.Failed {
		t.Errorf("%s: %v", f.Name, f.Err)
	}
	a, err := b.Run(context.Background(), "SELECT * FROM "+detect.Table, nil, `(FORMAT csv, HEADER false, NULLSTR '`+null+`')`)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(a.Result).ReadAll()
	if err = errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	together := map[string][]string{}
	for _, r := range rows {
		name := r[len(r)-1]
		together[name] = append(together[name], strings.Join(r[:len(r)-1], "|"))
	}
	names := maps.Clone(alone)
	maps.Copy(names, together)
	for name := range names {
		slices.Sort(alone[name])
		slices.Sort(together[name])
		if !slices.Equal(alone[name], together[name]) {
			t.Errorf("%s, %v: it finds %d among others and %d alone: %.300q, %.300q", name, given, len(together[name]), len(alone[name]), together[name], alone[name])
		}
	}
	return out
}
