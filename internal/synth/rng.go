package synth

import "sort"

// An rng is SplitMix64: eight bytes of state, so that every event can have one
// of its own and be made again, alone, when it is delivered twice.
type rng struct{ s uint64 }

const golden = 0x9e3779b97f4a7c15

func (r *rng) next() uint64 {
	r.s += golden
	return finish(r.s)
}

func finish(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// mix makes one seed of two.
func mix(a, b uint64) uint64 { return finish(a ^ finish(b+golden)) }

// below returns a number in [0, n). That a few values are likelier by 2^-32 is
// nothing here.
func (r *rng) below(n int) int { return int((r.next() >> 32) * uint64(n) >> 32) }

// chance is true in perMille of a thousand cases.
func (r *rng) chance(perMille int) bool { return r.below(1000) < perMille }

// A wheel picks indexes by weight. Weights are whole numbers: floating point
// would let the bytes differ between processors.
type wheel struct{ sums []uint32 }

func newWheel(weights []int) wheel {
	w := wheel{sums: make([]uint32, len(weights))}
	var sum uint32
	for i, n := range weights {
		sum += uint32(n)
		w.sums[i] = sum
	}
	return w
}

// zipfWheel weighs index i with 1/(i+1).
func zipfWheel(n int) wheel {
	weights := make([]int, n)
	for i := range weights {
		weights[i] = 10000 / (i + 1)
	}
	return newWheel(weights)
}

// at returns the index for any 64 random bits.
func (w wheel) at(bits uint64) int {
	total := uint64(w.sums[len(w.sums)-1])
	x := uint32((bits >> 32) * total >> 32)
	return sort.Search(len(w.sums), func(i int) bool { return w.sums[i] > x })
}
