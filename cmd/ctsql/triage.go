package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/triage"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// triageCommand is `ctsql triage`.
type triageCommand struct {
	s3           s3Flags
	places       placesFlags
	since, until string
	format       string
	profile      string
	detect       bool
	noColor      bool
}

func newTriage() *cobra.Command {
	var c triageCommand
	cmd := &cobra.Command{
		Use:   "triage KEY|ARN|NAME|ADDRESS|NETWORK|ACCOUNT|EVENT",
		Short: "Tell on one page who that is, what they did, and what is left of it",
		Long: `Tell on one page who that is, which credentials they got with which, from where and
when they came, what they changed and read and what was refused, what would let them
in again that nobody removed, which credentials may be alive, and what the logs would
not show. At the end are commands that would contain it: they are printed for you to
judge, and never run.

It takes an access key, an ARN, an address or a network (192.0.2.0/24), an account's ID, an
event's ID or eight characters that it begins with, which stands for who called, or a
name that one identity has. The ARN of a role means all its sessions.

What was done with sessions that they got is counted as theirs. What was done by users
that they made is told beside these. --since and --until limit what was done: how
credentials were got, and what was removed, is looked for in all logs.`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&c.since, "since", "", "only what was done from this `TIME` on: RFC 3339, a date, or 7d or 36h ago")
	f.StringVar(&c.until, "until", "", "only what was done before this `TIME`")
	f.StringVar(&c.format, "format", "terminal", "terminal, markdown or json")
	f.BoolVar(&c.detect, "detect", false, "also ask all detections about the time in which they acted, which takes longer")
	f.StringVar(&c.profile, "aws-profile", "", "the `NAME` of the profile that the commands at the end use")
	f.BoolVar(&c.noColor, "no-color", false, "no colours")
	c.s3.add(f)
	c.places.add(f)
	return cmd
}

// triageFormats are what --format takes.
var triageFormats = []string{"terminal", "markdown", "json"}

func (c *triageCommand) run(cmd *cobra.Command, asked string) (err error) {
	ctx := cmd.Context()
	switch {
	case !slices.Contains(triageFormats, c.format):
		return usage("--format %q: terminal, markdown or json", c.format)
	case asked == "":
		return usage("whom? a key, an ARN, a name, an address or an event's ID")
	}
	o := triage.Options{Now: time.Now(), Profile: c.profile}
	if o.Since, o.Until, err = parseWindow(c.since, c.until, o.Now); err != nil {
		return err
	}
	path, err := cachePath(cmd)
	if err != nil {
		return err
	}
	options := cache.SessionOptions{Path: path}
	c.places.use(&options, c.s3.S3Options)
	s, err := cache.OpenSession(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	o.Unseen = unseen(s)
	if c.detect {
		o.Findings = c.findings(s)
	}
	page, err := triage.Find(ctx, triageAsker{s}, asked, o)
	if err != nil {
		return err
	}
	return c.print(page)
}

func (c *triageCommand) print(page *triage.Page) error {
	switch c.format {
	case "json":
		return triage.WriteJSON(os.Stdout, page)
	case "markdown":
		return triage.WriteMarkdown(os.Stdout, page)
	}
	var t triage.Terminal
	if term.IsTerminal(int(os.Stdout.Fd())) {
		var err error
		if t.Width, _, err = term.GetSize(int(os.Stdout.Fd())); err != nil {
			return err
		}
		t.Color = !c.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return t.Write(os.Stdout, page)
}

// A triageAsker asks a session.
type triageAsker struct{ *cache.Session }

func (a triageAsker) Ask(ctx context.Context, statement string, params map[string]string, row func([]render.Cell) error) (err error) {
	answer, err := a.Run(ctx, statement, paramsOf(params), render.CopyOptions)
	if err != nil || answer.Result == nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	for cells, err := range render.Rows(answer.Result, len(answer.Columns)) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := row(cells); err != nil {
			return err
		}
	}
	return nil
}

// unseen tells of the gaps in what the cache covers. That no digest is known is
// nothing that is missing.
func unseen(s *cache.Session) func(context.Context, time.Time, time.Time, []string) ([]triage.Gap, error) {
	return func(ctx context.Context, since, until time.Time, accounts []string) (gaps []triage.Gap, err error) {
		covered, err := s.Coverage(ctx, cache.CoverageOptions{Since: since, Until: until, Accounts: accounts})
		for _, g := range covered.Gaps {
			if g.What != cache.GapUnknown {
				gaps = append(gaps, triage.Gap{Account: g.Account, Region: g.Region, When: gapTime(g), What: gapText(g)})
			}
		}
		return gaps, err
	}
}
