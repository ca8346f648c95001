package watch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/profile"
)

// mostJSON is how many bytes the JSON of a message has: SNS takes 262,144 with its
// attributes, which have some 5,000.
const mostJSON = 240_000

// mostText is how many bytes of a text from a log are in JSON.
const mostText = 1000

// alertJSON is an alert for machines, schema ctsql.alert.v1. Members are added to it in
// time, and none is taken away or changed in its meaning. Texts are as the log has them,
// cut after 1,000 bytes; what a terminal could obey is escaped as JSON allows. Times are
// RFC 3339 in UTC.
type alertJSON struct {
	Schema   string   `json:"schema"`         // ctsql.alert.v1
	ID       string   `json:"id"`             // the same whenever the alert is told again
	Day      string   `json:"day"`            // of UTC: 2025-07-15
	Severity string   `json:"severity"`       // low, medium, high or critical
	Told     string   `json:"told,omitempty"` // the severity that was told before
	Score    float64  `json:"score"`
	Account  string   `json:"account"`
	Actor    string   `json:"actor"`            // the root: who is behind it
	Others   []string `json:"others,omitempty"` // actors through whom it was done, too
	Subject  string   `json:"subject"`
	Summary  string   `json:"summary"` // a sentence
	First    string   `json:"first"`   // of the findings
	Last     string   `json:"last"`
	Made     string   `json:"made"` // when this message was
	// Final says that the day is closed: what is told will not change.
	Final    bool         `json:"final"`
	Profiles []string     `json:"profiles"` // and detections; the highest score first
	Commands commandsJSON `json:"commands"`
	// Omitted is how many findings are left out, those that tell least, for want of room.
	Omitted  int               `json:"omittedFindings"`
	Findings []json.RawMessage `json:"findings"` // findingJSON, the most telling first
}

// commandsJSON are for a POSIX shell.
type commandsJSON struct {
	Query string `json:"query"` // all that was done, call by call
	Show  string `json:"show"`
	Ack   string `json:"ack"`
}

type findingJSON struct {
	Profile string `json:"profile"`      // or the detection's name
	Of      string `json:"of,omitempty"` // actor, peers or account; absent of a detection
	// Also are those whom it is new for as well.
	Also    []profile.Of `json:"also,omitempty"`
	Subject string       `json:"subject,omitempty"`
	Value   string       `json:"value,omitempty"`
	What    string       `json:"what"` // in words
	Score   float64      `json:"score"`
	Counted float64      `json:"counted"` // of it in the alert's score
	Why     string       `json:"why,omitempty"`
	// Past is what was known before; absent where nothing is compared with it.
	Past  *pastJSON  `json:"past,omitempty"`
	Event *eventJSON `json:"event,omitempty"` // the first, of several
}

type pastJSON struct {
	Days      int    `json:"days"`   // with activity
	Events    uint64 `json:"events"` //
	Values    int    `json:"values"` // that were known
	First     string `json:"first,omitempty"`
	Probation bool   `json:"probation,omitempty"` // known, but only since an alert
}

// eventJSON has the members of profile.Sample, and a time.
type eventJSON struct {
	Time string `json:"eventTime"`
	profile.Sample
}

// json is the alert as JSON, with as many findings as there is room for.
func (t *telling) json() []byte {
	a := alertJSON{
		Schema: "ctsql.alert.v1", ID: part(t.ID), Day: t.Day.Start().Format(time.DateOnly), Severity: t.Severity.String(),
		Score: finite(t.Score), Account: part(t.Account), Actor: part(t.Root), Subject: t.subject(), Summary: t.sentence(),
		First: at(t.First).Format(time.RFC3339), Last: at(t.Last).Format(time.RFC3339), Made: t.made.UTC().Format(time.RFC3339),
		Final: t.Final, Profiles: []string{}, Findings: []json.RawMessage{},
		Commands: commandsJSON{t.query(), t.command("show"), t.command("ack")},
	}
	if t.told != profile.None {
		a.Told = t.told.String()
	}
	for _, o := range t.Others[:min(len(t.Others), mostOthers)] {
		a.Others = append(a.Others, part(o))
	}
	for _, p := range t.Profiles[:min(len(t.Profiles), mostNames)] {
		a.Profiles = append(a.Profiles, cutBytes(part(p), nameWidth))
	}
	room := mostJSON - len(object(a)) - len(`9999999`)
all:
	for _, r := range t.reasons {
		for _, f := range r.findings {
			b := object(t.finding(r, f))
			if room -= len(b) + len(","); room < 0 {
				break all
			}
			a.Findings = append(a.Findings, b)
		}
	}
	a.Omitted = len(t.Story.Findings) - len(a.Findings)
	return object(a)
}

func (t *telling) finding(r reason, f *profile.Finding) findingJSON {
	j := findingJSON{
		Profile: part(f.Profile), Of: string(f.Of), Also: f.Also, Subject: part(f.Subject), Value: part(f.Value), What: t.what(r),
		Score: finite(f.Score), Counted: finite(f.Counted), Why: part(f.Why),
	}
	if f.Of != "" && f.Why == "" {
		j.Past = &pastJSON{Days: f.Past.Days, Events: f.Past.Events, Values: f.Past.Values, Probation: f.Past.Probation}
		if f.Past.Days > 0 {
			j.Past.First = f.Past.First.Start().Format(time.DateOnly)
		}
	}
	if isEvent(&f.Sample) {
		j.Event = &eventJSON{at(f.Sample.Time).Format(time.RFC3339), f.Sample}
		s := &j.Event.Sample
		for _, text := range []*string{&s.EventID, &s.Source, &s.Name, &s.Region, &s.Account, &s.Actor, &s.Credential,
			&s.Address, &s.Agent, &s.Error, &s.Object, &s.City, &s.Country, &s.ASOrg} {
			*text = part(*text)
		}
		for _, number := range []*float64{&s.Latitude, &s.Longitude, &s.Radius} {
			*number = finite(*number)
		}
	}
	return j
}

func part(s string) string { return cutBytes(s, mostText) }

// object is v as JSON in which every character that is not printed stands as \u….
func object(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		// It holds texts and finite numbers alone.
		panic(err)
	}
	text := bytes.TrimRight(b.Bytes(), "\n")
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r < utf8.RuneSelf && r != 0x7F || printing(r) {
			out = append(out, text[:n]...)
		} else {
			out = appendEscaped(out, r)
		}
		text = text[n:]
	}
	return out
}

func appendEscaped(to []byte, r rune) []byte {
	if r > 0xFFFF {
		r -= 0x10000
		return fmt.Appendf(to, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
	}
	return fmt.Appendf(to, `\u%04x`, r)
}
