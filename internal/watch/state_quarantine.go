package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
)

// Kinds of what is refused.
const (
	RefusedObject  = "object"
	RefusedMessage = "message"
)

// maxBody is how much is kept of a message: as much as one had at most for years.
const maxBody = 256 << 10

// Refused is what could not be read, or made nothing of.
type Refused struct {
	What   string // an object's name, or a message's ID
	Kind   string
	Reason string
	Body   []byte    // of a message; cut at 256 KB
	Next   time.Time // when it is tried again; the zero time for never
}

// Quarantined is what was refused and what became of it.
type Quarantined struct {
	Refused
	Count       int // how often
	First, Last time.Time
	Resolved    time.Time // the zero time where it is not
}

// refused enters what is refused, and counts it where it was before. The time of the
// answer is the watcher's: what an event says of time does not matter to a retry.
func (w *writing) refused(ctx context.Context) error {
	if err := w.resolve(ctx, w.co.Resolved); err != nil {
		return err
	}
	var list []Refused
	at, count := map[[2]string]int{}, []int64{}
	for _, r := range w.co.Refused {
		id := [2]string{nameText(r.What), r.Kind}
		i, ok := at[id]
		if !ok {
			i = len(list)
			at[id] = i
			list, count = append(list, r), append(count, 0)
		}
		if r.Body == nil {
			r.Body = list[i].Body
		}
		list[i] = r // the last says why
		list[i].What, list[i].Body = id[0], r.Body[:min(len(r.Body), maxBody)]
		count[i]++
	}
	if len(list) == 0 {
		return nil
	}
	now := w.s.o.Now().UnixMicro()
	r := rows{columns: quarantineColumns, n: len(list), put: func(i int, to row) {
		to.text(0, list[i].What)
		to.text(1, list[i].Kind)
		to.text(2, list[i].Reason)
		if list[i].Body != nil {
			to.bytes(3, list[i].Body)
		}
		to.int(4, count[i])
		to.int(5, now)
		to.int(6, now)
		if !list[i].Next.IsZero() {
			to.int(7, list[i].Next.UnixMicro())
		}
	}}
	err := w.s.file.with(ctx, "quarantine", r, `UPDATE state.quarantine q SET reason = r.reason, body = coalesce(r.body, q.body),
		count = q.count + r.count, last = r.last, next = r.next, resolved = NULL
		FROM ctsql_rows('quarantine') r WHERE r.what = q.what AND r.kind = q.kind`)
	if err != nil {
		return err
	}
	return w.s.file.with(ctx, "quarantine", r, `INSERT INTO state.quarantine SELECT r.* FROM ctsql_rows('quarantine') r
		ANTI JOIN state.quarantine q ON r.what = q.what AND r.kind = q.kind`)
}

// resolve says of what was refused that it is done at last. It stays to be seen, without
// its body.
func (w *writing) resolve(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	return w.c.Exec(ctx, `UPDATE state.quarantine SET resolved = make_timestamp($1::BIGINT), next = NULL, body = NULL
		WHERE resolved IS NULL AND what IN (SELECT unnest($2::VARCHAR[]))`, w.s.o.Now().UnixMicro(), names)
}

// quarantined lists what was refused, what was refused last first.
func quarantined(ctx context.Context, c *duck.Conn, resolved bool) (list []Quarantined, err error) {
	err = c.Query(ctx, func(scan func(...any) error) error {
		var q Quarantined
		var next, done *time.Time
		err := scan(&q.What, &q.Kind, &q.Reason, &q.Body, &q.Count, &q.First, &q.Last, &next, &done)
		if next != nil {
			q.Next = next.UTC()
		}
		if done != nil {
			q.Resolved = done.UTC()
		}
		list = append(list, q)
		return err
	}, fmt.Sprintf("SELECT what, kind, reason, body, count, first, last, next, resolved FROM state.quarantine WHERE %v OR resolved IS NULL ORDER BY last DESC, what", resolved))
	return list, err
}

// Quarantine lists what is refused; with resolved, also what was and is done.
func (s *State) Quarantine(ctx context.Context, resolved bool) (list []Quarantined, err error) {
	err = s.use(ctx, func(c *duck.Conn) error {
		list, err = quarantined(ctx, c, resolved)
		return err
	})
	return list, err
}

// Refusals are how often each of these was refused and is not done, by name.
func (s *State) Refusals(ctx context.Context, names []string) (counts map[string]int, err error) {
	counts = map[string]int{}
	err = s.use(ctx, func(c *duck.Conn) error {
		return c.Query(ctx, func(scan func(...any) error) error {
			var name string
			var n int
			err := scan(&name, &n)
			counts[name] = n
			return err
		}, "SELECT what, CAST(sum(count) AS BIGINT) FROM state.quarantine WHERE resolved IS NULL AND what IN (SELECT unnest($1::VARCHAR[])) GROUP BY what", names)
	})
	return counts, err
}

// Waiting is how much waits.
type Waiting struct {
	Outbox     int // messages that somebody has yet to deliver
	Quarantine int // that is not done
	Open       int // alerts that were sent, and nobody answered
}

// Waiting counts what waits.
func (s *State) Waiting(ctx context.Context) (w Waiting, err error) {
	err = s.use(ctx, func(c *duck.Conn) error {
		return c.One(ctx, `SELECT (SELECT count(DISTINCT o.sequence) FROM state.outbox o CROSS JOIN state.senders s
				LEFT JOIN state.deliveries d ON d.sender = s.sender AND d.sequence = o.sequence
				WHERE d.sequence IS NULL OR NOT d.delivered AND d.next IS NOT NULL),
			(SELECT count(*) FROM state.quarantine WHERE resolved IS NULL),
			(SELECT count(*) FROM state.alerts WHERE sent <> '' AND status = 'open')`, &w.Outbox, &w.Quarantine, &w.Open)
	})
	return w, err
}
