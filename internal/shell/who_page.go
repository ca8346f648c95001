package shell

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// A person is what the page of .who tells.
type person struct {
	events, failed, denied string
	first, last            string
	sections               [sections][]frequent
	days                   map[string]map[string]int // events of a call by day
}

// frequent is one value of a section.
type frequent struct {
	value, n, first, last, denied string
	others                        string // how many values the section has
}

// take sorts a row of the answer into its section.
func (p *person) take(cells []render.Cell) error {
	text := func(i int) string { return string(cells[i].Text) }
	part, err := strconv.Atoi(text(0))
	if err != nil {
		return err
	}
	switch {
	case part < 0:
		p.events, p.first, p.last, p.failed, p.denied = text(2), clock(text(3)), clock(text(4)), text(5), text(6)
	case part < sections:
		p.sections[part] = append(p.sections[part], frequent{
			value: text(1), n: text(2), first: clock(text(3)), last: clock(text(4)), others: text(5), denied: text(6)})
	default:
		if p.days[text(1)] == nil {
			p.days[text(1)] = map[string]int{}
		}
		p.days[text(1)][text(7)], err = strconv.Atoi(text(2))
	}
	return err
}

// pageWidth is how wide a page is, in columns.
const pageWidth = 80

func (p *person) write(w io.Writer, as whoever, places map[string]string) error {
	s := newSheet(w)
	s.line("%s, taken for %s", as.text, as.what)
	s.line("  seen     %s – %s", p.first, p.last)
	s.line("  events   %s, failed %s, of these denied %s", grouped(p.events), grouped(p.failed), grouped(p.denied))
	if a := p.sections[actors]; len(a) == 1 && len(p.sections[arns]) == 1 && a[0].value == p.sections[arns][0].value {
		p.sections[arns] = nil // told already
	}
	for _, i := range []int{actors, arns, keys, sessions} {
		p.spans(s, i, nil)
	}
	for _, i := range []int{types, accounts} {
		p.inLine(s, i)
	}
	p.spans(s, addresses, places)
	if note := places[""]; note != "" {
		s.line("  where they are is not known: %s", note)
	}
	for _, i := range []int{services, regions, failures} {
		p.inLine(s, i)
	}
	p.agents(s)
	p.calls(s)
	return s.end()
}

// title heads a section, and tells of how many values it shows some.
func (p *person) title(s sheet, i int) []frequent {
	all := p.sections[i]
	if len(all) == 0 {
		return nil
	}
	s.blank()
	if of := all[0].others; of != strconv.Itoa(len(all)) {
		s.line("%s (%d of %s)", whoSections[i].title, len(all), grouped(of))
	} else {
		s.line("%s", whoSections[i].title)
	}
	return all
}

// spans tells values a line each, with the times when they were seen, and notes.
func (p *person) spans(s sheet, i int, notes map[string]string) {
	for _, f := range p.title(s, i) {
		note := notes[f.value]
		if f.denied != "0" {
			note = strings.TrimSpace(note + "  " + grouped(f.denied) + " denied")
		}
		const minute = len("2006-01-02 15:04")
		times := f.first[:min(minute, len(f.first))] + " – " + f.last[:min(minute, len(f.last))]
		if room := pageWidth - 2 - 35 - 2 - 7 - 1; len([]rune(render.Clean(f.value))) > room {
			s.line("  %s", cut(f.value, pageWidth-2))
			s.line("  %s %7s  %s", fill("", room), grouped(f.n), times)
		} else {
			s.line("  %s %7s  %s", fill(f.value, room), grouped(f.n), times)
		}
		if note != "" {
			s.line("    %s", cut(note, pageWidth-4))
		}
	}
}

// inLine tells values one after the other.
func (p *person) inLine(s sheet, i int) {
	line := " "
	for _, f := range p.title(s, i) {
		item := " " + cut(f.value, pageWidth-12) + " " + grouped(f.n)
		if len([]rune(line))+len([]rune(item))+1 > pageWidth {
			s.line("%s", line)
			line = " "
		}
		line += item + " "
	}
	if strings.TrimSpace(line) != "" {
		s.line("%s", line)
	}
}

func (p *person) agents(s sheet) {
	for _, f := range p.title(s, agents) {
		s.line("  %s %7s", fill(f.value, pageWidth-2-8), grouped(f.n))
	}
}

// calls tells of the most frequent calls when they came.
func (p *person) calls(s sheet) {
	all := p.title(s, calls)
	if len(all) == 0 {
		return
	}
	from, err := time.Parse(time.DateOnly, p.first[:min(10, len(p.first))])
	to, err2 := time.Parse(time.DateOnly, p.last[:min(10, len(p.last))])
	if err != nil || err2 != nil || to.Before(from) { // no times, or some before Christ
		from, to = time.Time{}, time.Time{}
	}
	const columns = 31
	count := int(to.Sub(from).Hours()/24) + 1
	wide := (count + columns - 1) / columns // days in a column
	for _, f := range all {
		sums := make([]int, (count+wide-1)/wide)
		for day, n := range p.days[f.value] {
			if at, err := time.Parse(time.DateOnly, day); err == nil && !at.Before(from) && !at.After(to) {
				sums[int(at.Sub(from).Hours()/24)/wide] += n
			}
		}
		s.line("  %s %7s  %s", fill(f.value, pageWidth-2-8-2-columns-1), grouped(f.n), sparks(sums))
	}
	each := "a day each"
	if wide > 1 {
		each = fmt.Sprintf("%d days each", wide)
	}
	s.line("  %s %7s  %s", fill("", pageWidth-2-8-2-columns-1), "", each+" from "+from.Format(time.DateOnly))
}

// sparks draws counts as bars, of which the highest is the greatest of them.
func sparks(counts []int) string {
	const bars = "▁▂▃▄▅▆▇█"
	most := 1
	for _, n := range counts {
		most = max(most, n)
	}
	var sb strings.Builder
	for _, n := range counts {
		if n == 0 {
			sb.WriteByte('.')
			continue
		}
		sb.WriteRune([]rune(bars)[(n*8-1)/most])
	}
	return sb.String()
}

// whereabouts tells where addresses are, as far as databases know. Under "" is why
// they do not. That must not keep the rest of the page from a person.
func whereabouts(ctx context.Context, s Session, all []frequent) map[string]string {
	params := map[string]string{}
	var values []string
	for i, f := range all {
		name := "a" + strconv.Itoa(i)
		params[name] = f.value
		values = append(values, "(CAST($"+name+" AS VARCHAR))")
	}
	if len(values) == 0 {
		return nil
	}
	told := map[string]string{}
	var why error
	for _, tell := range []string{
		"concat_ws(', ', city(ip), country(ip))",
		"concat_ws(' ', 'AS' || CAST(asn(ip) AS VARCHAR), as_org(ip))",
		"CASE WHEN is_tor(ip) THEN 'a Tor exit' ELSE '' END",
	} {
		rows, err := askAll(ctx, s, "SELECT ip, "+tell+" FROM (VALUES "+strings.Join(values, ", ")+") AS t(ip)", params)
		if err != nil {
			if why == nil {
				why = err
			}
			continue
		}
		for _, r := range rows {
			if r[1] != "" {
				told[r[0]] = strings.TrimSpace(told[r[0]] + "  " + r[1])
			}
		}
	}
	if len(told) == 0 && why != nil {
		told[""], _, _ = strings.Cut(why.Error(), "\n")
	}
	return told
}
