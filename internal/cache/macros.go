package cache

import (
	"context"
	"slices"

	"github.com/ctsql/ctsql/internal/dialect"
)

// A macro is a function of Athena's (Trino's) that DuckDB lacks.
type macro struct {
	name   string
	needs  []string // macros before it
	define string   // parameters and body
}

// macros are all of them, what others need before those. To make each costs a session
// some tenths of a millisecond, so that only those are made that a statement names.
//
// Where Trino and DuckDB have a function of the same name that they mean differently,
// it is Trino's. A macro takes the place of the engine's own function also within
// macros, which therefore call that as system.main.NAME.
var macros = slices.Concat(jsonMacros, formatMacros, timeMacros, textMacros, listMacros)

var jsonMacros = []macro{
	// Trino writes members as ["a"] or ['a'], where DuckDB wants ."a".
	{name: "json_path_", define: `(p) AS system.main.regexp_replace(p, '\[\s*["'']([^"'']*)["'']\s*\]', '."\1"', 'g')`},
	// Of objects and arrays, and of what is not JSON, there is no scalar.
	{name: "json_extract_scalar", needs: []string{"json_path_"}, define: `(j, p) AS
		CASE WHEN NOT json_valid(j) OR json_type(j, json_path_(p)) IN ('OBJECT', 'ARRAY') THEN NULL
		ELSE json_extract_string(j, json_path_(p)) END`},
	{name: "json_parse", define: `(s) AS CAST(s AS JSON)`},
	{name: "json_format", define: `(j) AS CAST(j AS VARCHAR)`},
	// From 0, from the end where negative.
	{name: "json_array_get", define: `(j, i) AS json_extract(j, '$[' || CASE WHEN i < 0 THEN '#' ELSE '' END || i || ']')`},
	{name: "json_array_contains", define: `(j, v) AS CASE WHEN json_valid(j) AND json_type(j) = 'ARRAY'
		THEN json_contains(j, to_json(v)) END`},
	// How many members or elements; of a scalar, 0.
	{name: "json_size", needs: []string{"json_path_"}, define: `(j, p) AS CASE json_type(j, json_path_(p))
		WHEN 'OBJECT' THEN len(json_keys(j, json_path_(p)))
		WHEN 'ARRAY' THEN json_array_length(j, json_path_(p))
		ELSE CASE WHEN json_exists(j, json_path_(p)) THEN 0 END END`},
}

var timeMacros = []macro{
	// A timestamp stays as it is, so that a comparison of it with a column can skip
	// blocks of the table. A text's offset counts, which a cast would drop.
	{name: "from_iso8601_timestamp", define: `(t TIMESTAMP) AS t, (t TIMESTAMPTZ) AS CAST(t AS TIMESTAMP),
		(t) AS CAST(CAST(t AS TIMESTAMPTZ) AS TIMESTAMP)`},
	// Those with _ are for aggregates, whose type macros do not see: dialect.Rewrite.
	{name: "from_iso8601_timestamp_", define: `(t) AS CAST(CAST(t AS TIMESTAMPTZ) AS TIMESTAMP)`},
	{name: "to_iso8601_", define: `(t) AS strftime(t, '%Y-%m-%dT%H:%M:%SZ')`},
	{name: "at_timezone_", define: `(t, z) AS timezone(z, CAST(t AS TIMESTAMPTZ))`},
	{name: "from_iso8601_date", define: `(t) AS CAST(t AS DATE)`},
	{name: "to_iso8601", define: `(t DATE) AS strftime(t, '%Y-%m-%d'), (t) AS strftime(t, '%Y-%m-%dT%H:%M:%SZ')`},
	{name: "from_unixtime", define: `(s) AS CAST(to_timestamp(s) AS TIMESTAMP)`},
	{name: "to_unixtime", define: `(t) AS epoch(t)`},
	// Trino counts whole units, DuckDB the boundaries between.
	{name: "date_diff", define: `(u, a, b) AS system.main.date_sub(u, CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP))`},
	{name: "date_add", define: `(u, n, t) AS t + CASE lower(u)
		WHEN 'millisecond' THEN to_milliseconds(n) WHEN 'second' THEN to_seconds(n) WHEN 'minute' THEN to_minutes(n)
		WHEN 'hour' THEN to_hours(n) WHEN 'day' THEN to_days(n) WHEN 'week' THEN to_weeks(n) WHEN 'month' THEN to_months(n)
		WHEN 'quarter' THEN to_months(3 * n) WHEN 'year' THEN to_years(n)
		ELSE error('date_add: ' || u || ' is no unit: millisecond, second, minute, hour, day, week, month, quarter or year') END,
		(t, i) AS system.main.date_add(t, i)`},
	{name: "at_timezone", define: `(t TIMESTAMP, z) AS timezone(z, timezone('UTC', t)), (t, z) AS timezone(z, t)`},
	{name: "day_of_week", define: `(t) AS isodow(t)`}, // Monday is 1
	{name: "day_of_month", define: `(t) AS day(t)`},
	{name: "day_of_year", define: `(t) AS dayofyear(t)`},
	{name: "week_of_year", define: `(t) AS week(t)`},
}

