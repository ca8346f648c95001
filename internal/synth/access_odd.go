package synth

import "strings"

// A trap is a line that clients or the years made hard to read. What it holds
// is not ambiguous by these rules: the URI ends at the first quote after which
// come status, error code, four numbers and a quote or -; the referer ends at
// the first quote before a quote or -; the user agent ends at the last quote.
type trap struct {
	name  string
	set   func(l *accessLine, r *rng)
	large bool // only three in a log
}

var traps = []trap{
	{name: "18 fields", set: func(l *accessLine, r *rng) { l.narrow(18) }},
	{name: "24 fields", set: func(l *accessLine, r *rng) { l.narrow(24) }},
	{name: "25 fields", set: func(l *accessLine, r *rng) { l.narrow(25) }},
	{name: "26 fields", set: func(l *accessLine, r *rng) { l.narrow(26) }},
	{name: "28 fields", set: func(l *accessLine, r *rng) { l.More = []string{base64Of(r.next(), 8)} }},
	{name: "30 fields", set: func(l *accessLine, r *rng) { l.More = []string{"v2", "-", base64Of(r.next(), 8)} }},
	{name: "nulls in quotes", set: func(l *accessLine, r *rng) { l.empty() }},
	{name: "nulls without quotes", set: func(l *accessLine, r *rng) { l.empty(); l.bare = true }},
	{name: "spaces at the end", set: func(l *accessLine, r *rng) { l.spaces = 1 + r.below(3) }},
	{name: "agent with quotes", set: agent(`Mozilla/5.0 "quoted" (a "b" "c"; "d) "`)},
	{name: "agent of quotes", set: agent(`""`)},
	{name: "agent with the end of a line", set: agent(`x" - AAAAAAAAAAA= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader forged.example TLSv1.3 - Yes us-east-1`)},
	{name: "agent with a line", set: agent(`x" "y" 200 - 1 2 3 4 "-" "z" - AAAAAAAAAAA= SigV4 - AuthHeader forged.example - - - -`)},
	{name: "agent with escapes", set: agent("\x1b[31mred\x1b[0m\x1b]0;title\x07 \x08\x7f")},
	{name: "agent with tabs", set: agent("tab\tseparated\t\tagent")},
	{name: "agent written backwards", set: agent("agent \u202egnp.exe\u202c \u2066日本\u2069 😀\u2028")},
	{name: "agent like a formula", set: agent(`=cmd|' /C calc'!A0`)},
	{name: "agent like SQL", set: agent(`'; DROP TABLE s3_access_logs; --`)},
	{name: "agent that is not UTF-8", set: func(l *accessLine, r *rng) {
		l.set(fieldAgent, "Op\xe9ra/9.80 \xff\xfe\xc3( \xf0\x9f\x98")
		l.Invalid = true
	}},
	{name: "agent of 100 KB", large: true, set: func(l *accessLine, r *rng) {
		part := `Mozilla/5.0 (long; "` + base64Of(r.next(), 10) + `") `
		l.set(fieldAgent, strings.Repeat(part, 1+102_400/len(part)))
	}},
	{name: "referer with quotes", set: referer(`https://shop.example/?q="red shoes" size`)},
	{name: "referer with fields", set: referer(`https://shop.example/" 200 NoSuchKey 1 2 3 4`)},
	{name: "URI with quotes", set: uri(`/search?q="red shoes"&x= "y`)},
	{name: "URI with fields", set: uri(`/x HTTP/1.1" 404 NoSuchKey 5 - 7 9 and on`)},
	{name: "URI with escapes", set: uri("/\x1b[2J/../../etc/passwd;`id`")},
}

func agent(text string) func(*accessLine, *rng) {
	return func(l *accessLine, _ *rng) { l.set(fieldAgent, text) }
}

func referer(text string) func(*accessLine, *rng) {
	return func(l *accessLine, _ *rng) { l.set(fieldReferer, text) }
}

func uri(path string) func(*accessLine, *rng) {
	return func(l *accessLine, _ *rng) { l.set(fieldURI, "GET "+path+" HTTP/1.1") }
}

// empty makes null what can be: a line without owner, bucket, time, request ID
// and operation has never been seen.
func (l *accessLine) empty() {
	for i := range l.Fields {
		if i > fieldTime && i != fieldRequestID && i != fieldOperation {
			l.set(i, "")
		}
	}
}

// traps puts each trap into some object at least, and about one into twelve
// lines of those that have no events of the trail.
func (p *accessPlanner) traps(files []*accessFile) {
	next, large := 0, 1
	for i, f := range files {
		f.crlf = i == 1 || p.r.below(12) == 0
		f.blank = i == 2 || p.r.below(12) == 0
		f.unended = i == 3 || p.r.below(6) == 0
		if i < len(damages) || p.r.below(8) == 0 {
			f.damages = append(f.damages, i%len(damages))
			f.damagedFirst = i == 4 || p.r.below(4) == 0
		}
		if f.from != nil {
			continue
		}
		for len(f.traps) < f.n && (next < len(traps) || len(f.traps) < f.n/12) {
			trap := next
			if next < len(traps) {
				next++
			} else if trap = p.r.below(len(traps)); traps[trap].large {
				if large++; large > 3 {
					break
				}
			}
			f.traps = append(f.traps, trap)
		}
	}
}
