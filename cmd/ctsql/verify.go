package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
)

// verifyCommand is `ctsql verify`.
type verifyCommand struct {
	s3                sourceFlags
	find              trailsFlags
	since, until      string
	accounts, regions []string
	publicKeys        string // file
	original          string
	concurrency       int
	all, asJSON       bool
	versions          bool
	quiet             bool
}

func newVerify() *cobra.Command {
	var c verifyCommand
	cmd := &cobra.Command{
		Use:   "verify [SOURCE …]",
		Short: "Check logs against CloudTrail's digest files",
		Long: `Check that logs are those that CloudTrail delivered, all of them and no others:
each digest's signature, that each follows the one before it, and the hash of each
log that they name. A SOURCE is s3://bucket/prefix or a folder, with logs and
digests; without one the trails of the account are found: see ctsql trails.

What is not valid is listed, and makes the exit status 1:
  modified   not what was signed
  missing    named by a digest, or a digest that must be there
  unnamed    a log that no digest names, or only one that is modified
  unsigned   a digest without a signature or a key to check it with, and its logs
  restarted  a digest that begins a chain anew: before it validation was off
  unread     could not be read

A copy's digests lack their signatures, but each is kept in the next digest too;
the last one's is read from DIGEST.sig (hex), or from DIGEST.metadata.json, which
is what aws s3api head-object prints.`,
		PreRunE: c.s3.settle,
		RunE:    func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVar(&c.since, "since", "", "only what was delivered from this `TIME` on: RFC 3339, a date, or 7d or 36h ago")
	f.StringVar(&c.until, "until", "", "only what was delivered before this `TIME`; digests must reach so far")
	f.StringSliceVar(&c.accounts, "account", nil, "only logs and digests of this account `ID` (repeatable)")
	f.StringSliceVar(&c.regions, "region", nil, "only logs and digests of this `REGION` (repeatable)")
	f.StringVar(&c.publicKeys, "public-keys", "", "a `FILE` as aws cloudtrail list-public-keys prints it, of one region or several (default: CloudTrail is asked)")
	f.StringVar(&c.original, "original", "", "`s3://BUCKET/PREFIX` that SOURCE is a copy of (default: of a folder, what its digests say)")
	f.BoolVar(&c.all, "all", false, "list what is valid, too")
	f.BoolVar(&c.asJSON, "json", false, "as JSON")
	f.BoolVar(&c.versions, "versions", false, "of what is missing or modified, look at the versions that the bucket keeps")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "no progress and no notes")
	f.IntVar(&c.concurrency, "concurrency", 32, "fetch `N` objects at a time")
	c.s3.add(f)
	c.find.add(f)
	return cmd
}

func (c *verifyCommand) run(ctx context.Context, args []string) error {
	v, err := c.verification(ctx, args)
	if err != nil {
		return err
	}
	defer endsWith(ctx, &output{File: os.Stdout})()
	out := &findings{asJSON: c.asJSON, all: c.all}
	v.Report = out.add
	start := time.Now()
	stop := out.line.show(c.quiet, v.Progress)
	sum, err := v.Run(ctx)
	stop()
	err = noDigests(err, v)
	if err := errors.Join(err, out.end(err, sum, time.Since(start))); err != nil {
		return err
	}
	if !c.quiet {
		verifyNotes(v, sum)
		if n := len(sum.Shorter); n > 0 {
			fmt.Fprintf(os.Stderr, "note: %s chains of digests end hours before others, and what came after that may be gone: the first ends with %s\nhint: --until TIME asks of all that they reach so far\n",
				count(n), render.Clean(sum.Shorter[0]))
		}
	}
	if !sum.Sound() {
		return exitError(exitFailed)
	}
	return nil
}

// noDigests says what to do where there is no digest.
func noDigests(err error, v *cloudtrail.Verification) error {
	if !errors.Is(err, cloudtrail.ErrNoDigests) {
		return err
	}
	return fmt.Errorf("%w among %s objects\nhint: SOURCE must hold the folders CloudTrail-Digest, too; without them log file validation is off, and "+
		"aws cloudtrail update-trail --name NAME --enable-log-file-validation turns it on", err, count(v.Progress.Listed.Load()))
}

