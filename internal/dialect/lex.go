package dialect

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// TokenKind says what a token is, as far as spelling tells. A keyword is an
// Ident: only a parser could tell the two apart.
type TokenKind uint8

const (
	Other    TokenKind = iota // a byte or rune that starts nothing in the grammar
	Ident                     // plain identifier or keyword
	Quoted                    // "identifier" or `identifier`
	String                    // 'text', E'text', x'00', $tag$text$tag$
	Number                    // 1, 1_000, .5, 1e-3 (0x1F is 0 and then x1F, as in DuckDB)
	Param                     // ?, ?1, $1, $name
	Operator                  // +, <=, ->>, ::, :=
	Punct                     // , ; . ( ) [ ] { }
	Comment                   // -- to the end of the line, or /* nested */
)

// A Token is a piece of a text, without the blanks between pieces.
type Token struct {
	Kind       TokenKind
	Start, End int  // bytes
	Open       bool // a quote or comment that the text ends in
}

// Text returns the token as it was written in src, the text it came from.
func (t Token) Text(src string) string { return src[t.Start:t.End] }

// Scan yields the tokens of text in order. Bytes that belong to no token are
// blanks.
func Scan(text string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		for l := (lexer{text: text}); ; {
			t, ok := l.next()
			if !ok || !yield(t) {
				return
			}
		}
	}
}

type lexer struct {
	text string
	pos  int
}

func (l *lexer) next() (Token, bool) {
	l.pos += blanks(l.text[l.pos:])
	if l.pos >= len(l.text) {
		return Token{}, false
	}
	t := Token{Start: l.pos}
	t.Kind, t.Open = l.scan()
	t.End = l.pos
	return t, true
}

// scan consumes one token; something is always consumed.
func (l *lexer) scan() (TokenKind, bool) {
	rest := l.text[l.pos:]
	c := rest[0]
	switch {
	case strings.HasPrefix(rest, "--"):
		l.advance(lineLength(rest))
		return Comment, false
	case strings.HasPrefix(rest, "/*"):
		return Comment, l.blockComment()
	case c == '\'':
		return String, l.quoted(c, 1)
	case c == '"':
		return Quoted, l.quoted(c, 1)
	case c == '`':
		return l.backquoted()
	case isIdentStart(c):
		return l.word()
	case c == '$':
		return l.dollar()
	case c == '?':
		l.advance(1)
		l.integer()
		return Param, false
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]):
		l.number()
		return Number, false
	case strings.IndexByte(",;.()[]{}", c) >= 0:
		l.advance(1)
		return Punct, false
	case c == ':' || isOperator(c):
		l.operator()
		return Operator, false
	}
	l.advance(1)
	return Other, false
}

func (l *lexer) advance(n int) { l.pos = min(l.pos+n, len(l.text)) }

// blockComment skips a comment, which may hold comments.
func (l *lexer) blockComment() (open bool) {
	depth := 0
	for l.pos < len(l.text) {
		i := strings.IndexAny(l.text[l.pos:], "*/")
		if i < 0 {
			break
		}
		l.advance(i)
		switch rest := l.text[l.pos:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.advance(2)
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.advance(2)
			if depth == 0 {
				return false
			}
		default:
			l.advance(1)
		}
	}
	l.pos = len(l.text)
	return true
}

// quoted skips text between quotes, in which a doubled quote stands for itself;
// skip is the length of what comes before the text.
func (l *lexer) quoted(quote byte, skip int) (open bool) {
	l.advance(skip)
	for {
		i := strings.IndexByte(l.text[l.pos:], quote)
		if i < 0 {
			l.pos = len(l.text)
			return true
		}
		l.advance(i + 1)
		if l.pos >= len(l.text) || l.text[l.pos] != quote {
			return false
		}
		l.advance(1)
	}
}

// backquoted takes a name as MySQL, Athena's DDL and Spark write it. To DuckDB a
// backquote is an operator that nobody defines, so nothing valid is lost. The
// name ends on its line: a single backquote must not swallow a script.
func (l *lexer) backquoted() (TokenKind, bool) {
	rest := l.text[l.pos+1:]
	if i := strings.IndexAny(rest, "`\n"); i > 0 && rest[i] == '`' {
		l.advance(i + 2)
		return Quoted, false
	}
	l.advance(1)
	return Operator, false
}

// word takes an identifier, or the string or quoted name that its first letter
// introduces.
func (l *lexer) word() (TokenKind, bool) {
	rest := l.text[l.pos:]
	if len(rest) > 1 && rest[1] == '\'' {
		switch rest[0] | 0x20 {
		case 'e':
			return String, l.escaped()
		case 'x', 'b':
			return String, l.quoted('\'', 2)
		}
	}
	if len(rest) > 2 && rest[0]|0x20 == 'u' && rest[1] == '&' {
		switch rest[2] {
		case '\'':
			return String, l.quoted('\'', 3)
		case '"':
			return Quoted, l.quoted('"', 3)
		}
	}
	i := 0
	for i < len(rest) && isIdentPart(rest[i]) {
		if rest[i] >= utf8.RuneSelf && blankRune(rest[i:]) > 0 {
			break
		}
		i++
	}
	l.advance(max(i, 1))
	return Ident, false
}

