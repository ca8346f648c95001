package duck

import (
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// jsonText is an SQL expression for value, of the nested type t, as JSON text.
// to_json does it, but for a DECIMAL or a JSON value inside: it reads these as
// doubles, so that 1.10 comes out as 1.1.
func jsonText(value string, t duckdb.TypeInfo, depth int) string {
	if !keepsText(t) {
		return "CAST(to_json(" + value + ") AS VARCHAR)"
	}
	switch d := t.Details().(type) {
	case *duckdb.StructDetails:
		var parts []string
		for _, e := range d.Entries {
			name := "CAST(to_json(" + Quote(e.Name()) + ") AS VARCHAR)"
			parts = append(parts, name+", ':', "+orNull("("+value+")."+Ident(e.Name()), e.Info(), depth))
		}
		return ifValue(value, "concat('{', "+strings.Join(parts, ", ',', ")+", '}')")
	case *duckdb.ListDetails:
		return jsonList(value, d.Child, depth)
	case *duckdb.ArrayDetails:
		return jsonList(value, d.Child, depth)
	case *duckdb.MapDetails:
		x := fmt.Sprintf("x%d", depth)
		member := fmt.Sprintf("concat(to_json(CAST(%s.key AS VARCHAR)), ':', %s)", x, orNull(x+".value", d.Value, depth+1))
		return ifValue(value, fmt.Sprintf("concat('{', array_to_string(list_transform(map_entries(%s), lambda %s: %s), ','), '}')", value, x, member))
	case *duckdb.DecimalDetails:
		return "CAST(" + value + " AS VARCHAR)"
	}
	return "CAST(" + value + " AS VARCHAR)" // JSON
}

func jsonList(value string, element duckdb.TypeInfo, depth int) string {
	x := fmt.Sprintf("x%d", depth)
	return ifValue(value, fmt.Sprintf("concat('[', array_to_string(list_transform(%s, lambda %s: %s), ','), ']')", value, x, orNull(x, element, depth+1)))
}

func orNull(value string, t duckdb.TypeInfo, depth int) string {
	return "coalesce(" + jsonText(value, t, depth) + ", 'null')"
}

func ifValue(value, text string) string {
	return "CASE WHEN " + value + " IS NOT NULL THEN " + text + " END"
}

// keepsText reports whether there is a value in t whose text to_json would change.
func keepsText(t duckdb.TypeInfo) bool {
	if t.Alias() == "JSON" {
		return true
	}
	switch d := t.Details().(type) {
	case *duckdb.DecimalDetails:
		return true
	case *duckdb.ListDetails:
		return keepsText(d.Child)
	case *duckdb.ArrayDetails:
		return keepsText(d.Child)
	case *duckdb.MapDetails:
		return keepsText(d.Value)
	case *duckdb.StructDetails:
		for _, e := range d.Entries {
			if keepsText(e.Info()) {
				return true
			}
		}
	}
	return false
}

func isNested(t duckdb.TypeInfo) bool {
	switch t.InternalType() {
	case duckdb.TYPE_STRUCT, duckdb.TYPE_LIST, duckdb.TYPE_ARRAY, duckdb.TYPE_MAP, duckdb.TYPE_UNION:
		return true
	}
	return false
}
