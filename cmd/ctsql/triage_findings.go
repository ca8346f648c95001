package main

import (
	"context"
	"strconv"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/triage"
	"github.com/ctsql/ctsql/queries"
)

// findings asks the detections that come with ctsql what they find between two times.
func (c *triageCommand) findings(s *cache.Session) func(context.Context, time.Time, time.Time) ([]triage.Finding, error) {
	return func(ctx context.Context, since, until time.Time) (all []triage.Finding, err error) {
		const second = "2006-01-02T15:04:05Z"
		set, err := queries.Match(queries.All(), "detect/*")
		if err != nil {
			return nil, err
		}
		d := &detecting{query: &queryCommand{s3: sourceFlags{s3Flags: c.s3}, places: c.places}, session: s, lacks: map[string]string{}}
		if err := d.gather(ctx, set, []string{"since=" + since.UTC().Format(second), "until=" + until.UTC().Format(second)}); err != nil {
			return nil, err
		}
		err = triageAsker{s}.Ask(ctx, "SELECT query, severity, epoch_us(time), why, eventID FROM temp."+findingsTable+
			" ORDER BY list_position(["+severityList("")+"], severity), time, query, eventID, why", nil, func(cells []render.Cell) error {
			f := triage.Finding{Detection: string(cells[0].Text), Severity: string(cells[1].Text), Why: string(cells[3].Text), EventID: string(cells[4].Text)}
			if at, ok := microseconds(cells[2]); ok {
				f.At = &at
			}
			all = append(all, f)
			return nil
		})
		return all, err
	}
}

// microseconds is a time that is told in them, since 1970.
func microseconds(c render.Cell) (time.Time, bool) {
	n, err := strconv.ParseInt(string(c.Text), 10, 64)
	return time.UnixMicro(n).UTC(), err == nil
}
