package cloudtrail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
)

const (
	// maxDigest is how many bytes a digest may inflate to: some 150,000 logs.
	maxDigest = 64 << 20
	// maxLog is how many bytes a log may inflate to. CloudTrail's largest, of 50 MB,
	// come to about one GB.
	maxLog = 8 << 30
)

// errTail: the digest's hash is over the first stream alone, so what comes behind
// it could say anything.
var errTail = errors.New("bytes after the end of the gzip stream")

// An unfit error is about what an object holds, not about its reading.
type unfit struct{ error }

// A hasher inflates one object after the other. It is not safe for concurrent use.
type hasher struct {
	in  *bufio.Reader
	gz  gzip.Reader
	sum hash.Hash // of what is inflated
	all hash.Hash // of what is stored
	buf []byte

	read int64 // bytes of the last object, as stored
}

func newHasher() *hasher {
	return &hasher{in: bufio.NewReaderSize(nil, 64<<10), sum: sha256.New(), all: sha256.New(), buf: make([]byte, 64<<10)}
}

// inflate writes to w what the gzip stream holds that stored is, all of it and no
// more than most bytes. An error that stored's content is to blame for is unfit.
func (h *hasher) inflate(w io.Writer, stored io.Reader, most int64) error {
	source := &sourceError{r: stored}
	h.in.Reset(source)
	defer h.in.Reset(nil)
	err := h.stream(w, most)
	h.read = source.read
	if source.err != nil && source.err != io.EOF {
		return source.err
	}
	return err
}

func (h *hasher) stream(w io.Writer, most int64) error {
	if h.gz.Reset(h.in) != nil {
		return unfit{errors.New("not gzip")}
	}
	h.gz.Multistream(false)
	n, err := io.CopyBuffer(w, io.LimitReader(&h.gz, most+1), h.buf)
	switch {
	case err != nil:
		return unfit{fmt.Errorf("not a whole gzip stream: %w", err)}
	case n > most:
		return unfit{fmt.Errorf("more than %d bytes inflated", most)}
	}
	if _, err := h.in.ReadByte(); err != io.EOF {
		return unfit{errTail}
	}
	return nil
}

// A sourceError remembers why reading ended, which gzip says in words of its own.
type sourceError struct {
	r    io.Reader
	read int64
	err  error
}

func (s *sourceError) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if err != nil {
		s.err = err
	}
	return n, err
}

// digest returns a digest's inflated bytes, and its signature, "" if none is kept.
func (h *hasher) digest(ctx context.Context, src DigestSource, o Object) (text []byte, signature string, err error) {
	rc, metadata, err := src.OpenWithMetadata(ctx, o)
	if err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	err = errors.Join(h.inflate(&out, rc, maxDigest), rc.Close())
	return out.Bytes(), metadata["signature"], err
}

// log returns the SHA-256 of a log's inflated bytes, and of those that are stored.
func (h *hasher) log(ctx context.Context, src DigestSource, o Object) (sum, stored [sha256.Size]byte, err error) {
	rc, err := src.Open(ctx, o)
	if err != nil {
		return sum, stored, err
	}
	h.sum.Reset()
	h.all.Reset()
	err = errors.Join(h.inflate(h.sum, io.TeeReader(rc, h.all), maxLog), rc.Close())
	return [sha256.Size]byte(h.sum.Sum(nil)), [sha256.Size]byte(h.all.Sum(nil)), err
}
