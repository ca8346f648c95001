package inflate

import "math/bits"

// A table maps the next bits of the input to an entry that says all about the
// symbol they begin with. Codes longer than the table's index share an entry
// that points to a subtable behind it, indexed by the bits that follow.
//
// An entry, from the lowest bit:
//
//	0-7    bits of code and extra bits together: what to consume
//	8-11   bits of code alone, or of a subtable's index
//	12-15  flags
//	16-30  a literal, the base of a length or distance, or a subtable's start
//	31     set for a literal, so that one test of the sign tells
const (
	// 11 bits hold nearly all codes of text and leave the table in the fast
	// cache; distances have few symbols of even lengths.
	litBits  = 11
	distBits = 8
	codeBits = 7

	// Sizes are powers of two, so that a masked index needs no check. A
	// subtable of 1<<k entries holds a code of k more bits, so at least k+1
	// symbols: 288 symbols cannot need more than 288/5*16 entries of 4-bit
	// subtables, and 32 not more than 32/8*128 of 7-bit ones.
	litSize  = 4096
	distSize = 1024

	maxLit  = 288 // with the two that only the fixed code has
	maxDist = 32
	maxCode = 15 // bits of a code

	endOfBlock = 256
)

const (
	flagSub     = 1 << 15
	flagEnd     = 1 << 14
	flagBad     = 1 << 13 // a symbol or code that must not occur
	flagAny     = flagSub | flagEnd | flagBad
	flagLiteral = 1 << 31
)

// What entries hold apart from the code's length, by symbol.
var (
	litSymbols  = literalsAndLengths()
	distSymbols = distances()
	codeSymbols = codeLengths()
)

func literalsAndLengths() (syms [maxLit]uint32) {
	for i := range uint32(256) {
		syms[i] = flagLiteral | i<<16
	}
	syms[256] = flagEnd
	base := uint32(3)
	for i := uint32(257); i < 285; i++ {
		extra := max(i-257, 4)/4 - 1
		syms[i] = base<<16 | extra
		base += 1 << extra
	}
	syms[285] = 258 << 16
	syms[286], syms[287] = flagBad, flagBad
	return syms
}

func distances() (syms [maxDist]uint32) {
	base := uint32(1)
	for i := range uint32(30) {
		extra := max(i, 2)/2 - 1
		syms[i] = base<<16 | extra
		base += 1 << extra
	}
	syms[30], syms[31] = flagBad, flagBad
	return syms
}

func codeLengths() (syms [19]uint32) {
	for i := range syms {
		syms[i] = uint32(i) << 16
	}
	return syms
}

// build fills the table for a code given by the length of each symbol's code, 0
// for none. index is the bits of its index. It answers false for what is
// no code: as compress/flate has it, each sequence of bits must be one of a symbol,
// but there may be no symbol at all, or one with a code of one bit.
func (d *Decoder) build(table []uint32, index uint, lens []uint8, syms []uint32) bool {
	var count [maxCode + 1]int
	for _, n := range lens {
		count[n&maxCode]++
	}
	used := len(lens) - count[0]
	count[0] = 0
	var next [maxCode + 2]int // where in sorted the symbols of a length begin
	code, longest := 0, uint(0)
	for n := 1; n <= maxCode; n++ {
		next[n+1] = next[n] + count[n]
		code = code<<1 + count[n]
		if count[n] > 0 {
			longest = uint(n)
		}
	}
	main := table[:1<<index]
	if used == 0 || used == 1 && longest == 1 {
		// The bits that are no code count as one of this length: that tells
		// the end of the input from damage as compress/flate does.
		for i := range main {
			main[i] = flagBad | uint32(longest)
		}
	} else if code != 1<<maxCode {
		return false
	}
	sorted := d.sorted[:used]
	for i, n := range lens {
		if n != 0 {
			sorted[next[n]] = uint16(i)
			next[n]++
		}
	}
	if used == 1 {
		e := syms[sorted[0]] + 1<<8 + 1
		for i := 0; i < len(main); i += 2 {
			main[i] = e
		}
		return true
	}
	if used != 0 {
		fill(table, index, &count, sorted, syms)
	}
	return true
}

// fill enters the symbols, sorted by their codes, into the table. rev is the
// code, whose first bit is the lowest one, as it comes in the input.
func fill(table []uint32, index uint, count *[maxCode + 1]int, sorted []uint16, syms []uint32) {
	rev := uint(0)
	// A table for codes of n bits becomes one for codes of n+1 bits by
	// standing there twice. Where no code is yet, what is copied will be
	// overwritten.
	for n := uint(1); n <= index; n++ {
		half := 1 << (n - 1)
		copy(table[half:2*half], table[:half])
		for range count[n] {
			table[rev] = syms[sorted[0]] + uint32(n<<8|n)
			sorted = sorted[1:]
			rev = following(rev, n)
		}
	}
	end := uint(1) << index
	var start, width uint
	prefix := ^uint(0)
	for n := index + 1; n <= maxCode; n++ {
		for left := count[n]; left > 0; left-- {
			if p := rev & (1<<index - 1); p != prefix {
				prefix = p
				start, width = end, subtable(count, left, n, index)
				end += 1 << width
				table[p] = flagSub | uint32(start<<16|width<<8|index)
			}
			rest := n - index
			e := syms[sorted[0]] + uint32(rest<<8|rest)
			sorted = sorted[1:]
			for i := start + rev>>index; i < end; i += 1 << rest {
				table[i] = e
			}
			rev = following(rev, n)
		}
	}
}

// subtable is the width of the index of a subtable whose first code has n bits,
// left codes of that length not being entered yet.
func subtable(count *[maxCode + 1]int, left int, n, index uint) uint {
	width := n - index
	for room := 1<<width - left; room > 0 && n < maxCode; {
		n++
		width++
		room = room<<1 - count[n]
	}
	return width
}

// following is the code of n bits after rev; after the last one, the first.
func following(rev, n uint) uint {
	zeros := rev ^ (1<<n - 1)
	if zeros == 0 {
		return 0
	}
	bit := uint(1) << (bits.Len(zeros) - 1)
	return rev&(bit-1) | bit
}
