package triage

import (
	"strconv"
	"strings"
	"time"
)

// clock is a time to the second, in UTC.
func clock(t time.Time) string {
	if t.IsZero() {
		return "at no time"
	}
	return t.UTC().Format(time.DateTime)
}

// Span tells two times to the minute, the day once where it is the same.
func Span(first, last time.Time) string {
	const minute = "2006-01-02 15:04"
	if first.IsZero() || last.IsZero() {
		return ""
	}
	a, b := first.Format(minute), last.Format(minute)
	switch {
	case a == b:
		return a
	case a[:len(time.DateOnly)] == b[:len(time.DateOnly)]:
		return a + " – " + last.Format("15:04")
	}
	return a + " – " + b
}

// count is a count with commas.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Counted is a count of things.
func Counted(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}

// size is a number of bytes for a person.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	x, i := float64(n), 0
	for x >= 1000 && i < len(units)-1 {
		x, i = x/1000, i+1
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(x, 'f', 1, 64) + " " + units[i]
}

// ShortID is enough of an event's ID to ask for it.
func ShortID(id string) string {
	if len(id) == 36 && id[8] == '-' {
		return id[:8]
	}
	return id
}

// ShortActor is an actor without what all ARNs of an account have: user/alice.
func ShortActor(actor string) string {
	parts := strings.SplitN(actor, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return actor
	}
	return parts[5]
}

// shortRole is what of a role's ARN, or of its session's, a person wants to see.
func shortRole(arn string) string {
	return strings.TrimPrefix(ShortActor(arn), "assumed-")
}

// arnParts are the partition and the account in an ARN, "" in what is none.
func arnParts(arn string) (partition, account string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return "", ""
	}
	return parts[1], parts[4]
}
