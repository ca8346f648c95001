package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/synth"
)

// weeks are a trail in which a key is used by a thief on the last day but one, after
// twelve quiet ones.
var weeks = synth.Config{Events: 3000, Days: 14}

const (
	theft = "2025-07-05"
	// overOn is the day by whose events the day of the theft is over.
	overOn = "2025-07-06"
)

// A learned is a state and a cache that know the days before the theft, and the objects
// that came then and after.
type learned struct {
	state, cache string
	keys         []string // of the theft's day and what belongs to it
	after        []string // of what shows that it is over
}

var learnedOnce struct {
	sync.Once
	learned
	err error
}

// learn has the quiet weeks learned, once for all tests.
func learn(t *testing.T) learned {
	t.Helper()
	l := &learnedOnce
	l.Do(func() {
		dir, err := os.MkdirTemp(filepath.Dir(os.Args[0]), "learned")
		if err != nil {
			l.err = err
			return
		}
		l.state, l.cache = filepath.Join(dir, "state.db"), filepath.Join(dir, "cache.duckdb")
		logs := filepath.Join(dir, "logs")
		_, l.err = synth.Write(t.Context(), weeks, func(key string, body []byte) error {
			k, ok := cloudtrail.ParseKey(key)
			switch day := k.Delivered.Format(time.DateOnly); {
			case !ok || day >= overOn:
				l.after = append(l.after, key)
				return nil
			case day >= theft:
				l.keys = append(l.keys, key)
				return nil
			}
			name := filepath.Join(logs, filepath.FromSlash(key))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			return os.WriteFile(name, body, 0o644)
		})
		if l.err == nil {
			ctsql(t, l.cache, "watch", "--replay", logs, "--state", l.state, "--learn", "5d", "--late", "6h", "--alerts", filepath.Join(dir, "alerts"))
		}
	})
	if l.err != nil || l.state == "" || !exists(l.state) {
		t.Fatal("the quiet weeks were not learned: ", l.err)
	}
	return l.learned
}

// newTheft is a bucket with the whole trail, and a watch that has learned the weeks
// before the theft.
func newTheft(t *testing.T) (*watched, learned) {
	t.Helper()
	l := learn(t)
	w := newWatched(t, weeks)
	for from, to := range map[string]string{l.state: w.state, l.cache: w.cache} {
		body, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w, l
}

// watch starts the program as it is shipped.
func (w *watched) watch(t *testing.T, args ...string) *watcher {
	t.Helper()
	return startShipped(t, w.cache, w.env, append([]string{"--queue", w.queue, "--topic", alertsTopic, "--state", w.state,
		"--learn", "5d", "--late", "6h", "--max-alerts-per-hour", "0"}, args...)...)
}

func startShipped(t *testing.T, cache string, env []string, args ...string) *watcher {
	t.Helper()
	exe := plain(t)
	p := prepare(t, cache, env, append([]string{"watch"}, args...)...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.Path, p.Stderr = exe, log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return &watcher{p, log.Name()}
}

// TestWatchDays has a key stolen on days on which something goes wrong, and holds what
// was told then against what is told on a calm one. They go on side by side: each waits
// until the day of the theft is over.
func TestWatchDays(t *testing.T) {
	plain(t)
	t.Parallel()
	w, l := newTheft(t)
	p := w.watch(t)
	w.notify(l.keys...)
	w.notify(l.after...)
	type day struct {
		name  string
		begin func(*testing.T) func(*testing.T, *calm)
		end   func(*testing.T, *calm)
	}
	days := []*day{
		{name: "killed", begin: killed}, {name: "disorder", begin: disorder}, {name: "outages", begin: outages},
		{name: "topic down", begin: topicDown}, {name: "slow object", begin: slowObject}, {name: "changed", begin: changed},
	}
	for _, d := range days {
		d.end = d.begin(t)
	}
	calm := calm{table: w.judged(t, p), published: w.published()}
	if !slices.ContainsFunc(calm.table, func(a string) bool { return strings.Contains(a, " critical ") }) || len(calm.published) == 0 {
		t.Fatalf("the theft is no alert:\n%s", strings.Join(calm.table, "\n"))
	}
	for _, d := range days {
		t.Run(d.name, func(t *testing.T) { d.end(t, &calm) })
	}
}

// judged waits until the day of the theft is over and all that is to be published is,
// ends the watch, and returns the alerts of that day.
func (w *watched) judged(t *testing.T, p *watcher) []string {
	t.Helper()
	await(t, "all messages are done", p, w.empty)
	w.over(t, p)
	await(t, "all is published", p, func() bool { return w.outbox(t) == 0 })
	end(t, p)
	return w.table(t)
}

// over waits until the day of the theft is over.
func (w *watched) over(t *testing.T, p *watcher) {
	t.Helper()
	await(t, "the day is over", p, func() bool { return strings.Contains(p.told(), "day="+theft) })
}

// outbox is how many alerts are to be sent still.
func (w *watched) outbox(t *testing.T) int {
	t.Helper()
	sent := map[string]bool{}
	for _, id := range w.published() {
		sent[id] = true
	}
	n := 0
	for _, a := range w.rows(t) {
		if a["sent"] != "" && a["day"] >= theft && !sent[a["id"]] {
			n++
		}
	}
	return n
}

// rows are the alerts in the state.
func (w *watched) rows(t *testing.T) (all []map[string]string) {
	t.Helper()
	p := prepare(t, w.cache, nil, "alerts", "list", "--state", w.state, "--severity", "low", "--limit", "0", "--format", "csv")
	p.Path = plain(t)
	if err := p.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &p.err)
	}
	lines, err := csv.NewReader(strings.NewReader(p.out.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		all = append(all, row)
	}
	return all
}

// table is ID, severity and profiles of the alerts of the theft's day.
func (w *watched) table(t *testing.T) (all []string) {
	t.Helper()
	for _, a := range w.rows(t) {
		if a["day"] == theft {
			all = append(all, a["id"]+" "+a["severity"]+" "+a["profiles"]+" final "+a["final"])
		}
	}
	slices.Sort(all)
	return all
}

// calm is what an undisturbed watch makes of the theft.
type calm struct{ table, published []string }

// same holds what a watch told against what an undisturbed one did.
func (c *calm) same(t *testing.T, w *watched, table []string) {
	t.Helper()
	want := strings.Join(c.table, "\n")
	if got := strings.Join(table, "\n"); got != want {
		t.Errorf("alerts\n%s\nnot\n%s", got, want)
	}
	known := map[string]bool{}
	for _, a := range w.rows(t) {
		known[a["id"]] = true
	}
	got := w.published()
	for _, id := range c.published {
		if strings.Contains(want, id) && !slices.Contains(got, id) {
			t.Errorf("%s was not published", id)
		}
	}
	for _, id := range got {
		if !known[id] {
			t.Errorf("%s was published, and is not listed", id)
		}
	}
}
