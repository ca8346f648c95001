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

// macros are all of them. To make each costs a session some tenths of a
// millisecond, so that only those are made that a statement names.
var macros = []macro{
	// Trino writes members as ["a"] or ['a'], where DuckDB wants ."a".
	{name: "json_path_", define: `(p) AS system.main.regexp_replace(p, '\[\s*["'']([^"'']*)["'']\s*\]', '."\1"', 'g')`},
	// Of objects and arrays, and of what is not JSON, there is no scalar.
	{name: "json_extract_scalar", needs: []string{"json_path_"}, define: `(j, p) AS
		CASE WHEN NOT json_valid(j) OR json_type(j, json_path_(p)) IN ('OBJECT', 'ARRAY') THEN NULL
		ELSE json_extract_string(j, json_path_(p)) END`},
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
