package synth

import (
	"strings"
	"testing"
)

// TestStory finds the thief's records by what Story says, and nothing else at
// the thief's address.
func TestStory(t *testing.T) {
	for _, cfg := range []Config{{Events: MinEvents, Days: 2, Accounts: 2}, small} {
		s, err := cfg.Story()
		if err != nil {
			t.Fatal(err)
		}
		files, _ := trail(t, cfg)
		want := map[string]StoryEvent{}
		for _, e := range s.Events {
			want[e.EventID] = e
		}
		honest, found := 0, map[string]bool{}
		for _, f := range files {
			if f.at.Kind != kindEvents {
				continue
			}
			for _, r := range records(t, f) {
				thief := r.SourceIPAddress == s.Address
				if strings.HasPrefix(r.SourceIPAddress, "203.0.113.") && !thief {
					t.Errorf("%s also calls from the thief's country", r.SourceIPAddress)
				}
				if r.UserIdentity.AccessKeyID == s.AccessKeyID && !thief {
					honest++
				}
				if !thief {
					continue
				}
				e := want[r.EventID]
				if r.EventTime != iso(e.Time.Unix()) || r.EventSource != e.EventSource || r.EventName != e.EventName || r.ErrorCode != e.ErrorCode ||
					r.AWSRegion != e.Region || r.RecipientAccountID != e.Account || r.SharedEventID != e.SharedEventID {
					t.Errorf("%s: story says %+v", r.raw, e)
				}
				found[r.EventID] = true
			}
		}
		if len(found) != len(s.Events) || len(want) != len(s.Events) {
			t.Errorf("%d of the story's %d events found", len(found), len(s.Events))
		}
		if honest == 0 && cfg.Events > MinEvents {
			t.Error("the key did no honest work before")
		}
	}
}
