package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
	"github.com/spf13/cobra"
)

// queriesCommand is `ctsql queries`.
type queriesCommand struct {
	asJSON bool
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
	return cmd
}

func (c *queriesCommand) run(w io.Writer, args []string) error {
	all := queries.All()
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
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, q := range found {
		fmt.Fprintf(tw, "%s\t%s\n", render.Clean(q.Name), render.Clean(q.Title))
	}
	return tw.Flush()
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
		{"Severity", []string{q.Severity}}, {"ATT&CK", q.Techniques}, {"Needs", q.Needs}, {"References", q.References},
	} {
		if text := strings.Join(line.words, ", "); text != "" {
			fmt.Fprintf(&sb, "%s: %s\n", line.name, text)
		}
	}
	fmt.Fprintf(&sb, "\n%s\n", q.SQL)
	return sb.String()
}

// question is the statement of that name, with all its parameters as NAME=VALUE:
// those given, and the defaults of the others.
func question(name string, given []string) (text string, params []string, err error) {
	all := queries.All()
	q, ok := queries.Find(all, name)
	if !ok {
		return "", nil, unknown(all, name)
	}
	for _, p := range q.Parameters {
		i := slices.IndexFunc(given, func(g string) bool {
			name, _, _ := strings.Cut(strings.TrimPrefix(g, "$"), "=")
			return strings.EqualFold(name, p.Name)
		})
		switch {
		case i >= 0:
			_, value, _ := strings.Cut(given[i], "=")
			if err := p.Type.Check(value); err != nil {
				return "", nil, usage("--param %s: %w", p.Name, err)
			}
		case !p.Required:
			params = append(params, p.Name+"="+p.Default)
		}
	}
	return q.SQL, append(params, given...), nil
}
