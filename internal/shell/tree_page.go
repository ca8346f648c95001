package shell

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

func (t *lineage) write(w io.Writer, keys []string, more int) error {
	s := newSheet(w)
	for i, k := range keys {
		if i > 0 {
			s.blank()
		}
		t.chain(s, k)
	}
	if more > 0 {
		s.blank()
		s.line("… and %s more keys that it used", grouped(fmt.Sprint(more)))
	}
	if t.cut {
		s.blank()
		s.line("… this is not all: a tree shows %d keys, and %d generations", treeKeys, treeDepth)
	}
	return s.end()
}

// chain writes how a key was got, from the first in the chain on, and what was got
// with it.
func (t *lineage) chain(s sheet, key string) {
	var path []*grant
	seen := map[string]bool{key: true}
	top := key
	for g := t.up[key]; g != nil && g.call != "CreateAccessKey"; g = t.up[top] {
		path = append(path, g)
		if top = g.caller; top == "" || seen[top] {
			break
		}
		seen[top] = true
	}
	slices.Reverse(path)
	t.first(s, top, path)
	indent := "  "
	for _, g := range path {
		t.granted(s, indent+"└─ ", indent+"   ", g, g.key == key)
		indent += "   "
	}
	t.under(s, key, indent)
}

// first is the line of who began it.
func (t *lineage) first(s sheet, key string, path []*grant) {
	if key == "" {
		s.line("%s, without an access key", cmp.Or(path[0].actor, "unknown"))
		return
	}
	name := "unknown: no event is of this key"
	if st := t.stats[key]; st != nil {
		name = st.who
	}
	s.line("%s", name)
	mark := ""
	if len(path) == 0 {
		mark = "  ◀"
	}
	s.line("  %s%s", t.did(key), mark)
	if g := t.up[key]; g != nil && g.call == "CreateAccessKey" {
		s.line("  made %s by %s, with %s, event %s", g.time, shortActor(g.actor), cmp.Or(g.caller, "no key"), shortID(g.id))
	}
}

// under writes what was got with a key.
func (t *lineage) under(s sheet, key, indent string) {
	all := t.down[key]
	for i, g := range all {
		last := i == len(all)-1 && all[0].unlisted == 0
		branch, below := "├─ ", "│  "
		if last {
			branch, below = "└─ ", "   "
		}
		t.granted(s, indent+branch, indent+below, g, false)
		t.under(s, g.key, indent+below)
	}
	if len(all) > 0 && all[0].unlisted > 0 {
		s.line("%s└─ … %s more", indent, grouped(fmt.Sprint(all[0].unlisted)))
	}
}

// granted writes a grant, and what was done with its key.
func (t *lineage) granted(s sheet, branch, below string, g *grant, asked bool) {
	what := g.call
	if role := shortRole(g.role); role != "" {
		what += " " + role
	}
	if g.session != "" && !strings.HasSuffix(g.role, "/"+g.session) {
		what += " as " + g.session
	}
	if account := accountOf(g.role); account != "" && account != g.account {
		what += " in " + account
	}
	s.line("%s%s %s", branch, g.time, what)
	s.line("%sfrom %s, event %s", below, cmp.Or(g.address, "no address"), shortID(g.id))
	mark := ""
	if asked {
		mark = "  ◀"
	}
	s.line("%s%s%s", below, t.did(g.key), mark)
}

// did tells what was done with a key.
func (t *lineage) did(key string) string {
	st := t.stats[key]
	if st == nil {
		return key + ": never used"
	}
	text := key + ": " + counted(st.events, "event")
	if st.denied != "0" {
		text += ", " + grouped(st.denied) + " denied"
	}
	text += ", " + span(st.first, st.last) + ", " + st.address
	if st.addresses != "1" && st.addresses != "0" {
		text += " and others"
	}
	return text
}

// span tells two times, the day once where it is the same.
func span(first, last string) string {
	const minute, day = len("2006-01-02 15:04"), len("2006-01-02")
	first, last = first[:min(minute, len(first))], last[:min(minute, len(last))]
	switch {
	case first == last:
		return first
	case len(first) == minute && len(last) == minute && first[:day] == last[:day]:
		return first + " – " + last[day+1:]
	}
	return first + " – " + last
}

// counted is a count of things.
func counted(n, one string) string {
	if n == "1" {
		return n + " " + one
	}
	return grouped(n) + " " + one + "s"
}

// shortRole is what of a role's ARN, or of its session's, a person wants to see.
func shortRole(arn string) string {
	return strings.TrimPrefix(shortActor(arn), "assumed-")
}

// accountOf is the account in an ARN.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[4]
}
