package profile

import "time"

// hourOfDay is of persons: machines keep no hours, and peers are in many time zones.
// Its blocks are of four hours, in UTC, for a working day that begins or ends an hour
// early is no news, and with fewer values they are sooner known. Saturday and Sunday
// are the weekend; where they are not, the actor's own past says so.
func hourOfDay() Profile {
	return Profile{
		Name: "hour-of-day", Of: []Of{OfActor}, Weight: 0.5, Human: true,
		Phrase: "first call in the hours %s (UTC)",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			return blocks[blockOf(e.Time)], e.judged() && e.Human
		},
	}
}

var blocks = func() (all [12][]byte) {
	for i, kind := range []string{"weekday", "weekend"} {
		for j, hours := range []string{"00-04", "04-08", "08-12", "12-16", "16-20", "20-24"} {
			all[6*i+j] = []byte(kind + " " + hours)
		}
	}
	return all
}()

// blockOf is the block of a time in microseconds since 1970, a Thursday.
func blockOf(micros int64) int {
	day := DayOf(micros)
	block := int((micros - int64(day)*int64(24*time.Hour/time.Microsecond)) / int64(4*time.Hour/time.Microsecond))
	switch ((int(day)+4)%7 + 7) % 7 { // Sunday is 0
	case 0, 6:
		block += 6
	}
	return block
}
