package dialect

import "strings"

// Kind says what is to be done with a statement, as far as its first keywords
// tell.
type Kind uint8

const (
	Unknown     Kind = iota // anything not below: SET, ATTACH, PRAGMA, CALL, EXECUTE, a typing error
	Query                   // returns rows and may stand in parentheses: COPY (…), FROM (…)
	Describe                // DESCRIBE, SHOW, SUMMARIZE: rows, through FROM (…) only
	Explain                 // rows, but neither of these ways
	Write                   // changes data, definitions or files
	Transaction             // BEGIN, START, COMMIT, END, ROLLBACK, ABORT
)

// A Class is what Classify found out.
type Class struct {
	Kind Kind
	// Verb is the statement's keywords in capitals, short of its object: SELECT,
	// INSERT, CREATE TABLE, COPY TO, EXPLAIN ANALYZE.
	Verb string
	// Target is the name that a Write is about, folded and without quotes, one
	// element for each part; nil where the statement names none or none simply
	// (COPY of a query). Of CREATE INDEX it is the table.
	Target []string
	// Of is what EXPLAIN explains. EXPLAIN ANALYZE runs it: then Target is set.
	Of Kind
	// Returning says that a Write gives rows back.
	Returning bool
}

// Classify looks at one statement, as Split returns it.
func Classify(statement string) Class {
	c := newCursor(statement)
	if c.keyword("EXPLAIN") {
		return c.explain()
	}
	return c.classify()
}

func (c *cursor) classify() Class {
	for c.punct("(") || c.ctes() {
		// (SELECT …), ((VALUES …)), WITH … SELECT: the next word decides.
	}
	switch verb := c.word(); verb {
	case "SELECT", "VALUES", "FROM", "TABLE", "PIVOT", "PIVOT_WIDER", "PIVOT_LONGER", "UNPIVOT":
		return Class{Kind: Query, Verb: verb}
	case "DESCRIBE", "DESC", "SHOW", "SUMMARIZE":
		return Class{Kind: Describe, Verb: verb}
	case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT":
		return Class{Kind: Transaction, Verb: verb}
	case "INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE":
		return c.change(verb)
	case "CREATE", "DROP", "ALTER", "COMMENT":
		return c.define(verb)
	case "COPY":
		return c.copying()
	case "EXPORT", "IMPORT":
		return Class{Kind: Write, Verb: verb}
	default:
		return Class{Verb: verb}
	}
}

// ctes skips WITH name [(columns)] [USING KEY (…)] AS [[NOT] MATERIALIZED] (…), …
func (c *cursor) ctes() bool {
	if !c.keyword("WITH") {
		return false
	}
	for {
		for c.more() && !c.keyword("AS") {
			if !c.group() {
				c.advance()
			}
		}
		c.keyword("NOT")
		c.keyword("MATERIALIZED")
		c.group()
		if !c.punct(",") {
			return true
		}
	}
}

func (c *cursor) explain() Class {
	verb := "EXPLAIN"
	if c.keyword("ANALYZE") {
		verb += " ANALYZE"
	}
	if c.at("(") { // EXPLAIN (ANALYZE, FORMAT json) …, but also EXPLAIN (SELECT 1)
		c.advance()
		switch c.peek() {
		case "ANALYZE":
			verb = "EXPLAIN ANALYZE"
			c.close()
		case "FORMAT", "VERBOSE":
			if c.close() {
				verb = "EXPLAIN ANALYZE"
			}
		}
	}
	of := c.classify()
	class := Class{Kind: Explain, Verb: verb, Of: of.Kind}
	if verb == "EXPLAIN ANALYZE" {
		class.Target, class.Returning = of.Target, of.Returning
	}
	return class
}

func (c *cursor) change(verb string) Class {
	class := Class{Kind: Write, Verb: verb}
	for c.keyword("OR") || c.keyword("REPLACE") || c.keyword("IGNORE") || c.keyword("INTO") ||
		c.keyword("FROM") || c.keyword("TABLE") || c.keyword("ONLY") {
		// what may stand between the verb and the table
	}
	class.Target = c.name()
	for c.more() {
		if c.group() {
			continue
		}
		if c.keyword("RETURNING") {
			class.Returning = true
			break
		}
		c.advance()
	}
	return class
}

