package detect

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/dialect"
)

// The tables that a plan keeps.
const (
	calledTable = "temp.ctsql_called" // eventSource, eventName, and n, how many events there are
	wantedTable = "temp.ctsql_wanted" // eventName: those of ctsql_events
	eventsTable = "temp.ctsql_events" // events of these names
)

// A plan is how detections are asked. In doubt one is asked as it is.
//
// What a detection reads of the events is found out from its text, as places where it
// names their table, each with what it demands there of source and name and from when to
// when. All that is demanded anywhere is counted at once. Where no event fulfils what a
// place demands, there are no rows, and where that is certain to mean that there are no
// findings, the detection is idle. Places that want few events are given a table of few
// instead, which holds all events of their names: DuckDB reads the columns of all events
// for a condition that hardly any fulfils.
type plan struct {
	s     *cache.Session
	of    map[*detection][]place // as its reading has them
	known bool                   // events were counted
	few   bool                   // ctsql_events is there
	made  []string               // tables
}

// A place is one of what a detection reads.
type place struct {
	demand int // of those counted; -1 is none
	rows   int64
	few    bool // to be read from ctsql_events
}

// fewOf is how small a part of the events a place must want that reads from a table of
// its own: beyond it the table costs more than it saves.
const fewOf = 50

// newPlan makes one. It must be ended, also after an error.
func newPlan(ctx context.Context, s *cache.Session, all []*detection) (*plan, error) {
	p := &plan{s: s, of: map[*detection][]place{}}
	demands, bounds := p.demands(all)
	if len(demands) == 0 {
		return p, nil
	}
	total, err := p.count(ctx, demands, bounds)
	if err != nil || !p.known {
		return p, err
	}
	return p, p.keep(ctx, demands, bounds, total)
}

// demands are what all places demand, each once, and the span of time that they are in.
// A place without a span is no part of it, and is left as it is.
func (p *plan) demands(all []*detection) (demands []string, bounds span) {
	number := map[string]int{}
	for _, d := range all {
		for _, r := range d.reading.Reads {
			at := place{demand: -1}
			if demand := literal(r.Demand, d.values); demand != "" && r.From != "" && r.Until != "" {
				n, ok := number[demand]
				if !ok {
					n = len(demands)
					number[demand] = n
					demands = append(demands, demand)
				}
				at.demand = n
				bounds.add(literal(r.From, d.values), literal(r.Until, d.values))
			}
			p.of[d] = append(p.of[d], at)
		}
	}
	return demands, bounds
}

// literal is an expression with values in the place of its parameters: detections
// have the same names for their own.
func literal(expression string, values map[string]string) string {
	var edits []dialect.Edit
	for t := range dialect.Scan(expression) {
		if t.Kind == dialect.Param {
			value, ok := values[strings.ToLower(strings.TrimPrefix(t.Text(expression), "$"))]
			if !ok || strings.Contains(value, "\x00") {
				return ""
			}
			edits = append(edits, dialect.Edit{Start: t.Start, End: t.End, Text: dialect.QuoteString(value)})
		}
	}
	return dialect.Replace(expression, edits).Text
}

// A span is from the least of some times up to the greatest of others, as expressions.
type span struct{ from, until []string }

func (s *span) add(from, until string) {
	if !slices.Contains(s.from, from) {
		s.from = append(s.from, from)
	}
	if !slices.Contains(s.until, until) {
		s.until = append(s.until, until)
	}
}

