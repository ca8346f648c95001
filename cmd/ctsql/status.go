package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/spf13/cobra"
)

// statusCommand is `ctsql status`.
type statusCommand struct {
	s3     s3Flags
	places placesFlags
	asJSON bool
}

// A status is what it tells.
type status struct {
	cache.Status
	Places []placesFile `json:"places"`
}

func newStatus() *cobra.Command {
	var c statusCommand
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what is in the cache, and which databases of places are in use",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	f := cmd.Flags()
	f.BoolVar(&c.asJSON, "json", false, "as JSON")
	c.s3.add(f)
	c.places.add(f)
	return cmd
}

func (c *statusCommand) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	path, err := cachePath(cmd)
	if err != nil {
		return err
	}
	var st status
	if st.Status, err = cacheStatus(ctx, path); err != nil {
		return err
	}
	st.Places = c.places.look(ctx, c.s3.S3Options)
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(st)
	} else {
		err = printStatus(os.Stdout, st)
	}
	if err == nil && unusable(st.Places) {
		err = exitError(exitFailed)
	}
	return err
}

func cacheStatus(ctx context.Context, path string) (st cache.Status, err error) {
	s, err := cache.OpenSession(ctx, cache.SessionOptions{Path: path})
	if err != nil {
		return st, err
	}
	st, err = s.Status(ctx)
	if closing := s.Close(); err == nil {
		err = closing
	}
	return st, err
}

func printStatus(w io.Writer, st status) error {
	if !st.Exists {
		if _, err := fmt.Fprintf(w, "no cache yet: %s\nhint: ctsql load SOURCE\n", render.Clean(st.Cache)); err != nil {
			return err
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(tw, "%s\t%s\n", name, value) }
	if st.Exists {
		cacheRows(row, st.Status)
	}
	hints := placesRows(row, st.Places)
	row("engine", "DuckDB "+st.Engine)
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, hint := range hints {
		if _, err := fmt.Fprintln(w, render.CleanLines(hint)); err != nil {
			return err
		}
	}
	return nil
}

func cacheRows(row func(name, value string), st cache.Status) {
	row("cache", fmt.Sprintf("%s (%s)", render.Clean(st.Cache), size(st.Size)))
	row("events", count(st.Events))
	if st.First != nil && st.Last != nil {
		row("time range", st.First.UTC().Format(time.RFC3339)+" to "+st.Last.UTC().Format(time.RFC3339))
	}
	if st.Aggregated > 0 {
		row("summaries", count(st.Aggregated)+" (table aggregated)")
	}
	if r := st.Requests; r.Rows > 0 {
		row("requests", fmt.Sprintf("%s to %s buckets (table s3logs)", count(r.Rows), count(len(r.Buckets))))
		if r.First != nil && r.Last != nil {
			row("", r.First.UTC().Format(time.RFC3339)+" to "+r.Last.UTC().Format(time.RFC3339))
		}
	}
	row("accounts", names(st.Accounts))
	row("regions", names(st.Regions))
	o := st.Objects
	objects := fmt.Sprintf("%s loaded, %s skipped (no logs)", count(o.Loaded), count(o.Skipped))
	if o.Partly > 0 {
		objects += fmt.Sprintf(", %s loaded in part (under a filter)", count(o.Partly))
	}
	row("objects", objects)
	row("damaged", fmt.Sprintf("%s records in %s objects", count(st.Damaged), count(o.Damaged)))
	if st.LastLoad != nil {
		row("last load", st.LastLoad.UTC().Format(time.RFC3339)+" by "+render.Clean(st.LastBy))
	}
}

// placesRows returns what to do about what is missing or cannot be used.
func placesRows(row func(name, value string), files []placesFile) (hints []string) {
	if !slices.ContainsFunc(files, func(p placesFile) bool { return p.flag == "geoip" }) {
		row("geoip", "none: nothing tells the place or network of an address")
		_, hint, _ := strings.Cut(geoip.ErrNoCity.Error(), "\n")
		hints = append(hints, hint)
	}
	for _, p := range files {
		first, hint, _ := strings.Cut(p.String(), "\n")
		row(p.flag, render.Clean(first))
		for _, note := range p.Notes {
			row("", "note: "+render.Clean(note))
		}
		if hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	return hints
}

// names lists what came from logs: it is shown, not obeyed.
func names(list []string) string {
	const most = 20
	more := ""
	if len(list) > most {
		more = fmt.Sprintf(" … and %d more", len(list)-most)
		list = list[:most]
	}
	return render.Clean(strings.Join(list, ", ")) + more
}
