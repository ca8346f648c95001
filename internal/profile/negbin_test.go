package profile

import (
	"math"
	"testing"
)

// TestLogTailKnown are tails that have a formula of their own.
func TestLogTailKnown(t *testing.T) {
	for _, scale := range []float64{0.01, 0.3, 1, 7, 1e4} {
		for _, n := range []float64{1, 2, 10, 345, 1e6, 4e9} {
			x := -math.Log1p(1 / scale)
			near(t, "geometric", logTail(n, scale, scale), n*x)
			// Of two: P(N ≥ n) = x^n (1 + n(1−x)).
			near(t, "of two", logTail(n, 2*scale, scale), n*x+math.Log1p(n/(1+scale)))
		}
	}
	// 1e-5000 is no float64, and neither is lost.
	near(t, "deep", logTail(5000, 1./9, 1./9)/math.Ln10, -5000)
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9+1e-7*math.Abs(want)) {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

// TestLogTailSums adds up what the tail consists of.
func TestLogTailSums(t *testing.T) {
	for _, mean := range []float64{1, 3.5, 40, 1e3, 1e6} {
		for _, scale := range []float64{1e-4 * mean, 0.02 * mean, min(mean, 1e4), min(50*mean, 2e4)} {
			for _, times := range []float64{0.01, 0.5, 0.99, 1, 1.02, 1.5, 4, 30} {
				n := math.Ceil(times * mean)
				near(t, "sum", logTail(n, mean, scale), sumTail(n, mean, scale))
			}
		}
	}
}

// sumTail adds terms relative to the greatest up to where they vanish.
func sumTail(n, mean, scale float64) float64 {
	r := mean / scale
	x := scale / (1 + scale)
	log := func(i float64) float64 {
		return lgamma(i+r) - lgamma(i+1) - lgamma(r) - i*math.Log1p(1/scale) - r*math.Log1p(scale)
	}
	start := max(n, math.Floor((r-1)*scale)) // from the mode on, and back
	first := log(start)
	sum, term := 0.0, 1.0
	for i := start; term > 1e-18; i++ {
		sum += term
		term *= (i + r) / (i + 1) * x
	}
	term = 1
	for i := start; i > n && term > 1e-18; i-- {
		term *= i / (i - 1 + r) / x
		sum += term
	}
	return min(0, first+math.Log(sum))
}

func TestLeastCount(t *testing.T) {
	for _, mean := range []float64{1, 2.5, 30, 1e4} {
		for _, scale := range []float64{1e-4 * mean, 0.5, 20, 1e5} {
			for _, p := range []float64{0.5, 1e-2, 1e-4, 1e-30} {
				n := leastCount(mean, scale, 1, math.Log(p))
				if got := logTail(float64(n), mean, scale); got > math.Log(p) {
					t.Errorf("mean %v, scale %v: %d or more is as likely as %v, want %v", mean, scale, n, math.Exp(got), p)
				}
				if n > 1 && logTail(float64(n-1), mean, scale) <= math.Log(p) {
					t.Errorf("mean %v, scale %v, p %v: %d, and one less would do", mean, scale, p, n)
				}
			}
		}
	}
	for _, c := range []struct {
		mean, scale, floor float64
		want               uint32
	}{
		{1, 1, 250.5, 251},
		{1, 1, 1e300, math.MaxUint32},
		{1, 1, math.Inf(1), math.MaxUint32},
		{1e12, 1e9, 1, math.MaxUint32},
	} {
		if got := leastCount(c.mean, c.scale, c.floor, math.Log(1e-4)); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
