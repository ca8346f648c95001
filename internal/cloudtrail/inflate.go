package cloudtrail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/klauspost/compress/gzip"
)

const (
	// largeText is how much text an object may inflate to and still be decoded
	// in one piece.
	largeText = 64 << 20
	// bombRatio is how many times its size an object of more than largeText
	// may inflate to. CloudTrail's reach about 20; gzip's bound is 1,032.
	bombRatio = 200
	// windowText is how much of a large object is decoded at a time.
	windowText = 32 << 20
	readSize   = 1 << 20
)

// ErrLarge is what Decode answers for an object that Large must decode.
var ErrLarge = errors.New("the object is too large to be decoded in one piece")

// A Body is an object's bytes as stored, held by the caller, and their SHA-256.
type Body struct {
	io.ReadSeeker
	SHA256 [32]byte
}

// A Decoder turns objects into rows of a batch. It is not safe for concurrent
// use; make one for each goroutine.
type Decoder struct {
	// Filter, if not nil, says which records to keep.
	Filter *Filter

	gz  *gzip.Reader
	buf *bufio.Reader
}

// Decode adds the object to the batch: to its Objects, and its records to its
// rows. If the object cannot be read to its end it is refused whole with a
// *Fault, or with ErrLarge, and the batch is as it was.
func (d *Decoder) Decode(b *Batch, o Object, body Body) error {
	start := b.text.n
	text, err := d.open(body)
	if err != nil {
		return err
	}
	for {
		n, err := text.Read(b.text.room()[:readSize])
		b.text.used(n)
		if err == io.EOF {
			break
		}
		if err == nil && b.text.n-start > largeText {
			err = ErrLarge
		}
		if err != nil {
			b.text.n = start
			return d.fault(body, err)
		}
	}
	r := newReader(b, o, body, d.Filter)
	err = r.begin(start, true)
	if err == nil {
		err = r.read()
	}
	if err != nil {
		r.undo()
		b.text.n = start
		return err
	}
	r.end()
	if len(b.Events.Rows) == r.rows0[0] && len(b.Aggregated.Rows) == r.rows0[1] {
		b.text.n = start // no row needs it
	}
	return nil
}

// open returns the object's text, inflated where it is gzip.
func (d *Decoder) open(body Body) (io.Reader, error) {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var magic [2]byte
	n, err := io.ReadFull(body, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if n < 2 || magic != [2]byte{0x1f, 0x8b} {
		return body, nil
	}
	var in io.Reader = body
	if mem, ok := body.ReadSeeker.(*bytes.Reader); ok {
		in = mem // read in place
	} else {
		if d.buf == nil {
			d.buf = bufio.NewReaderSize(nil, 64<<10)
		}
		d.buf.Reset(body)
		in = d.buf
	}
	if d.gz == nil {
		d.gz, err = gzip.NewReader(in)
	} else {
		err = d.gz.Reset(in)
	}
	if err != nil {
		d.gz = nil
		return nil, d.fault(body, err)
	}
	return d.gz, nil
}

// fault names an error of gzip by where in the stored bytes it was met.
func (d *Decoder) fault(body Body, err error) error {
	if err == ErrLarge {
		return err
	}
	var what string
	switch {
	case err == io.ErrUnexpectedEOF || err == io.EOF:
		what = "truncated gzip"
	case errors.Is(err, gzip.ErrChecksum):
		what = "gzip checksum error: the data is damaged"
	case errors.Is(err, gzip.ErrHeader):
		what = "no gzip header where one must be"
	case strings.HasPrefix(err.Error(), "flate: "):
		what = "damaged gzip data"
	default:
		return err
	}
	return &Fault{Byte: d.offset(body), What: what}
}

// offset is how many of the stored bytes have been read.
func (d *Decoder) offset(body Body) int64 {
	at, err := body.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	if _, mem := body.ReadSeeker.(*bytes.Reader); !mem && d.buf != nil {
		at -= int64(d.buf.Buffered())
	}
	return at
}

// Large decodes an object of any size in parts that each fit a batch, reading
// it twice: first to its end, so that it is known to be whole. It yields the
// batch, reset, for each part; Objects[0] counts what came so far. After an
// error, *Fault or other, the parts yielded before must be forgotten.
func (d *Decoder) Large(b *Batch, o Object, body Body) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if err := d.check(body); err != nil {
			yield(nil, err)
			return
		}
		text, err := d.open(body)
		if err != nil {
			yield(nil, err)
			return
		}
		b.Reset()
		w := window{r: newReader(b, o, body, d.Filter), text: text}
		for !w.r.whole {
			if err := w.next(); err != nil {
				yield(nil, d.fault(body, err))
				return
			}
			if !yield(b, nil) {
				return
			}
			if !w.r.whole {
				w.carry()
			}
		}
	}
}

// check reads the object to its end.
func (d *Decoder) check(body Body) error {
	text, err := d.open(body)
	if err != nil {
		return err
	}
	var inflated int64
	buf := make([]byte, readSize)
	for {
		n, err := text.Read(buf)
		inflated += int64(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return d.fault(body, err)
		}
		if at := d.offset(body); inflated > largeText && inflated > bombRatio*at {
			return &Fault{Byte: at, What: fmt.Sprintf("inflates to more than %d times its size: refused as a gzip bomb", bombRatio)}
		}
	}
}

// A window is the part of a large object's text that is in memory.
type window struct {
	r    *reader
	text io.Reader
	rest []byte // what the last window had begun
}

// next reads on and takes all records that are whole.
func (w *window) next() error {
	b := w.r.b
	start := b.text.n
	if _, err := b.text.add(w.rest); err != nil {
		return err
	}
	for {
		eof, err := w.fill(windowText)
		if err != nil {
			return err
		}
		if err := w.r.begin(start, eof); err != nil {
			return err
		}
		err = w.r.read()
		if err == nil && !eof {
			// A skipped object: nobody needs the rest.
			w.r.whole = true
		}
		if err == nil {
			w.r.end()
			return nil
		}
		if err != errMore {
			return err
		}
		if w.r.pos > start {
			w.r.end()
			return nil
		}
		// One value is longer than the window.
	}
}

// fill reads about n bytes more of the text into the arena.
func (w *window) fill(n int) (eof bool, err error) {
	a := w.r.b.text
	for end := a.n + n; a.n < end; {
		room := a.room()
		if len(room) < 4*readSize {
			return false, &Fault{Byte: w.r.skipped, What: "a value too long to be held in memory"}
		}
		got, err := w.text.Read(room[:readSize])
		a.used(got)
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// carry takes what is begun over into the next window.
func (w *window) carry() {
	r := w.r
	w.rest = append(w.rest[:0], r.data[r.pos:]...)
	r.skipped += int64(r.pos - r.start)
	decoded := r.b.Objects[r.object]
	r.b.Reset()
	r.b.Objects = append(r.b.Objects, decoded)
	r.rows0, r.damaged0, r.object = [2]int{}, 0, 0
}
