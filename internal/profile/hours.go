package profile

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Hours are how active peers are in each hour of the week, from Monday 00:00 UTC on:
// means of a unit of their own, in which a week that is longer ago counts less, half
// after fourteen days. The zero Hours know nothing.
type Hours [168]float32

// A Week is what to expect of each hour of it, relative to all: in the mean 1, and
// nowhere less than leastExposure.
type Week [168]float32

// flatShare is how much of a Week is the same for every hour: in one in which nobody
// was ever seen a thing may happen, too.
const (
	flatShare     = 0.05
	leastExposure = flatShare / 2
)

// hourOf is where a day begins in a week.
func hourOf(d Day) int {
	const thursday = 3 // was 1970-01-01
	return ((int(d)+thursday)%7 + 7) % 7 * 24
}

// week is what Hours tell to expect.
func (h *Hours) week() *Week {
	var w Week
	sum := 0.0
	for _, v := range h {
		sum += float64(v)
	}
	for i := range w {
		w[i] = 1
		if sum > 0 {
			w[i] = float32((1-flatShare)*float64(h[i])*float64(len(h))/sum + flatShare)
		}
	}
	return &w
}

// day are the exposures of a day's hours.
func (w *Week) day(d Day) *[24]float32 {
	at := hourOf(d)
	return (*[24]float32)(w[at : at+24])
}

// between sums the exposures of the days after last and before day, and their squares,
// each decayed to the end of them. However many they are, it takes seven steps.
func (w *Week) between(last, day Day) (hours, squares float64) {
	gap := int(day) - int(last) - 1
	for back := range min(gap, 7) {
		times := float64((gap-1-back)/7 + 1)
		left := decay(float64(back)) * (1 - decay(7*times)) / (1 - decay(7))
		for _, e := range w.day(day - 1 - Day(back)) {
			hours += float64(e) * left
			squares += float64(e) * float64(e) * left
		}
	}
	return hours, squares
}

// learn takes how active peers were in each hour of day, in any unit that stays the
// same, where last is the day that was learned before. On days between they were not.
// The first day says nothing of others but how much to expect of all.
func (h *Hours) learn(last, day Day, activity *[24]float64) {
	if *h == (Hours{}) {
		mean := 0.0
		for _, a := range activity {
			mean += a / 24
		}
		for i := range h {
			h[i] = float32(mean)
		}
		last = day - 1
	}
	gap := int(day) - int(last) - 1
	for back := range min(max(gap, 0), 7) {
		at := hourOf(day - 1 - Day(back))
		left := decay(7 * float64((gap-1-back)/7+1))
		for i := at; i < at+24; i++ {
			h[i] = float32(float64(h[i]) * left)
		}
	}
	at, left := hourOf(day), decay(7)
	for i, a := range activity {
		h[at+i] = float32(float64(h[at+i])*left + a*(1-left))
	}
}

// pool adds an actor's day to its peers' activity, as Rate.learn told it, in units of
// what it does in the mean: each counts the same, however much it does. An actor that
// is back after months counts as if it did a third of that day's all the time.
func pool(activity, learned *[24]float64, mean float64) {
	sum := 0.0
	for _, n := range learned {
		sum += n
	}
	unit := max(mean, sum/24/timesExpected)
	if !(unit > 0) {
		return
	}
	for i, n := range learned {
		activity[i] += n / unit
	}
}

// MarshalBinary implements encoding.BinaryMarshaler: 672 bytes, each hour's four with
// the least first.
func (h Hours) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

// AppendBinary implements encoding.BinaryAppender.
func (h Hours) AppendBinary(to []byte) ([]byte, error) {
	for _, v := range h {
		to = binary.LittleEndian.AppendUint32(to, math.Float32bits(v))
	}
	return to, nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (h *Hours) UnmarshalBinary(from []byte) error {
	if len(from) != 4*len(h) {
		return fmt.Errorf("hours of a week in %d bytes, want %d", len(from), 4*len(h))
	}
	var read Hours
	for i := range read {
		v := math.Float32frombits(binary.LittleEndian.Uint32(from[4*i:]))
		if !(v >= 0 && v <= math.MaxFloat32) {
			return fmt.Errorf("hours of a week: byte %d: %v is no activity", 4*i, v)
		}
		read[i] = v
	}
	*h = read
	return nil
}
