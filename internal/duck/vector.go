package duck

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// ChunkRows is how many rows a chunk holds.
const ChunkRows = 2048

// A Vector is where the values of one column of a chunk are written to. All are
// NULL until set. Members of a struct, and elements of a list, are vectors of
// their own.
//
// Values are written straight into DuckDB's memory, for the driver's way costs
// two calls into C for each. The layouts are those that DuckDB publishes in
// duckdb.h: duckdb_string_t, duckdb_list_entry, and a bit a row for validity.
type Vector struct {
	vec     mapping.Vector
	data    unsafe.Pointer
	valid   []uint64
	kind    duckdb.Type
	members []*Vector // of a struct, or the one child of a list or map
	used    int       // elements of a list's child
	room    int
	recent  *recentTexts // of a vector whose texts recur
}

func newVector(vec mapping.Vector, t Type) *Vector {
	v := &Vector{kind: t.simple}
	switch {
	case t.simple == duckdb.TYPE_MAP:
		v.members = []*Vector{newVector(mapping.ListVectorGetChild(vec), Struct([]Column{{"key", Varchar}, {"value", Varchar}}))}
	case t.element != nil:
		v.members = []*Vector{newVector(mapping.ListVectorGetChild(vec), *t.element)}
	case t.members != nil:
		for i, m := range t.members {
			v.members = append(v.members, newVector(mapping.StructVectorGetChild(vec, mapping.IdxT(i)), m.Type))
		}
	}
	v.vec = vec
	return v
}

// rebase finds the vector's memory for rows rows, and makes those from row from NULL.
func (v *Vector) rebase(vec mapping.Vector, from, rows int) {
	v.vec = vec
	if v.recent != nil {
		*v.recent = recentTexts{}
	}
	v.data = mapping.VectorGetData(vec)
	mapping.VectorEnsureValidityWritable(vec)
	v.valid = unsafe.Slice((*uint64)(mapping.VectorGetValidity(vec)), (rows+63)/64)
	for i := from; i < rows && i%64 != 0; i++ {
		v.valid[i/64] &^= 1 << (i % 64)
	}
	clear(v.valid[(from+63)/64:])
	switch v.kind {
	case duckdb.TYPE_STRUCT:
		for i, m := range v.members {
			m.rebase(mapping.StructVectorGetChild(vec, mapping.IdxT(i)), from, rows)
		}
	case duckdb.TYPE_LIST, duckdb.TYPE_MAP:
		if from == 0 {
			v.used = 0
			v.room = 0
		}
	}
}

// Elements returns the vector of a list's elements. A map's are structs of a
// name and a value.
func (v *Vector) Elements() *Vector { return v.members[0] }

// Member returns the vector of member i of a struct.
func (v *Vector) Member(i int) *Vector { return v.members[i] }

// SetValid makes the value at row not NULL: for structs, whose members say the rest.
func (v *Vector) SetValid(row int) { v.valid[row>>6] |= 1 << (row & 63) }

// SetInt writes a BIGINT, the bits of a UBIGINT, or a TIMESTAMP in microseconds since 1970.
func (v *Vector) SetInt(row int, n int64) {
	*(*int64)(unsafe.Add(v.data, row*8)) = n
	v.SetValid(row)
}

// SetFloat writes a DOUBLE.
func (v *Vector) SetFloat(row int, f float64) {
	*(*float64)(unsafe.Add(v.data, row*8)) = f
	v.SetValid(row)
}

// SetInt32 writes an INTEGER, or a DATE in days since 1970.
func (v *Vector) SetInt32(row int, n int32) {
	*(*int32)(unsafe.Add(v.data, row*4)) = n
	v.SetValid(row)
}

// SetBool writes a BOOLEAN.
func (v *Vector) SetBool(row int, b bool) {
	*(*bool)(unsafe.Add(v.data, row)) = b
	v.SetValid(row)
}

// inlined is the longest text that lies in the vector itself.
const inlined = 12

