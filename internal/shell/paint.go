package shell

import (
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// Colours, as a terminal takes them.
const (
	colorKeyword  = "\x1b[1;34m"
	colorString   = "\x1b[32m"
	colorFunction = "\x1b[36m"
	colorNumber   = "\x1b[35m"
	colorComment  = "\x1b[2m"
	colorOpen     = "\x1b[31m" // a quote that is not closed
	colorError    = "\x1b[31m"
	colorOff      = "\x1b[0m"
)

// longestPainted is where text is no longer painted: it is painted at each key.
const longestPainted = 32 << 10

// paint is the line as it is drawn: in colours, and nothing that a terminal obeys.
func (e *editor) paint(line []rune, _ int) []rune {
	text := string(line)
	if !e.sh.Color || len(e.before)+len(text) > longestPainted || e.before == "" && isCommand(text) {
		return visible(text)
	}
	return visible(paintSQL(e.before+text, len(e.before)))
}

// visible takes out what is not drawn as one character.
func visible(text string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if r == pasted {
			return '…'
		}
		return r
	}, text))
}

// paintSQL is the text from byte from on, in colours.
func paintSQL(text string, from int) string {
	var sb strings.Builder
	last := from
	var name dialect.Token // an identifier, whose colour its successor decides
	put := func(t dialect.Token, color string) {
		start, end := max(t.Start, last), min(t.End, len(text))
		if end <= from || end <= start {
			return
		}
		sb.WriteString(text[last:start])
		if color == "" {
			sb.WriteString(text[start:end])
		} else {
			sb.WriteString(color + text[start:end] + colorOff)
		}
		last = end
	}
	word := func(call bool) {
		if name.Kind != dialect.Ident {
			return
		}
		switch w := name.Text(text); {
		case isKeyword(w):
			put(name, colorKeyword)
		case call:
			put(name, colorFunction)
		}
		name = dialect.Token{}
	}
	for t := range dialect.Scan(text) {
		word(t.Kind == dialect.Punct && t.Text(text) == "(")
		switch t.Kind {
		case dialect.Ident:
			name = t
		case dialect.String:
			put(t, colorOf(t, colorString))
		case dialect.Quoted, dialect.Comment:
			put(t, colorOf(t, map[dialect.TokenKind]string{dialect.Comment: colorComment}[t.Kind]))
		case dialect.Number, dialect.Param:
			put(t, colorNumber)
		}
	}
	word(false)
	sb.WriteString(text[last:])
	return sb.String()
}

func colorOf(t dialect.Token, closed string) string {
	if t.Open {
		return colorOpen
	}
	return closed
}

// isKeyword reports whether a word is one that SQL is made of.
func isKeyword(word string) bool { return keywords[strings.ToUpper(word)] }

var keywords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		ALL ALTER ANALYZE AND ANTI ANY AS ASC ASOF ATTACH BEGIN BETWEEN BY CALL CASE CAST COLUMN COMMIT COPY CREATE
		CROSS CUBE DEFAULT DELETE DESC DESCRIBE DETACH DISTINCT DROP ELSE END ESCAPE EXCEPT EXCLUDE EXISTS EXPLAIN FALSE
		FILTER FIRST FOLLOWING FROM FULL FUNCTION GLOB GROUP GROUPING HAVING ILIKE IN INNER INSERT INTERSECT INTERVAL INTO
		IS JOIN LAST LATERAL LEFT LIKE LIMIT MACRO MATERIALIZED NATURAL NOT NULL NULLS OFFSET ON OR ORDER ORDINALITY OUTER
		OVER PARTITION PIVOT POSITIONAL PRAGMA PRECEDING QUALIFY RANGE RECURSIVE REPLACE RETURNING RIGHT ROLLBACK ROLLUP
		ROW ROWS SAMPLE SELECT SEMI SET SETS SHOW SIMILAR SOME SUMMARIZE TABLE TABLESAMPLE TEMP TEMPORARY THEN TIES TO TRUE
		TRY_CAST UNBOUNDED UNION UNIQUE UNNEST UNPIVOT UPDATE USING VALUES VIEW WHEN WHERE WINDOW WITH WITHIN`) {
		m[w] = true
	}
	return m
}()
