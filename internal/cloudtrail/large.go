package cloudtrail

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"iter"
)

// Large decodes an object of any size in parts that each fit a batch. It reads
// it twice: first to its end, so that what it yields is of an object known to be
// whole. It yields the batch, reset, for each part; Objects[0] counts what came
// so far. After an error, *Fault or other, parts yielded before must be forgotten.
func (d *Decoder) Large(b *Batch, o Object, body Body) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		var last Decoded
		for _, err := range d.parts(b, o, body, d.Hash) {
			if err != nil {
				yield(nil, err)
				return
			}
			last = b.Objects[0]
		}
		sum := last.TextSHA256
		if last.Skipped != "" {
			b.Reset()
			b.Objects = append(b.Objects, last)
			yield(b, nil)
			return
		}
		for _, err := range d.parts(b, o, body, false) {
			if err != nil {
				yield(nil, err)
				return
			}
			b.Objects[0].TextSHA256 = sum
			if !yield(b, nil) {
				return
			}
		}
	}
}

// parts reads the object once; the last part has its TextSHA256 if hash is set.
func (d *Decoder) parts(b *Batch, o Object, body Body, hash bool) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		b.Reset()
		text, err := d.open(body)
		w := window{d: d, body: body, text: text, r: d.newReader(b, o, body)}
		if hash {
			w.hash = sha256.New()
		}
		for more := true; more; {
			if err == nil {
				more, err = w.next()
			}
			if err != nil {
				yield(nil, d.fault(body, err))
				return
			}
			if hash && !more && d.stream.members == 1 {
				w.hash.Sum(b.Objects[0].TextSHA256[:0])
			}
			if !yield(b, nil) {
				return
			}
			if more {
				w.carry()
			}
		}
	}
}

// A window is the part of a large object's text that is in memory.
type window struct {
	d    *Decoder
	body Body
	text io.Reader
	hash hash.Hash // of the text; nil if nobody asks
	eof  bool      // of text
	r    *reader
	rest []byte // what the last window had begun

	inflated int64
}

// next reads on and takes what records are whole. more is false at the end.
func (w *window) next() (more bool, err error) {
	r, a := w.r, w.r.b.text
	start := a.n
	if _, err := a.add(w.rest); err != nil {
		return false, err
	}
	for size := max(r.limits.window, 4); ; size *= 2 {
		if err := w.fill(start + size); err != nil {
			return false, err
		}
		r.begin(start, w.eof)
		err := r.read()
		switch {
		case err == nil:
			err = w.drain(start)
			r.end()
			return false, err
		case err == errMore && r.pos == start:
			continue // one value is longer than the window
		case err == errMore || err == errCrowded:
			r.end()
			return true, nil
		case err == ErrFull:
			err = &Fault{Byte: r.at(r.pos), What: "a value too long to be held in memory"}
		}
		return false, err
	}
}

// fill reads the text into the arena up to end.
func (w *window) fill(end int) error {
	for a := w.r.b.text; a.n < end && !w.eof; {
		room := a.room()
		if len(room) == 0 {
			return &Fault{Byte: w.r.at(a.n), What: "a value too long to be held in memory"}
		}
		n, err := w.text.Read(room[:min(readSize, len(room), end-a.n)])
		if w.hash != nil {
			w.hash.Write(room[:n])
		}
		a.used(n)
		w.inflated += int64(n)
		if w.eof = err == io.EOF; err != nil && !w.eof {
			return err
		}
		if at := w.d.offset(w.body); w.inflated > int64(w.r.limits.text) && w.inflated > bombRatio*at {
			return &Fault{Byte: at, What: fmt.Sprintf("inflates to more than %d times its size: refused as a gzip bomb", bombRatio)}
		}
	}
	return nil
}

// drain reads what comes after the text that the reader wants, to its end.
func (w *window) drain(start int) error {
	r, a := w.r, w.r.b.text
	for !w.eof {
		r.skipped += int64(a.n - start)
		a.n = start
		if err := w.fill(start + readSize); err != nil {
			return err
		}
		r.data = a.mem[:a.n]
	}
	return nil
}

// carry takes what is begun over into the next window.
func (w *window) carry() {
	r := w.r
	w.rest = append(w.rest[:0], r.data[r.pos:]...)
	r.skipped += int64(r.pos - r.start)
	decoded := r.b.Objects[r.object]
	r.b.Reset()
	r.b.Objects = append(r.b.Objects, decoded)
	r.before, r.object = sizes{}, 0
}
