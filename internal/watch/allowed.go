package watch

import (
	"net/netip"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
)

// Allowed says that what it describes is normal, whatever the past says. All that is
// given must be true of a finding; what is "" is not asked.
type Allowed struct {
	ID      string // of the alert that it was made of; "" for none
	Actor   string
	Address netip.Prefix // the zero Prefix is not asked
	Event   string       // its name, as RunInstances, or with its service, as ec2.amazonaws.com:RunInstances
	Profile string
	Value   string
	Reason  string
	Until   time.Time // the zero time is for ever
	Made    time.Time
}

// Allows reports whether a finding is one of these, now.
func (a *Allowed) Allows(f *profile.Finding, now time.Time) bool {
	if !a.Until.IsZero() && !now.Before(a.Until) || *a == (Allowed{ID: a.ID, Reason: a.Reason, Until: a.Until, Made: a.Made}) {
		return false
	}
	if a.Address.IsValid() {
		address, err := netip.ParseAddr(f.Sample.Address)
		if err != nil || !a.Address.Contains(address.Unmap()) {
			return false
		}
	}
	event := a.Event == "" || strings.EqualFold(a.Event, f.Sample.Name) || strings.EqualFold(a.Event, f.Sample.Source+":"+f.Sample.Name)
	return event && (a.Actor == "" || a.Actor == f.Sample.Actor) && (a.Profile == "" || a.Profile == f.Profile) && (a.Value == "" || a.Value == f.Value)
}