// condition is that an event is in it.
func (s span) condition() string {
	cast := func(all []string) string {
		var texts []string
		for _, e := range all {
			texts = append(texts, "CAST("+e+" AS TIMESTAMP)")
		}
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("eventTime >= least(%s) AND eventTime < greatest(%s)", cast(s.from), cast(s.until))
}

// count counts the events by source and name, and for each place how many fulfil what it
// demands.
func (p *plan) count(ctx context.Context, demands []string, bounds span) (total int64, err error) {
	err = p.hold(ctx, calledTable, "SELECT eventSource, eventName, count(*) AS n FROM cloudtrail WHERE "+bounds.condition()+" GROUP BY eventSource, eventName")
	if err != nil {
		return 0, ctx.Err() // each detection tells what is wrong
	}
	sums := []string{"coalesce(CAST(sum(n) AS BIGINT), 0)"}
	for _, d := range demands {
		sums = append(sums, fmt.Sprintf("coalesce(CAST(sum(CASE WHEN %s THEN n END) AS BIGINT), 0)", d))
	}
	counts := make([]int64, len(sums))
	for cells, err := range rows(ctx, p.s, "SELECT "+strings.Join(sums, ", ")+" FROM "+calledTable, nil) {
		if err != nil {
			return 0, ctx.Err() // something in a person's own: as above
		}
		for i, c := range cells {
			if counts[i], err = strconv.ParseInt(string(c.Text), 10, 64); err != nil {
				return 0, err
			}
		}
		p.known = true
	}
	for _, places := range p.of {
		for i := range places {
			if at := &places[i]; at.demand >= 0 {
				at.rows = counts[1+at.demand]
			}
		}
	}
	return counts[0], nil
}

// keep has the places that want few events, and not none, read from a table of those.
func (p *plan) keep(ctx context.Context, demands []string, bounds span, total int64) error {
	wanted := map[int]bool{}
	var conditions []string
	for d, places := range p.of {
		for i := range places {
			at := &places[i]
			if at.few = at.demand >= 0 && at.rows <= total/fewOf; !at.few || at.rows == 0 || p.idle(d) || wanted[at.demand] {
				continue
			}
			wanted[at.demand] = true
			conditions = append(conditions, "("+demands[at.demand]+")")
		}
	}
	if len(conditions) == 0 {
		conditions = []string{"false"}
	}
	err := p.hold(ctx, wantedTable, "SELECT DISTINCT eventName FROM "+calledTable+" WHERE "+strings.Join(conditions, " OR "))
	if err == nil {
		// A name may be absent, also in what is demanded.
		err = p.hold(ctx, eventsTable, "SELECT * FROM cloudtrail WHERE "+bounds.condition()+" AND (eventName IN (SELECT eventName FROM "+wantedTable+")"+
			" OR eventName IS NULL AND EXISTS (SELECT 1 FROM "+wantedTable+" WHERE eventName IS NULL))")
	}
	p.few = err == nil
	return ctx.Err()
}

// hold makes a table of the rows of a statement.
func (p *plan) hold(ctx context.Context, table, statement string) error {
	err := p.s.Hold(ctx, own(table), statement, nil)
	if err == nil {
		p.made = append(p.made, table)
	}
	return err
}

// idle reports whether it is certain that the detection finds nothing.
func (p *plan) idle(d *detection) bool {
	places := p.of[d]
	return p.known && d.reading.Nothing(func(i int) bool { return places[i].demand >= 0 && places[i].rows == 0 })
}

// ask asks one detection.
func (p *plan) ask(ctx context.Context, d *detection) error {
	var edits []dialect.Edit
	for i, r := range d.reading.Reads {
		if !p.few || !p.of[d][i].few {
			continue
		}
		text := eventsTable
		if !r.Named {
			text += " AS cloudtrail"
		}
		edits = append(edits, dialect.Edit{Start: r.Start, End: r.End, Text: text})
	}
	if len(edits) > 0 {
		sql := dialect.Replace(d.sql, edits).Text
		if err := p.add(ctx, d, sql); err == nil || ctx.Err() != nil {
			return err
		}
		// It may have named columns that the table does not have and cloudtrail would
		// be given, and its error is to be about what a person wrote.
	}
	return p.add(ctx, d, d.sql)
}

func (p *plan) add(ctx context.Context, d *detection, sql string) error {
	statement := d.findings(sql)
	return p.s.Add(ctx, own(Table), statement, d.params(statement))
}

// end lets go what the plan keeps.
func (p *plan) end(ctx context.Context) (err error) {
	for _, table := range p.made {
		if failed := p.s.Drop(ctx, own(table)); failed != nil {
			err = failed
		}
	}
	return err
}
