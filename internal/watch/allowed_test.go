package watch

import (
	"net/netip"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
)

// All that is given must be true of a finding that is allowed.
func TestAllowed(t *testing.T) {
	story := aStory("a", profile.High)
	f := &story.Findings[0]
	at := time.UnixMicro(f.Sample.Time).UTC()
	for _, c := range []struct {
		a    Allowed
		want bool
	}{
		{Allowed{Actor: "alice"}, true},
		{Allowed{Actor: "alic"}, false},
		{Allowed{Actor: "alice", Event: "runinstances", Profile: "country", Value: "CH", Address: netip.MustParsePrefix("198.51.100.0/24")}, true},
		{Allowed{Event: "ec2.amazonaws.com:RunInstances"}, true},
		{Allowed{Event: "ec2:RunInstances"}, true},
		{Allowed{Event: "iam.amazonaws.com:RunInstances"}, false},
		{Allowed{Event: "Run*"}, false},
		{Allowed{Event: "Run*", Wild: true}, true},
		{Allowed{Event: "e*:Run*s", Wild: true}, true},
		{Allowed{Event: "iam:*", Wild: true}, false},
		{Allowed{Actor: "al*e", Wild: true}, true},
		{Allowed{Actor: "*bob*", Wild: true}, false},
		{Allowed{Address: netip.MustParsePrefix("198.51.101.0/24")}, false},
		{Allowed{Actor: "alice", Value: "DE"}, false},
		{Allowed{Actor: "alice", Until: at.Add(time.Second)}, true},
		{Allowed{Actor: "alice", Until: at}, false},
		{Allowed{ID: "a", Reason: "nothing is asked", Made: today}, false},
		{Allowed{Actor: "**", Event: "*:*", Wild: true}, false},
	} {
		if got := c.a.Allows(f); got != c.want {
			t.Errorf("%+v: %v", c.a, got)
		}
	}
	f.Sample.Address = "ec2.amazonaws.com"
	if (&Allowed{Address: netip.MustParsePrefix("0.0.0.0/0")}).Allows(f) {
		t.Error("a service is no address")
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"*", "", true}, {"*", "abc", true}, {"a*", "abc", true}, {"*c", "abc", true},
		{"a*c", "ac", true}, {"a*a", "a", false}, {"a*b*c", "axbxc", true}, {"a*b*c", "axcxb", false}, {"**b", "b", true}, {"ab*bc", "abc", false},
	} {
		if got := like(c.pattern, c.text); got != c.want {
			t.Errorf("like(%q, %q) is %v", c.pattern, c.text, got)
		}
	}
}
