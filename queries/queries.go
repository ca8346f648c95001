package queries

import (
	"embed"
	"path"
	"strings"
)

// A Query is a question as SQL.
type Query struct {
	Name  string // the file's name without its number and .sql: top-calls
	Title string // what it finds: the leading comment, as one line
	SQL   string // the statement, without that comment
}

//go:embed demo/*.sql
var demo embed.FS

// Demo are the questions that `ctsql demo` asks, in its order: that of the
// numbers in front of the files' names.
func Demo() []Query {
	files, err := demo.ReadDir("demo") // sorted by name
	if err != nil {
		panic(err) // it is embedded
	}
	var all []Query
	for _, f := range files {
		text, err := demo.ReadFile(path.Join("demo", f.Name()))
		if err != nil {
			panic(err) // it is embedded
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".sql"), "-")
		q := Query{Name: name}
		q.Title, q.SQL = help(string(text))
		all = append(all, q)
	}
	return all
}

// help parts the leading comment from the statement.
func help(text string) (title, sql string) {
	var lines []string
	for {
		comment, ok := strings.CutPrefix(text, "--")
		if !ok {
			return strings.Join(lines, " "), strings.TrimSpace(text)
		}
		line, rest, _ := strings.Cut(comment, "\n")
		lines, text = append(lines, strings.TrimSpace(line)), rest
	}
}
