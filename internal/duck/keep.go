package duck

import (
	"context"
	"fmt"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Keep runs a statement that yields rows, and makes a temporary table of the first
// limit of them; 0 is all. Of columns with the same name all but the first get
// another. A transaction that is open can still write to other databases.
func (c *Conn) Keep(ctx context.Context, table, statement string, params []Param, limit int64) error {
	// The statement may end in a comment: hence the line breaks.
	text := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS FROM (\n%s\n)", Ident(table), statement)
	if limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", limit)
	}
	return unwrapped(c.ExecNamed(ctx, text, params))
}

// A Meter tells of the statement that a connection runs, while it does.
type Meter struct{ conn mapping.Connection }

// Meter makes one; it must not be used once the connection is closed.
func (c *Conn) Meter() (m *Meter, err error) {
	err = c.sql.Raw(func(conn any) error {
		raw, err := rawConnection(conn)
		m = &Meter{raw}
		return err
	})
	return m, err
}

// Percent is how much of the statement is done, as DuckDB estimates it. It is
// below 0 where DuckDB cannot tell, and often stands still.
func (m *Meter) Percent() float64 {
	p := mapping.QueryProgress(m.conn)
	percent, _, _ := mapping.QueryProgressTypeMembers(&p)
	return percent
}
