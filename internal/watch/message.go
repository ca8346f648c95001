package watch

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/profile"
)

// Wording makes of a story what is told of it.
type Wording struct {
	phrases map[string]string // by the names of what deviates; none of a detection
	absent  map[string]string // profiles' values of what is not there
	// Query and Alerts are the words that the commands for the reader begin with, such
	// as ctsql query --cache FILE, and ctsql alerts --state FILE.
	Query, Alerts []string
}

// NewWording is that of a ctsql without flags.
func NewWording() *Wording {
	w := &Wording{profile.Phrases(), map[string]string{}, []string{"ctsql", "query"}, []string{"ctsql", "alerts"}}
	for _, p := range profile.Profiles() {
		w.absent[p.Name] = p.Absent
	}
	return w
}

// Limits of what is told, so that no log can make a message that nobody takes or reads.
const (
	mostLines  = 25  // of reasons
	mostEvents = 10  // in the text
	mostOthers = 10  // actors
	mostNames  = 50  // of profiles
	textWidth  = 300 // columns of a text from a log
	nameWidth  = 120 // of a name
)

// Message is what is told of a story. Told is the severity that was told of it before,
// None if it is the first time. It cannot fail: whatever a log holds is cut and cleaned.
func (w *Wording) Message(s *profile.Story, told profile.Severity, made time.Time) outbox.Message {
	t := w.telling(s, told, made)
	m := outbox.Message{
		ID: s.ID, Severity: s.Severity.String(), Class: int(s.Severity), Score: finite(s.Score),
		Account: show(s.Account, nameWidth), Actor: show(s.Root, textWidth), Subject: t.subject(), Text: t.text(), Made: made,
	}
	for _, name := range s.Profiles[:min(len(s.Profiles), mostNames)] {
		m.Profiles = append(m.Profiles, show(name, nameWidth))
	}
	m.JSON = t.json()
	return m
}

// A telling is a story on its way to a reader.
type telling struct {
	*Wording
	*profile.Story
	told    profile.Severity
	made    time.Time
	reasons []reason
	events  []*profile.Sample // of the findings, each once, in the order of time
}

// eventOf is what tells an event from others.
func eventOf(s *profile.Sample) string {
	return fmt.Sprintf("%s %s %d", s.EventID, s.Object, s.Index)
}

// isEvent reports whether it is a record, and not an hour of them.
func isEvent(s *profile.Sample) bool { return s.EventID != "" || s.Object != "" }

// A reason is what deviates, by whomever it is new for.
type reason struct {
	findings []*profile.Finding // the highest counted first
	counted  float64
}

func (w *Wording) telling(s *profile.Story, told profile.Severity, made time.Time) *telling {
	t := &telling{Wording: w, Story: s, told: told, made: made}
	at := map[[3]string]int{}
	seen := map[string]bool{}
	for i := range s.Findings {
		f := &s.Findings[i]
		key := [3]string{f.Profile, f.Value, f.Why}
		k, ok := at[key]
		if !ok {
			k = len(t.reasons)
			at[key] = k
			t.reasons = append(t.reasons, reason{})
		}
		r := &t.reasons[k]
		r.findings = append(r.findings, f)
		r.counted += finite(f.Counted)
		if id := eventOf(&f.Sample); isEvent(&f.Sample) && !seen[id] {
			seen[id] = true
			t.events = append(t.events, &f.Sample)
		}
	}
	for _, r := range t.reasons {
		slices.SortStableFunc(r.findings, func(a, b *profile.Finding) int {
			return cmp.Or(cmp.Compare(finite(b.Counted), finite(a.Counted)), cmp.Compare(a.Of, b.Of))
		})
	}
	slices.SortStableFunc(t.reasons, func(a, b reason) int { return cmp.Compare(b.counted, a.counted) })
	slices.SortStableFunc(t.events, func(a, b *profile.Sample) int { return cmp.Compare(a.Time, b.Time) })
	return t
}

// what is the reason in a few words: first call from the country Switzerland.
func (t *telling) what(r reason) string {
	f := r.findings[0]
	why := strings.TrimRight(show(f.Why, textWidth), ". ")
	phrase, known := t.phrases[f.Profile]
	switch {
	case !known && why != "":
		return why
	case !known && f.Of != "": // of a version of ctsql that had it
		return "first " + show(f.Profile, nameWidth) + " " + show(f.Value, nameWidth)
	case !known:
		return show(f.Profile, nameWidth)
	}
	if phrase = t.phrase(phrase, f); why != "" {
		phrase += ": " + why
	}
	return phrase
}

func (t *telling) phrase(phrase string, f *profile.Finding) string {
	value := show(valueOf(f), nameWidth)
	switch {
	case f.Value != "" && f.Value == t.absent[f.Profile]:
		return "first call whose " + f.Profile + " is " + value
	case f.Profile == "country" && f.Value == "private network":
		return "first call from a private network"
	case f.Profile == "country" && f.Value == "unknown":
		return "first call from an address whose country is not known"
	}
	return strings.Replace(phrase, "%s", value, 1)
}

// valueOf is a value as a person knows it: the country's name instead of its code.
func valueOf(f *profile.Finding) string {
	s := f.Sample
	switch {
	case f.Profile == "country" && len(f.Value) == 2 && s.Country != "":
		return s.Country
	case f.Profile == "city" && s.City != "" && strings.HasSuffix(f.Value, s.City):
		return place(s.City, s.Country)
	case f.Profile == "asn" && s.ASOrg != "":
		return f.Value + " (" + s.ASOrg + ")"
	case f.Profile == "principal-arn":
		return shortActor(f.Value)
	}
	return f.Value
}

// place joins what there is of a place.
func place(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// finite is a score that can be written: damaged ones count for nothing.
func finite(score float64) float64 {
	if math.IsNaN(score) || math.IsInf(score, 0) {
		return 0
	}
	return score
}

func (t *telling) subject() string {
	text := "nothing deviates any more"
	if len(t.reasons) > 0 {
		f := t.reasons[0].findings[0]
		if text = t.what(t.reasons[0]); f.Of == "" { // a detection's sentence is too long for a subject
			text = show(f.Profile, nameWidth)
		}
		if more := len(t.reasons) - 1; more > 0 {
			text += fmt.Sprintf(", %d more", more)
		}
	}
	return fmt.Sprintf("[ctsql %s] %s in %s: %s", strings.ToUpper(t.Severity.String()), show(shortName(t.Root), 60), show(t.Account, 20), text)
}
