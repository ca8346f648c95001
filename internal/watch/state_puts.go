package watch

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/duck"
)

// puts are rows that statements put into tables, by the name that they ask for them by.
// To bind them as parameters would take a statement a row.
type puts map[string]*rows

// register makes the function known that yields them.
func (p puts) register(c *duck.Conn) error {
	return c.Register(duck.TableFunction{
		Name: "ctsql_rows", Args: []duck.Type{duck.Varchar},
		Bind: func(_ context.Context, args []any) (duck.Table, error) {
			name, _ := args[0].(string)
			r, ok := p[name]
			if !ok {
				return nil, fmt.Errorf("ctsql_rows: no rows %q", name)
			}
			again := *r
			return &again, nil
		},
	})
}

// rows are n rows that put writes, to a row of vectors.
type rows struct {
	columns []duck.Column
	n       int
	put     func(i int, to row)
	next    int
	err     error
}

func (r *rows) Columns() []duck.Column { return r.columns }
func (r *rows) Threads() int           { return 1 }
func (r *rows) Scan() duck.Scan        { return r }

func (r *rows) Fill(_ context.Context, v []*duck.Vector) (n int, err error) {
	for ; n < duck.ChunkRows && r.next < r.n; n++ {
		r.put(r.next, row{v, n, &r.err})
		r.next++
	}
	return n, r.err
}

// row is one row of vectors, of which some may not be needed.
type row struct {
	v   []*duck.Vector
	at  int
	err *error
}

func (r row) int(i int, n int64) {
	if r.v[i] != nil {
		r.v[i].SetInt(r.at, n)
	}
}

func (r row) int32(i int, n int32) {
	if r.v[i] != nil {
		r.v[i].SetInt32(r.at, n)
	}
}

func (r row) float(i int, f float64) {
	if r.v[i] != nil {
		r.v[i].SetFloat(r.at, f)
	}
}

func (r row) bool(i int, b bool) {
	if r.v[i] != nil {
		r.v[i].SetBool(r.at, b)
	}
}

// text writes a text that is Unicode.
func (r row) text(i int, s string) {
	if r.v[i] != nil {
		r.v[i].CopyString(r.at, strings.ToValidUTF8(s, "\ufffd"))
	}
}

func (r row) bytes(i int, b []byte) {
	if r.v[i] != nil {
		r.v[i].CopyText(r.at, b)
	}
}

func (r row) texts(i int, list []string) {
	if r.v[i] == nil {
		return
	}
	r.v[i].SetList(r.at)
	for _, s := range list {
		v, at := r.v[i].Element(r.at)
		v.CopyString(at, strings.ToValidUTF8(s, "\ufffd"))
	}
}

// binary writes what has a form in bytes of its own.
func (r row) binary(i int, value encoding.BinaryMarshaler) {
	if r.v[i] == nil {
		return
	}
	b, err := value.MarshalBinary()
	if err != nil {
		*r.err = err
		return
	}
	r.v[i].CopyText(r.at, b)
}

// json writes a value as JSON text.
func (r row) json(i int, value any) {
	if r.v[i] == nil {
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		*r.err = err
		return
	}
	r.v[i].CopyText(r.at, text)
}
