package dialect

// A Schema is what Rewrite knows of tables. Names are folded.
type Schema struct {
	// Tables are the names that mean a table of ours, its own included.
	Tables map[string]string
	// Events is the table that the ID of an event data store means.
	Events string
	// Databases are the databases and schemas that there are: a table of theirs is
	// left alone.
	Databases map[string]bool
	// JSON are columns that hold JSON as text.
	JSON map[string]bool
	// Times are columns that are timestamps here, and in Athena texts such as
	// 2025-07-01T12:00:00Z.
	Times map[string]bool
	// Dashes are columns of the table Logged in which a field that is logged as -
	// is NULL.
	Dashes map[string]bool
	Logged string
}

// Rewrite puts a statement that was written for Athena, Trino or CloudTrail Lake into
// the engine's words. Strings, comments and whatever it does not know stay as they are.
//
// Some of it is done to every statement: what the engine would run as it was typed,
// and answer with something else than was meant. That is
//
//   - CAST(json_extract(x, path) AS VARCHAR), or another scalar type, with the text of
//     a string and not its JSON, which is in quotes;
//   - CAST(eventTime AS VARCHAR) as the log has the time, with T and Z;
//   - field = '-' of an access log as IS NULL, and <> as IS NOT NULL;
//   - a function that is several macros by type, of an aggregate, whose type macros do
//     not see.
//
// The :: of the engine's own dialect is never touched. The rest is done with all, which
// is for a statement that the engine refuses as it is:
//
//   - column.member and column['member'] of a column that holds JSON;
//   - FROM db.table of a database that is not there, an alias of a table, and the ID of
//     an event data store;
//   - eventTime before LIKE, or as the text that a function of texts is given;
//   - a path with ["member"] in json_extract; IF without its last argument;
//   - functions that have another name here; names in backquotes.
//
// A column that the statement itself defines under such a name, in another query of
// it than the one that asks, is not taken for the table's.
func Rewrite(statement string, s Schema, all bool) Rewritten {
	r := rewriter{outline: newOutline(statement), schema: s, all: all, done: map[string]bool{}}
	for i := range r.tokens {
		r.logged = r.logged || r.named(i) && s.Logged != "" && s.Tables[r.fold(i)] == s.Logged
	}
	r.countAggregates()
	for i := 0; i < len(r.tokens); {
		i = r.at(i)
	}
	out := Replace(statement, r.edits)
	out.Did = r.did
	return out
}

// What is done, in the words that a person is told.
const (
	didMember   = "members of JSON"
	didTable    = "table names"
	didScalar   = "json_extract as text"
	didTime     = "eventTime as text"
	didFunction = "names of functions"
	didDash     = "'-' as NULL"
	didQuotes   = "backquotes"
	didPath     = "JSON paths"
	didIf       = "IF without ELSE"
)

type rewriter struct {
	*outline
	schema Schema
	all    bool
	logged bool // the statement names the access log's table

	aggregates []int // how many there are before a token

	edits []Edit
	did   []string
	done  map[string]bool
}

// put replaces the bytes from start to end.
func (r *rewriter) put(start, end int, text, did string) {
	r.edits = append(r.edits, Edit{start, end, text})
	if !r.done[did] {
		r.done[did] = true
		r.did = append(r.did, did)
	}
}

func (r *rewriter) begin(i int) int { return r.tokens[i].Start }
func (r *rewriter) end(i int) int   { return r.tokens[i].End }

// at looks at what begins at token i, and returns the token to go on with.
func (r *rewriter) at(i int) int {
	if r.all && r.places[i].table {
		if next := r.table(i); next > i {
			return next
		}
	}
	if !r.named(i) {
		return i + 1
	}
	if r.is(i+1, "(") {
		r.call(i)
	}
	if !r.is(i-1, ".") && r.word(i-1) != "AS" && !r.is(i+1, "(") {
		r.reference(i) // first: it may put something before the name
	}
	if r.all && r.text[r.begin(i)] == '`' {
		r.put(r.begin(i), r.end(i), Quote(Unquote(r.tokens[i].Text(r.text))), didQuotes)
	}
	return i + 1
}

// reference looks at [alias.]column, and what comes after it.
func (r *rewriter) reference(i int) {
	column := i
	for {
		name := r.fold(column)
		known := r.schema.JSON[name] || r.schema.Times[name] || r.logged && r.schema.Dashes[name]
		if known && !r.isOwn(name, column) {
			break
		}
		if column > i || !r.is(i+1, ".") || !r.named(i+2) {
			return
		}
		column = i + 2
	}
	switch name := r.fold(column); {
	case r.schema.JSON[name]:
		if r.all {
			r.member(i, column)
		}
	case r.is(column+1, ".") || r.is(column+1, "["):
	case r.schema.Times[name]:
		r.timeText(i, column)
	default:
		r.dash(i, column)
	}
}
