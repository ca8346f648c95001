package watch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/outbox"
)

// stormJSON stands for many alerts, schema ctsql.alerts.v1.
type stormJSON struct {
	Schema     string            `json:"schema"` // ctsql.alerts.v1
	ID         string            `json:"id"`
	Severity   string            `json:"severity"` // the worst
	First      string            `json:"first"`    // when they were made
	Last       string            `json:"last"`
	BySeverity map[string]int    `json:"bySeverity"`
	Commands   map[string]string `json:"commands"`
	Omitted    int               `json:"omittedAlerts"`
	Alerts     []json.RawMessage `json:"alerts"` // stormAlertJSON, the worst first
}

type stormAlertJSON struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Account  string `json:"account"`
	Actor    string `json:"actor"`
	Subject  string `json:"subject"`
	Made     string `json:"made"`
}

// Sum is one message that stands for many. Its ID depends on which they are.
func (w *Wording) Sum(held []outbox.Entry, made time.Time) (outbox.Message, error) {
	if len(held) == 0 {
		return outbox.Message{}, errors.New("no alerts to sum up")
	}
	hash := sha256.New()
	first, last := held[0].Made, held[0].Made
	for _, e := range held {
		fmt.Fprintf(hash, "%d %d %s\n", e.Sequence, len(e.ID), e.ID)
		if e.Made.Before(first) {
			first = e.Made
		}
		if e.Made.After(last) {
			last = e.Made
		}
	}
	s := storm{Wording: w, held: slices.Clone(held), first: first, last: last, id: "sum-" + hex.EncodeToString(hash.Sum(nil)[:16])}
	slices.SortStableFunc(s.held, func(a, b outbox.Entry) int { return cmp.Compare(b.Class, a.Class) })
	worst := s.held[0]
	return outbox.Message{
		ID: s.id, Severity: worst.Severity, Class: worst.Class, Account: s.account(), Subject: s.subject(),
		Text: s.text(), JSON: s.json(), Made: made,
	}, nil
}

// A storm is more alerts than anybody reads one by one.
type storm struct {
	*Wording
	held        []outbox.Entry // the worst first
	first, last time.Time
	id          string
}

// account is theirs if they are all of one.
func (s *storm) account() string {
	for _, e := range s.held {
		if e.Account != s.held[0].Account {
			return ""
		}
	}
	return show(s.held[0].Account, nameWidth)
}

// bySeverity counts, the worst first.
func (s *storm) bySeverity() (names []string, counts map[string]int) {
	counts = map[string]int{}
	for _, e := range s.held {
		if counts[e.Severity]++; counts[e.Severity] == 1 {
			names = append(names, e.Severity)
		}
	}
	return names, counts
}

func (s *storm) subject() string {
	var parts []string
	names, counts := s.bySeverity()
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], show(name, nameWidth)))
	}
	return fmt.Sprintf("[ctsql %s] %d more alerts: %s", strings.ToUpper(show(names[0], nameWidth)), len(s.held), strings.Join(parts, ", "))
}

func (s *storm) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d alerts were made %s, besides those that were sent one by one.\nNone is lost: each is kept, and listed.\n\n",
		len(s.held), span(s.first.UnixMicro(), s.last.UnixMicro()))
	names, counts := s.bySeverity()
	for _, name := range names {
		fmt.Fprintf(&b, "  %6d %s\n", counts[name], show(name, nameWidth))
	}
	b.WriteString("\nThe worst:\n")
	for _, e := range s.held[:min(len(s.held), mostEvents)] {
		fmt.Fprintf(&b, "- %s\n  %s\n", show(e.Subject, textWidth), words(append(slices.Clone(s.Alerts), "show", show(e.ID, nameWidth))))
	}
	b.WriteString("\nWho is behind most of them:\n")
	actors := map[string]int{}
	for _, e := range s.held {
		actors[e.Actor]++
	}
	most := slices.SortedFunc(maps.Keys(actors), func(a, b string) int {
		return cmp.Or(cmp.Compare(actors[b], actors[a]), cmp.Compare(a, b))
	})
	for _, a := range most[:min(len(most), mostEvents)] {
		fmt.Fprintf(&b, "  %6d %s\n", actors[a], show(a, textWidth))
	}
	if more := len(most) - mostEvents; more > 0 {
		fmt.Fprintf(&b, "  … and %d more\n", more)
	}
	fmt.Fprintf(&b, "\nAll of them:\n  %s\n", words(append(slices.Clone(s.Alerts), "list")))
	return b.String()
}

func (s *storm) json() []byte {
	_, counts := s.bySeverity()
	j := stormJSON{
		Schema: "ctsql.alerts.v1", ID: s.id, Severity: s.held[0].Severity, BySeverity: counts,
		First: s.first.UTC().Format(time.RFC3339), Last: s.last.UTC().Format(time.RFC3339),
		Commands: map[string]string{"list": words(append(slices.Clone(s.Alerts), "list"))}, Alerts: []json.RawMessage{},
	}
	room := mostJSON - len(object(j)) - len(`9999999`)
	for _, e := range s.held {
		b := object(stormAlertJSON{part(e.ID), part(e.Severity), part(e.Account), part(e.Actor), part(e.Subject), e.Made.UTC().Format(time.RFC3339)})
		if room -= len(b) + len(","); room < 0 {
			break
		}
		j.Alerts = append(j.Alerts, b)
	}
	j.Omitted = len(s.held) - len(j.Alerts)
	return object(j)
}
