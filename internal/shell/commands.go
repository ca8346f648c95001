package shell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A command is what begins with a dot at the prompt.
type command struct {
	name string   // without its dot
	also []string // what psql and others call it, as it is typed there
	args string   // as help shows them
	help string   // half a line
	more string   // what `.help NAME` tells beyond that
	run  func(ctx context.Context, sh *Shell, args string) error
}

// A group is commands as `.help` shows them.
type group struct {
	title    string
	commands []command
}

func groups() []group {
	return []group{
		{"At the prompt", basicCommands()},
		{"Answers", settingCommands()},
		{"Logs", programCommands()},
		{"Investigation", investigationCommands()},
	}
}

// commands are all, in the order of `.help`.
func commands() (all []command) {
	for _, g := range groups() {
		all = append(all, g.commands...)
	}
	return all
}

// command runs a line that is a command.
func (sh *Shell) command(ctx context.Context, line string) error {
	line = strings.TrimSpace(line)
	name, args := cutBlank(line)
	name = strings.TrimRight(name, ";")
	if !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, `\`) {
		name = strings.ToLower(name)
	}
	switch {
	case name == `\x`:
		args = name
	case (name == `\d` || name == `\d+`) && args != "":
		name = ".schema"
	case name == `\set` && args != "", name == `\unset`:
		args = name[1:] + " " + args
	}
	c, err := find(name)
	if err != nil {
		return err
	}
	if err := sh.allow(c, args); err != nil {
		return err
	}
	return c.run(ctx, sh, args)
}

// find is the command of that name, or of the only one that begins so.
func find(name string) (command, error) {
	var found []command
	short, dotted := strings.CutPrefix(name, ".")
	for _, c := range commands() {
		if c.name == short && !strings.HasPrefix(name, `\`) || slices.Contains(c.also, name) {
			return c, nil
		}
		if dotted && short != "" && strings.HasPrefix(c.name, short) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return command{}, fmt.Errorf("no command is called %.40q\nhint: .help lists them", name)
	}
	var names []string
	for _, c := range found {
		names = append(names, "."+c.name)
	}
	return command{}, fmt.Errorf("%s may be %s", name, strings.Join(names, ", "))
}

// cutBlank cuts the first word off; no quotes hold it together.
func cutBlank(s string) (word, rest string) {
	if i := strings.IndexAny(s, " \t\n"); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}

// words cuts arguments at blanks. Quotes, single or double, hold a word together,
// and a backslash outside of them takes the next character as it is.
func words(s string) ([]string, error) {
	var all []string
	var word strings.Builder
	var quote rune
	inside, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case r == '\\':
			escaped, inside = true, true
		case r == ' ' || r == '\t' || r == '\n':
			if inside {
				all = append(all, word.String())
				word.Reset()
				inside = false
			}
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a %c is not closed", quote)
	}
	if escaped {
		return nil, errors.New("nothing follows the last backslash")
	}
	if inside {
		all = append(all, word.String())
	}
	return all, nil
}
