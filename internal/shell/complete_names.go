package shell

import (
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
)

// tablesQuestion asks for tables and views with their columns. Those of the attached
// cache have views of the same names.
var tablesQuestion = question{
	name: "tables",
	sql: `SELECT CASE WHEN database_name NOT IN ('memory', 'temp', current_database()) THEN database_name
		WHEN schema_name <> 'main' THEN schema_name ELSE '' END, table_name, column_name, data_type
		FROM duckdb_columns() WHERE NOT internal AND database_name NOT IN ('cache', 'mine')
		ORDER BY database_name, schema_name, table_name, column_index LIMIT 10000`,
	read: readRelations,
}

// mineQuestion asks for a person's own tables, which may have to be waited for. The
// alias has their file attached.
var mineQuestion = question{
	name: "tables of mine",
	sql: `SELECT 'mine', table_name, column_name, data_type
		FROM duckdb_columns() AS mine WHERE database_name = 'mine' AND schema_name = 'main' AND NOT internal
		ORDER BY table_name, column_index LIMIT 10000`,
	read: readRelations,
}

// logTables are those whose columns are known by what they hold.
var logTables = []string{"cloudtrail", "s3logs"}

// readRelations reads the answer to both.
func readRelations(rows [][]string) any {
	var all []relation
	for _, row := range rows {
		if row[1] == "_" && row[0] == "" {
			continue // known better
		}
		last := len(all) - 1
		if last < 0 || all[last].qualifier != row[0] || all[last].name != row[1] {
			all = append(all, relation{qualifier: row[0], name: row[1]})
			last++
		}
		k := column{name: row[2], typ: parseType(row[3])}
		if row[0] == "" && slices.Contains(logTables, row[1]) {
			k.of, k.path = row[1], row[2]
		}
		all[last].columns = append(all[last].columns, k)
	}
	return all
}

// relations are all that FROM may name, but for those of the statement.
func (c *Completer) relations(patience *time.Timer) []relation {
	tables, _ := c.lists.get(tablesQuestion, patience).([]relation)
	own, _ := c.lists.get(mineQuestion, patience).([]relation)
	all := slices.Concat(tables, own)
	if last := c.lists.last(); last != nil {
		all = append(all, *last)
	}
	return all
}

// A function is one by its name, or several.
type function struct {
	name  string
	args  string // of one of them
	table bool   // it stands in FROM
}

// functionsQuestion asks for the functions that a person may call, and for their
// arguments. Of those that have one name, the one with the best names of arguments,
// and of these with the fewest, is shown.
var functionsQuestion = question{
	name: "functions",
	sql: `SELECT function_name, function_type,
		array_to_string(list_transform(list_zip(parameters, parameter_types),
			lambda p: CASE WHEN regexp_matches(p[1], '^col[0-9]+$') THEN lower(coalesce(p[2], 'any')) ELSE p[1] END), ', ')
			|| CASE WHEN varargs IS NULL THEN '' ELSE ', …' END
		FROM duckdb_functions()
		WHERE function_type <> 'pragma' AND regexp_matches(function_name, '^[A-Za-z][A-Za-z0-9_]*$')
		AND NOT regexp_matches(function_name, '^(ctsql_|icu_collate_|pg_|test_|has_.*_privilege$)')
		AND schema_name = 'main'
		QUALIFY row_number() OVER (PARTITION BY function_name, starts_with(function_type, 'table')
			ORDER BY list_bool_or(list_transform(parameters, lambda p: regexp_matches(p, '^col[0-9]+$'))), len(parameters)) = 1
		ORDER BY 1`,
	read: func(rows [][]string) any {
		var all []function
		for _, row := range rows {
			all = append(all, function{row[0], strings.TrimPrefix(row[2], ", "), strings.HasPrefix(row[1], "table")})
		}
		return withOwn(all)
	},
}

// ownFunctions are those that the engine has from ctsql, with the arguments that it
// does not know the names of.
var ownFunctions = map[string]string{
	"actor": "userIdentity", "in_cidr": "address, network", "distance_km": "address, address",
	"city": "address", "subdivision": "address", "country": "address", "country_code": "address", "continent": "address",
	"continent_code": "address", "latitude": "address", "longitude": "address", "accuracy_radius": "address",
	"time_zone": "address", "asn": "address", "as_org": "address", "is_tor": "address", "is_private": "address",
	"aws_service": "address", "aws_region": "address",
	"json_extract_scalar": "json, path", "json_extract_string": "json, path", "json_extract": "json, path",
	"read_cloudtrail": "source, …", "read_s3logs": "source, …",
}

// withOwn adds them, in the order of names: of some the engine learns only once a
// statement needs them.
func withOwn(all []function) []function {
	all = slices.DeleteFunc(all, func(f function) bool { return ownFunctions[f.name] != "" })
	for name, args := range ownFunctions {
		all = append(all, function{name, args, strings.HasPrefix(name, "read_")})
	}
	slices.SortFunc(all, func(a, b function) int { return strings.Compare(a.name, b.name) })
	return all
}

// functions are all, sorted.
func (c *Completer) functions(patience *time.Timer) []function {
	if all, ok := c.lists.get(functionsQuestion, patience).([]function); ok {
		return all
	}
	return withOwn(nil)
}

// needsQuotes are the words that are no name of a column or table without quotes.
var needsQuotes = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(`all analyse analyze and any array as asc asymmetric both case cast check collate column
		constraint create default deferrable desc describe distinct do else end except false fetch for foreign from group
		having in initially intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer
		pivot_wider placing primary qualify references returning select show some summarize symmetric table then to trailing
		true union unique unpivot using variadic when where window with
		anti asof at authorization binary by collation columns concurrently cross freeze full generated glob ilike inner is
		isnull join left like map natural notnull outer overlaps positional right semi similar struct tablesample try_cast
		unpack verbose`) {
		all[word] = true
	}
	return all
}()

// identifier is name as it may stand in a statement.
func identifier(name string) string {
	if dialect.SimpleName(name) && !needsQuotes[strings.ToLower(name)] {
		return name
	}
	return dialect.Quote(name)
}
