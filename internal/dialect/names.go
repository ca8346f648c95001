package dialect

import (
	"strconv"
	"strings"
)

// Parameters returns the names that a value must be bound to before statement
// can run, without $, each once, in the order in which they first occur. DuckDB
// ignores their case; a name is returned as it was first written. A bare ?
// counts from 1, as if it had been $1, $2 ….
func Parameters(statement string) []string {
	p := parameters{seen: map[string]bool{}}
	dollar := -1 // where a lone $ ended: "$ name" and $"a name" are parameters too
	for t := range Scan(statement) {
		text := t.Text(statement)
		switch {
		case t.Kind == Comment:
			continue
		case t.Kind == Param && text == "?":
			p.question++
			p.add(strconv.Itoa(p.question))
		case t.Kind == Param:
			p.add(text[1:])
		case dollar >= 0 && t.Kind == Quoted:
			p.add(Unquote(text))
		case dollar >= 0 && t.Kind == Ident:
			p.add(text)
		}
		dollar = -1
		if t.Kind == Other && text == "$" {
			dollar = t.End
		}
	}
	return p.names
}

type parameters struct {
	names    []string
	seen     map[string]bool
	question int
}

func (p *parameters) add(name string) {
	key := strings.ToLower(name)
	if !p.seen[key] {
		p.seen[key] = true
		p.names = append(p.names, name)
	}
}

// Names returns every identifier that occurs in statement, folded and without
// quotes: tables, columns, functions, aliases and keywords alike. What it lacks
// is surely not named; what it holds may be no more than a column's alias.
// Names inside strings are not seen, so a statement that holds query or
// query_table, which take SQL or a name as text, may reach anything.
func Names(statement string) map[string]bool {
	names := map[string]bool{}
	for t := range Scan(statement) {
		if t.Kind == Ident || t.Kind == Quoted {
			names[Fold(t.Text(statement))] = true
		}
	}
	return names
}

// Fold returns the form of an identifier under which DuckDB compares it: quotes
// taken off, ASCII letters small. DuckDB ignores case in quoted names as well.
func Fold(identifier string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, Unquote(identifier))
}

// Unquote returns the name that a plain or quoted identifier stands for.
func Unquote(identifier string) string {
	if len(identifier) < 2 {
		return identifier
	}
	q := identifier[:1]
	if q != `"` && q != "`" {
		return identifier
	}
	name := strings.TrimSuffix(identifier[1:], q)
	return strings.ReplaceAll(name, q+q, q)
}

// Quote returns name as an identifier that means it whatever it holds, keywords
// and quotes included. A zero byte cannot be part of a name and is left out.
func Quote(name string) string {
	name = strings.ReplaceAll(name, "\x00", "")
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// QuoteString returns s as a string literal. A zero byte cannot be part of one
// and is left out: bind a parameter for text that may hold it.
func QuoteString(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// SimpleName says whether s can stand in a statement as an identifier without
// quotes, keywords aside.
func SimpleName(s string) bool {
	if s == "" || !isIdentStart(s[0]) {
		return false
	}
	t, ok := (&lexer{text: s}).next()
	return ok && t.Kind == Ident && t.End == len(s)
}
