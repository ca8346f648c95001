package main

import (
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// toStdout is standard output where a file is named otherwise.
const toStdout = "stdout"

// watchCommand is `ctsql watch`.
type watchCommand struct {
	s3     sourceFlags
	places placesFlags
	own    ownQueries
	text   watchTexts
	file   configuration
	typed  map[string][]string // flags of the command line, with their values

	watchSettings
}

// watchTexts are flags as they are written.
type watchTexts struct {
	every, late, learn, forget, sendFrom string
}

// watchSettings are all that one watches by.
type watchSettings struct {
	queues, poll, replay []string
	every                time.Duration
	buckets              []string // nil: any
	state                stateFlag
	stateFile, cache     string // paths
	cacheText            string // as it was given
	noCache, dryRun      bool
	keep                 string
	concurrency          int
	late, learn, forget  time.Duration
	budget               float64
	always, off          []string
	sendFrom             profile.Severity
	topic                string
	alerts               []string
	alertFormat          string
	perHour              int
	listen, logFormat    string
	printConfig          bool
}

func newWatch() *cobra.Command { return new(watchCommand).command() }

func (c *watchCommand) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Learn what is normal, and tell what is not",
		Long: `Watch the logs as they come: learn for each actor what is normal, and tell of what
does not fit, through SNS, on standard output or in a file. What is learned is kept
in the state, which is not a cache: it cannot be made again from elsewhere at once.

Logs come as notices in SQS (--queue), or from where they are (--poll); --replay
learns from logs that are there already. It runs until it is asked to end: SIGTERM
and Ctrl-C end it within 10 seconds, SIGHUP has it read its configuration again.`,
		Args:    arguments(cobra.NoArgs),
		PreRunE: c.settle,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	c.add(cmd.Flags())
	return cmd
}

func (c *watchCommand) add(f *pflag.FlagSet) {
	t := &c.text
	f.StringArrayVar(&c.queues, "queue", nil, "take notices of new logs, and events themselves, from this SQS queue: its `URL` (repeatable)")
	f.StringArrayVar(&c.poll, "poll", nil, "look for new logs in this `SOURCE` again and again: s3://bucket/prefix or a folder (repeatable)")
	f.StringVar(&t.every, "every", "5m", "with --poll, how often: an `AGE` such as 1m or 1h")
	f.StringArrayVar(&c.replay, "replay", nil, "first learn from the logs that are in this `SOURCE`, in the order of their time (repeatable)")
	f.BoolVar(&c.dryRun, "dry-run", false, "say which alerts would be sent of what --replay names, and what they would cost in attention; keep no state, send nothing")
	f.StringSliceVar(&c.buckets, "allow-bucket", nil, "take objects of this `BUCKET` only; notices of others are told of and left (repeatable; default any)")
	c.state.add(f)
	f.BoolVar(&c.noCache, "no-cache", false, "do not load into the cache what is watched; detections over days or weeks then find nothing")
	f.StringVar(&c.keep, "keep", "", "take out of the cache what is older than this `AGE`, such as 400d, once it is a tenth of it")
	f.IntVar(&c.concurrency, "concurrency", 32, "fetch `N` objects at a time")
	f.StringVar(&t.late, "late", "24h", "how long after its end a day (UTC) is open: an `AGE` such as 12h or 2d. What comes later is judged too, alone")
	f.StringVar(&t.learn, "learn", "14d", "tell nothing of the first days after the first event, an `AGE`: 0 tells at once")
	f.StringVar(&t.forget, "forget", "400d", "forget values that were not seen for this `AGE`; 0 never does")
	f.Float64Var(&c.budget, "budget", 5, "how many alerts of medium severity or above there should be, `N` a day for 100 actors")
	f.StringSliceVar(&c.always, "always", nil, "tell every first value of this `PROFILE`, however usual first values are (repeatable)")
	f.StringSliceVar(&c.off, "no-profile", nil, "do not judge by this `PROFILE`, or by detections whose names are like detect/* (repeatable)")
	f.StringVar(&t.sendFrom, "send-from", "medium", "send alerts of this `SEVERITY` and above: low, medium, high or critical. Others are kept in the table")
	f.StringVar(&c.topic, "topic", "", "send alerts to this SNS topic: its `ARN`")
	f.StringArrayVar(&c.alerts, "alerts", nil, "write alerts to stdout, or to the end of this `FILE` (repeatable; default stdout where there is no --topic)")
	f.StringVar(&c.alertFormat, "alert-format", "text", "`FORMAT` of alerts: text for people, json for programs")
	f.IntVar(&c.perHour, "max-alerts-per-hour", 20, "send at most `N` alerts an hour, and sum up the others in one; 0 is no limit")
	f.StringVar(&c.listen, "listen", "", "serve /metrics (for Prometheus) and /healthz at this `ADDRESS`, such as 127.0.0.1:9464")
	f.StringVar(&c.logFormat, "log-format", "text", "`FORMAT` of what is told on standard error: text or json")
	f.BoolVar(&c.printConfig, "print-config", false, "print the configuration that would be used, with comments, as a file that can be used again")
	c.own.add(f)
	c.s3.add(f)
	c.places.add(f)
}

