package inflate

import "encoding/binary"

// A stream is one member's deflate data on its way from src to dst.
type stream struct {
	src []byte
	in  int // bytes of src taken
	buf uint64
	n   uint // bits in buf, the rest of it zero: taken, but not used

	dst []byte // the member's own: distances do not reach before it
	out int
}

// refill takes bytes while there are any, to at least 56 bits. Whoever wants
// bits asks for them afterwards: at the end of src there may be fewer.
func (s *stream) refill() {
	if len(s.src)-s.in >= 8 {
		s.buf |= binary.LittleEndian.Uint64(s.src[s.in:]) << (s.n & 63)
		s.in += int(63-s.n) >> 3
		s.n |= 56
		s.buf &= 1<<(s.n&63) - 1
		return
	}
	for s.n < 56 && s.in < len(s.src) {
		s.buf |= uint64(s.src[s.in]) << (s.n & 63)
		s.in++
		s.n += 8
	}
}

func (s *stream) drop(n uint) {
	s.buf >>= n & 63
	s.n -= n
}

// take uses n bits, at most 16.
func (s *stream) take(n uint) (bits uint, ok bool) {
	if s.n < n {
		s.refill()
		if s.n < n {
			return 0, false
		}
	}
	bits = uint(s.buf & (1<<(n&63) - 1))
	s.drop(n)
	return bits, true
}

// giveBack returns the whole bytes that were taken and not used.
func (s *stream) giveBack() {
	s.in -= int(s.n >> 3)
	s.buf, s.n = 0, 0
}

// inflate decodes the stream. Afterwards s.in is behind its last byte, or where
// the error was met.
func (d *Decoder) inflate(s *stream) error {
	for {
		head, ok := s.take(3)
		err := ErrShort
		if ok {
			err = d.block(s, head>>1)
		}
		if err != nil || head&1 != 0 {
			s.giveBack()
			return err
		}
	}
}

func (d *Decoder) block(s *stream, kind uint) error {
	switch kind {
	case 0:
		return s.stored()
	case 1:
		d.setFixed()
	case 2:
		if err := d.dynamic(s); err != nil {
			return err
		}
	default:
		return ErrCorrupt
	}
	switch d.fast(s) {
	case fastEnd:
		return nil
	case fastBad:
		return ErrCorrupt
	}
	return d.careful(s)
}

func (s *stream) stored() error {
	s.giveBack()
	rest := s.src[s.in:]
	if len(rest) < 4 {
		s.in = len(s.src)
		return ErrShort
	}
	n := binary.LittleEndian.Uint16(rest)
	if n != ^binary.LittleEndian.Uint16(rest[2:]) {
		return ErrCorrupt
	}
	s.in += 4
	rest = rest[4:]
	size := int(n)
	copied := copy(s.dst[s.out:], rest[:min(size, len(rest))])
	s.out += copied
	s.in += copied
	switch {
	case copied == size:
		return nil
	case copied == len(rest):
		return ErrShort
	}
	return ErrFull
}

func (d *Decoder) setFixed() {
	if d.fixed {
		return
	}
	lens := d.lens[:]
	for i := range lens {
		switch {
		case i >= maxLit:
			lens[i] = 5
		case i < 144, i >= 280:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		default:
			lens[i] = 7
		}
	}
	d.build(d.lit[:], litBits, lens[:maxLit], litSymbols[:])
	d.build(d.dist[:], distBits, lens[maxLit:], distSymbols[:])
	d.eobBits = 7
	d.fixed = true
}

