package duck

import (
	"errors"

	"github.com/duckdb/duckdb-go/v2"
)

// IsBinding reports whether err is DuckDB's about a statement's text: its grammar, its
// names or its types. Of an error of Prepare it tells those from what was met on the
// way; a statement that runs can have the last of them too.
func IsBinding(err error) bool {
	var de *duckdb.Error
	if !errors.As(err, &de) {
		return false
	}
	switch de.Type {
	case duckdb.ErrorTypeParser, duckdb.ErrorTypeSyntax, duckdb.ErrorTypeBinder, duckdb.ErrorTypeCatalog, duckdb.ErrorTypeNotImplemented,
		duckdb.ErrorTypeConversion, duckdb.ErrorTypeMismatchType, duckdb.ErrorTypeInvalidType, duckdb.ErrorTypeParameterNotResolved:
		return true
	}
	return false
}
