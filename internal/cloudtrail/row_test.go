package cloudtrail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func newBatch(t testing.TB) *Batch {
	t.Helper()
	b, err := NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func body(data string) Body {
	return Body{ReadSeeker: strings.NewReader(data), Bytes: []byte(data)}
}

// decode decodes a single object with the Decoder d, which may be nil.
func decode(t testing.TB, d *Decoder, data string) (*Batch, error) {
	t.Helper()
	if d == nil {
		d = new(Decoder)
	}
	b := newBatch(t)
	err := d.Decode(b, Object{Name: "o"}, body(data))
	if err != nil && (b.Bytes() != 1 || len(b.Objects)+len(b.Damaged)+len(b.Events.Rows)+len(b.Aggregated.Rows)+
		len(b.Events.entries)+len(b.Aggregated.entries) > 0) {
		t.Errorf("after %v, something of the object is left in the batch: %+v", err, b)
	}
	return b, err
}

// entries reads the entries of one row back into the record that they tell of.
type entries struct {
	rows *Rows
	rest []Entry
	bad  string
}

// record returns row i as JSON with sorted names; its text of JSON columns and
// extra is as it was, eventTime as RFC 3339.
func record(t testing.TB, r *Rows, i int) string {
	t.Helper()
	x := entries{rows: r, rest: r.Entries(i)}
	m := x.object(r.Table.Columns)
	if len(x.rest) > 0 || x.bad != "" {
		t.Fatalf("row %d: %s; %d entries are left over", i, x.bad, len(x.rest))
	}
	if at := r.Rows[i].Time; at != NoTime {
		m[r.Table.Time] = time.UnixMicro(at).UTC().Format(time.RFC3339Nano)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		t.Fatalf("row %d: %v", i, err)
	}
	return strings.TrimSpace(out.String())
}

// records returns all rows.
func records(t testing.TB, r *Rows) (all []string) {
	t.Helper()
	for i := range r.Rows {
		all = append(all, record(t, r, i))
	}
	return all
}

func (x *entries) object(members []*Column) map[string]any {
	m := map[string]any{}
	for len(x.rest) > 0 {
		e := x.rest[0]
		c := owner(members, e.ID())
		if c == nil {
			break
		}
		if e.ID() != c.ID {
			x.bad = fmt.Sprintf("a member of %s without it", c.Name)
			break
		}
		if _, twice := m[c.Name]; twice {
			x.bad = c.Name + " comes twice"
			break
		}
		x.rest = x.rest[1:]
		m[c.Name] = x.value(c, e)
	}
	return m
}

// owner finds the column whose ID this is, or that is above that column.
func owner(columns []*Column, id int) *Column {
	for _, c := range columns {
		last := c.ID
		if c.Kind == Map {
			last++
		}
		for n := c.Members; len(n) > 0; n = n[len(n)-1].Members {
			last = n[len(n)-1].ID
		}
		if id >= c.ID && id <= last {
			return c
		}
	}
	return nil
}

func (x *entries) value(c *Column, e Entry) any {
	switch c.Kind {
	case Text:
		return x.text(e)
	case Bool:
		return e.Len() == 1
	case Integer, BigInt:
		return e.Int()
	case JSON:
		text := x.text(e)
		if !json.Valid([]byte(text)) {
			x.bad = fmt.Sprintf("%s is not JSON: %.100q", c.Name, text)
			return nil
		}
		return json.RawMessage(text)
	case Struct:
		return x.object(c.Members)
	case List:
		list := []any{}
		for len(x.rest) > 0 && x.rest[0].ID() == c.ID {
			null := x.rest[0].Len() == 2
			x.rest = x.rest[1:]
			if null {
				list = append(list, nil)
			} else {
				list = append(list, x.object(c.Members))
			}
		}
		return list
	case Map:
		m := map[string]any{}
		for len(x.rest) > 0 && x.rest[0].ID() == c.ID {
			e, n := x.rest[0], x.rest[0].Len()-1
			name := string(x.rows.text.mem[e.off() : e.off()+n])
			if _, twice := m[name]; twice || !utf8.ValidString(name) {
				x.bad = fmt.Sprintf("name %q in a map", name)
			}
			m[name] = nil
			if x.rest = x.rest[1:]; len(x.rest) > 0 && x.rest[0].ID() == c.ID+1 {
				m[name] = x.text(x.rest[0])
				x.rest = x.rest[1:]
			}
		}
		return m
	}
	x.bad = "an entry for " + c.Name
	return nil
}

func (x *entries) text(e Entry) string {
	if e.off() < 1 || e.off()+e.Len() > x.rows.text.n {
		x.bad = "an entry outside of the text"
		return ""
	}
	text := string(x.rows.Text(e))
	if !utf8.ValidString(text) {
		x.bad = fmt.Sprintf("%.100q is not UTF-8", text)
	}
	return text
}
