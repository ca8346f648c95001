package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/spf13/cobra"
)

// pruneCommand is `ctsql prune`.
type pruneCommand struct {
	before, keep, source string
	dryRun, quiet        bool
}

func newPrune() *cobra.Command {
	var c pruneCommand
	cmd := &cobra.Command{
		Use:   "prune (--before TIME | --keep AGE | --source PREFIX)",
		Short: "Take old logs, or those of a source, out of the cache",
		Long: `Take what is old, or what came from certain objects, out of the cache, and give
its space back. What stays is copied to a new file that takes the place of the cache:
there must be room for it. Until then others can ask, and loads wait.

A load --since the same time, or --keep the same age, finds the objects loaded; one
without reads them again. What is pruned by --source is loaded again as if it were new.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&c.before, "before", "", "take out what was before this `TIME`: RFC 3339, a date, or 400d or 36h ago")
	f.StringVar(&c.keep, "keep", "", "take out what is older than this `AGE`, such as 400d")
	f.StringVar(&c.source, "source", "", "take out what is from objects whose names begin with `PREFIX`, as the column sourceObject has them")
	f.BoolVar(&c.dryRun, "dry-run", false, "say how much would go, and take nothing")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "no summary")
	return cmd
}

func (c *pruneCommand) run(cmd *cobra.Command) error {
	o, err := c.options(time.Now())
	if err != nil {
		return err
	}
	path, err := cachePath(cmd)
	if err != nil {
		return err
	}
	return prune(cmd.Context(), path, o, c.quiet)
}

func (c *pruneCommand) options(now time.Time) (o cache.PruneOptions, err error) {
	o.DryRun = c.dryRun
	given := 0
	for _, flag := range []string{c.before, c.keep, c.source} {
		if flag != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return o, usage("what is to go? one of --before TIME, --keep AGE and --source PREFIX")
	case c.before != "":
		if o.Before, err = parseWhen(c.before, now); err != nil {
			return o, usage("--before: %v", err)
		}
	case c.keep != "":
		o.Before, err = oldest(c.keep, now)
	default:
		o.Source, err = prefix(c.source)
	}
	return o, err
}

// prefix is what the names of objects begin with: files are known by their whole names.
func prefix(source string) (string, error) {
	if strings.Contains(source, "://") || filepath.IsAbs(source) {
		return source, nil
	}
	whole, err := filepath.Abs(source)
	if strings.HasSuffix(source, "/") {
		whole += "/"
	}
	return whole, err
}

// oldest is the time of the oldest rows that are kept.
func oldest(age string, now time.Time) (time.Time, error) {
	if !strings.HasSuffix(age, "d") {
		if _, err := time.ParseDuration(age); err != nil {
			return time.Time{}, usage("--keep: %q is no age: write 400d or 36h", age)
		}
	}
	t, err := parseWhen(age, now)
	if err != nil || now.Sub(t) < time.Second {
		return time.Time{}, usage("--keep: %q is no age: write 400d or 36h", age)
	}
	return t, nil
}

// keepSince has a load begin with what is to be kept, if --since does not begin later.
func (c *loadCommand) keepSince(now time.Time) error {
	if c.keep == "" {
		return nil
	}
	kept, err := oldest(c.keep, now)
	if err != nil {
		return err
	}
	if since, err := parseWhen(c.filter.since, now); err == nil && since.After(kept) || err != nil && c.filter.since != "" {
		return nil // what is no time is told of where it is read
	}
	c.filter.since = kept.Format(time.RFC3339)
	return nil
}

// prune makes room for a load by what is not to be kept. To write a large cache anew
// for each hour that goes would take too long, so a tenth of it must be too old.
func (c *loadCommand) prune(ctx context.Context, path string, now time.Time) error {
	if c.keep == "" {
		return nil
	}
	kept, err := oldest(c.keep, now)
	if err != nil {
		return err
	}
	return prune(ctx, path, cache.PruneOptions{Before: kept, AtLeast: 0.1}, c.quiet)
}

// prune prunes, and says what went. There being nothing to prune is worth a word
// only to who asked for no more than that.
func prune(ctx context.Context, path string, o cache.PruneOptions, quiet bool) error {
	start := time.Now()
	p, err := cache.Prune(ctx, path, o)
	if err != nil {
		return err
	}
	out := os.Stderr
	if o.DryRun {
		out = os.Stdout
	}
	switch {
	case p.Nothing() && o.AtLeast > 0, quiet && !o.DryRun:
	case p.Nothing():
		_, err = fmt.Fprintln(out, "nothing to prune")
	case o.DryRun:
		_, err = fmt.Fprintf(out, "%s would go, about %s of %s\n", prunedRows(p), size(p.Before-p.After), size(p.Before))
	default:
		_, err = fmt.Fprintf(out, "pruned %s, %s before, %s now, %.1f s\n", prunedRows(p), size(p.Before), size(p.After), time.Since(start).Seconds())
	}
	return err
}

// prunedRows are rows and objects.
func prunedRows(p cache.Pruned) string {
	parts := []string{count(p.Rows[cloudtrail.InEvents]) + " events"}
	for _, r := range []struct {
		n    int64
		what string
	}{
		{p.Rows[cloudtrail.InRequests], "requests"}, {p.Rows[cloudtrail.InAggregated], "summaries"}, {p.Damaged, "damaged"},
	} {
		if r.n > 0 {
			parts = append(parts, count(r.n)+" "+r.what)
		}
	}
	return strings.Join(parts, ", ") + " of " + count(p.Objects) + " objects"
}
