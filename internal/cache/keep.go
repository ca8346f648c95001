package cache

import (
	"context"
	"errors"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// keptTable holds the rows that were kept last.
const keptTable = "_"

// Kept are the rows of a statement, which are in the table _ of the session too.
type Kept struct {
	*duck.Result
	Rows      int64
	Cut       bool  // the statement yields more
	BytesRead int64 // for the statement; 0 is unknown
}

// ErrNoRows says that a statement is none that Keep can run.
var ErrNoRows = errors.New("the statement is not one that yields rows")

// Keep runs a statement that yields rows, and keeps the first limit of them as the
// table _; 0 is all. The files are let go before it returns. What is no query, or
// can be no part of one, is ErrNoRows, and was not run: it is for Run.
func (s *Session) Keep(ctx context.Context, statement string, params []duck.Param, limit int64, copyOptions string) (k Kept, err error) {
	class := dialect.Classify(statement)
	if class.Kind != dialect.Query && class.Kind != dialect.Describe {
		return k, ErrNoRows
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, stop, err := s.begin(ctx, statement, class, s.sandbox)
	if err != nil {
		return k, err
	}
	defer stop()
	columns, err := s.keep(ctx, statement, class, params, limit, &k)
	if err = s.after(ctx, err); err != nil {
		return k, err
	}
	k.Result, err = s.conn.Copy(ctx, "FROM temp."+keptTable, columns, copyOptions, nil, func(err error) error { return err })
	if err == nil {
		<-k.Done() // the rows wait in memory, or in a file
	}
	return k, err
}

// keep makes the table, and fills in what is known of it.
func (s *Session) keep(ctx context.Context, statement string, class dialect.Class, params []duck.Param, limit int64, k *Kept) ([]duck.ResultColumn, error) {
	p, err := s.prepare(ctx, statement, class, params)
	if err != nil {
		if class.Kind == dialect.Describe && !s.confined { // SHOW of a setting
			return nil, ErrNoRows
		}
		return nil, err
	}
	fetch := limit
	if limit > 0 {
		fetch++ // which tells whether there are more
	}
	before := s.readSoFar()
	if err := s.conn.Keep(ctx, keptTable, p.statement, params, fetch); err != nil {
		return nil, err
	}
	if n := s.readSoFar() - before; n >= leastRead {
		k.BytesRead = n
	}
	if err := s.conn.One(ctx, "SELECT count(*) FROM temp."+keptTable, &k.Rows); err != nil {
		return nil, err
	}
	if limit > 0 && k.Rows > limit {
		k.Rows, k.Cut = limit, true
		err = s.conn.Exec(ctx, "DELETE FROM temp."+keptTable+" WHERE rowid = (SELECT max(rowid) FROM temp."+keptTable+")")
	}
	return p.Columns, err
}

// leastRead is the least that DuckDB reads of a file, in bytes. To ask how much was
// read is to read some.
const leastRead = 4096

// readSoFar is what the process has read: DuckDB's own count of that is 0 for most
// statements.
func (s *Session) readSoFar() int64 {
	if s.read == nil {
		return 0
	}
	return s.read()
}

// Percent is how much of the statement that runs is done, or below 0 where that
// cannot be told. It may be called while the statement runs.
func (s *Session) Percent() float64 { return s.meter.Percent() }
