package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A command is what begins with a dot at the prompt.
type command struct {
	name string   // without its dot
	also []string // what psql and others call it, as it is typed there
	args string   // as help shows them
	help string   // a line
	more string   // what `.help NAME` tells beyond that
	run  func(ctx context.Context, sh *Shell, args string) error
}

// commands are all, in the order of `.help`.
func commands() []command {
	return []command{}
}

// words cuts arguments at blanks. Quotes, single or double, hold a word together,
// and a backslash outside of them takes the next character as it is.
func words(s string) ([]string, error) {
	var all []string
	var word strings.Builder
	var quote rune
	inside, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case r == '\\':
			escaped, inside = true, true
		case r == ' ' || r == '\t' || r == '\n':
			if inside {
				all = append(all, word.String())
				word.Reset()
				inside = false
			}
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a %c is not closed", quote)
	}
	if escaped {
		return nil, errors.New("nothing follows the last backslash")
	}
	if inside {
		all = append(all, word.String())
	}
	return all, nil
}
