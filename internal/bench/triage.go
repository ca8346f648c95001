package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ctsql/ctsql/internal/synth"
)

// triagePlan asks for the pages that an incident begins with: of an address, of the
// user whose key was leaked, and of a role that acts all day.
func (s *suite) triagePlan() []*measurement {
	page := func(id, name, subject string, check check) *measurement {
		return s.byCtsql(id, "ctsql triage, "+name, check, "triage", "--format", "json", "--geoip", "", "--cache", s.cache, subject)
	}
	return []*measurement{
		page("triage-address", "the intruder's address", synth.StoryAddress, madeUser),
		page("triage-user", "the user of the leaked key", synth.StoryUser, madeUser),
		page("triage-role", "a role of a service", "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", nil),
	}
}

// madeUser checks that a page tells of the user that the intruder made.
func madeUser(_ context.Context, stdout []byte) error {
	var page struct {
		Events      int64
		Persistence []struct{ Kind string }
	}
	if err := json.Unmarshal(stdout, &page); err != nil {
		return err
	}
	for _, p := range page.Persistence {
		if p.Kind == "user" {
			return nil
		}
	}
	return fmt.Errorf("no user among what was made in %d events", page.Events)
}

func (s *suite) triageRatios() []ratio {
	return []ratio{
		{"triage of an address, wall s", "≤ 2.00", seconds, s.values(wall, "triage-address")},
		{"triage of the user of the leaked key, wall s", "≤ 2.00", seconds, s.values(wall, "triage-user")},
		{"triage of a role of a service, wall s", "≤ 2.00", seconds, s.values(wall, "triage-role")},
	}
}
