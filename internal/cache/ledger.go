package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// An entry is what the ledger says of one object under one filter.
type entry struct {
	size     int64
	modified int64 // microseconds since 1970
	leftOut  int
	filter   *cloudtrail.Filter
}

// objectName is the object's name as the tables have it: text. Bytes that are
// not, which a file's name may hold, are written as \xNN.
func objectName(o cloudtrail.Object) string {
	if utf8.ValidString(o.Name) {
		return o.Name
	}
	var sb strings.Builder
	for i, r := range o.Name {
		if r == utf8.RuneError && !strings.HasPrefix(o.Name[i:], string(utf8.RuneError)) {
			fmt.Fprintf(&sb, `\x%02x`, o.Name[i])
		} else {
			sb.WriteRune(r)
		}
	}
	return sb.String()
}

// serves reports whether the object o, as it is now, need not be read again for
// filter f. Changed means another size or time: an ETag is never relied on.
func (e entry) serves(o cloudtrail.Object, f *cloudtrail.Filter) bool {
	return e.size == o.Size && e.modified == o.Modified.UnixMicro() && (e.leftOut == 0 || covers(e.filter, f))
}

// covers reports whether all that b keeps, a keeps.
func covers(a, b *cloudtrail.Filter) bool {
	if a == nil {
		return true
	}
	if b == nil {
		return false
	}
	if a.Since != cloudtrail.NoTime && (b.Since == cloudtrail.NoTime || b.Since < a.Since) ||
		a.Until != cloudtrail.NoTime && (b.Until == cloudtrail.NoTime || b.Until > a.Until) {
		return false
	}
	return (a.Only == cloudtrail.AnyLog || a.Only == b.Only) && subset(b.Accounts, a.Accounts) && subset(b.Regions, a.Regions)
}

// subset reports whether of is all that some selects; no names select all.
func subset(some, of []string) bool {
	if len(of) == 0 {
		return true
	}
	return len(some) > 0 && !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(of, s) })
}

// filterText is a filter as the ledger keeps it; nil is NULL.
func filterText(f *cloudtrail.Filter) []byte {
	if f == nil {
		return nil
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // numbers and strings only
	}
	return text
}

// parseFilter reads a filter as the ledger keeps it.
func parseFilter(text *string) (*cloudtrail.Filter, error) {
	if text == nil {
		return nil, nil
	}
	f := new(cloudtrail.Filter)
	return f, json.Unmarshal([]byte(*text), f)
}

// Seen reports for each object whether the cache has what f keeps of it.
func (w *Writer) Seen(ctx context.Context, objects []cloudtrail.Object, f *cloudtrail.Filter) ([]bool, error) {
	seen := make([]bool, len(objects))
	if w.force || len(objects) == 0 {
		return seen, nil
	}
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	c, err := w.db.Conn(ctx)
	if err != nil {
		return nil, leaveWith(ctx, w, err)
	}
	entries, err := entriesOf(ctx, c, objects)
	if closing := c.Close(); err == nil {
		err = closing
	}
	if err := leaveWith(ctx, w, err); err != nil {
		return nil, err
	}
	for i, o := range objects {
		seen[i] = slices.ContainsFunc(entries[objectName(o)], func(e entry) bool { return e.serves(o, f) })
	}
	return seen, nil
}

func leaveWith(ctx context.Context, w *Writer, err error) error {
	if e := w.leave(ctx); err == nil {
		err = e
	}
	return err
}

// entriesOf reads what the ledger has of the objects, by name.
func entriesOf(ctx context.Context, c *duck.Conn, objects []cloudtrail.Object) (map[string][]entry, error) {
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = objectName(o)
	}
	// The bounds let DuckDB pass over row groups of other names.
	low, high := slices.Min(names), slices.Max(names)
	found := map[string][]entry{}
	err := c.Query(ctx, func(scan func(...any) error) error {
		var name string
		var e entry
		var filter *string
		if err := scan(&name, &e.size, &e.modified, &e.leftOut, &filter); err != nil {
			return err
		}
		var err error
		if e.filter, err = parseFilter(filter); err != nil {
			return fmt.Errorf("filter of %s in the ledger: %w", name, err)
		}
		found[name] = append(found[name], e)
		return nil
	}, `SELECT sourceObject, size, epoch_us(lastModified), leftOut, filter FROM `+alias+`.objects
		WHERE sourceObject BETWEEN $1 AND $2 AND sourceObject IN (SELECT unnest($3::VARCHAR[]))`, low, high, names)
	return found, err
}

