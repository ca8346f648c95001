package profile

// Profiles are all that there are. Their names are stored, and in configurations: they
// stay as they are.
//
// What AWS does by itself has no value in any: see Event.Service. Nor has a sign-in
// that failed, for whoever tried it is not who they say; it counts where calls are
// counted. Weights are from what each is worth on its own: 1 for what
// changes with a new task, less for what changes by itself (addresses, hours), more
// for what no task should change.
func Profiles() []Profile {
	return []Profile{
		// Those of the first analyser, of 2015, under its names.
		accessKey(), principalARN(), principalID(), sourceIP(), city(), country(), torExit(),

		service(), eventNames(), errorCodes(), region(), userAgents(),
		network(), asn(), vpcEndpoints(), instanceCredentials(),
		roleAssumed(), callerAccount(), identityTypes(), onBehalf(),
		rootUse(), signInWithoutMFA(), hourOfDay(),
	}
}

// A Profile is a question that each record may answer with a value, which is learned
// for subjects. A new one is a function that returns it, in a file of its own or
// beside its like, and a place in Profiles.
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
	// what is there is rare; Options.Always does not tell of it. "" is none.
	Absent string
	// Phrase says what is new, with %s for the value: "first call from the country %s".
	// It continues "first time in 12 days and 345 events".
	Phrase string
	// Value returns the event's value, at most maxValue bytes, and whether it has one.
	// The value is valid as long as the event is; it may be in buf, which is to be
	// appended to.
	Value func(e *Event, buf []byte) ([]byte, bool)
}

// Ladders.
const (
	placeLadder = "place"
	callLadder  = "call"
)

// ofText is a value that is a text of the event as it is.
func ofText(text []byte) ([]byte, bool) { return cut(text), len(text) > 0 }
