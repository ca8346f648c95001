package cloudtrail

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"

	"github.com/ctsql/ctsql/internal/inflate"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// limits are what tests set small.
type limits struct {
	// text is how much text an object may inflate to and still be decoded
	// in one piece, and window how much of a larger one is read at a time.
	text, window int
	// record is how long a record may be, in bytes: CloudTrail's limit is 1 MB.
	record int
	// rows is how many rows and damaged records may come at once. Real
	// records are 500 bytes and more; only empty ones come to so many.
	rows int
}

var usual = limits{text: 64 << 20, window: 32 << 20, record: 16 << 20, rows: 1 << 20}

const (
	// bombRatio is how many times what was read of it an object of more
	// than limits.text may inflate to. CloudTrail's reach about 20; gzip's
	// bound is 1,032.
	bombRatio = 200
	readSize  = 1 << 20
)

// ErrLarge is what Decode answers for an object that Large must decode.
var ErrLarge = errors.New("the object is too large to be decoded in one piece")

// A Body is an object's bytes as stored, held by the caller, and their SHA-256.
type Body struct {
	io.ReadSeeker
	// Bytes are the same bytes, if they are in memory: that is twice as
	// fast; else nil.
	Bytes  []byte
	SHA256 [32]byte
}

// A Decoder turns objects into rows of a batch. It is not safe for concurrent
// use; make one for each goroutine.
type Decoder struct {
	// Filter, if not nil, says which records to keep.
	Filter *Filter
	// Found, if not nil, is called with the text of each record that becomes a row
	// of Events, as it is in the object, and its index there. It is valid until
	// Found returns.
	Found func(index int64, record []byte)
	// Hash has each object's TextSHA256 computed.
	Hash bool

	memory  inflate.Decoder
	stream  gzipReader    // for what is not in memory, or is large
	buf     *bufio.Reader // what stream reads, unless that is in memory
	members int           // of the object's gzip; 0 if it is plain
	limits  limits        // zero for the usual ones
}

// Decode adds the object to the batch: to its Objects, and its records to its
// rows. If the object cannot be read to its end it is refused whole with a
// *Fault, or with ErrLarge or ErrFull, and the batch is as it was.
func (d *Decoder) Decode(b *Batch, o Object, body Body) error {
	start := b.text.n
	if err := d.load(b.text, body); err != nil {
		b.text.n = start
		return d.fault(body, err)
	}
	r := d.newReader(b, o, body)
	if d.Hash && d.members == 1 { // before texts that are unescaped come behind it
		b.Objects[r.object].TextSHA256 = sha256.Sum256(b.text.mem[start:b.text.n])
	}
	r.begin(start, true)
	if err := r.read(); err != nil {
		r.undo()
		b.text.n = start
		if err == errCrowded {
			err = ErrLarge
		}
		return err
	}
	r.end()
	if r.taken() == 0 {
		b.text.n = start // no row needs it
	}
	return nil
}

func (d *Decoder) limit() limits {
	if d.limits == (limits{}) {
		return usual
	}
	return d.limits
}

// load reads the object's text into the arena.
func (d *Decoder) load(a *arena, body Body) error {
	if isGzip(body.Bytes) {
		return d.inflate(a, body.Bytes)
	}
	text, err := d.open(body)
	if err != nil {
		return err
	}
	defer func() { d.members = d.stream.members }()
	for start, limit := a.n, d.limit().text; ; {
		room := a.room()
		if len(room) < readSize {
			return ErrFull
		}
		n, err := text.Read(room[:readSize])
		a.used(n)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case a.n-start > limit:
			return ErrLarge
		}
	}
}

func isGzip(b []byte) bool { return len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b }

// inflate reads the text of an object that is in memory.
func (d *Decoder) inflate(a *arena, stored []byte) error {
	// A byte more than is allowed, so that what just fits is told from more.
	allowed, room := d.limit().text+1, len(a.room())-readSize
	n, at, err := d.memory.Gzip(a.room()[:max(0, min(allowed, room))], stored)
	d.members = d.memory.Members
	switch {
	case err == nil && n < allowed:
		a.used(n)
		return nil
	case err != nil && err != inflate.ErrFull:
		return &Fault{Byte: int64(at), What: err.Error()}
	case room < allowed:
		return ErrFull
	}
	return ErrLarge
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
	if d.buf != nil {
		d.buf.Reset(nil) // for offset
	}
	d.stream.members = 0
	if !isGzip(magic[:n]) {
		return body, nil
	}
	var in flate.Reader
	if mem, ok := body.ReadSeeker.(*bytes.Reader); ok {
		in = mem // read in place
	} else {
		if d.buf == nil {
			d.buf = bufio.NewReaderSize(nil, 64<<10)
		}
		d.buf.Reset(body)
		in = d.buf
	}
	return &d.stream, d.stream.reset(in)
}

// A gzipReader reads all members of a gzip file, and counts them.
type gzipReader struct {
	gz      gzip.Reader
	in      flate.Reader
	members int
}

func (r *gzipReader) reset(in flate.Reader) error {
	r.in, r.members = in, 1
	err := r.gz.Reset(in)
	r.gz.Multistream(false)
	return err
}

func (r *gzipReader) Read(p []byte) (int, error) {
	n, err := r.gz.Read(p)
	if err != io.EOF {
		return n, err
	}
	// It is io.EOF if nothing comes behind the member.
	if err := r.gz.Reset(r.in); err != nil {
		return n, err
	}
	r.gz.Multistream(false)
	r.members++
	return n, nil
}

// fault names an error of gzip by where in the stored bytes it was met.
func (d *Decoder) fault(body Body, err error) error {
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
	if d.buf != nil {
		at -= int64(d.buf.Buffered())
	}
	return at
}
