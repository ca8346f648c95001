package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// ErrNotChecked says that a statement cannot be known to run but by running it.
var ErrNotChecked = errors.New("a statement of this kind is not checked")

// Check says whether a statement would run, and does not run it: of what it was
// rewritten for Run, in words, and the error that Run would have at once. What a
// statement before it would have made is not there.
func (s *Session) Check(ctx context.Context, statement string) (rewritten []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	class := dialect.Classify(statement)
	ctx, stop, err := s.begin(ctx, statement, class, s.sandbox)
	if err != nil {
		return nil, err
	}
	defer stop()
	if !s.views {
		if err := s.makeEmptyViews(ctx); err != nil {
			return nil, errors.Join(err, s.leave(ctx))
		}
	}
	err = s.check(ctx, statement, class)
	rewritten = s.reading.Did
	if s.reading.wide {
		rewritten = append(rewritten, "columns and casts of Athena")
	}
	return rewritten, s.after(ctx, err)
}

// makeEmptyViews makes log tables without a row, where there is no cache: a statement
// can be checked before anything is loaded.
func (s *Session) makeEmptyViews(ctx context.Context) error {
	tables := map[string][]duck.Column{"damaged": damagedColumns, "objects": append([]duck.Column{{Name: "kind", Type: duck.Varchar}}, ledgerColumns...)}
	for _, t := range cloudtrail.Tables {
		tables[t.Name] = columns(t.Columns)
	}
	for name, cs := range tables {
		var list []string
		for _, c := range cs {
			list = append(list, "CAST(NULL AS "+c.Type.String()+") AS "+duck.Ident(c.Name))
		}
		if err := s.conn.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT %s WHERE false", name, strings.Join(list, ", "))); err != nil {
			return err
		}
	}
	s.views, s.stale = true, true // of a cache that comes they are made anew
	return nil
}

func (s *Session) check(ctx context.Context, statement string, class dialect.Class) error {
	switch {
	case class.Kind == dialect.Describe:
		_, err := s.prepare(ctx, statement, class, nil)
		return err
	case class.Kind == dialect.Transaction:
		return nil
	case !atOnce[class.Verb]:
		_, err := s.readText(ctx, statement, class) // parameters need no values
		return err
	}
	return ErrNotChecked
}

// atOnce are the statements that the engine may run in part to bind them, or that have
// the next ones mean something else.
var atOnce = map[string]bool{
	"PRAGMA": true, "CALL": true, "PREPARE": true, "EXECUTE": true, "DEALLOCATE": true, "ATTACH": true, "DETACH": true, "USE": true,
	"INSTALL": true, "LOAD": true, "CHECKPOINT": true, "FORCE": true, "VACUUM": true, "ANALYZE": true, "EXPORT": true, "IMPORT": true, "COPY FROM": true,
}
