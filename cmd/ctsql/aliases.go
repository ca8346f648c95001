package main

import (
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/spf13/pflag"
)

// aliasFlags are more names for the log tables, for statements that were written for
// other ones.
type aliasFlags struct{ texts []string }

func (a *aliasFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&a.texts, "table-alias", nil, "have `NAME` mean cloudtrail in FROM and JOIN, or NAME=TABLE another log table (repeatable)")
}

// tables are the names with the tables that they mean.
func (a *aliasFlags) tables() (map[string]string, error) {
	tables := map[string]string{}
	for _, text := range a.texts {
		name, table, given := strings.Cut(text, "=")
		if !given {
			table = "cloudtrail"
		}
		name, table = dialect.Fold(name), dialect.Fold(table)
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			name = name[i+1:] // of a database, which need not be named
		}
		switch {
		case name == "" || len(name) > 200:
			return nil, usage("--table-alias %q: write NAME or NAME=TABLE", text)
		case !slices.Contains(cache.LogTables(), table):
			return nil, usage("--table-alias %q: %s is no log table; they are %s", text, table, strings.Join(cache.LogTables(), ", "))
		case slices.Contains(cache.LogTables(), name):
			return nil, usage("--table-alias %q: %s is a log table itself", text, name)
		case tables[name] != "" && tables[name] != table:
			return nil, usage("--table-alias %q: %s is %s already", text, name, tables[name])
		}
		tables[name] = table
	}
	return tables, nil
}
