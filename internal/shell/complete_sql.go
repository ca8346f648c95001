package shell

import (
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// candidates are what the word at the cursor may become.
func (s *statement) candidates() []Candidate {
	o := newOffers(s.word)
	last := s.before(1)
	switch {
	case s.kind == literal || s.kind == escape:
		return s.literals()
	case s.kind == number:
		s.numbers(o)
	case last.is("."):
		s.members(o)
	case s.wantsTable():
		s.offerTables(o)
	case s.kind == quoted:
		s.offerColumns(o, s.here)
	case s.at == 0:
		s.offerKeywords(o, starts...)
	case last.up == "AS":
		if s.tokens[0].up == "CREATE" {
			s.offerKeywords(o, queryStarts...)
		} // else a new name comes
	case after[last.up] != nil:
		if expectsOperand(last) && last.up != "IS" {
			s.offerOperands(o)
		}
		s.offerKeywords(o, after[last.up]...)
	case expectsOperand(last) && !s.endsStar() || last.up == "FROM": // IS DISTINCT FROM, extract(year FROM
		s.numbers(o)
		s.offerOperands(o)
	default:
		s.offerKeywords(o, continues[s.clause()]...)
	}
	return o.all()
}

// expectsOperand says that behind the token there is a value still to come.
func expectsOperand(t token) bool {
	switch t.kind {
	case dialect.Operator:
		return true
	case dialect.Punct:
		return t.text == "(" || t.text == "[" || t.text == "," || t.text == "{"
	}
	return t.kind == dialect.Ident && operandBehind[t.up]
}

var operandBehind = wordSet(`SELECT DISTINCT ALL WHERE AND OR NOT ON HAVING BY WHEN THEN ELSE CASE IN LIKE ILIKE BETWEEN
	LIMIT OFFSET QUALIFY RETURNING SET USING VALUES IS SIMILAR GLOB EXPLAIN ANALYZE`)

func wordSet(text string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		all[word] = true
	}
	return all
}

// endsStar says that the token before the cursor is a * that is a list of columns.
func (s *statement) endsStar() bool {
	if !s.before(1).is("*") {
		return false
	}
	t := s.before(2)
	return t.is("(") || t.is(",") || t.is(".") || t.up == "SELECT" || t.up == "DISTINCT" || t.up == "RETURNING"
}

// What keywords may follow. Some phrases are offered whole: they are typed so.
var (
	starts = phrases("select", "from", "with", "describe", "summarize", "show", "explain", "explain analyze", "create", "drop",
		"insert into", "update", "delete from", "alter table", "copy", "set", "reset", "begin", "commit", "rollback", "pivot", "unpivot",
		"values", "attach", "detach", "use", "pragma", "call", "checkpoint")
	queryStarts = phrases("select", "from", "with", "values")

	// after are those that follow one keyword.
	after = map[string][]string{
		"SELECT":    phrases("distinct", "case", "cast(", "not", "exists", "null", "interval"),
		"EXPLAIN":   phrases("analyze", "select", "from", "with"),
		"ANALYZE":   phrases("select", "from", "with"),
		"CREATE":    phrases("table", "view", "macro", "or replace", "temp table", "temp view", "schema", "type", "index"),
		"REPLACE":   phrases("table", "view", "macro", "temp table", "temp view"),
		"DROP":      phrases("table", "view", "macro", "schema", "index", "type"),
		"INSERT":    phrases("into", "or replace into"),
		"DELETE":    phrases("from"),
		"GROUP":     phrases("by"),
		"ORDER":     phrases("by"),
		"BY":        phrases("all", "case", "not"),
		"LEFT":      phrases("join"),
		"RIGHT":     phrases("join"),
		"FULL":      phrases("join"),
		"INNER":     phrases("join"),
		"CROSS":     phrases("join"),
		"ASOF":      phrases("join"),
		"SEMI":      phrases("join"),
		"ANTI":      phrases("join"),
		"NATURAL":   phrases("join"),
		"UNION":     phrases("all", "select", "from", "by name"),
		"EXCEPT":    phrases("select", "from", "all"),
		"INTERSECT": phrases("select", "from", "all"),
		"IS":        phrases("null", "not null", "true", "false", "distinct from", "not distinct from"),
		"NOT":       phrases("in", "like", "ilike", "null", "between", "exists"),
		"NULLS":     phrases("first", "last"),
		"OVER":      phrases("("),
		"WITH":      phrases("recursive"),
		"SHOW":      phrases("tables", "all tables"),
	}

	operators = []string{"and", "or", "in", "not in", "like", "ilike", "not like", "between", "is null", "is not null"}
	tails     = []string{"group by", "having", "order by", "limit", "offset", "qualify", "union all", "union", "except", "intersect"}
	joins     = []string{"join", "left join", "right join", "full join", "inner join", "cross join", "asof join", "semi join", "anti join", "natural join"}

	// continues are those that follow a complete value or name in a clause.
	continues = map[string][]string{
		"":       phrases("as", "from", "where", "select", "values", "set", "(", "to"),
		"SELECT": join("from", "as", "where", operators, "over", "filter", "end", "when", "then", "else", tails),
		"FROM":   join("where", joins, "on", "using", "as", tails, "select", "set", "tablesample"),
		"WHERE":  join(operators, "group by", "order by", "limit", "having", "end", "when", "then", "else", tails, "select", "returning"),
		"ON":     join(operators, "where", joins, tails, "select"),
		"GROUP":  join("having", "order by", "limit", tails, "select"),
		"HAVING": join(operators, "order by", "limit", tails, "select"),
		"ORDER":  join("asc", "desc", "nulls first", "nulls last", "limit", "offset", "rows between", "range between"),
		"LIMIT":  phrases("offset", "union all", "union"),
		"(":      join(operators, "as", "from", "order by", "filter", "when", "then", "else", "end", "partition by", "rows between"),
	}
)

