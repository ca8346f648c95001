package cache

import (
	"bytes"
	"context"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// once is what tables have in common that one thread scans.
type once struct{ next int }

func (*once) Threads() int { return 1 }

// fill calls put for i from where it last stopped up to n, as long as there is
// room; put reports whether it wrote row to.
func (o *once) fill(n int, put func(i, to int) bool) (rows int, err error) {
	for ; o.next < n && rows < duck.ChunkRows; o.next++ {
		if put(o.next, rows) {
			rows++
		}
	}
	return rows, nil
}

// keyTable yields what the rows of a batch are known by, and which rows they are.
type keyTable struct {
	once
	batch *cloudtrail.Batch
	rows  *cloudtrail.Rows
	only  []int // rows to yield; nil for all
}

func newKeyTable(c *copies) *keyTable {
	return &keyTable{batch: c.p.batch, rows: c.mine(), only: c.only}
}

// Columns are those of the table's key and its time, as the table has them, and
// three of which there is none in any table.
func (t *keyTable) Columns() []duck.Column {
	columns := []duck.Column{{Name: "ctsql_row", Type: duck.BigInt}, {Name: "ctsql_object", Type: duck.Varchar}, {Name: "ctsql_index", Type: duck.BigInt}}
	for _, k := range t.rows.Table.Key {
		columns = append(columns, duck.Column{Name: k, Type: duck.Varchar})
	}
	if t.rows.Table.Time != "" {
		columns = append(columns, duck.Column{Name: t.rows.Table.Time, Type: duck.Timestamp})
	}
	return columns
}

func (t *keyTable) Scan() duck.Scan { return t }

func (t *keyTable) Fill(_ context.Context, v []*duck.Vector) (int, error) {
	n := len(t.rows.Rows)
	if t.only != nil {
		n = len(t.only)
	}
	return t.fill(n, func(i, to int) bool {
		if t.only != nil {
			i = t.only[i]
		}
		r := &t.rows.Rows[i]
		if r.Dropped {
			return false
		}
		w := rowWriter{v, to}
		w.int(0, int64(i))
		w.text(1, objectName(t.batch.Objects[r.Object].Object))
		w.int(2, r.Index)
		identity := t.rows.Identity(i)
		if r.Key == (cloudtrail.RowKey{}) {
			identity[0] = nil // known by object and index
		}
		for k := range t.rows.Table.Key {
			if v[3+k] != nil && identity[k] != nil {
				v[3+k].SetText(to, identity[k])
			}
		}
		if last := len(v) - 1; t.rows.Table.Time != "" && r.Time != cloudtrail.NoTime {
			w.int(last, r.Time)
		}
		return true
	})
}

// damagedTable yields what of a batch is not a row.
type damagedTable struct {
	once
	p *putting
}

func (t *damagedTable) Columns() []duck.Column { return damagedColumns }
func (t *damagedTable) Scan() duck.Scan        { return t }

func (t *damagedTable) Fill(_ context.Context, v []*duck.Vector) (int, error) {
	b := t.p.batch
	return t.fill(len(b.Damaged), func(i, to int) bool {
		d := &b.Damaged[i]
		if t.p.known[d.Object] {
			return false
		}
		w := rowWriter{v, to}
		w.text(0, objectName(b.Objects[d.Object].Object))
		w.int(1, d.Byte)
		w.text(2, string(bytes.ToValidUTF8(d.Text, []byte("\ufffd"))))
		w.text(3, d.Reason)
		if !utf8.Valid(d.Text) {
			w.text(4, string(d.Text))
		}
		return true
	})
}
