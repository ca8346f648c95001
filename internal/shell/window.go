package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

func windowCommand() command {
	return command{
		name: "window", args: "[T1 [T2 [ACCOUNT …]] | off]",
		help: "look at a span of time, and at some accounts, only",
		more: `Every statement sees only the records from T1 up to T2, which is not in it, and
of these accounts, until .window off: cloudtrail by eventTime and
recipientAccountId, aggregated by the begin of its windows and accountId, s3logs
by time. damaged, objects and read_cloudtrail() are as they were. A time is a
date, RFC 3339 or an age such as 7d or 2h; - is no limit. Alone it tells the
window.

  .window 2025-07-17 2025-07-18
  .window 7d
  .window 7d - 111122223333 444455556666`,
		run: runWindow,
	}
}

func runWindow(ctx context.Context, sh *Shell, args string) error {
	given, err := words(args)
	if err != nil {
		return err
	}
	if len(given) == 0 {
		return sh.show(ctx, func(w io.Writer) error { return sh.settings.tellWindow(w) })
	}
	if len(given) == 1 && strings.EqualFold(given[0], "off") {
		if err := sh.Session.Scope(ctx, time.Time{}, time.Time{}, nil); err != nil {
			return err
		}
		return sh.setWindow("")
	}
	w, err := parseWindow(given, sh.When)
	if err != nil {
		return err
	}
	if err := sh.Session.Scope(ctx, w.since, w.until, w.accounts); err != nil {
		return err
	}
	return sh.setWindow(w.String())
}

// setWindow notes which window is open, and tells a person.
func (sh *Shell) setWindow(text string) error {
	sh.settings.window = text
	if sh.editor == nil {
		return nil
	}
	return sh.settings.tellWindow(sh.Err)
}

func (s *settings) tellWindow(w io.Writer) error {
	text := "no window: statements see all records"
	if s.window != "" {
		text = "statements see " + s.window
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// A window is what statements see; what is zero has no limit.
type window struct {
	since, until time.Time
	accounts     []string
}

func parseWindow(given []string, when func(string) (time.Time, error)) (w window, err error) {
	if when == nil {
		return w, errors.New("there is no clock")
	}
	for i, t := range []*time.Time{&w.since, &w.until} {
		if i >= len(given) || given[i] == "-" {
			continue
		}
		if *t, err = when(given[i]); err != nil {
			return w, err
		}
	}
	if len(given) > 2 {
		w.accounts = given[2:]
	}
	for _, a := range w.accounts {
		if strings.Trim(a, "0123456789") != "" {
			return w, fmt.Errorf("%q is no account ID\nhint: .window T1 T2 ACCOUNT …", render.Clean(a))
		}
	}
	if !w.since.IsZero() && !w.until.IsZero() && !w.since.Before(w.until) {
		return w, fmt.Errorf("%s is not before %s", given[0], given[1])
	}
	if w.since.IsZero() && w.until.IsZero() && len(w.accounts) == 0 {
		return w, errors.New("this window has no limit\nhint: .window off")
	}
	return w, nil
}

// String is as the prompt shows it.
func (w window) String() string {
	var parts []string
	switch {
	case !w.since.IsZero() && !w.until.IsZero():
		parts = append(parts, shortTime(w.since)+" – "+shortTime(w.until))
	case !w.since.IsZero():
		parts = append(parts, "from "+shortTime(w.since))
	case !w.until.IsZero():
		parts = append(parts, "until "+shortTime(w.until))
	}
	if n := len(w.accounts); n == 1 {
		parts = append(parts, w.accounts[0])
	} else if n > 1 {
		parts = append(parts, fmt.Sprintf("%d accounts", n))
	}
	return strings.Join(parts, ", ")
}

// shortTime leaves out what is zero.
func shortTime(t time.Time) string {
	switch t = t.UTC(); {
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	case t.Second() == 0:
		return t.Format("2006-01-02 15:04")
	}
	return t.Format(time.DateTime)
}
