package cloudtrail

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ctsql/ctsql/internal/s3logs"
)

// A Log is a kind of log.
type Log string

const (
	AnyLog    Log = ""
	TrailLog  Log = "cloudtrail"
	AccessLog Log = "s3logs" // S3's server access log
)

// requestField are the columns of the fields of a line.
var requestField = func() (cs [s3logs.NumFields]*Column) {
	for i, name := range s3logs.Names {
		cs[i] = Requests.column(name)
	}
	return cs
}()

// sniffed is how much of a text is looked at for a line of an access log.
const sniffed = 64 << 10

// sniff decides whether the text from pos on is lines of an access log: one of
// the first looks like that. What bears the name that S3 gives to them is one even
// if no line of it is whole.
func (r *reader) sniff() {
	text := r.data[r.space(r.pos):]
	r.unsure = false
	if r.begun(text) {
		return
	}
	for line := range bytes.Lines(text[:min(len(text), sniffed)]) {
		if s3logs.Looks(line) {
			r.lineLog = true
			return
		}
	}
	if r.unsure = !r.whole && len(text) < sniffed; r.unsure || len(text) == 0 {
		return
	}
	if text[0] != '[' {
		_, named := s3logs.ParseKey(r.b.Objects[r.object].Name)
		r.lineLog = named
	}
}

// begun reports whether the text begins as another log does. What is behind that,
// which its clients may have written, is then not asked.
func (r *reader) begun(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	line := text[:min(len(text), maxHeader)]
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	if text[0] == '[' {
		rest := bytes.TrimLeft(text[1:], " \t\r\n")
		return len(rest) == 0 || rest[0] == '{' || rest[0] == ']'
	}
	return text[0] == '{' || exported(line) > 0 || !s3logs.Looks(line) && parseHeader(line).column > 0
}

// requestLine takes the line at i of an access log.
func (r *reader) requestLine(i int) bool {
	r.met = true
	n := bytes.IndexByte(r.data[i:], '\n')
	if n < 0 {
		n = len(r.data) - i
		if !r.whole && n <= r.limits.record {
			r.failShort()
			return false
		}
	}
	// What comes of a line that is too long after this window is passed over.
	end, begun := i+n, r.longLine
	r.longLine = end == len(r.data) && !r.whole
	switch {
	case begun:
	case r.filter.only() == TrailLog:
		r.b.Objects[r.object].LeftOut++
		r.index++
	case n > r.limits.record:
		r.refuse(i, i+r.limits.record, "a line of more than "+strconv.Itoa(r.limits.record)+" bytes", false)
	default:
		return r.wholeLine(i, end)
	}
	r.pos = end
	return true
}

// wholeLine takes the line from i to end.
func (r *reader) wholeLine(i, end int) bool {
	mark := r.checkpoint()
	if err := r.fields.Parse(r.data[i:end]); err != nil {
		what := err.Error()
		if f := (*s3logs.Fault)(nil); errors.As(err, &f) {
			what = f.What
		}
		return r.refuse(i, end, what, false)
	}
	r.putRequest(i, end)
	return !r.full && r.finish(i, end, mark)
}

// putRequest puts the fields that were parsed of the line from i to end.
func (d *recorder) putRequest(i, end int) {
	d.rows = &d.b.Requests
	d.row = Row{Time: d.fields.Time, first: uint32(len(d.rows.entries))}
	d.extras, d.tooLong = d.extras[:0], false
	odd := !utf8.Valid(d.data[i:end])
	var more []s3logs.Field // that have no column
	var names []string
	for k, f := range d.fields.Fields {
		if f.From < 0 {
			continue
		}
		c, from, to := requestField[k], i+int(f.From), i+int(f.To)
		if c.Kind == Text {
			d.putField(c.ID, from, to, odd)
		} else if v, ok := s3logs.Number(d.data[from:to]); ok && (c.Kind == BigInt || v < 1<<31) {
			d.rows.entries = append(d.rows.entries, intEntry(c.ID, v))
		} else {
			d.misfits++
			more, names = append(more, f), append(names, c.Name)
		}
	}
	for k, f := range d.fields.More {
		if f.From >= 0 {
			more, names = append(more, f), append(names, strconv.Itoa(s3logs.NumFields+k+1))
		}
	}
	if len(more) > 0 {
		d.putMore(i, more, names, odd)
	}
}

// putField puts the text from i to end; odd says that there is some in the line
// that is not Unicode.
func (d *recorder) putField(id, i, end int, odd bool) {
	off, n := i, end-i
	if odd && !utf8.Valid(d.data[i:end]) {
		d.replace(i, end)
		if off, n = d.side(bytes.ToValidUTF8(d.data[i:end], []byte("\ufffd"))); d.full {
			return
		}
	}
	d.put(id, off, n)
}

// putMore puts fields of the line at i that have no column, as a JSON object
// whose members have the given names.
func (d *recorder) putMore(i int, more []s3logs.Field, names []string, odd bool) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	open := byte('{')
	for k, f := range more {
		from, to := i+int(f.From), i+int(f.To)
		if odd && !utf8.Valid(d.data[from:to]) {
			d.replace(from, to)
		}
		text.WriteByte(open)
		open = ','
		for _, s := range []string{names[k], string(d.data[from:to])} {
			_ = enc.Encode(s)             // a string into memory never fails
			text.Truncate(text.Len() - 1) // the line end
			text.WriteByte(':')
		}
		text.Truncate(text.Len() - 1)
	}
	text.WriteByte('}')
	if off, n := d.side(text.Bytes()); !d.full {
		d.put(d.rows.Table.extra.ID, off, n)
	}
}

// isRequest reports whether the object that was decoded as an event is a record
// of an access log, as CloudWatch Logs has them.
func (r *reader) isRequest() bool {
	return !r.known() && r.extra("schema_version_id") != nil && (r.extra("request_id") != nil || r.extra("operation") != nil)
}

// requestObject takes that object at at, which stands from i to end.
func (r *reader) requestObject(at, i, end int, mark checkpoint) bool {
	text := r.b.text.n // the object may be in what was added since
	r.rollback(mark)
	r.b.text.n = text
	if r.record(&r.b.Requests, at) < 0 {
		return false // it was read before: memory is full
	}
	if !r.putACLRequired() {
		return false
	}
	if r.row.Time != NoTime {
		logged := time.UnixMicro(r.row.Time).UTC().Format("02/Jan/2006:15:04:05 -0700")
		off, n := r.side([]byte(logged))
		if r.full {
			return false
		}
		r.put(requestField[s3logs.RequestDateTime].ID, off, n)
	}
	return r.finish(i, end, mark)
}

// putACLRequired puts what a line has as Yes or -, and this form as true or false.
func (r *reader) putACLRequired() bool {
	for k, x := range r.extras {
		yes := string(r.data[x.value[0]:x.value[1]]) == "true"
		if f, _ := s3logs.Member(string(r.data[x.key[0]:x.key[1]])); f != s3logs.ACLRequired ||
			!yes && string(r.data[x.value[0]:x.value[1]]) != "false" {
			continue
		}
		r.extras = slices.Delete(r.extras, k, k+1)
		r.misfits--
		if yes {
			off, n := r.side([]byte("Yes"))
			r.put(requestField[s3logs.ACLRequired].ID, off, n)
		}
		break
	}
	return !r.full
}
