package detect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/queries"
)

// Table is the temporary table of the session in which findings are gathered: with
// the columns of queries.Columns, and query, which of the detections it was.
const Table = "temp.ctsql_findings"

// Options say how to ask.
type Options struct {
	Given []string // NAME=VALUE, for those detections that have such a parameter
	Has   Places
}

// An Outcome tells how it went.
type Outcome struct {
	Asked   int // detections that were run
	Idle    int // that were not, for no event is there that they could find
	Failed  []Failure
	Skipped []Skipped // by what is lacking, sorted
}

// A Failure is of one detection. Err may hold texts of logs.
type Failure struct {
	Name string
	Err  error
}

// Skipped are detections that lack something.
type Skipped struct {
	Lack  string // such as: are no data events
	Names []string
}

// Gather asks detections, and fills Table with what they find. An error is one that
// all of them would have.
func Gather(ctx context.Context, s *cache.Session, set []queries.Query, o Options) (out Outcome, err error) {
	if err := collect(ctx, s); err != nil {
		return out, err
	}
	lacks, left := lacking{s: s, has: o.Has, known: map[string]string{}}, map[string][]string{}
	var all []*detection
	for _, q := range set {
		lack, err := lacks.of(ctx, q)
		if err != nil {
			return out, err
		}
		if lack != "" {
			left[lack] = append(left[lack], q.Name)
			continue
		}
		d, err := newDetection(q, o.Given)
		if err != nil {
			out.Failed = append(out.Failed, Failure{q.Name, err})
			continue
		}
		all = append(all, d)
	}
	p, err := newPlan(ctx, s, all)
	if err != nil {
		return out, errors.Join(err, p.end(ctx))
	}
	for _, d := range all {
		if p.idle(d) {
			out.Idle++
			continue
		}
		out.Asked++
		err := p.ask(ctx, d)
		if ctx.Err() != nil {
			return out, errors.Join(ctx.Err(), p.end(ctx))
		}
		if lack := unplaced(err); lack != "" {
			left[lack] = append(left[lack], d.query.Name)
		} else if err != nil {
			out.Failed = append(out.Failed, Failure{d.query.Name, err})
		}
	}
	for _, lack := range slices.Sorted(maps.Keys(left)) {
		out.Skipped = append(out.Skipped, Skipped{lack, left[lack]})
	}
	return out, p.end(ctx)
}

// collect makes the table.
func collect(ctx context.Context, s *cache.Session) error {
	columns := []duck.Column{{Name: "time", Type: duck.Timestamp}}
	for _, c := range queries.Columns()[1:] {
		columns = append(columns, duck.Column{Name: c.Name, Type: duck.Varchar})
	}
	return s.Collect(ctx, own(Table), append(columns, duck.Column{Name: "query", Type: duck.Varchar}))
}

// own is the name by which the session knows a table of its own.
func own(table string) string { return strings.TrimPrefix(table, "temp.") }

// A detection is one that is to be asked.
type detection struct {
	query   queries.Query
	sql     string // one statement
	values  map[string]string
	reading dialect.Reading
}

// newDetection reads a detection, with values for those of its parameters that have some.
func newDetection(q queries.Query, given []string) (*detection, error) {
	d := &detection{query: q, values: map[string]string{}}
	mine := slices.DeleteFunc(slices.Clone(given), func(g string) bool {
		name, _, _ := strings.Cut(strings.TrimPrefix(g, "$"), "=")
		return !HasParameter(q, name)
	})
	if err := q.Set(d.values, mine); err != nil {
		return nil, err
	}
	statements := dialect.Split(q.SQL)
	if len(statements) != 1 || statements[0].NUL || dialect.Classify(statements[0].Text).Kind != dialect.Query {
		return nil, errors.New("it is not one statement that yields rows")
	}
	d.sql = statements[0].Text
	for _, name := range dialect.Parameters(d.sql) {
		if _, ok := d.values[strings.ToLower(name)]; !ok {
			return nil, fmt.Errorf("$%.40s is not declared among its parameters", name)
		}
	}
	d.reading = dialect.Reads(d.sql, "cloudtrail", []string{"eventsource", "eventname"}, "eventtime")
	return d, nil
}

// HasParameter reports whether a query has the parameter.
func HasParameter(q queries.Query, name string) bool {
	return slices.ContainsFunc(q.Parameters, func(p queries.Parameter) bool { return strings.EqualFold(p.Name, name) })
}

// params are those of a statement.
func (d *detection) params(statement string) (params []duck.Param) {
	for _, name := range dialect.Parameters(statement) {
		params = append(params, duck.Param{Name: name, Value: d.values[strings.ToLower(name)]})
	}
	return params
}

// findings is the statement for its findings, made of that for its rows. A person's own
// may have other columns beside those of a finding, and severities that are no words of
// ours.
func (d *detection) findings(sql string) string {
	var columns []string
	for _, c := range queries.Columns() {
		column := "f." + duck.Ident(c.Name)
		if c.Name == "severity" {
			column = fmt.Sprintf("CASE WHEN %[1]s IN (%[2]s) THEN %[1]s ELSE %[3]s END", column, Severities(""), dialect.QuoteString(d.query.Severity))
		}
		columns = append(columns, column)
	}
	return fmt.Sprintf("SELECT %s, %s FROM (\n%s\n) AS f", strings.Join(columns, ", "), dialect.QuoteString(d.query.Name), sql)
}

// Severities are those from least on, all for "", as texts of SQL, the worst first.
func Severities(least string) string {
	var texts []string
	all := queries.Severities()
	for i, s := range slices.Backward(all) {
		if i >= slices.Index(all, least) {
			texts = append(texts, dialect.QuoteString(s))
		}
	}
	return strings.Join(texts, ", ")
}

// WorstFirst orders the rows of Table, as what comes after ORDER BY.
func WorstFirst() string {
	return "list_position([" + Severities("") + "], severity), time, query, eventID, why"
}
