package shell

import (
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// A typ is a type as far as it has members.
type typ struct {
	members []column // of a STRUCT
	element *typ     // of a list
	number  bool
}

// A column of a relation, or a member of one.
type column struct {
	name string
	typ  *typ
	// of is the log table that it is from, and path its name there, with those
	// it is a member of; both "" where that is not known.
	of, path string
}

// member is a column's member.
func (k column) member(m column) column {
	if k.of != "" {
		m.of, m.path = k.of, k.path+"."+m.name
	}
	return m
}

// A relation is what FROM may name.
type relation struct {
	qualifier string // mine, or schema; "" is what needs none
	name      string
	columns   []column
}

// maxNested is how deep types are read: those of people's own tables may be any.
const maxNested = 20

// parseType reads a type as the engine writes it. It gives up on what it does not
// know, which then has no members.
func parseType(text string) *typ {
	if !strings.ContainsAny(text, "([") { // most
		return &typ{number: isNumber(text)}
	}
	p := typeParser{text: text}
	for t := range dialect.Scan(text) {
		p.tokens = append(p.tokens, t)
	}
	return p.parse(0)
}

func isNumber(name string) bool {
	switch name {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT":
		return true
	}
	return false
}

type typeParser struct {
	text   string
	tokens []dialect.Token
	next   int
}

func (p *typeParser) peek() string {
	if p.next >= len(p.tokens) {
		return ""
	}
	return p.tokens[p.next].Text(p.text)
}

// parse reads one type: NAME, NAME(…), STRUCT(name type, …), and [] behind it.
func (p *typeParser) parse(depth int) *typ {
	t := &typ{number: isNumber(p.peek())}
	if p.peek() == "STRUCT" && depth < maxNested {
		p.next++
		for p.peek() == "(" || p.peek() == "," {
			p.next++
			name := dialect.Unquote(p.peek())
			p.next++
			t.members = append(t.members, column{name: name, typ: p.parse(depth + 1)})
		}
		p.next++ // )
	} else {
		p.skip()
	}
	for p.peek() == "[" {
		for p.peek() != "]" && p.peek() != "" {
			p.next++
		}
		p.next++
		t = &typ{element: t}
	}
	return t
}

// skip goes to what ends a type that has no members: , ) or [.
func (p *typeParser) skip() {
	for depth := 0; ; p.next++ {
		switch p.peek() {
		case "":
			return
		case "(":
			depth++
		case ")":
			if depth--; depth < 0 {
				return
			}
		case ",", "[":
			if depth == 0 {
				return
			}
		}
	}
}
