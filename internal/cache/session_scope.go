package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// A scope is what statements see of the log tables: where its conditions hold.
type scope struct {
	since, until time.Time // until is not in it; zero is no limit
	accounts     []string  // nil is all
}

// Scope has every statement from now on see only the records from since up to
// until, which is not in it, and of these accounts; what is zero is no limit. A
// record without a time is in no span. The access logs know no accounts: they are
// scoped by time only, and damaged and objects not at all.
func (s *Session) Scope(ctx context.Context, since, until time.Time, accounts []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holding {
		return errors.New("a transaction sees what it saw at its begin\nhint: COMMIT or ROLLBACK first")
	}
	to := scope{since, until, accounts}
	if len(s.from) == 0 {
		s.scope = to
		s.stale = s.views // made anew when the cache is there
		return nil
	}
	views, err := readViews(s.from, to)
	if err != nil {
		return err
	}
	for _, v := range views {
		if err := s.conn.Exec(ctx, v); err != nil {
			return errors.Join(err, s.leave(ctx))
		}
	}
	s.scope = to
	return s.leave(ctx)
}

// where is the scope's condition on a log table, with its WHERE; "" is none. Times
// are constants of the column's own type, so that row groups are skipped by them.
func (sc scope) where(table string) string {
	at, account := "", ""
	switch table {
	case cloudtrail.Events.Name:
		at, account = cloudtrail.Events.Time, "recipientAccountId"
	case cloudtrail.Requests.Name:
		at = cloudtrail.Requests.Time
	case cloudtrail.Aggregated.Name:
		at, account = `TRY_CAST(timeWindow ->> '$.windowStart' AS TIMESTAMP)`, "accountId"
	}
	var all []string
	if at != "" && !sc.since.IsZero() {
		all = append(all, at+" >= "+timestamp(sc.since))
	}
	if at != "" && !sc.until.IsZero() {
		all = append(all, at+" < "+timestamp(sc.until))
	}
	if account != "" && len(sc.accounts) > 0 {
		var list []string
		for _, a := range sc.accounts {
			list = append(list, duck.Quote(a))
		}
		all = append(all, account+" IN ("+strings.Join(list, ", ")+")")
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

func timestamp(t time.Time) string {
	return "TIMESTAMP " + duck.Quote(t.UTC().Format("2006-01-02 15:04:05.000000"))
}

// makeViews makes the log tables of the cache, which is attached.
func (s *Session) makeViews(ctx context.Context) error {
	for _, t := range logTables {
		view := fmt.Sprintf("SELECT * FROM %s.%s", alias, t)
		if t == "objects" {
			view = objectsView
		}
		if err := s.conn.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS %s", t, view)+s.scope.where(t)); err != nil {
			return err
		}
	}
	return nil
}
