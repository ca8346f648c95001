package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/watch"
	"github.com/spf13/cobra"
)

// rehearse says which alerts would have been sent of what --replay names. All that is
// kept meanwhile is in a temporary folder.
func (c *watchCommand) rehearse(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	dir, err := os.MkdirTemp("", "ctsql-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	trial := *c
	trial.stateFile, trial.cache = filepath.Join(dir, "state.db"), filepath.Join(dir, "cache.duckdb")
	trial.queues, trial.poll, trial.topic, trial.alerts = nil, nil, "", nil
	w := &watching{c: &trial, log: newLog(os.Stderr, c.logFormat), metrics: newWatchMetrics(), fatal: make(chan error, 1)}
	if err := w.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.learnFrom(ctx); err != nil {
		return err
	}
	alerts, err := w.state.Alerts(ctx, watch.AlertFilter{Severity: c.sendFrom})
	if err != nil {
		return err
	}
	slices.Reverse(alerts) // as they would have come
	return printRehearsal(os.Stdout, alerts, w.span(c.learn))
}

// A span is the days of which alerts would have been told.
type span struct{ first, last profile.Day }

func (s span) days() int { return max(int(s.last-s.first)+1, 0) }

// span are the days after those on which nothing is told.
func (w *watching) span(learn time.Duration) span {
	const day = 24 * time.Hour
	first := profile.Day(w.firstDay.Load())
	return span{first + profile.Day((learn+day-1)/day), profile.DayOf(w.watermark.Load())}
}

// printRehearsal prints the alerts, and what each profile costs.
func printRehearsal(w io.Writer, alerts []watch.Alert, of span) error {
	if len(alerts) > 0 {
		if err := writeAlerts(w, render.Table, alerts, render.Options{}); err != nil {
			return err
		}
		columns, rows := costs(alerts, of)
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if _, err := render.Write(w, render.Table, columns, bytes.NewReader(rows), render.Options{}); err != nil {
			return err
		}
	}
	if of.days() == 0 {
		_, err := fmt.Fprintln(w, "no alerts: all days were for learning; --learn says how many are")
		return err
	}
	_, err := fmt.Fprintf(w, "%s alerts in %d days, from %s to %s: %.2f a day\n", count(len(alerts)), of.days(),
		of.first.Start().Format(time.DateOnly), of.last.Start().Format(time.DateOnly), float64(len(alerts))/float64(of.days()))
	return err
}

// A cost is what a profile or a detection costs.
type cost struct {
	name          string
	alerts, alone int
	weeks         map[time.Time]int
}

// costs are a row for each profile: in how many alerts it is, how many a day, how many
// have nothing else in them, and how many are of each week.
func costs(alerts []watch.Alert, of span) (columns []render.Column, rows []byte) {
	by := map[string]*cost{}
	weeks := map[time.Time]bool{}
	for i := range alerts {
		week := weekOf(alerts[i].Day.Start())
		weeks[week] = true
		for _, name := range alerts[i].Profiles {
			c := by[name]
			if c == nil {
				c = &cost{name: name, weeks: map[time.Time]int{}}
				by[name] = c
			}
			c.alerts++
			c.weeks[week]++
			if len(alerts[i].Profiles) == 1 {
				c.alone++
			}
		}
	}
	columns = []render.Column{{Name: "profile", Type: "VARCHAR"}, {Name: "alerts", Type: "BIGINT"}, {Name: "a day", Type: "DOUBLE"}, {Name: "alone", Type: "BIGINT"}}
	order := slices.SortedFunc(maps.Keys(weeks), time.Time.Compare)
	for _, week := range order {
		columns = append(columns, render.Column{Name: week.Format(time.DateOnly), Type: "BIGINT"})
	}
	for _, c := range slices.SortedFunc(maps.Values(by), func(a, b *cost) int {
		return cmp.Or(b.alerts-a.alerts, cmp.Compare(a.name, b.name))
	}) {
		cells := []any{c.name, fmt.Sprint(c.alerts), fmt.Sprintf("%.2f", float64(c.alerts)/float64(max(of.days(), 1))), fmt.Sprint(c.alone)}
		for _, week := range order {
			cells = append(cells, fmt.Sprint(c.weeks[week]))
		}
		rows = appendRow(rows, cells...)
	}
	return columns, rows
}

// weekOf is the first day of a day's week.
func weekOf(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }

// learnFrom takes what --replay names.
func (w *watching) learnFrom(ctx context.Context) error {
	all, err := w.replayed(ctx)
	if err != nil {
		return err
	}
	return w.takeAll(ctx, all)
}
