package duck

import (
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// A Type is a DuckDB type: one of the simple ones below, or made by Struct, List
// or Map.
type Type struct {
	simple  duckdb.Type
	text    string
	members []Column
	element *Type
}

// A Column is a name with a type.
type Column struct {
	Name string
	Type Type
}

// The simple types that our tables use.
var (
	Varchar   = Type{simple: duckdb.TYPE_VARCHAR, text: "VARCHAR"}
	Boolean   = Type{simple: duckdb.TYPE_BOOLEAN, text: "BOOLEAN"}
	Integer   = Type{simple: duckdb.TYPE_INTEGER, text: "INTEGER"}
	BigInt    = Type{simple: duckdb.TYPE_BIGINT, text: "BIGINT"}
	UBigInt   = Type{simple: duckdb.TYPE_UBIGINT, text: "UBIGINT"}
	Double    = Type{simple: duckdb.TYPE_DOUBLE, text: "DOUBLE"}
	Date      = Type{simple: duckdb.TYPE_DATE, text: "DATE"}
	Timestamp = Type{simple: duckdb.TYPE_TIMESTAMP, text: "TIMESTAMP"}
	Blob      = Type{simple: duckdb.TYPE_BLOB, text: "BLOB"}
)

// Struct is a STRUCT of the given members.
func Struct(members []Column) Type {
	var parts []string
	for _, m := range members {
		parts = append(parts, Ident(m.Name)+" "+m.Type.text)
	}
	return Type{simple: duckdb.TYPE_STRUCT, text: "STRUCT(" + strings.Join(parts, ", ") + ")", members: members}
}

// List is a LIST of elements of type t.
func List(t Type) Type {
	return Type{simple: duckdb.TYPE_LIST, text: t.text + "[]", element: &t}
}

// Map is a MAP from text to text.
func Map() Type {
	return Type{simple: duckdb.TYPE_MAP, text: "MAP(VARCHAR, VARCHAR)"}
}

// String is the type as SQL text.
func (t Type) String() string { return t.text }

func (t Type) info() (duckdb.TypeInfo, error) {
	switch {
	case t.simple == duckdb.TYPE_MAP:
		text, err := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
		if err != nil {
			return nil, err
		}
		return duckdb.NewMapInfo(text, text)
	case t.element != nil:
		child, err := t.element.info()
		if err != nil {
			return nil, err
		}
		return duckdb.NewListInfo(child)
	case t.members != nil:
		var entries []duckdb.StructEntry
		for _, m := range t.members {
			info, err := m.Type.info()
			if err != nil {
				return nil, err
			}
			entry, err := duckdb.NewStructEntry(info, m.Name)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry)
		}
		return duckdb.NewStructInfo(entries[0], entries[1:]...)
	}
	return duckdb.NewTypeInfo(t.simple)
}
