package cache

import (
	"context"
	"errors"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

func begins(class dialect.Class) bool {
	return class.Kind == dialect.Transaction && (class.Verb == "BEGIN" || class.Verb == "START")
}

func commits(class dialect.Class) bool {
	return class.Kind == dialect.Transaction && (class.Verb == "COMMIT" || class.Verb == "END")
}

// InTransaction reports whether the person's transaction is open: what is attached
// stays so until its end. It waits for a statement that runs.
func (s *Session) InTransaction() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holding
}

var errAborted = errors.New("the transaction was aborted by an error in it: nothing of it is kept")

// transact begins or ends the person's transaction. Its words may be wrong: then it
// is as it was.
func (s *Session) transact(ctx context.Context, statement string, class dialect.Class, params []duck.Param) error {
	// DuckDB has a COMMIT of what it will not keep succeed.
	if s.holding && commits(class) && s.conn.Exec(ctx, "SELECT 1") != nil && ctx.Err() == nil {
		s.holding = false // and after rolls it back
		return errAborted
	}
	err := s.conn.ExecNamed(ctx, statement, params)
	if err != nil {
		s.holding = s.isOpen(context.WithoutCancel(ctx))
		return err
	}
	s.holding = begins(class)
	return nil
}

// isOpen asks DuckDB whether a transaction is open: else each statement has one of
// its own. One that is aborted answers nothing, and is open.
func (s *Session) isOpen(ctx context.Context) bool {
	var first, second int64
	const id = "SELECT txid_current()"
	err := errors.Join(s.conn.One(ctx, id, &first), s.conn.One(ctx, id, &second))
	return err != nil || first == second
}
