package dialect

import "strings"

// A Statement is one statement of a longer text.
type Statement struct {
	// Text is the statement without blanks and comments around it and without
	// its semicolon. A quote or comment that never ends is part of it, so that
	// DuckDB, given the text, refuses it too.
	Text   string
	Offset int // where Text begins in the whole, in bytes
	Line   int // and on which line, from 1
	// Terminated says that a semicolon follows; a shell runs no other.
	Terminated bool
	// Open is what the text leaves open, as it was opened: ' " /* $tag$ ( [ {,
	// the innermost if there are several, and empty if none. A semicolon ends a
	// statement inside brackets too: no statement of DuckDB's holds one there.
	Open string
	// NUL says that Text holds a zero byte. DuckDB's C interface ends there and
	// would run what stands before it: refuse it instead.
	NUL bool
}

// Split cuts text into its statements. What holds nothing but blanks and
// comments is no statement; an unclosed comment at the end is one, with Open
// set.
func Split(text string) []Statement {
	s := splitter{text: text, line: 1}
	for t := range Scan(text) {
		s.token(t)
	}
	s.end(false)
	return s.out
}

type splitter struct {
	text string
	out  []Statement

	started     bool
	start, stop int // the statement so far
	quote       string
	brackets    bracketStack

	line, lineAt int // line is that of the byte lineAt
}

func (s *splitter) token(t Token) {
	if t.Kind == Comment && !t.Open {
		return
	}
	text := t.Text(s.text)
	if t.Kind == Punct && text == ";" {
		s.end(true)
		return
	}
	if !s.started {
		s.started, s.start = true, t.Start
	}
	s.stop = t.End
	switch {
	case t.Open:
		s.quote = opening(text)
	case t.Kind == Punct:
		s.brackets.see(text[0])
	}
}

func (s *splitter) end(terminated bool) {
	if !s.started {
		return
	}
	s.line += strings.Count(s.text[s.lineAt:s.start], "\n")
	s.lineAt = s.start
	text := s.text[s.start:s.stop]
	open := s.quote
	if open == "" {
		open = s.brackets.innermost()
	}
	s.out = append(s.out, Statement{
		Text: text, Offset: s.start, Line: s.line, Terminated: terminated, Open: open,
		NUL: strings.IndexByte(text, 0) >= 0,
	})
	s.started, s.quote = false, ""
	s.brackets.open = s.brackets.open[:0]
}

// opening returns how an unclosed token opens.
func opening(token string) string {
	switch {
	case strings.HasPrefix(token, "/*"):
		return "/*"
	case token[0] == '$':
		return token[:strings.IndexByte(token[1:], '$')+2]
	}
	if i := strings.IndexAny(token, `'"`); i >= 0 {
		return token[i : i+1]
	}
	return token[:1]
}

// bracketStack holds the open brackets. A closing one that does not match is
// left to DuckDB to complain about.
type bracketStack struct{ open []byte }

func (b *bracketStack) see(c byte) {
	switch c {
	case '(', '[', '{':
		b.open = append(b.open, c)
		return
	}
	if i := strings.IndexByte(")]}", c); i >= 0 && len(b.open) > 0 && b.open[len(b.open)-1] == "([{"[i] {
		b.open = b.open[:len(b.open)-1]
	}
}

func (b *bracketStack) innermost() string {
	if len(b.open) == 0 {
		return ""
	}
	return string(b.open[len(b.open)-1:])
}
