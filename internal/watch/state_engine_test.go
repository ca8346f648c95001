package watch

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/synth"
)

// judged is a trail's way through an engine whose changes a state stores.
type judged struct {
	t      *testing.T
	places *geoip.Snapshot
	path   string
	state  *State
	engine *profile.Engine
}

func newJudged(t *testing.T, places *geoip.Snapshot) *judged {
	j := &judged{t: t, places: places, path: newPath(t)}
	j.start()
	return j
}

// start opens the state, and has an engine made of it.
func (j *judged) start() {
	j.t.Helper()
	j.state = open(j.t, options(j.t, j.path))
	st, err := j.state.Restore(j.t.Context())
	if err != nil {
		j.t.Fatal(err)
	}
	j.engine, err = profile.New(profile.Options{Secret: j.state.Secret(), Places: func() *geoip.Snapshot { return j.places },
		Late: 24 * time.Hour, Learn: 14 * 24 * time.Hour, Forget: 400 * 24 * time.Hour, Budget: 5, Probation: profile.Medium}, st)
	if err != nil {
		j.t.Fatal(err)
	}
}

// again ends the process, as it were, and starts another.
func (j *judged) again() {
	shut(j.t, j.state)
	j.start()
}

func (j *judged) take(b *cloudtrail.Batch) {
	j.t.Helper()
	commit(j.t, j.state, Commit{Change: j.engine.Take(b, func(int) bool { return true }, nil)})
	for _, d := range j.engine.Due() {
		commit(j.t, j.state, Commit{Change: j.engine.Close(d)})
	}
}

// told are the alerts, as they are compared.
func (j *judged) told() string {
	j.t.Helper()
	list, err := j.state.Alerts(j.t.Context(), AlertFilter{Severity: profile.Low})
	if err != nil {
		j.t.Fatal(err)
	}
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "%s %v %s %s %.6f %v %v final %v\n", a.ID, a.Day.Start().Format(time.DateOnly), a.Root, a.Severity, a.Score, a.Profiles, a.Others, a.Final)
	}
	return b.String()
}

// batchesOf are the objects of a generated trail, some to a batch.
func batchesOf(t *testing.T, cfg synth.Config, objects int) (batches []*cloudtrail.Batch) {
	t.Helper()
	var dec cloudtrail.Decoder
	n := 0
	_, err := synth.Write(t.Context(), cfg, func(key string, body []byte) error {
		if k, ok := cloudtrail.ParseKey(key); ok && k.Kind == cloudtrail.KindDigest {
			return nil
		}
		if n++; n%objects == 1 {
			b, err := cloudtrail.NewBatch()
			if err != nil {
				return err
			}
			t.Cleanup(func() { b.Close() })
			batches = append(batches, b)
		}
		body = bytes.Clone(body)
		return dec.Decode(batches[len(batches)-1], cloudtrail.Object{Name: key, Size: int64(len(body))},
			cloudtrail.Body{ReadSeeker: bytes.NewReader(body), Bytes: body})
	})
	if err != nil {
		t.Fatal(err)
	}
	return batches
}

// TestRestoredIsTheSame: an engine that is made of the state again and again tells what
// one tells that never was.
func TestRestoredIsTheSame(t *testing.T) {
	paths, err := geotest.WriteDemo(t.TempDir(), today)
	if err != nil {
		t.Fatal(err)
	}
	db, err := geoip.Open(t.Context(), geoip.Options{GeoIP: paths, Now: func() time.Time { return today }})
	if err != nil {
		t.Fatal(err)
	}
	batches := batchesOf(t, synth.Config{Events: 20_000}, 60)
	straight, restored := newJudged(t, db.Snapshot()), newJudged(t, db.Snapshot())
	for i, b := range batches {
		straight.take(b)
		restored.take(b)
		if i%7 == 6 {
			restored.again()
			if got, want := restored.engine.Due(), straight.engine.Due(); !slices.Equal(got, want) {
				t.Fatalf("batch %d: days %v are due, and were %v", i, got, want)
			}
		}
	}
	want, got := straight.told(), restored.told()
	if !strings.Contains(want, "critical") || strings.Count(want, "final true") < 10 {
		t.Fatalf("of %d batches:\n%s", len(batches), want)
	}
	if got != want {
		gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
		for _, line := range gotLines {
			if !slices.Contains(wantLines, line) {
				t.Errorf("got  %s", line)
			}
		}
		for _, line := range wantLines {
			if !slices.Contains(gotLines, line) {
				t.Errorf("want %s", line)
			}
		}
	}
	shut(t, restored.state)
	if k, err := Check(t.Context(), restored.path); err != nil || len(k.Faults) > 0 {
		t.Errorf("%+v, %v", k, err)
	}
}
