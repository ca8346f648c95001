package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What is asked of CloudTrail, in place of a name of where logs are.
const (
	fromTrails  = "trails:" // what the account's trails deliver
	fromHistory = "lookup:" // its event history; regions can follow, with commas between
)

// sourceFlags are how to reach what a SOURCE names, for every command that takes
// one, and the sources that are configured.
type sourceFlags struct {
	s3Flags
	configured []configuredSource
	said       map[string]bool // flags that were given, or stand in the environment
}

func (f *sourceFlags) add(flags *pflag.FlagSet) {
	f.s3Flags.add(flags)
	f.addRole(flags)
}

// addRole adds whose credentials to use.
func (f *s3Flags) addRole(flags *pflag.FlagSet) {
	flags.StringVar(&f.Role.ARN, "role-arn", "", "read logs as the role of this `ARN`, such as one of another account")
	flags.StringVar(&f.Role.ExternalID, "external-id", "", "the `ID` that the role's trust policy asks for")
	flags.StringVar(&f.Role.Session, "role-session-name", "", "the `NAME` that the role's account sees in its own logs (default ctsql)")
}

// settle is settle, which also says which sources are configured.
func (f *sourceFlags) settle(cmd *cobra.Command, _ []string) error {
	_, err := f.settled(cmd)
	return err
}

func (f *sourceFlags) settled(cmd *cobra.Command) (configuration, error) {
	f.said = map[string]bool{}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		_, set := fromEnvironment(flag)
		f.said[flag.Name] = set || flag.Changed
	})
	file, err := settled(cmd)
	f.configured = file.sources
	return file, err
}

// specs are the sources that are named, else those that are configured, else the
// account's trails.
func (f *sourceFlags) specs(args []string) []string {
	switch {
	case len(args) > 0:
		return args
	case len(f.configured) == 0:
		return []string{fromTrails}
	}
	var specs []string
	for _, c := range f.configured {
		specs = append(specs, c.source)
	}
	return specs
}

// of is how to reach a source: as the flags say, or else as is configured for it.
func (f *sourceFlags) of(spec string) (source.S3Options, error) {
	o := s3Flags{f.S3Options}
	if c := configuredFor(f.configured, spec); c != nil {
		var err error
		if o, err = c.reach(o, f.said); err != nil {
			return o.S3Options, err
		}
	}
	switch err := o.Role.Check(); {
	case err != nil:
		return o.S3Options, usage("--role-arn: %w", err)
	case o.NoSignRequest && o.Role.ARN != "":
		return o.S3Options, usage("--no-sign-request: requests without a signature have no role: --role-arn")
	}
	return o.S3Options, nil
}

// An opening opens what a SOURCE names.
type opening struct {
	s3      *sourceFlags
	find    trailsFlags
	options source.Options // but for S3
	tell    *teller
	quiet   bool
}

// open opens one; trails may be many.
func (op opening) open(ctx context.Context, spec string) ([]*source.Source, error) {
	o := op.options
	var err error
	if o.S3, err = op.s3.of(spec); err != nil {
		return nil, err
	}
	if spec == fromTrails {
		return op.find.sources(ctx, o, op.tell, op.quiet)
	}
	if regions, ok := strings.CutPrefix(spec, fromHistory); ok {
		return op.history(ctx, regions, o)
	}
	s, err := source.New(ctx, spec, o)
	if err != nil {
		return nil, err
	}
	return []*source.Source{s}, nil
}

// history opens CloudTrail's event history of regions, or else of those of --regions.
func (op opening) history(ctx context.Context, regions string, o source.Options) ([]*source.Source, error) {
	in := op.find
	if regions != "" {
		in.regions = strings.Split(regions, ",")
	}
	if err := in.check("lookup:"); err != nil {
		return nil, err
	}
	h, err := source.FindHistory(ctx, source.HistoryOptions{Regions: in.regions, S3: o.S3, Now: time.Now()})
	if err != nil {
		return nil, err
	}
	tellRegions(h.RegionsAsked)
	if len(h.Answered) == 0 {
		return nil, exitError(exitFailed) // why was told
	}
	if !op.quiet {
		fmt.Fprintf(os.Stderr, "lookup: the event history of %s in %s: management events of the last 90 days\n"+
			"note: data events, network activity and Insights are not in it: only a trail has them\n", h.Account, regionsText(h.Answered))
	}
	return []*source.Source{h.Open(o)}, nil
}

// all opens those that can be opened. One that cannot is told of, and does not stop
// the others; an error is wrong usage, or ctx's.
func (op opening) all(ctx context.Context, specs []string) (sources []*source.Source, err error) {
	if err := op.check(specs); err != nil {
		return nil, err
	}
	for _, spec := range specs {
		found, err := op.open(ctx, spec)
		sources = append(sources, found...)
		var wrong usageError
		var told exitError
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &wrong):
			return nil, err
		case errors.As(err, &told):
			op.tell.fail()
		case err != nil:
			op.tell.event(load.Event{Err: err})
		}
	}
	return sources, nil
}

// check refuses --regions where nobody is asked about a region.
func (op opening) check(specs []string) error {
	if len(op.find.regions) > 0 && !slices.ContainsFunc(specs, asksCloudTrail) {
		return usage("--regions is where to ask CloudTrail, and %s says where logs are; --region says which", strings.Join(specs, " "))
	}
	return nil
}

func asksCloudTrail(spec string) bool {
	return spec == fromTrails || strings.HasPrefix(spec, fromHistory)
}

func loadSources(list []*source.Source) (sources []load.Source) {
	for _, s := range list {
		sources = append(sources, s)
	}
	return sources
}
