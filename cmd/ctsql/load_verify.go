package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
)

// checkVerify checks the flags of load --verify.
func (c *loadCommand) checkVerify(filter *cloudtrail.Filter, specs []string) error {
	signed := func(spec string) bool { return !strings.HasPrefix(spec, fromHistory) }
	switch {
	case !c.verify && c.publicKeys != "":
		return usage("--public-keys is for --verify")
	case c.verify && filter != nil && filter.Only == cloudtrail.AccessLog:
		return usage("--verify: no digest names access logs: S3 writes them, not CloudTrail")
	case c.verify && !slices.ContainsFunc(specs, signed):
		return usage("--verify: no digest names CloudTrail's event history")
	}
	return nil
}

// verifyLoaded compares what is in the cache with the digests of the sources, from
// where the last time ended, and enters what it finds into the ledger. Logs that were
// hashed while they were loaded are not read.
func (c *loadCommand) verifyLoaded(ctx context.Context, path string, specs []string, sources []*source.Source, sel source.Select) (err error) {
	w, err := cache.OpenWriter(ctx, path, cache.WriterOptions{Workers: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close(context.WithoutCancel(ctx))) }()
	known, err := w.Verified(ctx)
	if err != nil {
		return err
	}
	v := &cloudtrail.Verification{
		Since: sel.Since, From: known.From, Loaded: w.Loaded, Versions: c.versions,
		Now: time.Now(), Concurrency: c.concurrency, Progress: new(cloudtrail.DigestProgress),
	}
	if !sel.Until.IsZero() {
		v.Until, v.Short = sel.Until.Add(sel.Late), true // events before it may be in logs until then
	}
	digestSources(v, sources, sel)
	v.Expect = c.expected(v, known, sel)
	if err := keysFrom(ctx, c.publicKeys, &c.s3, specs, v); err != nil {
		return err
	}
	j, gone := judging{w: w, out: findings{quiet: c.quiet}}, 0
	sum, err := j.run(ctx, v)
	if err == nil && sum.Digests[cloudtrail.Unread]+sum.Logs[cloudtrail.Unread] == 0 {
		gone, err = c.judged(ctx, v, known, sum)
	}
	if err != nil {
		return err
	}
	if !sum.Sound() || gone > 0 {
		return exitError(exitFailed)
	}
	return nil
}

// digestSources are the sources as they are to be listed: with the digests that come after
// the last log, and the logs that the first digest names.
func digestSources(v *cloudtrail.Verification, sources []*source.Source, sel source.Select) {
	sel.Late += cloudtrail.Reach
	if !sel.Since.IsZero() {
		sel.Since = sel.Since.Add(-cloudtrail.Reach)
	}
	for _, s := range sources {
		if strings.HasPrefix(s.Root(), fromHistory) {
			continue // no digest names it
		}
		v.Sources = append(v.Sources, s.With(sel, func(folder string) time.Time {
			p, ok := placeOfFolder(folder)
			if from := v.From(p); ok && !from.IsZero() {
				return from.Add(-cloudtrail.Reach)
			}
			return time.Time{}
		}))
	}
}

// placeOfFolder reads a region's folder: …/ACCOUNT/KIND/REGION/.
func placeOfFolder(folder string) (p cloudtrail.Place, ok bool) {
	part := strings.Split(strings.TrimSuffix(folder, "/"), "/")
	n := len(part)
	if n < 3 {
		return p, false
	}
	return cloudtrail.Place{Folder: strings.Join(part[:n-3], "/"), Account: part[n-3], Region: part[n-1]}, true
}

// expected are the digests that were there the last time, of what is looked at now.
func (c *loadCommand) expected(v *cloudtrail.Verification, known *cache.Verified, sel source.Select) (names []string) {
	for p, r := range known.Digests() {
		inside := r.Digest != "" && !r.Until.Before(v.Since) && (v.Until.IsZero() || r.Until.Before(v.Until)) &&
			(len(sel.Accounts) == 0 || slices.Contains(sel.Accounts, p.Account)) && (len(sel.Regions) == 0 || slices.Contains(sel.Regions, p.Region))
		if inside && slices.ContainsFunc(v.Sources, func(s cloudtrail.DigestSource) bool { return strings.HasPrefix(r.Digest, s.Root()) }) {
			names = append(names, r.Digest)
		}
	}
	slices.Sort(names)
	return names
}

// judged notes how far was verified, and tells of what was loaded that cannot be
// verified any more: so many logs.
func (c *loadCommand) judged(ctx context.Context, v *cloudtrail.Verification, known *cache.Verified, sum cloudtrail.VerifySummary) (gone int, err error) {
	gone, err = known.Done(ctx, sum.Places, v.BeginOf, v.Until)
	if err != nil {
		return 0, err
	}
	if !c.quiet {
		verifyNotes(v, sum)
	}
	if gone > 0 {
		fmt.Fprintf(os.Stderr, "ctsql: %s logs that were loaded are there no more as they were: they are missing in the table objects\n", count(gone))
	}
	return gone, nil
}

// A judging enters findings into the ledger, many at a time.
type judging struct {
	w       *cache.Writer
	out     findings
	waiting []cloudtrail.Finding
}

// judgedAtOnce is how many findings are one statement.
const judgedAtOnce = 10_000

func (j *judging) add(ctx context.Context, f cloudtrail.Finding) error {
	if err := j.out.add(f); err != nil {
		return err
	}
	if j.waiting = append(j.waiting, f); len(j.waiting) < judgedAtOnce {
		return nil
	}
	return j.flush(ctx)
}

func (j *judging) flush(ctx context.Context) error {
	err := j.w.Judge(ctx, j.waiting)
	j.waiting = j.waiting[:0]
	return err
}

func (j *judging) run(ctx context.Context, v *cloudtrail.Verification) (cloudtrail.VerifySummary, error) {
	v.Report = func(f cloudtrail.Finding) error { return j.add(ctx, f) }
	defer endsWith(ctx, &output{File: os.Stdout})()
	start := time.Now()
	stop := j.out.line.show(j.out.quiet, v.Progress)
	sum, err := v.Run(ctx)
	stop()
	if err == nil {
		err = j.flush(ctx)
	}
	err = noDigests(err, v)
	return sum, errors.Join(err, j.out.end(err, sum, time.Since(start)))
}
