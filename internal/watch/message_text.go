package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/profile"
	"github.com/ctsql/ctsql/internal/render"
)

// late is how old events are when it is said that they are.
const late = 24 * time.Hour

// text is for a person who is woken by it: what, who, from where and when in one
// sentence; why that is unusual; some of the events; and what to do next.
func (t *telling) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", t.sentence())
	if t.told != profile.None {
		fmt.Fprintf(&b, "It was told before as %s, and has grown to %s.\n", t.told, t.Severity)
	}
	if age := t.made.Sub(at(t.Last)); age >= late {
		fmt.Fprintf(&b, "Told late: this was %s ago, and came to be known only now.\n", counted(uint64(age/late), "day"))
	}
	fmt.Fprintf(&b, "\nSeverity  %s, score %.1f\nWho       %s\n", t.Severity, finite(t.Score), show(t.Root, textWidth))
	if others := t.others(); others != "" {
		fmt.Fprintf(&b, "Also as   %s\n", others)
	}
	fmt.Fprintf(&b, "\nWhy this is unusual:\n")
	for i, r := range t.reasons[:min(len(t.reasons), mostLines)] {
		fmt.Fprintf(&b, "- %s\n", t.why(r, i == 0))
	}
	if more := len(t.reasons) - mostLines; more > 0 {
		fmt.Fprintf(&b, "- … and %d more\n", more)
	}
	t.table(&b)
	fmt.Fprintf(&b, "\n%s:\n  %s\n", "Everything from then, call by call", t.query())
	fmt.Fprintf(&b, "All that was found:\n  %s\nIf it is all right, so that it is normal from now on:\n  %s\n", t.command("show"), t.command("ack"))
	return b.String()
}

// sentence says what happened, who did it, from where and when.
func (t *telling) sentence() string {
	who := show(shortActor(t.Root), nameWidth)
	if t.Account != "" {
		who += " in account " + show(t.Account, 20)
	}
	s := who + " " + span(t.First, t.Last)
	if from := t.from(); from != "" {
		s += ", from " + from
	}
	if len(t.reasons) == 0 {
		return s + ": nothing deviates any more."
	}
	s += ": " + t.what(t.reasons[0])
	switch more := len(t.reasons) - 1; {
	case more == 1:
		s += ", and one thing more that is unusual"
	case more > 1:
		s += fmt.Sprintf(", and %d things more that are unusual", more)
	}
	return s + "."
}

// from is the address of the most telling event that has one, and where that is.
func (t *telling) from() string {
	var first *profile.Sample
	all := map[string]bool{}
	for _, r := range t.reasons {
		for _, f := range r.findings {
			if f.Sample.Address == "" {
				continue
			}
			all[f.Sample.Address] = true
			if first == nil {
				first = &f.Sample
			}
		}
	}
	if first == nil {
		return ""
	}
	s := show(first.Address, 60)
	if where := whereIs(first); where != "" {
		s += " (" + where + ")"
	}
	if more := len(all) - 1; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// whereIs is the place of an event's address, as far as it is known.
func whereIs(s *profile.Sample) string {
	network := ""
	if s.ASN != 0 {
		network = strings.TrimSpace(fmt.Sprintf("AS%d %s", s.ASN, s.ASOrg))
	}
	tor := ""
	if s.Tor {
		tor = "a Tor exit"
	}
	return show(place(s.City, s.Country, network, tor), nameWidth)
}

func (t *telling) others() string {
	var all []string
	for _, o := range t.Others[:min(len(t.Others), mostOthers)] {
		if o != "" { // a detection that names nobody
			all = append(all, show(shortActor(o), nameWidth))
		}
	}
	if more := len(t.Others) - mostOthers; more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}

// why is a reason, and what it is compared with. The first names the story's actor.
func (t *telling) why(r reason, first bool) string {
	s := upper(t.what(r))
	var past []string
	for _, f := range r.findings {
		if f.Why == "" {
			past = append(past, t.past(f, len(past) > 0, first))
		}
	}
	if len(past) > 0 {
		s += ": " + strings.Join(past, "; ")
	} else if f := r.findings[0]; f.Of == "" {
		s += " (" + show(f.Profile, nameWidth) + ")"
	}
	s += "."
	for i, f := range r.findings {
		if f.Sample.Error == "" {
			return s
		}
		if i == len(r.findings)-1 {
			s += " The call failed: " + show(f.Sample.Error, nameWidth) + "."
		}
	}
	return s
}

// past is what was known of whom a value is new for.
func (t *telling) past(f *profile.Finding, again, name bool) string {
	whose := " of " + t.whose(f)
	if f.Of == profile.OfActor && f.Subject == t.Root && !name {
		whose = ""
	}
	s, also := "nothing of the kind is known"+whose+" from before", ", and new for "
	switch p := f.Past; {
	case p.Probation:
		s = "known" + whose + " only since an alert that nobody has answered"
	case p.Days > 0 || p.Events > 0:
		s, also = "never in ", ", nor by "
		if again {
			s = "nor in "
		}
		s += counted(uint64(max(p.Days, 0)), "day") + " and " + counted(p.Events, "event") + whose
	}
	for _, of := range f.Also {
		switch of {
		case profile.OfPeers:
			s += also + "its peers"
		case profile.OfAccount:
			s += also + "anybody in the account"
		}
	}
	return s
}

func (t *telling) whose(f *profile.Finding) string {
	switch f.Of {
	case profile.OfPeers:
		return "its peers"
	case profile.OfAccount:
		return "the account " + show(f.Subject, nameWidth)
	}
	return show(shortActor(f.Subject), nameWidth)
}

// upper begins a sentence, but for an ARN, which is spelled as it is.
func upper(s string) string {
	if s != "" && 'a' <= s[0] && s[0] <= 'z' && !strings.HasPrefix(s, "arn:") {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// table shows the events that tell most, in the order of time.
func (t *telling) table(b *strings.Builder) {
	events := t.events
	if len(events) == 0 {
		return
	}
	title := "What was done"
	if len(events) > mostEvents {
		title += fmt.Sprintf(" (%d of the %d events that this is about)", mostEvents, len(events))
		events = t.telltale()
	}
	rows := [][]string{{"time (UTC)", "event", "region", "address", "error"}}
	by := len(t.Others) > 0
	if by {
		rows[0] = append(rows[0], "by")
	}
	for _, e := range events {
		row := []string{
			at(e.Time).Format(time.DateTime), show(strings.TrimSuffix(e.Source, ".amazonaws.com")+" "+e.Name, 50),
			show(e.Region, 20), show(e.Address, 40), show(e.Error, 40),
		}
		if by {
			row = append(row, show(shortName(e.Actor), 60))
		}
		rows = append(rows, row)
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	layOut(b, rows)
}

// telltale are the events of the highest reasons, in the order of time.
func (t *telling) telltale() []*profile.Sample {
	chosen := map[string]bool{}
	for _, r := range t.reasons {
		for _, f := range r.findings {
			if len(chosen) < mostEvents && isEvent(&f.Sample) {
				chosen[eventOf(&f.Sample)] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(t.events), func(e *profile.Sample) bool { return !chosen[eventOf(e)] })
}

// layOut writes columns, without those that are empty.
func layOut(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for c := range widths {
		for _, row := range rows[1:] {
			if row[c] != "" {
				widths[c] = max(widths[c], render.Width(row[c]), render.Width(rows[0][c]))
			}
		}
	}
	for _, row := range rows {
		line := ""
		for c, cell := range row {
			if widths[c] > 0 {
				line += "  " + cell + strings.Repeat(" ", widths[c]-render.Width(cell))
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
