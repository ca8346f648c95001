package inflate

import (
	"math/rand/v2"
	"testing"
)

// A bitWriter writes deflate data by hand.
type bitWriter struct {
	out []byte
	n   uint
}

func (w *bitWriter) bits(v uint32, n uint) {
	for range n {
		if w.n%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[len(w.out)-1] |= byte(v&1) << (w.n % 8)
		v >>= 1
		w.n++
	}
}

// reversed writes a code, whose first bit is its highest.
func (w *bitWriter) reversed(v uint32, n uint) {
	for i := range n {
		w.bits(v>>(n-1-i), 1)
	}
}

// stored writes a block as it is.
func (w *bitWriter) stored(text []byte) {
	w.bits(0, 3)
	w.n = uint(8 * len(w.out))
	w.bits(uint32(len(text)), 16)
	w.bits(^uint32(len(text)), 16)
	w.out = append(w.out, text...)
	w.n = uint(8 * len(w.out))
}

// codes begins a dynamic block that has these lengths of codes. Each length is
// written in full, with a code of four bits for the first 13, five for the rest.
func (w *bitWriter) codes(lits, dists []uint8) {
	w.bits(1|2<<1, 3)
	w.bits(uint32(len(lits)-257), 5)
	w.bits(uint32(len(dists)-1), 5)
	w.bits(19-4, 4)
	for _, i := range codeOrder {
		if i < 13 {
			w.bits(4, 3)
		} else {
			w.bits(5, 3)
		}
	}
	for _, n := range append(append([]uint8{}, lits...), dists...) {
		if n < 13 {
			w.reversed(uint32(n), 4)
		} else {
			w.reversed(uint32(n)-13+26, 5)
		}
	}
}

// lengths divides the codes among some of n symbols at random, completely.
func lengths(rng *rand.Rand, n int, deep bool) []uint8 {
	lens := make([]uint8, n)
	order := rng.Perm(n)
	have := []int{order[0]}
	used := 1
	for want := 1 + rng.IntN(n); used < want; {
		i := have[rng.IntN(len(have))]
		if deep {
			i = have[len(have)-1]
		}
		if lens[i] == maxCode {
			if deep = false; rng.IntN(50) == 0 {
				break
			}
			continue
		}
		lens[i]++
		lens[order[used]] = lens[i]
		have = append(have, order[used])
		used++
	}
	return lens
}

// TestCodes decodes noise by codes made at random, complete and not, with long
// ones and with few, behind enough text that matches find something.
func TestCodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	noise := samples()["noise"]
	var d Decoder
	met := map[error]int{}
	for i := range 3000 {
		lits := lengths(rng, 257+rng.IntN(30), i%3 == 0)
		dists := lengths(rng, 1+rng.IntN(30), i%5 == 0)
		switch i % 8 {
		case 0:
			lits[rng.IntN(len(lits))] = uint8(rng.IntN(maxCode + 1))
		case 1:
			dists[rng.IntN(len(dists))] = uint8(rng.IntN(maxCode + 1))
		case 2:
			clear(lits[:rng.IntN(len(lits))])
		case 3:
			clear(dists)
			dists[rng.IntN(len(dists))] = uint8(rng.IntN(2))
		case 4:
			clear(lits)
			lits[rng.IntN(len(lits))] = uint8(rng.IntN(3))
		}
		var w bitWriter
		if i%4 != 0 {
			w.stored(noise[:1<<15])
		}
		w.codes(lits, dists)
		for range rng.IntN(200) {
			w.bits(rng.Uint32(), 1+uint(rng.IntN(20)))
		}
		src := member(w.out, nil)
		if rng.IntN(2) == 0 {
			src = src[:len(src)-8]
		}
		want, err := standard(src)
		met[err]++
		same(t, &d, src, want, err, 0)
		same(t, &d, src, want, err, 1000)
	}
	for _, err := range []error{ErrShort, ErrCorrupt, ErrChecksum} {
		if met[err] < 50 {
			t.Errorf("met %v only %d times", err, met[err])
		}
	}
}

// TestBuild has tables made for all symbols that there may be, with codes as long
// as there may be: build neither runs out of room nor takes what is not complete.
func TestBuild(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var d Decoder
	for i := range 5_000 {
		lits := lengths(rng, maxLit, i%2 == 0)
		dists := lengths(rng, maxDist, i%2 == 0)
		if !complete(lits) || !complete(dists) {
			continue
		}
		if !d.build(d.lit[:], litBits, lits, litSymbols[:]) || !d.build(d.dist[:], distBits, dists, distSymbols[:]) {
			t.Fatalf("%v or %v: refused", lits, dists)
		}
		lits[rng.IntN(len(lits))] ^= 1
		if !complete(lits) && d.build(d.lit[:], litBits, lits, litSymbols[:]) {
			t.Fatalf("%v: taken", lits)
		}
	}
}

func complete(lens []uint8) bool {
	room := 0
	for _, n := range lens {
		if n > maxCode {
			return false
		}
		if n > 0 {
			room += 1 << (maxCode - n)
		}
	}
	return room == 1<<maxCode
}
