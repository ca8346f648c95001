package dialect

import (
	"slices"
	"strings"
)

// table looks at what stands where a table is named, and returns the token to go on
// with, or i.
func (r *rewriter) table(i int) int {
	if next := r.dataStore(i); next > i {
		return next
	}
	if !r.named(i) {
		return i
	}
	last := i
	for r.is(last+1, ".") && r.named(last+2) {
		last += 2
	}
	name := r.fold(last)
	to := r.schema.Tables[name]
	if isUUID(name) {
		to = r.schema.Events
	}
	switch {
	case to == "" || r.is(last+1, "("):
		return i
	case last == i && (name == to || r.ctes[name]):
		return i
	case last > i && r.schema.Databases[r.fold(i)]:
		return i
	}
	text := r.ours(to)
	if name != to && !r.aliased(last+1) {
		text += " AS " + Quote(Unquote(r.tokens[last].Text(r.text)))
	}
	r.put(r.begin(i), r.end(last), text, didTable)
	return last + 1
}

// ours is the table, where the statement has given its name to something else too.
func (r *rewriter) ours(table string) string {
	if r.ctes[table] {
		return "main." + table
	}
	return table
}

// dataStore takes the ID of an event data store, which without quotes is several
// tokens and may even be no token of the grammar.
func (r *rewriter) dataStore(i int) int {
	start := r.begin(i)
	end := r.end(i)
	if r.kind(i) == String {
		if text, ok := plainString(r.text[start:end]); !ok || !isUUID(text) {
			return i
		}
	} else if end = start + uuidLength; end > len(r.text) || !isUUID(r.text[start:end]) {
		return i
	}
	next := i
	for next < len(r.tokens) && r.begin(next) < end {
		next++
	}
	if r.end(next-1) != end || r.schema.Events == "" {
		return i // it goes on
	}
	r.put(start, end, r.ours(r.schema.Events), didTable)
	return next
}

const uuidLength = len("0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f")

func isUUID(s string) bool {
	if len(s) != uuidLength {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !(isDigit(s[i]) || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// afterTable are the words that may come after a table, and are no name for it.
var afterTable = strings.Fields(`WHERE GROUP ORDER HAVING LIMIT OFFSET QUALIFY WINDOW UNION EXCEPT INTERSECT SELECT RETURNING FETCH FOR SET
	JOIN INNER LEFT RIGHT FULL CROSS NATURAL ASOF POSITIONAL SEMI ANTI OUTER ON USING SAMPLE TABLESAMPLE PIVOT UNPIVOT AT VALUES LATERAL`)

// aliased reports whether a name for the table before it stands here.
func (r *rewriter) aliased(i int) bool {
	return r.kind(i) == Quoted || r.kind(i) == Ident && !slices.Contains(afterTable, r.word(i))
}
