package profile

import (
	"math"
	"testing"
)

func TestNovelty(t *testing.T) {
	for _, c := range []struct {
		what     string
		n, k, k1 int
		low      float64
		high     float64
	}{
		{"nothing is known, so that anything is new", 0, 0, 0, 0, 0},
		{"the second day", 1, 1, 1, 0.1, 0.3},
		{"a week in one country", 7, 1, 0, 0.8, 1},
		{"a month in one country", 30, 1, 0, 1.4, 1.6},
		{"a year in one country", 365, 1, 0, 2.5, 2.6},
		{"a year in one country, and a day in another", 366, 2, 1, 2.3, 2.5},
		{"a new address every day", 100, 100, 100, 0, 0.02},
		{"a new address every other day, else the same", 100, 51, 50, 0.2, 0.4},
		{"a year of twenty services each day", 7300, 20, 0, 3.8, 3.9},
		{"and thirty that came once", 7330, 50, 30, 2.3, 2.5},
		{"a first day of many services", 12, 12, 12, 0, 0.1},
		{"fewer days than values", 3, 9, 20, 0, 0.1},
		{"nonsense", -5, -4, -3, 0, 0},
		{"more than there can be", math.MaxInt32, 1, 0, 9, 10},
	} {
		if got := novelty(c.n, c.k, c.k1); !(got >= c.low && got <= c.high) {
			t.Errorf("%s: novelty(%d, %d, %d) = %.3f, want %.2f to %.2f", c.what, c.n, c.k, c.k1, got, c.low, c.high)
		}
	}
	if got := novelty(199, 1, 0); math.Abs(got-math.Log10(200)) > 1e-12 {
		t.Errorf("without values of one day it is a Dirichlet process: %v, want %v", got, math.Log10(200))
	}
}
