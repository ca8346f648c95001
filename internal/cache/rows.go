package cache

import (
	"context"
	"sync"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// A filler writes rows of a batch into vectors.
type filler struct {
	slots               [cloudtrail.MaxIDs]slot
	time, origin, index *duck.Vector
	element             [cloudtrail.MaxIDs]int // row of the last element of a list or map, by its ID
	name                []byte                 // of the object
	named               int                    // which that is
}

// A slot is where the values of one column go.
type slot struct {
	vec  *duck.Vector // nil if the statement does not need it
	kind cloudtrail.Kind
	list int // ID of the list or map that it is in the elements of, or -1
}

// newFiller is for chunks whose columns have these vectors.
func newFiller(t *cloudtrail.Table, vectors []*duck.Vector) *filler {
	f := &filler{}
	f.place(t.Columns, vectors, -1)
	return f
}

func (f *filler) place(cs []*cloudtrail.Column, vectors []*duck.Vector, list int) {
	for i, c := range cs {
		v := vectors[i]
		f.slots[c.ID] = slot{v, c.Kind, list}
		if v == nil {
			continue
		}
		switch c.Kind {
		case cloudtrail.Time:
			f.time = v
		case cloudtrail.Origin:
			f.origin = v
			v.Recurs()
		case cloudtrail.Index:
			f.index = v
		case cloudtrail.Struct:
			f.place(c.Members, members(v, len(c.Members)), list)
		case cloudtrail.List:
			f.place(c.Members, members(v.Elements(), len(c.Members)), c.ID)
		case cloudtrail.Map:
			f.slots[c.ID+1] = slot{v.Elements().Member(1), cloudtrail.Text, c.ID}
		}
	}
}

func members(v *duck.Vector, n int) (ms []*duck.Vector) {
	for i := range n {
		ms = append(ms, v.Member(i))
	}
	return ms
}

// put writes row i of rows into row to of the vectors.
func (f *filler) put(b *cloudtrail.Batch, rows *cloudtrail.Rows, i, to int) {
	r := &rows.Rows[i]
	if f.time != nil && r.Time != cloudtrail.NoTime {
		f.time.SetInt(to, r.Time)
	}
	if f.index != nil {
		f.index.SetInt(to, r.Index)
	}
	if f.origin != nil {
		if f.name == nil || f.named != r.Object {
			f.named, f.name = r.Object, []byte(objectName(b.Objects[r.Object].Object))
		}
		f.origin.CopyText(to, f.name)
	}
	for _, e := range rows.Entries(i) {
		id := e.ID()
		s := &f.slots[id]
		if s.vec == nil {
			continue
		}
		row := to
		if s.list >= 0 {
			row = f.element[s.list]
		}
		switch s.kind {
		case cloudtrail.Text, cloudtrail.JSON:
			s.vec.SetText(row, rows.Text(e))
		case cloudtrail.Bool:
			s.vec.SetBool(row, e.Len() == 1)
		case cloudtrail.BigInt:
			s.vec.SetInt(row, e.Int())
		case cloudtrail.Integer:
			s.vec.SetInt32(row, int32(e.Int()))
		case cloudtrail.Struct:
			s.vec.SetValid(row)
		case cloudtrail.List:
			f.putElement(s.vec, id, row, e.Len())
		case cloudtrail.Map:
			f.putMapName(s.vec, id, row, rows, e)
		}
	}
}

// putElement begins a list, or an element of it.
func (f *filler) putElement(v *duck.Vector, id, row, what int) {
	if what == 0 {
		v.SetList(row)
		return
	}
	child, n := v.Element(row)
	f.element[id] = n
	if what == 1 {
		child.SetValid(n)
	}
}

// putMapName begins a map, or a member of it.
func (f *filler) putMapName(v *duck.Vector, id, row int, rows *cloudtrail.Rows, e cloudtrail.Entry) {
	if e.Len() == 0 {
		v.SetList(row)
		return
	}
	child, n := v.Element(row)
	f.element[id] = n
	child.SetValid(n)
	name := rows.Text(e)
	child.Member(0).SetText(n, name[:len(name)-1])
}

// batchTable hands the rows of one batch to one statement.
type batchTable struct {
	batch *cloudtrail.Batch
	rows  *cloudtrail.Rows

	mu   sync.Mutex
	next int
}

func (t *batchTable) Columns() []duck.Column { return columns(t.rows.Table.Columns) }
func (t *batchTable) Threads() int           { return 1 }
func (t *batchTable) Scan() duck.Scan        { return &batchScan{table: t} }

// batchScan is one thread's part of it.
type batchScan struct {
	table  *batchTable
	filler *filler
	todo   []int
}

func (s *batchScan) Fill(_ context.Context, vectors []*duck.Vector) (int, error) {
	if s.filler == nil {
		s.filler = newFiller(s.table.rows.Table, vectors)
	}
	s.todo = s.table.take(s.todo[:0])
	for to, i := range s.todo {
		s.filler.put(s.table.batch, s.table.rows, i, to)
	}
	return len(s.todo), nil
}

// take takes the next rows that were not dropped.
func (t *batchTable) take(todo []int) []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := t.rows.Rows
	for ; t.next < len(rows) && len(todo) < duck.ChunkRows; t.next++ {
		if !rows[t.next].Dropped {
			todo = append(todo, t.next)
		}
	}
	return todo
}
