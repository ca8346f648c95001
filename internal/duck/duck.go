package duck

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// A DB is a DuckDB instance in memory, to which files are attached.
type DB struct {
	sql *sql.DB
}

// Open starts an instance with the given settings, such as {"threads": "2"}.
func Open(settings map[string]string) (*DB, error) {
	q := url.Values{}
	for k, v := range settings {
		q.Set(k, v)
	}
	connector, err := duckdb.NewConnector("?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	return &DB{sql: sql.OpenDB(connector)}, nil
}

// Close ends the instance. Its connections must have been closed.
func (db *DB) Close() error { return db.sql.Close() }

// A Conn is one connection: it runs one statement at a time, and is not safe for
// concurrent use.
type Conn struct {
	sql *sql.Conn
}

// Conn opens a connection.
func (db *DB) Conn(ctx context.Context) (*Conn, error) {
	c, err := db.sql.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &Conn{sql: c}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.sql.Close() }

// Exec runs a statement that yields nothing of interest. Parameters are
// positional, as $1.
func (c *Conn) Exec(ctx context.Context, statement string, params ...any) error {
	_, err := c.sql.ExecContext(ctx, statement, params...)
	return err
}

// Query runs a statement of our own with a small result, and calls row for each
// of its rows, with scan to read it.
func (c *Conn) Query(ctx context.Context, row func(scan func(dest ...any) error) error, statement string, params ...any) error {
	rows, err := c.sql.QueryContext(ctx, statement, params...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// One runs a statement of our own with one row, and reads it into dest.
func (c *Conn) One(ctx context.Context, statement string, dest ...any) error {
	return c.sql.QueryRowContext(ctx, statement).Scan(dest...)
}

// Quote quotes a string for SQL text.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Ident quotes a name for SQL text.
func Ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// Version is DuckDB's version.
func Version(ctx context.Context) (v string, err error) {
	db, err := Open(nil)
	if err != nil {
		return "", err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.One(ctx, "select version()", &v); err != nil {
		return "", fmt.Errorf("version of DuckDB: %w", err)
	}
	return v, nil
}
