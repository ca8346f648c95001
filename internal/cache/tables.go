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

var keyColumns = []duck.Column{
	{Name: "row", Type: duck.BigInt},
	{Name: "id", Type: duck.Varchar},
	{Name: "time", Type: duck.Timestamp},
	{Name: "source", Type: duck.Varchar},
	{Name: "name", Type: duck.Varchar},
	{Name: "object", Type: duck.Varchar},
	{Name: "index", Type: duck.BigInt},
}

func (t *keyTable) Columns() []duck.Column { return keyColumns }
func (t *keyTable) Scan() duck.Scan        { return t }

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
		id, source, name := t.rows.Identity(i)
		if r.Hash == 0 {
			id = nil // known by object and index
		}
		for k, text := range [...][]byte{1: id, 3: source, 4: name} {
			if v[k] != nil && text != nil {
				v[k].SetText(to, text)
			}
		}
		if r.Time != cloudtrail.NoTime {
			w.int(2, r.Time)
		}
		w.text(5, objectName(t.batch.Objects[r.Object].Object))
		w.int(6, r.Index)
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
