package shell

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What a terminal that knows bracketed paste puts around what is pasted, and what
// turns that on and off.
const (
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
	pasteOn     = "\x1b[?2004h"
	pasteOff    = "\x1b[?2004l"
)

// pasted stands for a paste in what the line editor reads: it would draw the line
// again for each character. It is in a private use area of Unicode.
const pasted = '\ue00b'

// askPosition is what the line editor asks a terminal, and position the answer that
// it is given here: it writes its prompt at the start of a line only. Terminals that
// do not answer would leave it waiting.
const (
	askPosition = "\x1b[6n"
	position    = "\x1b[1;1R"
)

// input is what is typed, with pastes taken out.
type input struct {
	from io.Reader

	mu     sync.Mutex
	ready  []byte // for the editor
	held   []byte // the beginning of what may be pasteBegins, or pasteEnds
	inside bool
	paste  []byte
	pastes []string
}

// longestPaste is where a paste is cut: nobody types so much.
const longestPaste = 64 << 20

// Read yields what is typed.
func (in *input) Read(p []byte) (int, error) {
	for {
		in.mu.Lock()
		n := copy(p, in.ready)
		in.ready = in.ready[n:]
		in.mu.Unlock()
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		typed := make([]byte, 4096)
		n, err := in.from.Read(typed)
		in.mu.Lock()
		in.take(typed[:n])
		in.mu.Unlock()
		if n == 0 && err != nil {
			return 0, err
		}
	}
}

// take sorts what was read into what is typed and what is pasted.
func (in *input) take(b []byte) {
	b = append(in.held, b...)
	in.held = nil
	for len(b) > 0 {
		mark, to := pasteBegins, &in.ready
		if in.inside {
			mark, to = pasteEnds, &in.paste
		}
		i := bytes.Index(b, []byte(mark))
		if i < 0 {
			keep := beginning(b, mark)
			*to = append(*to, b[:len(b)-keep]...)
			in.held = bytes.Clone(b[len(b)-keep:])
			in.paste = in.paste[:min(len(in.paste), longestPaste)]
			return
		}
		*to = append(*to, b[:i]...)
		b = b[i+len(mark):]
		if in.inside {
			in.pastes = append(in.pastes, string(in.paste))
			in.ready = utf8.AppendRune(in.ready, pasted)
			in.paste = nil
		}
		in.inside = !in.inside
	}
}

// beginning is how much of the end of b may be the beginning of mark. A lone escape
// waits too: the editor waits for what follows it anyhow.
func beginning(b []byte, mark string) int {
	for n := min(len(mark)-1, len(b)); n > 0; n-- {
		if strings.HasPrefix(mark, string(b[len(b)-n:])) {
			return n
		}
	}
	return 0
}

// next is the paste that comes next, if there is one.
func (in *input) next() (string, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.pastes) == 0 {
		return "", false
	}
	text := in.pastes[0]
	in.pastes = in.pastes[1:]
	return text, true
}

// answer is read before what is typed next.
func (in *input) answer(text string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ready = append([]byte(text), in.ready...)
}

// drawing is where the editor draws.
type drawing struct {
	to io.Writer
	in *input
}

func (s drawing) Write(p []byte) (int, error) {
	if i := bytes.Index(p, []byte(askPosition)); i >= 0 {
		s.in.answer(position)
		if _, err := s.to.Write(append(bytes.Clone(p[:i]), p[i+len(askPosition):]...)); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return s.to.Write(p)
}

// cleanPaste is a paste as it can be edited: lines end in \n, and what would drive
// the terminal is left out, and counted.
func cleanPaste(text string) (clean string, left int) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	clean = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && drives(r) {
			left++
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return clean, left
}

// drives reports whether a terminal may obey a character, or show others in another order.
func drives(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == pasted
}
