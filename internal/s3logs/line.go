package s3logs

import (
	"bytes"
	"fmt"
	"math"
)

// A Field is where a value lies in its line, without quotes or brackets. From is
// -1 for null: a -, quoted or not, or a field that is not there. An empty quoted
// field is an empty text, not null.
type Field struct{ From, To int32 }

// null is the Field of what is not there.
var null = Field{-1, -1}

// A Line is one line of an access log, taken apart. It may be used again for
// the next line.
type Line struct {
	Fields [NumFields]Field
	// More are the fields behind those that this package knows; its memory is
	// used again by the next Parse.
	More  []Field
	Count int // fields in the line, those of More too
	// Time is when the request was received: microseconds since 1970, UTC.
	Time int64
}

// A Fault is what is wrong with a line, and where.
type Fault struct {
	At   int // offset in the line
	What string
}

func (f *Fault) Error() string { return fmt.Sprintf("byte %d: %s", f.At, f.What) }

// What can be wrong with a line. These never quote it: it is hostile.
const (
	tooLong      = "the line is longer than 2 GiB"
	tooMany      = "the line has more than 1000 fields"
	badTime      = "requestdatetime is not [dd/Mon/yyyy:HH:MM:SS +hhmm]"
	badURI       = "request_uri is neither quoted nor -"
	openURI      = "request_uri has no closing quote"
	badStatus    = "httpstatus is neither three digits nor -"
	quoteInside  = "a quote in a field between httpstatus and turnaroundtime"
	badReferrer  = "referrer is neither quoted nor -"
	openReferrer = "referrer has no closing quote"
	badAgent     = "useragent is neither quoted nor -"
	openAgent    = "useragent has no closing quote"
	openMore     = "a quoted field behind useragent has no closing quote"
)

// maxFields keeps a damaged line from filling the memory with fields.
const maxFields = 1000

// Parse takes one line apart, which comes without its end (a trailing \r and
// trailing spaces are its end too). Its error is a *Fault; then the fields before
// the damage are set, and all others are null. It keeps nothing of line, and
// allocates nothing for a line that is good and has no more fields than those
// before it.
//
// A status is three digits or -. Other numbers are not looked at: see Number.
func (l *Line) Parse(line []byte) error {
	l.More, l.Count, l.Time = l.More[:0], 0, 0
	end := len(line)
	for end > 0 && (line[end-1] == ' ' || line[end-1] == '\r') {
		end--
	}
	at, what := l.parse(line[:end])
	for i := l.Count; i < NumFields; i++ {
		l.Fields[i] = null
	}
	switch {
	case what != "":
		return &Fault{at, what}
	case l.Count < minFields:
		return &Fault{end, fmt.Sprintf("%d fields, and %d is the least", l.Count, minFields)}
	}
	return nil
}

// parse reads a line from left to right, and returns what is wrong with it and
// where. If the line ends early, nothing else is wrong with it.
func (l *Line) parse(line []byte) (at int, what string) {
	if len(line) > math.MaxInt32 {
		return 0, tooLong
	}
	if at, what = l.request(line); what != "" || l.Count < Referrer {
		return at, what
	}
	if at, what = l.clients(line, at); what != "" || l.Count <= UserAgent {
		return at, what
	}
	return l.behind(line, at)
}

// request reads what is known before the answer, the request-URI, and the answer
// behind it, from which it knows where the URI ends.
func (l *Line) request(line []byte) (at int, what string) {
	for n := range RequestURI {
		from := skip(line, at)
		if from == len(line) {
			return from, ""
		}
		if n != RequestDateTime {
			at = word(line, from)
			l.put(line, from, at)
			continue
		}
		if at = from + timeLen + 2; at > len(line) || line[from] != '[' || line[at-1] != ']' {
			return from, badTime
		}
		var ok bool
		if l.Time, ok = instant(line[from+1 : at-1]); !ok {
			return from, badTime
		}
		l.put(line, from+1, at-1)
	}
	from := skip(line, at)
	switch {
	case from == len(line):
		return from, ""
	case bare(line, from):
		l.put(line, from, from+1)
		return l.answer(line, from+1)
	case line[from] != '"':
		return from, badURI
	}
	return l.uri(line, from+1)
}

// uri finds the closing quote of the request-URI that begins at from: the first
// that an answer follows. What is wrong behind the first quote is what is wrong
// with a line that has no answer at all.
func (l *Line) uri(line []byte, from int) (at int, what string) {
	wrong, why := from-1, openURI
	for q := from; ; q++ {
		i := bytes.IndexByte(line[q:], '"')
		if i < 0 {
			return wrong, why
		}
		q += i
		if q+1 < len(line) && line[q+1] != ' ' {
			continue
		}
		l.Count = RequestURI
		l.put(line, from, q)
		if at, what = l.answer(line, q+1); what == "" {
			return at, ""
		}
		if why == openURI {
			wrong, why = at, what
		}
		l.Count = RequestURI
	}
}

// answer reads the six words from the status on, and sees that a quoted field or
// a bare - follows.
func (l *Line) answer(line []byte, at int) (end int, what string) {
	for n := HTTPStatus; n <= TurnAroundTime; n++ {
		from := skip(line, at)
		for at = from; at < len(line) && line[at] != ' '; at++ {
			if line[at] == '"' {
				return at, quoteInside
			}
		}
		if from == at {
			return at, ""
		}
		if n == HTTPStatus && !bare(line, from) {
			if _, ok := Number(line[from:at]); !ok || at-from != 3 {
				return from, badStatus
			}
		}
		l.put(line, from, at)
	}
	from := skip(line, at)
	if from < len(line) && line[from] != '"' && !bare(line, from) {
		return from, badReferrer
	}
	return from, ""
}

// put adds a field.
func (l *Line) put(line []byte, from, to int) {
	f := Field{int32(from), int32(to)}
	if to-from == 1 && line[from] == '-' {
		f = null
	}
	if l.Count < NumFields {
		l.Fields[l.Count] = f
	} else {
		l.More = append(l.More, f)
	}
	l.Count++
}

// skip is where the spaces from at on end.
func skip(line []byte, at int) int {
	for at < len(line) && line[at] == ' ' {
		at++
	}
	return at
}

// word is where the word from at on ends.
func word(line []byte, at int) int {
	if i := bytes.IndexByte(line[at:], ' '); i >= 0 {
		return at + i
	}
	return len(line)
}

// bare reports whether the word at at is -.
func bare(line []byte, at int) bool {
	return line[at] == '-' && (at+1 == len(line) || line[at+1] == ' ')
}
