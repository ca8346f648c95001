package cache

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// Put stores whole objects in one transaction, rows and ledger together. Copies
// of events, in the batch, in the cache or in another batch under way, are
// dropped. f is the filter that the objects were decoded under.
func (w *Writer) Put(ctx context.Context, b *cloudtrail.Batch, f *cloudtrail.Filter) (cloudtrail.Stored, error) {
	if len(b.Objects) == 0 {
		return cloudtrail.Stored{}, nil
	}
	one := func(yield func(*cloudtrail.Batch, error) bool) { yield(b, nil) }
	if b.Bytes() > usualText {
		return w.PutLarge(ctx, one, f)
	}
	w.alone.RLock()
	defer w.alone.RUnlock()
	return w.put(ctx, one, f)
}

// PutLarge does the same with one object that comes in parts.
func (w *Writer) PutLarge(ctx context.Context, parts iter.Seq2[*cloudtrail.Batch, error], f *cloudtrail.Filter) (s cloudtrail.Stored, err error) {
	w.alone.Lock()
	defer w.alone.Unlock()
	err = w.roomy(ctx, func() (err error) {
		s, err = w.put(ctx, parts, f)
		return err
	})
	return s, err
}

func (w *Writer) put(ctx context.Context, parts iter.Seq2[*cloudtrail.Batch, error], f *cloudtrail.Filter) (s cloudtrail.Stored, err error) {
	if err := w.enter(ctx); err != nil {
		return s, err
	}
	c := <-w.free
	defer func() {
		w.free <- c
		err = errors.Join(err, w.leave(ctx))
	}()
	p := &putting{w: w, c: c, filter: f}
	defer p.forget()
	for b, err := range parts {
		if err == nil {
			err = p.part(ctx, b)
		}
		if err != nil {
			rollback(ctx, c)
			return cloudtrail.Stored{}, err
		}
	}
	if p.batch == nil {
		return s, nil
	}
	if err := p.ledger(ctx); err != nil {
		rollback(ctx, c)
		return cloudtrail.Stored{}, err
	}
	if err := c.Exec(ctx, "COMMIT"); err != nil {
		rollback(ctx, c)
		return cloudtrail.Stored{}, err
	}
	p.committed = true
	return p.stored, nil
}

// rollback ends the transaction if there still is one: an error says that
// DuckDB has done so itself.
func rollback(ctx context.Context, c *duck.Conn) {
	_ = c.Exec(context.WithoutCancel(ctx), "ROLLBACK")
}

// putting is one call of Put.
type putting struct {
	w      *Writer
	c      *duck.Conn
	filter *cloudtrail.Filter
	stored cloudtrail.Stored

	batch  *cloudtrail.Batch
	number int64
	known  map[int]bool // objects that need not be stored
	again  bool         // objects among them that the ledger has in another form
	// copies by object, of events and of summaries
	dropped, droppedAggregated []int
	committed                  bool
	// Of the last part, the rows of events and their times; and the rows of
	// those before.
	events    int64
	partTimes span
	partRows  int64
	// keys are those of the batch's events, which are asked for twice.
	keys [][2]uint64
	// only are the rows that the table of keys is to yield, in order; nil for all.
	only []int
}

// part stores one batch.
func (p *putting) part(ctx context.Context, b *cloudtrail.Batch) error {
	first := p.batch == nil
	if !first {
		p.leavePart()
	} else {
		p.batch, p.number = b, p.w.number.Add(1)
		p.w.puttings.Store(p.number, p)
		p.dropped, p.droppedAggregated = make([]int, len(b.Objects)), make([]int, len(b.Objects))
		if err := p.look(ctx); err != nil {
			return err
		}
	}
	if err := p.dedupe(ctx); err != nil {
		return err
	}
	if first {
		// Not before: a transaction sees what was committed when it began.
		if err := p.c.Exec(ctx, "BEGIN"); err != nil {
			return err
		}
	}
	if err := p.insert(ctx); err != nil {
		return err
	}
	p.events, p.partTimes = 0, nowhen
	for i := range b.Events.Kept() {
		p.events++
		if t := b.Events.Rows[i].Time; t != cloudtrail.NoTime {
			p.partTimes = p.partTimes.grown(t)
		}
	}
	p.stored.Events += int(p.events)
	for range b.Aggregated.Kept() {
		p.stored.Aggregated++
	}
	return nil
}

