package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
)

// basicCommands are what any shell has.
func basicCommands() []command {
	return []command{
		{name: "help", also: []string{`\?`, "help"}, args: "[COMMAND]", help: "these lines, or all about one command", run: help},
		{name: "tables", also: []string{`\dt`, `\dt+`, `\d`, `\d+`, `\l`}, help: "the tables that there are", run: tables},
		{name: "schema", args: "[TABLE]", help: "the columns of a table; of cloudtrail", run: schema},
		{name: "read", also: []string{`\i`}, args: "FILE", help: "run the statements and commands in a file", run: read},
		{name: "queries", args: "[WORD …]", help: "the questions that come with ctsql", run: program("queries"),
			more: "With words, those that hold all of them; with the name of one, all about it."},
		{name: "run", args: "NAME [PARAMETER=VALUE …]", help: "ask one of those questions", run: runQuestion},
		{name: "param", also: []string{`\set`, `\unset`}, args: "[set NAME VALUE|list]", help: "values for $NAME in statements", run: param,
			more: ".param unset NAME takes one away. A value is bound, and never becomes part of a statement."},
		{name: "edit", also: []string{`\e`}, args: "[FILE]", help: "write a statement in $EDITOR", run: edit,
			more: "It begins with the statement that ran last. What is saved is run, if it was changed."},
		{name: "shell", also: []string{`\!`}, args: "COMMAND", help: "run a command of the system", run: system},
		{name: "history", also: []string{`\s`}, args: "[N]", help: "what was typed, or the last N of it", run: showHistory},
		{name: "quit", also: []string{`\q`, ".exit", "exit", "quit"}, help: "leave; so does Ctrl-D",
			run: func(_ context.Context, sh *Shell, _ string) error { sh.leave = true; return nil }},
	}
}

func system(ctx context.Context, sh *Shell, args string) error {
	if args == "" {
		return errors.New("name a command")
	}
	return sh.external(ctx, "sh", "-c", args)
}

// numbered is the name of a parameter that is written ? or $1.
var numbered = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)

func param(_ context.Context, sh *Shell, args string) error {
	verb, rest := cutBlank(args)
	name, value := cutBlank(rest)
	name = strings.ToLower(strings.TrimPrefix(name, "$"))
	switch {
	case verb == "set" && value != "" && (dialect.SimpleName(name) || numbered.MatchString(name)):
		all, err := words(value)
		if err != nil {
			return err
		}
		sh.settings.params[name] = strings.Join(all, " ")
		return nil
	case verb == "unset" && name != "":
		delete(sh.settings.params, name)
		return nil
	case verb == "" || verb == "list":
		for _, name := range slices.Sorted(maps.Keys(sh.settings.params)) {
			fmt.Fprintf(sh.Out, "$%s = %s\n", name, quote(render.Clean(sh.settings.params[name])))
		}
		return nil
	}
	return errors.New("write .param set NAME VALUE, .param unset NAME or .param list")
}

// values are those of the parameters in a statement.
func (s *settings) values(statement string) (map[string]string, error) {
	params := map[string]string{}
	for _, name := range dialect.Parameters(statement) {
		name = strings.ToLower(name)
		value, ok := s.params[name]
		if !ok {
			return nil, fmt.Errorf("parameter $%s has no value\nhint: .param set %[1]s VALUE", name)
		}
		params[name] = value
	}
	return params, nil
}

func help(_ context.Context, sh *Shell, args string) error {
	if args != "" {
		c, err := find(args)
		if err != nil {
			return err
		}
		fmt.Fprintf(sh.Out, "%s\n%s\n", strings.TrimSpace("."+c.name+" "+c.args), c.help)
		if c.more != "" {
			fmt.Fprintln(sh.Out, c.more)
		}
		if len(c.also) > 0 {
			fmt.Fprintf(sh.Out, "also: %s\n", strings.Join(c.also, ", "))
		}
		return nil
	}
	for _, g := range groups() {
		fmt.Fprintf(sh.Out, "%s\n", g.title)
		for _, c := range g.commands {
			fmt.Fprintf(sh.Out, "  %-30s %s\n", "."+c.name+" "+c.args, c.help)
		}
	}
	fmt.Fprintln(sh.Out, "The beginning of a name is enough. Everything else is SQL, and ends in a semicolon.")
	return nil
}

