package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// CopyOptions are the options under which COPY (…) TO writes what this package
// reads. With NULLSTR ” DuckDB quotes an empty string, because it equals the
// text of NULL, and leaves NULL bare, so the two differ without FORCE_QUOTE,
// which would cost two bytes a cell. A row of a single NULL is an empty line.
const CopyOptions = `(FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`

// A Cell is one value of a row as DuckDB spells it. Text is valid until the next
// row is read.
type Cell struct {
	Text   []byte
	Null   bool
	quoted bool
}

// Rows yields the rows that COPY wrote with CopyOptions. The cells are
// overwritten by the next step; an error ends the sequence.
func Rows(r io.Reader, columns int) iter.Seq2[[]Cell, error] {
	return func(yield func([]Cell, error) bool) {
		for w := newWire(r, columns); ; {
			cells, err := w.next()
			if err == io.EOF || !yield(cells, err) || err != nil {
				return
			}
		}
	}
}

// wire reads rows. Its buffer grows to the longest row and is used again.
type wire struct {
	src     io.Reader
	columns int

	buf    []byte
	lo, hi int // the row being read begins at lo; bytes end at hi
	srcErr error
	offset int64 // of lo in the stream, for messages

	spans []span
	cells []Cell
}

// span is a cell by its place behind lo, which growing does not move.
type span struct {
	start, end int
	quoted     bool
	escapes    bool
}

func newWire(r io.Reader, columns int) *wire {
	return &wire{src: r, columns: columns, buf: make([]byte, 128<<10)}
}

// next returns a row, io.EOF after the last, or what is wrong.
func (w *wire) next() ([]Cell, error) {
	w.spans = w.spans[:0]
	i := 0
	for {
		c, ok := w.at(i)
		if !ok {
			if i == 0 && errors.Is(w.srcErr, io.EOF) {
				return nil, io.EOF
			}
			return nil, w.broken(i)
		}
		var s span
		if c == '"' {
			s, ok = w.quoted(i)
			i = s.end + 1
		} else {
			s, ok = w.bare(i)
			i = s.end
		}
		if !ok {
			return nil, w.broken(i)
		}
		w.spans = append(w.spans, s)
		end, ok := w.at(i)
		if !ok {
			return nil, w.broken(i)
		}
		i++
		if end == '\n' && len(w.spans) == w.columns {
			break
		}
		if end != ',' || len(w.spans) == w.columns {
			return nil, w.malformed(i - 1)
		}
	}
	return w.take(i), nil
}

// bare finds the end of a cell without quotes.
func (w *wire) bare(start int) (span, bool) {
	i := start
	for {
		rest := w.buf[w.lo+i : w.hi]
		for k, c := range rest {
			if c == ',' || c == '\n' {
				return span{start: start, end: i + k}, true
			}
		}
		i += len(rest)
		if !w.fill() {
			return span{start: start, end: i}, false
		}
	}
}

// quoted finds the quote that ends the cell that one begins at start.
func (w *wire) quoted(start int) (span, bool) {
	s := span{start: start + 1, quoted: true}
	i := start + 1
	for {
		k := bytes.IndexByte(w.buf[w.lo+i:w.hi], '"')
		if k < 0 {
			i = w.hi - w.lo
			if !w.fill() {
				s.end = i
				return s, false
			}
			continue
		}
		i += k + 1
		if c, ok := w.at(i); !ok || c != '"' {
			s.end = i - 1
			return s, true
		}
		s.escapes = true
		i++
	}
}

// take hands out the row that ends before i and goes on behind it.
func (w *wire) take(i int) []Cell {
	row := w.buf[w.lo : w.lo+i]
	w.cells = w.cells[:0]
	for _, s := range w.spans {
		text := row[s.start:s.end]
		if s.escapes {
			text = unescape(text)
		}
		w.cells = append(w.cells, Cell{Text: text, Null: !s.quoted && len(text) == 0, quoted: s.quoted})
	}
	w.lo += i
	w.offset += int64(i)
	return w.cells
}

// unescape makes one quote of two, in place.
func unescape(b []byte) []byte {
	n := 0
	for rest := b; ; {
		k := bytes.IndexByte(rest, '"')
		if k < 0 {
			n += copy(b[n:], rest)
			return b[:n]
		}
		n += copy(b[n:], rest[:k+1])
		rest = rest[min(k+2, len(rest)):]
	}
}

// at returns the byte i places behind the row's begin, read if need be.
func (w *wire) at(i int) (byte, bool) {
	for w.lo+i >= w.hi {
		if !w.fill() {
			return 0, false
		}
	}
	return w.buf[w.lo+i], true
}

// fill reads more, making room first, and says whether anything came.
func (w *wire) fill() bool {
	if w.srcErr != nil {
		return false
	}
	if w.hi == len(w.buf) {
		if w.lo > 0 {
			w.hi = copy(w.buf, w.buf[w.lo:w.hi])
			w.lo = 0
		} else {
			w.buf = append(w.buf, make([]byte, len(w.buf))...)
		}
	}
	for range 100 {
		n, err := w.src.Read(w.buf[w.hi:])
		w.hi += n
		w.srcErr = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.srcErr = io.ErrNoProgress
	return false
}

// broken says why a row has no end.
func (w *wire) broken(i int) error {
	if errors.Is(w.srcErr, io.EOF) {
		return fmt.Errorf("rows end inside a row, at byte %d: %w", w.offset+int64(i), io.ErrUnexpectedEOF)
	}
	return w.srcErr // whoever yields the rows knows best
}

func (w *wire) malformed(i int) error {
	return fmt.Errorf("rows, at byte %d: not %d columns as COPY writes them", w.offset+int64(i), w.columns)
}
