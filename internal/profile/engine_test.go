package profile

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/synth"
)

// An object is one of a trail.
type object struct {
	key  string
	body []byte
}

// trailOf are the log objects of a generated trail, in the order of delivery.
func trailOf(t testing.TB, cfg synth.Config) (objects []object) {
	t.Helper()
	_, err := synth.Write(context.Background(), cfg, func(key string, body []byte) error {
		if k, ok := cloudtrail.ParseKey(key); !ok || k.Kind != cloudtrail.KindDigest {
			objects = append(objects, object{key, bytes.Clone(body)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func bodyOf(o object) cloudtrail.Body {
	return cloudtrail.Body{ReadSeeker: bytes.NewReader(o.body), Bytes: o.body}
}

// A watcher is an engine and what is stored of it.
type watcher struct {
	t      testing.TB
	o      Options
	engine *Engine
	shelf  *shelf
	seen   map[string]bool
	events int
	found  []Detected // by detections, in the next batch
}

func newWatcher(t testing.TB, o Options) *watcher {
	w := &watcher{t: t, o: o, shelf: newShelf(), seen: map[string]bool{}}
	w.restart()
	return w
}

func (w *watcher) restart() {
	e, err := New(w.o, w.shelf.stored())
	if err != nil {
		w.t.Fatal(err)
	}
	w.engine = e
}

// batch decodes objects.
func (w *watcher) batch(objects ...object) *cloudtrail.Batch {
	w.t.Helper()
	b, err := cloudtrail.NewBatch()
	if err != nil {
		w.t.Fatal(err)
	}
	var dec cloudtrail.Decoder
	for _, o := range objects {
		if err := dec.Decode(b, cloudtrail.Object{Name: o.key, Size: int64(len(o.body))}, bodyOf(o)); err != nil {
			w.t.Fatal(o.key, err)
		}
	}
	return b
}

// take gives objects to the engine as one batch, and closes what is due.
func (w *watcher) take(objects ...object) {
	w.t.Helper()
	b := w.batch(objects...)
	defer b.Close()
	var want []bool
	for _, o := range objects {
		want = append(want, !w.seen[o.key])
		w.seen[o.key] = true
	}
	c := w.engine.Take(b, func(i int) bool { return want[i] }, w.found)
	w.found = nil
	w.events += c.Events
	w.shelf.put(c)
	for _, d := range w.engine.Due() {
		w.shelf.put(w.engine.Close(d))
	}
}

func options(t testing.TB) Options {
	snapshot := placed(t)
	return Options{Secret: [16]byte{1, 2, 3}, Places: func() *geoip.Snapshot { return snapshot }, Late: 24 * time.Hour,
		Learn: 14 * 24 * time.Hour, Budget: 5, Probation: Medium}
}

// placed tells of the addresses of generated trails.
func placed(t testing.TB) *geoip.Snapshot {
	t.Helper()
	paths, err := geotest.WriteDemo(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	db, err := geoip.Open(context.Background(), geoip.Options{GeoIP: paths, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return db.Snapshot()
}

// summary is what is compared between runs.
func summary(stories []Story) string {
	var b strings.Builder
	for _, s := range stories {
		fmt.Fprintf(&b, "%s %s %s %s %.3f %v %v\n", s.ID, s.Day.Start().Format("2006-01-02"), s.Root, s.Severity, s.Score, s.Profiles, s.Others)
		for _, f := range s.Findings {
			fmt.Fprintf(&b, "\t%s %s %q %.3f %.3f %v %s %s\n", f.Profile, f.Subject, f.Value, f.Score, f.Counted, f.Past, f.Why, f.Sample.EventID)
		}
	}
	return b.String()
}

// difference are the lines that only one of two texts has.
func difference(got, want string) string {
	var b strings.Builder
	has := func(text, line string) bool { return slices.Contains(strings.Split(text, "\n"), line) }
	for line := range strings.Lines(got) {
		if line = strings.TrimSuffix(line, "\n"); !has(want, line) {
			fmt.Fprintf(&b, "got  %s\n", line)
		}
	}
	for line := range strings.Lines(want) {
		if line = strings.TrimSuffix(line, "\n"); !has(got, line) {
			fmt.Fprintf(&b, "want %s\n", line)
		}
	}
	return b.String()
}

func TestOrderOfArrival(t *testing.T) {
	objects := trailOf(t, synth.Config{Events: 20_000})
	o := options(t)
	o.Late = 48 * time.Hour // some objects come hours late, and are then moved as well
	straight := newWatcher(t, o)
	for part := range slices.Chunk(objects, 50) {
		straight.take(part...)
	}
	want := summary(straight.shelf.told())
	if !strings.Contains(want, synth.StoryUser) {
		t.Errorf("no story of %s in\n%s", synth.StoryUser, want)
	}
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 1))
		mixed := slices.Clone(objects)
		w := newWatcher(t, o)
		// Objects change places with others of about the same day, some come twice, and the
		// watcher is started anew now and then.
		for i := range mixed {
			j := min(len(mixed)-1, i+rng.IntN(15))
			mixed[i], mixed[j] = mixed[j], mixed[i]
		}
		for len(mixed) > 0 {
			n := min(len(mixed), 1+rng.IntN(40))
			w.take(mixed[:n]...)
			if rng.IntN(4) == 0 {
				w.take(mixed[:n]...)
			}
			if rng.IntN(10) == 0 {
				w.restart()
			}
			mixed = mixed[n:]
		}
		if got := summary(w.shelf.told()); got != want {
			t.Errorf("seed %d:\n%s", seed, difference(got, want))
		}
		if w.events != straight.events {
			t.Errorf("seed %d: %d events, want %d", seed, w.events, straight.events)
		}
	}
}
