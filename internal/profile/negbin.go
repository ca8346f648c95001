package profile

import "math"

// logTail is ln P(N ≥ count) of a negative binomial distribution that has the mean
// given, and mean·(1+scale) as its variance: a Poisson's whose own mean is Gamma
// distributed with that scale. Count, mean and scale are above 0.
//
// It is the regularized incomplete beta function I(count, mean/scale) at
// scale/(1+scale) (Abramowitz and Stegun 26.5.26), taken in logarithms, so that it is
// exact where the probability itself is no longer a float64.
func logTail(count, mean, scale float64) float64 {
	r := mean / scale
	x, y := scale/(1+scale), 1/(1+scale)
	// Both logarithms of x and y, without what is lost where either is near 1.
	front := -count*math.Log1p(1/scale) - r*math.Log1p(scale) +
		lgamma(count+r) - lgamma(count) - lgamma(r)
	if x < (count+1)/(count+r+2) {
		return min(0, front-math.Log(count)+math.Log(betaFraction(count, r, x)))
	}
	below := front - math.Log(r) + math.Log(betaFraction(r, count, y))
	return math.Log1p(-math.Exp(min(0, below)))
}

func lgamma(x float64) float64 {
	l, _ := math.Lgamma(x)
	return l
}

// betaFraction is the continued fraction of the incomplete beta function (Abramowitz
// and Stegun 26.5.8) by Lentz's method as Thompson and Barnett have it. Below
// (a+1)/(a+b+2) it takes the more steps, the greater the lesser of a and b is: at most 200
// for the shapes up to 10,000 that Rate has, whatever the count.
func betaFraction(a, b, x float64) float64 {
	const (
		tiny = 1e-300
		near = 1e-13
	)
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	f := d
	for i := 1; i <= fractionLimit; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d, c = 1/away(1+even*d), away(1+even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d, c = 1/away(1+odd*d), away(1+odd/c)
		f *= d * c
		if math.Abs(d*c-1) < near {
			break
		}
	}
	return f
}

// fractionLimit ends the fraction where it has long been near enough.
const fractionLimit = 1000

// leastCount is the least count from floor on that is at most as likely to be reached
// as logP says, or the greatest there is. Its steps grow with the logarithm of it.
func leastCount(mean, scale, floor, logP float64) uint32 {
	const most = math.MaxUint32
	low := math.Ceil(max(floor, 1))
	switch {
	case low >= most:
		return most
	case logTail(low, mean, scale) <= logP:
		return uint32(low)
	}
	// Far out the tail falls by the same factor with each, so that the first step mostly
	// lands near.
	step := 1 + math.Ceil((logTail(low, mean, scale)-logP)/math.Log1p(1/scale))
	high := low
	for logTail(high, mean, scale) > logP {
		if high >= most {
			return most
		}
		low, high, step = high, min(high+step, most), 2*step
	}
	for high-low > 1 { // low is too likely, high is not
		middle := math.Floor(low + (high-low)/2)
		if logTail(middle, mean, scale) > logP {
			low = middle
		} else {
			high = middle
		}
	}
	return uint32(high)
}
