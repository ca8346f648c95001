// Package duck opens DuckDB and is alone in importing its driver. It attaches
// and detaches database files that several processes share, registers functions
// that it is given, and runs one statement at a time. What the tables mean is
// others' business. Beside a database file FILE it writes FILE.gate, an empty
// file to take locks on.
package duck
