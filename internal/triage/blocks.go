package triage

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// A block is a part of a page as a person reads it. Its texts may be the logs'.
type block struct {
	title string
	heads []string // of the items' columns, for a table
	items []item
	more  int64    // items that are not shown
	notes []string // sentences
	drawn []string // lines of a drawing
	code  []Command
}

// An item is a line: texts, how often, when, and what else there is to say.
type item struct {
	texts []string
	n     int64
	when  string
	notes []string
	bad   bool // is what to look at first
}

// shown is how many items of a section a person is shown; JSON has more.
const shown = 20

// blocks are the page, in the order in which it is read.
func (p *Page) blocks() []block {
	all := []block{p.summary(), p.whoBlock()}
	if len(p.drawn) > 0 {
		all = append(all, block{title: "Credentials got from one another", drawn: p.drawn})
	}
	all = append(all, p.whereBlock(), p.mostBlock("User agents", p.Agents, 5), p.whenBlock(), p.whatBlock(),
		p.deedsBlock("Changed", p.Changed, "nothing that is logged"),
		p.deedsBlock("Read", p.Read, "no data that is logged"),
		p.deedsBlock("Refused", p.Refused, ""),
		p.persistenceBlock(), p.credentialsBlock(), p.findingsBlock(), p.unseenBlock(), p.commandsBlock())
	kept := all[:0]
	for _, b := range all {
		if len(b.items)+len(b.notes)+len(b.drawn)+len(b.code) > 0 {
			kept = append(kept, b)
		}
	}
	return kept
}

func (p *Page) summary() block {
	notes := []string{}
	if p.Events == 0 {
		notes = append(notes, "never used, as far as the logs tell")
	} else {
		text := fmt.Sprintf("%s to %s: %s", clockOf(p.First), clockOf(p.Last), Counted(p.Events, "event"))
		if got := p.Events - p.Own; got > 0 {
			text += fmt.Sprintf(", %s of them with sessions that it got", count(got))
		}
		notes = append(notes, text+fmt.Sprintf("; failed %s, of these denied %s", count(p.Failed), count(p.Denied)))
	}
	left, alive := 0, 0
	for _, m := range p.Persistence {
		if m.Removed == nil {
			left++
		}
	}
	for _, c := range p.Credentials {
		if c.State == Alive {
			alive++
		}
	}
	notes = append(notes, fmt.Sprintf("%s it made that nobody removed; %s that may be alive", Counted(int64(left), "thing"), Counted(int64(alive), "credential")))
	if p.Since != nil || p.Until != nil {
		notes = append(notes, "only what was done"+sinceUntil(p.Since, p.Until)+"; credentials and removals at any time")
	}
	if p.window != "" {
		notes = append(notes, "all of it, removals too, in the window "+p.window)
	}
	return block{title: p.Who + ", taken for " + p.TakenFor, notes: notes}
}

func sinceUntil(since, until *time.Time) (text string) {
	if since != nil {
		text += " since " + clock(*since)
	}
	if until != nil {
		text += " until " + clock(*until)
	}
	return text
}

func clockOf(t *time.Time) string {
	if t == nil {
		return clock(time.Time{})
	}
	return clock(*t)
}

func spanOf(first, last *time.Time) string {
	if first == nil || last == nil {
		return ""
	}
	return Span(*first, *last)
}

func (p *Page) whoBlock() block {
	b := block{title: "Who", heads: []string{"identity", "type", "account"}}
	for i, id := range p.Identities {
		if i == 10 {
			b.more = int64(len(p.Identities) - i)
			break
		}
		it := item{texts: []string{id.ARN, id.Type, id.Account}, n: id.Events}
		if id.Human != "" {
			it.notes = append(it.notes, "behind it: "+id.Human)
		}
		b.items = append(b.items, it)
	}
	return b
}

