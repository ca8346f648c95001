package duck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// A ResultColumn is a column of a statement's result, with its type as SQL
// spells it. Nested types come as JSON text.
type ResultColumn struct {
	Name string
	Type string
	info duckdb.TypeInfo
}

// A Result is what a statement yields. Read it to its end, or Close it.
type Result struct {
	Columns []ResultColumn
	rows    *spool
	done    chan struct{}
}

// Read yields the rows, as DuckDB's COPY writes them.
func (r *Result) Read(p []byte) (int, error) { return r.rows.Read(p) }

// Done is closed when DuckDB has yielded all rows, read or not.
func (r *Result) Done() <-chan struct{} { return r.done }

// Close ends the statement if it still runs.
func (r *Result) Close() error {
	err := r.rows.Close()
	<-r.done
	return err
}

// A Param is the value of a parameter, as text: it is cast to the type that the
// statement wants there, and never becomes part of the statement's text.
type Param struct{ Name, Value string }

// A Prepared is a statement that DuckDB has parsed and bound.
type Prepared struct {
	// Columns are those of the result; nil if they depend on the types of
	// parameters that are not known.
	Columns []ResultColumn
	// Types are those that DuckDB expects of parameters, by name in lower
	// case; "" where it has no opinion.
	Types map[string]string
}

// Prepare parses and binds one statement. An error has DuckDB's own words, with
// the place in the statement.
func (c *Conn) Prepare(ctx context.Context, statement string) (p Prepared, err error) {
	p.Types = map[string]string{}
	err = c.prepared(ctx, statement, func(s *duckdb.Stmt) error {
		for i := 1; i <= s.NumInput(); i++ {
			name, err := s.ParamName(i)
			if err != nil {
				return err
			}
			t, err := s.ParamType(i)
			if err != nil {
				return err
			}
			name = strings.ToLower(name)
			p.Types[name] = paramTypes[t]
			if t == duckdb.TYPE_VARCHAR {
				p.Types[name] = "VARCHAR"
			}
		}
		columns, err := resultColumns(s)
		if err != nil && s.NumInput() > 0 {
			return nil // known once the parameters' types are
		}
		p.Columns = columns
		return err
	})
	return p, err
}

// paramTypes are the types that a parameter's text is cast to.
var paramTypes = map[duckdb.Type]string{
	duckdb.TYPE_BOOLEAN: "BOOLEAN", duckdb.TYPE_TINYINT: "TINYINT", duckdb.TYPE_SMALLINT: "SMALLINT",
	duckdb.TYPE_INTEGER: "INTEGER", duckdb.TYPE_BIGINT: "BIGINT", duckdb.TYPE_HUGEINT: "HUGEINT",
	duckdb.TYPE_UTINYINT: "UTINYINT", duckdb.TYPE_USMALLINT: "USMALLINT", duckdb.TYPE_UINTEGER: "UINTEGER",
	duckdb.TYPE_UBIGINT: "UBIGINT", duckdb.TYPE_UHUGEINT: "UHUGEINT", duckdb.TYPE_FLOAT: "FLOAT",
	duckdb.TYPE_DOUBLE: "DOUBLE", duckdb.TYPE_DECIMAL: "DOUBLE", duckdb.TYPE_TIMESTAMP: "TIMESTAMP",
	duckdb.TYPE_TIMESTAMP_S: "TIMESTAMP_S", duckdb.TYPE_TIMESTAMP_MS: "TIMESTAMP_MS", duckdb.TYPE_TIMESTAMP_NS: "TIMESTAMP_NS",
	duckdb.TYPE_TIMESTAMP_TZ: "TIMESTAMPTZ", duckdb.TYPE_DATE: "DATE", duckdb.TYPE_TIME: "TIME",
	duckdb.TYPE_INTERVAL: "INTERVAL", duckdb.TYPE_UUID: "UUID", duckdb.TYPE_BLOB: "BLOB",
}

// prepared calls use with the statement, prepared.
func (c *Conn) prepared(ctx context.Context, statement string, use func(*duckdb.Stmt) error) error {
	return c.sql.Raw(func(conn any) error {
		s, err := conn.(*duckdb.Conn).PrepareContext(ctx, statement)
		if err != nil {
			return err
		}
		return errors.Join(use(s.(*duckdb.Stmt)), s.Close())
	})
}

func resultColumns(s *duckdb.Stmt) (cs []ResultColumn, err error) {
	n, err := s.ColumnCount()
	if err != nil {
		return nil, err
	}
	for i := range n {
		var c ResultColumn
		if c.Name, err = s.ColumnName(i); err != nil {
			return nil, err
		}
		t, err := s.ColumnTypeInfo(i)
		if err != nil {
			return nil, err
		}
		c.Type, c.info = typeText(t), t
		cs = append(cs, c)
	}
	return cs, nil
}

