package dialect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Rewritten is a statement in other words.
type Rewritten struct {
	Text string
	// Did says what was done, each once, in the order in which it first was.
	Did []string

	Typed string // before
	edits []Edit // in order, none over another
}

// An Edit puts a text in the place of the bytes from Start to End.
type Edit struct {
	Start, End int
	Text       string
}

// Replace makes the edits, in the order of their starts. Of two that overlap the later
// is left out.
func Replace(typed string, edits []Edit) Rewritten {
	r := Rewritten{Text: typed, Typed: typed}
	if len(edits) == 0 {
		return r
	}
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Start - b.Start })
	var sb strings.Builder
	last := 0
	for _, e := range edits {
		if e.Start < last {
			continue
		}
		sb.WriteString(typed[last:e.Start])
		sb.WriteString(e.Text)
		last = e.End
		r.edits = append(r.edits, e)
	}
	sb.WriteString(typed[last:])
	r.Text = sb.String()
	return r
}

// Where is where a byte of Text is in the statement as it was typed: what was put
// there instead of something is where that began.
func (r Rewritten) Where(at int) int {
	shift := 0 // of Text against what was typed
	for _, e := range r.edits {
		begin := e.Start + shift
		if at < begin {
			break
		}
		if at < begin+len(e.Text) {
			return e.Start
		}
		shift += len(e.Text) - (e.End - e.Start)
	}
	return min(max(at-shift, 0), len(r.Typed))
}

// place is how DuckDB tells where in a statement an error is: the line, up to 80
// characters of it, and a caret below.
var place = regexp.MustCompile(`(?m)^LINE (\d+): (.*)\n( *)\^$`)

// lineWidth is how much of a line is shown on each side of a place.
const lineWidth = 60

// Tell returns DuckDB's message about Text as one about what was typed. A place that
// cannot be found there is left out.
func (r Rewritten) Tell(message string) string {
	if len(r.edits) == 0 {
		return message
	}
	m := place.FindStringSubmatchIndex(message)
	if m == nil {
		return message
	}
	before, after := strings.TrimRight(message[:m[0]], "\n"), message[m[1]:]
	number, err := strconv.Atoi(message[m[2]:m[3]])
	if err != nil {
		return before + after
	}
	at, ok := r.find(number, message[m[4]:m[5]], m[7]-m[6]-len("LINE : ")-(m[3]-m[2]))
	if !ok {
		return before + after
	}
	return before + "\n\n" + excerpt(r.Typed, r.Where(at)) + after
}

// find is where in Text the place is of which DuckDB shows a part of the line.
func (r Rewritten) find(number int, shown string, caret int) (at int, ok bool) {
	line, begin := r.Text, 0
	for ; number > 1; number-- {
		i := strings.IndexByte(line, '\n')
		if i < 0 {
			return 0, false
		}
		line, begin = line[i+1:], begin+i+1
	}
	line, _, _ = strings.Cut(line, "\n")
	part, cut := strings.CutPrefix(shown, "...")
	if cut {
		caret -= 3
	}
	part = strings.TrimSuffix(part, "...")
	i := strings.Index(line, part)
	if i < 0 || part == "" || caret < 0 {
		return 0, false
	}
	for n := range part { // the caret counts characters
		if caret == 0 {
			return begin + i + n, true
		}
		caret--
	}
	return begin + i + len(part), caret == 0
}

// excerpt shows a place as DuckDB does.
func excerpt(text string, at int) string {
	begin := strings.LastIndexByte(text[:at], '\n') + 1
	head, tail := text[begin:at], text[at:]
	tail, _, _ = strings.Cut(tail, "\n")
	if utf8.RuneCountInString(head) > lineWidth {
		runes := []rune(head)
		head = "..." + string(runes[len(runes)-lineWidth:])
	}
	if utf8.RuneCountInString(tail) > lineWidth {
		tail = string([]rune(tail)[:lineWidth]) + "..."
	}
	lead := "LINE " + strconv.Itoa(1+strings.Count(text[:at], "\n")) + ": "
	return lead + head + tail + "\n" + strings.Repeat(" ", len(lead)+utf8.RuneCountInString(head)) + "^"
}
