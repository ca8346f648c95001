package profile

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestSpotKeepsItsRisk(t *testing.T) {
	draws := map[string]func(r *rand.Rand) float64{
		"exponential": func(r *rand.Rand) float64 { return 2 * r.ExpFloat64() },
		"mostly 0": func(r *rand.Rand) float64 {
			if r.Float64() < 0.8 {
				return 0
			}
			return 1 + r.ExpFloat64()
		},
		"heavy":   func(r *rand.Rand) float64 { return math.Pow(r.Float64(), -0.3) - 1 },
		"uniform": func(r *rand.Rand) float64 { return 5 * r.Float64() },
		"few values": func(r *rand.Rand) float64 { // 1.1 times the number of what is new
			n := 0
			for r.Float64() < 0.4 {
				n++
			}
			return 1.1 * float64(n)
		},
	}
	for name, draw := range draws {
		random := rand.New(rand.NewPCG(3, 4))
		var s Spot
		for range 20_000 {
			s.Add(draw(random))
		}
		for _, q := range []float64{0.1, 0.05, 0.01, 0.005} {
			z, ok := s.Threshold(q)
			if !ok {
				t.Errorf("%s: there is no threshold", name)
			}
			above := 0
			for range 100_000 {
				if draw(random) > z {
					above++
				}
			}
			got := float64(above) / 100_000
			off := 1.6
			if q < 0.01 {
				off = 2 // of few scores
			}
			least := q / off
			if name == "few values" {
				least *= 0.4 // the value below would be too many
			}
			if got > off*q || got < least {
				t.Errorf("%s: %.3f is passed with %.4f, want %.4f", name, z, got, q)
			}
		}
	}
}

func TestSpotTies(t *testing.T) {
	fill := func(zeros, threes, fives int) *Spot {
		var s Spot
		for range zeros {
			s.Add(0)
		}
		for range threes {
			s.Add(3)
		}
		for range fives {
			s.Add(5)
		}
		return &s
	}
	for _, c := range []struct {
		what      string
		spot      *Spot
		least, to float64
	}{
		{"all 0", fill(1000, 0, 0), 0, 0},
		{"fewer than the budget", fill(970, 20, 10), 0, 0},
		{"the fives alone are within it", fill(600, 390, 10), 3, 3},
		{"all the same", fill(0, 1000, 0), 3, 3},
		{"a tenth is the same", fill(900, 100, 0), 0, 5},
		{"more fives than the budget has", fill(500, 400, 100), 3, 6},
	} {
		z, ok := c.spot.Threshold(0.05)
		if !ok || !(z >= c.least && z <= c.to) {
			t.Errorf("%s: %v %v, want %v to %v", c.what, z, ok, c.least, c.to)
		}
	}
}

func TestSpotNeedsScores(t *testing.T) {
	var s Spot
	for i := range 100 {
		if z, ok := s.Threshold(0.05); ok {
			t.Fatalf("after %d: %v", i, z)
		}
		s.Add(float64(i % 7))
	}
	if _, ok := s.Threshold(0.05); !ok {
		t.Error("not after 100 either")
	}
	for _, q := range []float64{0, -1, 1, 0.01, math.NaN(), math.Inf(1)} {
		if z, ok := s.Threshold(q); ok {
			t.Errorf("of risk %v: %v", q, z)
		}
	}
}

// TestSpotFollows is of scores that fall, as more is learned, and that rise again.
func TestSpotFollows(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var s Spot
	threshold := func(scale float64) float64 {
		for range 20_000 {
			s.Add(scale * max(0, random.ExpFloat64()-1))
		}
		z, _ := s.Threshold(0.05)
		return z
	}
	first, low, back := threshold(3), threshold(1), threshold(3)
	if low > 0.45*first || back < 0.7*first || back > 1.4*first {
		t.Errorf("%.2f, then %.2f, then %.2f", first, low, back)
	}
	if n := len(s.Scores); n > spotKeeps {
		t.Errorf("keeps %d scores", n)
	}
}

func TestSpotStored(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var s Spot
	s.Add(math.Inf(1))
	s.Add(math.NaN())
	s.Add(-3)
	for range 3000 {
		s.Add(max(0, random.NormFloat64()))
	}
	text, err := json.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	var back Spot
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(s, back) {
		t.Fatalf("%v: is other than it was", err)
	}
	s.Add(2.5)
	back.Add(2.5)
	z, _ := s.Threshold(0.05)
	if got, _ := back.Threshold(0.05); got != z {
		t.Errorf("%v, want %v", got, z)
	}
	if len(text) > 64<<10 {
		t.Errorf("is %d bytes", len(text))
	}
}

func TestParetoFit(t *testing.T) {
	for _, c := range [][2]float64{{0, 1}, {0.2, 3}, {-0.3, 0.5}} {
		peaks := make([]float32, 4000)
		for i := range peaks {
			peaks[i] = float32(7 + paretoRise(c[0], c[1], (float64(i)+0.5)/4000))
		}
		slices.Sort(peaks)
		shape, scale := paretoFit(peaks, 7)
		if math.Abs(shape-c[0]) > 0.03 || math.Abs(scale/c[1]-1) > 0.03 {
			t.Errorf("%.3f, %.3f, want %v", shape, scale, c)
		}
	}
}
