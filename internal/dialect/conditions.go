package dialect

import (
	"slices"
	"strings"
)

// A Condition compares a column with something: rows that do not fulfil it are not
// in the result, as far as the text tells without being parsed.
type Condition struct {
	// Where is the number of the WHERE that it stands in. Those of one WHERE must
	// all be fulfilled.
	Where int
	// Table is what stands before the column's dot, folded, such as an alias; or "".
	Table  string
	Column string // folded
	Op     string // =, <, <=, > or >=; BETWEEN is two
	Value  string // text of an expression without comparisons and subqueries
}

// maxConditioned is how long a statement may be that is looked at for conditions,
// and maxNested how deep its parentheses.
const (
	maxConditioned = 64 << 10
	maxNested      = 32
)

// Conditions returns what a query demands of columns in its WHEREs, also in those of
// subqueries that it selects from. What is joined by OR, negated, or in doubt, is
// left out.
func Conditions(statement string) []Condition {
	if len(statement) > maxConditioned {
		return nil
	}
	c := conditions{text: statement}
	for t := range Scan(statement) {
		if t.Kind != Comment {
			c.tokens = append(c.tokens, t)
		}
	}
	for i := range c.tokens {
		switch c.word(i) {
		case "EXCEPT", "INTERSECT":
			return nil // the other half may be what has no rows
		case "LEFT", "RIGHT", "FULL", "OUTER", "ANTI":
			c.outer = true
		}
	}
	c.query(0, len(c.tokens), 0)
	return c.found
}

type conditions struct {
	text   string
	tokens []Token
	outer  bool // something is joined that may lack: then only the outermost WHERE counts
	where  int
	found  []Condition
}

// word is a keyword's or plain name's text in capitals, or "".
func (c *conditions) word(i int) string {
	if i < 0 || i >= len(c.tokens) || c.tokens[i].Kind != Ident || c.tokens[i].End-c.tokens[i].Start > 32 {
		return ""
	}
	return strings.ToUpper(c.tokens[i].Text(c.text))
}

// is reports whether the token is this punctuation.
func (c *conditions) is(i int, punct string) bool {
	return i >= 0 && i < len(c.tokens) && c.tokens[i].Kind == Punct && c.tokens[i].Text(c.text) == punct
}

// closing is where the parenthesis closes that opens at i, or end.
func (c *conditions) closing(i, end int) int {
	depth := 0
	for ; i < end; i++ {
		switch {
		case c.is(i, "("):
			depth++
		case c.is(i, ")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return end
}

// query looks at the tokens of a query, from i up to end.
func (c *conditions) query(i, end, depth int) {
	if depth > maxNested || depth > 0 && c.outer {
		return
	}
	begin, from := i, false
	for i < end {
		before := c.word(i - 1)
		switch word := c.word(i); {
		case c.is(i, "("):
			to := c.closing(i, end)
			if i == begin || before == "AS" || before == "MATERIALIZED" || before == "UNION" || before == "ALL" ||
				from && (before == "FROM" || before == "JOIN" || c.is(i-1, ",")) {
				c.query(i+1, to, depth+1)
			}
			i = to
		case word == "FROM":
			from = true
		case word == "SELECT":
			from = false
		case word == "WHERE":
			to := c.clause(i+1, end)
			c.where++
			c.found = append(c.found, c.all(i+1, to, c.where, depth)...)
			i, from = to-1, false
		}
		i++
	}
}

// clause is where the clause ends that begins at i.
func (c *conditions) clause(i, end int) int {
	for ; i < end; i++ {
		switch c.word(i) {
		case "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "QUALIFY", "WINDOW", "UNION", "RETURNING", "FETCH", "USING", "SELECT":
			return i
		}
		if c.is(i, ";") {
			return i
		}
		if c.is(i, "(") {
			i = c.closing(i, end)
		}
	}
	return end
}

// all returns the conditions of what AND joins.
func (c *conditions) all(i, end, where, depth int) (found []Condition) {
	begin, between, cases := i, 0, 0
	for ; i < end; i++ {
		switch c.word(i) {
		case "CASE":
			cases++
		case "END":
			cases--
		case "BETWEEN":
			between++
		case "OR":
			if cases == 0 {
				return nil
			}
		case "AND":
			if cases == 0 && between == 0 {
				found = append(found, c.one(begin, i, where, depth)...)
				begin = i + 1
			}
			between = max(0, between-1)
		}
		if c.is(i, "(") {
			i = c.closing(i, end)
		}
	}
	return append(found, c.one(begin, end, where, depth)...)
}

// one returns the conditions of what is joined by AND to others.
func (c *conditions) one(i, end, where, depth int) []Condition {
	if i >= end || depth > maxNested {
		return nil
	}
	if c.is(i, "(") && c.closing(i, end) == end-1 {
		return c.all(i+1, end-1, where, depth+1)
	}
	for k := i; k < end; k++ {
		switch before := c.word(k - 1); {
		case c.word(k) == "NOT" || c.word(k) == "CASE":
			return nil
		case c.is(k, "("):
			to := c.closing(k, end)
			if k > i && (before == "IN" || before == "EXISTS") {
				c.query(k+1, to, depth+1)
			}
			k = to
		}
	}
	return c.comparison(i, end, where)
}

// comparison reads [table.]column OP value, or [table.]column BETWEEN value AND value.
func (c *conditions) comparison(i, end, where int) []Condition {
	found := Condition{Where: where}
	for {
		if i >= end || c.tokens[i].Kind != Ident && c.tokens[i].Kind != Quoted {
			return nil
		}
		found.Column = Fold(c.tokens[i].Text(c.text))
		i++
		if !c.is(i, ".") {
			break
		}
		if found.Table != "" {
			return nil // a member of a member
		}
		found.Table = found.Column
		i++
	}
	if i >= end {
		return nil
	}
	if c.word(i) == "BETWEEN" {
		and := i + 1
		for ; and < end && c.word(and) != "AND"; and++ {
			if c.is(and, "(") {
				and = c.closing(and, end)
			}
		}
		low, high := found, found
		low.Op, high.Op = ">=", "<="
		low.Value, high.Value = c.value(i+1, and), c.value(and+1, end)
		return slices.DeleteFunc([]Condition{low, high}, func(c Condition) bool { return c.Value == "" })
	}
	op := c.tokens[i].Text(c.text)
	if op == "==" {
		op = "="
	}
	found.Op, found.Value = op, c.value(i+1, end)
	if !slices.Contains([]string{"=", "<", "<=", ">", ">="}, op) || found.Value == "" {
		return nil
	}
	return []Condition{found}
}

// value is the text of an expression, or "" if it compares, asks or joins.
func (c *conditions) value(i, end int) string {
	if i >= end {
		return ""
	}
	for k := i; k < end; k++ {
		switch t := c.tokens[k]; {
		case t.Open:
			return ""
		case t.Kind == Operator && strings.ContainsAny(t.Text(c.text), "<>=!~"):
			return ""
		}
		switch c.word(k) {
		case "AND", "OR", "IN", "LIKE", "ILIKE", "GLOB", "SIMILAR", "IS", "ISNULL", "NOTNULL", "COLLATE", "SELECT", "FROM", "ANY", "ALL", "SOME", "ESCAPE":
			return ""
		}
	}
	return c.text[c.tokens[i].Start:c.tokens[end-1].End]
}
