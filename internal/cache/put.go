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
	for {
		if s, err := w.put(ctx, one, f); !errors.Is(err, errAlone) {
			return s, err
		}
	}
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
	p := &putting{w: w, c: c, filter: f, done: make(chan struct{})}
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
	err = p.ledger(ctx)
	if err == nil {
		err = p.await(ctx)
	}
	if err == nil {
		err = c.Exec(ctx, "COMMIT")
	}
	if err != nil {
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

	batch     *cloudtrail.Batch
	number    int64
	known     map[int]bool      // objects that need not be stored
	again     bool              // objects among them that the ledger has in another form
	earlier   map[string]string // by name, see rewritten
	tables    [len(cloudtrail.Tables)]*copies
	after     []*putting    // see await
	done      chan struct{} // closed at the end, when committed is what it is
	committed bool
}

// longText is how many bytes of text a row has, in the mean, of rows that are long:
// those of CloudTrail have one to two thousand.
const longText = 8 << 10

// part stores one batch.
func (p *putting) part(ctx context.Context, b *cloudtrail.Batch) error {
	first := p.batch == nil
	if !first {
		p.leavePart()
	} else {
		if b.Bytes() > longText*b.Rows() {
			p.w.long.Store(true)
		}
		p.batch, p.number = b, p.w.number.Add(1)
		p.w.puttings.Store(p.number, p)
		for i := range p.tables {
			p.tables[i] = &copies{p: p, table: i, dropped: make([]int, len(b.Objects)), partTimes: nowhen}
		}
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
	for i, c := range p.tables {
		c.countPart()
		p.stored.Rows[i] += int(c.part)
	}
	return nil
}

// leavePart has the cache asked for the events of the part that was stored: they
// are in the batch no more.
func (p *putting) leavePart() {
	p.w.dedupe.Lock()
	defer p.w.dedupe.Unlock()
	for _, c := range p.tables {
		c.before += c.part
		c.recent().forget(c.partTimes)
	}
}

// insert writes the rows of the batch. Damage is rare, and its copies are left to SQL.
func (p *putting) insert(ctx context.Context) error {
	for _, rows := range p.batch.Tables() {
		if len(rows.Rows) == 0 {
			continue
		}
		if err := p.c.Exec(ctx, fmt.Sprintf("INSERT INTO %s.%s SELECT * FROM ctsql_rows_%[2]s(%[3]d)", alias, rows.Table.Name, p.number)); err != nil {
			return err
		}
	}
	if len(p.batch.Damaged) == 0 {
		return nil
	}
	return p.c.Exec(ctx, fmt.Sprintf(`INSERT INTO %[1]s.damaged SELECT n.* FROM ctsql_damaged(%[2]d) n
		ANTI JOIN %[1]s.damaged d ON d.source = n.source AND d.byte = n.byte AND d.text IS NOT DISTINCT FROM n.text`, alias, p.number))
}

// forget lets go of the batch.
func (p *putting) forget() {
	defer close(p.done)
	if p.batch == nil {
		return
	}
	p.w.puttings.Delete(p.number)
	p.w.dedupe.Lock()
	defer p.w.dedupe.Unlock()
	p.w.pending = slices.DeleteFunc(p.w.pending, func(o *putting) bool { return o == p })
	if p.committed {
		for _, c := range p.tables {
			c.recent().count += c.before
			c.recent().add(c.rows(p.batch))
		}
	}
}
