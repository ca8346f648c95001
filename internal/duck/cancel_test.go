package duck

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"
	"time"
)

// TestCancelAnywhere: whenever a statement is cancelled, its rows end soon, and the
// connection answers the next one. DuckDB keeps the file that it writes to open when
// it is interrupted before it begins, until the next statement.
func TestCancelAnywhere(t *testing.T) {
	db, err := Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const statement = "SELECT a, count(*) AS n FROM range(20000) t(a) GROUP BY 1"
	for range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		p, err := c.Prepare(ctx, statement)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Copy(ctx, statement, p.Columns, "(FORMAT csv)", nil, func(err error) error { return err })
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(4 * time.Millisecond))
		cancel()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, r) // an error is as good as an end
			_ = r.Close()
		}()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatal("the rows of a cancelled statement do not end")
		}
	}
	var n int
	if err := c.One(t.Context(), "SELECT 42", &n); err != nil || n != 42 {
		t.Errorf("after that: %d, %v", n, err)
	}
}

// TestCloseAnywhere: rows that are closed before their end, by a reader that had
// enough or could not write, end the statement and not the process, which SIGPIPE on
// a thread of DuckDB's would do.
func TestCloseAnywhere(t *testing.T) {
	c := open(t)
	const statement = "SELECT a FROM range(2000000) t(a)"
	for range 40 {
		p, err := c.Prepare(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Copy(t.Context(), statement, p.Columns, "(FORMAT csv)", nil, func(err error) error { return err })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := c.One(t.Context(), "SELECT 42", &n); err != nil || n != 42 {
		t.Errorf("after that: %d, %v", n, err)
	}
}
