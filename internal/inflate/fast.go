package inflate

import "encoding/binary"

// How fast came to its end.
type ending int

const (
	fastStop ending = iota // near an end of src or dst: careful must go on
	fastEnd                // at the end of the block
	fastBad                // at what must not occur
)

const (
	// A turn of fast refills twice, eight bytes each.
	fastIn = 16
	// It writes two literals and a match of up to 258 bytes, in chunks that
	// end up to 32 bytes behind it.
	fastOut = 2 + 258 + 32
)

// fast decodes as long as a turn cannot come to an end of src or dst, whatever
// it meets, so that it looks for them once a turn.
func (d *Decoder) fast(s *stream) ending {
	src, dst := s.src, s.dst
	in, out := s.in, s.out
	// Of n only the lowest 8 bits count: entries are subtracted whole.
	buf, n := s.buf, uint64(s.n)
	result := fastStop
	lastIn, lastOut := len(src)-fastIn, len(dst)-fastOut
	for in <= lastIn && out <= lastOut {
		buf |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
		in += int(^n >> 3 & 7)
		n |= 56

		// Three literals take 33 bits, two and a length 42.
		e := d.lit[buf&(1<<litBits-1)]
		if int32(e) < 0 {
			dst[out] = byte(e >> 16)
			out++
			buf >>= e & 63
			n -= uint64(e)
			e = d.lit[buf&(1<<litBits-1)]
			if int32(e) < 0 {
				dst[out] = byte(e >> 16)
				out++
				buf >>= e & 63
				n -= uint64(e)
				e = d.lit[buf&(1<<litBits-1)]
				if int32(e) < 0 {
					dst[out] = byte(e >> 16)
					out++
					buf >>= e & 63
					n -= uint64(e)
					continue
				}
			}
		}
		if e&flagAny != 0 {
			if e&flagSub != 0 {
				buf >>= litBits
				n -= litBits
				e = d.lit[(uint64(e>>16)+buf&(1<<(e>>8&15)-1))&(litSize-1)]
			}
			if int32(e) < 0 {
				dst[out] = byte(e >> 16)
				out++
				buf >>= e & 63
				n -= uint64(e)
				continue
			}
			if e&flagAny != 0 {
				result = fastBad
				if e&flagEnd != 0 {
					buf >>= e & 63
					n -= uint64(e)
					result = fastEnd
				}
				break
			}
		}
		length := int(e>>16) + int(buf&(1<<(e&63)-1)>>(e>>8&15))
		buf >>= e & 63
		n -= uint64(e)

		buf |= binary.LittleEndian.Uint64(src[in:]) << (n & 63)
		in += int(^n >> 3 & 7)
		n |= 56
		e = d.dist[buf&(1<<distBits-1)]
		if e&flagAny != 0 {
			if e&flagSub != 0 {
				buf >>= distBits
				n -= distBits
				e = d.dist[(uint64(e>>16)+buf&(1<<(e>>8&15)-1))&(distSize-1)]
			}
			if e&flagAny != 0 {
				result = fastBad
				break
			}
		}
		dist := int(e>>16) + int(buf&(1<<(e&63)-1)>>(e>>8&15))
		buf >>= e & 63
		n -= uint64(e)
		from := out - dist
		if from < 0 {
			result = fastBad
			break
		}
		end := out + length
		switch {
		case dist >= 16:
			move16(dst, out, from)
			move16(dst, out+16, from+16)
			for out += 32; out < end; out += 16 {
				move16(dst, out, out-dist)
			}
		case dist >= 8:
			for ; out < end; out += 8 {
				move8(dst, out, out-dist)
			}
		case dist == 1:
			run := uint64(dst[from]) * 0x0101010101010101
			for ; out < end; out += 8 {
				binary.LittleEndian.PutUint64(dst[out:], run)
			}
		default:
			// Each step writes dist good bytes; the next overwrites the rest.
			for ; out < end; out += dist {
				move8(dst, out, out-dist)
			}
		}
		out = end
	}
	s.in, s.out = in, out
	s.n = uint(n & 63)
	s.buf = buf & (1<<s.n - 1)
	return result
}

func move8(b []byte, to, from int) {
	binary.LittleEndian.PutUint64(b[to:], binary.LittleEndian.Uint64(b[from:]))
}

func move16(b []byte, to, from int) {
	x, y := binary.LittleEndian.Uint64(b[from:]), binary.LittleEndian.Uint64(b[from+8:])
	binary.LittleEndian.PutUint64(b[to:], x)
	binary.LittleEndian.PutUint64(b[to+8:], y)
}
