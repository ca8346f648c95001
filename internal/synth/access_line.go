package synth

import (
	"strings"
	"time"
)

// An accessLine is a record with how it is written.
type accessLine struct {
	AccessRecord
	width  int    // of the known fields, how many the line has
	bare   bool   // a quoted field that is null is written without quotes
	spaces int    // after the last field
	broken string // what stands there instead, of a damaged line
}

// newLine returns a line without anything but what every line has.
func (f *accessFile) newLine(t int64) accessLine {
	l := accessLine{width: accessFields}
	for i := range l.Null {
		l.Null[i] = true
	}
	l.Time = time.Unix(t, 0).UTC()
	l.set(fieldOwner, f.acct.canonical)
	l.set(fieldBucket, f.bucket)
	l.set(fieldTime, l.Time.Format(accessTime))
	return l
}

// set gives the field a value; "" leaves it null.
func (l *accessLine) set(field int, s string) { l.Fields[field], l.Null[field] = s, s == "" }

// narrow leaves the line with its first n fields, as older years wrote it.
func (l *accessLine) narrow(n int) {
	l.width = n
	for i := n; i < accessFields; i++ {
		l.set(i, "")
	}
}

func isQuoted(field int) bool {
	return field == fieldURI || field == fieldReferer || field == fieldAgent
}

// append appends the line without its end.
func (l *accessLine) append(b []byte) []byte {
	for i := range l.width {
		if i > 0 {
			b = append(b, ' ')
		}
		text := l.Fields[i]
		if l.Null[i] {
			text = "-"
		}
		switch {
		case i == fieldTime:
			b = append(append(append(b, '['), text...), ']')
		case isQuoted(i) && !(l.Null[i] && l.bare):
			b = append(append(append(b, '"'), text...), '"')
		default:
			b = append(b, text...)
		}
	}
	for _, text := range l.More {
		b = append(append(b, ' '), text...)
	}
	for range l.spaces {
		b = append(b, ' ')
	}
	return b
}

// keepAll are the characters of a key that the log writes as they are.
const keepAll = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/*"

// encodeKey is a key as the log writes it.
func encodeKey(key string) string {
	if strings.Trim(key, keepAll) == "" {
		return key
	}
	b := make([]byte, 0, 2*len(key))
	for i := range len(key) {
		if c := key[i]; strings.IndexByte(keepAll, c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return string(b)
}

// The ways in which a line is damaged. Each takes from it what no reader can do
// without, so that it is no row under any rule.
var damages = []func(good string, r *rng) string{
	func(good string, r *rng) string { return good[:20+r.below(60)] }, // cut within owner and bucket
	func(good string, r *rng) string { // cut within the URI
		return good[:strings.IndexByte(good, '"')+6]
	},
	func(good string, r *rng) string { // no quote is ever closed
		return strings.ReplaceAll(good, `" `, " ")
	},
	func(good string, r *rng) string { // no such time
		from, to := strings.IndexByte(good, '['), strings.IndexByte(good, ']')
		return good[:from] + "[31/Foo/2025:25:61:61 +0000" + good[to:]
	},
	func(good string, r *rng) string { return good[strings.IndexByte(good, '['):] }, // neither owner nor bucket
	func(good string, r *rng) string { return "<html><body>503 Slow Down</body></html>" },
}

// damage puts the object's damaged lines among the good ones.
func (p *accessPress) damage(f *accessFile) {
	r := rng{mix(f.seed, 4)}
	for _, kind := range f.damages {
		model := p.plainLine(f, &r)
		l := accessLine{broken: damages[kind](string(model.append(nil)), &r)}
		l.Damaged = true
		at := r.below(len(p.lines) + 1)
		if f.damagedFirst {
			at = 0
		}
		p.lines = append(p.lines, accessLine{})
		copy(p.lines[at+1:], p.lines[at:])
		p.lines[at] = l
	}
}
