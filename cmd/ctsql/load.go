package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
)

// loadCommand is `ctsql load`.
type loadCommand struct {
	s3          sourceFlags
	filter      filterFlags
	find        trailsFlags
	concurrency int
	keep        string
	force       bool
	relist      bool
	dryRun      bool
	quiet       bool
	verbose     bool
	verify      bool
	versions    bool
	publicKeys  string // file

	late     time.Duration
	listings *cache.Listings // known, once the cache is open
}

func newLoad() *cobra.Command {
	var c loadCommand
	cmd := &cobra.Command{
		Use:   "load [SOURCE …]",
		Short: "Load logs into the cache",
		Long: `Load CloudTrail logs and S3 server access logs into the cache. A SOURCE is a
folder, a file, or s3://bucket/prefix. Which log an object is and what it is packed
in is told by looking, not by name. Loading again takes only what is new or changed;
each event is stored once.

Without SOURCE those in the configuration file are loaded, and without any there,
trails:, which is what the account's trails deliver: see ctsql trails. lookup: is
CloudTrail's event history: the last 90 days of management events, with no trail.`,
		PreRunE: c.s3.settle,
		RunE:    func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	f := cmd.Flags()
	c.filter.add(f)
	c.s3.add(f)
	c.find.add(f)
	f.IntVar(&c.concurrency, "concurrency", 32, "fetch `N` objects at a time")
	f.StringVar(&c.keep, "keep", "", "load nothing older than this `AGE`, such as 400d, and prune what is once it is a tenth of the cache")
	f.BoolVar(&c.force, "force", false, "read objects again that are loaded, and add what is missing")
	f.BoolVar(&c.relist, "relist", false, "list everything again, also days of which all is known")
	f.BoolVar(&c.dryRun, "dry-run", false, "say how many objects, bytes and requests to S3 a load would be, and read none")
	f.BoolVar(&c.versions, "versions", false, "list everything, and read also what was overwritten or deleted, where the bucket keeps versions")
	f.BoolVar(&c.verify, "verify", false, "compare what is loaded with CloudTrail's digest files: see ctsql verify")
	f.StringVar(&c.publicKeys, "public-keys", "", "with --verify, a `FILE` as aws cloudtrail list-public-keys prints it (default: CloudTrail is asked)")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "no progress and no summary")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "name the objects that are no logs")
	return cmd
}

func (c *loadCommand) run(cmd *cobra.Command, args []string) (err error) {
	ctx := cmd.Context()
	if c.concurrency < 1 {
		return usage("--concurrency must be at least 1")
	}
	now := time.Now()
	if err := c.keepSince(now); err != nil {
		return err
	}
	filter, sel, err := c.filter.filters(now)
	if err != nil {
		return err
	}
	c.late = sel.Late
	if err := c.checkVerify(filter, c.s3.specs(args)); err != nil {
		return err
	}
	path, err := cachePath(cmd)
	if err != nil {
		return err
	}
	tell := &teller{verbose: c.verbose}
	from := opening{&c.s3, c.find, source.Options{Select: sel, Resume: c.resumeFrom, Versions: c.versions}, tell, c.quiet}
	sources, err := from.all(ctx, c.s3.specs(args))
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return exitError(exitFailed)
	}
	o := load.Options{Filter: filter, Concurrency: c.concurrency, Hash: c.verify, Report: tell.event, Progress: new(load.Progress)}
	if c.dryRun {
		return c.plan(ctx, path, sources, o, tell)
	}
	if err := c.prune(ctx, path, now); err != nil {
		return err
	}
	err = c.load(ctx, path, sources, o, tell)
	if failed := exitError(0); c.verify && ctx.Err() == nil && (err == nil || errors.As(err, &failed)) {
		err = cmp.Or(c.verifyLoaded(ctx, path, c.s3.specs(args), sources, sel), err)
		if ctx.Err() != nil && onlyCanceled(err) {
			fmt.Fprintln(os.Stderr, "ctsql: interrupted: what was loaded stays, and the next load --verify goes on from there")
			return exitError(exitFailed)
		}
	}
	return err
}

func (c *loadCommand) load(ctx context.Context, path string, sources []*source.Source, o load.Options, tell *teller) error {
	start := time.Now()
	w, err := cache.OpenWriter(ctx, path, cache.WriterOptions{LoadedBy: whoami("load"), Force: c.force})
	if err != nil {
		return err
	}
	o.Workers = w.Workers()
	tell.keeps = true
	if err = c.know(ctx, w, o.Filter, start); err != nil {
		return errors.Join(err, w.Close(context.WithoutCancel(ctx)))
	}
	stopProgress := showProgress(c.quiet, o.Progress, tell)
	sum, err := load.Load(ctx, loadSources(sources), w, o)
	stopProgress()
	if err == nil && sum.Refused == 0 {
		err = c.listings.Done(ctx, listedFolders(sources))
	}
	err = errors.Join(err, w.Close(context.WithoutCancel(ctx)))
	tell.end()
	interrupted := context.Cause(ctx) != nil
	if !c.quiet || interrupted {
		fmt.Fprintln(os.Stderr, summaryLine(sum, time.Since(start)))
	}
	switch {
	case interrupted && onlyCanceled(err):
		fmt.Fprintln(os.Stderr, "ctsql: interrupted: what was loaded stays, and the next load goes on from there")
		return exitError(exitFailed)
	case err != nil:
		return noRoom(path, err, "what was loaded stays; make room, or name a file elsewhere with --cache, and load again")
	case tell.failed:
		return exitError(exitFailed)
	}
	return nil
}

