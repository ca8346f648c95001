package cache

import (
	"context"
	"fmt"
	"slices"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// recentRows is how many rows are remembered at the least, once there are so many:
// that many to twice as many, at 32 bytes each.
const recentRows = 1 << 19

// recent remembers the rows that this process has put into a table last, and
// when those are that it does not remember; so that the cache, on disk, is asked
// only about rows of such times. A load goes forward in time, and with it most
// rows are of times that are remembered.
type recent struct {
	newer, older period
	// elsewhere are the times of the table's other rows: not in order, a
	// few at most.
	elsewhere []span
	// count is how many rows the table has if nobody else writes to it.
	count int64
}

// A span is a range of time, in microseconds since 1970, both ends in it.
type span struct{ from, to int64 }

func (s span) has(t int64) bool { return s.from <= t && t <= s.to }

// grown is the least span that has t as well.
func (s span) grown(t int64) span { return span{min(s.from, t), max(s.to, t)} }

// nowhen has no time in it.
var nowhen = span{1<<63 - 1, -1 << 63}

// A period is rows that were put one after the other, and their times.
type period struct {
	span
	keys *cloudtrail.RowKeys // nil at first
}

// knows reports whether a row of this time and key is remembered.
func (r *recent) knows(t int64, key cloudtrail.RowKey) bool {
	for _, p := range [...]*period{&r.newer, &r.older} {
		if p.keys != nil && p.has(t) && p.keys.Has(key) {
			return true
		}
	}
	return false
}

// mayHave reports whether the table may have rows of this time that are not
// remembered.
func (r *recent) mayHave(t int64) bool {
	return slices.ContainsFunc(r.elsewhere, func(s span) bool { return s.has(t) })
}

// add remembers the rows that were committed.
func (r *recent) add(rows *cloudtrail.Rows) {
	for i := range rows.Kept() {
		r.count++
		if t := rows.Rows[i].Time; t != cloudtrail.NoTime && rows.Rows[i].Key != (cloudtrail.RowKey{}) {
			r.remember(t, rows.Rows[i].Key)
		}
	}
}

func (r *recent) remember(t int64, key cloudtrail.RowKey) {
	if r.newer.keys == nil || r.newer.keys.Len() == recentRows {
		keys := r.older.keys
		if keys == nil {
			keys = cloudtrail.NewRowKeys(recentRows)
		} else {
			r.forget(r.older.span)
			keys.Clear()
		}
		r.newer, r.older = period{nowhen, keys}, r.newer
	}
	r.newer.span = r.newer.grown(t)
	r.newer.keys.Add(key)
}

// forget notes that the table has rows of these times. Spans that touch become one.
func (r *recent) forget(s span) {
	if s == nowhen {
		return
	}
	r.elsewhere = slices.DeleteFunc(r.elsewhere, func(o span) bool {
		touch := o.from <= s.to && s.from <= o.to
		if touch {
			s = s.grown(o.from).grown(o.to)
		}
		return touch
	})
	r.elsewhere = append(r.elsewhere, s)
}

// checkRecent forgets the rows of each table that somebody else has written to;
// the cache has just been attached.
func (w *Writer) checkRecent(ctx context.Context) error {
	for i, t := range cloudtrail.Tables {
		if t.Time == "" {
			continue // nothing is remembered of its rows
		}
		r := &w.recent[i]
		var count int64
		var from, to *int64
		query := fmt.Sprintf("SELECT count(*), epoch_us(min(%s)), epoch_us(max(%[1]s)) FROM %s.%s", t.Time, alias, t.Name)
		if err := w.main.One(ctx, query, &count, &from, &to); err != nil {
			return err
		}
		if count == r.count {
			continue
		}
		*r = recent{count: count}
		if from != nil && to != nil {
			r.forget(span{*from, *to})
		}
	}
	return nil
}
