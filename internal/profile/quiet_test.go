package profile

import (
	"slices"
	"testing"

	"github.com/ctsql/ctsql/internal/synth"
)

// TestGeneratedTrail: in the quiet weeks after learning there are no more alerts than the
// budget has, and the theft is one story of its own, with all that the thief did in it.
func TestGeneratedTrail(t *testing.T) {
	cfg := synth.Config{Events: 50_000}
	theft, err := cfg.Story()
	if err != nil {
		t.Fatal(err)
	}
	w := newWatcher(t, options(t))
	actors := map[Day]int{}
	for part := range slices.Chunk(trailOf(t, cfg), 100) {
		w.take(part...)
		for n, d := range w.engine.open {
			actors[n] = max(actors[n], d.actors())
		}
	}
	day := DayOf(theft.First.UnixMicro())
	alerts, active := 0, 0
	for n := w.engine.teachUntil(); n < day; n++ {
		active += actors[n]
	}
	var story *Story
	for _, s := range w.shelf.told() {
		switch {
		case s.Day == day && s.Root == theft.UserARN:
			story = &s
		case s.Severity >= Medium && s.Day < day:
			alerts++
		case s.Severity >= Medium && s.Day == day:
			t.Errorf("beside the theft: %s", summary([]Story{s}))
		}
	}
	rate := float64(alerts) * 100 / float64(active)
	t.Logf("%d alerts in quiet weeks of %d days of actors: %.2f a day for 100 of them", alerts, active, rate)
	if active < 500 || rate > w.o.Budget {
		t.Errorf("%.2f alerts a day for 100 actors, and the budget is %.0f", rate, w.o.Budget)
	}
	if story == nil || story.Severity < Critical {
		t.Fatalf("no critical story of %s:\n%s", theft.UserARN, summary(w.shelf.told()))
	}
	for _, e := range theft.Events {
		if !tells(story, e) {
			t.Errorf("%s %s at %s is in no finding of\n%s", e.EventSource, e.EventName, e.Time, summary([]Story{*story}))
		}
	}
}

// tells reports whether a finding of a story is about an event: of the call, of its
// service, or of how often the like of it came in its hour.
func tells(s *Story, e synth.StoryEvent) bool {
	return slices.ContainsFunc(s.Findings, func(f Finding) bool {
		if f.Sample.EventID == e.EventID || f.Sample.Source == e.EventSource {
			return true
		}
		hour := e.Time.UnixMicro() - f.Sample.Time
		return f.Sample.EventID == "" && hour >= 0 && hour < 3_600_000_000
	})
}
