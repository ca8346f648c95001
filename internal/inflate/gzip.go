// Package inflate decodes gzip (RFC 1952, RFC 1951) from one buffer into
// another. It owns nothing but its tables and writes nothing but dst.
//
// It exists because objects are whole in memory, and what they inflate to goes
// to memory too: a reader that streams must copy everything through a window,
// and looks for the end of its input at each byte. On CloudTrail's objects this takes
// about half the time (BenchmarkTrail). It refuses to stream, to
// compress, and to say what a header holds; compress/gzip does.
//
// What compress/gzip reads this reads, to the same bytes, and what it refuses
// this refuses, after the same bytes.
package inflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

var (
	// ErrShort is the error for src that ends before its last member does.
	ErrShort = errors.New("truncated gzip")
	// ErrCorrupt is the error for data that no deflater writes.
	ErrCorrupt = errors.New("damaged gzip data")
	// ErrChecksum is the error for data of another length or CRC-32 than the
	// trailer says.
	ErrChecksum = errors.New("gzip checksum error: the data is damaged")
	// ErrHeader is the error for bytes, at the start or after a member, that
	// are no gzip header.
	ErrHeader = errors.New("no gzip header where one must be")
	// ErrFull is the error for dst that has no room for the data. dst is then
	// written to its end, and nothing is known of what is left in src.
	ErrFull = errors.New("no room for the inflated data")
)

// A Decoder is what decoding needs and may be used again and again. The zero
// Decoder is ready. It is not safe for concurrent use.
type Decoder struct {
	lit  [litSize]uint32
	dist [distSize]uint32
	code [1 << codeBits]uint32 // of the code lengths themselves

	// Members is how many members the last src had that Gzip used to its end.
	Members int

	fixed   bool // lit and dist are those of a fixed block
	eobBits uint // length of the end-of-block code; 0 if there is none
	lens    [maxLit + maxDist]uint8
	sorted  [maxLit + 2]uint16
}

// Gzip inflates all members of src, one after the other, into dst. Empty src is
// ErrShort. written is how many bytes of dst are valid, after an error too: they
// are what came before it, and of the last member unchecked. read is how many
// bytes of src were used, or where in src the error was met. It allocates
// nothing; beyond written it may have scribbled on dst.
func (d *Decoder) Gzip(dst, src []byte) (written, read int, err error) {
	for d.Members = 1; ; d.Members++ {
		n, err := header(src[read:])
		read += n
		if err != nil {
			return written, read, err
		}
		s := stream{src: src[read:], dst: dst[written:]}
		err = d.inflate(&s)
		member := s.dst[:s.out]
		written += s.out
		read += s.in
		if err == ErrShort {
			read = len(src)
		}
		if err != nil {
			return written, read, err
		}
		trailer := src[read:]
		if len(trailer) < 8 {
			return written, len(src), ErrShort
		}
		if binary.LittleEndian.Uint32(trailer) != crc32.ChecksumIEEE(member) ||
			binary.LittleEndian.Uint32(trailer[4:]) != uint32(len(member)) {
			return written, read, ErrChecksum
		}
		read += 8
		if read == len(src) {
			return written, read, nil
		}
	}
}

// Flags of a header. Others mean nothing to compress/gzip either.
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4

	// maxText is the limit of compress/gzip for a name or a comment, the NUL
	// at its end included.
	maxText = 512
)

// header returns the length of the header that src begins with, or where in it
// the error is. As with compress/gzip, fewer than 10 bytes are a header cut short,
// whatever they are.
func header(src []byte) (int, error) {
	if len(src) < 10 {
		return len(src), ErrShort
	}
	if src[0] != 0x1f || src[1] != 0x8b || src[2] != 8 {
		return 0, ErrHeader
	}
	n, flags := 10, src[3]
	if flags&flagExtra != 0 {
		if len(src)-n < 2 {
			return len(src), ErrShort
		}
		n += 2 + int(binary.LittleEndian.Uint16(src[n:]))
		if n > len(src) {
			return len(src), ErrShort
		}
	}
	for _, flag := range [...]byte{flagName, flagComment} {
		if flags&flag == 0 {
			continue
		}
		text := src[n:min(n+maxText, len(src))]
		end := bytes.IndexByte(text, 0)
		switch {
		case end >= 0:
			n += end + 1
		case len(text) == maxText:
			return n + maxText, ErrHeader
		default:
			return len(src), ErrShort
		}
	}
	if flags&flagHeaderCRC != 0 {
		if len(src)-n < 2 {
			return len(src), ErrShort
		}
		if binary.LittleEndian.Uint16(src[n:]) != uint16(crc32.ChecksumIEEE(src[:n])) {
			return n, ErrHeader
		}
		n += 2
	}
	return n, nil
}
