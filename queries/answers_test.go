package queries_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/queries"
)

// An answer is what a question has to say of the town.
type answer struct {
	params params
	checks checks
}

type (
	params = map[string]string
	check  = func(*testing.T, *town, []finding)
	checks = []check
)

// counts: the sum of a column by columns that are a key is the count of the records
// by it, and no other keys are there.
func counts(columns, column string, key func(record) string) check {
	return func(t *testing.T, w *town, rows []finding) {
		t.Helper()
		got := sums(t, rows, columns, column)
		delete(got, "") // what has none of them
		same(t, column+" by "+columns, got, w.count(key))
	}
}

// keys: there is one row of each key.
func keys(columns string, key func(record) string) check {
	return func(t *testing.T, w *town, rows []finding) {
		t.Helper()
		got, want := map[string]int{}, map[string]int{}
		for _, r := range rows {
			got[r.key(columns)]++
		}
		for k := range w.count(key) {
			want[k] = 1
		}
		same(t, columns, got, want)
	}
}

// positive is counts of those rows that have some.
func positive(columns, column string, key func(record) string) check {
	return func(t *testing.T, w *town, rows []finding) {
		t.Helper()
		got := sums(t, rows, columns, column)
		maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
		same(t, column+" by "+columns, got, w.count(key))
	}
}

// rowCount: there are so many rows.
func rowCount(want int) check {
	return func(t *testing.T, _ *town, rows []finding) {
		t.Helper()
		if len(rows) != want {
			t.Errorf("%d rows, want %d: %v", len(rows), want, rows)
		}
	}
}

// kinds: a column is how many values there are of a key, one row a key.
func kinds(columns, column string, key, value func(record) string) check {
	return func(t *testing.T, w *town, rows []finding) {
		t.Helper()
		got := sums(t, rows, columns, column)
		delete(got, "")
		same(t, column+" by "+columns, got, w.distinct(key, value))
	}
}

// events: the rows are of these events, in the order of time.
func events(which func(record) bool) check {
	return func(t *testing.T, w *town, rows []finding) {
		t.Helper()
		got := map[string]int{}
		for _, r := range rows {
			got[r.key("eventID")]++
		}
		want := w.count(func(r record) string {
			if !which(r) {
				return ""
			}
			return r.get("eventID")
		})
		delete(got, "") // old records have none
		same(t, "events", got, want)
		if !slices.IsSortedFunc(rows, func(a, b finding) int { return strings.Compare(a["eventTime"], b["eventTime"]) }) {
			t.Error("the rows are not in the order of time")
		}
	}
}

// shows: there is one row of a key, and it has these values in these columns.
func shows(columns, key, of, want string) check {
	return func(t *testing.T, _ *town, rows []finding) {
		t.Helper()
		var got []string
		for _, r := range rows {
			if r.key(columns) == key {
				got = append(got, r.key(of))
			}
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s of %s are %q, want %q", of, key, got, want)
		}
	}
}

// lacks: there are no rows of these keys.
func lacks(columns string, keys ...string) check {
	return func(t *testing.T, _ *town, rows []finding) {
		t.Helper()
		for _, r := range rows {
			if slices.Contains(keys, r.key(columns)) {
				t.Errorf("%v should not be there", r)
			}
		}
	}
}

// of is the key of records that have it, made of the texts at paths.
func of(which func(record) bool, paths ...string) func(record) string {
	return func(r record) string {
		if which != nil && !which(r) {
			return ""
		}
		var parts []string
		for _, p := range paths {
			switch p {
			case "actor":
				parts = append(parts, r.actor())
			case "day":
				parts = append(parts, r.time(10)+" 00:00:00")
			case "hour":
				parts = append(parts, r.time(13)+":00:00")
			case "category":
				parts = append(parts, r.category())
			default:
				parts = append(parts, r.get(p))
			}
		}
		return strings.Join(parts, "|")
	}
}

