package profile

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A worker is one whose counts are drawn, hour by hour, and learned day by day.
type worker struct {
	rate   Rate
	counts [24]uint32
	draw   func(d Day, hour int) uint32
	judged bool
}

// peers are workers who share their hours.
type peers struct {
	workers []*worker
	hours   Hours
}

// live draws a day, and shows each hour to each before it is learned.
func (p *peers) live(d Day, each func(w *worker, hour int, exposure float64)) {
	week := p.hours.week()
	exposures := week.day(d)
	var activity [24]float64
	for _, w := range p.workers {
		for h := range w.counts {
			w.counts[h] = w.draw(d, h)
			each(w, h, float64(exposures[h]))
		}
		rate, learned := w.rate.learn(&w.counts, exposures)
		w.rate = rate
		pool(&activity, &learned, rate.mean())
	}
	p.hours.learn(d-1, d, &activity)
}

func poisson(r *rand.Rand, mean float64) uint32 {
	if mean > 50 {
		return uint32(max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n := uint32(0)
	for left := r.ExpFloat64(); left < mean; left += r.ExpFloat64() {
		n++
	}
	return n
}

// rhythm is a week of people who work by day: in the mean 1.
func rhythm(d Day, hour int) float64 {
	wd := d.Start().Weekday()
	switch {
	case wd == time.Saturday || wd == time.Sunday:
		return 0.15
	case hour >= 8 && hour < 17:
		return 3
	default:
		return 0.276
	}
}

// steadily is a worker's week; bursts are of one who comes in one of twenty hours,
// more of them by day, and does more or less; job is at night, when no peer is there.
func steadily(r *rand.Rand, mean float64) func(Day, int) uint32 {
	return func(d Day, hour int) uint32 { return poisson(r, mean*rhythm(d, hour)) }
}

func bursts(r *rand.Rand, mean float64) func(Day, int) uint32 {
	return func(d Day, hour int) uint32 {
		if r.Float64() > 0.05*rhythm(d, hour) {
			return 0
		}
		return poisson(r, 20*mean*r.ExpFloat64())
	}
}

func job(r *rand.Rand, mean float64) func(Day, int) uint32 {
	return func(_ Day, hour int) uint32 {
		if hour != 2 {
			return 0
		}
		return poisson(r, 24*mean)
	}
}

// among returns forty who are alike, and forty others.
func among(r *rand.Rand, draw func(Day, int) uint32) *peers {
	p := &peers{}
	for range 40 {
		p.workers = append(p.workers, &worker{draw: draw, rate: prior(5), judged: true},
			&worker{draw: steadily(r, 5), rate: prior(5)})
	}
	return p
}

// TestSimulatedAlarms counts the hours of quiet workers that are as rare as p says: p of
// them, at most. Then it has each do ten times as much as ever in one.
func TestSimulatedAlarms(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	risks := []float64{1e-3, 1e-4}
	for _, c := range []struct {
		what string
		draw func(Day, int) uint32
	}{
		{"a call a day", steadily(random, 0.04)},
		{"one an hour", steadily(random, 1)},
		{"four an hour", steadily(random, 4)},
		{"fifty an hour", steadily(random, 50)},
		{"bursts", bursts(random, 5)},
		{"large bursts", bursts(random, 100)},
		{"a job at night", job(random, 40)},
	} {
		p := among(random, c.draw)
		hours, alarms, rare := 0.0, make([]float64, len(risks)), make([]float64, len(risks))
		most := map[*worker]uint32{}
		for d := range Day(60) {
			p.live(d, func(w *worker, h int, exposure float64) {
				if !w.judged || d < 14 {
					return
				}
				hours++
				n := w.counts[h]
				most[w] = max(most[w], n)
				if n == 0 {
					return
				}
				s := w.rate.surprise(n, exposure)
				for i, risk := range risks {
					if n >= leastCritical && n >= w.rate.critical(exposure, risk) {
						alarms[i]++
					}
					if s >= -math.Log10(risk) {
						rare[i]++
					}
				}
			})
		}
		t.Logf("%-15s of %.0f hours: alarms %.2g at 1e-3, %.2g at 1e-4; as rare %.2g, %.2g",
			c.what, hours, alarms[0]/hours, alarms[1]/hours, rare[0]/hours, rare[1]/hours)
		for i, risk := range risks {
			if alarms[i] > risk*hours || rare[i] > risk*hours {
				t.Errorf("%s: %.2g of hours alarm, and %.2g are as rare, want %g at most", c.what, alarms[i]/hours, rare[i]/hours, risk)
			}
		}
		found := 0
		for w, n := range most {
			if max(10*n, 40) >= w.rate.critical(3, 1e-4) {
				found++
			}
		}
		if found < len(most) {
			t.Errorf("%s: ten times as much as ever is found of %d, of %d", c.what, found, len(most))
		}
	}
}

// TestSimulatedDrift is of one who does a twentieth more every day.
func TestSimulatedDrift(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	today := 0.0
	p := among(random, func(d Day, hour int) uint32 {
		today = 5 * math.Pow(1.05, float64(d))
		return poisson(random, today*rhythm(d, hour))
	})
	days := map[*worker]map[Day]bool{}
	for d := range Day(90) {
		p.live(d, func(w *worker, h int, exposure float64) {
			if w.judged && w.counts[h] >= w.rate.critical(exposure, 1e-4) {
				if days[w] == nil {
					days[w] = map[Day]bool{}
				}
				days[w][d] = true
			}
		})
	}
	for _, w := range p.workers {
		if len(days[w]) > 3 {
			t.Errorf("alarms on %d of 90 days", len(days[w]))
		}
		if mean := w.rate.mean(); w.judged && (mean < today/3 || mean > today) {
			t.Errorf("does %.0f an hour, and is known for %.0f", today, mean)
		}
	}
}

// TestSimulatedAgain has somebody come back every day for an hour in which there is twenty
// times as much as in any.
func TestSimulatedAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	quiet := steadily(random, 20)
	p := among(random, func(d Day, hour int) uint32 {
		if d >= 45 && hour == 10 {
			return 1200
		}
		return quiet(d, hour)
	})
	missed := 0
	for d := range Day(50) {
		p.live(d, func(w *worker, h int, exposure float64) {
			if w.judged && d >= 45 && h == 10 && w.counts[h] < w.rate.critical(exposure, 1e-4) {
				missed++
			}
		})
	}
	if missed > 0 {
		t.Errorf("is not found %d times in five days, of 200", missed)
	}
}
