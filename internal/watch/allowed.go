package watch

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
)

// Allowed says what is no reason to tell. A member that is empty is any; all that
// are given must be so of a finding.
type Allowed struct {
	ID      string       // of the alert that it was made of; "" for none
	Actor   string       // as alerts name it: of the finding's record
	Address netip.Prefix // that its record came from
	Event   string       // eventName, or eventSource and eventName with a colon between
	Profile string       // or a detection's name
	Value   string       // of that profile
	// Until is the day on which it ends, by the record's own time: what comes from
	// its beginning on is told again. Zero is never.
	Until  time.Time
	Reason string // for people
	Made   time.Time
	// Wild has * in Actor and Event stand for any text. Those that are made from
	// an alert have no such: what an actor is called may be a stranger's choice.
	Wild bool
}

// Check says what is wrong with it: without a reason nobody knows later what it is
// for, and without anything that it is about it would silence everything.
func (a *Allowed) Check() error {
	switch {
	case a.Reason == "":
		return errors.New("without a reason; whoever reads it next year wants to know")
	case a.Value != "" && a.Profile == "":
		return errors.New("a value without the profile that it is of")
	case a.about() == "":
		return errors.New("about anything: name an actor, an address, an event or a profile")
	}
	return nil
}

// about is empty where it is about anything.
func (a *Allowed) about() string {
	if a.Address.IsValid() {
		return "address"
	}
	text := a.Event + a.Profile + a.Actor
	if a.Wild {
		text = strings.Trim(text, "*:")
	}
	return text
}

// Allows reports whether it is about a finding.
func (a *Allowed) Allows(f *profile.Finding) bool {
	switch {
	case a.about() == "":
		return false
	case !a.Until.IsZero() && f.Sample.Time >= a.Until.UnixMicro():
		return false
	case a.Actor != "" && !a.is(a.Actor, f.Sample.Actor):
		return false
	case a.Profile != "" && a.Profile != f.Profile:
		return false
	case a.Value != "" && a.Value != f.Value:
		return false
	case a.Event != "" && !a.isEvent(&f.Sample):
		return false
	}
	if !a.Address.IsValid() {
		return true
	}
	addr, err := netip.ParseAddr(f.Sample.Address)
	return err == nil && a.Address.Contains(addr.Unmap().WithZone(""))
}

// isEvent compares names of events, whose source may be written without its
// ending, as in iam:CreateUser.
func (a *Allowed) isEvent(s *profile.Sample) bool {
	source, name, ok := strings.Cut(a.Event, ":")
	if !ok {
		return a.isName(a.Event, s.Name)
	}
	short, _, _ := strings.Cut(s.Source, ".")
	return a.isName(name, s.Name) && (a.isName(source, s.Source) || a.isName(source, short))
}

// isName compares names of events, and sources, which people write in small letters.
func (a *Allowed) isName(pattern, text string) bool {
	return a.is(strings.ToLower(pattern), strings.ToLower(text))
}

func (a *Allowed) is(pattern, text string) bool {
	if !a.Wild {
		return pattern == text
	}
	return like(pattern, text)
}

// like compares with a pattern in which * stands for any text. It takes no longer
// than the lengths of both multiplied.
func like(pattern, text string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, last)
}
