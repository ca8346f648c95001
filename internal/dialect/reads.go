package dialect

import "slices"

// A Read is a place where a query reads a table.
type Read struct {
	Start, End int  // of the table's name in the text
	Named      bool // another name for it follows
	// Demand is a condition on the columns that were asked about and on parameters
	// alone, without a table's name before a column: rows that do not fulfil it make no
	// difference to what the query yields. It is "" if there is none.
	Demand string
	// From and Until are, of the column of time, the least value and that before which
	// a row must be to make a difference, as expressions of constants and parameters;
	// or "".
	From, Until string
}

// Reading is what a query reads of one table.
type Reading struct {
	Reads []Read
	root  yield
}

// Nothing reports whether the query is certain to yield no rows if those reads for
// which none is true yield no rows that fulfil their Demand.
func (r Reading) Nothing(none func(read int) bool) bool { return r.root.nothing(none) }

// A yield tells of what the rows of a query, or of a part of it, come.
type yield struct {
	read int     // one of Reads, counted from 1; 0 is none
	any  []yield // where one of them has no rows, there are none
	all  []yield // where all of them have no rows, and there is one, there are none
}

func (y yield) nothing(none func(int) bool) bool {
	empty := func(y yield) bool { return y.nothing(none) }
	switch {
	case y.read > 0 && none(y.read-1), slices.ContainsFunc(y.any, empty):
		return true
	}
	return len(y.all) > 0 && !slices.ContainsFunc(y.all, func(y yield) bool { return !empty(y) })
}

// Reads tells where a query reads a table, and what it demands of these columns of it
// and of its time. What it does not understand, it tells nothing of: a table that is
// joined by other than inner joins has no demands, and a query of another form than
//
//	[WITH name AS (query), …] SELECT … FROM … [WHERE …] … [UNION …]
//
// may have rows whatever it reads. Names are folded.
func Reads(statement, table string, columns []string, time string) Reading {
	if len(statement) > maxConditioned {
		return Reading{}
	}
	r := reads{outline: newOutline(statement), table: table, columns: columns, time: time}
	end := len(r.tokens)
	if r.is(end-1, ";") {
		end--
	}
	for i := range end {
		if r.tokens[i].Open || r.is(i, ";") || r.unmatched(i) || r.word(i) == "RECURSIVE" {
			return Reading{}
		}
	}
	root := r.query(0, end, nil, 0)
	return Reading{r.found, root}
}

type reads struct {
	*outline
	table, time string
	columns     []string
	found       []Read
}

// unmatched reports whether the token is a bracket without its other half.
func (r *reads) unmatched(i int) bool {
	if r.kind(i) != Punct {
		return false
	}
	switch r.tokens[i].Text(r.text) {
	case "(", "[", "{":
		return r.closes[i] < 0
	case ")", "]", "}":
		return r.opens[i] < 0
	}
	return false
}

// A with is a name of WITH that a query sees.
type with struct {
	name  string
	yield yield
	outer *with
}

func (w *with) find(name string) (yield, bool) {
	for ; w != nil; w = w.outer {
		if w.name == name {
			return w.yield, true
		}
	}
	return yield{}, false
}

// query looks at a query, which has the tokens from i up to end.
func (r *reads) query(i, end int, seen *with, depth int) yield {
	if depth > maxNested {
		return yield{}
	}
	if r.word(i) == "WITH" {
		for i++; ; i++ {
			next, ok := r.with(i, end, &seen, depth)
			if !ok {
				return yield{}
			}
			if i = next; !r.is(i, ",") {
				break
			}
		}
	}
	var all []yield
	sound, from := true, i
	for k := i; k <= end; k++ {
		if k < end && r.closes[k] > k {
			k = r.closes[k]
			continue
		}
		word := r.word(k)
		if k < end && word != "UNION" && word != "EXCEPT" && word != "INTERSECT" {
			continue
		}
		all = append(all, r.part(from, k, seen, depth))
		sound = sound && (k == end || word == "UNION")
		if from = k + 1; word == "UNION" && (r.word(from) == "ALL" || r.word(from) == "DISTINCT") {
			from++
		}
	}
	if !sound {
		return yield{}
	}
	return yield{all: all}
}

// with looks at one name of WITH, and has it seen.
func (r *reads) with(i, end int, seen **with, depth int) (next int, ok bool) {
	if !r.named(i) {
		return i, false
	}
	name := r.fold(i)
	if i++; r.is(i, "(") && r.closes[i] > i {
		i = r.closes[i] + 1
	}
	if r.word(i) != "AS" {
		return i, false
	}
	for i++; r.word(i) == "NOT" || r.word(i) == "MATERIALIZED"; i++ {
	}
	if !r.is(i, "(") || r.closes[i] < 0 || r.closes[i] >= end {
		return i, false
	}
	*seen = &with{name, r.query(i+1, r.closes[i], *seen, depth+1), *seen}
	return r.closes[i] + 1, true
}

// part looks at one of what UNION joins.
func (r *reads) part(i, end int, seen *with, depth int) yield {
	if r.is(i, "(") && r.closes[i] > 0 {
		// ORDER BY and LIMIT may follow, which add no rows.
		y := r.query(i+1, r.closes[i], seen, depth+1)
		r.inner(r.closes[i]+1, end, seen, depth)
		return y
	}
	if r.word(i) != "SELECT" {
		return yield{}
	}
	s := selects{reads: r, seen: seen, depth: depth}
	s.split(i, end)
	return s.look()
}

// inner looks at the queries that stand in parentheses somewhere in an expression: they
// too read, but what they yield is not what the query yields.
func (r *reads) inner(i, end int, seen *with, depth int) {
	if depth > maxNested {
		return
	}
	for ; i < end; i++ {
		if !r.is(i, "(") || r.closes[i] < 0 {
			continue
		}
		switch r.word(i + 1) {
		case "SELECT", "WITH":
			r.query(i+1, r.closes[i], seen, depth+1)
			i = r.closes[i]
		}
	}
}