// verification is what the flags say.
func (c *verifyCommand) verification(ctx context.Context, args []string) (*cloudtrail.Verification, error) {
	if c.concurrency < 1 {
		return nil, usage("--concurrency must be at least 1")
	}
	v := &cloudtrail.Verification{Now: time.Now(), Concurrency: c.concurrency, Versions: c.versions, Progress: new(cloudtrail.DigestProgress)}
	var err error
	if v.Since, v.Until, err = parseWindow(c.since, c.until, v.Now); err != nil {
		return nil, err
	}
	sel := source.Select{Since: v.Since, Until: v.Until, Late: cloudtrail.Reach, Accounts: c.accounts, Regions: c.regions}
	sources, err := c.open(ctx, args, source.Options{Select: sel})
	if err != nil {
		return nil, err
	}
	v.Sources = sources
	if v.Original, err = c.originalOf(sources); err != nil {
		return nil, err
	}
	return v, keysFrom(ctx, c.publicKeys, &c.s3, c.s3.specs(args), v)
}

// open opens the sources, all of them: what one cannot see it cannot verify.
func (c *verifyCommand) open(ctx context.Context, args []string, o source.Options) (sources []cloudtrail.DigestSource, err error) {
	from := opening{s3: &c.s3, find: c.find, options: o, tell: new(teller), quiet: c.quiet}
	specs := c.s3.specs(args)
	if i := slices.IndexFunc(specs, func(s string) bool { return strings.HasPrefix(s, fromHistory) }); i >= 0 {
		if len(args) > 0 {
			return nil, usage("%s: CloudTrail signs what a trail delivers, and not its event history", specs[i])
		}
		specs = slices.DeleteFunc(specs, func(s string) bool { return strings.HasPrefix(s, fromHistory) })
	}
	if len(specs) == 0 {
		return nil, usage("only the event history is configured, which CloudTrail does not sign: name a SOURCE")
	}
	if err := from.check(specs); err != nil {
		return nil, err
	}
	for _, spec := range specs {
		found, err := from.open(ctx, spec)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			sources = append(sources, s)
		}
	}
	if from.tell.failed {
		return nil, exitError(exitFailed)
	}
	return sources, nil
}

// originalOf is --original, with a slash at its end where what stands for it has one.
func (c *verifyCommand) originalOf(sources []cloudtrail.DigestSource) (string, error) {
	rest, ok := strings.CutPrefix(c.original, "s3://")
	switch {
	case c.original == "":
		return "", nil
	case !ok || rest == "" || strings.HasPrefix(rest, "/"):
		return "", usage("--original %q: write s3://BUCKET/PREFIX", c.original)
	case len(sources) != 1:
		return "", usage("--original says what one SOURCE is a copy of")
	}
	if strings.HasSuffix(sources[0].Root(), "/") {
		return strings.TrimSuffix(c.original, "/") + "/", nil
	}
	return c.original, nil
}

// keysFrom says where the public keys are from: a file, or without one CloudTrail. They
// are the same for all accounts: who asks is the role of the first source, if it has one.
func keysFrom(ctx context.Context, file string, reach *sourceFlags, specs []string, v *cloudtrail.Verification) error {
	if file == "" {
		s3, err := reach.of("")
		first, err1 := reach.of(specs[0])
		if err := errors.Join(err, err1); err != nil {
			return err
		}
		s3.Role = first.Role
		keys, err := source.NewPublicKeys(ctx, s3)
		if err != nil {
			return err
		}
		v.AllKeys, v.Keys = true, keys.List
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	list, err := cloudtrail.ParsePublicKeys(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	v.Keys = func(context.Context, string, time.Time, time.Time) ([]cloudtrail.PublicKey, error) { return list, nil }
	return nil
}

// verifyNotes say what to make of it.
func verifyNotes(v *cloudtrail.Verification, sum cloudtrail.VerifySummary) {
	local, note := false, func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%s\n", render.CleanLines(fmt.Sprintf(format, args...)))
	}
	for _, s := range v.Sources {
		local = local || !strings.HasPrefix(s.Root(), "s3://")
	}
	if sum.Early > 0 {
		note("note: %s logs are too new for a digest: they were not judged", count(sum.Early))
	}
	if sum.Others > 0 {
		note("note: %s objects are not of CloudTrail's layout: they were not judged, and no digest names them", count(sum.Others))
	}
	if local && v.Original == "" {
		note("note: without --original s3://BUCKET/PREFIX a copy's bucket and prefix are taken from its digests")
	}
	if sum.Digests[cloudtrail.Unsigned] > 0 && local {
		note("hint: a copy of a digest keeps its signature in FILE.sig, or in FILE.metadata.json: aws s3api head-object --bucket BUCKET --key KEY")
	}
	if sum.Digests[cloudtrail.Missing]+sum.Logs[cloudtrail.Missing] > 0 {
		if !local && !v.Versions {
			note("hint: what is missing may lie under a delete marker, where the bucket keeps versions: --versions looks there")
		}
		if v.Since.IsZero() {
			note("hint: where old logs are removed on purpose, begin after them with --since")
		}
	}
}