// codeOrder is the order in which lengths of the codes for lengths come.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes that a block brings.
func (d *Decoder) dynamic(s *stream) error {
	head, ok := s.take(14)
	if !ok {
		return ErrShort
	}
	lits, dists, codes := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if lits > 286 || dists > 30 {
		return ErrCorrupt
	}
	d.fixed = false
	var codeLens [19]uint8
	for _, i := range codeOrder[:codes] {
		n, ok := s.take(3)
		if !ok {
			return ErrShort
		}
		codeLens[i] = uint8(n)
	}
	if !d.build(d.code[:], codeBits, codeLens[:], codeSymbols[:]) {
		return ErrCorrupt
	}
	lens := d.lens[:lits+dists]
	if err := d.readLengths(s, lens); err != nil {
		return err
	}
	if !d.build(d.lit[:], litBits, lens[:lits], litSymbols[:]) ||
		!d.build(d.dist[:], distBits, lens[lits:], distSymbols[:]) {
		return ErrCorrupt
	}
	d.eobBits = uint(lens[endOfBlock])
	return nil
}

// readLengths reads the lengths of a block's codes.
func (d *Decoder) readLengths(s *stream, lens []uint8) error {
	for i := 0; i < len(lens); {
		if s.n < 7+7 {
			s.refill()
		}
		e := d.code[s.buf&(1<<codeBits-1)]
		if uint(e&0xff) > s.n {
			return ErrShort
		}
		if e&flagBad != 0 {
			return ErrCorrupt
		}
		s.drop(uint(e & 0xff))
		symbol := e >> 16
		if symbol < 16 {
			lens[i] = uint8(symbol)
			i++
			continue
		}
		value, least, extra := uint8(0), uint(3), uint(3)
		switch symbol {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			value, extra = lens[i-1], 2
		case 18:
			least, extra = 11, 7
		}
		more, ok := s.take(extra)
		if !ok {
			return ErrShort
		}
		end := i + int(least+more)
		if end > len(lens) {
			return ErrCorrupt
		}
		for ; i < end; i++ {
			lens[i] = value
		}
	}
	return nil
}

// careful decodes to the end of the block, however near the ends of src and dst
// are.
func (d *Decoder) careful(s *stream) error {
	for {
		s.refill() // enough for a whole match, or all that there is
		// Less than the end of the block takes cannot come to its end.
		// compress/flate does not look at such bits either.
		if s.n < d.eobBits {
			return ErrShort
		}
		e, err := s.symbol(d.lit[:], litBits)
		switch {
		case err != nil:
			return err
		case e&flagEnd != 0:
			return nil
		case e&flagLiteral != 0:
			if s.out == len(s.dst) {
				return ErrFull
			}
			s.dst[s.out] = byte(e >> 16)
			s.out++
			continue
		}
		length := s.value(e)
		if e, err = s.symbol(d.dist[:], distBits); err != nil {
			return err
		}
		dist := s.value(e)
		if dist > s.out {
			return ErrCorrupt
		}
		end := min(s.out+length, len(s.dst))
		for i := s.out; i < end; i++ {
			s.dst[i] = s.dst[i-dist]
		}
		length -= end - s.out
		s.out = end
		if length > 0 {
			return ErrFull
		}
	}
}

// symbol returns the entry of the next symbol, which has all its bits in s.buf,
// and uses those of a subtable's index.
func (s *stream) symbol(table []uint32, index uint) (uint32, error) {
	e := table[s.buf&(1<<index-1)]
	if e&flagSub != 0 {
		if s.n < index {
			return 0, ErrShort
		}
		s.drop(index)
		e = table[uint64(e>>16)+s.buf&(1<<(e>>8&15)-1)]
	}
	n := uint(e & 0xff)
	if n > s.n {
		return 0, ErrShort
	}
	if e&flagBad != 0 {
		return 0, ErrCorrupt
	}
	if e&(flagEnd|flagLiteral) != 0 {
		s.drop(n)
	}
	return e, nil
}

// value uses the bits of a length's or a distance's entry.
func (s *stream) value(e uint32) int {
	n := uint(e & 0xff)
	extra := s.buf & (1<<n - 1) >> (e >> 8 & 15)
	s.drop(n)
	return int(e>>16) + int(extra)
}
