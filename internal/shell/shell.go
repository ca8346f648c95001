package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
	"golang.org/x/term"
)

// Options are what a shell is made of.
type Options struct {
	Session Session
	In      *os.File
	Out     *os.File
	Err     *os.File

	Color  bool
	Plain  bool          // the terminal obeys no escapes
	Format render.Format // "" is a table at a prompt, else CSV
	Width  func() int    // of the terminal, 0 where there is none

	History string // the file of what was typed; "" keeps none
	Init    string // a file that is read first, if it is there; "" is none
	Pager   string // a command; "" is less
	Editor  string // a command; "" is vi

	Hello string // what a person is greeted with

	// Command runs a command of the program: load, status, ….
	Command func(ctx context.Context, args ...string) error
	// WhyNothing says why a statement may have no rows, or "".
	WhyNothing func(ctx context.Context, statement string, params map[string]string) string
	// Cache is the file that Session answers from; "" where it reads logs from
	// their sources, of which no values are completed.
	Cache string
	Home  string // folder that ~ stands for; "" is unknown
	// Queries are the questions that .run knows.
	Queries []queries.Query
	// Interrupts yields each interrupt that the terminal sends while no line is
	// edited.
	Interrupts <-chan os.Signal

	// Sandbox has only the commands that ask the logs. That statements do no more is
	// Session's part.
	Sandbox bool
	// Own answers the shell's own statements, of which no text of others is part; nil
	// is Session.
	Own Asker

	Outside
}

// A Shell is a prompt, or a script, and what was set in it.
type Shell struct {
	Options
	editor   *editor // nil: nobody types
	complete *Completer
	settings settings
	target   target

	last    string // statement that ran
	kept    kept   // of the table _
	saved   kept   // what it was at the BEGIN of the transaction
	depth   int    // of files that are read
	scripts int    // that run: no person has typed what is in them
	leave   bool
}

// ErrTold says that something failed, which was told already.
var ErrTold = errors.New("told already")

// IsTerminal reports whether all files are terminals.
func IsTerminal(files ...*os.File) bool {
	for _, f := range files {
		if !term.IsTerminal(int(f.Fd())) {
			return false
		}
	}
	return true
}

// New makes a shell. Nothing is read yet.
func New(o Options) *Shell {
	sh := &Shell{Options: o}
	sh.settings = defaults(o)
	return sh
}

// Script runs what text holds, up to the first error: statements, and commands on
// lines of their own. The last statement needs no semicolon. name is that of a file.
func (sh *Shell) Script(ctx context.Context, name string, text io.Reader) error {
	if name != "" {
		sh.scripts++
		defer func() { sh.scripts-- }()
	}
	s := scriptReader(text)
	pending := &statements{}
	for line, err := range s.lines() {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if isCommand(line) && !pending.begun() {
			pending.reset() // of comments
			if err := sh.command(ctx, line); err != nil {
				return at(name, s.number, err)
			}
		} else {
			for _, st := range pending.add(line, s.number) {
				if err := sh.execute(ctx, st); err != nil {
					return at(name, st.Line, err)
				}
			}
		}
		if sh.leave {
			return nil
		}
	}
	return sh.finish(ctx, name, pending)
}

// finish runs what a script ends with.
func (sh *Shell) finish(ctx context.Context, name string, pending *statements) error {
	for _, st := range pending.end() {
		if st.Open != "" {
			return at(name, st.Line, fmt.Errorf("the input ends inside %s", opened(st.Open)))
		}
		if err := sh.execute(ctx, st); err != nil {
			return at(name, st.Line, err)
		}
	}
	return nil
}

// at puts the place in a file before an error.
func at(name string, line int, err error) error {
	switch {
	case name == "" || errors.Is(err, context.Canceled):
		return err
	}
	return fmt.Errorf("%s:%d: %w", name, line, err)
}

// opened says in words what a text leaves open.
func opened(open string) string {
	switch open {
	case "'":
		return "a quoted text (')"
	case `"`:
		return `a quoted name (")`
	case "/*":
		return "a comment (/*)"
	}
	if strings.HasPrefix(open, "$") {
		return "a text quoted with " + open
	}
	return "a bracket " + open
}

