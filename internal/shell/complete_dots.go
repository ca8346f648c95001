package shell

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
)

// An Argument is the kind of what a command takes.
type Argument uint8

const (
	NoArgument      Argument = iota
	FileArgument             // one or more files
	TableArgument            // a table or view
	FormatArgument           // a way to lay rows out
	CommandArgument          // a command, without its dot
	QueryArgument            // a saved query, then its parameters as NAME=VALUE
	ParamArgument            // one of Words, then the name of a parameter that is set
	WordArgument             // one of Words
)

// A Dot is a command as far as completion knows it.
type Dot struct {
	Name  string // without its dot
	Takes Argument
	Words []string
}

// taken is what commands take, by name; those that are not here take nothing that
// could be completed.
var taken = map[string]Dot{
	"help": {Takes: CommandArgument}, "schema": {Takes: TableArgument}, "mode": {Takes: FormatArgument}, "run": {Takes: QueryArgument},
	"read": {Takes: FileArgument}, "edit": {Takes: FileArgument}, "load": {Takes: FileArgument}, "coverage": {Takes: FileArgument},
	"output": {Takes: FileArgument}, "once": {Takes: FileArgument},
	"param": {Takes: ParamArgument, Words: []string{"set", "unset", "list"}},
	"timer": {Takes: WordArgument, Words: []string{"on", "off"}}, "pager": {Takes: WordArgument, Words: []string{"on", "off"}},
	"window": {Takes: WordArgument, Words: []string{"off"}},
}

// dots are the shell's commands.
func dots() (all []Dot) {
	for _, c := range commands() {
		d := taken[c.name]
		d.Name = c.name
		all = append(all, d)
	}
	return all
}

