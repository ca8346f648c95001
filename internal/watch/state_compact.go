package watch

import (
	"context"
	"errors"
	"fmt"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/profile"
)

// leastCompacted is for how many rows a table is not made shorter: one with more is once
// it has more than twice the rows that it needs.
const leastCompacted = 20_000

// tidyAfter is after how many days, by the records' clock, a state is tidied when it is opened.
const tidyAfter = 30

// A compaction is how the rows of a table are added up: the columns of query are those
// of the table. least is how many rows it needs, about.
type compaction struct {
	parts
	columns []duck.Column
	least   string
}

func distinct(what, table string) string {
	return fmt.Sprintf("SELECT approx_count_distinct(%s) FROM state.%s", what, table)
}

var compactions = []compaction{
	{columns: learnedColumns, least: distinct("key", "learned"), parts: parts{table: "learned",
		query: "SELECT max(batch), key, any_value(grp), min(first), max(last), CAST(sum(count) AS BIGINT), CAST(sum(days) AS INTEGER) FROM state.learned WHERE %s AND key NOT IN (SELECT key FROM forgotten) GROUP BY key"}},
	{columns: namedColumns, least: distinct("key", "named"), parts: parts{table: "named",
		query: "SELECT max(batch), key, any_value(grp), any_value(profile), any_value(of), any_value(subject), any_value(value) FROM state.named WHERE %s GROUP BY key"}},
	{columns: rateColumns, least: distinct("key", "rates"), parts: parts{table: "rates",
		query: "SELECT max(batch), key, max_by(day, batch), max_by(alpha, batch), max_by(beta, batch), max_by(excess, batch) FROM state.rates WHERE %s GROUP BY key"}},
	{columns: hoursColumns, least: distinct("grp", "hours"), parts: parts{table: "hours", by: "grp",
		query: "SELECT max(batch), grp, max_by(day, batch), max_by(hours, batch) FROM state.hours WHERE %s GROUP BY grp"}},
	{columns: probationColumns, least: distinct("key", "probation"), parts: parts{table: "probation",
		query: "SELECT max(batch), key, max_by(since, batch), max_by(days, batch), false FROM state.probation WHERE %s GROUP BY key HAVING NOT max_by(ended, batch)"}},
	{columns: seenColumns, least: distinct("hash(day, key)", "seen"), parts: parts{table: "seen",
		query: "SELECT max(batch), day, key, any_value(grp), min(first), max(last), CAST(sum(count) AS BIGINT) FROM state.seen WHERE %s GROUP BY day, key"}},
	{columns: countColumns, least: distinct("hash(day, hour, key)", "counts"), parts: parts{table: "counts",
		query: "SELECT max(batch), day, hour, key, CAST(sum(count) AS BIGINT) FROM state.counts WHERE %s GROUP BY day, hour, key"}},
}

// names keeps the names of what something else in the state is about.
var names = compaction{columns: namedColumns, parts: parts{table: "named",
	query: `SELECT max(batch), key, any_value(grp), any_value(profile), any_value(of), any_value(subject), any_value(value) FROM state.named WHERE %[1]s
		AND key IN (SELECT key FROM state.learned WHERE %[1]s UNION ALL SELECT key FROM state.rates WHERE %[1]s UNION ALL SELECT key FROM state.seen WHERE %[1]s
			UNION ALL SELECT key FROM state.counts WHERE %[1]s UNION ALL SELECT key FROM state.evidence WHERE %[1]s) GROUP BY key`}}

// countRows counts the rows of tables that grow by deltas.
func (s *State) countRows(ctx context.Context, c *duck.Conn) error {
	s.counts = map[string]int64{}
	for _, co := range compactions {
		var n int64
		if err := c.One(ctx, "SELECT count(*) FROM state."+co.table, &n); err != nil {
			return err
		}
		s.counts[co.table] = n
	}
	return nil
}

