package cloudtrail

import (
	"bytes"
	"errors"
	"hash/maphash"
	"iter"
	"syscall"
	"unsafe"
)

// A Batch is whole objects decoded into rows, in memory of its own. It is made
// once and used again: what it yields is valid until Reset or Close.
type Batch struct {
	Objects    []Decoded
	Events     Rows
	Aggregated Rows
	Requests   Rows
	Damaged    []Damaged

	text    *arena
	entries []byte // reserved for those of Events
	damaged int    // bytes of text in Damaged
	memo    memo   // of the object that is being decoded
}

// Decoded is what became of one object.
type Decoded struct {
	Object
	SHA256 [32]byte // of the bytes as stored
	// TextSHA256 is of the text, as digests name it, if the Decoder was asked for
	// it and the object is one gzip stream with nothing behind it; else zero.
	TextSHA256 [32]byte
	// Inflated is the size after gunzip.
	Inflated int64
	// Rows counts the rows in each of Tables.
	Rows     [len(Tables)]int
	LeftOut  int // records that the filter left out
	Damaged  int // records in Damaged that are not rows
	Misfits  int // members whose value does not fit their column
	Replaced int // members with text that is not Unicode
	// Skipped says why an object without records is none of ours; else "".
	Skipped string
}

// Stored is what a sink did with objects that were put.
type Stored struct {
	Rows       [len(Tables)]int // in each of Tables
	Duplicates int              // rows that were copies
	Known      int              // objects that another had stored in the meantime; those that were skipped are not counted
}

// Damaged is a piece of an object that is not a row, or (Replaced) text of a
// row that is not Unicode, as it was.
type Damaged struct {
	Object   int // index into Objects
	Byte     int64
	Text     []byte // cut at 4 KB
	Reason   string
	Replaced bool
}

// Rows are rows of one Table.
type Rows struct {
	Table *Table
	Rows  []Row

	entries []Entry
	text    *arena
}

// A Row is one record.
type Row struct {
	Object int // index into Objects
	Index  int64
	// Time is when it was, in microseconds since 1970, NoTime without.
	Time int64
	// Key is what the record is known by, as hashes that nobody outside this
	// process can aim at; zero for a record without an ID, which is known by
	// object and Index.
	Key RowKey
	// Dropped is set by who finds that the row is a copy of another.
	Dropped bool

	first, end uint32 // in entries
}

// NoTime is the Time of a record without a readable time.
const NoTime = -1 << 63

// An Entry is one value of a row: which column, and where its text lies. Bits 0
// to 31 are the offset, 32 to 56 the length, 57 to 63 the column's ID. Columns
// without an Entry are NULL. An Integer or BigInt has its value in place of offset
// and length; a Bool has its value as length; a Struct, and each
// element of a List (with the List's ID and length 1, or 2 if it is null), has
// an Entry before those of its members; a List one with length 0 before them all;
// a Map one with length 0, then for each member its name under the Map's ID, with
// length + 1, and its value under the next ID.
type Entry uint64

const (
	lenBits = 25
	maxText = 1<<lenBits - 2
)

func entry(id, off, n int) Entry { return Entry(id)<<57 | Entry(n)<<32 | Entry(uint32(off)) }

const intBits = 57

func intEntry(id int, v int64) Entry { return Entry(id)<<intBits | Entry(v) }

// ID is the column's ID.
func (e Entry) ID() int { return int(e >> 57) }

// Len is the length of the text, or the value of a Bool.
func (e Entry) Len() int { return int(e >> 32 & (1<<lenBits - 1)) }

// Int is the value of an Integer or a BigInt.
func (e Entry) Int() int64 { return int64(e & (1<<intBits - 1)) }

func (e Entry) off() int { return int(uint32(e)) }

// entriesSize is the address space for the entries of events, in bytes: like the
// text, they lie outside of Go's heap.
const entriesSize = 256 << 20

