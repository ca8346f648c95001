package duck

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// Small runs a statement whose rows COPY cannot write, such as PRAGMA, CALL or
// INSERT … RETURNING. Its result is held in memory, in the form that COPY writes
// by default, and its values are as the driver tells them.
func (c *Conn) Small(ctx context.Context, statement string, params []Param) (*Result, error) {
	res := &Result{rows: newSpool(), done: make(chan struct{})}
	close(res.done)
	var err error
	res.Columns, err = c.each(ctx, statement, params, func(values []driver.Value) error {
		cells := make([]string, len(values))
		for i, v := range values {
			if v == nil {
				continue
			}
			if cells[i] = valueText(v); cells[i] == "" || strings.ContainsAny(cells[i], "\",\r\n") {
				cells[i] = `"` + strings.ReplaceAll(cells[i], `"`, `""`) + `"`
			}
		}
		_, err := res.rows.Write([]byte(strings.Join(cells, ",") + "\n"))
		return err
	})
	res.rows.end(err)
	return res, err
}

// Explain runs an EXPLAIN, and returns its text.
func (c *Conn) Explain(ctx context.Context, statement string, params []Param) (string, error) {
	var text strings.Builder
	_, err := c.each(ctx, statement, params, func(values []driver.Value) error {
		text.WriteString(valueText(values[len(values)-1]))
		return nil
	})
	return text.String(), err
}

// each calls row with the values of each row of the statement's result.
func (c *Conn) each(ctx context.Context, statement string, params []Param, row func([]driver.Value) error) (columns []ResultColumn, err error) {
	err = c.prepared(ctx, statement, func(s *duckdb.Stmt) (err error) {
		args, err := bind(s, params)
		if err != nil {
			return err
		}
		if columns, err = resultColumns(s); err != nil {
			return err
		}
		rows, err := s.QueryContext(ctx, args)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		values := make([]driver.Value, len(rows.Columns()))
		for {
			err := rows.Next(values)
			if err == io.EOF {
				return nil
			}
			if err == nil {
				err = row(values)
			}
			if err != nil {
				return err
			}
		}
	})
	return columns, err
}

func valueText(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999")
	case fmt.Stringer:
		return v.String()
	case []any, map[string]any:
		if b, err := json.Marshal(v); err == nil {
			return string(b)
		}
	}
	return fmt.Sprint(v)
}
