package shell

import (
	"fmt"
	"slices"
	"strings"
)

// sandboxCommands are the commands that a sandbox has: those that ask the logs, and those
// about how answers look. What a sandbox is given to run may hold commands too, so they
// must run no program, open no file and ask no network.
var sandboxCommands = []string{
	"help", "tables", "schema", "queries", "run", "param", "history", "quit",
	"mode", "rows", "chart", "width", "timer", "tz",
	"status", "places", "event", "who", "tree", "follow", "window",
}

// allow refuses a command that a sandbox does not have.
func (sh *Shell) allow(c command, args string) error {
	switch {
	case !sh.Sandbox:
		return nil
	case c.name == "read" && sh.typed():
		return nil // the person named the file, and what is in it is in the sandbox too
	case !slices.Contains(sandboxCommands, c.name):
		return fmt.Errorf("the sandbox has no .%s\nhint: it has .%s", c.name, strings.Join(sandboxCommands, ", ."))
	case slices.Contains([]string{"run", "param", "follow", "chart", "history"}, c.name): // -1 and -- are values there
		return nil
	}
	all, err := words(args)
	if err == nil && slices.ContainsFunc(all, func(w string) bool { return strings.HasPrefix(w, "-") && w != "-" }) {
		return fmt.Errorf("in the sandbox .%s has no flags", c.name)
	}
	return err
}

// typed reports whether what runs was typed, or given as a flag, by the person, and is not
// read from elsewhere.
func (sh *Shell) typed() bool { return sh.scripts == 0 }

// own answers statements of the shell's own.
func (sh *Shell) own() Asker {
	if sh.Own != nil {
		return sh.Own
	}
	return sh.Session
}