// NewBatch makes an empty batch. Close gives its memory back.
func NewBatch() (*Batch, error) {
	text, err := newArena()
	if err != nil {
		return nil, err
	}
	entries, err := reserve(entriesSize)
	if err != nil {
		return nil, errors.Join(err, text.close())
	}
	b := &Batch{text: text, entries: entries}
	b.Events = Rows{Table: Events, text: text}
	// Beyond the reserve they move to Go's heap, as appending does.
	b.Events.entries = unsafe.Slice((*Entry)(unsafe.Pointer(unsafe.SliceData(entries))), entriesSize/8)[:0]
	b.Aggregated = Rows{Table: Aggregated, text: text}
	b.Requests = Rows{Table: Requests, text: text}
	return b, nil
}

// Tables returns the rows of each of Tables.
func (b *Batch) Tables() [len(Tables)]*Rows {
	return [...]*Rows{&b.Events, &b.Aggregated, &b.Requests}
}

// Rows is how many rows the batch holds.
func (b *Batch) Rows() (n int) {
	for _, r := range b.Tables() {
		n += len(r.Rows)
	}
	return n
}

// seed is one for the process, so that hashes of different batches compare.
var seed = maphash.MakeSeed()

// Close gives the batch's memory back. Nothing that it yielded may be used.
func (b *Batch) Close() error {
	entries := b.entries
	if b.entries = nil; entries == nil {
		return nil
	}
	return errors.Join(b.text.close(), syscall.Munmap(entries))
}

// Reset empties the batch for its next use.
func (b *Batch) Reset() {
	b.Objects, b.Damaged = b.Objects[:0], b.Damaged[:0]
	for _, r := range b.Tables() {
		r.Rows, r.entries = r.Rows[:0], r.entries[:0]
	}
	b.text.reset()
	b.damaged = 0
}

// sizes are how much there is of each thing in a batch but Objects and text.
type sizes struct {
	rows, entries [len(Tables)]int
	damaged       int
}

func (b *Batch) sizes() (s sizes) {
	for i, r := range b.Tables() {
		s.rows[i], s.entries[i] = len(r.Rows), len(r.entries)
	}
	s.damaged = len(b.Damaged)
	return s
}

// cut takes out what was added since the batch had these sizes.
func (b *Batch) cut(s sizes) {
	for i, r := range b.Tables() {
		r.Rows, r.entries = r.Rows[:s.rows[i]], r.entries[:s.entries[i]]
	}
	b.Damaged = b.Damaged[:s.damaged]
}

// Bytes is how much text the batch holds, inflated.
func (b *Batch) Bytes() int { return b.text.n + b.damaged }

// Entries returns the values of row i.
func (r *Rows) Entries(i int) []Entry { return r.entries[r.Rows[i].first:r.Rows[i].end] }

// Text returns the text of e. It lies outside of Go's heap, and stays in place
// until the batch is reset.
func (r *Rows) Text(e Entry) []byte {
	off := e.off()
	return r.text.mem[off : off+e.Len() : off+e.Len()]
}

// Same reports whether row i of r and row j of s are copies of one record: they
// have the same Time and the same texts in the columns of the table's Key.
func (r *Rows) Same(i int, s *Rows, j int) bool {
	a, b := &r.Rows[i], &s.Rows[j]
	if a.Key == (RowKey{}) || a.Key != b.Key || a.Time != b.Time {
		return false
	}
	ka, kb := r.identity(i), s.identity(j)
	for k := range ka {
		if !bytes.Equal(ka[k], kb[k]) || (ka[k] == nil) != (kb[k] == nil) {
			return false
		}
	}
	return true
}

// Identity returns the texts of row i in the columns of the table's Key, nil for
// those not there.
func (r *Rows) Identity(i int) [maxKey][]byte { return r.identity(i) }

func (r *Rows) identity(i int) (k [maxKey][]byte) {
	key := &r.Table.key
	for _, e := range r.Entries(i) {
		switch e.ID() {
		case key[0]:
			k[0] = r.Text(e)
		case key[1]:
			k[1] = r.Text(e)
		case key[2]:
			k[2] = r.Text(e)
		case key[3]:
			k[3] = r.Text(e)
		}
	}
	return k
}

// Kept yields the indexes of the rows that were not dropped.
func (r *Rows) Kept() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range r.Rows {
			if !r.Rows[i].Dropped && !yield(i) {
				return
			}
		}
	}
}
