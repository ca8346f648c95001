package cache

import (
	"context"
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// Collect makes a table of the session's own, as of now empty, with these columns,
// for the rows of many statements. It is in memory, and on disk where that does not
// do.
func (s *Session) Collect(ctx context.Context, table string, columns []duck.Column) error {
	var definitions []string
	for _, c := range columns {
		definitions = append(definitions, duck.Ident(c.Name)+" "+c.Type.String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own = append(s.own, dialect.Fold(dialect.Quote(table)))
	return s.conn.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s (%s)", duck.Ident(table), strings.Join(definitions, ", ")))
}

// Add adds the rows of a statement to a table that Collect made: all, or none where
// it fails. The files are let go before it returns.
func (s *Session) Add(ctx context.Context, table, statement string, params []duck.Param) error {
	class := dialect.Classify(statement)
	if class.Kind != dialect.Query {
		return ErrNoRows
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, stop, err := s.begin(ctx, statement, class, s.sandbox)
	if err != nil {
		return err
	}
	defer stop()
	p, err := s.prepare(ctx, statement, class, params)
	if err == nil {
		// The statement may end in a comment: hence the line breaks.
		err = s.conn.ExecNamed(ctx, fmt.Sprintf("INSERT INTO temp.%s FROM (\n%s\n)", duck.Ident(table), p.statement), params)
	}
	return s.after(ctx, err)
}

// Hold makes a table of the session's own of the rows of a statement, in the place of
// one of that name.
func (s *Session) Hold(ctx context.Context, table, statement string, params []duck.Param) error {
	class := dialect.Classify(statement)
	if class.Kind != dialect.Query {
		return ErrNoRows
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, stop, err := s.begin(ctx, statement, class, s.sandbox)
	if err != nil {
		return err
	}
	defer stop()
	p, err := s.prepare(ctx, statement, class, params)
	if err == nil {
		s.own = append(s.own, dialect.Fold(dialect.Quote(table)))
		err = s.conn.Keep(ctx, table, p.statement, params, 0)
	}
	return s.after(ctx, err)
}

// Drop lets a table go that Collect or Hold made.
func (s *Session) Drop(ctx context.Context, table string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS temp."+duck.Ident(table))
}
