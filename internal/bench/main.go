// Command bench measures ctsql beside what it is compared with, on generated logs
// and in one run: loading a trail against DuckDB's own read_json, against gunzip
// alone and against inserting alone; questions over logs that nobody loaded; how
// long a person waits for a small answer; the same of S3 access logs, against
// DuckDB's regexp_extract; what functions of places and actors add to a question;
// what verifying adds to a load; how long the page of who somebody is takes;
// each question of the library; and how fast a watch judges. As bench judge it counts what detections find.
//
// Each measurement is a process of its own, so that wall time, CPU time (user
// and system) and peak memory are what the system says of that process. They
// take turns, A B C A B C, so that a machine that grows slower does so for all.
// Each that writes does so into a new file in a folder that is removed.
//
// The logs lie in ctsql-bench in the user's cache folder and are made once; those of
// another size, or by another generator, have a folder of their own. It is
// safe to delete. Nothing else is kept, and no figure fails a run: only a
// measurement that does not work does, or one that counts other rows than the
// log has.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: it returns what to exit with.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == measured {
		if err := measuredProcess(ctx, args[1:], stdout); err != nil {
			fmt.Fprintf(stderr, "bench %s: %v\n", strings.Join(args, " "), err)
			return 1
		}
		return 0
	}
	if len(args) > 0 && args[0] == judge {
		switch err := judgeLogs(ctx, args[1:], stdout, stderr); {
		case errors.Is(err, flag.ErrHelp):
			return 0
		case err != nil:
			fmt.Fprintf(stderr, "bench judge: %v\n", err)
			return 1
		}
		return 0
	}
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "bench: %v\nhint: go run ./internal/bench -help\n", err)
		return 2
	}
	if err := bench(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}

// options are the flags.
type options struct {
	events int
	runs   int
	dir    string // for the logs
	ctsql  string // the program; built if empty
	only   []string
	each   int // of the library's questions in each folder; 0 is all
}

// parts are what -only picks from.
var parts = []string{"load", "from", "query", "triage", "s3logs", "places", "verify", "shell", "queries", "watch"}

func parse(args []string, stderr io.Writer) (o options, err error) {
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(io.Discard) // an error is told by who called
	f.IntVar(&o.events, "events", 1_000_000, "size of the trail, and lines of the access log")
	f.IntVar(&o.runs, "runs", 3, "how often each is measured")
	f.StringVar(&o.dir, "dir", "", "where the logs are (default ctsql-bench in the user's cache folder)")
	f.StringVar(&o.ctsql, "ctsql", "", "measure this `program` instead of building it")
	f.IntVar(&o.each, "each", 0, "how many of the queries of each folder; 0 is all")
	f.StringVar(&only, "only", strings.Join(parts, ","), "which `parts` to measure")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			f.SetOutput(stderr)
			f.Usage()
		}
		return o, err
	}
	o.only = strings.Split(only, ",")
	for _, p := range o.only {
		if !slices.Contains(parts, p) {
			return o, fmt.Errorf("-only %s: the parts are %s", p, strings.Join(parts, ", "))
		}
	}
	if f.NArg() > 0 || o.runs < 1 {
		return o, errors.New("no arguments, and at least one run")
	}
	return o, nil
}

// bench measures, and writes the table.
func bench(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	say := func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
	tmp, err := os.MkdirTemp("", "ctsql-bench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	s := &suite{tmp: tmp, options: o, say: say}
	if s.self, err = os.Executable(); err != nil {
		return err
	}
	if s.ctsql, err = program(ctx, o.ctsql, tmp); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	for i := range o.runs {
		say("run %d of %d", i+1, o.runs)
		if err := s.round(ctx); err != nil {
			return err
		}
	}
	return s.report(ctx, stdout)
}
