package watch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/profile"
)

// Restore reads what Commits added up to. What is long is read while it is ranged over,
// and nothing else can be done with the state meanwhile.
func (s *State) Restore(ctx context.Context) (st profile.Stored, err error) {
	err = s.use(ctx, func(c *duck.Conn) error {
		st.Watermark, st.First, st.Closed = s.meta.watermark, profile.Day(s.meta.first), profile.Day(s.meta.closed)
		if err := json.Unmarshal([]byte(s.meta.spot), &st.Spot); err != nil {
			return &DamagedError{s.o.Path, fmt.Errorf("spot in table meta: %w", err)}
		}
		for _, read := range []func(context.Context, *duck.Conn, *profile.Stored) error{readHours, readProbation, readEvidence, readDetected, readNamed, readTold} {
			if err := read(ctx, c, &st); err != nil {
				return err
			}
		}
		return nil
	})
	st.Learned = stream(ctx, s, learnedParts, readLearned)
	st.Rates = stream(ctx, s, rateParts, readRates)
	st.Seen = stream(ctx, s, seenParts, readSeen)
	st.Counts = stream(ctx, s, countParts, readCounts)
	st.Recent = rowsOf(ctx, s, "SELECT CAST(day - DATE '1970-01-01' AS INTEGER), events FROM state.recent ORDER BY batch, rowid", func(scan func(...any) error) (r profile.Recent, err error) {
		var b []byte
		if err = scan(&r.Day, &b); err == nil {
			r.Events, err = hashesOf(b)
		}
		return r, err
	})
	st.Lineage = rowsOf(ctx, s, "SELECT lineage FROM state.lineage ORDER BY batch, rowid", func(scan func(...any) error) (l profile.Lineage, err error) {
		return l, scanJSON(scan, &l)
	})
	return st, err
}

// parts are how a table's rows are read: added up, some keys at a time, so that what is
// in memory does not grow with the table. The condition on key is %s in query.
type parts struct {
	table string
	query string
	types []duck.Type
	by    string // the key's column; "" is key
}

// partRows is how many rows are added up at a time.
const partRows = 1 << 18

var (
	learnedParts = parts{table: "learned", types: []duck.Type{duck.UBigInt, duck.UBigInt, duck.Timestamp, duck.Timestamp, duck.BigInt, duck.Integer},
		query: "SELECT key, any_value(grp), min(first), max(last), CAST(sum(count) AS BIGINT), CAST(sum(days) AS INTEGER) FROM state.learned WHERE %s GROUP BY key"}
	rateParts = parts{table: "rates", types: []duck.Type{duck.UBigInt, duck.Date, duck.Double, duck.Double, duck.Double},
		query: "SELECT key, max_by(day, batch), max_by(alpha, batch), max_by(beta, batch), max_by(excess, batch) FROM state.rates WHERE %s GROUP BY key"}
	seenParts = parts{table: "seen", types: []duck.Type{duck.Date, duck.UBigInt, duck.UBigInt, duck.Timestamp, duck.Timestamp, duck.BigInt},
		query: "SELECT day, key, any_value(grp), min(first), max(last), CAST(sum(count) AS BIGINT) FROM state.seen WHERE %s GROUP BY day, key"}
	countParts = parts{table: "counts", types: []duck.Type{duck.Date, duck.Integer, duck.UBigInt, duck.BigInt},
		query: "SELECT day, hour, key, CAST(sum(count) AS BIGINT) FROM state.counts WHERE %s GROUP BY day, hour, key"}
)

// queries are the statements for a table of so many rows.
func (p parts) queries(rows int64) []string {
	n := uint64(rows/partRows + 1)
	step := math.MaxUint64/n + 1
	if n == 1 {
		return []string{fmt.Sprintf(p.query, "true")}
	}
	var all []string
	for i := range n {
		last := uint64(math.MaxUint64)
		if i < n-1 {
			last = (i+1)*step - 1
		}
		all = append(all, fmt.Sprintf(p.query, fmt.Sprintf("%s BETWEEN %d AND %d", cmp.Or(p.by, "key"), i*step, last)))
	}
	return all
}

// stream yields what read makes of each row.
func stream[T any](ctx context.Context, s *State, p parts, read func(c *duck.Chunk, yield func(T) bool) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		more := true
		err := s.use(ctx, func(c *duck.Conn) error {
			for _, query := range p.queries(s.counts[p.table]) {
				err := c.Chunks(ctx, query, p.types, func(chunk *duck.Chunk) error {
					more = more && read(chunk, func(v T) bool { return yield(v, nil) })
					return nil
				})
				if err != nil || !more {
					return err
				}
			}
			return nil
		})
		if err != nil && more {
			var none T
			yield(none, fmt.Errorf("table %s: %w", p.table, err))
		}
	}
}

func readLearned(c *duck.Chunk, yield func(profile.Learned) bool) bool {
	keys, groups, first, last, count, days := c.Ints(0), c.Ints(1), c.Ints(2), c.Ints(3), c.Ints(4), c.Int32s(5)
	for i := range keys {
		l := profile.Learned{Key: profile.Key(keys[i]), Group: profile.Key(groups[i]), First: first[i], Last: last[i], Count: clip32(count[i]),
			Days: uint16(min(days[i], math.MaxUint16))}
		if !yield(l) {
			return false
		}
	}
	return true
}

