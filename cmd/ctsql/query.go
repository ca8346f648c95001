package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// queryCommand is `ctsql query`.
type queryCommand struct {
	s3      sourceFlags
	places  placesFlags
	aliases aliasFlags
	sandbox sandboxFlags
	state   stateFlag
	file    string
	name    string // of a question
	params  []string
	format  string
	out     string
	from    []string
	check   bool // whether statements would run

	versions     bool
	all          []string // patterns of names of detections
	since, until string
	failOn       string
	own          ownQueries
}

func newQuery() *cobra.Command {
	var c queryCommand
	cmd := &cobra.Command{
		Use:   "query [SQL | -f FILE | -n NAME | --all PATTERN | --lint FILE …]",
		Short: "Answer SQL",
		Long: `Answer SQL from the cache, or with --from over logs that nobody loaded.
Several statements, each ended by a semicolon, are answered in turn; the first
that fails ends the run.

With --all detections are asked, and what they find is one table, the worst first.
With --lint statements are only looked at: which of them would run here?`,
		Args:    arguments(c.arguments),
		PreRunE: c.s3.settle,
		RunE:    func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&c.file, "file", "f", "", "read the statements from `FILE`; - is standard input")
	f.StringVarP(&c.name, "name", "n", "", "ask the question of this `NAME`, of those that ctsql queries lists")
	f.StringArrayVar(&c.params, "param", nil, "the value of parameter $NAME, as `NAME=VALUE` (repeatable)")
	f.StringVar(&c.format, "format", "", "table, csv, json, ndjson, markdown or vertical (default table on a terminal, else csv)")
	f.StringVarP(&c.out, "output", "o", "", "write to `FILE`, which is there only when all went well")
	f.StringArrayVar(&c.from, "from", nil, "read the tables cloudtrail and s3logs from this `SOURCE`, without the cache (repeatable)")
	f.BoolVar(&c.versions, "versions", false, "of logs that nobody loaded, read also what was overwritten or deleted, where the bucket keeps versions")
	f.StringArrayVar(&c.all, "all", nil, "ask all detections whose names are like `PATTERN`, such as 'detect/*' (repeatable)")
	f.StringVar(&c.since, "since", "", "with -n or --all, from this `TIME` on: RFC 3339, a date, or 7d or 36h ago")
	f.StringVar(&c.until, "until", "", "with -n or --all, before this `TIME`")
	f.StringVar(&c.failOn, "fail-on", "", "with --all, end with exit code 3 if a finding is of this `SEVERITY` or worse: info, low, medium, high or critical")
	c.own.add(f)
	f.BoolVar(&c.check, "lint", false, "say of each statement in the files whether it would run, and run none")
	c.s3.add(f)
	c.places.add(f)
	c.aliases.add(f)
	c.sandbox.add(f)
	c.state.add(f)
	return cmd
}

// arguments checks how many there are.
func (c *queryCommand) arguments(cmd *cobra.Command, args []string) error {
	if !c.check {
		return cobra.MaximumNArgs(1)(cmd, args)
	}
	if len(args) == 0 || c.file != "" || c.name != "" || len(c.all) > 0 || len(c.params) > 0 || c.out != "" || c.format != "" {
		return errors.New("--lint takes the names of files, and nothing that says what to do with rows")
	}
	return nil
}

func (c *queryCommand) run(cmd *cobra.Command, args []string) (err error) {
	switch {
	case c.check:
		return c.lint(cmd, args)
	case len(c.all) > 0:
		return c.detect(cmd, args)
	}
	ctx := cmd.Context()
	name, text, err := c.text(args)
	if err != nil {
		return err
	}
	statements := dialect.Split(text)
	if len(statements) == 0 {
		return usage("no statement")
	}
	params, err := c.parameters(statements)
	if err != nil {
		return err
	}
	out, err := c.output()
	if err != nil {
		return err
	}
	defer endsWith(ctx, out)()
	tell := new(teller)
	s, err := c.session(cmd, tell)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, st := range statements {
		if err := c.answer(ctx, s, st, params, out); err != nil {
			return errors.Join(located(name, st, err), out.discard())
		}
	}
	tell.end()
	if err := out.commit(); err != nil {
		return err
	}
	if tell.failed {
		return exitError(exitFailed)
	}
	return nil
}

// session starts what answers.
func (c *queryCommand) session(cmd *cobra.Command, tell *teller) (*cache.Session, error) {
	aliases, err := c.aliases.tables()
	if err != nil {
		return nil, err
	}
	path, err := cachePath(cmd)
	if err != nil {
		return nil, err
	}
	options := cache.SessionOptions{
		Path: path, From: c.from, Aliases: aliases,
		Open:    unloaded(c.opening(tell), load.Options{Report: tell.event}),
		Sandbox: c.name != "", // questions are always in it
	}
	if err := errors.Join(c.sandbox.use(&options), c.state.use(&options)); err != nil {
		return nil, err
	}
	c.places.use(&options, c.s3.S3Options)
	return cache.OpenSession(cmd.Context(), options)
}

// opening opens what --from names, and what statements read.
func (c *queryCommand) opening(tell *teller) opening {
	return opening{s3: &c.s3, tell: tell, options: source.Options{Versions: c.versions}}
}

// endsWith ends the program soon after ctx, until the function that it returns is
// called: who writes to a reader that takes nothing hears of no context.
func endsWith(ctx context.Context, out *output) (stop func()) {
	ended := context.AfterFunc(ctx, func() {
		time.Sleep(time.Second / 2)
		if out.path != "" {
			_ = os.Remove(out.Name()) // whoever writes to it is gone in a moment
		}
		fmt.Fprintln(os.Stderr, "ctsql: interrupted")
		os.Exit(exitInterrupted)
	})
	return func() { ended() }
}

