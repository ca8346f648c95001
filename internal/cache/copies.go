package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// dedupe marks the rows that are copies: of one before in the batch, of one in
// the cache, or of one in another batch that is under way.
//
// What was committed is seen in the cache, or remembered, what was not is in
// pending: a batch enters it here, before its first row is written, and leaves it
// after its commit.
func (p *putting) dedupe(ctx context.Context) error {
	for _, c := range p.tables {
		c.within()
	}
	p.w.dedupe.Lock()
	defer p.w.dedupe.Unlock()
	for _, c := range p.tables {
		if err := c.inCache(ctx); err != nil {
			return err
		}
		for _, other := range p.w.pending {
			if other != p && c.in(c.rows(other.batch)) {
				p.after = append(p.after, other)
			}
		}
	}
	if !slices.Contains(p.w.pending, p) {
		p.w.pending = append(p.w.pending, p)
	}
	return nil
}

// errAlone says that a batch that had the copies of dropped rows was not stored.
var errAlone = errors.New("a batch with the copies was not stored")

// await waits for the batches under way that have the copies of rows that were
// dropped: without them those rows are no copies. None of these waits for p, for
// they looked for copies before it.
func (p *putting) await(ctx context.Context) error {
	for _, other := range p.after {
		select {
		case <-other.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !other.committed {
			return errAlone
		}
	}
	return nil
}

// copies looks for the copies among the rows of one table.
type copies struct {
	p     *putting
	table int // in cloudtrail.Tables
	own   map[cloudtrail.RowKey]int
	// only are the rows that the table of keys is to yield, in order; nil for all.
	only []int

	dropped []int // by object
	// Of the last part, the rows that it brought and their times; and the
	// rows of those before.
	part      int64
	partTimes span
	before    int64
}

func (c *copies) rows(b *cloudtrail.Batch) *cloudtrail.Rows { return b.Tables()[c.table] }
func (c *copies) mine() *cloudtrail.Rows                    { return c.rows(c.p.batch) }
func (c *copies) recent() *recent                           { return &c.p.w.recent[c.table] }

// countPart counts the rows that were put.
func (c *copies) countPart() {
	c.part, c.partTimes = 0, nowhen
	rows := c.mine()
	for i := range rows.Kept() {
		c.part++
		if t := rows.Rows[i].Time; t != cloudtrail.NoTime {
			c.partTimes = c.partTimes.grown(t)
		}
	}
}

func (c *copies) drop(i int) {
	r := &c.mine().Rows[i]
	if !r.Dropped {
		r.Dropped = true
		c.dropped[r.Object]++
		c.p.stored.Duplicates++
	}
}

// within drops the rows of objects that need not be stored, and the copies
// within the batch.
func (c *copies) within() {
	rows := c.mine()
	c.own = make(map[cloudtrail.RowKey]int, len(rows.Rows))
	for i := range rows.Rows {
		r := &rows.Rows[i]
		if r.Dropped = c.p.known[r.Object]; r.Dropped || r.Key == (cloudtrail.RowKey{}) {
			continue
		}
		// Of two rows with one key that are not copies, the second is not
		// looked for in other batches by its key, but the cache has all.
		if first, ok := c.own[r.Key]; !ok {
			c.own[r.Key] = i
		} else if rows.Same(first, rows, i) {
			c.drop(i)
		}
	}
}

// in drops the copies of another batch's rows, and reports whether there were any.
func (c *copies) in(other *cloudtrail.Rows) (any bool) {
	for j := range other.Kept() {
		if i, ok := c.own[other.Rows[j].Key]; ok && c.mine().Same(i, other, j) {
			c.drop(i)
			any = true
		}
	}
	return any
}

// inCache drops the rows that the cache has: those that are remembered at once,
// and of the others the cache is asked about those of times of which it may have
// more. The bounds of these are constants, so that DuckDB reads only row groups
// with such times.
func (c *copies) inCache(ctx context.Context) error {
	rows := c.mine()
	if len(rows.Rows) == 0 {
		return nil
	}
	var err error
	if rows.Table.Time != "" {
		err = c.byTime(ctx)
	} else {
		err = c.find(ctx, "true")
	}
	if err != nil || !c.p.again {
		return err
	}
	// What has no ID is known by object and place.
	id := rows.Table.Key[0]
	return c.each(ctx, "sourceObject, recordIndex", "coalesce("+id+", '') = ''",
		"coalesce(b."+id+", '') = '' AND b.ctsql_object = c.sourceObject AND b.ctsql_index = c.recordIndex", c.drop)
}

func (c *copies) byTime(ctx context.Context) error {
	rows, recent := c.mine(), c.recent()
	asked, timeless := nowhen, false
	for i := range rows.Kept() {
		switch t := rows.Rows[i].Time; {
		case t == cloudtrail.NoTime:
			timeless = true
		case recent.knows(t, rows.Rows[i].Key):
			c.drop(i)
		case recent.mayHave(t):
			asked = asked.grown(t)
		}
	}
	if asked != nowhen {
		if err := c.find(ctx, fmt.Sprintf("%s BETWEEN make_timestamp(%d) AND make_timestamp(%d)", rows.Table.Time, asked.from, asked.to)); err != nil {
			return err
		}
	}
	if timeless {
		return c.find(ctx, rows.Table.Time+" IS NULL")
	}
	return nil
}

// find drops the rows that the table has where a condition holds. It asks for
// their ID alone first: that is a third of the work, and few have copies.
func (c *copies) find(ctx context.Context, where string) error {
	t := c.mine().Table
	var rows []int
	err := c.each(ctx, t.Key[0], where, fmt.Sprintf("b.%s = c.%[1]s", t.Key[0]), func(i int) { rows = append(rows, i) })
	if err != nil || len(rows) == 0 {
		return err
	}
	c.only = rows
	defer func() { c.only = nil }()
	columns, same := slices.Clone(t.Key), []string{fmt.Sprintf("b.%s = c.%[1]s", t.Key[0])}
	if t.Time != "" {
		columns = append(columns, t.Time)
	}
	for _, k := range columns[1:] {
		same = append(same, fmt.Sprintf("b.%s IS NOT DISTINCT FROM c.%[1]s", k))
	}
	return c.each(ctx, strings.Join(columns, ", "),
		fmt.Sprintf("%s AND %s IN (SELECT %[2]s FROM ctsql_keys_%[3]s(%[4]d))", where, t.Key[0], t.Name, c.p.number),
		strings.Join(same, " AND "), c.drop)
}

// each calls row for the rows that match one of the table's.
func (c *copies) each(ctx context.Context, columns, where, match string, row func(int)) error {
	query := fmt.Sprintf("SELECT b.ctsql_row FROM ctsql_keys_%s(%d) b SEMI JOIN (SELECT %s FROM %s.%[1]s WHERE %[5]s) c ON %[6]s",
		c.mine().Table.Name, c.p.number, columns, alias, where, match)
	return c.p.c.Query(ctx, func(scan func(...any) error) error {
		var i int
		if err := scan(&i); err != nil {
			return err
		}
		row(i)
		return nil
	}, query)
}
