package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/shell"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// shellCommand is `ctsql shell`.
type shellCommand struct {
	s3      sourceFlags
	places  placesFlags
	own     ownQueries
	aliases aliasFlags
	sandbox sandboxFlags
	state   stateFlag
	texts   []string
	format  string
	from    []string
	noInit  bool
	noColor bool
}

func newShell() *cobra.Command {
	var c shellCommand
	cmd := &cobra.Command{
		Use:   "shell",
		Short: "Answer SQL at a prompt",
		Long: `Answer SQL at a prompt, with completion, history and commands that begin with a
dot: .help lists them. What is no terminal is read as a script, as by ctsql query -f -,
and may hold those commands too.

First comes init.sql in ~/.config/ctsql, where there is one.`,
		Args:    arguments(cobra.NoArgs),
		PreRunE: c.s3.settle,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	f := cmd.Flags()
	f.StringArrayVarP(&c.texts, "command", "c", nil, "run these statements, or this command with a dot, and leave: `TEXT` (repeatable)")
	f.StringVar(&c.format, "format", "", "table, csv, json, ndjson, markdown or vertical (default table on a terminal, else csv)")
	f.StringArrayVar(&c.from, "from", nil, "read the tables cloudtrail and s3logs from this `SOURCE`, without the cache (repeatable)")
	f.BoolVar(&c.noInit, "no-init", false, "do not read init.sql")
	f.BoolVar(&c.noColor, "no-color", false, "no colours, as with $NO_COLOR")
	c.s3.add(f)
	c.places.add(f)
	c.own.add(f)
	c.aliases.add(f)
	c.sandbox.add(f)
	c.state.add(f)
	return cmd
}

func (c *shellCommand) run(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	path, err := cachePath(cmd)
	if err != nil {
		return err
	}
	aliases, err := c.aliases.tables()
	if err != nil {
		return err
	}
	o, err := c.options(cmd, path)
	if err != nil {
		return err
	}
	tell := new(teller)
	from := opening{s3: &c.s3, tell: tell}
	o.Raw = from.raw
	options := cache.SessionOptions{
		Path: path, From: c.from, Aliases: aliases,
		Open:      unloaded(from, load.Options{Report: tell.event}),
		ReadSoFar: readSoFar,
	}
	c.places.use(&options, c.s3.S3Options)
	if err := errors.Join(c.sandbox.use(&options), c.state.use(&options)); err != nil {
		return err
	}
	s, err := cache.OpenSession(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	o.Session, o.WhyNothing, o.Unseen = shellSession{s}, whyNothing(s), unseen(s)
	o.Sandbox, o.Own = c.sandbox.sandbox, ownStatements{s}
	err = c.prompt(ctx, shell.New(o))
	tell.end()
	switch {
	case errors.Is(err, shell.ErrTold), err == nil && tell.failed:
		return exitError(exitFailed)
	}
	return err
}

// whyNothing says why there are no rows, or why that is not known.
func whyNothing(s *cache.Session) func(context.Context, string, map[string]string) string {
	return func(ctx context.Context, statement string, params map[string]string) string {
		why, err := s.WhyNothing(ctx, statement, paramsOf(params))
		if err != nil {
			return err.Error()
		}
		return why
	}
}

// prompt reads what there is to read.
func (c *shellCommand) prompt(ctx context.Context, sh *shell.Shell) error {
	if len(c.texts) == 0 && shell.IsTerminal(os.Stdin, os.Stdout) {
		return sh.Prompt(ctx)
	}
	if err := sh.ReadInit(ctx); err != nil {
		return err
	}
	if len(c.texts) == 0 {
		return sh.Script(ctx, "standard input", os.Stdin)
	}
	for _, text := range c.texts {
		if err := sh.Script(ctx, "", strings.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

// options are all but the session.
func (c *shellCommand) options(cmd *cobra.Command, path string) (o shell.Options, err error) {
	o = shell.Options{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Pager: os.Getenv("PAGER"), Editor: os.Getenv("VISUAL"),
		Command: c.command(path, cmd),
		Width: func() int {
			width, _, err := term.GetSize(int(os.Stdout.Fd()))
			if err != nil {
				return 0
			}
			return width
		},
	}
	if o.Editor == "" {
		o.Editor = os.Getenv("EDITOR")
	}
	if c.format != "" {
		if o.Format, err = render.ParseFormat(c.format); err != nil {
			return o, usage("--format: %w", err)
		}
	}
	if o.Queries, err = c.own.library(); err != nil {
		return o, err
	}
	if len(c.from) == 0 {
		o.Cache = path
	}
	o.Home, _ = os.UserHomeDir() // without one, ~ is a name
	terminal := term.IsTerminal(int(os.Stdout.Fd()))
	o.Plain = os.Getenv("TERM") == "dumb"
	o.Color = terminal && !c.noColor && !o.Plain && os.Getenv("NO_COLOR") == ""
	if !c.noInit && !c.sandbox.sandbox { // it may do what the sandbox does not
		if dir, err := configDir(); err == nil {
			o.Init = filepath.Join(dir, "init.sql")
		}
	}
	if len(c.texts) == 0 && shell.IsTerminal(os.Stdin, os.Stdout) {
		o.Hello = hello(path)
		if o.History, err = statePath("history"); err != nil {
			fmt.Fprintf(os.Stderr, "ctsql: the history is not kept: %v\n", err)
		}
		o.Interrupts, _ = promptInterrupts(cmd.Context())
	}
	o.Now, o.When = time.Now, func(text string) (time.Time, error) { return parseWhen(text, time.Now()) }
	if o.NotesFile, err = statePath("notes.md"); err != nil {
		fmt.Fprintf(os.Stderr, "ctsql: notes are not kept: %v\n", err)
	}
	return o, nil
}

// readSoFar is how many bytes this process has read, where the system tells: Linux does.
func readSoFar() int64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	var n int64
	if _, err := fmt.Sscanf(string(text), "rchar: %d", &n); err != nil {
		return 0
	}
	return n
}

// statePath is where a file is that a person has of what they did: what was typed,
// and their notes.
func statePath(name string) (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "ctsql", name), nil
}

// hello greets a person.
func hello(path string) string {
	_, v, _ := stamped()
	text := "ctsql " + v + ": SQL ends in a semicolon; .help tells of commands, Tab completes, Ctrl-D leaves."
	if _, err := os.Stat(path); err == nil {
		return text
	}
	return text + `
Nothing is loaded yet:
  .load SOURCE     loads logs from a folder or s3://bucket/prefix; .load alone, those of the account's trails
  .trails          shows where the account's trails deliver
  .queries         lists questions to begin with`
}

// command runs a command of the program over the same cache, with what the shell was
// told of places, stores and questions.
func (c *shellCommand) command(path string, of *cobra.Command) func(context.Context, ...string) error {
	return func(ctx context.Context, args ...string) error {
		root := newRoot()
		sub, _, err := root.Find(args[:1])
		if err != nil {
			return err
		}
		given := []string{args[0], "--cache", path}
		of.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Changed || f.Name == "cache" || f.Name == "format" || f.Name == "from" || flagOf(sub, f.Name) == nil {
				return
			}
			values := []string{f.Value.String()}
			if list, ok := f.Value.(pflag.SliceValue); ok {
				values = list.GetSlice()
			}
			for _, value := range values {
				given = append(given, "--"+f.Name+"="+value)
			}
		})
		root.SetArgs(append(given, args[1:]...))
		cmd, err := root.ExecuteContextC(ctx)
		if report(cmd, err) != 0 {
			return shell.ErrTold
		}
		return nil
	}
}

// A shellSession is a session of the cache, as a shell needs it.
type shellSession struct{ *cache.Session }

func (s shellSession) Run(ctx context.Context, statement string, params map[string]string) (shell.Answer, error) {
	a, err := s.Session.Run(ctx, statement, paramsOf(params), render.CopyOptions)
	if err != nil {
		return shell.Answer{}, err
	}
	return answerOf(a.Result, a.Explained), nil
}

// ownStatements are a session's answers to the shell itself.
type ownStatements struct{ s *cache.Session }

func (o ownStatements) Run(ctx context.Context, statement string, params map[string]string) (shell.Answer, error) {
	a, err := o.s.RunOwn(ctx, statement, paramsOf(params), render.CopyOptions)
	if err != nil {
		return shell.Answer{}, err
	}
	return answerOf(a.Result, a.Explained), nil
}

func (s shellSession) Keep(ctx context.Context, statement string, params map[string]string, limit int64) (shell.Kept, error) {
	k, err := s.Session.Keep(ctx, statement, paramsOf(params), limit, render.CopyOptions)
	if errors.Is(err, cache.ErrNoRows) {
		a, err := s.Run(ctx, statement, params)
		return shell.Kept{Answer: a}, err
	}
	if err != nil {
		return shell.Kept{}, err
	}
	return shell.Kept{Answer: answerOf(k.Result, ""), Kept: true, Cut: k.Cut, BytesRead: k.BytesRead}, nil
}

func paramsOf(values map[string]string) (params []duck.Param) {
	for name, value := range values {
		params = append(params, duck.Param{Name: name, Value: value})
	}
	return params
}

func answerOf(r *duck.Result, text string) shell.Answer {
	if r == nil {
		return shell.Answer{Text: text}
	}
	return shell.Answer{Columns: resultColumns(r), Rows: r, Text: text}
}
