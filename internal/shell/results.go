package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
)

// execute runs one statement, and shows what it yields.
func (sh *Shell) execute(ctx context.Context, st dialect.Statement) error {
	if st.NUL {
		return errors.New("a NUL byte in the statement")
	}
	params, err := sh.settings.values(st.Text)
	if err != nil {
		return err
	}
	sh.last = st.Text
	start := time.Now()
	stop := sh.meter(start)
	var a Kept
	if sh.editor != nil && !sh.target.set() {
		a, err = sh.Session.Keep(ctx, st.Text, params, sh.settings.rows)
	} else {
		a.Answer, err = sh.Session.Run(ctx, st.Text, params)
	}
	stop()
	sh.transaction(st.Text, err)
	if err != nil {
		return err
	}
	if sh.kept.cut && dialect.Names(st.Text)[keptTable] {
		fmt.Fprintf(sh.Err, "_ has the first %s rows of: %s\n", thousands(sh.kept.rows), render.Clean(firstLine(sh.kept.of)))
	}
	if a.Rows != nil && a.Kept {
		sh.complete.Kept(a.Columns)
		sh.kept = kept{of: st.Text, cut: a.Cut, rows: sh.settings.rows}
	}
	took := time.Since(start)
	if a.Rows == nil {
		return sh.showText(ctx, a.Text, took)
	}
	return sh.showRows(ctx, st.Text, params, a, took)
}

// keptTable holds the last answer's rows.
const keptTable = "_"

// kept is what is to be known of the rows in keptTable.
type kept struct {
	of   string // the statement
	cut  bool   // it has more
	rows int64  // if it has
}

func firstLine(text string) string {
	line, rest, _ := strings.Cut(text, "\n")
	if rest != "" {
		line += " …"
	}
	return line
}

// transaction notes whether one is open: the cache stays attached until its end.
// A ROLLBACK takes back what the table _ holds as well.
func (sh *Shell) transaction(statement string, err error) {
	class := dialect.Classify(statement)
	if class.Kind != dialect.Transaction {
		return
	}
	before := sh.settings.inTransaction
	sh.settings.inTransaction = sh.Session.InTransaction()
	switch {
	case sh.settings.inTransaction == before:
	case before:
		if err != nil || class.Verb == "ROLLBACK" || class.Verb == "ABORT" {
			sh.kept = sh.saved
		}
	default:
		sh.saved = sh.kept
		if sh.editor != nil {
			fmt.Fprintln(sh.Err, "until COMMIT or ROLLBACK this shell keeps the cache: loads wait")
		}
	}
}

// showText shows what a statement without rows has to say.
func (sh *Shell) showText(ctx context.Context, text string, took time.Duration) error {
	if text != "" {
		return sh.show(ctx, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, render.CleanLines(strings.TrimRight(text, "\n")))
			return err
		})
	}
	if sh.editor != nil && sh.settings.timer {
		fmt.Fprintf(sh.Err, "done in %s\n", seconds(took))
	}
	return nil
}

// showRows shows an answer, and says what it is.
func (sh *Shell) showRows(ctx context.Context, statement string, params map[string]string, a Kept, took time.Duration) error {
	var stats render.Stats
	format, layout := sh.format(), sh.layout() // the target may be for this answer only
	err := sh.show(ctx, func(w io.Writer) (err error) {
		body := bufio.NewReaderSize(untilEnd{ctx, a.Rows}, 64<<10)
		// What fails before its first row prints nothing.
		if _, err = body.Peek(1); err == nil || err == io.EOF {
			stats, err = render.Write(w, format, a.Columns, body, layout)
		}
		return err
	})
	if err = errors.Join(err, a.Rows.Close()); err != nil {
		return err
	}
	if stats.Rows == 0 {
		sh.whyNothing(ctx, statement, params)
	}
	sh.footer(a, stats, took)
	return nil
}

