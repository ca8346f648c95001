package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// coverageCommand is `ctsql coverage`.
type coverageCommand struct {
	s3                sourceFlags
	since, until      string
	accounts, regions []string
	format            string
	noColor           bool

	digests map[string]listedDigest // of the sources, by name
}

// A listedDigest is one that can be read.
type listedDigest struct {
	source *source.Source
	object cloudtrail.Object
}

func newCoverage() *cobra.Command {
	var c coverageCommand
	cmd := &cobra.Command{
		Use:   "coverage [SOURCE …]",
		Short: "Show of which days the cache has logs, and of which it lacks them",
		Long: `Show by account, region, day and category what the cache has: events, the objects
that hold them, digests, and gaps. On a terminal it is a calendar, elsewhere a table.

CloudTrail delivers only when something happens, but a digest each hour where
validation is on. So a day without objects is a gap for certain only if digests lack
as well. The cache knows the digests that a load came by; with SOURCE, a folder,
s3://bucket/prefix or trails:, those that are there are listed, by their names alone.`,
		PreRunE: c.s3.settle,
		RunE:    func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVar(&c.since, "since", "", "only from this `TIME` on: RFC 3339, a date, or 7d or 36h ago")
	f.StringVar(&c.until, "until", "", "only before this `TIME`")
	f.StringSliceVar(&c.accounts, "account", nil, "only this account `ID` (repeatable)")
	f.StringSliceVar(&c.regions, "region", nil, "only this `REGION` (repeatable)")
	f.StringVar(&c.format, "format", "", "calendar, table, csv or json (default calendar on a terminal, else table)")
	f.BoolVar(&c.noColor, "no-color", false, "no colours")
	c.s3.add(f)
	return cmd
}

func (c *coverageCommand) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	if !slices.Contains([]string{"", "calendar", "table", "csv", "json"}, c.format) {
		return usage("--format %q: calendar, table, csv or json", c.format)
	}
	since, until, err := parseWindow(c.since, c.until, time.Now())
	if err != nil {
		return err
	}
	path, err := cachePath(cmd)
	if err != nil {
		return err
	}
	o := cache.CoverageOptions{Since: since, Until: until, Accounts: c.accounts, Regions: c.regions}
	if o.Digests, err = c.list(ctx, args, o); err != nil {
		return err
	}
	covered, err := coverage(ctx, path, o)
	if err != nil {
		return err
	}
	if covered.Gaps, err = c.restarts(ctx, covered.Gaps); err != nil {
		return err
	}
	if err := c.print(covered); err != nil {
		return err
	}
	switch {
	case len(covered.Days) == 0:
		fmt.Fprintf(os.Stderr, "ctsql: %s holds no such logs\nhint: ctsql load SOURCE\n", render.Clean(path))
	case covered.Digests == 0 && len(args) == 0:
		fmt.Fprintln(os.Stderr, "note: no digest is known: a day without objects may be one on which nothing happened\nhint: ctsql coverage SOURCE looks for digests there")
	case covered.Digests == 0:
		fmt.Fprintln(os.Stderr, "note: there is no digest: a day without objects may be one on which nothing happened")
	}
	return nil
}

func coverage(ctx context.Context, path string, o cache.CoverageOptions) (covered cache.Coverage, err error) {
	s, err := cache.OpenSession(ctx, cache.SessionOptions{Path: path})
	if err != nil {
		return covered, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Coverage(ctx, o)
}

// list names the digests of the sources: nothing is read.
func (c *coverageCommand) list(ctx context.Context, specs []string, o cache.CoverageOptions) (names []string, err error) {
	c.digests = map[string]listedDigest{}
	sel := source.Select{
		Since: o.Since, Until: o.Until, Late: cloudtrail.Reach, Accounts: o.Accounts, Regions: o.Regions, Kinds: []string{cloudtrail.KindDigest},
	}
	from := opening{s3: &c.s3, options: source.Options{Select: sel}, tell: new(teller)}
	sources, err := from.all(ctx, specs)
	if err != nil {
		return nil, err
	}
	if from.tell.failed { // what is not seen would be called missing
		return nil, exitError(exitFailed)
	}
	for _, s := range sources {
		for o, err := range s.List(ctx) {
			if err != nil {
				return nil, err
			}
			if _, _, ok := cloudtrail.ParseDigestKey(o.Name); ok {
				names = append(names, o.Name)
				c.digests[o.Name] = listedDigest{s, o}
			}
		}
	}
	return names, nil
}

// maxOpened is how many digests are read to tell a chain that begins again from one
// of which digests are missing.
const maxOpened = 50

// restarts looks into the digests after those that are missing, as far as they are
// of a source, and leaves out what is no gap: a chain that is only out of step.
func (c *coverageCommand) restarts(ctx context.Context, gaps []cache.CoverageGap) ([]cache.CoverageGap, error) {
	opened := 0
	for i := range gaps {
		g := &gaps[i]
		d, ok := c.digests[g.Next]
		if g.What != cache.GapDigests || !ok || opened == maxOpened {
			continue
		}
		opened++
		starting, err := isStarting(ctx, d)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			fmt.Fprintf(os.Stderr, "note: %s\n", render.CleanLines(err.Error()))
		case starting:
			g.What = cache.GapRestarted
		}
	}
	return slices.DeleteFunc(gaps, func(g cache.CoverageGap) bool { return g.What == cache.GapDigests && g.Missing == 0 }), nil
}

