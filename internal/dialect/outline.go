package dialect

import "strings"

// An outline is a statement's tokens, comments left out, with what each is part of.
// It is no parse: it tells selects, clauses and parentheses apart.
type outline struct {
	text   string
	tokens []Token
	places []tokenPlace
	closes []int // of an opening bracket, where its closing one is; else -1
	opens  []int // the other way round
	// own are the names that the statement gives to columns, with the query that does.
	own map[string]int
	// ctes are the names of WITH.
	ctes map[string]bool
}

// A tokenPlace is what a token is part of.
type tokenPlace struct {
	query  int    // number of the innermost query
	clause clause // of it
	direct bool   // in no parentheses within the clause
	table  bool   // a table is named here
}

type clause uint8

const (
	otherClause clause = iota
	selectClause
	fromClause
)

// maxWord is longer than any keyword and any name that is looked for: a 10 MB name
// is not copied to learn that it is none.
const maxWord = 256

// severalQueries stands for the query of a name that more than one gives, or none.
const severalQueries = -1

// A frame is a bracket that is open.
type frame struct {
	open   int // its token
	query  int
	clause clause
	direct bool // it holds a query, or tables
	expect bool // a table is named next
}

func newOutline(text string) *outline {
	o := &outline{text: text, own: map[string]int{}, ctes: map[string]bool{}}
	for t := range Scan(text) {
		if t.Kind != Comment {
			o.tokens = append(o.tokens, t)
		}
	}
	o.places = make([]tokenPlace, len(o.tokens))
	o.closes, o.opens = make([]int, len(o.tokens)), make([]int, len(o.tokens))
	queries := 0
	stack := []frame{{open: -1, direct: true}}
	for i := range o.tokens {
		o.closes[i], o.opens[i] = -1, -1
		f := &stack[len(stack)-1]
		o.places[i] = tokenPlace{f.query, f.clause, f.direct, f.expect && f.direct}
		switch {
		case o.is(i, "(") || o.is(i, "[") || o.is(i, "{"):
			inner := frame{open: i, query: f.query, clause: f.clause}
			switch o.word(i + 1) {
			case "SELECT", "WITH", "FROM", "VALUES", "TABLE", "DESCRIBE", "SHOW", "SUMMARIZE", "PIVOT", "UNPIVOT":
				queries++
				inner.query, inner.clause, inner.direct = queries, otherClause, true
			default:
				inner.direct = f.expect && f.direct // FROM (a JOIN b …)
				inner.expect = inner.direct
			}
			f.expect = false
			stack = append(stack, inner)
		case o.is(i, ")") || o.is(i, "]") || o.is(i, "}"):
			if len(stack) > 1 {
				o.closes[f.open], o.opens[i] = i, f.open
				o.places[i] = o.places[f.open]
				stack = stack[:len(stack)-1]
			}
		default:
			o.step(i, f)
		}
	}
	for i := range o.tokens {
		if o.word(i) == "AS" && o.word(i-1) != "." {
			o.define(i)
		}
	}
	return o
}

// step has a token change what its frame is in.
func (o *outline) step(i int, f *frame) {
	if !f.direct {
		return
	}
	if o.is(i, ",") {
		f.expect = f.clause == fromClause
		return
	}
	word := o.word(i)
	if o.is(i-1, ".") {
		word = ""
	}
	switch word {
	case "LATERAL", "ONLY":
		return
	case "SELECT":
		f.clause = selectClause
	case "FROM":
		if f.expect = o.word(i-1) != "DISTINCT"; f.expect { // IS DISTINCT FROM
			f.clause = fromClause
		}
		return
	case "JOIN":
		f.expect = true
		return
	case "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "QUALIFY", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "SET", "VALUES", "RETURNING":
		f.clause = otherClause
	}
	f.expect = false
}

// define takes the name that stands before or after AS.
func (o *outline) define(i int) {
	next := i + 1
	for o.word(next) == "NOT" || o.word(next) == "MATERIALIZED" {
		next++
	}
	if o.is(next, "(") { // name [(columns)] AS (…)
		name := i - 1
		if o.is(name, ")") {
			open := o.opens[name]
			o.columnList(open)
			name = open - 1
		}
		if o.named(name) {
			o.ctes[o.fold(name)] = true
		}
		return
	}
	next = i + 1
	switch {
	case !o.named(next):
	case o.is(next+1, "("):
		o.columnList(next + 1) // AS t(columns); of CAST(x AS varchar(3)) there are none
	case o.places[i].direct:
		o.give(o.fold(next), o.places[i].query)
	}
}

// columnList takes the names in a parenthesis, which holds no other, as columns.
func (o *outline) columnList(open int) {
	if open < 0 {
		return
	}
	for i := open + 1; i < o.closes[open] && o.closes[i] < 0; i++ {
		if o.named(i) {
			o.give(o.fold(i), severalQueries)
		}
	}
}

func (o *outline) give(name string, query int) {
	if first, ok := o.own[name]; ok && first != query {
		query = severalQueries
	}
	o.own[name] = query
}

// isOwn reports whether the name at i may be that of a column that another query of
// the statement defines.
func (o *outline) isOwn(name string, i int) bool {
	query, ok := o.own[name]
	return ok && query != o.places[i].query
}

// word is a keyword's or plain name's text in capitals, or "".
func (o *outline) word(i int) string {
	if i < 0 || i >= len(o.tokens) || o.tokens[i].Kind != Ident || o.tokens[i].End-o.tokens[i].Start > maxWord {
		return ""
	}
	return strings.ToUpper(o.tokens[i].Text(o.text))
}

// is reports whether the token is this punctuation or operator.
func (o *outline) is(i int, text string) bool {
	if i < 0 || i >= len(o.tokens) {
		return false
	}
	t := o.tokens[i]
	return (t.Kind == Punct || t.Kind == Operator) && t.End-t.Start == len(text) && o.text[t.Start:t.End] == text
}

// kind is the kind of the token, Other beyond the last.
func (o *outline) kind(i int) TokenKind {
	if i < 0 || i >= len(o.tokens) {
		return Other
	}
	return o.tokens[i].Kind
}

// named reports whether a name that is not too long stands here.
func (o *outline) named(i int) bool {
	return (o.kind(i) == Ident || o.kind(i) == Quoted) && !o.tokens[i].Open && o.tokens[i].End-o.tokens[i].Start <= maxWord
}

func (o *outline) fold(i int) string { return Fold(o.tokens[i].Text(o.text)) }

// arguments is how many arguments the parenthesis holds.
func (o *outline) arguments(open int) int {
	if o.closes[open] <= open+1 {
		return 0
	}
	n := 1
	for i := open + 1; i < o.closes[open]; i++ {
		if o.closes[i] > i {
			i = o.closes[i]
		} else if o.is(i, ",") {
			n++
		}
	}
	return n
}