// settle reads the configuration, and checks it: a watch that was started well and
// reads a wrong one later goes on with the one that it has.
func (c *watchCommand) settle(cmd *cobra.Command, _ []string) error {
	c.typed = map[string][]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			c.typed[f.Name] = list.GetSlice()
		} else {
			c.typed[f.Name] = []string{f.Value.String()}
		}
	})
	file, err := c.s3.settled(cmd)
	if err != nil {
		return err
	}
	c.file = file
	if c.stateFile, err = c.state.file(); err != nil {
		return err
	}
	if c.cacheText, err = cmd.Flags().GetString("cache"); err != nil {
		return err
	}
	if c.cache, err = cachePath(cmd); err != nil {
		return err
	}
	return c.check()
}

// again is the command as it would be if it were started now.
func (c *watchCommand) again(cmd *cobra.Command) (*watchCommand, *cobra.Command, error) {
	root := newRoot()
	if old, _, err := root.Find([]string{cmd.Name()}); err == nil {
		root.RemoveCommand(old)
	}
	fresh := new(watchCommand)
	next := fresh.command()
	root.AddCommand(next)
	next.SetContext(cmd.Context())
	if err := next.ParseFlags(nil); err != nil { // those of all commands are among its flags now
		return nil, nil, err
	}
	for name, texts := range c.typed {
		if err := (given{"--" + name, texts}).put(next.Flags().Lookup(name)); err != nil {
			return nil, nil, err
		}
	}
	return fresh, next, fresh.settle(next, nil)
}

// check reads what is written, and refuses what does not go together.
func (c *watchCommand) check() error {
	t := &c.text
	for _, a := range []struct {
		name, text string
		zero       bool
		to         *time.Duration
	}{
		{"every", t.every, false, &c.every}, {"late", t.late, false, &c.watchSettings.late},
		{"learn", t.learn, true, &c.learn}, {"forget", t.forget, true, &c.forget},
	} {
		var ok bool
		if *a.to, ok = parseAge(a.text); !ok && !(a.zero && (a.text == "0" || a.text == "0d")) {
			return usage("--%s %.40q: write how long, such as 36h or 14d", a.name, a.text)
		}
	}
	if c.keep != "" {
		if _, err := oldest(c.keep, time.Now()); err != nil {
			return err
		}
	}
	if c.every < time.Second {
		return usage("--every %s: no more often than once a second", t.every)
	}
	var ok bool
	if c.sendFrom, ok = profile.ParseSeverity(t.sendFrom); !ok || c.sendFrom == profile.None {
		return usage("--send-from %.40q: low, medium, high or critical", t.sendFrom)
	}
	switch {
	case c.concurrency < 1:
		return usage("--concurrency must be at least 1")
	case c.perHour < 0:
		return usage("--max-alerts-per-hour must not be negative")
	case !(c.budget > 0 && c.budget <= 1e6):
		return usage("--budget %v: how many alerts a day for 100 actors, more than 0", c.budget)
	case c.logFormat != "text" && c.logFormat != "json":
		return usage("--log-format %.40q: text or json", c.logFormat)
	case c.alertFormat != "text" && c.alertFormat != "json":
		return usage("--alert-format %.40q: text or json", c.alertFormat)
	}
	return c.checkTogether()
}

func (c *watchCommand) checkTogether() error {
	known := profile.Names()
	for _, list := range []struct {
		flag  string
		names []string
	}{{"always", c.always}, {"no-profile", c.off}} {
		for _, name := range list.names {
			if isDetection(name) && list.flag == "no-profile" {
				continue
			}
			if err := unknownName("profile", name, known); err != nil {
				return usage("--%s: %w", list.flag, err)
			}
		}
	}
	switch {
	case c.printConfig:
		return nil
	case c.dryRun && len(c.replay) == 0:
		return usage("--dry-run is about logs that are there: --replay SOURCE")
	case len(c.queues)+len(c.poll)+len(c.replay) == 0:
		return usage("nothing to watch: --queue URL, --poll SOURCE or --replay SOURCE")
	}
	for _, spec := range slices.Concat(c.poll, c.replay) {
		if strings.HasPrefix(spec, fromHistory) && len(c.poll) > 0 {
			return usage("--poll %s: the event history gives two answers a second; make a trail, and watch what it delivers", spec)
		}
	}
	return nil
}
