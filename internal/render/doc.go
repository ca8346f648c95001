// Package render lays out rows: as a table, one member a line (vertical), CSV,
// JSON, a JSON object a line, Markdown. It reads them as DuckDB's COPY writes
// them (CopyOptions) and streams: a result of ten million rows needs the memory
// of its first thousand and its longest row. PrettyJSON lays out one JSON text,
// Chart draws numbers as bars or over time.
//
// What is shown to a person (table, vertical, Markdown, PrettyJSON, Chart, Clean)
// never drives a terminal: whatever in a log is not a printing character is shown
// as an escape such as \n, \x1b or \u202e. A backslash that the log holds is shown
// as it is: doubling it would spoil every path and every JSON text, so these
// layouts do not tell \n from a line break; CSV and JSON do. CSV is for programs
// and carries the bytes untouched, which a terminal may obey: that, too, is what
// it is for. Options.Screen says that a person reads it all the same.
//
// It refuses to know SQL, DuckDB and terminals: the caller says what the columns
// are and how wide the terminal is. It opens nothing and writes only to the
// io.Writer it is given.
package render
