package dialect

import (
	"regexp"
	"slices"
)

// renamed are functions that the engine has under another name, with the number of
// arguments with which the two mean the same. Those that are macros too are here for
// what macros cannot take: DISTINCT, FILTER and lambdas.
var renamed = map[string]struct {
	to        string
	arguments int
}{
	"APPROX_DISTINCT":   {"approx_count_distinct", 1},
	"APPROX_PERCENTILE": {"approx_quantile", 2},
	"EVERY":             {"bool_and", 1},
	"FILTER":            {"list_filter", 2},
	"TRANSFORM":         {"list_transform", 2},
}

// call looks at a function and its arguments.
func (r *rewriter) call(i int) {
	name, open := r.word(i), i+1
	end := r.closes[open]
	if end < 0 || r.is(i-1, ".") {
		return
	}
	if name == "CAST" || name == "TRY_CAST" {
		r.scalar(i, end)
	}
	if r.typed(name, open, end) {
		r.put(r.end(i), r.end(i), "_", didFunction)
	}
	if !r.all {
		return
	}
	switch name {
	case "JSON_EXTRACT":
		r.path(end - 1)
	case "IF":
		if r.arguments(open) == 2 {
			r.put(r.begin(end), r.begin(end), ", NULL", didIf)
		}
	case "FILTER":
		if r.word(open+1) == "WHERE" {
			return
		}
	}
	if to, ok := renamed[name]; ok && r.arguments(open) == to.arguments {
		r.put(r.begin(i), r.end(i), to.to, didFunction)
	}
}

// overloaded are functions that are macros by the types of their arguments, which the
// engine does not know of an aggregate: it refuses them, or takes the wrong one. Each
// has another of its name with _ behind it that takes any.
var overloaded = []string{
	"FROM_ISO8601_TIMESTAMP", "TO_ISO8601", "DATE_PARSE", "PARSE_DATETIME", "AT_TIMEZONE", "CARDINALITY",
}

// aggregates are aggregates and window functions that yield what they are given.
var aggregates = []string{
	"MAX", "MIN", "MAX_BY", "MIN_BY", "ARG_MAX", "ARG_MIN", "ANY_VALUE", "ARBITRARY", "FIRST", "LAST", "ARRAY_AGG", "LIST", "SET_AGG",
	"LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE",
}

// typed reports whether a macro's arguments have a type that the engine does not know.
func (r *rewriter) typed(name string, open, end int) bool {
	return slices.Contains(overloaded, name) && r.aggregates[end] > r.aggregates[open]
}

// countAggregates has aggregates count, up to each token, those before it.
func (r *rewriter) countAggregates() {
	r.aggregates = make([]int, len(r.tokens))
	for i, n := 0, 0; i < len(r.tokens); i++ {
		r.aggregates[i] = n
		if r.is(i+1, "(") && slices.Contains(aggregates, r.word(i)) {
			n++
		}
	}
}

var scalarTypes = []string{
	"VARCHAR", "CHAR", "STRING", "TEXT", "BIGINT", "INT", "INTEGER", "SMALLINT", "TINYINT", "DOUBLE", "REAL", "FLOAT",
	"DECIMAL", "NUMERIC", "BOOLEAN", "DATE", "TIMESTAMP", "TIME", "UUID",
}

// scalar rewrites CAST(json_extract(…) AS type).
func (r *rewriter) scalar(i, end int) {
	if r.word(i+2) != "JSON_EXTRACT" || !r.is(i+3, "(") {
		return
	}
	as := r.closes[i+3] + 1
	if as <= 0 || r.word(as) != "AS" || !slices.Contains(scalarTypes, r.word(as+1)) || r.is(end-1, "]") {
		return
	}
	r.put(r.begin(i+2), r.end(i+2), "json_extract_string", didScalar)
}

var bracketMember = regexp.MustCompile(`\[\s*["']([^"'\]]*)["']\s*\]`)

// path rewrites $["a"]['b'], the last argument of a function, to $."a"."b".
func (r *rewriter) path(i int) {
	if r.kind(i) != String || !r.is(i-1, ",") || !r.is(i+1, ")") {
		return
	}
	path, ok := plainString(r.tokens[i].Text(r.text))
	if ok && bracketMember.MatchString(path) {
		r.put(r.begin(i), r.end(i), QuoteString(bracketMember.ReplaceAllString(path, `."$1"`)), didPath)
	}
}
