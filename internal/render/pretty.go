package render

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode"
	"unicode/utf8"
)

// deepest is how many levels of JSON stand on lines of their own; what is below
// goes on in its line. Ten thousand brackets would be indented by 100 MB.
const deepest = 32

// The colours of JSON: the signs between values keep that of the terminal.
const (
	colorKey     = "\x1b[36m"
	colorString  = "\x1b[32m"
	colorLiteral = "\x1b[33m" // numbers, true and false
	colorOff     = "\x1b[39m"
)

// PrettyJSON writes JSON text for a person to read on a terminal: a member a
// line, two blanks a level, a line break at the end. Numbers and strings keep
// their text and members their order, but for characters that could drive a
// terminal, which are written as \u escapes; so it is JSON still, if color is not
// asked for. What is no JSON is written cleaned, line by line.
func PrettyJSON(w io.Writer, text []byte, color bool) error {
	out := &output{w: w}
	if json.Valid(text) {
		p := prettyPrinter{out: out, color: color}
		p.value(text)
	} else {
		for line := range bytes.Lines(text) {
			line, _ = bytes.CutSuffix(line, []byte("\n"))
			writeClean(out, line)
			out.string("\n")
		}
	}
	out.flush()
	return out.err
}

// writeClean writes a text as Clean has it, however long it is.
func writeClean(out *output, text []byte) {
	for c := (cleaner{src: text}); c.more(); out.spill() {
		if n := plain(c.src[:min(len(c.src), 64<<10)]); n > 0 {
			out.bytes(c.take(n))
			continue
		}
		out.buf, _ = c.unit(out.buf)
	}
}

// prettyPrinter walks over valid JSON, token by token.
type prettyPrinter struct {
	out   *output
	color bool
	open  []byte // brackets that are not closed yet
}

func (p *prettyPrinter) value(text []byte) {
	key := false // the next string is a member's name
	for i := 0; i < len(text) && p.out.err == nil; p.out.spill() {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '{', '[':
			i++
			key = c == '{'
			p.out.buf = append(p.out.buf, c)
			if n := len(text[i:]) - len(bytes.TrimLeft(text[i:], " \t\r\n")); text[i+n] == c+2 {
				p.out.buf = append(p.out.buf, c+2) // nothing is in it
				i += n + 1
				continue
			}
			p.open = append(p.open, c)
			p.lineBreak("")
		case '}', ']':
			i++
			deep := len(p.open) > deepest
			p.open = p.open[:len(p.open)-1]
			if !deep {
				p.lineBreak("")
			}
			p.out.buf = append(p.out.buf, c)
		case ',':
			i++
			key = p.open[len(p.open)-1] == '{'
			p.out.string(",")
			p.lineBreak(" ")
		case ':':
			i++
			p.out.string(": ")
		case '"':
			n := stringLength(text[i:])
			p.string(text[i:i+n], key)
			key = false
			i += n
		default:
			n := literalLength(text[i:])
			p.literal(text[i : i+n])
			i += n
		}
	}
	p.out.string("\n")
}

// lineBreak begins a line, or below deepest writes what stands in place of that.
func (p *prettyPrinter) lineBreak(inLine string) {
	if len(p.open) > deepest {
		p.out.string(inLine)
		return
	}
	p.out.string("\n")
	p.out.repeat("  ", len(p.open))
}

func (p *prettyPrinter) string(text []byte, key bool) {
	switch {
	case p.color && key:
		p.out.string(colorKey)
	case p.color:
		p.out.string(colorString)
	}
	marks, start := 0, 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf && c != 0x7F {
			marks = 0
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		if r == utf8.RuneError && n == 1 || hidden(r) || marks > maxMarks {
			p.out.buf = appendJSONRune(append(p.out.buf, text[start:i]...), r)
			p.out.spill()
			start = i + n
		}
		i += n
	}
	p.out.bytes(text[start:])
	if p.color {
		p.out.string(colorOff)
	}
}

func (p *prettyPrinter) literal(text []byte) {
	on, off := "", ""
	switch {
	case p.color && text[0] == 'n':
		on, off = dimOn, dimOff
	case p.color:
		on, off = colorLiteral, colorOff
	}
	p.out.string(on)
	p.out.bytes(text)
	p.out.string(off)
}

// literalLength is that of the number, true, false or null that s begins with.
func literalLength(s []byte) int {
	if n := bytes.IndexAny(s, ",]} \t\r\n"); n >= 0 {
		return n
	}
	return len(s)
}
