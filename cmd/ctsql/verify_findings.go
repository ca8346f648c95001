package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/render"
	"golang.org/x/term"
)

// findings prints what a verification finds as it comes: a table, or JSON.
type findings struct {
	asJSON, all bool
	quiet       bool // where all is valid nothing is said
	line        progressLine
	refused     refusals

	rows *io.PipeWriter // nil before the first
	done chan error     // what became of the printing
}

var findingColumns = columnsOf("what", "object", "status", "reason")

func (f *findings) add(found cloudtrail.Finding) error {
	f.refused.add(found.Err)
	if found.Status == cloudtrail.Valid && !f.all {
		return nil
	}
	if f.rows == nil {
		if err := f.begin(); err != nil {
			return err
		}
	}
	what := "digest"
	if found.Log {
		what = "log"
	}
	var row bytes.Buffer
	for i, cell := range []string{what, found.Object, string(found.Status), found.Reason} {
		if i > 0 {
			row.WriteByte(',')
		}
		row.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
	}
	row.WriteByte('\n')
	_, err := f.rows.Write(row.Bytes())
	return err
}

// widestFinding is about what a row takes, in columns: names are of some 170.
const widestFinding = 230

func (f *findings) begin() error {
	format, options := render.Table, render.Options{NoCount: true}
	var out io.Writer = &f.line
	if f.asJSON {
		format = render.JSON
		if _, err := io.WriteString(out, `{"findings":`); err != nil {
			return err
		}
	} else if term.IsTerminal(int(os.Stdout.Fd())) {
		width, _, err := term.GetSize(int(os.Stdout.Fd()))
		if err != nil {
			return err
		}
		if width < widestFinding {
			format = render.Vertical // of a name that is cut there is nothing to be learned
		}
	}
	rows, w := io.Pipe()
	f.rows, f.done = w, make(chan error, 1)
	go func() {
		_, err := render.Write(out, format, findingColumns, rows, options)
		rows.CloseWithError(err) // whoever writes ends, too
		f.done <- err
	}()
	return nil
}

// end prints the rest. After an error that is what was found so far.
func (f *findings) end(failed error, sum cloudtrail.VerifySummary, took time.Duration) error {
	if f.rows == nil && f.asJSON && failed == nil {
		if err := f.begin(); err != nil {
			return err
		}
	}
	if f.rows != nil {
		f.rows.CloseWithError(failed)
		if err := <-f.done; err != nil && !errors.Is(err, failed) {
			return err
		}
	}
	if err := f.refused.tell(os.Stderr); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return nil
	case f.asJSON:
		return f.endJSON(sum)
	case f.quiet && sum.Sound():
		return nil
	}
	_, err := fmt.Fprintf(&f.line, "%s\n%s\n", verifySummary(sum, took), soundness(sum))
	return err
}

func soundness(sum cloudtrail.VerifySummary) string {
	if sum.Sound() {
		return "all valid"
	}
	return "NOT all valid"
}

// verifySummary counts digests and logs by what became of them.
func verifySummary(sum cloudtrail.VerifySummary, took time.Duration) string {
	part := func(what string, by map[cloudtrail.Status]int) string {
		var parts []string
		for _, s := range cloudtrail.Statuses() {
			if by[s] > 0 {
				parts = append(parts, count(by[s])+" "+string(s))
			}
		}
		if parts == nil {
			return "no " + what
		}
		return what + ": " + strings.Join(parts, ", ")
	}
	covered := "nothing"
	if !sum.Begin.IsZero() {
		covered = sum.Begin.UTC().Format(time.RFC3339) + " to " + sum.End.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s; %s; chains: %s, which cover %s; %.1f s",
		part("digests", sum.Digests), part("logs", sum.Logs), count(sum.Chains), covered, took.Seconds())
}

func (f *findings) endJSON(sum cloudtrail.VerifySummary) error {
	if _, err := io.WriteString(&f.line, `,"summary":`); err != nil {
		return err
	}
	err := writeJSON(&f.line, struct {
		Valid     bool                      `json:"valid"`
		Digests   map[cloudtrail.Status]int `json:"digests"`
		Logs      map[cloudtrail.Status]int `json:"logs"`
		Chains    int                       `json:"chains"`
		Begin     *time.Time                `json:"begin"`
		End       *time.Time                `json:"end"`
		TooNew    int                       `json:"tooNew"`
		NotJudged int                       `json:"otherObjects"`
	}{sum.Sound(), sum.Digests, sum.Logs, sum.Chains, timeOrNull(sum.Begin), timeOrNull(sum.End), sum.Early, sum.Others})
	if err == nil {
		_, err = io.WriteString(&f.line, "}\n")
	}
	return err
}

// A progressLine is the last line of a terminal, over which standard output is
// written. The zero value writes through.
type progressLine struct {
	mu    sync.Mutex
	drawn bool
}

func (l *progressLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	return os.Stdout.Write(p)
}

func (l *progressLine) clear() {
	if l.drawn {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
		l.drawn = false
	}
}

// show tells how far a verification is until the function that it returns is
// called: on a terminal in a line that changes, else in a line every 10 seconds.
func (l *progressLine) show(quiet bool, p *cloudtrail.DigestProgress) (stop func()) {
	if quiet {
		return func() {}
	}
	terminal, every := term.IsTerminal(int(os.Stderr.Fd())), 10*time.Second
	if terminal {
		every = 200 * time.Millisecond
	}
	end := ticking(every, func() { l.draw(terminal, p) })
	return func() {
		end()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.clear()
	}
}

func (l *progressLine) draw(terminal bool, p *cloudtrail.DigestProgress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	fmt.Fprintf(os.Stderr, "%s objects listed, %s digests and %s logs read, %s",
		count(p.Listed.Load()), count(p.Digests.Load()), count(p.Logs.Load()), size(p.Bytes.Load()))
	if l.drawn = terminal; !terminal {
		fmt.Fprintln(os.Stderr)
	}
}

// timeOrNull is nil for the zero time.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
