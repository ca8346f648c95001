package shell

import (
	"context"
	"io"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// A Session answers SQL, one statement at a time.
type Session interface {
	// Run runs one statement. params are the texts of its parameters' values, by
	// name in lower case. Rows must be read to their end, or closed, before the
	// next statement.
	Run(ctx context.Context, statement string, params map[string]string) (Answer, error)
	// Keep runs a statement that yields rows, keeps the first limit of them (0
	// is all) as the table _, and yields those. Nothing is locked any more when
	// it returns. What yields no rows is run as by Run.
	Keep(ctx context.Context, statement string, params map[string]string, limit int64) (Kept, error)
	// Percent is how much of the statement that runs is done; below 0 where that
	// cannot be told.
	Percent() float64
	// InTransaction reports whether a transaction that a statement began is open.
	InTransaction() bool
	// Scope has statements see only the records from since up to until, which is
	// not in it, and of these accounts; what is zero is no limit.
	Scope(ctx context.Context, since, until time.Time, accounts []string) error
}

// An Answer is what a statement yields: rows, a text, or neither.
type Answer struct {
	Columns []render.Column
	Rows    io.ReadCloser // as COPY writes them with render.CopyOptions; nil is none
	Text    string        // of an EXPLAIN
}

// Kept is an answer of which the table _ holds the rows.
type Kept struct {
	Answer
	Kept      bool  // the table _ holds the rows
	Cut       bool  // and the statement yields more
	BytesRead int64 // of the cache
}