// leavePart has the cache asked for the events of the part that was stored: they
// are in the batch no more.
func (p *putting) leavePart() {
	p.w.dedupe.Lock()
	defer p.w.dedupe.Unlock()
	p.partRows += p.events
	p.w.recent.forget(p.partTimes)
}

// insert writes the rows of the batch. Damage is rare, and its copies are left to SQL.
func (p *putting) insert(ctx context.Context) error {
	for _, t := range []struct {
		rows int
		sql  string
	}{
		{len(p.batch.Events.Rows), "INSERT INTO %[1]s.cloudtrail SELECT * FROM ctsql_events(%[2]d)"},
		{len(p.batch.Aggregated.Rows), "INSERT INTO %[1]s.aggregated SELECT * FROM ctsql_aggregated(%[2]d)"},
		{len(p.batch.Damaged), `INSERT INTO %[1]s.damaged SELECT n.* FROM ctsql_damaged(%[2]d) n
			ANTI JOIN %[1]s.damaged d ON d.source = n.source AND d.byte = n.byte AND d.text IS NOT DISTINCT FROM n.text`},
	} {
		if t.rows == 0 {
			continue
		}
		if err := p.c.Exec(ctx, fmt.Sprintf(t.sql, alias, p.number)); err != nil {
			return err
		}
	}
	return nil
}

// forget lets go of the batch.
func (p *putting) forget() {
	if p.batch == nil {
		return
	}
	p.w.puttings.Delete(p.number)
	p.w.dedupe.Lock()
	defer p.w.dedupe.Unlock()
	p.w.pending = slices.DeleteFunc(p.w.pending, func(b *cloudtrail.Batch) bool { return b == p.batch })
	if p.committed {
		p.w.recent.count += p.partRows
		p.w.recent.add(&p.batch.Events, p.keys)
	}
}

// dedupe marks the rows that are copies: of one before in the batch, of one in
// the cache, or of one in another batch that is under way.
//
// What was committed is seen in the cache, or remembered, what was not is in
// pending: a batch enters it here, before its first row is written, and leaves it
// after its commit.
func (p *putting) dedupe(ctx context.Context) error {
	b := p.batch
	tables := []copies{
		{p: p, rows: &b.Events, of: eventsOf, dropped: p.dropped},
		{p: p, rows: &b.Aggregated, of: aggregatedOf, dropped: p.droppedAggregated},
	}
	for i := range tables {
		tables[i].within()
	}
	p.w.dedupe.Lock()
	defer p.w.dedupe.Unlock()
	for i := range tables {
		if err := tables[i].inCache(ctx); err != nil {
			return err
		}
		for _, other := range p.w.pending {
			if other != b {
				tables[i].in(tables[i].of(other))
			}
		}
	}
	if !slices.Contains(p.w.pending, b) {
		p.w.pending = append(p.w.pending, b)
	}
	return nil
}

func eventsOf(b *cloudtrail.Batch) *cloudtrail.Rows     { return &b.Events }
func aggregatedOf(b *cloudtrail.Batch) *cloudtrail.Rows { return &b.Aggregated }

// copies looks for the copies among the rows of one table.
type copies struct {
	p    *putting
	rows *cloudtrail.Rows
	of   func(*cloudtrail.Batch) *cloudtrail.Rows // that table's rows
	own  map[uint64]int                           // rows by hash

	dropped []int // by object
}

func (c *copies) drop(i int) {
	r := &c.rows.Rows[i]
	if !r.Dropped {
		r.Dropped = true
		c.dropped[r.Object]++
		c.p.stored.Duplicates++
	}
}