// know reads which listings need not be made again.
func (c *loadCommand) know(ctx context.Context, w *cache.Writer, filter *cloudtrail.Filter, now time.Time) (err error) {
	c.listings, err = w.Listings(ctx, cache.ListingOptions{Filter: filter, Late: c.late, Now: now, All: c.force || c.relist || c.versions})
	return err
}

// resumeFrom is from which delivery on a folder need be listed.
func (c *loadCommand) resumeFrom(folder string) time.Time {
	if c.listings == nil {
		return time.Time{}
	}
	return c.listings.From(folder)
}

// listedFolders are those that the sources have listed to their end, each once.
func listedFolders(sources []*source.Source) (folders []string) {
	for _, s := range sources {
		folders = append(folders, s.Listed()...)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// onlyCanceled reports whether err says no more than that the load was interrupted.
func onlyCanceled(err error) bool { return err == nil || errors.Is(err, context.Canceled) }

// noRoom says in other words what DuckDB calls a lack of memory when it is the
// disk that is full.
func noRoom(path string, err error, hint string) error {
	for _, sign := range []string{"max_temp_directory_size", "No space left on device"} {
		if strings.Contains(err.Error(), sign) {
			first, _, _ := strings.Cut(err.Error(), "\n")
			return fmt.Errorf("%s: no room is left on its disk: %s\nhint: %s", path, first, hint)
		}
	}
	return err
}

// plan says what a load would read.
func (c *loadCommand) plan(ctx context.Context, path string, sources []*source.Source, o load.Options, tell *teller) (err error) {
	var ledger load.Ledger = load.Empty{}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		w, err := cache.OpenWriter(ctx, path, cache.WriterOptions{Force: c.force})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.Close(context.WithoutCancel(ctx))) }()
		ledger = w
		if err = c.know(ctx, w, o.Filter, time.Now()); err != nil {
			return err
		}
	}
	planned, err := load.Plan(ctx, loadSources(sources), ledger, o)
	if err != nil {
		return err
	}
	fmt.Println(planLine(planned, sources))
	if tell.failed {
		return exitError(exitFailed)
	}
	return nil
}

// planLine says what a load would read, and of S3 what it takes to ask for it.
func planLine(p load.Planned, sources []*source.Source) string {
	line := fmt.Sprintf("%s objects to read, %s", count(p.Objects), size(p.Bytes))
	ofS3, gets, lists := false, 0, int64(0)
	for i, s := range sources {
		if strings.HasPrefix(s.Root(), "s3://") {
			ofS3 = true
			gets += p.Reads[i]
			lists += s.Counts().Lists
		}
	}
	if ofS3 {
		line += fmt.Sprintf(": %s GET requests after %s LIST requests", count(gets), count(lists))
	}
	return line + fmt.Sprintf("; %s loaded already", count(p.Seen))
}

// whoami is who loads by a command, for the ledger.
func whoami(command string) string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return name + "@" + host + " ctsql " + command
}

func summaryLine(s load.Summary, took time.Duration) string {
	events, requests := s.Rows[cloudtrail.InEvents], s.Rows[cloudtrail.InRequests]
	parts := []string{count(s.Objects) + " objects", count(events) + " events"}
	if requests > 0 {
		parts = append(parts, count(requests)+" requests")
	}
	parts = append(parts, count(s.Duplicates)+" duplicates",
		count(s.Skipped)+" skipped", count(s.Damaged)+" damaged")
	for _, p := range []struct {
		n    int
		what string
	}{
		{s.Refused, "not read"}, {s.Seen, "loaded before"}, {s.Rows[cloudtrail.InAggregated], "summaries"}, {s.LeftOut, "records left out"},
		{s.Misfits, "values kept in extra"}, {s.Replaced, "texts not Unicode"},
	} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+p.what)
		}
	}
	seconds := took.Seconds()
	what := "events/s"
	if requests > events {
		what = "records/s"
	}
	parts = append(parts, size(s.Bytes), fmt.Sprintf("%.1f s", seconds), count(int(float64(events+requests)/max(seconds, 0.001)))+" "+what)
	return strings.Join(parts, ", ")
}

// A teller tells of objects and records on standard error.
type teller struct {
	verbose bool
	keeps   bool // damaged records are in a table

	mu      sync.Mutex
	damaged int
	before  func() // clears the line that a progress bar is on
	failed  bool
	refused refusals
}

// shownDamaged is how many damaged records are named: all are in a table.
const shownDamaged = 20

func (t *teller) event(e load.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var line string
	switch {
	case e.Err != nil:
		t.failed = true
		t.refused.add(e.Err)
		if line = e.Err.Error(); e.Object != "" && !strings.HasPrefix(line, e.Object) {
			line = e.Object + ": " + line
		}
	case e.Damaged != nil:
		t.failed = true
		if t.damaged++; t.damaged <= shownDamaged {
			line = fmt.Sprintf("%s: byte %d: %s", e.Object, e.Damaged.Byte, e.Damaged.Reason)
		}
	case t.verbose:
		line = fmt.Sprintf("%s: skipped: %s", e.Object, e.Skipped)
	}
	if line == "" {
		return
	}
	if t.before != nil {
		t.before()
	}
	// A line break in a name must not begin a line of its own.
	line = strings.Replace(line, e.Object, render.Clean(e.Object), 1)
	fmt.Fprintf(os.Stderr, "ctsql: %s\n", render.CleanLines(line))
}

// fail notes a fault that was told elsewhere.
func (t *teller) fail() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = true
}

// end tells of what was not named.
func (t *teller) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.damaged - shownDamaged; n > 0 {
		where := ""
		if t.keeps {
			where = ": select * from damaged"
		}
		fmt.Fprintf(os.Stderr, "ctsql: … and %s more damaged records%s\n", count(n), where)
	}
	_ = t.refused.tell(os.Stderr) // as all that is told there
}
