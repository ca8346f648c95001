package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/watch"
	"github.com/spf13/cobra"
)

// alertsCommand is `ctsql alerts`.
type alertsCommand struct {
	state stateFlag

	severity, since string
	all             bool
	limit           int
	until, reason   string
	asJSON          bool
	show            queryCommand // how rows are laid out
}

func newAlerts() *cobra.Command {
	var c alertsCommand
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "List the alerts of ctsql watch, show one, and answer it",
		Long: `List the alerts of ctsql watch, show one, and answer it, while it runs or not. The
beginning of an ID is enough where no other begins so.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use: "list", Short: "List alerts, the latest first", Args: arguments(cobra.NoArgs), PreRunE: settle,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.list(cmd) },
	}
	f := list.Flags()
	f.StringVar(&c.severity, "severity", "medium", "only alerts of this `SEVERITY` and above: low, medium, high or critical")
	f.StringVar(&c.since, "since", "", "only alerts of days from this `TIME` on: a date, or 7d ago")
	f.BoolVar(&c.all, "all", false, "also those that were answered")
	f.IntVar(&c.limit, "limit", 100, "at most `N`; 0 is all")
	f.StringVar(&c.show.format, "format", "", "table, csv, json, ndjson, markdown or vertical (default table on a terminal, else csv)")
	show := &cobra.Command{
		Use: "show ID", Short: "Show an alert whole", Args: arguments(cobra.ExactArgs(1)), PreRunE: settle,
		RunE: func(cmd *cobra.Command, args []string) error { return c.showOne(cmd, args[0]) },
	}
	show.Flags().BoolVar(&c.asJSON, "json", false, "as JSON")
	ack := &cobra.Command{
		Use: "ack ID", Short: "Say that an alert was looked at, and that what was new in it is normal", Args: arguments(cobra.ExactArgs(1)), PreRunE: settle,
		RunE: func(cmd *cobra.Command, args []string) error { return c.ack(cmd, args[0]) },
	}
	ack.Flags().StringVar(&c.reason, "reason", "", "why, for who reads it later: a `TEXT`")
	allow := &cobra.Command{
		Use: "allow ID", Short: "Tell no more of what is in an alert, if the same actor does it", Args: arguments(cobra.ExactArgs(1)), PreRunE: settle,
		RunE: func(cmd *cobra.Command, args []string) error { return c.allow(cmd, args[0]) },
	}
	allow.Flags().StringVar(&c.reason, "reason", "", "why, for who reads it later: a `TEXT`")
	allow.Flags().StringVar(&c.until, "until", "", "until this `DATE`, not with it (default for ever)")
	for _, sub := range []*cobra.Command{list, show, ack, allow} {
		c.state.add(sub.Flags())
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *alertsCommand) desk() (*watch.Desk, error) {
	path, err := c.state.file()
	if err != nil {
		return nil, err
	}
	return watch.NewDesk(path, time.Now), nil
}

// list prints alerts as a query's rows are printed.
func (c *alertsCommand) list(cmd *cobra.Command) error {
	least, ok := profile.ParseSeverity(c.severity)
	if !ok {
		return usage("--severity %.40q: low, medium, high or critical", c.severity)
	}
	since, _, err := parseWindow(c.since, "", time.Now())
	if err != nil {
		return err
	}
	filter := watch.AlertFilter{Severity: least}
	if !c.all {
		filter.Status = watch.Open
	}
	desk, err := c.desk()
	if err != nil {
		return err
	}
	alerts, err := desk.Alerts(cmd.Context(), filter)
	if err != nil {
		return err
	}
	alerts = slices.DeleteFunc(alerts, func(a watch.Alert) bool { return a.Day.Start().Before(since.Truncate(24 * time.Hour)) })
	more := 0
	if c.limit > 0 && len(alerts) > c.limit {
		more = len(alerts) - c.limit
		alerts = alerts[:c.limit]
	}
	out, err := c.show.output()
	if err != nil {
		return err
	}
	if err := writeAlerts(out, out.format, alerts, out.options); err != nil {
		return err
	}
	if more > 0 {
		fmt.Fprintf(os.Stderr, "ctsql: … and %s more: --limit 0 lists all\n", count(more))
	}
	return out.commit()
}

// alertColumns are what is listed of an alert: for people the first of them, and of
// profiles the first ones.
var alertColumns = []render.Column{
	{Name: "id", Type: "VARCHAR"}, {Name: "day", Type: "DATE"}, {Name: "severity", Type: "VARCHAR"}, {Name: "score", Type: "DOUBLE"},
	{Name: "status", Type: "VARCHAR"}, {Name: "account", Type: "VARCHAR"}, {Name: "actor", Type: "VARCHAR"}, {Name: "profiles", Type: "VARCHAR[]"},
	{Name: "first", Type: "TIMESTAMP"}, {Name: "last", Type: "TIMESTAMP"},
	{Name: "final", Type: "BOOLEAN"}, {Name: "sent", Type: "VARCHAR"}, {Name: "sentAt", Type: "TIMESTAMP"},
}

const (
	shownColumns  = 8 // of alertColumns in a table
	shownProfiles = 3 // of an alert in a table
)

// writeAlerts lays alerts out.
func writeAlerts(w io.Writer, f render.Format, alerts []watch.Alert, o render.Options) error {
	columns, short := slices.Clone(alertColumns), f == render.Table || f == render.Markdown
	if short {
		columns = columns[:shownColumns]
		columns[shownColumns-1].Type = "VARCHAR"
	}
	var rows []byte
	for i := range alerts {
		a := &alerts[i]
		at := func(t time.Time) any {
			if t.IsZero() {
				return nil
			}
			return t.UTC().Format(time.DateTime)
		}
		var sent any
		if a.Sent != profile.None {
			sent = a.Sent.String()
		}
		profiles, err := profilesText(a.Profiles, short)
		if err != nil {
			return err
		}
		cells := []any{a.ID, a.Day.Start().Format(time.DateOnly), a.Severity.String(), fmt.Sprintf("%.1f", a.Score), a.Status, a.Account, a.Root, profiles,
			at(time.UnixMicro(a.First)), at(time.UnixMicro(a.Last)), strconv.FormatBool(a.Final), sent, at(a.SentAt)}
		rows = appendRow(rows, cells[:len(columns)]...)
	}
	_, err := render.Write(w, f, columns, bytes.NewReader(rows), o)
	return err
}

// profilesText are names as JSON, or the first of them for people.
func profilesText(names []string, short bool) (string, error) {
	if !short {
		text, err := json.Marshal(names)
		return string(text), err
	}
	more := ""
	if n := len(names) - shownProfiles; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
		names = names[:shownProfiles]
	}
	return strings.Join(names, ", ") + more, nil
}

// appendRow appends cells, texts or nil for NULL.
func appendRow(to []byte, cells ...any) []byte {
	for i, c := range cells {
		if i > 0 {
			to = append(to, ',')
		}
		if text, ok := c.(string); ok {
			to = append(to, '"')
			to = append(to, strings.ReplaceAll(text, `"`, `""`)...)
			to = append(to, '"')
		}
	}
	return append(to, '\n')
}

