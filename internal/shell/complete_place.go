package shell

import (
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// A token is one of a statement, comments left out.
type token struct {
	kind  dialect.TokenKind
	text  string
	start int    // in the text
	up    string // a plain word in capitals, "" if it is longer than any keyword
}

// name says whether the token may name something, and what.
func (t token) name() (string, bool) {
	if t.kind == dialect.Ident || t.kind == dialect.Quoted {
		return dialect.Unquote(t.text), true
	}
	return "", false
}

func (t token) is(text string) bool { return t.text == text && t.kind != dialect.Quoted }

// longestKeyword is more than the length of any that matters here.
const longestKeyword = 24

func newToken(t dialect.Token, text string, offset int) token {
	n := token{kind: t.Kind, text: t.Text(text), start: offset + t.Start}
	if t.Kind == dialect.Ident && len(n.text) <= longestKeyword {
		n.up = strings.ToUpper(n.text)
	}
	return n
}

// The kinds of words that a cursor may stand in.
type wordKind uint8

const (
	bare    wordKind = iota // a name or keyword without quotes, or nothing yet
	quoted                  // "name
	literal                 // 'text
	escape                  // E'text
	number
)

// A place is where a cursor is in a statement.
type place struct {
	text   string
	cursor int

	tokens []token // of the statement, but for the word at the cursor
	at     int     // how many of them come before the cursor
	kind   wordKind
	word   string // of the word at the cursor, what is typed: without its quote
	from   int    // where that begins
	rest   string // behind the cursor
}

// findPlace takes the statement apart in which the cursor is. Not ok is a cursor in
// a comment, in $$text$$, or right behind what is complete.
//
// What comes before the cursor is read alone: a literal that is open there must not
// reach the next quote behind.
func findPlace(text string, cursor int) (p place, ok bool) {
	head := text[:cursor]
	p = place{text: text, cursor: cursor, from: cursor, rest: text[cursor:]}
	p.tokens = make([]token, 0, len(text)/4)
	var last dialect.Token
	for t := range dialect.Scan(head) {
		switch {
		case t.Kind == dialect.Comment:
			if t.Open || t.End == cursor && strings.HasPrefix(t.Text(head), "--") {
				return p, false
			}
			continue
		case t.Kind == dialect.Punct && t.Text(head) == ";":
			p.tokens = p.tokens[:0]
		default:
			p.tokens = append(p.tokens, newToken(t, head, 0))
		}
		last = t
	}
	if last.End == cursor && cursor > 0 && !p.takeWord(last) {
		return p, false
	}
	p.at = len(p.tokens)
	p.behind()
	return p, true
}

// takeWord makes the last token, which the cursor touches, the word.
func (p *place) takeWord(t dialect.Token) bool {
	text := p.text[t.Start:p.cursor]
	skip := 0
	switch {
	case t.Kind == dialect.Ident:
	case t.Kind == dialect.Number:
		p.kind = number
	case t.Kind == dialect.Quoted && t.Open && text[0] == '"':
		p.kind, skip = quoted, 1
	case t.Kind == dialect.String && t.Open && text[0] == '\'':
		p.kind, skip = literal, 1
	case t.Kind == dialect.String && t.Open && (text[0]|0x20) == 'e':
		p.kind, skip = escape, 2
	case t.Kind == dialect.Operator, t.Kind == dialect.Punct && !strings.Contains(")]}", text):
		return true // a word may begin here
	default:
		return false
	}
	p.tokens = p.tokens[:len(p.tokens)-1]
	p.from = t.Start + skip
	p.word = p.text[p.from:p.cursor]
	if p.kind == literal || p.kind == escape {
		p.word = strings.ReplaceAll(p.word, "''", "'")
	}
	return true
}

// behind reads on behind the word at the cursor, up to the end of its statement.
func (p *place) behind() {
	skip := 0
	switch p.kind {
	case literal, escape:
		skip = closing(p.rest, '\'')
	case quoted:
		skip = closing(p.rest, '"')
	default:
		for p.word != "" && skip < len(p.rest) && dialect.SimpleName("x"+p.rest[skip:skip+1]) {
			skip++
		}
	}
	tail := p.rest[skip:]
	for t := range dialect.Scan(tail) {
		if t.Kind == dialect.Punct && t.Text(tail) == ";" {
			return
		}
		if t.Kind != dialect.Comment {
			p.tokens = append(p.tokens, newToken(t, tail, p.cursor+skip))
		}
	}
}

// closing is how much of the rest of a line belongs to the literal that a cursor is
// in, with its closing quote: nothing if those that follow are pairs.
func closing(rest string, quote byte) int {
	line, _, _ := strings.Cut(rest, "\n")
	if strings.Count(line, string(quote))%2 == 0 {
		return 0
	}
	return strings.IndexByte(line, quote) + 1
}

// closed says that the literal at the cursor has its closing quote already.
func (p *place) closed(quote byte) bool { return p.rest != "" && p.rest[0] == quote }

// before is the token n places before the cursor, from 1; that of no kind if there
// is none.
func (p *place) before(n int) token {
	if p.at-n < 0 {
		return token{}
	}
	return p.tokens[p.at-n]
}