// SetText writes a VARCHAR, which must be UTF-8, or a BLOB, without copying it:
// text must lie outside of Go's heap and stay as it is until the statement ends.
func (v *Vector) SetText(row int, text []byte) {
	p := (*[2]uint64)(unsafe.Add(v.data, row*16))
	n := len(text)
	if n <= inlined {
		var b [16]byte
		binary.NativeEndian.PutUint32(b[:], uint32(n))
		copy(b[4:], text)
		p[0], p[1] = binary.NativeEndian.Uint64(b[:]), binary.NativeEndian.Uint64(b[8:])
	} else {
		q := (*[2]uint32)(unsafe.Pointer(p))
		q[0], q[1] = uint32(n), binary.NativeEndian.Uint32(text)
		p[1] = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(text))))
	}
	v.SetValid(row)
}

// CopyText writes a VARCHAR, which must be UTF-8, or a BLOB.
func (v *Vector) CopyText(row int, text []byte) {
	if len(text) <= inlined {
		v.SetText(row, text)
		return
	}
	if v.recent == nil || !v.recent.copy(v.data, row, text) {
		mapping.VectorAssignStringElementLen(v.vec, mapping.IdxT(row), text)
	}
	v.SetValid(row)
}

// CopyString is CopyText of a string.
func (v *Vector) CopyString(row int, text string) {
	v.CopyText(row, unsafe.Slice(unsafe.StringData(text), len(text)))
}

// Recurs says that texts that are copied into the vector recur.
func (v *Vector) Recurs() { v.recent = new(recentTexts) }

// recentTexts tell where in a vector a text was lately written: row + 1. To have
// DuckDB copy a text takes a call into C and room; functions of values that recur
// have results that recur, and those can lie in one place.
type recentTexts [256]uint16

// copy writes text at row of a vector if it lately was written to another one.
// If not, it takes row for the next.
func (r *recentTexts) copy(data unsafe.Pointer, row int, text []byte) bool {
	n := len(text)
	mixed := binary.NativeEndian.Uint64(text) ^ binary.NativeEndian.Uint64(text[n-8:])*31 ^ uint64(n)
	slot := &r[mixed*0x9e3779b97f4a7c15>>56]
	if *slot > 0 {
		if at := int(*slot - 1); bytes.Equal(textAt(data, at), text) {
			*(*[2]uint64)(unsafe.Add(data, row*16)) = *(*[2]uint64)(unsafe.Add(data, at*16))
			return true
		}
	}
	*slot = uint16(row + 1)
	return false
}

// textAt is the text at row of a vector, which must not be NULL. It is never nil.
func textAt(data unsafe.Pointer, row int) []byte {
	p := unsafe.Add(data, row*16)
	n := *(*uint32)(p)
	if n <= inlined {
		return unsafe.Slice((*byte)(unsafe.Add(p, 4)), n)
	}
	return unsafe.Slice(*(**byte)(unsafe.Add(p, 8)), n)
}

// nullAs makes the values NULL where texts are.
func (v *Vector) nullAs(texts [][]byte) {
	for row, text := range texts {
		if text == nil {
			v.valid[row>>6] &^= 1 << (row & 63)
		}
	}
}

// SetList begins the list, or the map, at row: it is empty.
func (v *Vector) SetList(row int) {
	p := (*[2]uint64)(unsafe.Add(v.data, row*16))
	p[0], p[1] = uint64(v.used), 0
	v.SetValid(row)
}

// Element adds an element to the list that was last begun, at row, and returns
// its vector and the row in that. The element is NULL until set.
func (v *Vector) Element(row int) (*Vector, int) {
	if v.used == v.room {
		room := max(2*v.room, ChunkRows)
		mapping.ListVectorReserve(v.vec, mapping.IdxT(room))
		v.members[0].rebase(mapping.ListVectorGetChild(v.vec), v.room, room)
		v.room = room
	}
	n := v.used
	v.used++
	(*[2]uint64)(unsafe.Add(v.data, row*16))[1]++
	return v.members[0], n
}

// finish tells DuckDB how many elements the lists have.
func (v *Vector) finish() {
	switch v.kind {
	case duckdb.TYPE_LIST, duckdb.TYPE_MAP:
		mapping.ListVectorSetSize(v.vec, mapping.IdxT(v.used))
	case duckdb.TYPE_STRUCT:
		for _, m := range v.members {
			m.finish()
		}
	}
}
