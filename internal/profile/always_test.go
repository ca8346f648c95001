package profile

import "testing"

// TestAlways: of a profile that is always told of, the first value of each subject is,
// but for the one that says that nothing is there.
func TestAlways(t *testing.T) {
	l := newLogs(t)
	l.everyday(34)
	l.add(30, 9, deed{"userIdentity": user("dave")})
	l.add(31, 9, deed{"userIdentity": user("dave"), "errorCode": "NoSuchBucket"})
	o := options(t)
	o.Always = []string{"error-code", "root-use", "vpc-endpoint"}
	w := l.run(newWatcher(t, o))
	for _, s := range w.of(30) {
		for _, f := range s.Findings {
			if f.Profile == "error-code" || f.Profile == "root-use" || f.Profile == "vpc-endpoint" {
				t.Errorf("a new user's everyday call: %s %q", f.Profile, f.Value)
			}
		}
	}
	if got := w.of(31); len(got) != 1 || got[0].Severity < Medium || got[0].Findings[0].Value != "NoSuchBucket" {
		t.Errorf("the first error: %s", summary(got))
	}
}