// look asks the ledger, now that nobody else can write to it, for the objects of
// the batch: another process may have loaded them since they were listed. One that
// is in the batch twice, as sources that overlap may list it, is known from then on.
func (p *putting) look(ctx context.Context) error {
	objects := make([]cloudtrail.Object, len(p.batch.Objects))
	for i := range p.batch.Objects {
		objects[i] = p.batch.Objects[i].Object
	}
	entries, err := entriesOf(ctx, p.c, objects)
	if err != nil {
		return err
	}
	p.known = map[int]bool{}
	here := make(map[string]bool, len(objects))
	for i, o := range objects {
		name := objectName(o)
		es, twice := entries[name], here[name]
		here[name] = true
		p.again = p.again || len(es) > 0
		if twice || !p.w.force && slices.ContainsFunc(es, func(e entry) bool { return e.serves(o, p.filter) }) {
			p.known[i] = true
			if p.batch.Objects[i].Skipped == "" {
				p.stored.Known++
			}
		}
	}
	return nil
}

// ledger enters the objects, in place of what was there for the same filter.
func (p *putting) ledger(ctx context.Context) error {
	if p.again {
		if err := p.rewritten(ctx); err != nil {
			return err
		}
		err := p.c.Exec(ctx, fmt.Sprintf(`DELETE FROM %s.objects o WHERE EXISTS (SELECT 1 FROM ctsql_objects(%d) n
			WHERE n.sourceObject = o.sourceObject AND n.filter IS NOT DISTINCT FROM o.filter)`, alias, p.number))
		if err != nil {
			return err
		}
	}
	return p.c.Exec(ctx, fmt.Sprintf("INSERT INTO %s.objects SELECT * FROM ctsql_objects(%d)", alias, p.number))
}

// rewritten finds the objects that were loaded before with other bytes. No load takes
// rows out, so those of the other bytes stay under the object's name, and the hash of
// what is loaded now proves nothing of them. The same text may be packed anew.
func (p *putting) rewritten(ctx context.Context) error {
	at, names := map[string]*cloudtrail.Decoded{}, make([]string, 0, len(p.batch.Objects))
	for i := range p.batch.Objects {
		if !p.known[i] {
			name := objectName(p.batch.Objects[i].Object)
			at[name], names = &p.batch.Objects[i], append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	p.earlier = map[string]string{}
	return p.c.Query(ctx, func(scan func(...any) error) error {
		var name string
		var stored, text, earlier *string
		if err := scan(&name, &stored, &text, &earlier); err != nil {
			return err
		}
		o := at[name]
		switch {
		case earlier != nil:
			p.earlier[name] = *earlier
		case stored == nil || *stored == hex.EncodeToString(o.SHA256[:]) || text != nil && *text == hex.EncodeToString(o.TextSHA256[:]):
		default:
			p.earlier[name] = *stored
		}
		return nil
	}, `SELECT sourceObject, sha256, inflatedSHA256, earlier FROM `+alias+`.objects
		WHERE sourceObject BETWEEN $1 AND $2 AND sourceObject IN (SELECT unnest($3::VARCHAR[]))`, slices.Min(names), slices.Max(names), names)
}

// ledgerTable yields a row of the ledger for each object that is to be entered.
type ledgerTable struct {
	once
	p   *putting
	now time.Time
}

func (t *ledgerTable) Columns() []duck.Column { return ledgerColumns }
func (t *ledgerTable) Scan() duck.Scan        { return t }

func (t *ledgerTable) Fill(_ context.Context, v []*duck.Vector) (int, error) {
	return t.fill(len(t.p.batch.Objects), func(i, to int) bool {
		if t.p.known[i] {
			return false
		}
		o := &t.p.batch.Objects[i]
		row := rowWriter{v, to}
		row.text(0, objectName(o.Object))
		row.text(1, o.Version)
		row.text(2, o.ETag)
		row.int(3, o.Size)
		row.int(4, o.Modified.UnixMicro())
		row.text(5, hex.EncodeToString(o.SHA256[:]))
		duplicates, rows := 0, o.Rows
		for k, c := range t.p.tables {
			duplicates += c.dropped[i]
			rows[k] -= c.dropped[i]
		}
		for k, n := range [...]int{int(o.Inflated), rows[cloudtrail.InEvents], rows[cloudtrail.InAggregated], duplicates, o.LeftOut, o.Damaged, o.Misfits, o.Replaced} {
			row.int(6+k, int64(n))
		}
		row.int(18, int64(rows[cloudtrail.InRequests]))
		row.text(14, o.Skipped)
		row.text(15, string(filterText(t.p.filter)))
		row.text(16, t.p.w.loadedBy)
		if o.TextSHA256 != [sha256.Size]byte{} {
			row.text(19, hex.EncodeToString(o.TextSHA256[:]))
		}
		row.text(21, t.p.earlier[objectName(o.Object)])
		row.int(17, t.now.UnixMicro())
		return true
	})
}

// rowWriter writes one row of vectors, of which some may not be needed.
type rowWriter struct {
	v  []*duck.Vector
	to int
}

// text writes a text that lies in Go's heap; "" is NULL.
func (r rowWriter) text(i int, s string) {
	if r.v[i] != nil && s != "" {
		r.v[i].CopyText(r.to, []byte(s))
	}
}

func (r rowWriter) int(i int, n int64) {
	if r.v[i] != nil {
		r.v[i].SetInt(r.to, n)
	}
}
