package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/queries"
)

// TestDetectionsOfTrail asks all detections of a trail of everyday work and one theft:
// none fails, what the thief did is told, and no detection cries wolf.
func TestDetectionsOfTrail(t *testing.T) {
	s := newScene(t)
	rows := s.rows(t, append([]string{"query", "--all", "*", "--format", "csv"}, s.places...)...)
	of := map[string]int{}
	deeds := map[string]bool{}
	for i, r := range rows {
		of[r["query"]]++
		if r["address"] == s.story.Address {
			deeds[r["event"]] = true
		}
		if i > 0 && worse(r["severity"]) > worse(rows[i-1]["severity"]) {
			t.Errorf("row %d is worse than the one before it: %v", i, r)
		}
	}
	for name, n := range of {
		if n > sceneEvents/200 {
			t.Errorf("%s finds %d in %d events", name, n, sceneEvents)
		}
	}
	for _, deed := range []string{"StopLogging", "DeleteTrail", "ConsoleLogin"} {
		if !deeds[deed] {
			t.Errorf("%s from %s is not told: %v", deed, s.story.Address, deeds)
		}
	}
	// Places are given, and networks are not.
	p := start(t, s.cache, nil, append([]string{"query", "--all", "person-from-hosting-network"}, s.places...)...)
	p.code(t)
	if got := p.err.String(); !strings.Contains(got, "skipped, for there is no database of networks (--geoip GeoLite2-ASN.mmdb): detect/person-from-hosting-network") {
		t.Errorf("without a database of networks: %s", got)
	}
}

func worse(severity string) int {
	return slices.Index(queries.Severities(), severity)
}