func all(conditions ...func(record) bool) func(record) bool {
	return func(r record) bool {
		return !slices.ContainsFunc(conditions, func(c func(record) bool) bool { return !c(r) })
	}
}

func has(path string) func(record) bool { return func(r record) bool { return r.has(path) } }

func equal(path, value string) func(record) bool {
	return func(r record) bool { return r.get(path) == value }
}

// mentions says that a text is in one of the members.
func mentions(members, text string) func(record) bool {
	return func(r record) bool {
		for m := range strings.FieldsSeq(members) {
			if strings.Contains(r.text(m), text) {
				return true
			}
		}
		return false
	}
}

// TestAnswers asks every question about somebody or something, of what there is and of
// what it costs of one trail, and compares what they say with the trail's records.
func TestAnswers(t *testing.T) {
	w := newTown(t)
	want, asked := map[string]answer{}, map[string]params{}
	for _, some := range []map[string]answer{w.aboutSomebody(), w.aboutSomething(), w.inventory(), w.costAndErrors()} {
		for name, a := range some {
			want[name] = a
		}
	}
	for _, q := range queries.All() {
		folder, _, _ := strings.Cut(q.Name, "/")
		if !slices.Contains([]string{"investigate", "inventory", "cost-and-errors"}, folder) {
			continue
		}
		a, ok := want[q.Name]
		if !ok || len(a.checks) == 0 {
			t.Errorf("%s is not tested", q.Name)
			continue
		}
		delete(want, q.Name)
		asked[q.Name] = a.params
		t.Run(q.Name, func(t *testing.T) { w.check(t, q, a) })
	}
	for name := range want {
		t.Errorf("there is no question %s", name)
	}
	w.askSpoiled(t, asked)
}

// askSpoiled asks again of records with members missing, or of other kinds: none fails.
func (w *town) askSpoiled(t *testing.T, asked map[string]params) {
	records, err := w.deeds.complete("deed")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.put(append(records, spoiled(records)...), nil); err != nil {
		t.Fatal(err)
	}
	for _, q := range queries.All() {
		if given, ok := asked[q.Name]; ok {
			t.Run(q.Name+" of damaged records", func(t *testing.T) { w.rows(t, q, given) })
		}
	}
}

// check asks for all rows, and then checks what every question keeps to: that it is
// bounded by its parameters, and that its order is its own.
func (w *town) check(t *testing.T, q queries.Query, a answer) {
	rows := w.rows(t, q, a.params)
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, check := range a.checks {
		check(t, w, rows)
	}
	parameter := func(name string) bool {
		return slices.ContainsFunc(q.Parameters, func(p queries.Parameter) bool { return p.Name == name })
	}
	with := func(name, value string) map[string]string {
		params := map[string]string{name: value}
		for n, v := range a.params {
			if n != name {
				params[n] = v
			}
		}
		return params
	}
	if parameter("limit") {
		if first := w.rows(t, q, with("limit", "1")); len(first) != 1 || first[0].key("eventID actor account eventName") != rows[0].key("eventID actor account eventName") {
			t.Errorf("with a limit of one: %v, want %v", first, rows[0])
		}
	}
	if parameter("since") {
		if after := w.rows(t, q, with("since", "2025-08-01")); len(after) > 0 {
			t.Errorf("%v after the log's end", after[0])
		}
		if before := w.rows(t, q, with("until", "2012-01-01")); len(before) > 0 {
			t.Errorf("%v before its beginning", before[0])
		}
	}
}

// rows asks, without a limit unless one is given.
func (w *town) rows(t *testing.T, q queries.Query, params map[string]string) []finding {
	t.Helper()
	given := map[string]string{}
	for n, v := range params {
		given[n] = v
	}
	for _, p := range q.Parameters {
		if _, ok := given[p.Name]; p.Name == "limit" && !ok {
			given["limit"] = "1000000"
		}
	}
	rows, err := w.ask(q, given)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
