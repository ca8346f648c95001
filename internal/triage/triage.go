package triage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// Options say how to look.
type Options struct {
	Since, Until time.Time // of the deeds; zero is open
	Now          time.Time // which decides what is still alive
	Window       string    // what limits all that the Asker sees, in words; "" is nothing
	// Profile is the profile of AWS's command line that commands are to use; "" is none.
	Profile string
	// Unseen tells of times that logs are missing of. nil knows of none.
	Unseen func(ctx context.Context, since, until time.Time, accounts []string) ([]Gap, error)
	// Findings tells what detections find between two times. nil has none.
	Findings func(ctx context.Context, since, until time.Time) ([]Finding, error)
}

// A Gap is a time that logs of an account are missing of, or may be.
type Gap struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	When    string `json:"when"`
	What    string `json:"what"`
}

// A Finding is what a detection found in an event.
type Finding struct {
	Detection string     `json:"detection"`
	Severity  string     `json:"severity"`
	At        *time.Time `json:"at"`
	Why       string     `json:"why"`
	EventID   string     `json:"eventID"`
}

// A Page is what is known of a subject. Its texts are from logs.
type Page struct {
	Asked    string     `json:"asked"`
	TakenFor string     `json:"takenFor"`
	Who      string     `json:"who"` // what was looked for; for an event, who called
	Since    *time.Time `json:"since,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
	Now      time.Time  `json:"now"`
	LogsEnd  *time.Time `json:"logsEnd"` // the last event of anybody

	Events int64      `json:"events"` // those of its credentials, and of sessions got with them
	Own    int64      `json:"own"`    // those of its credentials
	Failed int64      `json:"failed"`
	Denied int64      `json:"denied"`
	First  *time.Time `json:"first"`
	Last   *time.Time `json:"last"`
	Days   []Day      `json:"days"`
	Hours  [24]int64  `json:"hours"` // events by hour of the day, UTC

	Identities []Identity `json:"identities"`
	Lineage    []Node     `json:"lineage"`

	Keys      Most `json:"keys"`
	Accounts  Most `json:"accounts"`
	Addresses Most `json:"addresses"`
	Agents    Most `json:"userAgents"`
	Services  Most `json:"services"`
	Regions   Most `json:"regions"`
	Errors    Most `json:"errors"`
	Calls     Most `json:"calls"`
	// PlacesNote says why it is not known where addresses are.
	PlacesNote string `json:"placesNote,omitempty"`

	Changed Deeds `json:"changed"`
	Refused Deeds `json:"refused"`
	Read    Deeds `json:"read"`

	Persistence []Persisted  `json:"persistence"`
	Credentials []Credential `json:"credentials"`
	Findings    []Finding    `json:"findings"`
	Unseen      []string     `json:"unseen"`
	Gaps        []Gap        `json:"gaps"`
	Containment []Command    `json:"containment"`

	drawn  []string // the lineage
	ends   []step   // what anybody did to what it has or made, in order
	window string
}

// A Day is how much was done on it.
type Day struct {
	Day    string `json:"day"` // UTC: 2006-01-02
	Events int64  `json:"events"`
}

// An Identity is one that acted.
type Identity struct {
	Type    string `json:"type"`
	ARN     string `json:"arn"` // of a role for its sessions; else what actor() tells
	Account string `json:"account"`
	Human   string `json:"human"` // who is behind it, as far as records tell
	Events  int64  `json:"events"`
}

// Most are the most frequent of some values.
type Most struct {
	Of     int64  `json:"of"` // how many values there are
	Values []Seen `json:"values"`
}

// Seen is a value, and when it was seen.
type Seen struct {
	Value  string     `json:"value"`
	Events int64      `json:"events"`
	Denied int64      `json:"denied"`
	First  *time.Time `json:"first"`
	Last   *time.Time `json:"last"`
	Place  string     `json:"place,omitempty"` // of an address
}

// Find makes the page of what was asked for. That nothing is known of it is an error,
// which names what is nearest.
func Find(ctx context.Context, a Asker, asked string, o Options) (p *Page, err error) {
	as, err := resolve(ctx, a, asked)
	if err != nil {
		return nil, err
	}
	p = &Page{Asked: asked, TakenFor: as.what, Who: as.text, Since: at(o.Since), Until: at(o.Until), Now: o.Now.UTC(), window: o.Window,
		Days: []Day{}, Identities: []Identity{}, Lineage: []Node{}, Persistence: []Persisted{}, Credentials: []Credential{},
		Findings: []Finding{}, Unseen: []string{}, Gaps: []Gap{}, Containment: []Command{}}
	defer func() {
		if dropped := dropTables(ctx, a); err == nil { // else it failed for the same reason
			err = dropped
		}
	}()
	for _, statement := range []string{callsTable, grantsTable, deedsTable(as, o)} {
		if err := do(ctx, a, statement, bound(statement, as, o)); err != nil {
			return nil, err
		}
	}
	if err := p.sum(ctx, a); err != nil {
		return nil, err
	}
	if p.Own == 0 {
		return p.unknown(ctx, a, as, o)
	}
	if as.name {
		if err := unique(ctx, a, as); err != nil {
			return nil, err
		}
	}
	if err := p.follow(ctx, a); err != nil {
		return nil, err
	}
	return p, p.tell(ctx, a, as, o)
}

// unknown is for a subject of which there is no event: a key that was got and never
// used has its lineage all the same.
func (p *Page) unknown(ctx context.Context, a Asker, as subject, o Options) (*Page, error) {
	if accessKey.MatchString(as.text) {
		l, err := lineageOf(ctx, a, []string{as.text})
		if err != nil {
			return nil, err
		}
		if l.up[as.text] != nil {
			return p, p.tell(ctx, a, as, o)
		}
	}
	in := ""
	switch {
	case o.Window != "":
		in = ", in " + o.Window
	case !o.Since.IsZero() || !o.Until.IsZero():
		in = ", in the time that was asked for"
	}
	return nil, nobody(ctx, a, as, in)
}

// tell fills in the page from triage_deeds and triage_grants.
func (p *Page) tell(ctx context.Context, a Asker, as subject, o Options) error {
	l, err := p.lineage(ctx, a, as)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, Asker) error{p.sum, p.identities, p.times, p.sections, p.places, p.deeds, p.persisted} {
		if err := step(ctx, a); err != nil {
			return err
		}
	}
	p.behind(l)
	if err := p.credentials(ctx, a, as, o.Now); err != nil {
		return err
	}
	if err := p.unseen(ctx, a, o); err != nil {
		return err
	}
	if err := p.findings(ctx, a, o); err != nil {
		return err
	}
	p.contain(as, o.Profile)
	return nil
}

// unique refuses a name that several identities have: what each of them did is no
// one's story.
func unique(ctx context.Context, a Asker, as subject) error {
	rows, err := askAll(ctx, a, `SELECT identity, count(*) AS n FROM triage_deeds WHERE own AND identityName = $who AND starts_with(identity, 'arn:')
		GROUP BY identity ORDER BY n DESC, identity LIMIT 10`, params{"who": as.text})
	if err != nil || len(rows) < 2 {
		return err
	}
	var arns []string
	for _, r := range rows {
		arns = append(arns, render.Clean(r[0]))
	}
	return fmt.Errorf("%d identities are called %s\nhint: ask for one of %s", len(rows), render.Clean(as.text), strings.Join(arns, ", "))
}

// lineage is that of the keys that called for others and were used last.
func (p *Page) lineage(ctx context.Context, a Asker, as subject) (*Lineage, error) {
	keys, more := []string{as.text}, int64(0)
	if !accessKey.MatchString(as.text) {
		rows, err := askAll(ctx, a, fmt.Sprintf(`SELECT key, count(*) OVER () FROM triage_deeds WHERE own AND key IS NOT NULL
			GROUP BY key ORDER BY count(*) FILTER (name IN (%s)) DESC, max(t) DESC, key LIMIT %d`, named(grantNames), lineageRoots), nil)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		keys, more = nil, rows[0].n(1)-int64(len(rows))
		for _, r := range rows {
			keys = append(keys, r[0])
		}
	}
	l, err := lineageOf(ctx, a, keys)
	if err != nil {
		return nil, err
	}
	l.more = more
	p.Lineage, p.drawn = l.nodes(), l.draw()
	return l, nil
}

// behind adds who is at the top of the chain, where identities do not tell it.
func (p *Page) behind(l *Lineage) {
	if l == nil || len(l.asked) != 1 || len(p.Identities) == 0 || p.Identities[0].Human != "" {
		return
	}
	if _, path := l.top(l.asked[0]); len(path) > 0 {
		p.Identities[0].Human = l.began(l.asked[0])
	}
}

// at is a time for JSON: nil for none.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
