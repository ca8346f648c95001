package profile

import (
	"math"
	"slices"
)

// A Spot is a threshold that scores rarely pass: peaks over a threshold, by A. Siffer
// et al., Anomaly detection in streams with extreme value theory, KDD 2017, doi
// 10.1145/3097983.3098144. What is over a high quantile of scores is generalized Pareto
// distributed, which tells how far up to go for a given risk. Three things are
// other than there:
//
// The last scores above 0 are kept, not only peaks, and the quantile is chosen anew from
// them for the risk that is asked for: scores change as more is learned, and a
// quantile of the first weeks would stand for years.
//
// What passes the threshold counts like any other. SPOT leaves it out, as no part of
// what is normal; at risks of some hundredths, not its 1e-4, that would draw the
// threshold down each time, and the budget is of all alerts. To move it, an
// intruder needs as large a share of all days as the risk is.
//
// The distribution is fitted by probability-weighted moments (J. R. M. Hosking and
// J. R. Wallis, doi 10.2307/1269343), not by likelihood: no search that may fail on the
// ties that scores have, and better on fewer than 500 peaks, as they show.
type Spot struct {
	Zeros  float64   `json:"zeros"`  // how many scores were 0, of the time of Scores
	Scores []float32 `json:"scores"` // those above, as they came
}

const (
	// spotKeeps is the number of scores that are kept; half go when it is reached.
	spotKeeps = 2048
	// spotNeeds is how many scores there are before a threshold, and spotPeaks how many
	// must pass it.
	spotNeeds = 100
	spotPeaks = 5
	// spotOver is how many peaks there are for one that passes the threshold.
	spotOver = 4
	// spotMost is the highest score that is told from higher ones: one of 300 tells no
	// more of the others, and would bend the fit.
	spotMost = 30
	// spotShape bounds the shape of the tail, outside of which the moments do not hold.
	spotShape = 0.5
)

// Add takes a score. The order of scores tells only which are forgotten first.
func (s *Spot) Add(score float64) {
	if !(score > 0) {
		s.Zeros++
		return
	}
	if len(s.Scores) >= spotKeeps {
		s.Scores = slices.Delete(s.Scores, 0, len(s.Scores)-spotKeeps/2)
		s.Zeros /= 2
	}
	s.Scores = append(s.Scores, float32(min(score, spotMost)))
}

// Threshold is what a score is above with probability q, at most. It is not ok while
// there are too few scores to say.
func (s *Spot) Threshold(q float64) (z float64, ok bool) {
	n := s.Zeros + float64(len(s.Scores))
	if !(q > 0 && q < 1) || n < spotNeeds || n*q < spotPeaks {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(s.Scores))
	if float64(len(sorted)) <= q*n {
		return 0, true
	}
	// From the least of those that may be peaks on, and not from what is below it:
	// there is nothing between 0 and the least score.
	base := sorted[max(0, len(sorted)-int(spotOver*q*n))]
	start, _ := slices.BinarySearch(sorted, math.Nextafter32(base, math.MaxFloat32))
	peaks := sorted[start:]
	share := float64(len(peaks)) / n
	if share <= q { // ties: nothing below base is as rare
		return float64(base), true
	}
	shape, scale := paretoFit(peaks, float64(base))
	return float64(base) + paretoRise(shape, scale, q/share), true
}

// paretoFit returns the shape and the scale of the generalized Pareto distribution of
// how far sorted peaks are above base.
func paretoFit(peaks []float32, base float64) (shape, scale float64) {
	n := float64(len(peaks))
	var a0, a1 float64 // E X and E X(1−F(X))
	for i, p := range peaks {
		x := float64(p) - base
		a0 += x / n
		a1 += x * (n - (float64(i) + 0.65)) / n / n // plotting positions of Hosking and Wallis
	}
	shape = 2 - a0/(a0-2*a1) // −k of theirs
	if math.IsNaN(shape) || a0 <= 2*a1 {
		shape = -spotShape // peaks are all the same
	}
	shape = min(max(shape, -spotShape), spotShape)
	return shape, a0 * (1 - shape) // so that the mean stays
}

// paretoRise is what is exceeded with probability p.
func paretoRise(shape, scale, p float64) float64 {
	if math.Abs(shape) < 1e-9 {
		return -scale * math.Log(p)
	}
	return scale / shape * math.Expm1(-shape*math.Log(p))
}

func (s *Spot) clone() *Spot {
	return &Spot{Zeros: s.Zeros, Scores: slices.Clone(s.Scores)}
}
