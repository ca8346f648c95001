package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// trailsCommand is `ctsql trails`.
type trailsCommand struct {
	find   trailsFlags
	s3     s3Flags
	asJSON bool
}

// trailsFlags are where to look for trails.
type trailsFlags struct{ regions []string }

func (f *trailsFlags) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.regions, "regions", nil, "ask CloudTrail in these `REGIONS` only (default all of the partition)")
}

func newTrails() *cobra.Command {
	var c trailsCommand
	cmd := &cobra.Command{
		Use:   "trails",
		Short: "List the trails of the account, and where they deliver",
		Long: `List the trails that deliver logs of this account, where they deliver, and what
they take. All regions are asked. ctsql load without SOURCE loads them.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.BoolVar(&c.asJSON, "json", false, "as JSON")
	f.StringVar(&c.s3.Endpoint, "endpoint-url", "", "talk to CloudTrail at this `URL` (default AWS, or $AWS_ENDPOINT_URL)")
	c.s3.addRole(f)
	c.find.add(f)
	return cmd
}

func (c *trailsCommand) run(ctx context.Context) error {
	if err := c.s3.Role.Check(); err != nil {
		return usage("--role-arn: %w", err)
	}
	found, err := c.find.trails(ctx, c.s3.S3Options, true)
	if err != nil {
		return err
	}
	switch {
	case c.asJSON:
		err = writeJSON(os.Stdout, found)
	case len(found.Trails) > 0:
		err = printTrails(os.Stdout, found.Trails)
	}
	if err != nil {
		return err
	}
	tellRegions(found.RegionsAsked)
	for _, t := range found.Trails {
		for _, u := range t.Unknown {
			fmt.Fprintf(os.Stderr, "ctsql: trail %s: %s: %s\n", render.Clean(t.Name), u.Call, render.CleanLines(u.Reason))
		}
	}
	return noTrail(found)
}

// trails asks CloudTrail; details are what ctsql trails tells beside where logs are.
func (f *trailsFlags) trails(ctx context.Context, s3 source.S3Options, details bool) (source.TrailsFound, error) {
	if err := f.check("--regions"); err != nil {
		return source.TrailsFound{}, err
	}
	return source.FindTrails(ctx, source.TrailsOptions{Regions: f.regions, Details: details, S3: s3})
}

// check refuses what is no region's name.
func (f *trailsFlags) check(where string) error {
	for _, r := range f.regions {
		if err := source.CheckRegion(r); err != nil {
			return usage("%s: %w", strings.TrimSuffix(where, ":"), err)
		}
	}
	return nil
}

// sources are the trails that are found, each place once. It tells what will be
// read; a trail that cannot be opened does not stop the others.
func (f *trailsFlags) sources(ctx context.Context, o source.Options, tell *teller, quiet bool) (sources []*source.Source, err error) {
	found, err := f.trails(ctx, o.S3, false)
	if err != nil {
		return nil, err
	}
	tellRegions(found.RegionsAsked)
	known := map[string]bool{}
	for _, t := range found.Trails {
		if !quiet {
			fmt.Fprintln(os.Stderr, render.Clean(trailLine(t)))
		}
		if known[t.Location()] {
			continue
		}
		known[t.Location()] = true
		s, err := t.Open(ctx, o)
		if err != nil {
			tell.event(load.Event{Err: err})
			continue
		}
		sources = append(sources, s)
	}
	return sources, noTrail(found)
}

// trailLine says what will be read of a trail.
func trailLine(t source.Trail) string {
	what := t.HomeRegion
	if t.MultiRegion {
		what += ", all regions"
	}
	if t.Organization {
		what += ", organisation of " + t.Account
	}
	return fmt.Sprintf("trail %s (%s): %s", t.Name, what, t.Location())
}

// tellRegions tells which regions said nothing.
func tellRegions(asked source.RegionsAsked) {
	for _, r := range asked.Refused {
		fmt.Fprintf(os.Stderr, "ctsql: %s\n", render.CleanLines(r.Reason))
	}
	if n := len(asked.Disabled); n > 0 {
		fmt.Fprintf(os.Stderr, "%d of %d regions are not enabled, or not for these credentials: %s\n",
			n, n+len(asked.Answered)+refused(asked), strings.Join(asked.Disabled, ", "))
	}
}

func refused(asked source.RegionsAsked) (n int) {
	for _, r := range asked.Refused {
		n += len(r.Regions)
	}
	return n
}

// noTrail is the error of having none, and how to come by one.
func noTrail(found source.TrailsFound) error {
	switch {
	case len(found.Trails) > 0:
		return nil
	case len(found.Answered) == 0:
		return exitError(exitFailed) // why was told
	}
	return fmt.Errorf(`no trail in %s
hint: make one, with a bucket whose policy lets CloudTrail write:
  aws cloudtrail create-trail --name NAME --s3-bucket-name BUCKET --is-multi-region-trail --enable-log-file-validation
  aws cloudtrail start-logging --name NAME
hint: without one, ctsql load lookup: takes the last 90 days of management events`, regionsText(found.Answered))
}

// regionsText names one or two, and counts more.
func regionsText(regions []string) string {
	if len(regions) > 2 {
		return fmt.Sprintf("the %d regions that answered", len(regions))
	}
	return strings.Join(regions, ", ")
}

// printTrails prints a table, or where a terminal is too narrow for one a line for
// each cell.
func printTrails(w io.Writer, trails []source.Trail) error {
	rows := trailRows(trails)
	o := render.Options{Null: "unknown", NoCount: true}
	if term.IsTerminal(int(os.Stdout.Fd())) {
		var err error
		if o.Width, _, err = term.GetSize(int(os.Stdout.Fd())); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	stats, err := render.Write(&out, render.Table, trailColumns, bytes.NewReader(rows), o)
	if err == nil && (stats.Cut > 0 || stats.Columns < len(trailColumns)) {
		out.Reset()
		_, err = render.Write(&out, render.Vertical, trailColumns, bytes.NewReader(rows), o)
	}
	return errors.Join(err, flush(w, &out))
}

func flush(w io.Writer, out *bytes.Buffer) error {
	_, err := out.WriteTo(w)
	return err
}

var trailColumns = columnsOf("trail", "home region", "bucket", "prefix", "all regions", "organisation", "validation", "KMS key", "SNS topic",
	"logging", "last delivery", "management events", "excluded", "data events", "network activity", "Insights")

func columnsOf(names ...string) (columns []render.Column) {
	for _, name := range names {
		columns = append(columns, render.Column{Name: name, Type: "VARCHAR"})
	}
	return columns
}

// trailRows writes trails as render reads rows.
func trailRows(trails []source.Trail) []byte {
	var out bytes.Buffer
	for _, t := range trails {
		for i, cell := range trailCells(t) {
			if i > 0 {
				out.WriteByte(',')
			}
			if cell != nil {
				out.WriteString(`"` + strings.ReplaceAll(*cell, `"`, `""`) + `"`)
			}
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// trailCells are a trail's row; nil is what CloudTrail did not tell.
func trailCells(t source.Trail) []*string {
	cells := []*string{
		&t.Name, &t.HomeRegion, &t.Bucket, &t.Prefix, new(yes(t.MultiRegion)), new(yes(t.Organization)), new(yes(t.Validation)), &t.KMSKey, &t.Topic,
	}
	if s := t.Status; s != nil {
		last := "never"
		if s.LastDelivery != nil {
			last = s.LastDelivery.UTC().Format(time.RFC3339)
		}
		if s.DeliveryError != "" {
			last += ", then " + s.DeliveryError
		}
		cells = append(cells, new(yes(s.Logging)), &last)
	} else {
		cells = append(cells, nil, nil)
	}
	if s := t.Selection; s != nil {
		cells = append(cells, &s.Management, list(s.Excluded), list(s.Data), list(s.Network))
	} else {
		cells = append(cells, nil, nil, nil, nil)
	}
	if t.Insights == nil {
		return append(cells, nil)
	}
	return append(cells, list(t.Insights))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func list(names []string) *string { return new(strings.Join(names, ", ")) }