// within drops the rows of objects that need not be stored, and the copies
// within the batch.
func (c *copies) within() {
	c.own = make(map[uint64]int, len(c.rows.Rows))
	for i := range c.rows.Rows {
		r := &c.rows.Rows[i]
		if r.Dropped = c.p.known[r.Object]; r.Dropped || r.Hash == 0 {
			continue
		}
		// Of two rows with one hash that are not copies, the second is not
		// looked for in other batches by its hash, but the cache has all.
		if first, ok := c.own[r.Hash]; !ok {
			c.own[r.Hash] = i
		} else if c.rows.Same(first, c.rows, i) {
			c.drop(i)
		}
	}
}

// in drops the copies of another batch's rows.
func (c *copies) in(other *cloudtrail.Rows) {
	for j := range other.Kept() {
		if i, ok := c.own[other.Rows[j].Hash]; ok && c.rows.Same(i, other, j) {
			c.drop(i)
		}
	}
}

// inCache drops the rows that the cache has: those that are remembered at once,
// and of the others the cache is asked about those of times of which it may have
// more. The bounds of these are constants, so that DuckDB reads only row groups
// with such times.
func (c *copies) inCache(ctx context.Context) error {
	if c.rows.Table == cloudtrail.Events {
		asked, timeless := nowhen, false
		c.p.keys = make([][2]uint64, len(c.rows.Rows))
		for i := range c.rows.Kept() {
			c.p.keys[i] = c.rows.Key(i)
			switch t := c.rows.Rows[i].Time; {
			case t == cloudtrail.NoTime:
				timeless = true
			case c.p.w.recent.knows(t, c.p.keys[i]):
				c.drop(i)
			case c.p.w.recent.mayHave(t):
				asked = asked.grown(t)
			}
		}
		if asked != nowhen {
			if err := c.findEvents(ctx, fmt.Sprintf("eventTime BETWEEN make_timestamp(%d) AND make_timestamp(%d)", asked.from, asked.to)); err != nil {
				return err
			}
		}
		if timeless {
			if err := c.findEvents(ctx, "eventTime IS NULL"); err != nil {
				return err
			}
		}
	} else if len(c.rows.Rows) > 0 {
		if err := c.find(ctx, "eventId", "eventId IS NOT NULL", "b.id = c.eventId"); err != nil {
			return err
		}
	}
	if !c.p.again || len(c.rows.Rows) == 0 {
		return nil
	}
	// What has no ID is known by object and place.
	id := c.rows.Table.Key()
	return c.find(ctx, "sourceObject, recordIndex", "coalesce("+id+", '') = ''",
		"coalesce(b.id, '') = '' AND b.object = c.sourceObject AND b.index = c.recordIndex")
}

// findEvents drops the events that the table has where a condition on its
// eventTime holds. It asks for the eventID alone first: that is a third of the
// work, and few events have copies.
func (c *copies) findEvents(ctx context.Context, where string) error {
	var rows []int
	err := c.each(ctx, "eventID", where, "b.id = c.eventID", func(i int) { rows = append(rows, i) })
	if err != nil || len(rows) == 0 {
		return err
	}
	c.p.only = rows
	defer func() { c.p.only = nil }()
	return c.find(ctx, "eventID, eventTime, eventSource, eventName",
		fmt.Sprintf("%s AND eventID IN (SELECT id FROM ctsql_keys_%s(%d))", where, c.rows.Table.Name, c.p.number),
		`b.id = c.eventID AND b.time IS NOT DISTINCT FROM c.eventTime
			AND b.source IS NOT DISTINCT FROM c.eventSource AND b.name IS NOT DISTINCT FROM c.eventName`)
}

// find drops the rows that match one of the table's.
func (c *copies) find(ctx context.Context, columns, where, match string) error {
	return c.each(ctx, columns, where, match, c.drop)
}

// each calls row for the rows that match one of the table's.
func (c *copies) each(ctx context.Context, columns, where, match string, row func(int)) error {
	table := c.rows.Table.Name
	query := fmt.Sprintf("SELECT b.row FROM ctsql_keys_%s(%d) b SEMI JOIN (SELECT %s FROM %s.%[1]s WHERE %[5]s) c ON %[6]s",
		table, c.p.number, columns, alias, where, match)
	return c.p.c.Query(ctx, func(scan func(...any) error) error {
		var i int
		if err := scan(&i); err != nil {
			return err
		}
		row(i)
		return nil
	}, query)
}
