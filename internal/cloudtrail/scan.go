package cloudtrail

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// maxDepth is how deeply values may nest. CloudTrail's nest a dozen deep.
const maxDepth = 512

// A fault is what is wrong with the text, and where. It is a value that the
// scanner fills in and its callers pass on by returning -1: errors are rare and
// each call is counted in nanoseconds.
type fault struct {
	at    int // offset in the scanner's data
	what  string
	short bool // the text ended: more of it might mend this
	// hostile: nested too deeply or too long, but well formed as far as read.
	hostile bool
}

// A scanner finds where JSON values begin and end, strictly by RFC 8259, and
// whether their strings are Unicode.
type scanner struct {
	data  []byte
	fault fault
	// notUnicode is set when a string, or a \u escape in one, was met that
	// is not Unicode; reset by who asks.
	notUnicode bool
	// escaped is set when the last string scanned has escapes.
	escaped bool
	// keyEnd is where the closing quote of the last member's name is, and
	// keyEscaped is set when that name has escapes.
	keyEnd     int
	keyEscaped bool
}

func (s *scanner) fail(at int, what string) int {
	s.fault = fault{at: at, what: what}
	return -1
}

func (s *scanner) failShort() int {
	s.fault = fault{at: len(s.data), what: "the text ends inside a value", short: true}
	return -1
}

// space returns the offset of the first byte from i that is not white space.
func (s *scanner) space(i int) int {
	if i < len(s.data) && s.data[i] > ' ' {
		return i // as it mostly is
	}
	return s.spaces(i)
}