// text is the statements' text, and the name of the file that it is from.
func (c *queryCommand) text(args []string) (name, text string, err error) {
	switch {
	case c.failOn != "":
		return "", "", usage("--fail-on is about what detections find: --all PATTERN")
	case c.name == "" && c.since+c.until != "":
		return "", "", usage("--since and --until are parameters of questions: -n NAME or --all PATTERN")
	case c.file == "" && c.name == "" && len(args) == 1:
		return "", args[0], nil
	case c.file == "" && c.name != "" && len(args) == 0:
		text, c.params, err = c.question()
		return "", text, err
	case c.file != "" && c.name == "" && len(args) == 0:
	default:
		return "", "", usage("give either SQL, -f FILE, -n NAME or --all PATTERN")
	}
	if name = c.file; name == "-" {
		name = "standard input"
	}
	text, err = readStatements(c.file)
	return name, text, err
}

// located says where in a file the statement is that failed.
func located(name string, st dialect.Statement, err error) error {
	if name == "" || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s:%d: %w", name, st.Line, err)
}

// parameters are the values given, checked both ways against the statements.
func (c *queryCommand) parameters(statements []dialect.Statement) (map[string]string, error) {
	values := map[string]string{}
	for _, p := range c.params {
		name, value, ok := strings.Cut(p, "=")
		if name = strings.ToLower(strings.TrimPrefix(name, "$")); !ok || name == "" {
			return nil, usage("--param %q: write NAME=VALUE", p)
		}
		if _, twice := values[name]; twice {
			return nil, usage("--param %s is given twice", name)
		}
		values[name] = value
	}
	wanted := map[string]bool{}
	for _, st := range statements {
		for _, name := range dialect.Parameters(st.Text) {
			name = strings.ToLower(name)
			wanted[name] = true
			if _, ok := values[name]; !ok {
				return nil, usage("parameter $%s has no value: --param %[1]s=VALUE", name)
			}
		}
	}
	for name := range values {
		if !wanted[name] {
			return nil, usage("--param %s: no statement has a parameter $%[1]s", name)
		}
	}
	return values, nil
}

// answer runs one statement and writes what it yields.
func (c *queryCommand) answer(ctx context.Context, s *cache.Session, st dialect.Statement, values map[string]string, out *output) error {
	if st.NUL {
		return errors.New("a NUL byte in the statement")
	}
	var params []duck.Param
	for _, name := range dialect.Parameters(st.Text) {
		params = append(params, duck.Param{Name: name, Value: values[strings.ToLower(name)]})
	}
	a, err := s.Run(ctx, st.Text, params, render.CopyOptions)
	if err != nil {
		return err
	}
	if a.Explained != "" {
		_, err := fmt.Fprintln(out, render.CleanLines(strings.TrimRight(a.Explained, "\n")))
		return err
	}
	if a.Result == nil {
		return nil
	}
	// A statement that fails before its first row prints nothing.
	body := bufio.NewReaderSize(rows{ctx.Err, a.Result}, 64<<10)
	var stats render.Stats
	if _, err = body.Peek(1); err == nil || err == io.EOF {
		stats, err = render.Write(out, out.format, resultColumns(a.Result), body, out.options)
	}
	if err := errors.Join(err, a.Close()); err != nil || stats.Rows > 0 {
		return err
	}
	why, err := s.WhyNothing(ctx, st.Text, params)
	if why != "" {
		fmt.Fprintf(os.Stderr, "ctsql: %s\n", render.Clean(why))
	}
	return err
}

// resultColumns are the columns of a result as they are laid out.
func resultColumns(r *duck.Result) (columns []render.Column) {
	for _, c := range r.Columns {
		columns = append(columns, render.Column{Name: c.Name, Type: c.Type, JSON: slices.Contains(jsonColumns, c.Name)})
	}
	return columns
}

// rows are a result's, up to the end of a context: all of them may be waiting in
// memory or on disk.
type rows struct {
	ended func() error
	io.Reader
}

func (r rows) Read(p []byte) (int, error) {
	if err := r.ended(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// jsonColumns are the columns that hold JSON text.
var jsonColumns = func() (names []string) {
	for _, t := range cloudtrail.Tables {
		for _, column := range t.Columns {
			if column.Kind == cloudtrail.JSON {
				names = append(names, column.Name)
			}
		}
	}
	return names
}()

// An output is where results go: standard output, or a file that takes its name
// only when all is in it.
type output struct {
	*os.File
	format  render.Format
	options render.Options
	path    string // of the file to be, "" for standard output
}

func (c *queryCommand) output() (*output, error) {
	out := &output{File: os.Stdout}
	terminal := c.out == "" && term.IsTerminal(int(os.Stdout.Fd()))
	name := c.format
	switch {
	case name == "" && terminal:
		name = string(render.Table)
	case name == "":
		name = string(render.CSV)
	}
	var err error
	if out.format, err = render.ParseFormat(name); err != nil {
		return nil, usage("--format: %w", err)
	}
	if terminal {
		if out.options.Width, _, err = term.GetSize(int(os.Stdout.Fd())); err != nil {
			return nil, err
		}
		out.options.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	if c.out == "" {
		return out, nil
	}
	out.path = c.out
	out.File, err = os.CreateTemp(filepath.Dir(c.out), "."+filepath.Base(c.out)+".*")
	return out, err
}

// commit gives the file its name.
func (o *output) commit() error {
	if o.path == "" {
		return nil
	}
	err := errors.Join(o.Sync(), o.Close())
	if err == nil {
		err = os.Rename(o.Name(), o.path)
	}
	return err
}

// discard removes what was written of a file.
func (o *output) discard() error {
	if o.path == "" {
		return nil
	}
	return errors.Join(o.Close(), os.Remove(o.Name()))
}
