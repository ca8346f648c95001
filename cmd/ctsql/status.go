package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/spf13/cobra"
)

func newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what is in the cache",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			path, err := cachePath(cmd)
			if err != nil {
				return err
			}
			s, err := cache.OpenSession(cmd.Context(), cache.SessionOptions{Path: path})
			if err != nil {
				return err
			}
			st, err := s.Status(cmd.Context())
			if closing := s.Close(); err == nil {
				err = closing
			}
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(os.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(st)
			}
			return printStatus(os.Stdout, st)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func printStatus(w io.Writer, st cache.Status) error {
	if !st.Exists {
		_, err := fmt.Fprintf(w, "no cache yet: %s\nhint: ctsql load SOURCE\n", render.Clean(st.Cache))
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) { fmt.Fprintf(tw, "%s\t%s\n", name, value) }
	row("cache", fmt.Sprintf("%s (%s)", render.Clean(st.Cache), size(st.Size)))
	row("events", count(st.Events))
	if st.First != nil && st.Last != nil {
		row("time range", st.First.UTC().Format(time.RFC3339)+" to "+st.Last.UTC().Format(time.RFC3339))
	}
	if st.Aggregated > 0 {
		row("summaries", count(st.Aggregated)+" (table aggregated)")
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
	row("engine", "DuckDB "+st.Engine)
	return tw.Flush()
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
