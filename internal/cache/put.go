package cache

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// Put stores whole objects in one transaction, rows and ledger together. Copies
// of events, in the batch, in the cache or in another batch under way, are
// dropped. f is the filter that the objects were decoded under.
func (w *Writer) Put(ctx context.Context, b *cloudtrail.Batch, f *cloudtrail.Filter) (cloudtrail.Stored, error) {
	w.alone.RLock()
	defer w.alone.RUnlock()
	return w.put(ctx, func(yield func(*cloudtrail.Batch, error) bool) { yield(b, nil) }, f)
}

// PutLarge does the same with one object that comes in parts.
func (w *Writer) PutLarge(ctx context.Context, parts iter.Seq2[*cloudtrail.Batch, error], f *cloudtrail.Filter) (cloudtrail.Stored, error) {
	w.alone.Lock()
	defer w.alone.Unlock()
	return w.put(ctx, parts, f)
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
	if err := c.Exec(ctx, "BEGIN"); err != nil {
		return s, err
	}
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
	if err := p.ledger(ctx); err != nil {
		rollback(ctx, c)
		return cloudtrail.Stored{}, err
	}
	if err := c.Exec(ctx, "COMMIT"); err != nil {
		rollback(ctx, c)
		return cloudtrail.Stored{}, err
	}
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

	batch   *cloudtrail.Batch
	number  int64
	known   map[int]bool // objects that need not be stored
	again   bool         // objects among them that the ledger has in another form
	dropped []int        // duplicates by object
}

// part stores one batch.
func (p *putting) part(ctx context.Context, b *cloudtrail.Batch) error {
	if p.batch == nil {
		p.batch, p.number = b, p.w.number.Add(1)
		p.w.puttings.Store(p.number, p)
		p.dropped = make([]int, len(b.Objects))
		if err := p.look(ctx); err != nil {
			return err
		}
	}
	if err := p.dedupe(ctx); err != nil {
		return err
	}
	if err := p.insert(ctx); err != nil {
		return err
	}
	for range b.Events.Kept() {
		p.stored.Events++
	}
	for range b.Aggregated.Kept() {
		p.stored.Aggregated++
	}
	return nil
}

// insert writes the rows of the batch. Summaries and damage are few, and their
// copies are left to SQL.
func (p *putting) insert(ctx context.Context) error {
	for _, t := range []struct {
		rows int
		sql  string
	}{
		{len(p.batch.Events.Rows), "INSERT INTO %[1]s.cloudtrail SELECT * FROM ctsql_events(%[2]d)"},
		{len(p.batch.Aggregated.Rows), `INSERT INTO %[1]s.aggregated SELECT n.* FROM (
			SELECT * FROM ctsql_aggregated(%[2]d)
			QUALIFY row_number() OVER (PARTITION BY coalesce(eventId, concat_ws('#', sourceObject, recordIndex))) = 1) n
			ANTI JOIN %[1]s.aggregated a ON a.eventId = n.eventId
			ANTI JOIN %[1]s.aggregated b ON b.sourceObject = n.sourceObject AND b.recordIndex = n.recordIndex`},
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
	for i, b := range p.w.pending {
		if b == p.batch {
			p.w.pending = append(p.w.pending[:i], p.w.pending[i+1:]...)
			break
		}
	}
}

// dedupe marks the rows that are copies: of one before in the batch, of one in
// the cache, or of one in another batch that is under way.
//
// What was committed is seen in the cache, what was not is in pending: a batch
// enters it here, before its first row is written, and leaves it after its commit.
func (p *putting) dedupe(ctx context.Context) error {
	b := p.batch
	for _, rows := range []*cloudtrail.Rows{&b.Events, &b.Aggregated} {
		for i := range rows.Rows {
			rows.Rows[i].Dropped = p.known[rows.Rows[i].Object]
		}
	}
	own := p.hashes()

	p.w.dedupe.Lock()
	defer p.w.dedupe.Unlock()
	if err := p.copiesInCache(ctx); err != nil {
		return err
	}
	for _, other := range p.w.pending {
		if other == b {
			continue
		}
		for j := range other.Events.Kept() {
			if i, ok := own[other.Events.Rows[j].Hash]; ok && b.Events.SameEvent(i, &other.Events, j) {
				p.drop(i)
			}
		}
	}
	for _, other := range p.w.pending {
		if other == b {
			return nil
		}
	}
	p.w.pending = append(p.w.pending, b)
	return nil
}

func (p *putting) drop(i int) {
	r := &p.batch.Events.Rows[i]
	if !r.Dropped {
		r.Dropped = true
		p.dropped[r.Object]++
		p.stored.Duplicates++
	}
}

// hashes drops the copies within the batch, and returns its rows by hash.
func (p *putting) hashes() map[uint64]int {
	rows := &p.batch.Events
	own := make(map[uint64]int, len(rows.Rows))
	for i := range rows.Kept() {
		h := rows.Rows[i].Hash
		if h == 0 {
			continue
		}
		first, ok := own[h]
		switch {
		case !ok:
			own[h] = i
		case rows.SameEvent(first, rows, i):
			p.drop(i)
		}
	}
	return own
}

// copiesInCache drops the rows that the cache has. Its time bounds are
// constants, so that DuckDB reads only the row groups of the batch's own time.
func (p *putting) copiesInCache(ctx context.Context) error {
	from, to, timeless := int64(math.MaxInt64), int64(math.MinInt64), false
	rows := &p.batch.Events
	for i := range rows.Kept() {
		switch t := rows.Rows[i].Time; {
		case t == cloudtrail.NoTime:
			timeless = true
		default:
			from, to = min(from, t), max(to, t)
		}
	}
	var where []string
	if from <= to {
		where = append(where, fmt.Sprintf("c.eventTime BETWEEN make_timestamp(%d) AND make_timestamp(%d)", from, to))
	}
	if timeless {
		where = append(where, "c.eventTime IS NULL")
	}
	for _, w := range where {
		if err := p.dropFound(ctx, fmt.Sprintf(`SELECT b.row FROM ctsql_keys(%d) b SEMI JOIN (
			SELECT eventID, eventTime, eventSource, eventName FROM %s.cloudtrail c WHERE %s AND c.eventID IS NOT NULL) c
			ON b.eventID = c.eventID AND b.eventTime IS NOT DISTINCT FROM c.eventTime
			AND b.eventSource IS NOT DISTINCT FROM c.eventSource AND b.eventName IS NOT DISTINCT FROM c.eventName`,
			p.number, alias, w)); err != nil {
			return err
		}
	}
	if !p.again {
		return nil
	}
	// Records without eventID are known by object and place.
	return p.dropFound(ctx, fmt.Sprintf(`SELECT b.row FROM ctsql_keys(%d) b SEMI JOIN (
		SELECT sourceObject, recordIndex FROM %s.cloudtrail WHERE eventID IS NULL) c
		ON b.eventID IS NULL AND b.sourceObject = c.sourceObject AND b.recordIndex = c.recordIndex`, p.number, alias))
}

func (p *putting) dropFound(ctx context.Context, query string) error {
	return p.c.Query(ctx, func(scan func(...any) error) error {
		var i int
		if err := scan(&i); err != nil {
			return err
		}
		p.drop(i)
		return nil
	}, query)
}
