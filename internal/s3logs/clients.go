package s3logs

import "bytes"

const (
	// sureTail is how many fields behind the last quote make it sure that the
	// user agent ended there: up to the TLS version, as in all lines but the oldest.
	sureTail = 7
	// quotedTail is the time from which on a line may have a quoted field behind
	// the known ones: 2026-01-01, in microseconds. The format had none until then.
	quotedTail = 1767225600e6
)

// clients reads the referer and the user agent.
func (l *Line) clients(line []byte, at int) (end int, what string) {
	at = skip(line, at)
	if at == len(line) {
		return at, ""
	}
	if line[at] == '"' {
		return l.quoted(line, at)
	}
	l.put(line, at, at+1) // a bare -, as the answer has seen
	at = skip(line, at+1)
	switch {
	case at == len(line):
		return at, ""
	case bare(line, at):
		l.put(line, at, at+1)
		return at + 1, ""
	case line[at] != '"':
		return at, badAgent
	}
	last, _, _ := quotes(line, at+1)
	return l.agent(line, at, last)
}

// quoted reads a referer whose opening quote is at at, and the user agent behind
// it, quoted or not.
func (l *Line) quoted(line []byte, at int) (end int, what string) {
	last, split, opening := quotes(line, at+1)
	if split >= 0 {
		l.put(line, at+1, split)
		return l.agent(line, opening, last)
	}
	if last < 0 {
		if line[len(line)-1] != '"' || len(line)-1 == at {
			return at, openReferrer
		}
		l.put(line, at+1, len(line)-1)
		return len(line), ""
	}
	l.put(line, at+1, last)
	at = skip(line, last+1)
	if !bare(line, at) {
		return at, badAgent
	}
	l.put(line, at, at+1)
	return at + 1, ""
}

// quotes looks for the quotes that may close a client's field from at on: the
// last that a space follows, and the first that spaces and another quote follow,
// with that other one. Each is -1 if there is none.
func quotes(line []byte, at int) (last, split, opening int) {
	last, split, opening = -1, -1, -1
	for {
		i := bytes.IndexByte(line[at:], '"')
		if i < 0 {
			return last, split, opening
		}
		at += i + 1
		if at == len(line) || line[at] != ' ' {
			continue
		}
		last = at - 1
		if split < 0 {
			if next := skip(line, at); line[next] == '"' {
				split, opening = last, next
			}
		}
	}
}

// agent reads the user agent whose opening quote is at opening, and returns where
// it ends. Last is the last quote that a space follows.
func (l *Line) agent(line []byte, opening, last int) (end int, what string) {
	if last <= opening { // then only the line's last byte can close it
		if last = len(line) - 1; line[last] != '"' || last == opening {
			return opening, openAgent
		}
	}
	l.put(line, opening+1, last)
	return last + 1, ""
}

// behind reads what stands behind the user agent, from at on, and with that sees
// whether it was read right.
func (l *Line) behind(line []byte, at int) (end int, what string) {
	end, what = l.tail(line, at)
	agent := l.Fields[UserAgent]
	if what != "" || l.Count >= VersionID+sureTail || l.Time < quotedTail || agent.From < 0 {
		return end, what
	}
	closing := appended(line, int(agent.From), int(agent.To))
	if closing == int(agent.To) {
		return end, what
	}
	l.Count = UserAgent
	l.put(line, int(agent.From), closing)
	return l.tail(line, closing+1)
}

// appended finds the closing quote of a user agent in a line to which AWS has
// appended a quoted field: the last quote between at and last that all known fields
// and a quoted one follow. If there is none, it is last.
func appended(line []byte, at, last int) int {
	closing := last
	for {
		i := bytes.IndexByte(line[at:last], '"')
		if i < 0 {
			return closing
		}
		at += i + 1
		if known(line, at) {
			closing = at - 1
		}
	}
}

// known reports whether spaces and the fields from the version ID to the source
// region are at at, each with its shape, and then a quoted field, perhaps behind
// unquoted ones.
func known(line []byte, at int) bool {
	if line[at] != ' ' {
		return false
	}
	for n := VersionID; ; n++ {
		from := skip(line, at)
		if from == len(line) {
			return false
		}
		for at = from; at < len(line) && line[at] != ' '; at++ {
			if line[at] == '"' {
				return at == from && n >= NumFields
			}
		}
		if !shaped(n, line[from:at]) {
			return false
		}
	}
}

// shaped reports whether a word may be the value of a field behind the user agent.
func shaped(field int, word []byte) bool {
	if len(word) == 1 && word[0] == '-' {
		return true
	}
	switch field {
	case HostID:
		return of(word, "+/=_-.")
	case SigV:
		return begins(word, "SigV")
	case AuthType, ACLRequired:
		return of(word, "")
	case TLSVersion:
		return begins(word, "TLS") || begins(word, "SSL")
	case AccessPointARN:
		return begins(word, "arn:")
	case SourceRegion:
		return of(word, "-")
	}
	return true
}

// begins reports whether word begins with prefix, in whatever capitals.
func begins(word []byte, prefix string) bool {
	return len(word) > len(prefix) && bytes.EqualFold(word[:len(prefix)], []byte(prefix))
}

// tail reads what is behind the user agent.
func (l *Line) tail(line []byte, at int) (end int, what string) {
	for {
		from := skip(line, at)
		switch {
		case from == len(line):
			return from, ""
		case l.Count == maxFields:
			return from, tooMany
		case line[from] != '"':
			at = word(line, from)
			l.put(line, from, at)
			continue
		}
		closing := closes(line, from+1)
		if closing < 0 {
			return from, openMore
		}
		l.put(line, from+1, closing)
		at = closing + 1
	}
}

// closes is the first quote from at on that a space or the line's end follows; -1
// if there is none.
func closes(line []byte, at int) int {
	for {
		i := bytes.IndexByte(line[at:], '"')
		if i < 0 {
			return -1
		}
		if at += i + 1; at == len(line) || line[at] == ' ' {
			return at - 1
		}
	}
}
