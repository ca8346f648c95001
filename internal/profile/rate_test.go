package profile

import (
	"math"
	"math/rand/v2"
	"testing"
)

// steady is a rate that had so many an hour for days.
func steady(perHour uint32, days int) Rate {
	var r Rate
	var counts [24]uint32
	for h := range counts {
		counts[h] = perHour
	}
	flat := new(Hours).week()
	for d := range days {
		r, _ = r.learn(&counts, flat.day(Day(d)))
	}
	return r
}

func TestRateMean(t *testing.T) {
	for _, c := range []struct {
		r    Rate
		want float64
	}{
		{Rate{}, 0},
		{prior(12), 12},
		{prior(0), 0},
		{prior(-3), 0},
		{prior(math.NaN()), 0},
		{prior(math.Inf(1)), 0},
		{steady(20, 1), 20},
		{steady(20, 100), 20},
		{steady(0, 100), 0},
	} {
		if got := c.r.mean(); math.Abs(got-c.want) > 1e-3*c.want {
			t.Errorf("%+v: %v, want %v", c.r, got, c.want)
		}
	}
}

// TestRateHalfLife has a rate of 20 that is 40 for fourteen days.
func TestRateHalfLife(t *testing.T) {
	r := steady(20, 400)
	var counts [24]uint32
	for h := range counts {
		counts[h] = 40
	}
	for d := range 14 {
		r, _ = r.learn(&counts, new(Hours).week().day(Day(d)))
	}
	if got := r.mean(); math.Abs(got-30) > 0.1 {
		t.Errorf("%v, want 30", got)
	}
}

// TestRateAfter compares days without any, at once, to one after the other.
func TestRateAfter(t *testing.T) {
	var h Hours
	for i := range h {
		h[i] = float32(i % 31)
	}
	for _, w := range []*Week{new(Hours).week(), h.week()} {
		for _, gap := range []Day{0, 1, 2, 6, 7, 8, 50, 1000} {
			start := steady(20, 30)
			want := start
			for d := Day(101); d < 101+gap; d++ {
				want, _ = want.learn(new([24]uint32), w.day(d))
			}
			got := start.after(100, 101+gap, w)
			for _, v := range [][2]float32{{got.Alpha, want.Alpha}, {got.Beta, want.Beta}} {
				if math.Abs(float64(v[0]-v[1])) > 1e-4*float64(v[1]) {
					t.Errorf("%d days: %+v, want %+v", gap, got, want)
				}
			}
			if a, b := got.critical(1, 1e-4), want.critical(1, 1e-4); a < b*9/10 || a > b*11/10 {
				t.Errorf("%d days: critical is %d, want %d", gap, a, b)
			}
		}
	}
	r := steady(20, 30)
	if got := r.after(100, 50, new(Hours).week()); got != r {
		t.Errorf("a day before changes it: %+v", got)
	}
}

// TestRateCritical is what a person would say of it.
func TestRateCritical(t *testing.T) {
	asleep := steady(20, 30).after(29, 400, new(Hours).week())
	for _, c := range []struct {
		what      string
		r         Rate
		exposure  float64
		p         float64
		least, to uint32
	}{
		{"nothing is known", Rate{}, 1, 1e-4, math.MaxUint32, math.MaxUint32},
		{"never any", steady(0, 100), 1, 1e-4, 10, 20},
		{"one an hour", steady(1, 100), 1, 1e-4, 10, 15},
		{"twenty", steady(20, 100), 1, 1e-4, 60, 60},
		{"twenty, at night", steady(20, 100), 0.1, 1e-4, 10, 20},
		{"twenty, at the busiest time", steady(20, 100), 5, 1e-4, 300, 300},
		{"a million", steady(1_000_000, 100), 1, 1e-4, 3_000_000, 3_000_001},
		{"a year ago", asleep, 1, 1e-4, 10, 25},
		{"as peers do", prior(20), 1, 1e-4, 300, 900},
		{"as peers do who do little", prior(0.01), 1, 1e-4, 10, 25},
	} {
		got := c.r.critical(c.exposure, c.p)
		if got < c.least || got > c.to {
			t.Errorf("%s: %d, want %d to %d", c.what, got, c.least, c.to)
		}
		if got < math.MaxUint32 && c.r.surprise(got, c.exposure) < -math.Log10(c.p) {
			t.Errorf("%s: %d is not as rare as %v", c.what, got, c.p)
		}
	}
}

