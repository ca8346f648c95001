package cache

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// A prepared statement yields rows, and can stand in parentheses.
type prepared struct {
	duck.Prepared
	statement string
}

// prepare finds the reading of a statement, and binds it with its parameters cast to
// what is wanted there.
func (s *Session) prepare(ctx context.Context, statement string, class dialect.Class, params []duck.Param) (p prepared, err error) {
	err = s.understand(ctx, statement, class, func(text string) (err error) {
		p, err = s.prepareText(ctx, text, class, params)
		return err
	})
	return p, err
}

func (s *Session) prepareText(ctx context.Context, statement string, class dialect.Class, params []duck.Param) (p prepared, err error) {
	var around []dialect.Edit
	if class.Kind == dialect.Describe {
		around = []dialect.Edit{{Text: "FROM ("}, {Start: len(statement), End: len(statement), Text: "\n)"}}
	}
	s.reading.wrapped = dialect.Replace(statement, around)
	p.statement = s.reading.wrapped.Text
	if p.Prepared, err = s.conn.Prepare(ctx, p.statement); err != nil || len(p.Types) == 0 {
		return p, err
	}
	for _, param := range params {
		if name := strings.ToLower(param.Name); p.Types[name] == "" {
			p.Types[name] = guessType(param.Value)
		}
	}
	casts, uncast := castParameters(statement, p.Types)
	s.reading.wrapped = dialect.Replace(statement, append(around, casts...))
	p.statement = s.reading.wrapped.Text
	if p.Prepared, err = s.conn.Prepare(ctx, p.statement); err != nil {
		return p, err
	}
	if len(p.Columns) == 0 {
		return p, errors.New("a parameter is an argument of a function that stands for a table: DuckDB must know it before it plans\nhint: write the value itself there")
	}
	for i := range p.Columns {
		p.Columns[i].Name = uncast.Replace(p.Columns[i].Name)
	}
	return p, nil
}

// guessType is the type of a parameter of which DuckDB has no opinion: a number if
// its text is how a number is written, so that $n + 1 works. An account's ID with
// a leading zero is none.
func guessType(value string) string {
	switch {
	case integer.MatchString(value):
		return "BIGINT"
	case decimal.MatchString(value):
		return "DOUBLE"
	}
	return "VARCHAR"
}

var (
	integer = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`)
	decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})\.[0-9]+$`)
)

// castParameters has each parameter cast to the type that is wanted there: their
// values come as text. names takes the casts out of the names of columns again.
func castParameters(statement string, types map[string]string) (casts []dialect.Edit, names *strings.Replacer) {
	var undo []string
	unnamed := 0
	for t := range dialect.Scan(statement) {
		if t.Kind != dialect.Param {
			continue
		}
		text := statement[t.Start:t.End]
		name := strings.ToLower(strings.TrimPrefix(text, "$"))
		if text == "?" {
			unnamed++
			name = strconv.Itoa(unnamed)
		}
		kind, ok := types[name]
		if !ok {
			continue
		}
		as := fmt.Sprintf("CAST(%s AS %s)", text, kind)
		casts = append(casts, dialect.Edit{Start: t.Start, End: t.End, Text: as})
		undo = append(undo, as, text, fmt.Sprintf(`CAST(%s AS "%s")`, text, kind), text) // as DuckDB writes some
	}
	return casts, strings.NewReplacer(undo...)
}