// showOne prints an alert as it was told, and what became of it.
func (c *alertsCommand) showOne(cmd *cobra.Command, id string) error {
	desk, err := c.desk()
	if err != nil {
		return err
	}
	a, err := desk.Alert(cmd.Context(), id)
	if err != nil {
		return err
	}
	told := wording(c.state.text, "").Message(&a.Story, profile.None, time.Now())
	if c.asJSON {
		_, err := fmt.Printf("%s\n", told.JSON)
		return err
	}
	if _, err := fmt.Printf("%s\n\n%s\n\n", told.Subject, strings.TrimRight(told.Text, "\n")); err != nil {
		return err
	}
	return printStanding(os.Stdout, &a)
}

// printStanding says what became of an alert.
func printStanding(w io.Writer, a *watch.Alert) error {
	sent := "not sent: it is below --send-from, or of the time of learning"
	if a.Sent != profile.None {
		sent = "sent as " + a.Sent.String() + " on " + a.SentAt.UTC().Format(time.RFC3339)
	}
	status := "nobody has answered it: ctsql alerts ack " + a.ID
	if a.Status != watch.Open {
		status = a.Status + " on " + a.AnsweredAt.UTC().Format(time.RFC3339)
		if a.Reason != "" {
			status += ": " + render.Clean(a.Reason)
		}
	}
	day := "its day is over"
	if !a.Final {
		day = "its day is open: more may come"
	}
	_, err := fmt.Fprintf(w, "%s; %s; %s\n", sent, day, status)
	return err
}

func (c *alertsCommand) ack(cmd *cobra.Command, id string) error {
	desk, err := c.desk()
	if err != nil {
		return err
	}
	a, err := desk.Ack(cmd.Context(), id, c.reason)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%s of %s, %s: acked; what was new in it is normal from now on\n", a.ID, a.Day.Start().Format(time.DateOnly), render.Clean(a.Root))
	return err
}

func (c *alertsCommand) allow(cmd *cobra.Command, id string) error {
	if strings.TrimSpace(c.reason) == "" {
		return usage("--reason: say why, for who reads it next year")
	}
	var until time.Time
	if c.until != "" {
		var err error
		if until, err = time.Parse(time.DateOnly, c.until); err != nil {
			return usage("--until %.40q: write a date such as 2027-01-31", c.until)
		}
	}
	desk, err := c.desk()
	if err != nil {
		return err
	}
	a, list, err := desk.Allow(cmd.Context(), id, until, c.reason)
	if err != nil {
		return err
	}
	for _, one := range list {
		end := "for ever"
		if !one.Until.IsZero() {
			end = "until " + one.Until.Format(time.DateOnly)
		}
		if _, err := fmt.Printf("%s: allowed %s: %s %s of %s\n", a.ID, end, one.Profile, render.Clean(one.Value), render.Clean(one.Actor)); err != nil {
			return err
		}
	}
	return nil
}
