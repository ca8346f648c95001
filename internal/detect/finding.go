package detect

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/queries"
)

// A Finding is what a detection found. Its texts are from logs; those that are NULL are "".
type Finding struct {
	Detection string // its name: detect/root-use
	Severity  string // one of queries.Severities
	Technique string // MITRE's
	Time      int64  // microseconds since 1970
	Timed     bool   // there is a time
	Actor     string
	Address   string
	Account   string
	Region    string
	Event     string
	Object    string // what it was done to
	Why       string // a sentence
	EventID   string
}

// Findings are the rows of Table, the worst first.
func Findings(ctx context.Context, s *cache.Session) (found []Finding, err error) {
	var names []string
	for _, c := range queries.Columns()[1:] {
		names = append(names, duck.Ident(c.Name))
	}
	statement := "SELECT query, epoch_us(time), " + strings.Join(names, ", ") + " FROM " + Table + " ORDER BY " + WorstFirst()
	for cells, err := range rows(ctx, s, statement, nil) {
		if err != nil {
			return nil, err
		}
		f := Finding{Detection: string(cells[0].Text)}
		if !cells[1].Null {
			if f.Time, err = strconv.ParseInt(string(cells[1].Text), 10, 64); err != nil {
				return nil, err
			}
			f.Timed = true
		}
		for i, to := range []*string{&f.Severity, &f.Technique, &f.Actor, &f.Address, &f.Account, &f.Region, &f.Event, &f.Object, &f.Why, &f.EventID} {
			*to = string(cells[2+i].Text)
		}
		found = append(found, f)
	}
	return found, nil
}

// rows yields the rows of a statement.
func rows(ctx context.Context, s *cache.Session, statement string, params []duck.Param) iter.Seq2[[]render.Cell, error] {
	return func(yield func([]render.Cell, error) bool) {
		answer, err := s.Run(ctx, statement, params, render.CopyOptions)
		if err == nil && answer.Result == nil {
			err = errors.New("the statement yields no rows")
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for cells, err := range render.Rows(answer.Result, len(answer.Columns)) {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(cells, err) || err != nil {
				_ = answer.Close() // what it says was not wanted any more
				return
			}
		}
		if err := answer.Close(); err != nil {
			yield(nil, err)
		}
	}
}
