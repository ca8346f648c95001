package main

import (
	"testing"
	"time"
)

// TestLive: each deed of a live watch is told of, and soon.
func TestLive(t *testing.T) {
	tmp := t.TempDir()
	ctsql, err := program(t.Context(), "", tmp)
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{ctsql: ctsql, tmp: tmp}
	got, err := s.live(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if got.wall <= 0 || got.wall > time.Minute {
		t.Errorf("it took %v", got.wall)
	}
}