func (c *cursor) define(verb string) Class {
	for {
		switch c.peek() {
		case "OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL", "GLOBAL", "PERSISTENT", "UNIQUE", "RECURSIVE", "ON", "UNLOGGED", "MATERIALIZED":
			c.advance()
			continue
		}
		break
	}
	object := c.word()
	class := Class{Kind: Write, Verb: strings.TrimSpace(verb + " " + object)}
	if object == "MACRO" || object == "FUNCTION" {
		c.keyword("TABLE") // DROP MACRO TABLE x
	}
	if c.keyword("IF") {
		c.keyword("NOT")
		c.keyword("EXISTS")
	}
	if object == "INDEX" && verb == "CREATE" {
		for c.more() && !c.keyword("ON") {
			c.advance()
		}
	}
	class.Target = c.name()
	return class
}

func (c *cursor) copying() Class {
	class := Class{Kind: Write, Verb: "COPY"}
	if !c.group() {
		if class.Target = c.name(); class.Target == nil {
			c.advance()
		}
		c.group() // the columns
	}
	switch c.peek() {
	case "TO", "FROM":
		class.Verb += " " + c.word()
	}
	return class
}

// cursor walks over the tokens of a statement, comments left out, one token
// ahead.
type cursor struct {
	text string
	tok  Token
	ok   bool
	scan lexer
}

func newCursor(text string) *cursor {
	c := &cursor{text: text, scan: lexer{text: text}}
	c.advance()
	return c
}

func (c *cursor) more() bool { return c.ok }

func (c *cursor) advance() {
	for {
		c.tok, c.ok = c.scan.next()
		if !c.ok || c.tok.Kind != Comment {
			return
		}
	}
}

// peek returns the plain word that stands here, in capitals, or "".
func (c *cursor) peek() string {
	// No keyword is longer; a 10 MB identifier is not copied to learn that.
	if !c.ok || c.tok.Kind != Ident || c.tok.End-c.tok.Start > 32 {
		return ""
	}
	return strings.ToUpper(c.tok.Text(c.text))
}

func (c *cursor) word() string {
	w := c.peek()
	if w != "" {
		c.advance()
	}
	return w
}

func (c *cursor) keyword(w string) bool {
	if c.peek() != w {
		return false
	}
	c.advance()
	return true
}

func (c *cursor) at(p string) bool {
	return c.ok && c.tok.Kind == Punct && c.tok.Text(c.text) == p
}

func (c *cursor) punct(p string) bool {
	if !c.at(p) {
		return false
	}
	c.advance()
	return true
}

// group skips a parenthesis with what it holds.
func (c *cursor) group() bool {
	if !c.punct("(") {
		return false
	}
	c.close()
	return true
}

// close skips to the end of the parenthesis that is open here and says whether
// the word ANALYZE occurred on the way.
func (c *cursor) close() (analyze bool) {
	for depth := 1; c.more() && depth > 0; c.advance() {
		switch {
		case c.at("("):
			depth++
		case c.at(")"):
			depth--
		case c.peek() == "ANALYZE":
			analyze = true
		}
	}
	return analyze
}

// name takes a dotted name.
func (c *cursor) name() []string {
	var parts []string
	for c.ok && (c.tok.Kind == Ident || c.tok.Kind == Quoted) {
		parts = append(parts, Fold(c.tok.Text(c.text)))
		c.advance()
		if !c.punct(".") {
			break
		}
	}
	return parts
}

// Explained returns where in an EXPLAIN the statement begins that it explains, in bytes;
// -1 where there are other words before that than ANALYZE and options, each a word or two.
func Explained(statement string) int {
	c := newCursor(statement)
	if !c.keyword("EXPLAIN") {
		return -1
	}
	c.keyword("ANALYZE")
	start := *c
	if c.punct("(") {
		switch c.peek() {
		case "ANALYZE", "FORMAT", "VERBOSE":
		default:
			c = &start // EXPLAIN (SELECT 1)
			return c.tok.Start
		}
		for c.word() != "" || c.punct(",") {
		}
		if !c.punct(")") {
			return -1
		}
	}
	if !c.more() {
		return -1
	}
	return c.tok.Start
}
