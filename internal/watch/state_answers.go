package watch

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/profile"
)

// asked is what people have said.
type asked struct {
	answers []Answer
	allowed []Allowed
}

// An Answer is an alert whose values people said are normal, or are to be.
type Answer struct {
	ID   string
	Keys []profile.Key // of its findings as they were when it was given, for Engine.Accept
}

// Answers are those that no Commit has named in Answered yet, and all that is allowed.
// To ask costs nothing as long as nobody else was let in.
func (s *State) Answers(ctx context.Context) (answers []Answer, allowed []Allowed, err error) {
	err = s.use(ctx, func(c *duck.Conn) error {
		if s.asked == nil {
			var a asked
			if a.answers, err = readAnswers(ctx, c); err == nil {
				a.allowed, err = readAllowed(ctx, c)
			}
			if err != nil {
				return err
			}
			s.asked = &a
		}
		answers, allowed = s.asked.answers, s.asked.allowed
		return nil
	})
	return answers, allowed, err
}

// answered takes out the answers that the commit's change is by.
func (w *writing) answered(ctx context.Context) error {
	if len(w.co.Answered) == 0 {
		return nil
	}
	return w.c.Exec(ctx, "DELETE FROM state.answers WHERE id IN (SELECT unnest($1::VARCHAR[]))", w.co.Answered)
}

func readAnswers(ctx context.Context, c *duck.Conn) (list []Answer, err error) {
	err = c.Query(ctx, func(scan func(...any) error) error {
		var a Answer
		var text string
		err := scan(&a.ID, &text)
		if err == nil {
			err = json.Unmarshal([]byte(text), &a.Keys)
		}
		list = append(list, a)
		return err
	}, "SELECT id, keys FROM state.answers ORDER BY made, id")
	return list, err
}

func readAllowed(ctx context.Context, c *duck.Conn) (list []Allowed, err error) {
	err = c.Query(ctx, func(scan func(...any) error) error {
		var a Allowed
		var address string
		var until *time.Time
		if err := scan(&a.ID, &a.Actor, &address, &a.Event, &a.Profile, &a.Value, &a.Reason, &until, &a.Made); err != nil {
			return err
		}
		if until != nil {
			a.Until = until.UTC()
		}
		var err error
		if address != "" {
			a.Address, err = netip.ParsePrefix(address)
		}
		list = append(list, a)
		return err
	}, "SELECT id, actor, address, event, profile, value, reason, until, made FROM state.allowed ORDER BY made, id, profile, value")
	return list, err
}

// allowedRows are those of the table.
func allowedRows(list []Allowed) rows {
	return rows{columns: allowedColumns, n: len(list), put: func(i int, to row) {
		a := &list[i]
		address := ""
		if a.Address.IsValid() {
			address = a.Address.String()
		}
		for k, s := range []string{a.ID, a.Actor, address, a.Event, a.Profile, a.Value, a.Reason} {
			to.text(k, s)
		}
		if !a.Until.IsZero() {
			to.int(7, a.Until.UnixMicro())
		}
		to.int(8, a.Made.UnixMicro())
	}}
}
