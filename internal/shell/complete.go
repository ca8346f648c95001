package shell

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
)

// A Candidate is what a word may become. It holds no character that drives a
// terminal, and what of it is from a log is quoted: it cannot end the literal that
// it is put into.
type Candidate struct {
	Text string // replaces the word
	Show string // in a list: a function has its arguments
}

// completeWithin is how long Complete may take where the engine is asked. A person
// who has pressed Tab takes that for at once.
const completeWithin = 150 * time.Millisecond

// An Asker answers the questions of a Completer: a Session does. It may refuse any
// with an error, and is then asked again later.
type Asker interface {
	Run(ctx context.Context, statement string, params map[string]string) (Answer, error)
}

// CompleterOptions are what candidates come from. All may be left out.
type CompleterOptions struct {
	// Asker is asked in the background, while nothing is held.
	Asker Asker
	// Cache is the file of which the lists are: it is looked at to know whether
	// they are old. Without one only names are asked for, no values: where logs
	// are read from their source, that would be to read them all.
	Cache   string
	Dots    []Dot // nil are the shell's own
	Queries []queries.Query
	Params  func() []string // names of those that are set
	// InTransaction reports whether one is open, in which nothing is asked.
	InTransaction func() bool
	Home          string // folder that ~ stands for
}

// A Completer knows what a word at the prompt may become. Its lists are as old as
// the last answer to a question: to wait is worse.
type Completer struct {
	o     CompleterOptions
	lists lists
}

// NewCompleter makes one. It asks nothing before Start.
func NewCompleter(o CompleterOptions) *Completer {
	if o.Dots == nil {
		o.Dots = dots()
	}
	c := &Completer{o: o}
	c.lists.init(o.Asker, o.Cache)
	return c
}

// Start has the lists asked for, until ctx ends or Close is called.
func (c *Completer) Start(ctx context.Context) {
	if c.o.Asker == nil {
		return
	}
	all := []question{tablesQuestion}
	if c.o.Cache != "" {
		all = append(all, fields[0].question())
	}
	all = append(all, mineQuestion, functionsQuestion)
	if c.o.Cache != "" {
		for _, f := range fields[1:] {
			if f.early {
				all = append(all, f.question())
			}
		}
	}
	c.lists.start(ctx, all)
}

// Close ends what Start began, and returns when nothing is asked any more.
func (c *Completer) Close() { c.lists.close() }

// Hold says that a statement, or a command, will run that may need the Asker's
// session or the cache's file for itself: what is being asked is broken off, and
// nothing is asked until release is called, nor in a transaction that is open then.
// That is more than manners. Locks of a file are the process's: were the cache
// attached in two sessions of one process, the first to let go of it would let go
// for both.
func (c *Completer) Hold(statement string) (release func()) {
	class := dialect.Classify(statement)
	c.lists.hold()
	return func() {
		c.lists.transaction(c.o.InTransaction != nil && c.o.InTransaction())
		c.lists.release()
		switch class.Kind {
		case dialect.Query, dialect.Describe, dialect.Explain:
		default: // there may be other tables now
			c.lists.again(tablesQuestion, mineQuestion, functionsQuestion)
		}
	}
}

// Kept says which columns the table _ has.
func (c *Completer) Kept(columns []render.Column) {
	r := relation{name: "_"}
	for _, k := range columns {
		r.columns = append(r.columns, column{name: k.Name, typ: parseType(k.Type)})
	}
	c.lists.keep(&r)
}

// Complete returns what the word before the cursor, which is a byte of text, may
// become, the likeliest first, and where that word begins. text is the whole
// statement, or the command.
func (c *Completer) Complete(text string, cursor int) (from int, all []Candidate) {
	if cursor < 0 || cursor > len(text) {
		return cursor, nil
	}
	patience := c.lists.patience()
	defer patience.Stop()
	if blank := len(text) - len(strings.TrimLeft(text, " \t\n")); strings.HasPrefix(text[blank:], ".") {
		if cursor <= blank {
			return cursor, nil
		}
		return c.dots(text, blank, cursor, patience)
	}
	p, ok := findPlace(text, cursor)
	if !ok {
		return cursor, nil
	}
	s := &statement{place: p, known: c, patience: patience}
	s.parse()
	return p.from, s.candidates()
}

// offers gathers candidates: those that begin with what is typed, in any case, and
// where there are none of these, those that hold it.
type offers struct {
	typed  string
	seen   map[string]bool
	begin  []Candidate
	inside []Candidate
}

func newOffers(typed string) *offers { return &offers{typed: typed, seen: map[string]bool{}} }

// offer adds a candidate that is known by name. What does not print is left out.
func (o *offers) offer(name string, c Candidate) {
	begins := hasPrefixFold(name, o.typed)
	if !begins && (len(o.begin) > 0 || len(o.typed) < 2 || !containsFold(name, o.typed)) {
		return
	}
	if o.seen[c.Text] || !printable(c.Text) {
		return
	}
	o.seen[c.Text] = true
	c.Show = render.Clean(cmp.Or(c.Show, c.Text))
	if begins {
		o.begin = append(o.begin, c)
	} else {
		o.inside = append(o.inside, c)
	}
}

func (o *offers) all() []Candidate {
	if len(o.begin) > 0 {
		return o.begin
	}
	return o.inside
}

func hasPrefixFold(s, head string) bool {
	return len(s) >= len(head) && strings.EqualFold(s[:len(head)], head)
}

func containsFold(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// maxValue is the length in bytes of the longest text that is offered.
const maxValue = 200

// printable says that a terminal shows s as it is.
func printable(s string) bool {
	return s != "" && len(s) <= 2*maxValue+2 && utf8.ValidString(s) && render.Clean(s) == s
}
