package inflate

import (
	"encoding/binary"
	"slices"
)

// How fast came to its end.
type ending int

const (
	fastStop ending = iota // near an end of src or dst: careful must go on
	fastEnd                // at the end of the block
	fastBad                // at what must not occur
)

const (
	// A turn of fast refills at most twice, from eight bytes each.
	fastIn = 16
	// It writes at most three literals and a match of 258 bytes, in chunks that
	// end up to 32 bytes behind it.
	fastOut = 3 + 258 + 32
)

// fast decodes as long as a turn cannot come to an end of src or dst, whatever
// it meets, so that it looks for them once a turn. It is one long function because
// its state must stay in registers. Package unsafe was tried for the loads and stores,
// and is not measurably faster; nor is a first table of 10 bits instead of 11.
func (d *Decoder) fast(s *stream) ending {
	// Clipped, because a slice of a slice is checked against the capacity.
	src, dst := slices.Clip(s.src), slices.Clip(s.dst)
	in, out := s.in, s.out
	// Of n only the lowest 8 bits count: entries are subtracted whole.
	buf, n := s.buf, uint64(s.n)
	result := fastStop
	lastIn, lastOut := len(src)-fastIn, len(dst)-fastOut
	for in <= lastIn && out <= lastOut {
		buf |= binary.LittleEndian.Uint64(src[in:in+8]) << (n & 63)
		in += int(^n >> 3 & 7)
		n |= 56

		// Five literals take 55 bits, three and a length 53.
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
						}
						continue
					}
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

		// Mostly there are the 28 bits that a distance takes at most.
		if n&63 < 28 {
			buf |= binary.LittleEndian.Uint64(src[in:in+8]) << (n & 63)
			in += int(^n >> 3 & 7)
			n |= 56
		}
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
				binary.LittleEndian.PutUint64(dst[out:out+8], run)
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

// move8 copies eight bytes, those that it overwrites as they were.
func move8(b []byte, to, from int) {
	binary.LittleEndian.PutUint64(b[to:to+8], binary.LittleEndian.Uint64(b[from:from+8]))
}

// move16 is one load and one store, unlike copy, which is a call.
func move16(b []byte, to, from int) {
	*(*[16]byte)(b[to : to+16]) = *(*[16]byte)(b[from : from+16])
}
