package watch

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/render"
)

// show is a text from a log on one line of at most so many columns, without anything
// that drives a terminal or a mail reader.
func show(s string, columns int) string {
	// A character has at most 4 bytes, and one column at least but for marks, of which
	// there are few.
	s = render.Clean(cutBytes(s, 8*columns+8))
	if render.Width(s) <= columns {
		return s
	}
	width := 0
	for i, r := range s {
		w := render.Width(string(r))
		if width+w > columns-1 {
			return s[:i] + "…"
		}
		width += w
	}
	return s
}

// cutBytes returns the beginning of s, in whole characters.
func cutBytes(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// shortActor is an actor without what all ARNs of an account have: user/alice; of a person
// who comes by Identity Center, ana@example.com (AdministratorAccess).
func shortActor(actor string) string {
	if m := identityCenter.FindStringSubmatch(actor); m != nil {
		return m[2] + " (" + m[1] + ")"
	}
	if parts := strings.SplitN(actor, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	if account, root, ok := strings.Cut(actor, ":"); ok && root == "root" && len(account) == 12 {
		return root
	}
	return actor
}

// identityCenter matches a session of one of its roles: the permission set and the user.
var identityCenter = regexp.MustCompile(`^arn:[^:]*:iam::[0-9]*:role/aws-reserved/sso\.amazonaws\.com/(?:[a-z0-9-]+/)?AWSReservedSSO_([^/]+)_[0-9a-f]{16}/(.+)$`)

// shortName is as short as a subject needs it: alice.
func shortName(actor string) string {
	if m := identityCenter.FindStringSubmatch(actor); m != nil {
		return m[2]
	}
	name := shortActor(actor)
	for _, kind := range []string{"user/", "role/", "federated-user/", "assumed-role/"} {
		if rest, ok := strings.CutPrefix(name, kind); ok {
			return rest
		}
	}
	return name
}

// counted is a number of things: 18,403 events.
func counted(n uint64, one string) string {
	text := strconv.FormatUint(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if n == 1 {
		return text + " " + one
	}
	return text + " " + one + "s"
}

// at is a time of a log.
func at(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// span tells two times, in UTC.
func span(first, last int64) string {
	a, b := at(first), at(last)
	switch {
	case last <= first:
		return "on " + a.Format("2006-01-02 at 15:04:05 UTC")
	case a.Format(time.DateOnly) == b.Format(time.DateOnly):
		return "on " + a.Format("2006-01-02 from 15:04:05 to ") + b.Format("15:04:05 UTC")
	}
	return "from " + a.Format("2006-01-02 15:04:05 to ") + b.Format("2006-01-02 15:04:05 UTC")
}
