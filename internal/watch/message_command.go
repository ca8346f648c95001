package watch

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/ctsql/ctsql/internal/render"
)

const (
	// mostQuery is how many bytes the query for the reader has: a terminal takes 4,096
	// in a line.
	mostQuery = 3500
	// mostLiteral is how much of an actor's name is asked for; what begins so is shown.
	mostLiteral = 700
)

// query is a command that shows all that was done by the story's actors in the hours of
// its findings.
func (t *telling) query() string {
	from, until := at(t.First).Truncate(time.Hour), at(t.Last).Truncate(time.Hour).Add(time.Hour)
	const columns = "eventTime, eventSource, eventName, awsRegion, sourceIPAddress, errorCode, eventID"
	sql := func(conditions []string) string {
		return fmt.Sprintf("select %s from cloudtrail where eventTime >= %s and eventTime < %s and (%s) order by eventTime", columns,
			literal(from.Format(time.DateTime)), literal(until.Format(time.DateTime)), strings.Join(conditions, " or "))
	}
	var conditions []string
	asked := map[string]bool{}
	for i, actor := range append([]string{t.Root}, t.Others...) {
		c := isActor(actor)
		if asked[c] || i > 0 && actor == "" { // a detection may name nobody
			continue
		}
		asked[c] = true
		if i > 0 && len(word(sql(append(conditions, c)))) > mostQuery {
			break
		}
		conditions = append(conditions, c)
	}
	return words(append(t.Query[:len(t.Query):len(t.Query)], sql(conditions)))
}

// isActor is a condition on records. What a service did on somebody's behalf is in
// theirs.
func isActor(actor string) string {
	if i := strings.LastIndex(actor, " via "); i > 0 {
		actor = actor[:i]
	}
	// The cache holds no text that is not UTF-8.
	actor = strings.ToValidUTF8(actor, "\uFFFD")
	most := mostLiteral
	for _, r := range actor {
		if !printing(r) { // takes more room
			most = mostLiteral / 8
		}
	}
	if len(actor) > most {
		return "starts_with(actor(userIdentity), " + literal(cutBytes(actor, most)) + ")"
	}
	return "actor(userIdentity) = " + literal(actor)
}

// literal is an SQL expression of a text, to be read by a person in a shell's single
// quotes: in dollars rather than in quotes, and what is not printed by its number,
// since a terminal obeys what is pasted into it even where a shell would not.
func literal(s string) string {
	var parts []string
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return !printing(r) || r == '$' })
		switch {
		case n < 0:
			n = len(s)
			fallthrough
		case n > 0:
			parts = append(parts, "$$"+s[:n]+"$$")
			s = s[n:]
		default:
			r := []rune(cutBytes(s, 4))[0]
			parts = append(parts, fmt.Sprintf("chr(%d)", r))
			s = s[len(string(r)):]
		}
	}
	if len(parts) == 0 {
		return "$$$$"
	}
	if len(parts) == 1 && !strings.HasPrefix(parts[0], "$$") {
		return parts[0]
	}
	return strings.Join(parts, " || ")
}

// printing reports whether a character is shown as itself wherever it stands.
func printing(r rune) bool {
	return r == ' ' || r != unicode.ReplacementChar && !unicode.Is(unicode.Zs, r) && !unicode.In(r, unicode.Mn, unicode.Me) && render.Clean(string(r)) == string(r)
}

func (t *telling) command(verb string) string {
	return words(append(t.Alerts[:len(t.Alerts):len(t.Alerts)], verb, show(t.ID, nameWidth)))
}

func words(all []string) string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = word(w)
	}
	return strings.Join(out, " ")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// word is a text as one word of a POSIX shell.
func word(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
