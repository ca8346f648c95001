package profile

import (
	"math"
	"strings"
	"testing"
	"time"
)

// office is a day of people who work from 8 to 16 hours, Monday to Friday.
func office(d Day) *[24]float64 {
	var activity [24]float64
	if wd := d.Start().Weekday(); wd != time.Saturday && wd != time.Sunday {
		for h := 8; h < 16; h++ {
			activity[h] = 50
		}
	}
	return &activity
}

func TestHours(t *testing.T) {
	var h Hours
	start := DayOf(time.Date(2024, 3, 6, 0, 0, 0, 0, time.UTC).UnixMicro()) // a Wednesday
	last := start - 1
	for d := start; d < start+70; d++ {
		if a := office(d); *a != [24]float64{} { // nobody says that nothing came
			h.learn(last, d, a)
			last = d
		}
	}
	w := h.week()
	sum := 0.0
	for i, e := range w {
		sum += float64(e)
		if e < leastExposure {
			t.Errorf("hour %d: %v", i, e)
		}
	}
	if math.Abs(sum-168) > 1e-3 {
		t.Errorf("the mean is %v", sum/168)
	}
	for _, c := range []struct {
		day       string
		hour      int
		least, to float32
	}{
		{"2024-06-03", 8, 3, 5}, // Monday: a quarter of the week is work
		{"2024-06-03", 7, leastExposure, 0.3},
		{"2024-06-07", 15, 3, 5},
		{"2024-06-07", 16, leastExposure, 0.3},
		{"2024-06-08", 12, leastExposure, 0.3},
		{"1969-12-29", 12, 3, 5}, // a Monday
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if e := w.day(DayOf(day.UnixMicro()))[c.hour]; e < c.least || e > c.to {
			t.Errorf("%s %d:00: %v, want %v to %v", c.day, c.hour, e, c.least, c.to)
		}
	}
}

// TestHoursBegin is of one day: it says what its hours are, and nothing of other days.
func TestHoursBegin(t *testing.T) {
	var h Hours
	monday := Day(4)
	h.learn(-1000, monday, office(monday))
	w := h.week()
	if noon, night, tuesday := w.day(monday)[12], w.day(monday)[3], w.day(monday + 1)[12]; noon < 1.2 || night > 0.9 || math.Abs(float64(tuesday-1)) > 0.1 {
		t.Errorf("noon %v, night %v, another noon %v", noon, night, tuesday)
	}
	for i, e := range new(Hours).week() {
		if e != 1 {
			t.Fatalf("nothing is known, and hour %d is %v", i, e)
		}
	}
}

// TestHoursForget has people come back who work at night now.
func TestHoursForget(t *testing.T) {
	var h Hours
	for d := Day(0); d < 70; d++ {
		h.learn(d-1, d, office(d))
	}
	last := Day(69)
	for d := Day(1000); d < 1014; d++ {
		var night [24]float64
		night[2] = 50
		h.learn(last, d, &night)
		last = d
	}
	if day := h.week().day(1014); day[2] < 20 || day[10] > 0.06 {
		t.Errorf("%v", day)
	}
}

func TestPool(t *testing.T) {
	var activity [24]float64
	var much, little [24]float64
	for i := range much {
		much[i] = 1e6
	}
	little[12] = 24
	pool(&activity, &much, 1e6)
	pool(&activity, &little, 1)
	if activity[3] != 1 || activity[12] != 25 {
		t.Errorf("one who does much, and one who does little: %v", activity)
	}
	pool(&activity, &little, 1e-9)
	if activity[12] != 25+72 {
		t.Errorf("one who was away: %v", activity)
	}
	pool(&activity, new([24]float64), 0)
	if activity[12] != 25+72 || activity[3] != 1 {
		t.Errorf("one of whom nothing is known: %v", activity)
	}
}

func TestHoursStored(t *testing.T) {
	var h, back Hours
	h.learn(0, 4, office(4))
	bytes, err := h.MarshalBinary()
	if err != nil || len(bytes) != 672 {
		t.Fatal(err, len(bytes))
	}
	if err := back.UnmarshalBinary(bytes); err != nil || back != h {
		t.Fatal("is other than it was", err)
	}
	bytes[4*7+3] = 0xff // below 0
	for _, damaged := range [][]byte{nil, bytes[:671], append(bytes, 0), bytes} {
		before := back
		err := back.UnmarshalBinary(damaged)
		if err == nil || back != before {
			t.Errorf("takes %d bytes that are damaged", len(damaged))
		}
	}
	if err := back.UnmarshalBinary(bytes); !strings.Contains(err.Error(), "byte 28: ") {
		t.Error(err)
	}
}
