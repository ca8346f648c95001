package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/render"
	"golang.org/x/term"
)

// mostHeld is how many bytes are held back before the pager is started, however
// few lines they are.
const mostHeld = 1 << 20

// page shows what write writes: as it is where out is no terminal or all fits on
// the screen, else through a pager, which is a command of the system's shell, or
// less if it is empty. At most a screenful is held back before it starts. That
// its reader left before the end is no error, and ends write, which gets EPIPE.
// When ctx ends so does the pager.
func page(ctx context.Context, out *os.File, pager string, write func(io.Writer) error) error {
	columns, lines, err := term.GetSize(int(out.Fd()))
	if err != nil { // no terminal
		return write(out)
	}
	if columns <= 0 || lines <= 1 {
		columns, lines = 80, 24 // a terminal that does not tell
	}
	args, err := pagerCommand(pager)
	if len(args) == 0 {
		return errors.Join(write(out), err)
	}
	s := &screenful{out: out, args: args, columns: columns, room: lines - 1}
	stop := context.AfterFunc(ctx, s.pager.end)
	defer stop()
	err = write(s)
	return errors.Join(s.end(err), ctx.Err())
}

// pagerCommand returns what is to be run: nothing where there is neither less nor
// more, or with an error where the person's own is missing.
func pagerCommand(pager string) ([]string, error) {
	if pager == "" {
		// Not -F, which would end at once and leave the ends of long lines cut, and
		// may come from $LESS. -S: a table's lines go on to the right; -X: what was
		// read stays above the prompt.
		if less, err := exec.LookPath("less"); err == nil {
			return []string{less, "-+F", "-SRX"}, nil
		}
		if more, err := exec.LookPath("more"); err == nil {
			return []string{more}, nil
		}
		return nil, nil
	}
	// Words with other signs in them are the system shell's to understand.
	if name, _, _ := strings.Cut(strings.TrimSpace(pager), " "); !strings.ContainsAny(name, "=$'\"`\\;|&<>()~*?") {
		if _, err := exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("pager %s is not found\nhint: .pager CMD names another, .pager off needs none", render.Clean(name))
		}
	}
	return []string{"/bin/sh", "-c", pager}, nil
}

// screenful holds back what is written until it is more than fits on the screen;
// then a pager starts, and takes that and the rest.
type screenful struct {
	out           *os.File
	args          []string
	columns, room int // of the screen; room is in lines

	held   []byte
	lines  int
	column int
	escape bool // within the sequence that sets a colour

	to     io.Writer // the pager, or out where it does not start; nil is not yet
	pager  pagerProcess
	failed error // why the pager did not start
}

func (s *screenful) Write(p []byte) (int, error) {
	if s.to != nil {
		return s.to.Write(p)
	}
	s.held = append(s.held, p...)
	if s.fits(p) && len(s.held) <= mostHeld {
		return len(p), nil
	}
	pipe, err := s.pager.start(s.out, s.args)
	switch {
	case errors.Is(err, context.Canceled):
		return 0, err
	case err != nil:
		s.failed, s.to = fmt.Errorf("pager %s: %w", s.args[0], err), s.out
	default:
		s.to = pipe
	}
	if _, err := s.to.Write(s.held); err != nil {
		return 0, err
	}
	s.held = nil
	return len(p), nil
}

// fits counts p and says whether all so far fits on the screen.
func (s *screenful) fits(p []byte) bool {
	for len(p) > 0 && s.lines <= s.room {
		r, n := utf8.DecodeRune(p)
		p = p[n:]
		switch {
		case s.escape:
			s.escape = r != 'm'
		case r == '\x1b':
			s.escape = true
		case r == '\n':
			s.lines++
			s.column = 0
		default:
			s.column += render.Width(string(r))
		}
		if s.column > s.columns {
			return false
		}
	}
	return s.lines < s.room || s.lines == s.room && s.column == 0
}

// end shows what was held back, or waits for the reader to leave the pager. err
// is what writing ended with.
func (s *screenful) end(err error) error {
	if s.to == nil {
		_, shown := io.Copy(s.out, bytes.NewReader(s.held))
		return errors.Join(err, shown)
	}
	if s.failed != nil {
		return errors.Join(err, s.failed)
	}
	if errors.Is(err, syscall.EPIPE) {
		err = nil
	}
	return errors.Join(err, s.pager.wait())
}