// escaped skips E'…', where a backslash takes the next byte with it. A literal
// that goes on after a line break ('a' newline 'b' is one) keeps that meaning,
// which is why its parts cannot be taken for separate strings.
func (l *lexer) escaped() (open bool) {
	for l.advance(2); ; l.advance(1) {
		i := strings.IndexAny(l.text[l.pos:], `\'`)
		if i < 0 {
			l.pos = len(l.text)
			return true
		}
		l.advance(i)
		if l.text[l.pos] == '\\' {
			l.advance(1)
			if l.pos >= len(l.text) {
				return true
			}
			continue
		}
		if strings.HasPrefix(l.text[l.pos:], "''") {
			l.advance(1)
			continue
		}
		next := continuation(l.text[l.pos+1:])
		if next == 0 {
			l.advance(1)
			return false
		}
		l.advance(next)
	}
}

// continuation returns the length of what stands between the end of a string
// and a quote that continues it, quote included, or 0.
func continuation(s string) int {
	i, newline := 0, false
	for i < len(s) {
		if n := blanks(s[i:]); n > 0 {
			newline = newline || strings.ContainsAny(s[i:i+n], "\n\r")
			i += n
			continue
		}
		if !strings.HasPrefix(s[i:], "--") {
			break
		}
		i += lineLength(s[i:])
	}
	if newline && i < len(s) && s[i] == '\'' {
		return i + 1
	}
	return 0
}

// dollar takes $1, $name and $tag$text$tag$.
func (l *lexer) dollar() (TokenKind, bool) {
	rest := l.text[l.pos:]
	if len(rest) > 1 && isDigit(rest[1]) {
		l.advance(1)
		l.integer()
		return Param, false
	}
	n := 1
	for n < len(rest) && isIdentPart(rest[n]) && rest[n] != '$' {
		n++
	}
	if n < len(rest) && rest[n] == '$' {
		delimiter := rest[:n+1]
		i := strings.Index(rest[n+1:], delimiter)
		if i < 0 {
			l.pos = len(l.text)
			return String, true
		}
		l.advance(2*len(delimiter) + i)
		return String, false
	}
	l.advance(n)
	if n == 1 {
		return Other, false
	}
	return Param, false
}

// integer skips digits with single underscores between them.
func (l *lexer) integer() {
	for l.pos < len(l.text) {
		switch rest := l.text[l.pos:]; {
		case isDigit(rest[0]):
			l.advance(1)
		case rest[0] == '_' && len(rest) > 1 && isDigit(rest[1]) && l.pos > 0 && isDigit(l.text[l.pos-1]):
			l.advance(2)
		default:
			return
		}
	}
}

func (l *lexer) number() {
	l.integer()
	if rest := l.text[l.pos:]; strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, "..") {
		l.advance(1)
		l.integer()
	}
	rest := l.text[l.pos:]
	if len(rest) < 2 || rest[0]|0x20 != 'e' {
		return
	}
	sign := 0
	if rest[1] == '+' || rest[1] == '-' {
		sign = 1
	}
	if len(rest) > 1+sign && isDigit(rest[1+sign]) {
		l.advance(1 + sign)
		l.integer()
	}
}

// operator takes the longest operator that stops before a comment. Whether +
// and - at its end belong to it is DuckDB's business: nobody here asks.
func (l *lexer) operator() {
	rest := l.text[l.pos:]
	if rest[0] == ':' {
		n := 1
		if len(rest) > 1 && (rest[1] == ':' || rest[1] == '=') {
			n = 2
		}
		l.advance(n)
		return
	}
	i := 1
	for i < len(rest) && isOperator(rest[i]) && rest[i] != '`' {
		if strings.HasPrefix(rest[i:], "--") || strings.HasPrefix(rest[i:], "/*") {
			break
		}
		i++
	}
	l.advance(i)
}

// blanks returns the length of the white space that s begins with.
func blanks(s string) int {
	i := 0
	for i < len(s) {
		switch c := s[i]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			i++
		case c >= utf8.RuneSelf && blankRune(s[i:]) > 0:
			i += blankRune(s[i:])
		default:
			return i
		}
	}
	return i
}

// blankRune returns the length of the character that s begins with if it is one
// that DuckDB turns into a blank before it parses: those that a web page or a
// word processor puts into copied SQL.
func blankRune(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == 0xA0, r >= 0x2000 && r <= 0x200D, r == 0x202F, r == 0x205F, r == 0x2060, r == 0x3000, r == 0xFEFF:
		return n
	}
	return 0
}

// lineLength returns the length of s up to the end of its first line.
func lineLength(s string) int {
	if i := strings.IndexAny(s, "\n\r"); i >= 0 {
		return i
	}
	return len(s)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isIdentStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf
}

func isIdentPart(c byte) bool { return isIdentStart(c) || isDigit(c) || c == '$' }

func isOperator(c byte) bool { return strings.IndexByte("~!@^&|`+-*/%<>=", c) >= 0 }
