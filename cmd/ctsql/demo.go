package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/ctsql/ctsql/queries"
	"github.com/spf13/cobra"
)

// demoCommand is `ctsql demo`.
type demoCommand struct {
	dir    string
	events int
	places placesFlags
}

func newDemo() *cobra.Command {
	var c demoCommand
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make a trail, load it, and answer questions",
		Long: `Make a trail of four quiet weeks in which an access key is stolen, load it into
a cache of its own, and answer questions about it. Nothing else is touched. Where
its addresses are, which are nobody's, databases tell that it makes as well.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&c.dir, "dir", "", "the `FOLDER` for the trail and its cache (default ctsql/demo in the user's cache folder)")
	f.IntVar(&c.events, "events", 100_000, "how many events to make")
	c.places.add(f)
	return cmd
}

// made is a file that says that the demo's folder is the demo's.
const made = "made-by-ctsql-demo"

func (c *demoCommand) run(ctx context.Context) error {
	logs, path, err := c.prepare()
	if err != nil {
		return err
	}
	start := time.Now()
	config := synth.Config{Events: c.events}
	sum, err := synth.WriteDir(ctx, config, logs)
	if err != nil {
		return err
	}
	access, err := synth.WriteAccessDir(ctx, synth.AccessConfig{Config: config}, logs)
	if err != nil {
		return err
	}
	fmt.Printf("Made a trail of %s events and S3 access logs of %s requests in %s files, %s, in %.1f s.\n\n",
		count(sum.Events), count(access.Lines), count(fileCount(sum)+access.Files), size(sum.Compressed+access.Bytes), time.Since(start).Seconds())
	fmt.Printf("$ ctsql load --cache %s %s\n", shellWord(path), shellWord(logs))
	if err := c.load(ctx, path, logs); err != nil {
		return err
	}
	databases, err := geotest.WriteDemo(c.dir, time.Now())
	if err != nil {
		return err
	}
	c.places.databases = append(c.places.databases, databases...)
	if err := c.ask(ctx, path); err != nil {
		return err
	}
	ctsql, with := shellWord(os.Args[0]), "--cache "+shellWord(path)
	for _, name := range databases {
		with += " --geoip " + shellWord(name)
	}
	fmt.Printf(`Go on with questions of your own:

  %s query %s "select city(sourceIPAddress) as city, count(*) from cloudtrail group by 1 order by 2 desc limit 10"
  %[1]s status %[2]s

Then load your own logs: %[1]s load s3://BUCKET/PREFIX
`, ctsql, with)
	return nil
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+:@,", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// prepare makes the folder anew. One that the demo did not make is left alone.
func (c *demoCommand) prepare() (logs, path string, err error) {
	if c.dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			base = os.TempDir()
		}
		c.dir = filepath.Join(base, "ctsql", "demo")
	}
	mark := filepath.Join(c.dir, made)
	entries, err := os.ReadDir(c.dir)
	if err == nil && len(entries) > 0 {
		if _, err := os.Stat(mark); err != nil {
			return "", "", fmt.Errorf("%s: not empty, and not made by the demo\nhint: name another folder with --dir", c.dir)
		}
		if err := os.RemoveAll(c.dir); err != nil {
			return "", "", err
		}
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return "", "", err
	}
	return filepath.Join(c.dir, "logs"), filepath.Join(c.dir, "demo.duckdb"), nil
}

func fileCount(s synth.Summary) (n int) {
	for _, files := range s.Files {
		n += files
	}
	return n
}

func (c *demoCommand) load(ctx context.Context, path, logs string) error {
	tell := new(teller)
	made, err := source.New(ctx, logs, source.Options{})
	if err != nil {
		return err
	}
	return (&loadCommand{}).load(ctx, path, []*source.Source{made}, load.Options{Concurrency: 32, Report: tell.event, Progress: new(load.Progress)}, tell)
}

// ask asks the demo's questions.
func (c *demoCommand) ask(ctx context.Context, path string) (err error) {
	options := cache.SessionOptions{Path: path, Sandbox: true}
	c.places.use(&options, source.S3Options{})
	s, err := cache.OpenSession(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	out, err := (&queryCommand{format: "table"}).output()
	if err != nil {
		return err
	}
	for _, q := range queries.Demo() {
		fmt.Printf("\n%s\n\n%s\n\n", q.Title, indent(q.SQL))
		for _, st := range dialect.Split(q.SQL) {
			if err := (&queryCommand{}).answer(ctx, s, st, nil, out); err != nil {
				return located(q.Name, st, err)
			}
		}
	}
	fmt.Println()
	return nil
}

func indent(sql string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(sql), "\n", "\n  ")
}
