package render

import (
	"strings"
	"unicode"
)

// markdownLayout writes a table of GitHub's Markdown. Reports are read in
// browsers, so text from a log must come out as text there: what Markdown or
// HTML would act on (an image that calls home, a link that shows another
// address) is escaped.
type markdownLayout struct {
	out     *output
	columns []Column
	opts    Options
	unit    []byte
}

func (l *markdownLayout) begin() {
	// Markdown knows no table without a header; without names its cells are empty.
	l.out.string("|")
	for _, c := range l.columns {
		l.out.string(" ")
		if !l.opts.NoHeader {
			l.text([]byte(c.Name))
		}
		l.out.string(" |")
	}
	l.out.string("\n|")
	for _, c := range l.columns {
		if c.kind() == number {
			l.out.string(" ---: |")
		} else {
			l.out.string(" --- |")
		}
	}
	l.out.string("\n")
}

func (l *markdownLayout) row(cells []Cell) {
	l.out.string("|")
	for _, c := range cells {
		l.out.string(" ")
		switch {
		case c.Null:
			l.text([]byte(l.opts.Null))
		case isNullText(c, l.opts):
			l.text([]byte("'" + l.opts.Null + "'"))
		default:
			l.text(c.Text)
		}
		l.out.string(" |")
	}
	l.out.string("\n")
	l.out.spill()
}

func (l *markdownLayout) text(src []byte) {
	c := cleaner{src: src}
	var before byte = ' '
	for c.more() {
		if n := inert(c.src); n > 0 {
			before = c.src[n-1]
			l.out.bytes(c.take(n))
			continue
		}
		b := c.src[0]
		if b == '\n' || b == '\r' && len(c.src) > 1 && c.src[1] == '\n' {
			if b == '\n' {
				l.out.string("<br>")
			}
			c.take(1)
			before = ' '
			continue
		}
		l.unit, _ = c.unit(l.unit[:0])
		var after byte = ' '
		if c.more() {
			after = c.src[0]
		}
		if l.unit[0] == '\\' || len(l.unit) == 1 && active(before, b, after) {
			l.out.string(`\`)
		}
		l.out.bytes(l.unit)
		before = b
		l.out.spill()
	}
}

// inert returns how many bytes src begins with that mean nothing to Markdown.
func inert(src []byte) int {
	for i, b := range src {
		if b < ' ' || b > '~' || strings.IndexByte("\\`*_[]<>|~&$", b) >= 0 {
			return i
		}
	}
	return len(src)
}

// active says that Markdown or HTML would act on b. An underscore inside a word
// does nothing, and names are full of them.
func active(before, b, after byte) bool {
	switch b {
	case '`', '*', '[', ']', '<', '>', '|', '~', '&', '$':
		return true
	case '_':
		return !wordByte(before) || !wordByte(after)
	}
	return false
}

func wordByte(b byte) bool {
	return b >= 0x80 || unicode.IsLetter(rune(b)) || unicode.IsDigit(rune(b))
}

func (l *markdownLayout) end(*Stats) {}