// compact adds up the rows of tables that have grown, each in a transaction of its own.
// What was committed before does not depend on it: what goes wrong is told, and tried
// again when there is twice as much to do.
func (s *State) compact(ctx context.Context, c *duck.Conn) {
	for _, co := range compactions {
		if s.counts[co.table] <= max(leastCompacted, 2*s.least[co.table]) {
			continue
		}
		var least int64
		err := c.One(ctx, co.least, &least)
		s.least[co.table] = least
		if err == nil && s.counts[co.table] > 2*least {
			err = s.rewrite(ctx, c, co)
		}
		if err != nil {
			s.least[co.table] = s.counts[co.table]
			s.o.Tell(errors.Join(fmt.Errorf("table %s is not made shorter: %w", co.table, damaged(s.o.Path, err)), s.file.drop()))
			return
		}
	}
}

// rewrite puts a table in the place of one, with the rows of that added up.
func (s *State) rewrite(ctx context.Context, c *duck.Conn, co compaction) error {
	if co.table == "learned" {
		if err := s.forget(ctx, c); err != nil {
			return err
		}
	}
	t := table{co.table, co.columns}
	err := transaction(ctx, c, func() error {
		if err := c.Exec(ctx, t.create(t.name+"_next")); err != nil {
			return err
		}
		for _, query := range co.queries(s.counts[t.name]) {
			if err := c.Exec(ctx, fmt.Sprintf("INSERT INTO state.%s_next %s", t.name, query)); err != nil {
				return err
			}
		}
		if err := c.Exec(ctx, "DROP TABLE state."+t.name); err != nil {
			return err
		}
		return c.Exec(ctx, fmt.Sprintf("ALTER TABLE state.%s_next RENAME TO %[1]s", t.name))
	})
	if err != nil {
		return err
	}
	// What the old rows had is free from here on.
	if err := c.Exec(ctx, "CHECKPOINT "+stateAlias); err != nil {
		return err
	}
	var rows int64
	err = c.One(ctx, "SELECT count(*) FROM state."+t.name, &rows)
	s.counts[t.name], s.least[t.name] = rows, rows
	return err
}

// forget finds the values that were not seen for too long, but for the last sight of
// those of Keep.
func (s *State) forget(ctx context.Context, c *duck.Conn) error {
	err := c.Exec(ctx, "CREATE OR REPLACE TEMP TABLE forgotten (key UBIGINT)")
	if s.o.Forget == 0 || err != nil {
		return err
	}
	p := parts{query: `INSERT INTO forgotten SELECT key FROM (SELECT key, max(last) AS last FROM state.learned WHERE %[1]s GROUP BY key)
		WHERE last < make_timestamp($1::BIGINT) AND key NOT IN (SELECT key FROM state.named WHERE %[1]s AND profile IN (SELECT unnest($2::VARCHAR[])))`}
	for _, query := range p.queries(s.counts["learned"]) {
		if err := c.Exec(ctx, query, s.before(), append([]string{}, s.o.Keep...)); err != nil {
			return err
		}
	}
	return nil
}

// before is the time before which what was seen last is forgotten, in microseconds since 1970.
func (s *State) before() int64 { return s.meta.watermark - s.o.Forget.Microseconds() }

// tidy forgets what is too old, if that was not done lately, and takes out the names of
// what is gone and alerts that nobody was told of. It is done when the state is opened:
// an engine that runs knows of values that were forgotten since, and would not name
// them again.
func (s *State) tidy(ctx context.Context, c *duck.Conn) error {
	day := int64(profile.DayOf(s.meta.watermark))
	if s.o.Forget == 0 || day-s.meta.tidied < tidyAfter {
		return nil
	}
	for _, co := range []compaction{compactions[0], names} {
		if err := s.rewrite(ctx, c, co); err != nil {
			return err
		}
	}
	err := c.Exec(ctx, "DELETE FROM state.alerts WHERE final AND sent = '' AND answered = '' AND last < make_timestamp($1::BIGINT)", s.before())
	if err != nil {
		return err
	}
	next := s.meta
	next.tidied = day
	if err := writeMeta(ctx, c, next); err != nil {
		return err
	}
	s.meta = next
	return nil
}
