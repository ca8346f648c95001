package shell

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/render"
	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// common is what all candidates begin with, in the spelling of the first.
func common(all []Candidate) string {
	same := all[0].Text
	for _, c := range all[1:] {
		for !strings.EqualFold(c.Text[:min(len(c.Text), len(same))], same) {
			_, size := utf8.DecodeLastRuneInString(same)
			same = same[:len(same)-size]
		}
	}
	return same
}

// mostListed is how many candidates are listed.
const mostListed = 100

// list shows candidates above the prompt.
func (e *editor) list(all []Candidate) {
	width, _, err := term.GetSize(int(e.sh.Out.Fd()))
	if err != nil || width < 1 {
		width = 80
	}
	var names []string
	column := 0
	for _, c := range all[:min(len(all), mostListed)] {
		name := runewidth.Truncate(render.Clean(c.Show), width-1, "…")
		names = append(names, name)
		column = max(column, runewidth.StringWidth(name)+2)
	}
	perLine := max(1, width/column)
	rows := (len(names) + perLine - 1) / perLine
	var sb strings.Builder
	for row := range rows {
		for i := row; i < len(names); i += rows {
			if i+rows < len(names) {
				sb.WriteString(runewidth.FillRight(names[i], column))
			} else {
				sb.WriteString(names[i])
			}
		}
		sb.WriteByte('\n')
	}
	if left := len(all) - len(names); left > 0 {
		fmt.Fprintf(&sb, "… and %s more\n", thousands(int64(left)))
	}
	_, _ = e.rl.Stdout().Write([]byte(sb.String())) // a terminal that is gone is found at the next line
}
