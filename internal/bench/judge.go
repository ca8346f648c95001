package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ctsql/ctsql/internal/synth"
	"github.com/ctsql/ctsql/queries"
)

// judge is the first argument of this program when it counts what detections find.
const judge = "judge"

// A judged is a log, and how often each detection cries over it.
type judged struct {
	events int64
	of     map[[2]string]int // findings by detection and severity
}

// judgeLogs writes how many findings each detection has in 10,000 events of the logs in
// a folder; without one, in the quiet weeks of a generated trail, before its theft,
// where each finding is a false alarm, but for rare records that are there on purpose.
func judgeLogs(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	f := flag.NewFlagSet(judge, flag.ContinueOnError)
	f.SetOutput(stderr)
	given := f.String("ctsql", "", "ask this `program` instead of building it")
	events := f.Int("events", 100_000, "size of the generated trail")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 1 {
		return errors.New("one folder of logs, or none")
	}
	tmp, err := os.MkdirTemp("", "ctsql-judge-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	ctsql, err := program(ctx, *given, tmp)
	if err != nil {
		return err
	}
	dir, places, until := f.Arg(0), []string(nil), ""
	if dir == "" {
		dir = filepath.Join(tmp, "trail")
		if places, until, err = quietWeeks(ctx, dir, *events); err != nil {
			return err
		}
	}
	flags := places
	if until != "" {
		flags = slices.Concat(places, []string{"--until", until})
	}
	j, err := askOf(ctx, ctsql, filepath.Join(tmp, "cache.duckdb"), dir, flags, stderr)
	if err != nil {
		return err
	}
	if err := j.write(stdout); err != nil {
		return err
	}
	return watchOf(ctx, ctsql, dir, places, stdout)
}

// watchOf writes which alerts a watch of the logs would send: of the generated trail that
// is its theft as well.
func watchOf(ctx context.Context, ctsql, dir string, places []string, stdout io.Writer) error {
	fmt.Fprintf(stdout, "\nctsql watch --dry-run --replay, all of the logs:\n\n")
	watch := exec.CommandContext(ctx, ctsql, append([]string{"watch", "--dry-run", "--replay", dir, "--config", os.DevNull}, places...)...)
	var told bytes.Buffer
	watch.Stdout, watch.Stderr = stdout, &told
	if err := watch.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, told.Bytes())
	}
	return nil
}

// quietWeeks makes a trail below dir, and returns flags for its places, and the day of its
// theft, before which nothing happens.
func quietWeeks(ctx context.Context, dir string, events int) (places []string, until string, err error) {
	cfg := synth.Config{Events: events}
	if _, err := synth.WriteDir(ctx, cfg, dir); err != nil {
		return nil, "", err
	}
	story, err := cfg.Story()
	if err != nil {
		return nil, "", err
	}
	places, err = writePlaced(filepath.Dir(dir))
	return places, story.First.Format("2006-01-02"), err
}

// askOf loads the logs into a cache and asks all detections of it.
func askOf(ctx context.Context, ctsql, cache, dir string, flags []string, stderr io.Writer) (j judged, err error) {
	load := exec.CommandContext(ctx, ctsql, "load", "--quiet", "--cache", cache, dir)
	load.Stderr = stderr
	var exit *exec.ExitError
	if err := load.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // of what is damaged it was told
		return j, fmt.Errorf("%s: %w", dir, err)
	}
	count := "select count(*) from cloudtrail"
	if i := slices.Index(flags, "--until"); i >= 0 {
		count += " where eventTime < TIMESTAMP '" + flags[i+1] + "'"
	}
	_, text, err := runProcess(ctx, ctsql, "query", "--cache", cache, "--format", "csv", count)
	if err != nil {
		return j, err
	}
	if _, j.events, err = counts(text); err != nil {
		return j, err
	}
	ask := exec.CommandContext(ctx, ctsql, append([]string{"query", "--cache", cache, "--format", "json", "--all", "detect/*"}, flags...)...)
	ask.Stderr = stderr
	if text, err = ask.Output(); err != nil {
		return j, err
	}
	var found []struct{ Query, Severity string }
	if err := json.Unmarshal(text, &found); err != nil {
		return j, err
	}
	j.of = map[[2]string]int{}
	for _, f := range found {
		j.of[[2]string{f.Query, f.Severity}]++
	}
	return j, nil
}

// write writes the table, the most findings first.
func (j judged) write(w io.Writer) error {
	if j.events == 0 {
		return errors.New("there are no events")
	}
	rate := func(n int) string { return fmt.Sprintf("%.2f", float64(n)*10_000/float64(j.events)) }
	var rows [][2]string
	names, bySeverity, total := map[string]bool{}, map[string]int{}, 0
	for row, n := range j.of {
		rows = append(rows, row)
		names[row[0]] = true
		bySeverity[row[1]] += n
		total += n
	}
	slices.SortFunc(rows, func(a, b [2]string) int {
		return cmp.Or(j.of[b]-j.of[a], strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(out, "detection\tseverity\tfindings\tin 10,000 events\n")
	for _, row := range rows {
		fmt.Fprintf(out, "%s\t%s\t%d\t%s\n", row[0], row[1], j.of[row], rate(j.of[row]))
	}
	for _, severity := range slices.Backward(queries.Severities()) {
		fmt.Fprintf(out, "all\t%s\t%d\t%s\n", severity, bySeverity[severity], rate(bySeverity[severity]))
	}
	fmt.Fprintf(out, "all\t\t%d\t%s\n", total, rate(total))
	known := 0
	for _, q := range queries.All() {
		if q.Detects() {
			known++
		}
	}
	fmt.Fprintf(out, "\n%d events; %d of %d detections found something.\n", j.events, len(names), known)
	return out.Flush()
}