// maxDigest is more than a digest has in bytes, inflated.
const maxDigest = 64 << 20

// isStarting reads a digest, and tells whether none is before it.
func isStarting(ctx context.Context, d listedDigest) (starting bool, err error) {
	body, err := d.source.Open(ctx, d.object)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	text, err := gzip.NewReader(body)
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.object.Name, err)
	}
	b, err := io.ReadAll(io.LimitReader(text, maxDigest))
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.object.Name, err)
	}
	doc, err := cloudtrail.ParseDigest(b)
	if err != nil {
		return false, fmt.Errorf("%s: %w", d.object.Name, err)
	}
	return doc.Starting(), nil
}

// print prints it as --format says.
func (c *coverageCommand) print(covered cache.Coverage) error {
	var o render.Options
	terminal := term.IsTerminal(int(os.Stdout.Fd()))
	if terminal {
		var err error
		if o.Width, _, err = term.GetSize(int(os.Stdout.Fd())); err != nil {
			return err
		}
		o.Color = !c.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	var out bytes.Buffer
	switch {
	case c.format == "json":
		return writeJSON(os.Stdout, covered)
	case c.format == "csv":
		_, err := render.Write(&out, render.CSV, coverageColumns, bytes.NewReader(coverageRows(covered.Days)), o)
		return errors.Join(err, flush(os.Stdout, &out))
	case len(covered.Days) == 0:
		return nil
	case c.format == "calendar" || c.format == "" && terminal:
		newCalendar(covered.Days).print(&out, o.Width, o.Color)
	default:
		o.Null = "-"
		if _, err := render.Write(&out, render.Table, coverageColumns, bytes.NewReader(coverageRows(covered.Days)), o); err != nil {
			return err
		}
	}
	printGaps(&out, covered.Gaps)
	return flush(os.Stdout, &out)
}

var coverageColumns = append(columnsOf("account", "region", "bucket", "day", "category"),
	render.Column{Name: "events", Type: "BIGINT"}, render.Column{Name: "objects", Type: "BIGINT"}, render.Column{Name: "digests", Type: "BIGINT"},
	render.Column{Name: "gap", Type: "VARCHAR"})

// coverageRows writes days as render reads rows.
func coverageRows(days []cache.CoveredDay) []byte {
	var out bytes.Buffer
	for _, d := range days {
		for _, text := range []string{d.Account, d.Region, d.Bucket, d.Day, d.Category} {
			if text != "" {
				out.WriteString(`"` + strings.ReplaceAll(text, `"`, `""`) + `"`)
			}
			out.WriteByte(',')
		}
		for _, n := range []int64{d.Events, d.Objects, d.Digests} {
			out.WriteString(strconv.FormatInt(n, 10) + ",")
		}
		out.WriteString(string(d.Gap) + "\n")
	}
	return out.Bytes()
}

// shownGaps is how many gaps are told: JSON has all of them.
const shownGaps = 30

// printGaps tells what the gaps are, a line each.
func printGaps(out *bytes.Buffer, gaps []cache.CoverageGap) {
	if len(gaps) > 0 {
		fmt.Fprintln(out, "\nGaps:")
	}
	for i, g := range gaps {
		if i == shownGaps {
			fmt.Fprintf(out, "  … and %s more: --format json\n", count(len(gaps)-shownGaps))
			break
		}
		fmt.Fprintf(out, "  %s  %s %s: %s\n", gapTime(g), render.Clean(g.Account), render.Clean(g.Region), render.Clean(gapText(g)))
	}
}

// gapTime is when it was: days, or times.
func gapTime(g cache.CoverageGap) string {
	if g.What == cache.GapMissing || g.What == cache.GapUnknown {
		first, last := g.From.Format(time.DateOnly), g.To.AddDate(0, 0, -1).Format(time.DateOnly)
		if first == last {
			return first
		}
		return first + " to " + last
	}
	from := g.From.UTC().Format(time.RFC3339)
	switch {
	case g.To == nil:
		return from + " on"
	case g.To.Equal(g.From):
		return from
	}
	return from + " to " + g.To.UTC().Format(time.RFC3339)
}

func gapText(g cache.CoverageGap) string {
	trail := "trail " + g.Trail
	if g.Trail == "" {
		trail = "a trail"
	}
	switch g.What {
	case cache.GapMissing:
		return "no object and no digest: not logged, not delivered, or not loaded"
	case cache.GapDigests:
		if g.Missing == 1 {
			return "a digest of " + trail + " is missing"
		}
		return count(g.Missing) + " digests of " + trail + " are missing"
	case cache.GapRestarted:
		return "the digests of " + trail + " begin again: validation or logging was off"
	case cache.GapStopped:
		if g.To == nil {
			return trail + " did not log, and was not started again in what is loaded: " + g.Note
		}
		return trail + " did not log: " + g.Note
	case cache.GapChanged:
		return trail + " was changed: " + g.Note
	}
	return "no object, and no digest is known"
}
