package triage

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// tree collects the lines of a drawing, cleaned.
type tree struct{ lines []string }

func (t *tree) line(format string, args ...any) {
	t.lines = append(t.lines, strings.TrimRight(render.Clean(fmt.Sprintf(format, args...)), " "))
}

// Write draws the lineage for a person.
func (l *Lineage) Write(w io.Writer) error {
	_, err := io.WriteString(w, strings.Join(l.draw(), "\n")+"\n")
	return err
}

// draw is the lineage as lines, of which none is a text of the logs' alone.
func (l *Lineage) draw() []string {
	var t tree
	for i, k := range l.asked {
		if i > 0 {
			t.line("")
		}
		l.chain(&t, k)
	}
	if l.more > 0 {
		t.line("")
		t.line("… and %s that it used", Counted(l.more, "more key"))
	}
	if l.cut {
		t.line("")
		t.line("… this is not all: a tree shows %d keys, and %d generations", lineageKeys, lineageDepth)
	}
	return t.lines
}

// chain draws how a key was got, from the first in the chain on, and what was got
// with it.
func (l *Lineage) chain(t *tree, key string) {
	top, path := l.top(key)
	l.first(t, top, path)
	indent := "  "
	for _, g := range path {
		l.granted(t, indent+"└─ ", indent+"   ", g, g.key == key)
		indent += "   "
	}
	l.under(t, key, indent)
}

// first is the line of who began it.
func (l *Lineage) first(t *tree, key string, path []*grant) {
	if key == "" {
		t.line("%s, without an access key", cmp.Or(path[0].actor, "unknown"))
		return
	}
	name := "unknown: no event is of this key"
	if st := l.stats[key]; st != nil {
		name = st.who
	}
	t.line("%s", name)
	mark := ""
	if len(path) == 0 {
		mark = "  ◀"
	}
	t.line("  %s%s", l.did(key), mark)
	if g := l.up[key]; g != nil && g.call == "CreateAccessKey" {
		t.line("  made %s by %s, with %s, event %s", clock(g.time), ShortActor(g.actor), cmp.Or(g.caller, "no key"), ShortID(g.id))
	}
}

// under draws what was got with a key.
func (l *Lineage) under(t *tree, key, indent string) {
	all := l.down[key]
	for i, g := range all {
		last := i == len(all)-1 && all[0].unlisted == 0
		branch, below := "├─ ", "│  "
		if last {
			branch, below = "└─ ", "   "
		}
		l.granted(t, indent+branch, indent+below, g, false)
		l.under(t, g.key, indent+below)
	}
	if len(all) > 0 && all[0].unlisted > 0 {
		t.line("%s└─ … %s more", indent, count(all[0].unlisted))
	}
}

// granted draws a grant, and what was done with its key.
func (l *Lineage) granted(t *tree, branch, below string, g *grant, asked bool) {
	what := g.call
	if role := shortRole(g.role); role != "" {
		what += " " + role
	}
	if g.session != "" && !strings.HasSuffix(g.role, "/"+g.session) {
		what += " as " + g.session
	}
	if _, account := arnParts(g.role); account != "" && account != g.account {
		what += " in " + account
	}
	t.line("%s%s %s", branch, clock(g.time), what)
	t.line("%sfrom %s, event %s", below, cmp.Or(g.address, "no address"), ShortID(g.id))
	mark := ""
	if asked {
		mark = "  ◀"
	}
	t.line("%s%s%s", below, l.did(g.key), mark)
}

// did tells what was done with a key.
func (l *Lineage) did(key string) string {
	st := l.stats[key]
	if st == nil {
		return key + ": never used"
	}
	text := key + ": " + Counted(st.events, "event")
	if st.denied != 0 {
		text += ", " + count(st.denied) + " denied"
	}
	text += ", " + Span(st.first, st.last) + ", " + st.address
	if st.addresses > 1 {
		text += " and others"
	}
	return text
}

// A Node is a key in a lineage, as JSON tells it.
type Node struct {
	Key     string     `json:"key"`
	Who     string     `json:"who"` // the ARN that it was used as; "" was never used
	Asked   bool       `json:"asked"`
	Call    string     `json:"call,omitempty"` // that returned it
	At      *time.Time `json:"at,omitempty"`
	Role    string     `json:"role,omitempty"`
	Session string     `json:"session,omitempty"`
	Address string     `json:"address,omitempty"` // that it was got from
	EventID string     `json:"eventID,omitempty"`
	Events  int64      `json:"events"`
	Denied  int64      `json:"denied"`
	First   *time.Time `json:"first,omitempty"`
	Last    *time.Time `json:"last,omitempty"`
	Got     []Node     `json:"got"` // with it
}

// nodes are the lineage as trees, from the first in each chain on.
func (l *Lineage) nodes() []Node {
	all := []Node{}
	for _, k := range l.asked {
		top, path := l.top(k)
		below := l.gotWith(k)
		for i := len(path) - 1; i >= 0; i-- {
			n := l.node(path[i].key, path[i])
			n.Asked, n.Got = path[i].key == k, below
			below = []Node{n}
		}
		root := l.node(top, nil)
		if g := l.up[top]; g != nil && g.call == "CreateAccessKey" {
			root = l.node(top, g)
		}
		if top == "" {
			root.Who = path[0].actor
		}
		root.Asked, root.Got = top == k, below
		all = append(all, root)
	}
	return all
}

func (l *Lineage) gotWith(key string) []Node {
	all := []Node{}
	for _, g := range l.down[key] {
		n := l.node(g.key, g)
		n.Got = l.gotWith(g.key)
		all = append(all, n)
	}
	return all
}

func (l *Lineage) node(key string, g *grant) Node {
	n := Node{Key: key, Got: []Node{}}
	if st := l.stats[key]; st != nil {
		n.Who, n.Events, n.Denied, n.First, n.Last = st.who, st.events, st.denied, at(st.first), at(st.last)
	}
	if g != nil {
		n.Call, n.At, n.Role, n.Session, n.Address, n.EventID = g.call, at(g.time), g.role, g.session, g.address, g.id
	}
	return n
}
