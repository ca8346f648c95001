package render

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// A Format is a way to lay rows out.
type Format string

const (
	Table    Format = "table"
	CSV      Format = "csv"
	JSON     Format = "json"   // one array, an object a line
	NDJSON   Format = "ndjson" // an object a line
	Markdown Format = "markdown"
	Vertical Format = "vertical"
)

// Formats returns every Format, in the order in which help should name them.
func Formats() []Format { return []Format{Table, CSV, JSON, NDJSON, Markdown, Vertical} }

// ParseFormat returns the Format of that name.
func ParseFormat(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
		names = append(names, string(f))
	}
	return "", fmt.Errorf("%q is no format: it is one of %s", Clean(name), strings.Join(names, ", "))
}

// A Column of a result. Values of nested types must arrive as JSON text, which
// is what DuckDB's to_json gives.
type Column struct {
	Name string
	Type string // as DuckDB spells it: BIGINT, DECIMAL(18,3), STRUCT(a INTEGER)[]
	JSON bool   // a VARCHAR column that holds JSON text
}

// kind is what a column's type means for its layout.
type kind uint8

const (
	text kind = iota
	number
	boolean
	nested
	moment // a time of a day
)

func (c Column) kind() kind {
	t := strings.ToUpper(strings.TrimSpace(c.Type))
	if c.Nested() {
		return nested
	}
	name, _, _ := strings.Cut(t, "(")
	switch name {
	case "BOOLEAN":
		return boolean
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
		"FLOAT", "DOUBLE", "DECIMAL", "BIGNUM", "VARINT":
		return number
	case "JSON":
		return nested
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ":
		return moment
	}
	if c.JSON {
		return nested
	}
	return text
}

// Nested says that the column's type has members (STRUCT, MAP, UNION, a list, an
// array), so that its values must be handed over through to_json.
func (c Column) Nested() bool {
	t := strings.ToUpper(strings.TrimSpace(c.Type))
	return strings.HasSuffix(t, "]") || strings.HasPrefix(t, "STRUCT(") || strings.HasPrefix(t, "MAP(") || strings.HasPrefix(t, "UNION(")
}

// Options say how to lay out. The zero value is what a file wants.
type Options struct {
	Width    int    // of the terminal in columns; 0 is unlimited (Table, Vertical)
	MaxRows  int64  // rows to show, the others are only counted; 0 is all
	Null     string // what stands for NULL where a person reads; empty means NULL
	NoHeader bool   // no column names (Table, CSV, Markdown)
	NoCount  bool   // no last line that counts rows (Table, Vertical)
	Color    bool   // NULL is dim, an errorCode red (Table, Vertical)

	Screen   bool           // a terminal shows it: no bytes that it may obey (CSV)
	MaxCell  int            // columns that a text may take, 0 is what the terminal leaves (Table)
	FoldJSON bool           // JSON that is cut shows whole members, and how many more there are (Table)
	Zone     *time.Location // where a person reads; nil and UTC leave times as they are (Table, Vertical, Markdown)
}

// Stats are what was seen on the way.
type Stats struct {
	Rows    int64 // that the result has, as far as it was read
	Shown   int64 // of them written; fewer only where MaxRows says so
	Cut     int64 // cells that were shown cut
	Columns int   // that were shown; fewer than there are when a terminal is too narrow
}

// Write lays out rows, which is what COPY (…) with CopyOptions writes for these
// columns, and returns when they end. A row that is cut off is an error that
// wraps io.ErrUnexpectedEOF: what was written then stays, an array of JSON
// unclosed, so that half a result is not taken for a whole one. An error of w is
// returned as it is, so that a caller knows a closed pipe.
func Write(w io.Writer, format Format, columns []Column, rows io.Reader, opts Options) (Stats, error) {
	if len(columns) == 0 {
		return Stats{}, errors.New("a result without columns")
	}
	if opts.Null == "" {
		opts.Null = "NULL"
	}
	if format == CSV && len(columns) > 1 && opts.MaxRows <= 0 && !opts.Screen {
		return copyCSV(w, columns, rows, opts)
	}
	out := &output{w: w}
	var l layout
	switch format {
	case CSV:
		l = &csvLayout{out: out, columns: columns, opts: opts}
	case JSON, NDJSON:
		l = newJSON(out, columns, format == JSON)
	case Markdown:
		l = opts.local(columns, func(c []Column) layout { return &markdownLayout{out: out, columns: c, opts: opts} })
	case Vertical:
		l = opts.local(columns, func(c []Column) layout { return newVertical(out, c, opts) })
	case Table:
		l = opts.local(columns, func(c []Column) layout { return newTable(out, c, opts) })
	default:
		return Stats{}, fmt.Errorf("%q is no format", Clean(string(format)))
	}
	return write(out, l, newWire(rows, len(columns)), opts.MaxRows, len(columns))
}

// A layout turns rows into bytes of one format.
type layout interface {
	begin()
	row(cells []Cell)
	end(stats *Stats)
}

func write(out *output, l layout, rows *wire, maxRows int64, columns int) (Stats, error) {
	stats := Stats{Columns: columns}
	l.begin()
	for {
		cells, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			out.flush()
			return stats, err
		}
		stats.Rows++
		if maxRows > 0 && stats.Rows > maxRows {
			continue
		}
		stats.Shown++
		l.row(cells)
		if out.err != nil {
			return stats, out.err
		}
	}
	l.end(&stats)
	out.flush()
	return stats, out.err
}

// output collects bytes and remembers the first error, so that layouts can
// append without a look at each step.
type output struct {
	w   io.Writer
	buf []byte
	err error
}

func (o *output) string(s string) { o.buf = append(o.buf, s...) }

func (o *output) bytes(b []byte) { o.buf = append(o.buf, b...) }

func (o *output) repeat(s string, n int) {
	for range n {
		o.buf = append(o.buf, s...)
	}
}

// spill writes what has been collected once that is worth a call.
func (o *output) spill() {
	if len(o.buf) >= 64<<10 {
		o.flush()
	}
}

func (o *output) flush() {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
}
