package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// cachePath is where the cache is: --cache, or what stands for it, or the user's own.
func cachePath(cmd *cobra.Command) (string, error) {
	path, err := cmd.Flags().GetString("cache")
	if err != nil {
		return "", err
	}
	if path == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no place for the cache: %w\nhint: name a file with --cache", err)
		}
		path = filepath.Join(dir, "ctsql", "cache.duckdb")
	}
	return filepath.Abs(path)
}

// s3Flags are how to reach S3, for every command that reads from it.
type s3Flags struct{ source.S3Options }

func (f *s3Flags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.Endpoint, "endpoint-url", "", "talk to S3 at this `URL` (default AWS, or $AWS_ENDPOINT_URL)")
	flags.BoolVar(&f.PathStyle, "path-style", false, "address buckets as URL/BUCKET")
	flags.BoolVar(&f.NoSignRequest, "no-sign-request", false, "do not sign requests: for public buckets")
	flags.BoolVar(&f.RequestPayer, "request-payer", false, "pay for requests to a bucket whose owner does not")
}

// filterFlags are which events are wanted.
type filterFlags struct {
	since, until      string
	late              string
	accounts, regions []string
	withGlobal        bool
	log               string
}

func (f *filterFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.since, "since", "", "only records from this `TIME` on: RFC 3339, a date, or 7d or 36h ago")
	flags.StringVar(&f.until, "until", "", "only records before this `TIME`")
	flags.StringVar(&f.late, "late", "24h", "with --until, how long after its events an object may have been delivered: an `AGE` such as 72h or 31d")
	flags.StringSliceVar(&f.accounts, "account", nil, "only events of this account `ID` (repeatable)")
	flags.StringSliceVar(&f.regions, "region", nil, "only events of this `REGION` (repeatable)")
	flags.BoolVar(&f.withGlobal, "with-global", false, "with --region, events also of the regions where sign-ins and global services such as IAM are recorded")
	flags.StringVar(&f.log, "type", "", "only logs of this `TYPE`: cloudtrail or s3logs (default both)")
}

// filters are the flags as a filter of records, nil for all, and as what may be
// left alone in a listing.
func (f *filterFlags) filters(now time.Time) (*cloudtrail.Filter, source.Select, error) {
	only := cloudtrail.Log(f.log)
	if only != cloudtrail.AnyLog && only != cloudtrail.TrailLog && only != cloudtrail.AccessLog {
		return nil, source.Select{}, usage("--type %q: cloudtrail or s3logs", f.log)
	}
	late, ok := parseAge(f.late)
	if !ok {
		return nil, source.Select{}, usage("--late %q: write how long, such as 72h or 31d", f.late)
	}
	if f.withGlobal && len(f.regions) == 0 {
		return nil, source.Select{}, usage("--with-global adds to --region, and without that events of all regions are wanted")
	}
	if f.since == "" && f.until == "" && len(f.accounts)+len(f.regions) == 0 && only == cloudtrail.AnyLog {
		return nil, source.Select{}, nil
	}
	regions := f.regions
	if f.withGlobal {
		regions = source.WithGlobal(regions)
	}
	filter := &cloudtrail.Filter{Since: cloudtrail.NoTime, Until: cloudtrail.NoTime, Accounts: f.accounts, Regions: regions, Only: only}
	sel := source.Select{Late: late, Accounts: f.accounts, Regions: regions}
	var err error
	if sel.Since, sel.Until, err = parseWindow(f.since, f.until, now); err != nil {
		return nil, sel, err
	}
	if f.since != "" {
		filter.Since = sel.Since.UnixMicro()
	}
	if f.until != "" {
		filter.Until = sel.Until.UnixMicro()
	}
	return filter, sel, nil
}

// parseWindow reads --since and --until; zero is what is not given.
func parseWindow(since, until string, now time.Time) (from, to time.Time, err error) {
	if since != "" {
		if from, err = parseWhen(since, now); err != nil {
			return from, to, usage("--since: %v", err)
		}
	}
	if until != "" {
		if to, err = parseWhen(until, now); err != nil {
			return from, to, usage("--until: %v", err)
		}
	}
	if since != "" && until != "" && !from.Before(to) {
		return from, to, usage("--since %s is not before --until %s", since, until)
	}
	return from, to, nil
}

// parseWhen reads a time: RFC 3339, a date or a time in UTC, or how long ago.
func parseWhen(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)).UTC().Truncate(time.Second), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d).UTC().Truncate(time.Second), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2024-03-05, 2024-03-05T14:00:00Z, 7d or 36h", s)
}

// parseAge reads a length of time that is not 0: 72h or 31d.
func parseAge(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d > 0
}

// unloaded opens sources for statements over logs that nobody loaded. A
// statement is bound more than once, and its sources are opened once.
func unloaded(from opening, lo load.Options) cache.Opener {
	var mu sync.Mutex
	known := map[string][]load.Source{}
	return func(ctx context.Context, specs []string, only cloudtrail.Log) (cache.Unloaded, error) {
		mu.Lock()
		defer mu.Unlock()
		var sources []load.Source
		for _, spec := range specs {
			if known[spec] == nil {
				found, err := from.open(context.WithoutCancel(ctx), spec)
				if err != nil {
					return nil, err
				}
				known[spec] = loadSources(found)
			}
			sources = append(sources, known[spec]...)
		}
		lo := lo
		lo.Filter = &cloudtrail.Filter{Only: only}
		return unloadedLogs{load.NewUnloaded(sources, lo)}, nil
	}
}

// unloadedLogs are what load reads as the cache wants it.
type unloadedLogs struct{ *load.Unloaded }

func (u unloadedLogs) Scan() (cache.UnloadedScan, error) { return u.Unloaded.Scan() }
