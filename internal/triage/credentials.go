package triage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A State is what is known of a credential.
type State string

const (
	Alive   State = "alive"   // nothing in the logs ends it
	Expired State = "expired" // its time is over
	Ended   State = "ended"   // it was deleted, or deactivated
)

// A Credential is one that the subject has or made.
type Credential struct {
	Kind    string     `json:"kind"` // access key, session, console password, console session
	ID      string     `json:"id"`   // the key, or the user
	Holder  string     `json:"holder"`
	Account string     `json:"account"`
	From    *time.Time `json:"from"`
	Until   *time.Time `json:"until"` // nil: has no end of its own
	AtMost  bool       `json:"atMost,omitempty"`
	State   State      `json:"state"`
	Note    string     `json:"note,omitempty"`
	EventID string     `json:"eventID,omitempty"` // that made it, or ended it

	role bool   // its sessions are a role's
	user string // of a long-term key or a password
	arn  string
}

// Bounds of sessions of which the logs do not tell when they end: a role's longest
// session is 12 hours, GetSessionToken's 36, a sign-in's at the console 12.
const (
	longestRole    = 12 * time.Hour
	longestToken   = 36 * time.Hour
	longestConsole = 12 * time.Hour
)

// maxSessions is how many sessions a page has: those that end last.
const maxSessions = 50

func (p *Page) credentials(ctx context.Context, a Asker, as subject, now time.Time) error {
	for _, step := range []func(context.Context, Asker) error{p.longTerm, p.sessionsUsed, p.sessionsGot, p.signIns} {
		if err := step(ctx, a); err != nil {
			return err
		}
	}
	if accessKey.MatchString(as.text) && !slices.ContainsFunc(p.Credentials, func(c Credential) bool { return c.ID == as.text }) {
		p.unused(as.text)
	}
	for _, m := range p.Persistence {
		if c, ok := m.credential(); ok && !slices.ContainsFunc(p.Credentials, func(o Credential) bool { return o.ID == c.ID && o.Kind == c.Kind }) {
			p.Credentials = append(p.Credentials, c)
		}
	}
	for i := range p.Credentials {
		p.Credentials[i].judge(now)
	}
	slices.SortStableFunc(p.Credentials, func(x, y Credential) int {
		return cmp.Or(cmp.Compare(x.rank(), y.rank()), y.untilOr(now).Compare(x.untilOr(now)), strings.Compare(x.ID, y.ID))
	})
	return nil
}

func (c *Credential) judge(now time.Time) {
	switch {
	case c.State == Ended:
	case c.Until != nil && !now.Before(*c.Until):
		c.State = Expired
	default:
		c.State = Alive
	}
}

func (c Credential) rank() int {
	return slices.Index([]State{Alive, Ended, Expired}, c.State)
}

func (c Credential) untilOr(now time.Time) time.Time {
	if c.Until == nil {
		return now.AddDate(100, 0, 0) // behind all
	}
	return *c.Until
}

// longTerm are the long-term keys that were used, and what anybody did to them.
func (p *Page) longTerm(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, `SELECT key, any_value(arn), coalesce(any_value(home), any_value(account)), min(t), any_value(identityName) FROM triage_deeds
		WHERE starts_with(key, 'AKIA') GROUP BY key ORDER BY count(*) DESC, key LIMIT 50`, nil)
	if err != nil || len(rows) == 0 {
		return err
	}
	for _, r := range rows {
		c := Credential{Kind: "access key", ID: r[0], arn: r[1], Holder: cmp.Or(ShortActor(r[1]), r[4]), Account: r[2], user: r[4], Note: "first seen " + clock(r.time(3))}
		c.ended(p.ends)
		p.Credentials = append(p.Credentials, c)
	}
	return nil
}

// ended looks for what anybody did to a long-term key.
func (c *Credential) ended(steps []step) {
	for _, s := range steps {
		if s.service != "iam" || s.record.first("ask.accessKeyId") != c.ID || s.name != "DeleteAccessKey" && s.name != "UpdateAccessKey" {
			continue
		}
		c.State, c.EventID = Ended, s.id
		c.Note = fmt.Sprintf("%s %s by %s", s.name, clock(s.at), ShortActor(s.actor))
		if s.name == "UpdateAccessKey" && !status("Inactive")(s.record) {
			c.State = ""
		}
	}
}

// unused is a key that was got and never used.
func (p *Page) unused(key string) {
	for _, n := range flat(p.Lineage) {
		if n.Key == key && n.Call == "CreateAccessKey" {
			_, account := arnParts(n.Role)
			c := Credential{Kind: "access key", ID: key, Holder: n.Role, user: n.Role, Account: account, From: n.At, EventID: n.EventID, Note: "never used"}
			c.ended(p.ends)
			p.Credentials = append(p.Credentials, c)
		}
	}
}

// flat are all nodes of trees.
func flat(nodes []Node) (all []Node) {
	for _, n := range nodes {
		all = append(append(all, n), flat(n.Got)...)
	}
	return all
}

