package synth

import "strings"

// A template is JSON text with <places> to fill in. Calls are written this way
// so that a row of the catalogue reads like the record it makes, and so that
// filling one in is appending: a million events must take seconds.
type template []piece

// A piece is text, then what puts the place after it.
type piece struct {
	text string
	put  func(*event)
}

// compile panics on a place that does not exist: templates are constants of
// this package, and every one is compiled in each run.
func compile(text string) template {
	if text == "" {
		return nil
	}
	var t template
	for {
		before, rest, found := strings.Cut(text, "<")
		if !found {
			return append(t, piece{text: text})
		}
		name, after, _ := strings.Cut(rest, ">")
		put, ok := places[name]
		if !ok {
			panic("synth: no place <" + name + ">")
		}
		t = append(t, piece{before, put})
		text = after
	}
}

func (t template) expand(e *event) {
	for i := range t {
		e.out = append(e.out, t[i].text...)
		if t[i].put != nil {
			t[i].put(e)
		}
	}
}