func phrases(all ...string) []string { return all }

// join puts phrases and lists of them behind each other.
func join(parts ...any) (all []string) {
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			all = append(all, part)
		case []string:
			all = append(all, part...)
		}
	}
	return all
}

// clause is the keyword that begins the clause that the cursor is in; "(" within
// brackets that are no query's.
func (s *statement) clause() string {
	for i := s.at - 1; i >= s.here.start; i-- {
		t := s.tokens[i]
		switch {
		case (t.is(")") || t.is("]") || t.is("}")) && s.match[i] > 0:
			i = s.match[i]
		case t.is("(") || t.is("[") || t.is("{"):
			return "("
		case t.up == "FROM" && i > 0 && s.tokens[i-1].up == "DISTINCT":
		case t.up == "JOIN", t.up == "USING", t.up == "INTO", t.up == "UPDATE":
			return "FROM"
		case t.up == "SET":
			return "WHERE"
		case t.up == "QUALIFY":
			return "HAVING"
		case t.up == "OFFSET":
			return "LIMIT"
		case continues[t.up] != nil && t.kind == dialect.Ident:
			return t.up
		}
	}
	return ""
}

// wantsTable says that the word is to name what is read from, or written to.
func (s *statement) wantsTable() bool {
	t := s.before(1)
	switch {
	case t.up == "FROM":
		return s.before(2).up != "DISTINCT" && !s.insideCall()
	case beforeTable[t.up]:
		return true
	case t.up == "TABLE" || t.up == "VIEW":
		return s.tokens[0].up == "DROP" || s.tokens[0].up == "ALTER"
	case t.is(","):
		return s.clause() == "FROM"
	case t.is("("):
		return s.before(2).up == "FROM" || s.before(2).up == "JOIN"
	}
	return false
}

// insideCall says that the cursor is in the brackets of a function in which FROM
// means something else.
func (s *statement) insideCall() bool {
	for i := s.at - 1; i > s.here.start; i-- {
		switch t := s.tokens[i]; {
		case t.is(")") && s.match[i] > 0:
			i = s.match[i]
		case t.is("("):
			switch s.tokens[i-1].up {
			case "EXTRACT", "TRIM", "SUBSTRING", "OVERLAY":
				return true
			}
			return false
		}
	}
	return false
}

// offerTables offers what FROM may name.
func (s *statement) offerTables(o *offers) {
	for _, c := range s.ctes {
		o.offer(c.name, Candidate{Text: s.name(c.name)})
	}
	for _, r := range s.relations() {
		text := s.name(r.name)
		if r.qualifier != "" {
			if s.kind == quoted {
				continue
			}
			text = identifier(r.qualifier) + "." + text
			o.offer(r.qualifier+"."+r.name, Candidate{Text: text})
		}
		o.offer(r.name, Candidate{Text: text})
	}
	last := s.before(1)
	if s.kind == quoted || beforeTable[last.up] && last.up != "FROM" && last.up != "JOIN" {
		return
	}
	if last.is("(") {
		s.offerKeywords(o, queryStarts...)
	}
	for _, f := range s.known.functions(s.patience) {
		if f.table && (s.word != "" || ownFunctions[f.name] != "") {
			s.offerFunction(o, f)
		}
	}
	o.offer("unnest", s.call("unnest", "list"))
}

