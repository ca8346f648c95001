package profile

// A Frequency is something that is counted by the hour, over all activity of an actor.
type Frequency struct {
	Name string
	// Phrase says what there was much of, behind a number: "calls of %s", with %s for
	// the key if there is one.
	Phrase string
	// Key is what of the actor's is counted by itself, "" where it is all, and whether
	// the event counts. The key is valid as long as the event is; it may be in buf,
	// which is to be appended to.
	Key func(e *Event, buf []byte) ([]byte, bool)
	// DistinctOf names a frequency whose keys are counted, each once an hour, in place of
	// events; "" counts events.
	DistinctOf string
}

// Frequencies are all that there are; their names are stored. Unlike in Profiles,
// sign-ins that failed count: many of them are what is looked for. What an endpoint
// tells of a call counts not, for the service that was called tells of it too.
func Frequencies() []Frequency {
	every := func(e *Event, _ []byte) ([]byte, bool) { return nil, e.counts() }
	return []Frequency{
		{Name: "calls", Phrase: "calls", Key: every},
		{Name: "calls-by-name", Phrase: "calls of %s", Key: func(e *Event, buf []byte) ([]byte, bool) {
			return e.appendCall(buf), e.counts() && len(e.Name) > 0
		}},
		{Name: "denied-calls", Phrase: "calls that were denied", Key: func(e *Event, _ []byte) ([]byte, bool) {
			return nil, e.counts() && e.Denied
		}},
		{Name: "data-events", Phrase: "data events", Key: func(e *Event, _ []byte) ([]byte, bool) {
			return nil, e.counts() && e.Data
		}},
		{Name: "distinct-calls", Phrase: "different calls", DistinctOf: "calls-by-name"},
	}
}

// counts reports whether somebody called.
func (e *Event) counts() bool { return !e.Service && !e.Network }