func readRates(c *duck.Chunk, yield func(profile.RateOf) bool) bool {
	keys, days, alpha, beta, excess := c.Ints(0), c.Int32s(1), c.Floats(2), c.Floats(3), c.Floats(4)
	for i := range keys {
		r := profile.RateOf{Key: profile.Key(keys[i]), Day: profile.Day(days[i])}
		r.Alpha, r.Beta, r.Excess = float32(alpha[i]), float32(beta[i]), float32(excess[i])
		if !yield(r) {
			return false
		}
	}
	return true
}

func readSeen(c *duck.Chunk, yield func(profile.Seen) bool) bool {
	days, keys, groups, first, last, count := c.Int32s(0), c.Ints(1), c.Ints(2), c.Ints(3), c.Ints(4), c.Ints(5)
	for i := range keys {
		v := profile.Seen{Day: profile.Day(days[i]), Key: profile.Key(keys[i]), Group: profile.Key(groups[i]), First: first[i], Last: last[i], Count: clip32(count[i])}
		if !yield(v) {
			return false
		}
	}
	return true
}

func readCounts(c *duck.Chunk, yield func(profile.Count) bool) bool {
	days, hours, keys, count := c.Int32s(0), c.Int32s(1), c.Ints(2), c.Ints(3)
	for i := range keys {
		v := profile.Count{Day: profile.Day(days[i]), Hour: uint8(hours[i]), Key: profile.Key(keys[i]), Count: clip32(count[i])}
		if !yield(v) {
			return false
		}
	}
	return true
}

func clip32(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

// rowsOf yields what read makes of each row of a statement.
func rowsOf[T any](ctx context.Context, s *State, statement string, read func(scan func(...any) error) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		more := true
		err := s.use(ctx, func(c *duck.Conn) error {
			return c.Query(ctx, func(scan func(...any) error) error {
				if !more {
					return nil
				}
				v, err := read(scan)
				if err == nil {
					more = yield(v, nil)
				}
				return err
			}, statement)
		})
		if err != nil && more {
			var none T
			yield(none, err)
		}
	}
}

func scanJSON(scan func(...any) error, to any) error {
	var text string
	if err := scan(&text); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), to)
}

func readHours(ctx context.Context, c *duck.Conn, st *profile.Stored) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var group uint64
		var b []byte
		var h profile.HoursOf
		err := scan(&group, &h.Day, &b)
		if err == nil {
			h.Group = profile.Key(group)
			err = h.Hours.UnmarshalBinary(b)
		}
		st.Hours = append(st.Hours, h)
		return err
	}, "SELECT grp, CAST(max_by(day, batch) - DATE '1970-01-01' AS INTEGER), max_by(hours, batch) FROM state.hours GROUP BY grp")
}

func readProbation(ctx context.Context, c *duck.Conn, st *profile.Stored) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var key uint64
		var p profile.Probation
		err := scan(&key, &p.Since, &p.Days)
		p.Key = profile.Key(key)
		st.Probation = append(st.Probation, p)
		return err
	}, "SELECT key, CAST(max_by(since, batch) - DATE '1970-01-01' AS INTEGER), max_by(days, batch) FROM state.probation GROUP BY key HAVING NOT max_by(ended, batch)")
}

func readEvidence(ctx context.Context, c *duck.Conn, st *profile.Stored) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var text string
		var e profile.Evidence
		var at int64
		err := scan(&text, &at)
		if err == nil {
			err = json.Unmarshal([]byte(text), &e)
		}
		e.Time = at // which the text does not have
		st.Evidence = append(st.Evidence, e)
		return err
	}, "SELECT evidence, epoch_us(time) FROM state.evidence QUALIFY row_number() OVER (PARTITION BY day, key ORDER BY batch DESC, rowid DESC) = 1 ORDER BY batch, rowid")
}

func readDetected(ctx context.Context, c *duck.Conn, st *profile.Stored) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var text string
		var d profile.Detected
		var at int64
		err := scan(&text, &at)
		if err == nil {
			err = json.Unmarshal([]byte(text), &d)
		}
		d.Time = at
		st.Detected = append(st.Detected, d)
		return err
	}, "SELECT detected, epoch_us(time) FROM state.detected ORDER BY batch, rowid")
}

func readNamed(ctx context.Context, c *duck.Conn, st *profile.Stored) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var key, group uint64
		var of string
		var n profile.Named
		err := scan(&key, &group, &n.Profile, &of, &n.Subject, &n.Value)
		n.Key, n.Group, n.Of = profile.Key(key), profile.Key(group), profile.Of(of)
		st.Named = append(st.Named, n)
		return err
	}, "SELECT DISTINCT key, grp, profile, of, subject, value FROM state.named WHERE key IN (SELECT key FROM state.evidence UNION ALL SELECT key FROM state.counts)")
}

func readTold(ctx context.Context, c *duck.Conn, st *profile.Stored) error {
	return c.Query(ctx, func(scan func(...any) error) error {
		var t profile.Told
		err := scan(&t.Day, &t.ID)
		st.Told = append(st.Told, t)
		return err
	}, "SELECT CAST(day - DATE '1970-01-01' AS INTEGER), id FROM state.alerts WHERE NOT final AND severity <> 'none' ORDER BY day, id")
}