func (p *Page) whereBlock() block {
	b := p.mostBlock("From where", p.Addresses, 10)
	if p.PlacesNote != "" && len(b.items) > 0 {
		b.notes = append(b.notes, "where they are is not known: "+p.PlacesNote)
	}
	return b
}

func (p *Page) mostBlock(title string, m Most, most int) block {
	b := block{title: title, heads: []string{"value"}}
	for i, s := range m.Values {
		if i == most {
			break
		}
		it := item{texts: []string{s.Value}, n: s.Events, when: spanOf(s.First, s.Last)}
		if s.Place != "" {
			it.notes = append(it.notes, s.Place)
		}
		if s.Denied > 0 {
			it.notes = append(it.notes, count(s.Denied)+" denied")
		}
		b.items = append(b.items, it)
	}
	b.more = m.Of - int64(len(b.items))
	return b
}

func (p *Page) whenBlock() block {
	b := block{title: "When (UTC)"}
	if len(p.Days) == 0 {
		return b
	}
	b.notes = append(b.notes, fmt.Sprintf("%s with events, from %s to %s", Counted(int64(len(p.Days)), "day"), p.Days[0].Day, p.Days[len(p.Days)-1].Day))
	b.drawn = append(b.drawn, sparks(p.Hours[:])+"  hours 0 to 23")
	if days, each := p.daySums(); len(days) > 1 {
		text := "a day each"
		if each > 1 {
			text = fmt.Sprintf("%d days each", each)
		}
		b.drawn = append(b.drawn, sparks(days)+"  "+text+" from "+p.Days[0].Day)
	}
	return b
}

// daySums are the events by day, or by as many days as fit into a line.
func (p *Page) daySums() (sums []int64, each int) {
	const columns = 60
	from, err := time.Parse(time.DateOnly, p.Days[0].Day)
	to, err2 := time.Parse(time.DateOnly, p.Days[len(p.Days)-1].Day)
	if err != nil || err2 != nil { // a year of five digits, or before Christ
		return nil, 0
	}
	days := int(to.Sub(from).Hours()/24) + 1
	each = (days + columns - 1) / columns
	sums = make([]int64, (days+each-1)/each)
	for _, d := range p.Days {
		if at, err := time.Parse(time.DateOnly, d.Day); err == nil && !at.Before(from) && !at.After(to) {
			sums[int(at.Sub(from).Hours()/24)/each] += d.Events
		}
	}
	return sums, each
}