func tables(ctx context.Context, sh *Shell, _ string) error {
	// That "mine" is named has a person's own tables attached.
	return sh.ask(ctx, sh.own(), `SELECT CASE database_name WHEN 'mine' THEN 'mine.' ELSE '' END || table_name AS "table", rows AS "rows" FROM (
		SELECT database_name, table_name, estimated_size AS rows FROM duckdb_tables()
		WHERE database_name IN ('cache', 'temp', 'memory', 'mine') AND table_name NOT LIKE 'ctsql\_%' ESCAPE '\') AS mine
		ORDER BY 1`)
}

func schema(ctx context.Context, sh *Shell, args string) error {
	if args == "" {
		args = "cloudtrail"
	}
	parts := strings.Split(strings.TrimRight(args, "; "), ".")
	for i := range parts {
		parts[i] = dialect.Quote(dialect.Unquote(parts[i]))
	}
	return sh.ask(ctx, sh.Session, `SELECT column_name AS "column", column_type AS "type" FROM (DESCRIBE `+strings.Join(parts, ".")+`)`)
}

// ask runs a statement of a command's own, and shows all of what it yields.
func (sh *Shell) ask(ctx context.Context, s Asker, statement string) error {
	a, err := s.Run(ctx, statement, nil)
	if err != nil {
		return err
	}
	format, layout := sh.format(), sh.layout()
	err = sh.show(ctx, func(w io.Writer) error {
		_, err := render.Write(w, format, a.Columns, untilEnd{ctx, a.Rows}, layout)
		return err
	})
	return errors.Join(err, a.Rows.Close())
}

// deepest is how many files may read each other.
const deepest = 20

func read(ctx context.Context, sh *Shell, args string) error {
	path, err := oneFile(args)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if sh.depth++; sh.depth > deepest {
		return fmt.Errorf("%s: the files read each other", path)
	}
	defer func() { sh.depth-- }()
	return sh.Script(ctx, path, f)
}

func runQuestion(ctx context.Context, sh *Shell, args string) error {
	all, err := words(args)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("name a question: .queries lists them")
	}
	q, ok := queries.Find(sh.Queries, all[0])
	if !ok {
		hint := ".queries lists them all"
		if near := queries.Near(sh.Queries, all[0]); len(near) > 0 {
			hint = "nearest: " + strings.Join(near, ", ")
		}
		return fmt.Errorf("no question is called %.100q\nhint: %s", all[0], hint)
	}
	before := maps.Clone(sh.settings.params)
	defer func() { sh.settings.params = before }()
	if err := q.Set(sh.settings.params, all[1:]); err != nil {
		return err
	}
	return sh.execute(ctx, dialect.Statement{Text: q.SQL})
}

func showHistory(_ context.Context, sh *Shell, args string) error {
	if sh.editor == nil {
		return errors.New("a script has no history")
	}
	n := int64(len(sh.editor.history.entries))
	if args != "" {
		if err := sh.number("history", args, &n); err != nil {
			return err
		}
	}
	entries := sh.editor.history.entries
	for _, text := range entries[max(0, len(entries)-int(n)):] {
		fmt.Fprintln(sh.Out, render.CleanLines(text))
	}
	return nil
}

// edit has the person write in an editor, and runs what comes out; not the statement
// that ran last, if that is left as it was: who leaves an editor so means nothing.
func edit(ctx context.Context, sh *Shell, args string) error {
	if sh.editor == nil {
		return errors.New("there is no terminal to edit at")
	}
	path, given, err := "", "", error(nil)
	if args != "" {
		if path, err = oneFile(args); err != nil {
			return err
		}
	} else {
		f, err := os.CreateTemp("", "ctsql-*.sql")
		if err != nil {
			return err
		}
		path = f.Name()
		defer os.Remove(path)
		if sh.last != "" {
			given = sh.last + ";\n"
		}
		_, err = f.WriteString(given)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	editor := sh.Editor
	if editor == "" {
		editor = "vi"
	}
	if err := sh.external(ctx, "sh", "-c", editor+` "$1"`, "sh", path); err != nil {
		return fmt.Errorf("%s: %w", editor, err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(text)) == "" {
		return err
	}
	if string(text) == given {
		fmt.Fprintln(sh.Err, "not changed, and so not run")
		return nil
	}
	clean, _ := cleanPaste(string(text))
	fmt.Fprintln(sh.Out, strings.TrimRight(clean, "\n"))
	sh.editor.remember(clean)
	return sh.Script(ctx, "", strings.NewReader(clean))
}