// footer is the line below an answer at a prompt.
func (sh *Shell) footer(a Kept, stats render.Stats, took time.Duration) {
	if sh.editor == nil || !sh.settings.timer {
		return
	}
	line := fmt.Sprintf("Rows: %s in %s", thousands(stats.Rows), seconds(took))
	if a.BytesRead > 0 {
		line += " (read " + bytesOf(a.BytesRead) + ")"
	}
	if a.Cut {
		line += fmt.Sprintf("; there are more: .rows shows how many are shown, now %s", thousands(sh.settings.rows))
	}
	if stats.Cut > 0 {
		line += "; … marks what was cut: \\x shows all of it"
	}
	fmt.Fprintln(sh.Err, line)
}

// format is how rows are laid out.
func (sh *Shell) format() render.Format {
	if f := sh.target.format; f != "" {
		return f
	}
	switch {
	case sh.settings.format != "":
		return sh.settings.format
	case sh.editor != nil && !sh.target.set() || sh.Width() > 0 && !sh.target.set():
		return render.Table
	}
	return render.CSV
}

// layout is how a person's terminal wants them.
func (sh *Shell) layout() render.Options {
	if sh.target.set() {
		return render.Options{}
	}
	o := render.Options{
		NoCount: sh.editor != nil, Color: sh.settings.color, Width: sh.columns(), FoldJSON: true, Zone: sh.settings.zone,
		Screen: sh.editor != nil || sh.Width() > 0,
	}
	if sh.paged() && sh.settings.width == 0 && sh.format() == render.Table {
		o.Width, o.MaxCell = 0, widestCell // the pager goes to the right
	}
	return o
}

// widestCell is what a text may take in a table that a pager shows.
const widestCell = 60

// columns are those that output may take, 0 where that is no terminal.
func (sh *Shell) columns() int {
	if sh.settings.width > 0 {
		return sh.settings.width
	}
	return sh.Width()
}

// show has something written to where output goes.
func (sh *Shell) show(ctx context.Context, write func(io.Writer) error) error {
	if sh.paged() {
		return page(ctx, sh.Out, sh.settings.pager, write)
	}
	w, done, err := sh.target.open(sh)
	if err != nil {
		return err
	}
	return done(write(w))
}

// paged reports whether answers are shown by a pager, where they are large.
func (sh *Shell) paged() bool {
	return sh.editor != nil && !sh.Plain && sh.settings.paged && !sh.target.set()
}

// meter shows the time that a statement takes, once it takes long, until stop.
func (sh *Shell) meter(start time.Time) (stop func()) {
	if sh.editor == nil || sh.Plain || sh.Width() == 0 {
		return func() {}
	}
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		shown := false
		for {
			select {
			case <-quit:
				if shown {
					fmt.Fprint(sh.Err, "\r\x1b[K")
				}
				return
			case <-tick.C:
				if took := time.Since(start); took > time.Second {
					shown = true
					fmt.Fprintf(sh.Err, "\r\x1b[K%s%s, Ctrl-C ends it", seconds(took), sh.percent())
				}
			}
		}
	}()
	return func() { close(quit); <-gone }
}

// percent is how far the statement is, where that can be told.
func (sh *Shell) percent() string {
	if p := sh.Session.Percent(); p > 0 && p < 100 {
		return fmt.Sprintf(", %.0f%%", p)
	}
	return ""
}

// whyNothing tells what may be the reason for an answer without rows.
func (sh *Shell) whyNothing(ctx context.Context, statement string, params map[string]string) {
	if sh.WhyNothing == nil {
		return
	}
	if why := sh.WhyNothing(ctx, statement, params); why != "" {
		fmt.Fprintln(sh.Err, render.CleanLines(why))
	}
}

// untilEnd reads up to the end of a context: rows may be waiting in memory or on disk.
type untilEnd struct {
	ctx  context.Context
	rows io.Reader
}

func (r untilEnd) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.rows.Read(p)
}

// seconds is how long something took.
func seconds(d time.Duration) string {
	if d >= time.Minute {
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%.3f s", d.Seconds())
}

// bytesOf is a size as a person reads it.
func bytesOf(n int64) string {
	f := float64(n)
	for _, unit := range []string{"B", "kB", "MB"} {
		if f < 1000 {
			return fmt.Sprintf("%.0f %s", f, unit)
		}
		f /= 1000
	}
	return fmt.Sprintf("%.1f GB", f)
}

// thousands is a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
