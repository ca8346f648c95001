package shell

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// settings are what a person sets with commands.
type settings struct {
	format        render.Format
	rows          int64 // shown at a prompt; 0 is all
	width         int   // of the output; 0 is the terminal's
	timer         bool
	color         bool
	pager         string
	paged         bool
	zone          *time.Location
	params        map[string]string
	window        string // as the prompt shows it
	inTransaction bool
}

func defaults(o Options) settings {
	return settings{format: o.Format, rows: 1000, timer: true, color: o.Color, pager: o.Pager, paged: true, zone: time.UTC, params: map[string]string{}}
}

// red is an error's text.
func (s *settings) red(text string) string {
	if !s.color {
		return text
	}
	head, rest, _ := strings.Cut(text, "\n")
	if rest != "" {
		rest = "\n" + rest
	}
	return colorError + head + colorOff + rest
}

// windowMark is what the prompt shows of the window.
func (s *settings) windowMark() string {
	if s.window == "" {
		return ""
	}
	return " [" + s.window + "]"
}

// paramNames are those of the parameters that are set.
func (s *settings) paramNames() []string { return slices.Sorted(maps.Keys(s.params)) }
