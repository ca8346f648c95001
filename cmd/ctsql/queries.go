package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ctsql/ctsql/internal/detect"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// queriesCommand is `ctsql queries`.
type queriesCommand struct {
	asJSON bool
	own    ownQueries
}

func newQueries() *cobra.Command {
	var c queriesCommand
	cmd := &cobra.Command{
		Use:   "queries [NAME | WORD …]",
		Short: "List the questions that come with ctsql, or show one",
		Long: `List the questions that come with ctsql, or those that hold all of the words; or
show one: what it finds, its parameters and its SQL.

ctsql query -n NAME asks one.`,
		RunE: func(_ *cobra.Command, args []string) error { return c.run(os.Stdout, args) },
	}
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "as JSON")
	c.own.add(cmd.Flags())
	return cmd
}

func (c *queriesCommand) run(w io.Writer, args []string) error {
	all, err := c.own.library()
	if err != nil {
		return err
	}
	if len(args) == 1 {
		if q, ok := queries.Find(all, args[0]); ok {
			if c.asJSON {
				return writeJSON(w, q)
			}
			_, err := io.WriteString(w, render.CleanLines(describe(q)))
			return err
		}
	}
	found := queries.Search(all, args)
	switch {
	case len(found) == 0:
		return unknown(all, strings.Join(args, " "))
	case c.asJSON:
		return writeJSON(w, found)
	}
	return listQuestions(w, found)
}

// listQuestions prints names and titles, a group for each folder; of detections with how bad
// it is what they find.
func listQuestions(w io.Writer, found []queries.Query) error {
	width, before := 0, ""
	for _, q := range found {
		width = max(width, len(q.Name)) // of blanks at most too many: names are ASCII, but for one's own
	}
	var sb strings.Builder
	for i, q := range found {
		if folder := path.Dir(q.Name); folder != before {
			if i > 0 {
				sb.WriteString("\n")
			}
			before = folder
		}
		title := q.Title
		if q.Detects() {
			title += " (" + q.Severity + ")"
		}
		fmt.Fprintf(&sb, "%-*s  %s\n", width, render.Clean(q.Name), render.Clean(title))
	}
	_, err := io.WriteString(w, sb.String())
	return err
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// unknown says that there is no such question, and which are called much the same.
func unknown(all []queries.Query, name string) error {
	hint := "ctsql queries lists them all"
	if near := queries.Near(all, name); len(near) > 0 {
		hint = "nearest: " + strings.Join(near, ", ")
	}
	return fmt.Errorf("no question is called %.100q\nhint: %s", name, hint)
}

// describe is what a person is shown of a question.
func describe(q queries.Query) string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "%s\n%s\n", q.Name, q.Title)
	if q.Help != "" {
		fmt.Fprintf(&sb, "\n%s\n", q.Help)
	}
	if q.FalsePositives != "" {
		fmt.Fprintf(&sb, "\nFalse positives: %s\n", q.FalsePositives)
	}
	sb.WriteString("\n")
	tw := tabwriter.NewWriter(&sb, 0, 0, 2, ' ', 0)
	for _, p := range q.Parameters {
		value := "(must be given)"
		if !p.Required {
			if value = p.Default; p.Type == queries.Text || p.Type == queries.Timestamp {
				value = dialect.QuoteString(value)
			}
		}
		fmt.Fprintf(tw, "  $%s\t%s\t%s\t%s\n", p.Name, p.Type, value, p.Help)
	}
	_ = tw.Flush() // a Builder refuses nothing
	for _, line := range []struct {
		name  string
		words []string
	}{
		{"Scope", []string{q.Scope}}, {"Severity", []string{q.Severity}}, {"ATT&CK", q.Techniques}, {"Needs", q.Needs}, {"References", q.References},
	} {
		if text := strings.Join(line.words, ", "); text != "" {
			fmt.Fprintf(&sb, "%s: %s\n", line.name, text)
		}
	}
	fmt.Fprintf(&sb, "\n%s\n", q.SQL)
	return sb.String()
}

// question is the statement that -n names, with all its parameters as NAME=VALUE:
// those given, and the defaults of the others.
func (c *queryCommand) question() (text string, params []string, err error) {
	all, err := c.own.library()
	if err != nil {
		return "", nil, err
	}
	q, ok := queries.Find(all, c.name)
	if !ok {
		return "", nil, unknown(all, c.name)
	}
	given, err := c.bounds()
	if err != nil {
		return "", nil, err
	}
	for _, g := range given {
		if name, _, _ := strings.Cut(g, "="); !detect.HasParameter(q, name) {
			return "", nil, usage("--%s: %s has no parameter $%[1]s", name, q.Name)
		}
	}
	values := map[string]string{}
	if err := q.Set(values, append(given, c.params...)); err != nil {
		return "", nil, usage("--param %w", err)
	}
	for name, value := range values {
		params = append(params, name+"="+value)
	}
	return q.SQL, params, nil
}

// ownQueries are a person's own questions, beside those that come with ctsql.
type ownQueries struct{ folders []string }

func (o *ownQueries) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.folders, "queries", nil, "questions of one's own: files *.sql below this `FOLDER` (repeatable)")
}

// library is all questions by their names. One's own takes the place of one that comes
// with ctsql and has the same name; those of a later folder that of an earlier's.
func (o *ownQueries) library() ([]queries.Query, error) {
	named := map[string]queries.Query{}
	for _, q := range queries.All() {
		named[q.Name] = q
	}
	for _, folder := range o.folders {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return nil, cmp.Or(err, fmt.Errorf("%s: not a folder", folder))
		}
		own, err := queries.Read(os.DirFS(folder))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		for _, q := range own {
			named[q.Name] = q
		}
	}
	return slices.SortedFunc(maps.Values(named), func(a, b queries.Query) int { return strings.Compare(a.Name, b.Name) }), nil
}
