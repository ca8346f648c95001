package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/detect"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
	"github.com/spf13/cobra"
)

// detecting asks many detections and tells all of what they find as one table.
type detecting struct {
	query   *queryCommand
	session *cache.Session
	failed  int
}

// detections are those that --all names, each once, in the order of their names.
func (c *queryCommand) detections() (set []queries.Query, err error) {
	all, err := c.own.library()
	if err != nil {
		return nil, err
	}
	for _, pattern := range c.all {
		found, err := queries.Match(all, pattern)
		if err != nil {
			return nil, usage("--all: %w", err)
		}
		if len(found) == 0 {
			return nil, usage("--all %.100q: no detection has such a name", pattern)
		}
		set = append(set, found...)
	}
	slices.SortFunc(set, func(a, b queries.Query) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(set, func(a, b queries.Query) bool { return a.Name == b.Name }), nil
}

// detect asks all of a set.
func (c *queryCommand) detect(cmd *cobra.Command, args []string) (err error) {
	if len(args) > 0 || c.file != "" || c.name != "" {
		return usage("give either SQL, -f FILE, -n NAME or --all PATTERN")
	}
	if c.failOn != "" && !slices.Contains(queries.Severities(), c.failOn) {
		return usage("--fail-on %.40q: one of %s", c.failOn, strings.Join(queries.Severities(), ", "))
	}
	set, err := c.detections()
	if err != nil {
		return err
	}
	given, err := c.bounds()
	if err != nil {
		return err
	}
	if given, err = c.takenBy(set, given); err != nil {
		return err
	}
	out, err := c.output()
	if err != nil {
		return err
	}
	path, err := cachePath(cmd)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	ctx := cmd.Context()
	defer endsWith(ctx, out)()
	tell := new(teller)
	if len(c.from) > 0 {
		var remove func() error
		if path, remove, err = c.loaded(ctx, tell); err != nil {
			return errors.Join(err, out.discard())
		}
		defer func() { err = errors.Join(err, remove()) }()
	}
	options := cache.SessionOptions{Path: path, Open: unloaded(c.opening(tell), load.Options{Report: tell.event}), Sandbox: true}
	if err := c.sandbox.use(&options); err != nil {
		return errors.Join(err, out.discard())
	}
	c.places.use(&options, c.s3.S3Options)
	s, err := cache.OpenSession(ctx, options)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d := &detecting{query: c, session: s}
	if err := d.gather(ctx, set, given); err != nil {
		return errors.Join(err, out.discard())
	}
	found, err := d.tell(ctx, out)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	tell.end()
	if err := out.commit(); err != nil {
		return err
	}
	switch {
	case d.failed > 0 || tell.failed:
		return exitError(exitFailed)
	case found:
		return exitError(exitFindings)
	}
	return nil
}

// loaded loads what --from names into a cache that remove removes: else each of the
// detections would read all of it again.
func (c *queryCommand) loaded(ctx context.Context, tell *teller) (path string, remove func() error, err error) {
	sources, err := c.opening(tell).all(ctx, c.from)
	if err != nil {
		return "", nil, err
	}
	if len(sources) == 0 {
		return "", nil, exitError(exitFailed)
	}
	dir, err := os.MkdirTemp("", "ctsql-")
	if err != nil {
		return "", nil, err
	}
	remove = func() error { return os.RemoveAll(dir) }
	path = filepath.Join(dir, "cache.duckdb")
	o := load.Options{Concurrency: 32, Report: tell.event, Progress: new(load.Progress)}
	err = (&loadCommand{quiet: true}).load(ctx, path, sources, o, tell)
	var part exitError // something could not be read, and was told: the rest is asked
	if err != nil && (!errors.As(err, &part) || ctx.Err() != nil) {
		return "", nil, errors.Join(err, remove())
	}
	return path, remove, nil
}

// bounds are --since and --until as values of parameters.
func (c *queryCommand) bounds() (given []string, err error) {
	now := time.Now()
	for _, bound := range []struct{ name, text string }{{"since", c.since}, {"until", c.until}} {
		if bound.text == "" {
			continue
		}
		at, err := parseWhen(bound.text, now)
		if err != nil {
			return nil, usage("--%s: %v", bound.name, err)
		}
		given = append(given, bound.name+"="+at.UTC().Format("2006-01-02T15:04:05Z"))
	}
	return given, nil
}

// takenBy checks that each value that --param gives is of a parameter that one of the
// set has, and adds them to those given.
func (c *queryCommand) takenBy(set []queries.Query, given []string) ([]string, error) {
	for _, p := range c.params {
		name, _, ok := strings.Cut(strings.TrimPrefix(p, "$"), "=")
		if !ok || name == "" {
			return nil, usage("--param %q: write NAME=VALUE", p)
		}
		if !slices.ContainsFunc(set, func(q queries.Query) bool { return detect.HasParameter(q, name) }) {
			return nil, usage("--param %s: no detection has a parameter $%[1]s", name)
		}
		given = append(given, p)
	}
	return given, nil
}

// gather asks each detection, and tells which were left out and which failed.
func (d *detecting) gather(ctx context.Context, set []queries.Query, given []string) error {
	places := d.query.places.options(d.query.s3.S3Options)
	has := detect.Places{GeoIP: len(places.GeoIP) > 0, Tor: len(places.Tor) > 0, Ranges: len(places.Ranges) > 0}
	out, err := detect.Gather(ctx, d.session, set, detect.Options{Given: given, Has: has})
	for _, f := range out.Failed {
		d.failed++
		fmt.Fprintf(os.Stderr, "ctsql: %s: %s\n", render.Clean(f.Name), render.CleanLines(f.Err.Error()))
	}
	for _, s := range out.Skipped {
		fmt.Fprintf(os.Stderr, "ctsql: skipped, for there %s: %s\n", s.Lack, render.Clean(strings.Join(s.Names, ", ")))
	}
	return err
}

// tell writes what was found, the worst first, and says whether something is as bad as
// --fail-on says.
func (d *detecting) tell(ctx context.Context, out *output) (found bool, err error) {
	var columns []string
	for _, c := range append(queries.Columns(), queries.Column{Name: "query"}) {
		columns = append(columns, duck.Ident(c.Name))
	}
	statement := fmt.Sprintf("SELECT %s FROM %s ORDER BY %s", strings.Join(columns, ", "), detect.Table, detect.WorstFirst())
	if err := d.query.answer(ctx, d.session, dialect.Statement{Text: statement}, nil, out); err != nil {
		return false, err
	}
	if d.query.failOn == "" {
		return false, nil
	}
	return d.any(ctx, fmt.Sprintf("SELECT 1 FROM %s WHERE severity IN (%s) LIMIT 1", detect.Table, detect.Severities(d.query.failOn)))
}

// any says whether a statement yields a row.
func (d *detecting) any(ctx context.Context, statement string) (bool, error) {
	a, err := d.session.Run(ctx, statement, nil, render.CopyOptions)
	if err != nil {
		return false, err
	}
	n, err := io.Copy(io.Discard, a.Result)
	return n > 0, errors.Join(err, a.Close())
}