// typeText is the type as SQL spells it.
func typeText(t duckdb.TypeInfo) string {
	if alias := t.Alias(); alias != "" {
		return alias
	}
	switch d := t.Details().(type) {
	case *duckdb.DecimalDetails:
		return fmt.Sprintf("DECIMAL(%d,%d)", d.Width, d.Scale)
	case *duckdb.ListDetails:
		return typeText(d.Child) + "[]"
	case *duckdb.ArrayDetails:
		return fmt.Sprintf("%s[%d]", typeText(d.Child), d.Size)
	case *duckdb.MapDetails:
		return fmt.Sprintf("MAP(%s, %s)", typeText(d.Key), typeText(d.Value))
	case *duckdb.StructDetails:
		var parts []string
		for _, e := range d.Entries {
			parts = append(parts, Ident(e.Name())+" "+typeText(e.Info()))
		}
		return "STRUCT(" + strings.Join(parts, ", ") + ")"
	case *duckdb.UnionDetails:
		var parts []string
		for _, m := range d.Members {
			parts = append(parts, Ident(m.Name)+" "+typeText(m.Type))
		}
		return "UNION(" + strings.Join(parts, ", ") + ")"
	case *duckdb.EnumDetails:
		return "ENUM"
	}
	if name, ok := paramTypes[t.InternalType()]; ok {
		return name
	}
	return "VARCHAR"
}

// Copy runs a statement that yields rows, and has DuckDB write them, with the
// given options of COPY, nested values as JSON text. columns are those that
// Prepare told. It returns at once; after is called with the error when DuckDB is
// done, and before the end of the rows, or the error that it returns, can be read.
func (c *Conn) Copy(ctx context.Context, statement string, columns []ResultColumn, options string, params []Param, after func(error) error) (*Result, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	res := &Result{Columns: columns, rows: newSpool(), done: make(chan struct{})}
	go func() {
		defer close(res.done)
		res.rows.end(c.copyInto(ctx, r, w, res.rows, copyStatement(statement, columns, options, int(w.Fd())), params, after))
	}()
	return res, nil
}

// copyInto runs the COPY, which writes to w, and takes what comes out at r to the spool.
func (c *Conn) copyInto(ctx context.Context, r, w *os.File, to *spool, statement string, params []Param, after func(error) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var reading sync.WaitGroup
	var readErr error
	reading.Go(func() {
		if _, readErr = io.Copy(to, r); readErr != nil {
			// Nobody reads on: end the statement. What it still writes
			// is taken, for a pipe without a reader would end the whole
			// process: SIGPIPE on a thread of DuckDB's is not Go's to catch.
			cancel()
			_, _ = io.Copy(io.Discard, r)
		}
	})
	err := c.ExecNamed(ctx, statement, params)
	_ = w.Close()
	if err != nil {
		// What was written is in the pipe. Its end may not come: DuckDB keeps
		// the file open when it is interrupted before it begins.
		_ = r.SetReadDeadline(time.Now().Add(drain)) // a pipe has deadlines
	}
	reading.Wait()
	if err == nil {
		_ = r.Close()
	} else {
		// As long as DuckDB keeps the file open somebody reads: see above.
		go func() {
			_ = r.SetReadDeadline(time.Time{})
			_, _ = io.Copy(io.Discard, r)
			_ = r.Close()
		}()
	}
	if readErr != nil && !errors.Is(readErr, os.ErrClosed) && !errors.Is(readErr, os.ErrDeadlineExceeded) {
		err = readErr
	}
	return after(unwrapped(err))
}

// drain is how long it may take to read what is in a pipe.
const drain = 100 * time.Millisecond

// unwrapped makes an error about a wrapped statement one about the statement,
// which began on the second line.
func unwrapped(err error) error {
	var de *duckdb.Error
	if !errors.As(err, &de) {
		return err
	}
	at := lineNumber.FindStringSubmatchIndex(de.Msg)
	if at == nil {
		return err
	}
	n, e := strconv.Atoi(de.Msg[at[2]:at[3]])
	if e != nil || n < 2 {
		return err
	}
	number, rest := strconv.Itoa(n-1), de.Msg[at[3]:]
	if len(number) < at[3]-at[2] { // the caret below moves, too
		rest = strings.Replace(rest, "\n ", "\n", 1)
	}
	return &duckdb.Error{Type: de.Type, Msg: de.Msg[:at[2]] + number + rest}
}

var lineNumber = regexp.MustCompile(`(?m)^LINE (\d+):`)

// bind puts parameters into the statement's order, by name: the driver would
// fall back on the position for a name that it does not know.
func bind(s *duckdb.Stmt, params []Param) (args []driver.NamedValue, err error) {
	for i := 1; i <= s.NumInput(); i++ {
		name, err := s.ParamName(i)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(params, func(p Param) bool { return strings.EqualFold(p.Name, name) })
		if at < 0 {
			return nil, fmt.Errorf("parameter $%s has no value", name)
		}
		args = append(args, driver.NamedValue{Ordinal: i, Value: params[at].Value})
	}
	return args, nil
}

// ExecNamed runs a statement whose result is of no interest, with parameters by name.
func (c *Conn) ExecNamed(ctx context.Context, statement string, params []Param) error {
	return c.prepared(ctx, statement, func(s *duckdb.Stmt) error {
		args, err := bind(s, params)
		if err == nil {
			_, err = s.ExecContext(ctx, args)
		}
		return err
	})
}

// copyStatement wraps a statement so that DuckDB writes its rows to a descriptor.
func copyStatement(statement string, columns []ResultColumn, options string, fd int) string {
	var names, values []string
	for i, c := range columns {
		name := fmt.Sprintf("c%d", i)
		names = append(names, name)
		if isNested(c.info) {
			name = jsonText(name, c.info, 0)
		}
		values = append(values, name)
	}
	// The statement may end in a comment: hence the line breaks.
	return fmt.Sprintf("COPY (SELECT %s FROM (\n%s\n) AS t(%s)) TO '/dev/fd/%d' %s",
		strings.Join(values, ", "), statement, strings.Join(names, ", "), fd, options)
}
