package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/outbox"
)

// send puts messages into the outbox.
func (w *writing) send(ctx context.Context, messages []outbox.Message) error {
	if len(messages) == 0 {
		return nil
	}
	var last int64
	if err := w.c.One(ctx, "SELECT coalesce(max(sequence), 0) FROM state.outbox", &last); err != nil {
		return err
	}
	return w.s.file.insert(ctx, "state.outbox", "outbox", rows{columns: outboxColumns, n: len(messages), put: func(i int, to row) {
		m := messages[i]
		m.Sequence = last + 1 + int64(i)
		to.int(0, m.Sequence)
		to.text(1, m.ID)
		to.text(2, m.Severity)
		to.int32(3, int32(m.Class))
		to.text(4, m.Account)
		to.text(5, m.Actor)
		to.text(6, m.Subject)
		to.int(7, m.Made.UnixMicro())
		to.json(8, m)
	}})
}

// sentFor is how long it is kept what was sent, and to whom.
const sentFor = 90 * 24 * time.Hour

// clearOutbox takes out what all senders delivered long ago. The last message stays:
// the next one's number is by it.
func (w *writing) clearOutbox(ctx context.Context) error {
	err := w.c.Exec(ctx, `DELETE FROM state.outbox WHERE made < make_timestamp($1::BIGINT) AND sequence < (SELECT max(sequence) FROM state.outbox)
		AND sequence IN (SELECT sequence FROM state.deliveries WHERE delivered GROUP BY sequence HAVING count(*) >= (SELECT count(*) FROM state.senders))`,
		w.s.o.Now().Add(-sentFor).UnixMicro())
	if err != nil {
		return err
	}
	return w.c.Exec(ctx, "DELETE FROM state.deliveries WHERE sequence NOT IN (SELECT sequence FROM state.outbox)")
}

// Outbox is where the messages wait that are to be sent.
func (s *State) Outbox() outbox.Store { return messages{s} }

// messages are those of a state, as an outbox.Store.
type messages struct{ s *State }

func (m messages) Register(ctx context.Context, senders []string) error {
	return m.s.use(ctx, func(c *duck.Conn) error {
		return transaction(ctx, c, func() error {
			for _, sender := range senders {
				var known int64
				err := c.Query(ctx, func(scan func(...any) error) error { return scan(&known) }, "SELECT count(*) FROM state.senders WHERE sender = $1", sender)
				if err != nil {
					return err
				}
				if known > 0 {
					continue
				}
				// Delivered, at no time: by others.
				err = c.Exec(ctx, `INSERT INTO state.deliveries SELECT DISTINCT sequence, $1, true, '', CAST(NULL AS TIMESTAMP), 0, CAST(NULL AS TIMESTAMP), ''
					FROM state.deliveries WHERE delivered`, sender)
				if err == nil {
					err = c.Exec(ctx, "INSERT INTO state.senders VALUES ($1)", sender)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (m messages) Pending(ctx context.Context, sender string) (p outbox.Pending, err error) {
	p.Hours = map[int64]outbox.Hour{}
	err = m.s.use(ctx, func(c *duck.Conn) error {
		err := c.Query(ctx, func(scan func(...any) error) error {
			var e outbox.Entry
			var next *time.Time
			err := scan(&e.Sequence, &e.ID, &e.Severity, &e.Class, &e.Account, &e.Actor, &e.Subject, &e.Made, &e.Attempts, &next)
			if next != nil {
				e.Next = *next
			}
			p.Entries = append(p.Entries, e)
			return err
		}, `SELECT o.sequence, o.id, o.severity, o.class, o.account, o.actor, o.subject, o.made, coalesce(d.attempts, 0), d.next
			FROM state.outbox o LEFT JOIN (FROM state.deliveries WHERE sender = $1) d USING (sequence)
			WHERE d.sequence IS NULL OR NOT d.delivered AND d.next IS NOT NULL ORDER BY o.sequence`, sender)
		if err != nil || len(p.Entries) == 0 {
			return err
		}
		first := p.Entries[0].Made
		for _, e := range p.Entries {
			if e.Made.Before(first) { // the clock was set back
				first = e.Made
			}
		}
		return c.Query(ctx, func(scan func(...any) error) error {
			var hour int64
			var h outbox.Hour
			err := scan(&hour, &h.Messages, &h.Class)
			p.Hours[hour] = h
			return err
		}, `SELECT epoch_us(d.at) // 3600000000, count(*) FILTER (d."in" = ''), max(o.class) FROM state.deliveries d JOIN state.outbox o USING (sequence)
			WHERE d.sender = $1 AND d.delivered AND epoch_us(d.at) // 3600000000 >= $2 GROUP BY 1`, sender, outbox.HourOf(first))
	})
	return p, err
}

func (m messages) Message(ctx context.Context, sequence int64) (msg outbox.Message, err error) {
	found := false
	err = m.s.use(ctx, func(c *duck.Conn) error {
		return c.Query(ctx, func(scan func(...any) error) error {
			found = true
			return scanJSON(scan, &msg)
		}, "SELECT message FROM state.outbox WHERE sequence = $1", sequence)
	})
	if err == nil && !found {
		err = fmt.Errorf("message %d is not in the outbox", sequence)
	}
	return msg, err
}

func (m messages) Mark(ctx context.Context, sender string, sequences []int64, o outbox.Outcome) error {
	r := rows{columns: deliveryColumns, n: len(sequences), put: func(i int, to row) {
		to.int(0, sequences[i])
		to.text(1, sender)
		to.bool(2, o.Delivered)
		to.text(3, o.In)
		to.int(4, o.At.UnixMicro())
		to.int(5, int64(o.Attempts))
		if !o.Next.IsZero() {
			to.int(6, o.Next.UnixMicro())
		}
		to.text(7, o.Error)
	}}
	return m.s.use(ctx, func(c *duck.Conn) error {
		return transaction(ctx, c, func() error {
			err := m.s.file.with(ctx, "deliveries", r, "DELETE FROM state.deliveries WHERE sender = $1 AND sequence IN (SELECT sequence FROM ctsql_rows('deliveries'))", sender)
			if err != nil {
				return err
			}
			return m.s.file.insert(ctx, "state.deliveries", "deliveries", r)
		})
	})
}
