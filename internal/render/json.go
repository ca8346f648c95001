package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON keeps the text of every number: nothing passes through a float. What
// JSON cannot say is a string: nan, inf, -inf in number columns as DuckDB spells
// them, "NaN", "Infinity", "-Infinity" inside nested values. Nested values and
// JSON text stand as they were, members in their order; only line breaks between
// tokens become blanks, so that an object stays on its line. Characters that
// could drive a terminal are written as \u escapes, which mean the same to every
// reader of JSON. Of two columns of one name the second is called name_1.

type jsonLayout struct {
	out   *output
	keys  [][]byte // ["name":]
	kinds []kind
	array bool
	rows  int64
}

func newJSON(out *output, columns []Column, array bool) *jsonLayout {
	l := &jsonLayout{out: out, array: array}
	for i, name := range uniqueNames(columns) {
		l.keys = append(l.keys, append(appendJSONString(nil, []byte(name)), ':'))
		l.kinds = append(l.kinds, columns[i].kind())
	}
	return l
}

// uniqueNames returns the columns' names, made unique as DuckDB does it.
func uniqueNames(columns []Column) []string {
	taken := map[string]bool{}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = strings.ToValidUTF8(c.Name, "\uFFFD")
		taken[names[i]] = true
	}
	seen, next := map[string]bool{}, map[string]int{}
	for i, name := range names {
		if seen[name] {
			for names[i] == name || taken[names[i]] {
				next[name]++
				names[i] = fmt.Sprintf("%s_%d", name, next[name])
			}
			taken[names[i]] = true
		}
		seen[names[i]] = true
	}
	return names
}

func (l *jsonLayout) begin() {
	if l.array {
		l.out.string("[")
	}
}

func (l *jsonLayout) row(cells []Cell) {
	if l.array && l.rows > 0 {
		l.out.string(",\n")
	}
	l.rows++
	buf := append(l.out.buf, '{')
	for i, c := range cells {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, l.keys[i]...)
		buf = appendJSON(buf, c, l.kinds[i])
	}
	buf = append(buf, '}')
	if !l.array {
		buf = append(buf, '\n')
	}
	l.out.buf = buf
	l.out.spill()
}

func (l *jsonLayout) end(*Stats) {
	if l.array {
		l.out.string("]\n")
	}
}

func appendJSON(dst []byte, c Cell, k kind) []byte {
	if c.Null {
		return append(dst, "null"...)
	}
	switch k {
	case number:
		if out, ok := appendJSONNumber(dst, c.Text); ok {
			return out
		}
	case boolean:
		if string(c.Text) == "true" || string(c.Text) == "false" {
			return append(dst, c.Text...)
		}
	case nested:
		if json.Valid(c.Text) {
			return appendEmbedded(dst, c.Text)
		}
		if fixed, ok := quoteNonFinite(c.Text); ok && json.Valid(fixed) {
			return appendEmbedded(dst, fixed)
		}
	}
	return appendJSONString(dst, c.Text)
}

// appendJSONNumber appends text if it is a number to JSON too. DuckDB leaves out
// the zero before the point of a DECIMAL without integer digits.
func appendJSONNumber(dst, text []byte) ([]byte, bool) {
	digits := bytes.TrimPrefix(text, []byte("-"))
	if len(digits) > 1 && digits[0] == '.' && unsignedNumber(append([]byte{'0'}, digits...)) {
		dst = append(dst, text[:len(text)-len(digits)]...)
		return append(append(dst, '0'), digits...), true
	}
	if !unsignedNumber(digits) {
		return dst, false
	}
	return append(dst, text...), true
}

// unsignedNumber says whether s is a JSON number without sign.
func unsignedNumber(s []byte) bool {
	n := countDigits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if len(s) > 0 && s[0] == '.' {
		if n = countDigits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if len(s) > 0 && s[0]|0x20 == 'e' {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = countDigits(s); n == 0 {
			return false
		}
		s = s[n:]
	}
	return len(s) == 0
}

func countDigits(s []byte) int {
	for i, c := range s {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(s)
}

// quoteNonFinite makes strings of what DuckDB's to_json writes for doubles that
// JSON has no number for.
func quoteNonFinite(text []byte) ([]byte, bool) {
	var out []byte
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '"':
			n := stringLength(text[i:])
			out = append(out, text[i:i+n]...)
			i += n
			continue
		case 'N', 'I', '-':
			if word := nonFinite(text[i:]); word != "" {
				out = append(append(append(out, '"'), word...), '"')
				i += len(word)
				continue
			}
		}
		out = append(out, text[i])
		i++
	}
	return out, len(out) > len(text)
}

func nonFinite(s []byte) string {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(s, []byte(word)) {
			return word
		}
	}
	return ""
}

// stringLength returns the length of the JSON string that s begins with.
func stringLength(s []byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// appendEmbedded appends valid JSON. Line breaks stand between its tokens only,
// and anything beyond ASCII in its strings only.
func appendEmbedded(dst, text []byte) []byte {
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c == '\n' || c == '\r' || c == 0x7F {
			dst = append(dst, text[start:i]...)
			i++
			start = i
			if c == 0x7F {
				dst = append(dst, `\u007f`...)
			} else {
				dst = append(dst, ' ')
			}
			continue
		}
		if c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || hidden(r) {
			dst = appendJSONRune(append(dst, text[start:i]...), r)
			start = i + n
		}
		i += n
	}
	return append(dst, text[start:]...)
}

// appendJSONString appends text as a JSON string, invalid bytes as U+FFFD.
func appendJSONString(dst, text []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < 0x7F && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, n = utf8.DecodeRune(text[i:]); !hidden(r) && (r != utf8.RuneError || n > 1) {
				i += n
				continue
			}
		}
		dst = appendJSONRune(append(dst, text[start:i]...), r)
		i += n
		start = i
	}
	return append(append(dst, text[start:]...), '"')
}

func appendJSONRune(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case utf8.RuneError:
		return utf8.AppendRune(dst, r)
	}
	if r > 0xFFFF {
		hi, lo := utf16.EncodeRune(r)
		return appendHex(appendHex(dst, `\u`, hi, 4), `\u`, lo, 4)
	}
	return appendHex(dst, `\u`, r, 4)
}