// sessionsUsed are the sessions that were used.
func (p *Page) sessionsUsed(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, fmt.Sprintf(`WITH used AS (SELECT key, any_value(arn) AS arn, coalesce(any_value(home), any_value(account)) AS home, min(t) AS first, any_value(type) AS type, any_value(created) AS created, any_value(identityName) AS name,
			any_value(identity) AS identity
			FROM triage_deeds WHERE starts_with(key, 'ASIA') GROUP BY key)
		SELECT used.key, arn, home, used.first, type, created, name, identity, g.t, g.expires, g.seconds, g.call, g.id FROM used LEFT JOIN triage_grants g ON g.key = used.key
		ORDER BY used.first DESC, used.key LIMIT %d`, maxSessions), nil)
	for _, r := range rows {
		c := Credential{Kind: "session", ID: r[0], Holder: ShortActor(r[1]), Account: r[2], From: at(r.time(8)), user: r[6], arn: cmp.Or(r[7], r[1]), role: r[4] == "AssumedRole", EventID: r[12]}
		from := r.time(8)
		if from.IsZero() {
			from = parseCreation(r[5])
			c.From = at(from)
		}
		if from.IsZero() {
			from = r.time(3)
		}
		c.last(grant{call: cmp.Or(r[11], map[bool]string{true: "AssumeRole", false: "GetSessionToken"}[c.role]), time: from, expires: r[9], seconds: r.n(10)})
		p.Credentials = append(p.Credentials, c)
	}
	return err
}

// sessionsGot are those that were got and never used.
func (p *Page) sessionsGot(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, "SELECT "+grantColumns+fmt.Sprintf(` FROM triage_grants WHERE call <> 'CreateAccessKey' AND id IN (SELECT id FROM triage_deeds)
		AND key NOT IN (SELECT key FROM triage_deeds WHERE key IS NOT NULL) ORDER BY t DESC, key LIMIT %d`, maxSessions), nil)
	for _, r := range rows {
		g := readGrant(r)
		_, account := arnParts(g.role)
		c := Credential{Kind: "session", ID: g.key, Holder: ShortActor(g.role), Account: cmp.Or(account, g.account), From: at(g.time), EventID: g.id, Note: "never used",
			arn: g.role, role: strings.HasPrefix(g.call, "AssumeRole")}
		if !c.role {
			c.Holder, c.arn = ShortActor(g.actor), g.actor
		}
		c.last(*g)
		p.Credentials = append(p.Credentials, c)
	}
	return err
}

// last says until when a session lasts.
func (c *Credential) last(g grant) {
	switch until := parseExpiration(g.expires); {
	case !until.IsZero():
		c.Until = at(until)
	case g.seconds > 0:
		c.Until = at(g.time.Add(time.Duration(min(g.seconds, 1<<20)) * time.Second))
	case g.call == "GetSessionToken" || g.call == "GetFederationToken":
		c.Until, c.AtMost = at(g.time.Add(longestToken)), true
	default:
		c.Until, c.AtMost = at(g.time.Add(longestRole)), true
	}
}

// parseExpiration reads a time as STS's records have it.
func parseExpiration(text string) time.Time {
	for _, layout := range []string{"Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006 3:04:05 PM", time.RFC3339} {
		if t, err := time.Parse(layout, strings.ReplaceAll(text, "\u202f", " ")); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// parseCreation reads a session's creationDate.
func parseCreation(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "20060102T150405Z"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// signIns are sessions at the console.
func (p *Page) signIns(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, fmt.Sprintf(`SELECT coalesce(arn, actor), any_value(coalesce(home, account)), max(t), arg_max(id, t), any_value(identityName), any_value(identity), any_value(type) FROM triage_deeds
		WHERE id IN (SELECT id FROM triage_calls WHERE name = 'ConsoleLogin' AND (answered ->> '$.ConsoleLogin') = 'Success') GROUP BY 1 ORDER BY 3 DESC LIMIT %d`, maxSessions), nil)
	for _, r := range rows {
		from := r.time(2)
		p.Credentials = append(p.Credentials, Credential{Kind: "console session", ID: ShortActor(r[0]), Holder: ShortActor(r[0]), Account: r[1], From: at(from), Until: at(from.Add(longestConsole)), AtMost: true,
			EventID: r[3], user: r[4], arn: r[5], role: r[6] == "AssumedRole"})
	}
	return err
}

// credential is what a thing that was made is as one.
func (m *Persisted) credential() (c Credential, ok bool) {
	c = Credential{Account: m.Account, From: m.At, EventID: m.EventID, Holder: "user/" + m.user(), user: m.user()}
	switch m.rule.call {
	case "CreateAccessKey":
		c.Kind, c.ID = "access key", m.Names[0]
	case "CreateLoginProfile":
		c.Kind, c.ID = "console password", m.Names[0]
	default:
		return c, false
	}
	if m.Used == 0 && c.Kind == "access key" {
		c.Note = "never used"
	}
	if m.Removed != nil {
		c.State, c.EventID = Ended, m.EndedID
		c.Note = fmt.Sprintf("%s %s by %s", m.Ended, clock(*m.Removed), ShortActor(m.EndedBy))
	}
	return c, true
}

// user is whose access key or password it is.
func (m *Persisted) user() string {
	if m.rule.call == "CreateAccessKey" {
		return m.holder
	}
	return m.Names[0]
}
