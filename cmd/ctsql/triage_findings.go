package main

import (
	"context"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/detect"
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
		d := &detecting{query: &queryCommand{s3: sourceFlags{s3Flags: c.s3}, places: c.places}, session: s}
		if err := d.gather(ctx, set, []string{"since=" + since.UTC().Format(second), "until=" + until.UTC().Format(second)}); err != nil {
			return nil, err
		}
		found, err := detect.Findings(ctx, s)
		for _, f := range found {
			told := triage.Finding{Detection: f.Detection, Severity: f.Severity, Why: f.Why, EventID: f.EventID}
			if f.Timed {
				at := time.UnixMicro(f.Time).UTC()
				told.At = &at
			}
			all = append(all, told)
		}
		return all, err
	}
}
