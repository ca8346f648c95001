package triage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Persisted is something that lets its maker in again.
type Persisted struct {
	Kind     string     `json:"kind"`
	Names    []string   `json:"names"` // what it is, and of what
	Account  string     `json:"account"`
	Region   string     `json:"region"`
	Event    string     `json:"event"`
	EventID  string     `json:"eventID"`
	At       *time.Time `json:"at"`
	By       string     `json:"by"`   // actor
	With     string     `json:"with"` // access key
	Times    int64      `json:"times"`
	Removed  *time.Time `json:"removed"` // nil: as far as the logs tell it is there
	Ended    string     `json:"ended,omitempty"`
	EndedBy  string     `json:"endedBy,omitempty"`
	EndedID  string     `json:"endedEventID,omitempty"`
	Used     int64      `json:"used"` // events of a user, a role or a key that was made
	UsedLast *time.Time `json:"usedLast,omitempty"`

	rule *rule
	arn  string // of a user or a role
	// holder is the user of an access key.
	holder string
}

// A step is a call that makes or ends something.
type step struct {
	at                             time.Time
	service, name, account, region string
	actor, key, id                 string
	record                         record
	mine                           bool // one of the deeds
}

// about is what a step with these members is about: the names of one thing, or of
// several instances.
func (s *step) about(of []string) (all [][]string) {
	var names []string
	for _, m := range of {
		names = append(names, s.record.first(m))
	}
	switch {
	case names[0] == "":
		return nil
	case !strings.Contains(of[0], "instanceId"):
		return [][]string{names}
	}
	for id := range strings.SplitSeq(names[0], ",") {
		all = append(all, append([]string{id}, names[1:]...))
	}
	return all
}

// place is where a name is unique: IAM's and Identity Center's are in all regions.
func place(service, account, region string) string {
	if service == "iam" || service == "s3" || service == "sso" {
		region = ""
	}
	return service + "\x00" + account + "\x00" + region
}

// mark is what steps about the same thing have in common.
func mark(place, call string, names []string) string {
	return strings.Join(append([]string{place, call}, names...), "\x00")
}

// maxSteps is how many calls are looked at.
const maxSteps = 100_000

func readSteps(rows []row) (all []step) {
	for _, r := range rows {
		all = append(all, step{at: r.time(0), service: r[1], name: bare(r[2]), account: r[3], region: r[4], actor: r[5], key: r[6], id: r[7],
			record: record{parseJSON(r[8]), parseJSON(r[9])}, mine: r[10] == "true"})
	}
	return all
}

func parseJSON(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil // of what is no JSON nothing is known
	}
	return v
}

// persisted finds what the deeds made, and what of it somebody has ended since.
func (p *Page) persisted(ctx context.Context, a Asker) error {
	const columns = "t, service, name, account, region, actor, caller, id, asked, answered, "
	rows, err := askAll(ctx, a, fmt.Sprintf("SELECT "+columns+"true FROM triage_calls WHERE id IN (SELECT id FROM triage_deeds WHERE error IS NULL) AND t IS NOT NULL AND name IN (%s) ORDER BY t, id LIMIT %d",
		named(givingNames()), maxSteps), nil)
	if err != nil {
		return err
	}
	p.Persistence = made(rules(), readSteps(rows))
	rows, err = askAll(ctx, a, fmt.Sprintf("SELECT "+columns+"id IN (SELECT id FROM triage_deeds) FROM triage_calls WHERE name IN (%s) AND t IS NOT NULL ORDER BY t, id LIMIT %d",
		named(p.endingNames()), maxSteps), nil)
	if err != nil {
		return err
	}
	p.ends = readSteps(rows)
	p.end()
	return p.used(ctx, a)
}

// made are the things that steps made, each once.
func made(all []rule, steps []step) []Persisted {
	things := []Persisted{}
	seen := map[string]int{}
	for i := range steps {
		s := &steps[i]
		for j := range all {
			r := &all[j]
			if r.service != s.service || r.call != s.name || r.only != nil && !r.only(s.record) {
				continue
			}
			for _, names := range s.about(r.of) {
				id := mark(place(s.service, s.account, s.region), s.name, names)
				if known, ok := seen[id]; ok {
					things[known].Times++
					continue
				}
				seen[id] = len(things)
				things = append(things, Persisted{Kind: r.kind, Names: names, Account: s.account, Region: s.region, Event: s.name, EventID: s.id,
					At: at(s.at), By: s.actor, With: s.key, Times: 1, rule: r, arn: s.record.first("got.user.arn|got.role.arn"),
					holder: s.record.first("got.accessKey.userName|ask.userName")})
			}
		}
	}
	return things
}

