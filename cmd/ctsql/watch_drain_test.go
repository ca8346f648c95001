package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctsql/ctsql/internal/source"
)

// A day is over when what is of it has come: also what a watch held that was killed, and
// what could not be read at first.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(time.Now())
		receive := func(all ...*source.Message) {
			d.begin(0)
			time.Sleep(2 * time.Second)
			d.end(0, all, nil)
		}
		a, b := &source.Message{ID: "a"}, &source.Message{ID: "b"}
		for range 12 { // 24 s
			receive()
			if d.drained() {
				t.Fatal("drained while messages may be hidden")
			}
		}
		receive(a, b) // 26 s: they were held by another
		receive()
		receive()
		receive()
		if d.drained() {
			t.Fatal("drained while two are held")
		}
		d.done("a")
		d.later([]*source.Message{b}, 30*time.Second)
		receive()
		if d.drained() {
			t.Fatal("drained though one comes again soon")
		}
		again := &source.Message{ID: "b", Receives: 2}
		receive(again)
		if d.drained() {
			t.Fatal("drained while it is read again")
		}
		receive(&source.Message{ID: "new"})
		d.done("b")
		if !d.drained() {
			t.Fatal("not drained though only what came later is left")
		}

		d.reset()
		d.drained()
		receive()
		d.later([]*source.Message{{ID: "new"}}, time.Hour)
		if !d.drained() {
			t.Fatal("held up by what cannot be read for long")
		}

		d.reset()
		lost := &source.Message{ID: "lost"}
		receive(lost)
		d.drained()
		receive()
		d.later([]*source.Message{lost}, time.Minute)
		if d.drained() {
			t.Fatal("drained though it comes again soon")
		}
		time.Sleep(2 * time.Minute)
		if !d.drained() {
			t.Fatal("held up by what another has")
		}
	})
}