// command finds a command as the shell does: the beginning of its name will do, if
// no other begins so.
func (c *Completer) command(name string) (Dot, bool) {
	var found []Dot
	for _, d := range c.o.Dots {
		if d.Name == name {
			return d, true
		}
		if strings.HasPrefix(d.Name, name) {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		return Dot{}, false
	}
	return found[0], true
}

// dots completes a command, which begins behind blank bytes.
func (c *Completer) dots(text string, blank, cursor int, patience *time.Timer) (int, []Candidate) {
	head := text[blank+1 : cursor]
	name, args, found := strings.Cut(head, " ")
	if !found {
		o := newOffers(name)
		for _, d := range c.o.Dots {
			if hasPrefixFold(d.Name, name) {
				o.offer(d.Name, Candidate{Text: "." + d.Name})
			}
		}
		return blank, o.all()
	}
	d, ok := c.command(name)
	if !ok {
		return cursor, nil
	}
	a := lastArgument(args)
	from := cursor - len(args) + a.from
	if d.Takes == FileArgument {
		return from, c.files(a, patience)
	}
	o := newOffers(a.text)
	if a.quote == 0 {
		c.arguments(o, d, a, patience)
	}
	return from, o.all()
}

// arguments offers what the argument may be.
func (c *Completer) arguments(o *offers, d Dot, a argument, patience *time.Timer) {
	offer := func(names ...string) {
		for _, name := range names {
			o.offer(name, Candidate{Text: name})
		}
	}
	switch {
	case d.Takes == QueryArgument && a.number > 0:
		c.parameters(o, a.before)
	case d.Takes == ParamArgument && a.number == 1 && c.o.Params != nil:
		offer(c.o.Params()...)
	case a.number > 0: // there is one only
	case d.Takes == ParamArgument || d.Takes == WordArgument:
		offer(d.Words...)
	case d.Takes == TableArgument:
		for _, r := range c.relations(patience) {
			text := identifier(r.name)
			if r.qualifier != "" {
				text = identifier(r.qualifier) + "." + text
			}
			o.offer(text, Candidate{Text: text})
		}
	case d.Takes == FormatArgument:
		for _, f := range render.Formats() {
			offer(string(f))
		}
	case d.Takes == CommandArgument:
		for _, other := range c.o.Dots {
			offer(other.Name)
		}
	case d.Takes == QueryArgument:
		for _, q := range c.o.Queries {
			o.offer(q.Name, Candidate{Text: q.Name})
		}
	}
}

// parameters offers those of a saved query that have no value yet.
func (c *Completer) parameters(o *offers, before []string) {
	q, ok := queries.Find(c.o.Queries, before[0])
	if !ok {
		return
	}
	for _, p := range q.Parameters {
		given := slices.ContainsFunc(before, func(a string) bool { return hasPrefixFold(a, p.Name+"=") })
		if !given {
			o.offer(p.Name, Candidate{Text: p.Name + "="})
		}
	}
}

// An argument is the last of a command, as far as it is typed.
type argument struct {
	from   int      // where it begins, with its quote
	text   string   // without quotes and backslashes
	quote  rune     // that is open
	number int      // of those before it
	before []string // those
}

// lastArgument finds it as words would.
func lastArgument(args string) (a argument) {
	var word strings.Builder
	inside, escaped := false, false
	for i, r := range args {
		if !inside {
			a.from = i
		}
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case a.quote != 0 && r == a.quote:
			a.quote = 0
		case a.quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			a.quote, inside = r, true
		case r == '\\':
			escaped, inside = true, true
		case r == ' ' || r == '\t' || r == '\n':
			if inside {
				a.before = append(a.before, word.String())
				word.Reset()
				inside = false
			}
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if !inside {
		a.from = len(args)
	}
	a.text, a.number = word.String(), len(a.before)
	return a
}

// maxFiles is how many names of a folder are looked at.
const maxFiles = 10_000

// files completes the name of a file. Those that begin with a dot are hidden until
// that is typed.
func (c *Completer) files(a argument, patience *time.Timer) []Candidate {
	folder, name := filepath.Split(a.text)
	real := folder
	if below, ok := strings.CutPrefix(folder, "~/"); ok {
		real = filepath.Join(c.o.Home, below)
	}
	if real == "" {
		real = "."
	}
	o := newOffers(name)
	for _, e := range readFolder(real, patience) {
		if strings.HasPrefix(e.name, ".") && !strings.HasPrefix(name, ".") || !printable(e.name) {
			continue
		}
		show := e.name
		if e.folder {
			show += "/"
		}
		o.offer(e.name, Candidate{Text: quoteArgument(folder+show, !e.folder), Show: show})
	}
	return o.all()
}

// An entry is one of a folder.
type entry struct {
	name   string
	folder bool
}

// readFolder reads a folder. It is given up where that takes long: a file server
// that does not answer must not keep the prompt.
func readFolder(name string, patience *time.Timer) []entry {
	read := make(chan []entry, 1)
	go func() {
		defer close(read)
		f, err := os.Open(name)
		if err != nil {
			return // there is nothing to offer
		}
		defer f.Close()
		found, _ := f.ReadDir(maxFiles) // as many as can be read
		var all []entry
		for _, e := range found {
			folder := e.IsDir()
			if e.Type()&os.ModeSymlink != 0 {
				info, err := os.Stat(filepath.Join(name, e.Name()))
				folder = err == nil && info.IsDir()
			}
			all = append(all, entry{e.Name(), folder})
		}
		slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
		read <- all
	}()
	select {
	case all := <-read:
		return all
	case <-patience.C:
		patience.Reset(0)
		return nil
	}
}

// quoteArgument is text as words takes it for one argument. The quote of a folder
// stays open: its path goes on.
func quoteArgument(text string, closed bool) string {
	if !strings.ContainsAny(text, " \t'\"\\") {
		return text
	}
	quote := "'"
	switch {
	case !strings.Contains(text, "'"):
	case !strings.Contains(text, `"`):
		quote = `"`
	default:
		return strings.NewReplacer(" ", `\ `, "\t", "\\\t", "'", `\'`, `"`, `\"`, `\`, `\\`).Replace(text)
	}
	if closed {
		return quote + text + quote
	}
	return quote + text
}