// endingNames are the calls that may have ended what was made, or an access key, or
// made it again.
func (p *Page) endingNames() []string {
	names := map[string]bool{"DeleteAccessKey": true, "UpdateAccessKey": true}
	for _, m := range p.Persistence {
		for _, n := range withVersions(m.rule.service, m.rule.call) {
			names[n] = true
		}
		for _, u := range m.rule.undo {
			for _, n := range withVersions(m.rule.service, u.call) {
				names[n] = true
			}
		}
	}
	return sortedKeys(names)
}

// end goes through what happened to the things, in order: the last holds.
func (p *Page) end() {
	things := map[string][]*Persisted{} // by mark
	ways := map[string][][]string{}     // by service and call: which members name a thing
	for i := range p.Persistence {
		m := &p.Persistence[i]
		for _, u := range append([]undo{{call: m.rule.call}}, m.rule.undo...) {
			of := u.of
			if of == nil {
				of = m.rule.of
			}
			way := m.rule.service + " " + u.call
			if !slices.ContainsFunc(ways[way], func(w []string) bool { return slices.Equal(w, of) }) {
				ways[way] = append(ways[way], of)
			}
			id := mark(place(m.rule.service, m.Account, m.Region), u.call, m.Names[:len(of)])
			things[id] = append(things[id], m)
		}
	}
	for i := range p.ends {
		s := &p.ends[i]
		done := map[*Persisted]bool{}
		for _, of := range ways[s.service+" "+s.name] {
			for _, names := range s.about(of) {
				for _, m := range things[mark(place(s.service, s.account, s.region), s.name, names)] {
					if !done[m] {
						done[m] = true
						m.apply(s)
					}
				}
			}
		}
	}
}

// apply has a call end a thing, or make it again.
func (m *Persisted) apply(s *step) {
	if m.At == nil || s.at.Before(*m.At) || s.id == m.EventID {
		return
	}
	for _, u := range m.rule.undo {
		if u.call == s.name && (u.only == nil || u.only(s.record)) {
			m.Removed, m.Ended, m.EndedBy, m.EndedID = at(s.at), s.name, s.actor, s.id
			return
		}
	}
	switch {
	case s.name != m.rule.call || m.rule.only != nil && !m.rule.only(s.record):
	case s.mine:
		m.Removed, m.Ended, m.EndedBy, m.EndedID = nil, "", "", ""
	case m.rule.overwrites:
		m.Removed, m.Ended, m.EndedBy, m.EndedID = at(s.at), s.name+" again", s.actor, s.id
	}
}

// used tells what was done by users and roles, and with keys, that were made.
func (p *Page) used(ctx context.Context, a Asker) error {
	of := func(m *Persisted) string {
		if m.rule.call == "CreateAccessKey" {
			return m.Names[0]
		}
		return m.arn
	}
	var ids []string
	for i := range p.Persistence {
		if id := of(&p.Persistence[i]); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := askAll(ctx, a, `SELECT id, count(*), max(t) FROM (SELECT unnest([userIdentity.arn, userIdentity.accessKeyId, userIdentity.sessionContext.sessionIssuer.arn]) AS id, eventTime AS t
		FROM cloudtrail WHERE userIdentity.arn IN `+fromList("ids")+` OR userIdentity.accessKeyId IN `+fromList("ids")+`
			OR userIdentity.sessionContext.sessionIssuer.arn IN `+fromList("ids")+`) GROUP BY id`, params{"ids": list(ids)})
	found := map[string]row{}
	for _, r := range rows {
		found[r[0]] = r
	}
	for i := range p.Persistence {
		m := &p.Persistence[i]
		if r := found[of(m)]; of(m) != "" && r != nil {
			m.Used, m.UsedLast = r.n(1), at(r.time(2))
		}
	}
	return err
}