var textMacros = []macro{
	{name: "regexp_like", define: `(s, p) AS regexp_matches(s, p)`},
	// NULL, and not an empty text, where nothing matches.
	{name: "regexp_extract", define: `(s, p) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p) END,
		(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p, g) END`},
	// All that match, and not the first only; groups are $1, and not \1. With options it
	// is the engine's own, which wants them written out.
	{name: "regexp_replace", define: `(s, p) AS system.main.regexp_replace(s, p, '', 'g'),
		(s, p, r) AS system.main.regexp_replace(s, p, system.main.regexp_replace(r, '\$(\d)', '\\\1', 'g'), 'g'),
		(s, p, r, o) AS CASE o WHEN 'g' THEN system.main.regexp_replace(s, p, r, 'g') WHEN '' THEN system.main.regexp_replace(s, p, r, '')
			WHEN 'i' THEN system.main.regexp_replace(s, p, r, 'i') WHEN 'gi' THEN system.main.regexp_replace(s, p, r, 'gi')
			WHEN 'ig' THEN system.main.regexp_replace(s, p, r, 'gi')
			ELSE error('regexp_replace: options are g, i, gi or none; ' || o || ' is not: system.main.regexp_replace has more') END`},
	{name: "replace", define: `(s, a) AS system.main.replace(s, a, ''), (s, a, b) AS system.main.replace(s, a, b)`},
	{name: "to_utf8", define: `(s) AS encode(s)`},
	{name: "from_utf8", define: `(b) AS decode(b)`},
	{name: "levenshtein_distance", define: `(a, b) AS levenshtein(a, b)`},
	{name: "url_extract_host", define: `(u) AS nullif(system.main.regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]*)', 1), '')`},
	{name: "url_extract_path", define: `(u) AS system.main.regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*([^?#]*)', 1)`},
}

var listMacros = []macro{
	// Of a list by place from 1, or from the end; of a map, or of an object in JSON, by key.
	{name: "element_at", define: `(a MAP(VARCHAR, VARCHAR), k VARCHAR) AS map_extract_value(a, k),
		(a, k VARCHAR) AS json_extract_string(a, '$."' || k || '"'),
		(a, k BIGINT) AS list_extract(a, k)`},
	{name: "cardinality", define: `(a MAP(VARCHAR, VARCHAR)) AS system.main.cardinality(a), (a) AS CAST(len(a) AS BIGINT)`},
	{name: "cardinality_", define: `(a) AS CAST(len(a) AS BIGINT)`},
	// NULLs are left out, or replaced.
	{name: "array_join", define: `(a, d) AS array_to_string(a, d),
		(a, d, n) AS array_to_string([coalesce(CAST(x AS VARCHAR), n) FOR x IN a], d)`},
	{name: "arrays_overlap", define: `(a, b) AS list_has_any(a, b)`},
	{name: "sequence", define: `(a, b) AS generate_series(a, b), (a, b, s) AS generate_series(a, b, s)`},
	// With a standard error, which the engine's has not to choose.
	{name: "approx_distinct", define: `(x) AS approx_count_distinct(x), (x, e) AS approx_count_distinct(x)`},
	{name: "map_agg", define: `(k, v) AS map(list(k), list(v))`},
}

// makeMacros makes those that the statement names. One of a person's own by the
// same name stays. It must not run within a person's transaction, which may write
// to one database only; so BEGIN makes all.
func (s *Session) makeMacros(ctx context.Context, names map[string]bool, class dialect.Class) error {
	all := begins(class) || names["mine"] || names["query"] || names["query_table"] // those may hold more SQL
	wanted := map[string]bool{}
	for _, m := range slices.Backward(macros) {
		own := slices.Contains(class.Target, m.name) // CREATE MACRO, DROP MACRO
		if own || !all && !names[m.name] && !wanted[m.name] {
			continue
		}
		wanted[m.name] = true
		for _, other := range m.needs {
			wanted[other] = true
		}
	}
	for _, m := range macros {
		if !wanted[m.name] {
			continue
		}
		if err := s.conn.Exec(ctx, "CREATE MACRO IF NOT EXISTS "+m.name+m.define); err != nil {
			return err
		}
	}
	return nil
}
