package shell

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// statements gathers lines until they end a statement.
type statements struct {
	typed strings.Builder
	first int // the line that it begins in
	split int // its length when it was last looked at
}

func (s *statements) text() string { return s.typed.String() }
func (s *statements) blank() bool  { return strings.TrimSpace(s.text()) == "" }

// begun reports whether there is more than blanks and comments.
func (s *statements) begun() bool {
	return !s.blank() && (s.typed.Len() > shortText || len(dialect.Split(s.text())) > 0)
}

func (s *statements) reset() { s.typed.Reset(); s.split = 0 }

// shortText is how much text is looked at with each line: what is longer is looked
// at only when it may have ended, so that a long script is not read over and over.
const shortText = 64 << 10

// add takes a line, with its line break, and returns the statements that it ends,
// each with the line of the input that it begins in. number is that of the line.
func (s *statements) add(line string, number int) []dialect.Statement {
	if s.typed.Len() == 0 {
		s.first = number
	}
	s.typed.WriteString(line)
	n := s.typed.Len()
	if !strings.Contains(line, ";") {
		if s.blank() {
			s.reset()
		}
		return nil
	}
	ends := strings.HasSuffix(strings.TrimRight(line, " \t\r\n"), ";")
	if n > shortText && !ends && n < s.split+s.split/8 {
		return nil
	}
	s.split = n
	return s.take(func(st dialect.Statement) bool { return st.Terminated })
}

// end returns what is left at the end of the input.
func (s *statements) end() []dialect.Statement {
	return s.take(func(dialect.Statement) bool { return true })
}

// take returns the statements up to the first that is not ready, and keeps the rest.
func (s *statements) take(ready func(dialect.Statement) bool) (all []dialect.Statement) {
	text := s.text()
	parts := dialect.Split(text)
	left := 0
	for i, st := range parts {
		if !ready(st) {
			break
		}
		left = len(text)
		if i+1 < len(parts) {
			left = parts[i+1].Offset
		}
		st.Line += s.first - 1
		all = append(all, st)
	}
	if left == 0 {
		return nil
	}
	rest, line := text[left:], s.first+strings.Count(text[:left], "\n")
	s.reset()
	if strings.TrimSpace(rest) != "" {
		s.typed.WriteString(rest)
		s.first = line
	}
	return all
}

// open is what the text leaves open, as it was opened.
func (s *statements) open() string {
	if s.typed.Len() > shortText {
		return ""
	}
	parts := dialect.Split(s.text())
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1].Open
}

// A script is read line by line.
type script struct {
	r      *bufio.Reader
	number int // of the line that was read last
}

func scriptReader(r io.Reader) *script { return &script{r: bufio.NewReader(r)} }

func (s *script) lines() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for {
			line, err := s.r.ReadString('\n')
			if line != "" {
				s.number++
				if !yield(line, nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield("", err)
				return
			}
		}
	}
}
