package profile

import "bytes"

// service is wider than eventNames, whose first value in it would say the same again.
// Of the account they are not: there almost everything happens some day.
func service() Profile {
	return Profile{
		Name: "service", Of: []Of{OfActor, OfPeers}, Weight: 1, Ladder: callLadder, Step: 2,
		Phrase: "first call to %s",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			if !e.judged() {
				return nil, false
			}
			return ofText(e.Source)
		},
	}
}

// eventNames has the source with it: names as TagResource are of many services.
func eventNames() Profile {
	return Profile{
		Name: "event-name", Of: []Of{OfActor, OfPeers}, Weight: 0.7, Ladder: callLadder, Step: 1,
		Phrase: "first call of %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			return e.appendCall(buf), e.judged() && len(e.Name) > 0
		},
	}
}

// appendCall appends iam:CreateUser.
func (e *Event) appendCall(buf []byte) []byte {
	name, _, _ := bytes.Cut(e.Source, []byte("."))
	buf = append(append(buf, cutAt(name, 128)...), ':')
	return append(buf, cutAt(e.Name, 128)...)
}

// errorCodes is of the actor: which errors a program runs into is a matter of its own.
// What says that the service is busy or at fault says nothing of who called.
func errorCodes() Profile {
	return Profile{
		Name: "error-code", Of: []Of{OfActor}, Weight: 0.5, Absent: "none",
		Phrase: "first call that failed with %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			switch {
			case !e.judged() || isServices(e.Error):
				return nil, false
			case len(e.Error) == 0:
				return append(buf, "none"...), true
			}
			return cut(e.Error), true
		},
	}
}

// isServices reports whether an error is the service's own.
func isServices(code []byte) bool {
	for _, part := range [...]string{"Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown", "ThroughputExceeded", "Internal", "Unavailable", "ServerError"} {
		if bytes.Contains(code, []byte(part)) {
			return true
		}
	}
	return false
}

// region is of the account too: one that it never uses is where nobody looks.
func region() Profile {
	return Profile{
		Name: "region", Of: []Of{OfActor, OfAccount}, Weight: 1,
		Phrase: "first call in the region %s",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			return e.Region, e.judged() && len(e.Region) > 0
		},
	}
}

// userAgents is what the client says of itself, without versions: see agents. Whoever
// wants to can say something else.
func userAgents() Profile {
	return Profile{
		Name: "user-agent", Of: []Of{OfActor, OfPeers}, Weight: 0.8,
		Phrase: "first call with %s",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			return e.family, e.judged() && len(e.family) > 0
		},
	}
}
