package render

import (
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// widths are those of a terminal that shows ambiguous characters narrow, which
// is what all do outside East Asian locales. They are taken rune by rune, as
// wcwidth does: what joins runes into one sign (zero width joiners, variation
// selectors) is shown as an escape, so there is nothing left to be joined.
var widths = &runewidth.Condition{StrictEmojiNeutral: true}

// maxMarks is how many combining marks a character may carry; further ones are
// escaped, so that no text grows into the lines above it.
const maxMarks = 4

// Clean returns s as it can be written on one line of a terminal: everything
// that is not a printing character becomes a visible escape.
func Clean(s string) string {
	if plain([]byte(s)) == len(s) {
		return s
	}
	return string(appendClean(nil, []byte(s)))
}

// CleanLines is Clean for a message of several lines, whose line breaks it keeps.
func CleanLines(s string) string {
	var out []byte
	start := 0
	for i := range len(s) {
		if s[i] == '\n' {
			out = append(appendClean(out, []byte(s[start:i])), '\n')
			start = i + 1
		}
	}
	return string(appendClean(out, []byte(s[start:])))
}

func appendClean(dst, src []byte) []byte {
	c := cleaner{src: src}
	for c.more() {
		if n := plain(c.src); n > 0 {
			dst = append(dst, c.take(n)...)
			continue
		}
		dst, _ = c.unit(dst)
	}
	return dst
}

// plain returns how many bytes src begins with that are printing ASCII.
func plain(src []byte) int {
	for i, b := range src {
		if b < ' ' || b > '~' {
			return i
		}
	}
	return len(src)
}

// cleaner walks over a text, unit by unit: a character or its escape.
type cleaner struct {
	src   []byte
	marks int // combining marks since the last character
}

func (c *cleaner) more() bool { return len(c.src) > 0 }

// take consumes n bytes that plain has seen.
func (c *cleaner) take(n int) []byte {
	b := c.src[:n]
	c.src = c.src[n:]
	c.marks = 0
	return b
}

// unit consumes one character, appends what is shown for it, and returns how
// many columns that takes.
func (c *cleaner) unit(dst []byte) ([]byte, int) {
	r, n := utf8.DecodeRune(c.src)
	shown := c.src[:n]
	c.src = c.src[n:]
	if r == utf8.RuneError && n == 1 {
		c.marks = 0
		return appendHex(dst, `\x`, rune(shown[0]), 2), 4
	}
	if !hidden(r) {
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			c.marks = 0
			return append(dst, shown...), width(r)
		}
		if c.marks++; c.marks <= maxMarks {
			return append(dst, shown...), width(r)
		}
	}
	start := len(dst)
	dst = appendEscape(dst, r)
	return dst, len(dst) - start
}

// Width returns how many columns a clean text takes on a terminal.
func Width(clean string) (columns int) {
	for _, r := range clean {
		columns += width(r)
	}
	return columns
}

func width(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	return widths.RuneWidth(r)
}

func appendEscape(dst []byte, r rune) []byte {
	switch {
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r < utf8.RuneSelf:
		return appendHex(dst, `\x`, r, 2)
	case r > 0xFFFF:
		return appendHex(dst, `\U`, r, 8)
	}
	return appendHex(dst, `\u`, r, 4)
}

// appendHex is fmt's %0*x without its cost: a hostile cell is all escapes.
func appendHex(dst []byte, prefix string, r rune, digits int) []byte {
	dst = append(dst, prefix...)
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[r>>shift&15])
	}
	return dst
}

// hidden says that a character is not shown by a terminal as a sign of its own
// (controls, bidi controls, zero width, line separators, fillers, what Unicode
// has not assigned), so that it could drive the terminal or hide from a reader.
func hidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7F
	}
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r)
}
