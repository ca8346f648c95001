package dialect

import (
	"slices"
	"strconv"
	"strings"
)

// member rewrites column.a['b'][1] to what takes it out of the column's JSON.
func (r *rewriter) member(i, column int) {
	var path strings.Builder
	path.WriteString("$")
	last, name := column, ""
	for {
		part, next := r.step(last + 1)
		if part == "" || part[0] == '[' && last == column { // a character of the text
			break
		}
		if part[0] == '.' {
			name = part[2 : len(part)-1]
		}
		path.WriteString(part)
		last = next
	}
	if last == column {
		return
	}
	r.put(r.begin(i), r.begin(i), "(", didMember)
	text := " ->> " + QuoteString(path.String()) + ")"
	if r.wholeItem(i, last) {
		text += " AS " + Quote(name)
	}
	r.put(r.end(column), r.end(last), text, didMember)
}

// step is one step of a JSON path, as the engine writes it, and its last token; ""
// is none. Trino counts elements from 1.
func (r *rewriter) step(i int) (part string, last int) {
	switch {
	case r.is(i, ".") && r.named(i+1) && !r.is(i+2, "("):
		return pathMember(Unquote(r.tokens[i+1].Text(r.text))), i + 1
	case !r.is(i, "[") || !r.is(i+2, "]"):
		return "", i
	case r.kind(i+1) == String:
		text, ok := plainString(r.tokens[i+1].Text(r.text))
		if !ok {
			return "", i
		}
		return pathMember(text), i + 2
	case r.kind(i+1) == Number:
		n, err := strconv.Atoi(r.tokens[i+1].Text(r.text))
		if err != nil || n < 1 {
			return "", i
		}
		return "[" + strconv.Itoa(n-1) + "]", i + 2
	}
	return "", i
}

// pathMember is the step to a member, "" where a path cannot have it.
func pathMember(name string) string {
	if name == "" || len(name) > maxWord || strings.ContainsAny(name, "\"\\\x00") {
		return ""
	}
	return `."` + name + `"`
}

// plainString is what a string literal without a letter or dollars before it holds.
func plainString(literal string) (string, bool) {
	if len(literal) < 2 || literal[0] != '\'' || literal[len(literal)-1] != '\'' {
		return "", false
	}
	return strings.ReplaceAll(literal[1:len(literal)-1], "''", "'"), true
}

// endsItem are the words that may come after the last column of a SELECT.
var endsItem = []string{"FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "QUALIFY", "UNION", "EXCEPT", "INTERSECT"}

// wholeItem reports whether the tokens up to last are all that a SELECT has between
// two commas: such a column is called by the member's name.
func (r *rewriter) wholeItem(i, last int) bool {
	if p := r.places[i]; !p.direct || p.clause != selectClause {
		return false
	}
	before, after := r.word(i-1), r.word(last+1)
	return (before == "SELECT" || before == "DISTINCT" || before == "ALL" || r.is(i-1, ",")) &&
		(last+1 == len(r.tokens) || r.is(last+1, ",") || r.is(last+1, ")") || r.is(last+1, ";") || slices.Contains(endsItem, after))
}

// textFunctions are functions whose first argument is a text.
var textFunctions = []string{
	"SUBSTR", "SUBSTRING", "SPLIT", "SPLIT_PART", "STRPOS", "REPLACE", "LENGTH", "LOWER", "UPPER", "TRIM", "LTRIM", "RTRIM", "REVERSE",
	"STARTS_WITH", "LPAD", "RPAD", "LEFT", "RIGHT", "REGEXP_LIKE", "REGEXP_EXTRACT", "REGEXP_EXTRACT_ALL", "REGEXP_REPLACE", "REGEXP_SPLIT",
}

// timeText writes a time as the log does where it is taken for a text.
func (r *rewriter) timeText(i, column int) {
	next := column + 1
	if r.word(next) == "NOT" {
		next++
	}
	called := r.is(i-1, "(") && !r.is(i-3, ".")
	switch {
	case called && (r.word(i-2) == "CAST" || r.word(i-2) == "TRY_CAST") && r.word(column+1) == "AS":
		r.castTime(i, column)
	case !r.all:
	case r.word(next) == "LIKE" || r.word(next) == "ILIKE",
		called && slices.Contains(textFunctions, r.word(i-2)) && (r.is(column+1, ",") || r.is(column+1, ")") || r.word(column+1) == "FROM"):
		r.put(r.begin(i), r.begin(i), "to_iso8601(", didTime)
		r.put(r.end(column), r.end(column), ")", didTime)
	}
}

var textTypes = []string{"VARCHAR", "CHAR", "STRING", "TEXT"}

// castTime rewrites CAST(eventTime AS VARCHAR), and as VARCHAR(10), which cuts it.
func (r *rewriter) castTime(i, column int) {
	end := r.closes[i-1]
	if !slices.Contains(textTypes, r.word(column+2)) {
		return
	}
	switch {
	case end == column+3:
		r.put(r.begin(i-2), r.begin(i), "to_iso8601(", didTime)
		r.put(r.end(column), r.end(end), ")", didTime)
	case end == column+6 && r.is(column+3, "(") && r.kind(column+4) == Number:
		r.put(r.begin(i-2), r.begin(i), "left(to_iso8601(", didTime)
		r.put(r.end(column), r.end(end), "), "+r.tokens[column+4].Text(r.text)+")", didTime)
	}
}

// beforeDash are the words after which a comparison begins.
var beforeDash = []string{"WHERE", "AND", "OR", "NOT", "ON", "WHEN", "HAVING", "QUALIFY", "SELECT", "THEN", "ELSE"}

// dash rewrites field = '-' of an access log, in which such a field is NULL.
func (r *rewriter) dash(i, column int) {
	op := column + 1
	if r.kind(op) != Operator || r.kind(op+1) != String || r.tokens[op+1].Text(r.text) != "'-'" ||
		r.kind(op+2) == Operator || r.is(op+2, ".") || r.is(op+2, "[") {
		return
	}
	if i > 0 && !r.is(i-1, "(") && !r.is(i-1, ",") && !slices.Contains(beforeDash, r.word(i-1)) {
		return
	}
	is := ""
	switch {
	case r.is(op, "="):
		is = " IS NULL"
	case r.is(op, "<>"), r.is(op, "!="):
		is = " IS NOT NULL"
	default:
		return
	}
	if op+2 < len(r.tokens) && r.begin(op+2) == r.end(op+1) {
		is += " "
	}
	r.put(r.end(column), r.end(op+1), is, didDash)
}
