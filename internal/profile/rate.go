package profile

import "math"

// A Rate is what is known of how often something happens in an hour: sums over the
// days that were learned, of which each counts half as much after fourteen. The zero
// Rate knows nothing, and nothing surprises it.
//
// Alpha and Beta are the parameters of a Gamma distribution of a Poisson's mean. People
// and batch jobs come in bursts, though, of which a Poisson says every day that they
// cannot be. Excess tells how large they are: over Alpha, it is by how much the variance
// is greater than the mean, in units of the mean. The counts to come are negative
// binomial with both. Surveillance of diseases does the same, for the same reason: A.
// Noufaily et al., doi 10.1002/sim.5595. In TestSimulatedAlarms workers who come in
// bursts have an alarm at 1e-4 in 0.00005 of their hours, and in 0.048 without it: in each.
type Rate struct {
	Alpha  float32 // events
	Beta   float32 // hours, each as many as its exposure is
	Excess float32 // n(n−1) of an hour of n events, less the square of what was expected
}

const (
	// halfLife is after how many days what was seen counts half.
	halfLife = 14

	// Below leastCritical an hour's count is never too high, nor below timesExpected
	// times what is expected of it.
	leastCritical = 10
	timesExpected = 3

	// clipTail is how likely an hour in which anything happens is to have a higher count
	// than what is learned of it at most. Of all hours would not do: who comes one
	// hour in a thousand would never be learned.
	clipTail = 0.01

	// background is added to what is expected in any hour, with a scale of its own: who
	// never calls may call a few times.
	background = 1

	// leastSpread is the least variance of the means of hours, over their square: that
	// they differ by a hundredth. It bounds the work too.
	leastSpread = 1e-4

	// priorSpread is that of peers, which differ, and priorEvents after how many events
	// an actor's own counts as much.
	priorSpread = 1
	priorEvents = 10
)

// decay is what is left of a day after so many.
func decay(days float64) float64 { return math.Exp2(-days / halfLife) }

// prior is what is known of one whose peers, in the mean, do so much in an hour:
// as much as an hour of its own would tell.
func prior(mean float64) Rate {
	if !(mean > 0) || mean > math.MaxUint32 {
		return Rate{}
	}
	return Rate{Alpha: float32(mean), Beta: 1, Excess: float32(priorSpread * mean * mean)}
}

// known is false where there is nothing to judge by, or what learning cannot have left.
func (r Rate) known() bool {
	return r.Beta > 1e-6 && r.Beta < 1e6 && r.Alpha >= 0 && r.Alpha < 1e15 && r.Excess > -1e30 && r.Excess < 1e30
}

// mean is how many there are in an hour of exposure 1.
func (r Rate) mean() float64 {
	if !r.known() {
		return 0
	}
	return float64(r.Alpha) / float64(r.Beta)
}

// after is r, as it was learned at the end of day last, before day begins: all days
// between had none.
func (r Rate) after(last, day Day, w *Week) Rate {
	if day <= last+1 || !r.known() {
		return r
	}
	left := decay(float64(day - last - 1))
	hours, squares := w.between(last, day)
	after := Rate{Alpha: float32(float64(r.Alpha) * left), Beta: float32(float64(r.Beta)*left + hours)}
	// What was expected fell, from day to day, from one to the other.
	after.Excess = float32(float64(r.Excess)*left - r.mean()*after.mean()*squares)
	return after
}

// learn returns r after a day of the counts given, and what was learned of each hour:
// its count, or less where that is more than r believes. So what is far too much
// is no longer so only when it has come for days.
func (r Rate) learn(counts *[24]uint32, exposures *[24]float32) (Rate, [24]float64) {
	left := decay(1)
	a, b, excess := float64(r.Alpha)*left, float64(r.Beta)*left, float64(r.Excess)*left
	if !r.known() {
		a, b, excess = 0, 0, 0
	}
	var learned [24]float64
	squares := 0.0
	for h, count := range counts {
		exposure := max(float64(exposures[h]), leastExposure)
		n := float64(min(count, r.clip(count, exposure)))
		learned[h] = n
		a += n
		b += exposure
		excess += n * (n - 1)
		squares += exposure * exposure
	}
	// By what is known now, or a first day would be one great burst.
	excess -= a / b * a / b * squares
	return Rate{Alpha: float32(a), Beta: float32(b), Excess: float32(excess)}, learned
}

// clip is how much of a count is learned at most, or more than the count.
func (r Rate) clip(count uint32, exposure float64) uint32 {
	floor := r.floor(exposure)
	if !r.known() || float64(count) <= floor {
		return math.MaxUint32
	}
	mean, scale := r.predict(exposure)
	some := -math.Expm1(-mean / scale * math.Log1p(scale)) // P(N ≥ 1)
	return leastCount(mean, scale, floor, math.Log(clipTail*some))
}

func (r Rate) floor(exposure float64) float64 {
	return max(leastCritical, timesExpected*r.mean()*exposure)
}

// predict returns what an hour's count is distributed by: see logTail.
func (r Rate) predict(exposure float64) (mean, scale float64) {
	expected := r.mean() * exposure
	// Bursts are as large in hours that have few of them. How many of them were seen
	// tells how sure their size is: without the factor for that, those who were seen
	// for weeks alarm ten times as often as p says. The mean, which that many hours
	// leave unsure, is another reason for counts to differ.
	burst := max(0, (float64(r.Excess)+priorEvents*priorSpread*r.mean())/(float64(r.Alpha)+priorEvents))
	burst *= 1 + 2/math.Sqrt(max(1, float64(r.Alpha)/(1+burst)))
	scale = burst + exposure*(1+burst)/float64(r.Beta)
	return expected + background, max(scale, background/(background+expected), leastSpread*expected)
}

// critical is the least count of an hour that is at most as likely to be reached as p:
// math.MaxUint32, which is none, where nothing is known. It is 10 or more, and three times
// what is expected or more, so that counts below need not ask.
func (r Rate) critical(exposure, p float64) uint32 {
	if !r.known() {
		return math.MaxUint32
	}
	mean, scale := r.predict(exposure)
	return leastCount(mean, scale, r.floor(exposure), math.Log(p))
}

// surprise is −log10 of the probability of so many in an hour, or more. It knows no
// floor: ask critical first.
func (r Rate) surprise(count uint32, exposure float64) float64 {
	if !r.known() || count == 0 {
		return 0
	}
	mean, scale := r.predict(exposure)
	return max(0, -logTail(float64(count), mean, scale)/math.Ln10)
}
