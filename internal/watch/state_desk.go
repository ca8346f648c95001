package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/profile"
)

// A Desk is where people look at alerts and answer them, in another process than the
// watcher's, whether one runs or not. It has the file only while it is asked.
type Desk struct {
	path string
	now  func() time.Time
}

// NewDesk makes one for the state in the file at path.
func NewDesk(path string, now func() time.Time) *Desk { return &Desk{path, now} }

// use calls do with the state attached.
func (d *Desk) use(ctx context.Context, write bool, do func(f *stateFile) error) (err error) {
	f := &stateFile{File: duck.File{Path: d.path, Alias: stateAlias}}
	defer func() { err = errors.Join(err, f.drop()) }()
	if _, err := f.open(ctx, write); err != nil {
		return err
	}
	if err := do(f); err != nil || !write {
		return damaged(d.path, err)
	}
	return f.detach(ctx)
}

// Alerts lists alerts, the latest day and the highest score first.
func (d *Desk) Alerts(ctx context.Context, f AlertFilter) (list []Alert, err error) {
	err = d.use(ctx, false, func(file *stateFile) error {
		list, err = alerts(ctx, file.c, f)
		return err
	})
	return list, err
}

// Alert is the one whose ID begins so.
func (d *Desk) Alert(ctx context.Context, id string) (a Alert, err error) {
	err = d.use(ctx, false, func(f *stateFile) error {
		a, err = alert(ctx, f.c, id)
		return err
	})
	return a, err
}

func alert(ctx context.Context, c *duck.Conn, id string) (a Alert, err error) {
	list, err := alerts(ctx, c, AlertFilter{ID: id, Limit: 2})
	switch {
	case err != nil:
		return a, err
	case len(list) == 0 || id == "":
		return a, fmt.Errorf("no alert %q\nhint: ctsql alerts list tells their IDs", id)
	case len(list) > 1 && list[0].ID != id && list[1].ID != id:
		return a, fmt.Errorf("alerts %s and %s both begin with %q\nhint: give more of the ID", list[0].ID, list[1].ID, id)
	case list[0].ID != id && len(list) > 1:
		return list[1], nil
	}
	return list[0], nil
}

// Ack says that an alert was looked at, and that its values are normal. The watcher
// takes it with its next batch, or when it is started.
func (d *Desk) Ack(ctx context.Context, id, reason string) (a Alert, err error) {
	err = d.use(ctx, true, func(f *stateFile) error {
		return transaction(ctx, f.c, func() error {
			a, err = d.answer(ctx, f, id, Acked, reason)
			return err
		})
	})
	return a, err
}

// Allow says that an alert's findings are none from now on, until a time, zero is for
// ever, and returns what is allowed. What of it was allowed before is so until then now.
func (d *Desk) Allow(ctx context.Context, id string, until time.Time, reason string) (a Alert, list []Allowed, err error) {
	err = d.use(ctx, true, func(f *stateFile) error {
		return transaction(ctx, f.c, func() error {
			if a, err = d.answer(ctx, f, id, Allows, reason); err != nil {
				return err
			}
			for i := range a.Findings {
				found := &a.Findings[i]
				one := Allowed{ID: a.ID, Actor: found.Sample.Actor, Profile: found.Profile, Value: found.Value, Reason: reason, Until: until.UTC(), Made: d.now().UTC()}
				if until.IsZero() {
					one.Until = until
				}
				if !slices.Contains(list, one) {
					list = append(list, one)
				}
			}
			r := allowedRows(list)
			err := f.with(ctx, "allowed", r, `DELETE FROM state.allowed a USING ctsql_rows('allowed') r
				WHERE a.id = r.id AND a.actor = r.actor AND a.profile = r.profile AND a.value = r.value`)
			if err != nil {
				return err
			}
			return f.insert(ctx, "state.allowed", "allowed", r)
		})
	})
	return a, list, err
}

// answer writes what people say of an alert, for the watcher to take.
func (d *Desk) answer(ctx context.Context, f *stateFile, id, status, reason string) (a Alert, err error) {
	if a, err = alert(ctx, f.c, id); err != nil {
		return a, err
	}
	a.Status, a.Answered, a.AnsweredAt, a.Reason = status, a.Severity, d.now().UTC(), reason
	now := a.AnsweredAt.UnixMicro()
	err = f.c.Exec(ctx, "UPDATE state.alerts SET status = $1, answered = $2, answeredAt = make_timestamp($3::BIGINT), reason = $4 WHERE id = $5",
		status, severityText(a.Answered), now, reason, a.ID)
	if err != nil {
		return a, err
	}
	// What was found later, nobody has looked at.
	var keys []profile.Key
	for i := range a.Findings {
		keys = append(keys, a.Findings[i].Keys...)
	}
	return a, f.insert(ctx, "state.answers", "answers", rows{columns: answerColumns, n: 1, put: func(_ int, to row) {
		to.text(0, a.ID)
		to.int(1, now)
		to.json(2, keys)
	}})
}

// Allowed lists what is allowed, the oldest first.
func (d *Desk) Allowed(ctx context.Context) (list []Allowed, err error) {
	err = d.use(ctx, false, func(f *stateFile) error {
		list, err = readAllowed(ctx, f.c)
		return err
	})
	return list, err
}

// Quarantine lists what is refused; with resolved, also what was and is done.
func (d *Desk) Quarantine(ctx context.Context, resolved bool) (list []Quarantined, err error) {
	err = d.use(ctx, false, func(f *stateFile) error {
		list, err = quarantined(ctx, f.c, resolved)
		return err
	})
	return list, err
}
