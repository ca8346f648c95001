package profile

import "math"

// noveltyAlpha is the strength of the process: how many value-days of its past a
// subject that is new is given. With 1 the first value of all is certain to be new.
const noveltyAlpha = 1

// discountPrior is how many values that recur are added to those that were seen when
// d is estimated: of two values, one that was seen once says little.
const discountPrior = 2

// novelty is −log10 of the probability that what a subject does next has a value it
// never had, by a Pitman–Yor process: P(new) = (α + dK)/(α + n), where n value-days
// showed k values, k1 of them on one day alone.
//
// Value-days, each value once a day, and not events are counted, since within a day
// events come in bursts that are no evidence of their own: a thousand calls of one
// morning do not make the afternoon's address a surprise.
//
// The discount d, by which a subject that always has new values is no surprise with
// one more, is estimated by k1/k, to which Pitman showed it to converge, drawn to 0
// while k is small. Both are from F. Sanna Passino and N. A. Heard, Modelling dynamic
// network evolution as a Pitman–Yor process, doi 10.3934/fods.2019013.
func novelty(n, k, k1 int) float64 {
	k = max(k, 0)
	n = max(n, k) // fewer days than values there cannot be
	k1 = min(max(k1, 0), k)
	d := float64(k1) / float64(k+discountPrior)
	return math.Log10((noveltyAlpha + float64(n)) / (noveltyAlpha + d*float64(k)))
}
