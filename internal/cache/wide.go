package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// wideSchema holds views of the log tables' names, with the columns that Athena's and
// CloudTrail Lake's tables have beside the record's. They are made when a statement
// first needs them, so that SELECT * has the record's columns only.
const wideSchema = "athena"

// trailFolder matches the name of a log object in CloudTrail's layout: account, kind,
// region, year, month and day. What lies elsewhere is told by the record.
var trailFolder = fmt.Sprintf("/([^/]+)/(%s)/([^/]+)/([0-9]{4})/([0-9]{2})/([0-9]{2})/[^/]+$",
	strings.Join([]string{cloudtrail.KindEvents, cloudtrail.KindNetworkActivity, cloudtrail.KindInsight}, "|"))

// accessFolder is that of an access log by date.
const accessFolder = "/()()()([0-9]{4})/([0-9]{2})/([0-9]{2})/[^/]+$"

// A wideColumn is one of the columns that only the wider table has.
type wideColumn struct{ name, value string }

// partition is what a folder of the object's name says, or else an expression.
func partition(folder string, group int, otherwise string) string {
	return fmt.Sprintf("coalesce(nullif(system.main.regexp_extract(sourceObject, %s, %d), ''), %s)", duck.Quote(folder), group, otherwise)
}

// dates are the columns of a date: of the folder, and else of a time.
func dates(folder, at string) []wideColumn {
	year := partition(folder, 4, fmt.Sprintf("strftime(%s, '%%Y')", at))
	month := partition(folder, 5, fmt.Sprintf("strftime(%s, '%%m')", at))
	day := partition(folder, 6, fmt.Sprintf("strftime(%s, '%%d')", at))
	date := fmt.Sprintf("%s || '/' || %s || '/' || %s", year, month, day)
	return []wideColumn{
		{"$path", "sourceObject"}, {"year", year}, {"month", month}, {"day", day},
		{"timestamp", date}, {"dt", date}, {"date_partition", date},
	}
}

// wideColumns are what is added to each table.
func wideColumns() map[string][]wideColumn {
	account, region := partition(trailFolder, 1, "recipientAccountId"), partition(trailFolder, 3, "awsRegion")
	return map[string][]wideColumn{
		cloudtrail.Events.Name: append(dates(trailFolder, cloudtrail.Events.Time),
			wideColumn{"region", region}, wideColumn{"region_partition", region},
			wideColumn{"account_id", account}, wideColumn{"account", account}, wideColumn{"account_partition", account},
			wideColumn{"eventJson", eventJSON()},
			// It is of CloudTrail Lake's own text of the event.
			wideColumn{"eventJsonChecksum", "CAST(NULL AS VARCHAR)"}),
		cloudtrail.Requests.Name: append(dates(accessFolder, cloudtrail.Requests.Time),
			wideColumn{"bucket", "bucket_name"}),
	}
}

// eventJSON is the record again, but for members that are null.
func eventJSON() string {
	var members []string
	for _, c := range cloudtrail.Events.Columns {
		value := duck.Ident(c.Name)
		switch {
		case c.Name == "extra" || c.Kind == cloudtrail.Origin || c.Kind == cloudtrail.Index:
			continue
		case c.Kind == cloudtrail.JSON:
			value = "CAST(" + value + " AS JSON)"
		case c.Kind == cloudtrail.Time:
			value = "strftime(" + value + ", '%Y-%m-%dT%H:%M:%SZ')"
		}
		members = append(members, duck.Quote(c.Name)+", "+value)
	}
	return fmt.Sprintf("CAST(json_merge_patch(json_merge_patch('{}', coalesce(CAST(extra AS JSON), '{}')), json_object(%s)) AS VARCHAR)", strings.Join(members, ", "))
}

// makeWide makes the wider views, of the views that a person sees.
func (s *Session) makeWide(ctx context.Context) error {
	if s.wideViews {
		return nil
	}
	if err := s.conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS memory."+wideSchema); err != nil {
		return err
	}
	for table, columns := range wideColumns() {
		var list []string
		for _, c := range columns {
			list = append(list, c.value+" AS "+duck.Ident(c.name))
		}
		view := fmt.Sprintf("CREATE OR REPLACE VIEW memory.%s.%s AS SELECT *, %s FROM memory.main.%[2]s", wideSchema, table, strings.Join(list, ", "))
		if err := s.conn.Exec(ctx, view); err != nil {
			return err
		}
	}
	s.wideViews = true
	return nil
}

// settings are what widen changes, as they were.
type settings struct {
	path    string
	casting bool
}

// widen has names mean the wider tables, and a text that is compared with a time be
// cast to one, until narrow.
func (s *Session) widen(ctx context.Context) error {
	if err := s.makeWide(ctx); err != nil {
		return err
	}
	var before settings
	if err := s.conn.One(ctx, "SELECT current_setting('search_path'), current_setting('old_implicit_casting')", &before.path, &before.casting); err != nil {
		return err
	}
	s.before = &before
	path := before.path
	if path == "" {
		path = "memory.main"
	}
	return errors.Join(
		s.conn.Exec(ctx, "SET search_path = "+duck.Quote("memory."+wideSchema+","+path)),
		s.conn.Exec(ctx, "SET old_implicit_casting = true"))
}

// narrow takes back what widen did.
func (s *Session) narrow(ctx context.Context) error {
	if s.before == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	err := errors.Join(
		s.conn.Exec(ctx, "SET search_path = "+duck.Quote(s.before.path)),
		s.conn.Exec(ctx, fmt.Sprintf("SET old_implicit_casting = %t", s.before.casting)))
	s.before = nil
	return err
}