// Prompt reads lines from the terminal until the person leaves.
func (sh *Shell) Prompt(ctx context.Context) error {
	e, err := newEditor(sh)
	if err != nil {
		return err
	}
	sh.editor = e
	defer e.close()
	sh.complete = NewCompleter(CompleterOptions{
		Asker: sh.own(), Cache: sh.Cache, Queries: sh.Queries, Params: sh.settings.paramNames, Home: sh.Home,
		InTransaction: func() bool { return sh.settings.inTransaction },
	})
	sh.complete.Start(ctx)
	defer sh.complete.Close()
	stop := context.AfterFunc(ctx, e.close)
	defer stop()
	if sh.Hello != "" {
		fmt.Fprintln(sh.Err, sh.Hello)
	}
	sh.run(ctx, "", sh.ReadInit)
	pending := &statements{}
	for !sh.leave {
		line, err := e.line(sh.prompt(pending), pending.text())
		switch {
		case errors.Is(err, errInterrupt):
			pending.reset()
			continue
		case errors.Is(err, io.EOF):
			sh.leave = true
			continue
		case err != nil:
			return err
		}
		sh.forgetInterrupts()
		sh.take(ctx, pending, line)
	}
	sh.say(sh.closeTarget())
	return context.Cause(ctx)
}

// take runs what a line ends: commands and statements, which may be several where
// lines were pasted.
func (sh *Shell) take(ctx context.Context, pending *statements, typed string) {
	begun := pending.text() + typed
	type step struct {
		text string
		run  func(context.Context) error
	}
	var all []step
	for line := range strings.Lines(typed + "\n") {
		if isCommand(line) && !pending.begun() {
			pending.reset() // of comments
			all = append(all, step{line, func(ctx context.Context) error { return sh.command(ctx, line) }})
			continue
		}
		for _, st := range pending.add(line, 1) {
			all = append(all, step{st.Text, func(ctx context.Context) error { return sh.execute(ctx, st) }})
		}
	}
	if len(all) == 0 {
		return
	}
	sh.editor.remember(strings.TrimSuffix(begun+"\n", pending.text()))
	for i, st := range all {
		ok := sh.run(ctx, st.text, st.run)
		if left := len(all) - i - 1; left > 0 && (!ok || sh.leave) {
			fmt.Fprintf(sh.Err, "%d statements after it were not run\n", left)
			return
		}
	}
}

// run runs something that was typed, which an interrupt ends, and tells of its
// error. It reports whether all went well.
func (sh *Shell) run(ctx context.Context, typed string, f func(context.Context) error) bool {
	defer sh.complete.Hold(typed)()
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		sh.watchInterrupts(done, cancel)
	}()
	err := f(ctx)
	close(done)
	<-watched
	if errors.Is(context.Cause(ctx), errInterrupt) && !errors.Is(err, ErrTold) {
		err = errInterrupt
	}
	cancel(nil)
	sh.say(err)
	return err == nil
}

// forgetInterrupts drops those that came too late to end anything.
func (sh *Shell) forgetInterrupts() {
	for {
		select {
		case <-sh.Interrupts:
		default:
			return
		}
	}
}

// watchInterrupts cancels at an interrupt. A person who goes on to interrupt what
// does not end is let out.
func (sh *Shell) watchInterrupts(done <-chan struct{}, cancel context.CancelCauseFunc) {
	var first time.Time
	for {
		select {
		case <-done:
			return
		case <-sh.Interrupts:
			if first.IsZero() {
				first = time.Now()
				cancel(errInterrupt)
			} else if time.Since(first) > patience {
				sh.editor.close()
				fmt.Fprintln(sh.Err, "ctsql: interrupted")
				os.Exit(130)
			}
		}
	}
}

// patience is how long something may take to end once it is interrupted.
const patience = 3 * time.Second

// say tells of an error.
func (sh *Shell) say(err error) {
	switch {
	case err == nil, errors.Is(err, ErrTold):
	case errors.Is(err, errInterrupt):
		fmt.Fprintln(sh.Err, "interrupted")
	default:
		text := strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\t", "  ")
		fmt.Fprintln(sh.Err, sh.settings.red(render.CleanLines(text)))
	}
}

// isCommand reports whether a line is a command, and no SQL.
func isCommand(line string) bool {
	s := strings.TrimSpace(line)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, `\`) {
		return true
	}
	switch strings.ToLower(strings.TrimRight(s, "; ")) {
	case "exit", "quit", "help":
		return true
	}
	return false
}

// prompt is what stands before the line.
func (sh *Shell) prompt(pending *statements) string {
	const name = "ctsql"
	if !pending.begun() {
		mark := "> "
		if sh.settings.inTransaction {
			mark = "*> "
		}
		return name + sh.settings.windowMark() + mark
	}
	open := pending.open()
	if open == "" {
		open = "-"
	}
	return fmt.Sprintf("%*s> ", len(name), open)
}

// quote is a text as a person is shown it.
func quote(s string) string { return dialect.QuoteString(s) }