// sparks draws counts as bars, of which the highest is the greatest of them.
func sparks(counts []int64) string {
	const bars = "▁▂▃▄▅▆▇█"
	most := int64(1)
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

// whatBlock tells what is short in lines of its own.
func (p *Page) whatBlock() block {
	b := block{title: "What"}
	for _, m := range []struct {
		name string
		most Most
	}{{"keys", p.Keys}, {"in accounts", p.Accounts}, {"regions", p.Regions}, {"services", p.Services}, {"calls", p.Calls}, {"errors", p.Errors}} {
		var parts []string
		for i, s := range m.most.Values {
			if i == 12 {
				break
			}
			parts = append(parts, s.Value+" "+count(s.Events))
		}
		if more := m.most.Of - int64(len(parts)); more > 0 {
			parts = append(parts, fmt.Sprintf("and %s more", count(more)))
		}
		if len(parts) > 0 {
			b.notes = append(b.notes, m.name+": "+strings.Join(parts, ", "))
		}
	}
	return b
}

func (p *Page) deedsBlock(title string, d Deeds, nothing string) block {
	b := block{title: title, heads: []string{"call", "what"}}
	if len(d.Groups) == 0 && nothing != "" {
		b.notes = append(b.notes, nothing)
	}
	for i, g := range d.Groups {
		if i == shown {
			break
		}
		it := item{texts: []string{g.Service + " " + g.Event, g.Object}, n: g.Calls, when: spanOf(g.First, g.Last), notes: []string{}}
		if len(p.Identities) > 0 && g.Account != p.Identities[0].Account {
			it.notes = append(it.notes, "in "+cmp.Or(g.Account, "no account"))
		}
		if g.Items > 0 {
			it.notes = append(it.notes, Counted(g.Items, "object"))
		}
		if g.Bytes > 0 {
			it.notes = append(it.notes, size(g.Bytes))
		}
		b.items = append(b.items, it)
	}
	b.more = d.Of - int64(len(b.items))
	return b
}

func (p *Page) persistenceBlock() block {
	b := block{title: "Ways back in that it made", heads: []string{"what", "name"}, notes: []string{}}
	for _, there := range []bool{true, false} {
		for _, m := range p.Persistence {
			if (m.Removed == nil) != there {
				continue
			}
			if len(b.items) == 2*shown {
				b.more++
				continue
			}
			it := item{texts: []string{m.Kind, strings.Join(m.Names, " ")}, when: clockOf(m.At), bad: there}
			if m.Times > 1 {
				it.n = m.Times
			}
			if there {
				it.notes = append(it.notes, "nobody removed it")
			} else {
				it.notes = append(it.notes, fmt.Sprintf("%s %s by %s", m.Ended, clockOf(m.Removed), ShortActor(m.EndedBy)))
			}
			if m.Used > 0 {
				it.notes = append(it.notes, "used: "+Counted(m.Used, "event")+", last "+clockOf(m.UsedLast))
			}
			it.notes = append(it.notes, fmt.Sprintf("in %s, event %s", cmp.Or(m.Account, "no account"), ShortID(m.EventID)))
			b.items = append(b.items, it)
		}
	}
	return b
}

func (p *Page) credentialsBlock() block {
	b := block{title: "Credentials", heads: []string{"what", "id", "whose"}}
	for i, c := range p.Credentials {
		if i == shown {
			b.more = int64(len(p.Credentials) - i)
			break
		}
		it := item{texts: []string{c.Kind, c.ID, c.Holder}, bad: c.State == Alive}
		if c.ID == c.Holder || "user/"+c.ID == c.Holder {
			it.texts[1] = ""
		}
		until := "until "
		if c.AtMost {
			until = "until at most "
		}
		switch {
		case c.State == Alive && c.Until == nil:
			it.notes = append(it.notes, "may be alive: nothing in the logs ends it")
		case c.State == Alive:
			it.notes = append(it.notes, "may be alive "+until+clockOf(c.Until))
		case c.State == Expired:
			it.notes = append(it.notes, "expired, it was good "+until+clockOf(c.Until))
		}
		if c.Note != "" {
			it.notes = append(it.notes, c.Note)
		}
		b.items = append(b.items, it)
	}
	return b
}

func (p *Page) findingsBlock() block {
	b := block{title: "Findings", heads: []string{"severity", "detection"}}
	for i, f := range p.Findings {
		if i == shown {
			b.more = int64(len(p.Findings) - i)
			break
		}
		b.items = append(b.items, item{texts: []string{f.Severity, f.Detection}, when: clockOf(f.At), notes: []string{f.Why, "event " + ShortID(f.EventID)}})
	}
	return b
}

func (p *Page) unseenBlock() block {
	b := block{title: "What these logs do not show", notes: p.Unseen}
	for i, g := range p.Gaps {
		if i == 10 {
			b.notes = append(b.notes, fmt.Sprintf("and %s: ctsql coverage", Counted(int64(len(p.Gaps)-i), "more gap")))
			break
		}
		b.notes = append(b.notes, fmt.Sprintf("%s, %s %s: %s", g.When, g.Account, g.Region, g.What))
	}
	return b
}

func (p *Page) commandsBlock() block {
	b := block{title: "To contain it: judge first, each with credentials of its account"}
	for i, c := range p.Containment {
		if i == 2*shown {
			b.notes = append(b.notes, fmt.Sprintf("and %s: --format json has all", Counted(int64(len(p.Containment)-i), "more command")))
			break
		}
		b.code = append(b.code, c)
	}
	return b
}
