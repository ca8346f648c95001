package profile

import (
	"cmp"
	"strings"
)

// lineage knows who is behind credentials, and behind actors that are new.
type lineage struct {
	parents map[string]Lineage             // by child
	targets map[string]map[string]struct{} // children, by the role whose credentials they are
}

func newLineage() lineage {
	return lineage{parents: map[string]Lineage{}, targets: map[string]map[string]struct{}{}}
}

// add keeps l, and puts it into the change if it is not known. Of two about one child the
// one of the caller's own record counts, and else the earlier: whichever comes first.
func (l *lineage) add(c *Change, n Lineage) {
	if l.put(n) && c != nil {
		c.Lineage = append(c.Lineage, n)
	}
}

func (l *lineage) put(n Lineage) bool {
	old, ok := l.parents[n.Child]
	if ok && before(old, n) <= 0 {
		return false
	}
	if ok {
		l.drop(old)
	}
	l.parents[n.Child] = n
	if n.Target != "" {
		if l.targets[n.Target] == nil {
			l.targets[n.Target] = map[string]struct{}{}
		}
		l.targets[n.Target][n.Child] = struct{}{}
	}
	return true
}

// drop takes out what no longer counts.
func (l *lineage) drop(n Lineage) {
	delete(l.parents, n.Child)
	if of := l.targets[n.Target]; of != nil {
		if delete(of, n.Child); len(of) == 0 {
			delete(l.targets, n.Target)
		}
	}
}

// before says which of two counts: less than 0 is a. Of one that was over when the other
// was made nothing is left: a user may be made anew under the name of one that is gone.
func before(a, b Lineage) int {
	switch {
	case a.Until < b.Made:
		return 1
	case b.Until < a.Made:
		return -1
	}
	weak := func(n Lineage) int {
		if n.Weak {
			return 1
		}
		return 0
	}
	return cmp.Or(weak(a)-weak(b), cmp.Compare(a.Made, b.Made), strings.Compare(a.Parent, b.Parent),
		strings.Compare(a.Actor, b.Actor), cmp.Compare(a.Until, b.Until), strings.Compare(a.Target, b.Target))
}

// lineage is the edge, in texts of its own.
func (e *Edge) lineage() Lineage {
	return Lineage{Child: string(e.Child), Parent: string(e.Parent), Actor: string(e.Actor), Target: string(e.Target),
		Made: e.Made, Until: e.Until, Weak: e.Weak}
}

// forget drops what ended before a time.
func (l *lineage) forget(time int64) {
	for _, n := range l.parents {
		if n.Until < time {
			l.drop(n)
		}
	}
}

// generations is how many steps are taken from a credential to whoever is behind it.
// There are no more in life, and logs that tell of a circle end here.
const generations = 16

// root is the actor behind a record: of its credential, or else of its actor if that is
// new.
func (l *lineage) root(actor, credential string, time int64) string {
	actor, _, _ = strings.Cut(actor, viaService)
	for range generations {
		n, ok := l.of(actor, credential, time)
		if !ok {
			return actor
		}
		if n.Actor == actor && n.Parent == credential {
			return actor
		}
		actor, credential = n.Actor, n.Parent
	}
	return actor
}

func (l *lineage) of(actor, credential string, time int64) (Lineage, bool) {
	if credential != "" {
		if n, ok := l.parents[credential]; ok && n.Made <= time+clockSlack {
			return n, true
		}
	}
	n, ok := l.parents[actor]
	if role, _, named := cutName(actor); !ok && named {
		n, ok = l.parents[role]
	}
	return n, ok && n.Made <= time+clockSlack && time <= n.Until
}

// cutName cuts the session's name off a role's actor.
func cutName(actor string) (role, name string, ok bool) {
	at := strings.LastIndexByte(actor, '/')
	if at < 0 || !strings.Contains(actor[:at], ":role/") {
		return actor, "", false
	}
	return actor[:at], actor[at+1:], true
}

// viaService stands between an actor and the service that acts on its behalf.
const viaService = " via "

// clockSlack is how far two records of one deed may be apart, in microseconds: their
// times are whole seconds, of several machines.
const clockSlack = 5 * 60 * 1_000_000

// rootOf is the actor behind what is told of an actor without a credential: who got the
// credentials of that day for it, if that was one and the same.
func (l *lineage) rootOf(actor string, from, to int64) string {
	actor, _, _ = strings.Cut(actor, viaService)
	one := ""
	role, _, _ := cutName(actor)
	for _, target := range [...]string{actor, role} {
		for child := range l.targets[target] {
			n := l.parents[child]
			if n.Made > to || n.Until < from {
				continue
			}
			root := l.root(n.Actor, n.Parent, n.Made)
			if one != "" && one != root {
				return actor
			}
			one = root
		}
	}
	if one == "" {
		return l.root(actor, "", to)
	}
	return one
}