// name is a name as it is to stand at the cursor, behind a " that is typed already,
// if so.
func (s *statement) name(name string) string {
	if s.kind != quoted {
		return identifier(name)
	}
	text := dialect.Quote(name)[1:]
	if s.closed('"') {
		return text[:len(text)-1]
	}
	return text
}

// offerKeywords offers keywords in the case that the person writes them in.
func (s *statement) offerKeywords(o *offers, all ...string) {
	capitals := s.inCapitals()
	for _, word := range all {
		if !hasPrefixFold(word, s.word) {
			continue // nobody looks for a keyword by its middle
		}
		text := word
		if capitals {
			text = strings.ToUpper(word)
		}
		o.offer(word, Candidate{Text: text})
	}
}

// inCapitals says that the word is typed in capitals; that of the statement's first
// where there is none.
func (s *statement) inCapitals() bool {
	word := s.word
	if word == "" && len(s.tokens) > 0 {
		word = s.tokens[0].text
	}
	return word != strings.ToLower(word) && word == strings.ToUpper(word)
}

// members offers what may stand behind a dot: columns of a source, members of a
// column, tables of a schema.
func (s *statement) members(o *offers) {
	path, start := s.pathBack(s.at - 1)
	if len(path) == 0 {
		return
	}
	var t token
	if start > 0 {
		t = s.tokens[start-1]
	}
	if beforeTable[t.up] || t.is(",") && s.clause() == "FROM" {
		for _, r := range s.relations() {
			if r.within([]string{path[0].name}) {
				o.offer(r.name, Candidate{Text: s.name(r.name)})
			}
		}
		return
	}
	for at := s.here; at != nil && len(path) == 1; at = at.outer {
		for _, src := range at.sources {
			if name, columns := s.columnsOf(at, src); strings.EqualFold(name, path[0].name) {
				s.offerNames(o, columns)
				return
			}
		}
	}
	if k, ok := s.resolve(s.here, path); ok && k.typ != nil {
		s.offerNames(o, k.typ.members)
	}
}

// offerNames offers columns or members.
func (s *statement) offerNames(o *offers, columns []column) {
	for _, k := range columns {
		o.offer(k.name, Candidate{Text: s.name(k.name)})
	}
}

// offerColumns offers the columns that a block sees.
func (s *statement) offerColumns(o *offers, b *block) {
	if !s.reads(b) {
		for _, columns := range s.anyLog() {
			s.offerNames(o, columns)
		}
		return
	}
	for ; b != nil; b = b.outer {
		for _, src := range b.sources {
			_, columns := s.columnsOf(b, src)
			s.offerNames(o, columns)
		}
	}
}

// offerOperands offers what may be a value.
func (s *statement) offerOperands(o *offers) {
	s.offerColumns(o, s.here)
	if s.clause() != "SELECT" {
		s.offerNames(o, s.resultOf(s.here)) // those that AS names
	}
	for b := s.here; b != nil; b = b.outer {
		for _, src := range b.sources {
			if name, _ := s.columnsOf(b, src); name != "" {
				o.offer(name, Candidate{Text: s.name(name), Show: identifier(name)})
			}
		}
	}
	if s.before(1).is("(") && (s.before(2).up == "IN" || s.before(2).up == "EXISTS" || s.before(2).up == "AS" || s.before(2).kind != dialect.Ident) {
		s.offerKeywords(o, queryStarts...)
	}
	if s.word == "" {
		return // of functions there are hundreds
	}
	s.offerKeywords(o, "case", "not", "exists", "null", "true", "false", "interval", "cast(", "try_cast(", "distinct", "select", "end")
	for _, f := range s.known.functions(s.patience) {
		if !f.table {
			s.offerFunction(o, f)
		}
	}
}

func (s *statement) offerFunction(o *offers, f function) { o.offer(f.name, s.call(f.name, f.args)) }

// call is a candidate that calls a function.
func (s *statement) call(name, args string) Candidate {
	if s.inCapitals() && s.word != "" {
		name = strings.ToUpper(name)
	}
	c := Candidate{Text: name + "(", Show: name + "(" + args + ")"}
	switch {
	case strings.HasPrefix(s.rest, "("):
		c.Text = name
	case args == "":
		c.Text = c.Show
	}
	return c
}
