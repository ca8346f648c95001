package duck

/*
#include <stdlib.h>

extern void ctsqlScalarCall(void *, void *, void *);
extern void ctsqlScalarDrop(void *);
*/
import "C"

import (
	"fmt"
	"reflect"
	"runtime/cgo"
	"strings"
	"sync"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// A ScalarFunction is a function of texts, called with up to ChunkRows rows at a
// time, from several threads at once. Equal texts must have equal results for as
// long as a statement runs.
type ScalarFunction struct {
	Name   string
	Args   int  // how many, each VARCHAR; at least 1
	Nulls  bool // Call decides about NULLs; else a row with one has the result NULL
	Result Type // one of the simple ones
	// Call writes a result for each row to out, which is all NULL before.
	// in has a text a row for each argument: nil is NULL. They are the
	// engine's own, and must be neither changed nor kept. Between two calls
	// the engine sees to it that a cancelled statement ends: one that waits
	// for something has to see to it itself.
	Call func(in [][][]byte, out *Vector) error
}

// RegisterScalar makes f known to all connections of the instance.
//
// The driver's own way is not taken: it makes a Go value of each text; it keeps
// the context under which a statement was bound, which has ended when that is
// executed once more; and its threads write that context without a lock.
func (c *Conn) RegisterScalar(f ScalarFunction) error {
	return c.sql.Raw(func(conn any) error {
		raw, err := rawConnection(conn)
		if err != nil {
			return err
		}
		made := mapping.CreateScalarFunction()
		defer mapping.DestroyScalarFunction(&made)
		mapping.ScalarFunctionSetName(made, f.Name)
		text := mapping.CreateLogicalType(duckdb.TYPE_VARCHAR)
		defer mapping.DestroyLogicalType(&text)
		for range f.Args {
			mapping.ScalarFunctionAddParameter(made, text)
		}
		result := mapping.CreateLogicalType(f.Result.simple)
		defer mapping.DestroyLogicalType(&result)
		mapping.ScalarFunctionSetReturnType(made, result)
		if f.Nulls {
			mapping.ScalarFunctionSetSpecialHandling(made)
		}
		// DuckDB holds on to a pointer, and Go's memory is none for that.
		handle := C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0))))
		*(*cgo.Handle)(handle) = cgo.NewHandle(&scalar{f: f})
		mapping.ScalarFunctionSetExtraInfo(made, handle, C.ctsqlScalarDrop)
		mapping.ScalarFunctionSetFunction(made, C.ctsqlScalarCall)
		if mapping.RegisterScalarFunction(raw, made) != mapping.StateSuccess {
			return fmt.Errorf("function %s: DuckDB does not take it", f.Name)
		}
		return nil
	})
}

// rawConnection returns DuckDB's handle of a connection, which the driver keeps
// to itself.
func rawConnection(conn any) (mapping.Connection, error) {
	v := reflect.ValueOf(conn)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return mapping.Connection{}, errDriver
	}
	inner := v.Elem().FieldByName("conn")
	if !inner.IsValid() || inner.Type() != reflect.TypeFor[mapping.Connection]() {
		return mapping.Connection{}, errDriver
	}
	return mapping.Connection{Ptr: inner.FieldByName("Ptr").UnsafePointer()}, nil
}

//export ctsqlScalarCall
func ctsqlScalarCall(info, input, output unsafe.Pointer) {
	function := mapping.FunctionInfo{Ptr: info}
	handle := *(*cgo.Handle)(mapping.ScalarFunctionGetExtraInfo(function))
	s := handle.Value().(*scalar)
	if err := s.call(mapping.DataChunk{Ptr: input}, mapping.Vector{Ptr: output}); err != nil {
		text := strings.ToValidUTF8(err.Error(), "\ufffd")
		mapping.ScalarFunctionSetError(function, strings.ReplaceAll(text, "\x00", "\ufffd"))
	}
}

//export ctsqlScalarDrop
func ctsqlScalarDrop(handle unsafe.Pointer) {
	(*(*cgo.Handle)(handle)).Delete()
	C.free(handle)
}

// scalar is a function that is registered.
type scalar struct {
	f    ScalarFunction
	free sync.Pool // of *scalarCall
}

// scalarCall is what a call needs for itself.
type scalarCall struct {
	texts  [][]byte
	in     [][][]byte
	out    Vector
	recent recentTexts
}

func (s *scalar) call(input mapping.DataChunk, output mapping.Vector) (err error) {
	defer recovered(&err)
	rows := int(mapping.DataChunkGetSize(input))
	if rows == 0 {
		return nil
	}
	if rows > ChunkRows {
		return errDriver
	}
	c, _ := s.free.Get().(*scalarCall)
	if c == nil {
		c = &scalarCall{texts: make([][]byte, s.f.Args*ChunkRows), in: make([][][]byte, s.f.Args)}
		c.out = Vector{kind: s.f.Result.simple, recent: &c.recent}
	}
	c.recent = recentTexts{}
	c.out.rebase(output, 0, rows)
	for i := range c.in {
		c.in[i] = c.texts[i*ChunkRows:][:rows]
		readTexts(c.in[i], mapping.DataChunkGetVector(input, mapping.IdxT(i)))
	}
	if err := s.f.Call(c.in, &c.out); err != nil {
		return err
	}
	if !s.f.Nulls {
		for _, texts := range c.in {
			c.out.nullAs(texts)
		}
	}
	// Where the texts are may be Go's memory by the next call.
	clear(c.texts)
	s.free.Put(c)
	return nil
}

// readTexts has texts point to those of a vector: DuckDB flattens it before.
// What is there for a NULL is no text at all.
func readTexts(texts [][]byte, v mapping.Vector) {
	data := mapping.VectorGetData(v)
	mask := mapping.VectorGetValidity(v)
	if mask == nil { // no NULLs
		for row := range texts {
			texts[row] = textAt(data, row)
		}
		return
	}
	valid := unsafe.Slice((*uint64)(mask), (len(texts)+63)/64)
	for row := range texts {
		texts[row] = nil
		if valid[row>>6]&(1<<(row&63)) != 0 {
			texts[row] = textAt(data, row)
		}
	}
}