func TestRateSurprise(t *testing.T) {
	r := steady(20, 100)
	last := 0.0
	for _, n := range []uint32{0, 1, 20, 30, 60, 200, 2000, 1_000_000, math.MaxUint32} {
		got := r.surprise(n, 1)
		if got < last || math.IsInf(got, 0) {
			t.Errorf("of %d: %v, of fewer %v", n, got, last)
		}
		last = got
	}
	if got := r.surprise(60, 1); got < 7 || got > 16 {
		t.Errorf("three times as much: %v", got)
	}
	if got := r.surprise(5000, 1); got < 300 {
		t.Errorf("a probability that is no float64: %v", got)
	}
	if got := (Rate{}).surprise(1e6, 1); got != 0 {
		t.Errorf("where nothing is known: %v", got)
	}
}

// TestRateBursts is one who does 300 in an hour on some days, and one who does as
// much in the mean all the time.
func TestRateBursts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	flat := new(Hours).week()
	var bursts Rate
	for d := range Day(120) {
		var counts [24]uint32
		if random.IntN(3) == 0 {
			counts[8+random.IntN(10)] = 200 + uint32(random.IntN(200))
		}
		bursts, _ = bursts.learn(&counts, flat.day(d))
	}
	mean := bursts.mean()
	if mean < 2 || mean > 6 {
		t.Fatalf("the mean is %v", mean)
	}
	if got := bursts.critical(1, 1e-3); got < 300 || got > 2500 {
		t.Errorf("of bursts: %d", got)
	}
	if got := steady(uint32(mean), 120).critical(1, 1e-3); got > 20 {
		t.Errorf("of a steady one: %d", got)
	}
}

// TestRateClips is of bursts that go on: they are news for days, and then the way it is.
func TestRateClips(t *testing.T) {
	r := steady(20, 60)
	flat := new(Hours).week()
	var counts [24]uint32
	for h := range counts {
		counts[h] = 20
	}
	counts[3] = 100_000
	if _, learned := r.learn(&counts, flat.day(0)); learned[3] < 60 || learned[3] > 61 || learned[4] != 20 {
		t.Errorf("learned %v", learned)
	}
	for h := range counts {
		counts[h] = 400
	}
	days := 0
	for ; r.critical(1, 1e-4) <= 400; days++ {
		if days > 100 {
			t.Fatal("is never learned")
		}
		r, _ = r.learn(&counts, flat.day(0))
	}
	if days < 4 || days > 40 {
		t.Errorf("twenty times as much is normal after %d days", days)
	}
}

// TestRateDamaged has what is stored be anything: nothing must hang, or be no number.
func TestRateDamaged(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	values := []float32{0, -1, 1e-38, 1e-9, 1, 1e9, 3e38, inf, -inf, nan}
	counts := [24]uint32{1, 10, 11, 1e6, math.MaxUint32}
	for _, a := range values {
		for _, b := range values {
			for _, p := range values {
				r := Rate{a, b, p}
				for _, e := range []float64{0, leastExposure, 1, 168} {
					r.critical(e, 1e-4)
					if s := r.surprise(1000, e); math.IsNaN(s) || s < 0 {
						t.Errorf("%+v at %v: surprise %v", r, e, s)
					}
				}
				next, learned := r.learn(&counts, new([24]float32))
				for _, n := range learned {
					if !(n >= 0 && n <= math.MaxUint32) {
						t.Errorf("%+v learned %v", r, learned)
					}
				}
				next.after(0, 1<<30, new(Hours).week())
			}
		}
	}
}

func BenchmarkCritical(b *testing.B) {
	r := steady(20, 30)
	for b.Loop() {
		r.critical(0.1, 1e-4)
	}
}

func BenchmarkSurprise(b *testing.B) {
	r := prior(20)
	for b.Loop() {
		r.surprise(500, 1)
	}
}

func BenchmarkLearn(b *testing.B) {
	r := steady(20, 30)
	counts := [24]uint32{9: 100, 10: 15, 11: 70}
	e := new(Hours).week().day(0)
	for b.Loop() {
		r.learn(&counts, e)
	}
}
