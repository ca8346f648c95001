package duck

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// A TableFunction is a function that stands where SQL expects a table.
type TableFunction struct {
	Name string
	Args []Type
	// Bind makes the table for one statement's call. ctx ends with the statement.
	Bind func(ctx context.Context, args []any) (Table, error)
}

// A Table yields rows to one statement.
type Table interface {
	Columns() []Column
	// Threads is how many scans may run side by side.
	Threads() int
	// Scan begins a scan. Each yields rows that no other does.
	Scan() Scan
}

// A Scan fills chunks, until it returns 0 rows.
type Scan interface {
	// Fill writes up to ChunkRows rows, and says how many. Vectors of
	// columns that the statement does not need are nil.
	Fill(ctx context.Context, columns []*Vector) (rows int, err error)
}

// Register makes f known to all connections of the instance.
func (c *Conn) Register(f TableFunction) error {
	var args []duckdb.TypeInfo
	for _, t := range f.Args {
		info, err := t.info()
		if err != nil {
			return err
		}
		args = append(args, info)
	}
	return duckdb.RegisterTableUDF(c.sql, f.Name, duckdb.ParallelChunkTableFunction{
		Config: duckdb.TableFunctionConfig{Arguments: args},
		BindArgumentsContext: func(ctx context.Context, _ map[string]any, args ...any) (s duckdb.ParallelChunkTableSource, err error) {
			defer recovered(&err)
			t, err := f.Bind(ctx, args)
			if err != nil {
				return nil, err
			}
			return newTableSource(ctx, t)
		},
	})
}

// recovered makes a panic an error: it must not unwind through C.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("internal error: %v\n%s", r, debug.Stack())
	}
}

// tableSource is a Table as the driver wants it.
type tableSource struct {
	ctx     context.Context
	table   Table
	columns []Column
	infos   []duckdb.ColumnInfo
}

func newTableSource(ctx context.Context, t Table) (*tableSource, error) {
	s := &tableSource{ctx: ctx, table: t, columns: t.Columns()}
	for _, c := range s.columns {
		info, err := c.Type.info()
		if err != nil {
			return nil, err
		}
		s.infos = append(s.infos, duckdb.ColumnInfo{Name: c.Name, T: info})
	}
	return s, nil
}

func (s *tableSource) ColumnInfos() []duckdb.ColumnInfo     { return s.infos }
func (s *tableSource) Cardinality() *duckdb.CardinalityInfo { return nil }

func (s *tableSource) Init() duckdb.ParallelTableSourceInfo {
	return duckdb.ParallelTableSourceInfo{MaxThreads: s.table.Threads()}
}

// localScan is one thread's scan, and the vectors that it writes to.
type localScan struct {
	scan    Scan
	vectors []*Vector
}

func (s *tableSource) NewLocalState() any { return &localScan{scan: s.table.Scan()} }

func (s *tableSource) FillChunk(state any, chunk duckdb.DataChunk) (err error) {
	defer recovered(&err)
	if err := s.ctx.Err(); err != nil {
		return err
	}
	l := state.(*localScan)
	fresh := l.vectors == nil
	if fresh {
		l.vectors = make([]*Vector, len(s.columns))
	}
	// GetVector takes the chunk's size for the vector's.
	if err := chunk.SetSize(ChunkRows); err != nil {
		return err
	}
	for i := range s.columns {
		v, err := chunk.GetVector(i)
		if err != nil {
			continue // not projected
		}
		vec, err := rawVector(v)
		if err != nil {
			return err
		}
		if fresh {
			l.vectors[i] = newVector(vec, s.columns[i].Type)
		}
		l.vectors[i].rebase(vec, 0, ChunkRows)
	}
	rows, err := l.scan.Fill(s.ctx, l.vectors)
	if err != nil {
		return err
	}
	for _, v := range l.vectors {
		if v != nil {
			v.finish()
		}
	}
	return chunk.SetSize(rows)
}

var errDriver = errors.New("the DuckDB driver's vectors are not as this program knows them")

// rawVector returns DuckDB's handle of a vector, which the driver keeps to
// itself though its package mapping works on it.
func rawVector(v duckdb.Vector) (mapping.Vector, error) {
	inner := reflect.ValueOf(v).FieldByName("v")
	if inner.Kind() != reflect.Pointer || inner.IsNil() {
		return mapping.Vector{}, errDriver
	}
	vec := inner.Elem().FieldByName("vec")
	if !vec.IsValid() || vec.Type() != reflect.TypeFor[mapping.Vector]() {
		return mapping.Vector{}, errDriver
	}
	return mapping.Vector{Ptr: vec.FieldByName("Ptr").UnsafePointer()}, nil
}
