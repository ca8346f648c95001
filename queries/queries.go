package queries

import (
	"embed"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

// A Query is a question as SQL, with what its file says of it.
type Query struct {
	Name           string      `json:"name"`  // folder and file: s3/denied
	Title          string      `json:"title"` // what it asks, in one line
	Help           string      `json:"help,omitempty"`
	FalsePositives string      `json:"falsePositives,omitempty"`
	Parameters     []Parameter `json:"parameters,omitempty"`
	Scope          string      `json:"scope,omitempty"`    // of a detection: event, or such as window 7d
	Severity       string      `json:"severity,omitempty"` // of a detection: info, low, medium, high or critical
	Techniques     []string    `json:"techniques,omitempty"`
	Needs          []string    `json:"needs,omitempty"` // tables, categories of events, and data by the name of its flag
	References     []string    `json:"references,omitempty"`
	SQL            string      `json:"sql"` // one statement
}

// A Parameter is what a statement has as $Name.
type Parameter struct {
	Name     string `json:"name"` // without $
	Type     Type   `json:"type"`
	Default  string `json:"default"`  // as text
	Required bool   `json:"required"` // there is no default
	Help     string `json:"help"`
}

// A Type is that of a parameter's value.
type Type string

// The types, with how their values are written.
const (
	Text      Type = "text"
	Timestamp Type = "timestamp" // 2025-07-17, or 2025-07-17 02:13:07, in UTC
	Integer   Type = "integer"   // of 64 bits
	Number    Type = "number"    // 0.5
	Boolean   Type = "boolean"   // true or false
)

// timestamps are the ways of writing one. None has an offset: DuckDB would drop it.
var timestamps = []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z"}

// Check says what is wrong with text as a value of the type.
func (t Type) Check(text string) error {
	ok, like := false, ""
	switch t {
	case Text:
		return nil
	case Timestamp:
		like = "a timestamp in UTC, such as 2025-07-17 or 2025-07-17T02:13:07Z"
		for _, layout := range timestamps {
			if _, err := time.Parse(layout, text); err == nil {
				ok = true
			}
		}
	case Integer:
		_, err := strconv.ParseInt(text, 10, 64)
		ok, like = err == nil, "an integer"
	case Number:
		n, err := strconv.ParseFloat(text, 64)
		ok, like = err == nil && !math.IsNaN(n) && !math.IsInf(n, 0), "a number"
	case Boolean:
		ok, like = text == "true" || text == "false", "true or false"
	default:
		return fmt.Errorf("there is no type %s", t)
	}
	if !ok {
		return fmt.Errorf("%q is not %s", text, like)
	}
	return nil
}

//go:embed detect/*.sql investigate/*.sql inventory/*.sql cost-and-errors/*.sql s3/*.sql
var library embed.FS

//go:embed demo/*.sql
var demo embed.FS

// All returns the questions that come with ctsql, sorted by name. Those of the demo
// are not among them.
func All() []Query { return embedded(library) }

// Demo are the questions that `ctsql demo` asks, in its order: that of the
// numbers in front of the files' names.
func Demo() []Query {
	all := embedded(demo)
	for i := range all {
		_, all[i].Name, _ = strings.Cut(path.Base(all[i].Name), "-")
	}
	return all
}

// embedded parses files that came with the program.
func embedded(files fs.FS) []Query {
	all, err := Read(files)
	if err != nil {
		panic(err) // a test has parsed them
	}
	return all
}

// maxFile is more than anybody writes by hand, in bytes.
const maxFile = 1 << 20

// Read parses every file *.sql, in the order of their names. An error names the file
// and the line.
func Read(files fs.FS) (all []Query, err error) {
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".sql" {
			return err
		}
		info, err := fs.Stat(files, name)
		if err != nil {
			return err
		}
		if info.Size() > maxFile || !info.Mode().IsRegular() {
			return fmt.Errorf("%s: not a file of at most %d bytes", name, maxFile)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		q, err := Parse(name, string(text))
		all = append(all, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
