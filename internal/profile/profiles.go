package profile

// A Profile is a question that each record may answer with a value, which is learned
// for subjects. A new one is a function that returns it, in a file of its own or
// beside its like, and a line in Profiles.
type Profile struct {
	Name string
	Of   []Of
	// Weight is what −log10 of a new value's probability is multiplied by.
	Weight float64
	// Ladder names profiles of which only the widest that is new counts, the one with
	// the highest Step; "" is none.
	Ladder string
	Step   int
	// Human says that it is asked of persons alone.
	Human bool
	// Absent is the value of what is not there, as no error, which is learned so that
	// what is there is rare; Config's "always" does not tell of it. "" is none.
	Absent string
	// Phrase says what is new, with %s for the value: "first call from the country %s".
	// It continues "first time in 12 days and 345 events".
	Phrase string
	// Value returns the event's value, at most maxValue bytes, and whether it has one.
	// The value is valid as long as the event is; it may be in buf, which is to be
	// appended to.
	Value func(e *Event, buf []byte) ([]byte, bool)
}