func (s *scanner) spaces(i int) int {
	for i < len(s.data) {
		switch s.data[i] {
		case ' ', '\n', '\t', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// SWAR: what needs a look in a string is a quote, a backslash, a control
// character or a byte above ASCII.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special returns the highest bit of each such byte, up to the first of them;
// above it bits may be set for nothing. A subtraction sets it for a byte that is
// below, and for one above ASCII, which is wanted anyway.
func special(w uint64) uint64 {
	return (((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones) | (w - ones*' ') | w) & highs
}

// str scans the string whose opening quote is at i-1 and returns the offset of
// its closing quote, or -1.
func (s *scanner) str(i int) int {
	s.escaped = false
	data, start, high := s.data, i, false
	for {
		for i+8 <= len(data) {
			m := special(binary.LittleEndian.Uint64(data[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(data) {
			return s.failShort()
		}
		switch c := data[i]; {
		case c == '"':
			if high && !utf8.Valid(data[start:i]) {
				s.notUnicode = true
			}
			return i
		case c == '\\':
			s.escaped = true
			if i = s.escape(i); i < 0 {
				return -1
			}
		case c < 0x20:
			return s.fail(i, "a control character in a string")
		default:
			high = high || c >= utf8.RuneSelf
			i++
		}
	}
}

// escape checks the escape sequence at i and returns the offset after it. The
// two halves of a surrogate pair are one.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.data) {
		return s.failShort()
	}
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return s.fail(i, "an unknown escape in a string")
	}
	if i+6 > len(s.data) {
		return s.failShort()
	}
	r, ok := hex4(s.data[i+2:])
	if !ok {
		return s.fail(i, `four hexadecimal digits must follow \u`)
	}
	if r < 0xd800 || r > 0xdfff {
		return i + 6
	}
	if rest := s.data[i+6:]; r < 0xdc00 && (bytes.HasPrefix(rest, []byte(`\u`)) || len(rest) < 2) {
		if len(rest) < 6 {
			return s.failShort()
		}
		if low, ok := hex4(rest[2:]); ok && low >= 0xdc00 && low <= 0xdfff {
			return i + 12
		}
	}
	s.notUnicode = true
	return i + 6
}

func hex4(b []byte) (r rune, ok bool) {
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// literal checks that word stands at i and returns the offset after it.
func (s *scanner) literal(i int, word string) int {
	if n := len(s.data) - i; n < len(word) {
		if string(s.data[i:]) == word[:n] {
			return s.failShort()
		}
		return s.fail(i, "not a JSON value")
	}
	if string(s.data[i:i+len(word)]) != word {
		return s.fail(i, "not a JSON value")
	}
	return i + len(word)
}

// number checks the number at i and returns the offset after it.
func (s *scanner) number(i int) int {
	start, data := i, s.data
	if data[i] == '-' {
		i++
	}
	from := i
	i = digits(data, i)
	ok := i > from && (data[from] != '0' || i == from+1)
	if ok && i < len(data) && data[i] == '.' {
		from = i + 1
		i = digits(data, from)
		ok = i > from
	}
	if ok && i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		from = i
		i = digits(data, from)
		ok = i > from
	}
	if i >= len(data) {
		return s.failShort() // a number alone is no record
	}
	if !ok {
		return s.fail(start, "not a JSON number")
	}
	return i
}

// digits returns the offset after the digits at i.
func digits(data []byte, i int) int {
	for i < len(data) && data[i]-'0' < 10 {
		i++
	}
	return i
}

// scalar scans the string, number or literal at i and returns the offset after it.
func (s *scanner) scalar(i int) int {
	switch c := s.data[i]; {
	case c == '"':
		if i = s.str(i + 1); i < 0 {
			return -1
		}
		return i + 1
	case c == 't':
		return s.literal(i, "true")
	case c == 'f':
		return s.literal(i, "false")
	case c == 'n':
		return s.literal(i, "null")
	case c == '-' || c-'0' < 10:
		return s.number(i)
	default:
		return s.fail(i, "not a JSON value")
	}
}

// value scans the value at i, whatever it is, and returns the offset after it.
// It does not recurse: what is open is a bit each, 1 for an object.
func (s *scanner) value(i int) int {
	if i >= len(s.data) {
		return s.failShort()
	}
	if c := s.data[i]; c != '{' && c != '[' {
		return s.scalar(i)
	}
	var open [maxDepth / 64]uint64
	depth := 0
	for {
		// At i a value begins.
		if i >= len(s.data) {
			return s.failShort()
		}
		switch s.data[i] {
		case '{', '[':
			object := s.data[i] == '{'
			if depth == maxDepth {
				s.fault = fault{at: i, what: "nested more than 512 deep", hostile: true}
				return -1
			}
			word, bit := &open[depth/64], uint64(1)<<(depth%64)
			*word &^= bit
			depth++
			i = s.space(i + 1)
			if i >= len(s.data) {
				return s.failShort()
			}
			if object {
				*word |= bit
				if s.data[i] != '}' {
					if i = s.key(i); i < 0 {
						return -1
					}
					continue
				}
			} else if s.data[i] != ']' {
				continue
			}
			depth--
			i++
		default:
			if i = s.scalar(i); i < 0 {
				return -1
			}
		}
		// After a value: close what ends, or go on to the next.
		for depth > 0 {
			i = s.space(i)
			if i >= len(s.data) {
				return s.failShort()
			}
			object := open[(depth-1)/64]>>((depth-1)%64)&1 == 1
			c := s.data[i]
			if c == ',' {
				i = s.space(i + 1)
				if object {
					if i = s.key(i); i < 0 {
						return -1
					}
				}
				break
			}
			if object && c == '}' || !object && c == ']' {
				depth--
				i++
				continue
			}
			if object {
				return s.fail(i, "no comma or } after a member")
			}
			return s.fail(i, "no comma or ] after an element")
		}
		if depth == 0 {
			return i
		}
	}
}

// skim returns the offset after the value at i by its brackets and quotes alone,
// so that a record that nests too deeply does not hide those after it.
func (s *scanner) skim(i int) int {
	for open := 0; i < len(s.data); i++ {
		switch s.data[i] {
		case '{', '[':
			open++
		case '}', ']':
			if open--; open == 0 {
				return i + 1
			}
		case '"':
			if i = s.str(i + 1); i < 0 {
				return -1
			}
		}
	}
	return s.failShort()
}

// key scans a member's name and the colon at i, and returns where its value begins.
func (s *scanner) key(i int) int {
	if i >= len(s.data) {
		return s.failShort()
	}
	if s.data[i] != '"' {
		return s.fail(i, "a member's name must be a string")
	}
	if i = s.str(i + 1); i < 0 {
		return -1
	}
	s.keyEnd, s.keyEscaped = i, s.escaped
	return s.colon(i + 1)
}

// colon returns where the value begins after the colon at or after i.
func (s *scanner) colon(i int) int {
	if i = s.space(i); i >= len(s.data) {
		return s.failShort()
	}
	if s.data[i] != ':' {
		return s.fail(i, "no colon after a member's name")
	}
	return s.space(i + 1)
}
