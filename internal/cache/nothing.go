package cache

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// whyLimit is how long WhyNothing may look: the answer is no more than a hint.
const whyLimit = 200 * time.Millisecond

// WhyNothing says in one line why a statement that ran yielded no rows, where it is
// certain: a table is empty, or no row of it fulfils what the statement demands of
// its time, category, account, region, source or name. Else, and where that takes
// too long to find out, it is "". The line holds texts of logs and of the statement.
func (s *Session) WhyNothing(ctx context.Context, statement string, params []duck.Param) (string, error) {
	statement = dialect.Rewrite(statement, s.schema, true).Text
	names := dialect.Names(statement)
	if dialect.Classify(statement).Kind != dialect.Query || names["mine"] || names["read_cloudtrail"] || names["read_s3logs"] {
		return "", nil
	}
	limited, cancel := context.WithTimeout(ctx, whyLimit)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holding || len(s.from) > 0 { // what fails would end a person's transaction
		return "", nil
	}
	if err := s.attach(limited, &s.cache, false); err != nil || len(s.inside) == 0 {
		return "", late(ctx, err)
	}
	w := why{conn: s.conn, scope: s.scope, params: params, conditions: dialect.Conditions(statement)}
	var said string
	var err error
	for _, t := range whyTables {
		if names[t.name] && said == "" && err == nil {
			said, err = w.table(limited, t)
		}
	}
	if no := dialect.NoPartition(statement); no != "" && said == "" && s.wideViews && (names["cloudtrail"] || names["s3logs"]) {
		said = "no rows; " + no
	}
	return said, errors.Join(late(ctx, err), s.detach(ctx))
}

// late makes nothing of an error that comes of the limit.
func late(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// A whyTable is what of a table is looked at.
type whyTable struct {
	name, time string
	empty      string // what to say of it when it is
	rows       string
	columns    []string // of text, in the order in which they are judged
}

var whyTables = []whyTable{
	{"s3logs", "time", "s3logs is empty: no access logs are loaded", "requests", []string{"bucket_name", "operation"}},
	{"cloudtrail", "eventTime", "cloudtrail is empty: no events are loaded", "events",
		[]string{"eventCategory", "recipientAccountId", "awsRegion", "eventSource", "eventName"}},
}

// why is a look at the cache for the reason.
type why struct {
	conn       *duck.Conn
	scope      scope
	params     []duck.Param
	conditions []dialect.Condition
}

// rows are those of a table that a statement sees.
func (w *why) rows(t whyTable) string {
	return fmt.Sprintf("(SELECT * FROM %s.%s%s)", alias, t.name, w.scope.where(t.name))
}

// cache is what they are rows of.
func (w *why) cache(t whyTable) string {
	if w.scope.where(t.name) != "" {
		return "the window"
	}
	return "the cache"
}

// A demand is a condition whose value is known.
type demand struct {
	column, op string
	text       string // of a column of text
	at         int64  // of a time, microseconds since 1970
}

// table looks at one table.
func (w *why) table(ctx context.Context, t whyTable) (string, error) {
	var rows int64
	if err := w.conn.One(ctx, "SELECT count(*) FROM "+w.rows(t), &rows); err != nil {
		return "", err
	}
	if rows == 0 {
		if w.scope.where(t.name) != "" {
			return "no rows; the window holds no " + t.rows, nil
		}
		return "no rows; " + t.empty, nil
	}
	groups, err := w.demands(ctx, t)
	if err != nil || len(groups) == 0 {
		return "", err
	}
	holds, err := w.holds(ctx, t)
	if err != nil {
		return "", err
	}
	for _, group := range groups {
		lacks, err := w.lacks(ctx, t, group)
		if lacks != "" || err != nil {
			return "no rows; " + holds + ", " + lacks, err
		}
	}
	return "", nil
}

// holds says of when the table's rows are.
func (w *why) holds(ctx context.Context, t whyTable) (string, error) {
	var from, to *int64
	err := w.conn.One(ctx, fmt.Sprintf("SELECT epoch_us(min(%s)), epoch_us(max(%[1]s)) FROM %s", t.time, w.rows(t)), &from, &to)
	if err != nil || from == nil || to == nil {
		return w.cache(t) + " holds " + t.rows + " without a time", err
	}
	layout := time.DateOnly
	first, last := time.UnixMicro(*from).UTC(), time.UnixMicro(*to).UTC()
	if last.Sub(first) < 48*time.Hour {
		layout = time.RFC3339
	}
	return fmt.Sprintf("%s holds %s from %s to %s", w.cache(t), t.rows, first.Format(layout), last.Format(layout)), nil
}

// demands are the conditions on columns of the table whose values are known, those
// of one WHERE and alias together.
func (w *why) demands(ctx context.Context, t whyTable) (groups [][]demand, err error) {
	type where struct {
		number int
		table  string
	}
	at := map[where]int{}
	for _, c := range w.conditions {
		d := demand{op: c.Op}
		for _, name := range append([]string{t.time}, t.columns...) {
			if strings.EqualFold(name, c.Column) {
				d.column = name
			}
		}
		if d.column == "" || d.column != t.time && c.Op != "=" {
			continue
		}
		known, err := w.value(ctx, &d, d.column == t.time, c.Value)
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		key := where{c.Where, c.Table}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], d)
	}
	return groups, nil
}

// constant are the functions that a value may call: it is found out by asking for
// it, and must depend on nothing and change nothing.
var constant = []string{"now", "today", "get_current_timestamp", "current_date", "date_trunc", "date_add", "date_sub", "timestamp", "date",
	"cast", "try_cast", "strptime", "make_timestamp", "make_date", "to_days", "to_hours", "to_minutes", "to_seconds", "to_timestamp", "epoch_ms", "lower", "upper", "concat"}

var call = regexp.MustCompile(`([A-Za-z_][A-Za-z_0-9]*|")\s*\(`)

// value finds out the value of an expression. One that names a column has none.
func (w *why) value(ctx context.Context, d *demand, isTime bool, expression string) (known bool, err error) {
	for _, f := range call.FindAllStringSubmatch(expression, -1) {
		if !slices.Contains(constant, strings.ToLower(f[1])) {
			return false, nil
		}
	}
	as := "CASE WHEN typeof(v) = 'VARCHAR' THEN v END"
	if isTime {
		as = "epoch_us(CAST(v AS TIMESTAMP))"
	}
	types := map[string]string{}
	for _, p := range w.params {
		types[strings.ToLower(p.Name)] = "VARCHAR"
	}
	casts, _ := castParameters(expression, types)
	expression = dialect.Replace(expression, casts).Text
	// The expression may end in a comment.
	res, err := w.conn.Small(ctx, fmt.Sprintf("SELECT %s FROM (SELECT (%s\n) AS v)", as, expression), w.params)
	if err != nil {
		return false, ctx.Err()
	}
	record, err := csv.NewReader(res).Read()
	if err != nil || record[0] == "" {
		return false, ctx.Err()
	}
	if !isTime {
		d.text = record[0]
		return true, nil
	}
	d.at, err = strconv.ParseInt(record[0], 10, 64)
	return err == nil, nil
}

// sql is the demand as a condition.
func (d demand) sql(t whyTable) string {
	if d.column == t.time {
		return fmt.Sprintf("%s %s make_timestamp(%d::BIGINT)", d.column, d.op, d.at)
	}
	return d.column + " = " + dialect.QuoteString(d.text)
}

// exists reports whether the table has a row that fulfils all of them.
func (w *why) exists(ctx context.Context, t whyTable, demands []demand) (bool, error) {
	var all []string
	for _, d := range demands {
		all = append(all, d.sql(t))
	}
	n := 0
	err := w.conn.One(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s WHERE %s LIMIT 1)", w.rows(t), strings.Join(all, " AND ")), &n)
	return n > 0, err
}

// lacks says what the table has no rows of; "" if it has rows that fulfil all.
func (w *why) lacks(ctx context.Context, t whyTable, group []demand) (string, error) {
	if ok, err := w.exists(ctx, t, group); ok || err != nil {
		return "", err
	}
	var window []demand
	var parts []string // each of which occurs
	for _, d := range group {
		if d.column == t.time {
			window = append(window, d)
		}
	}
	if len(window) > 0 {
		ok, err := w.exists(ctx, t, window)
		if !ok || err != nil {
			return "none " + windowText(window), err
		}
		parts = append(parts, windowText(window))
	}
	for _, column := range t.columns {
		for _, d := range group {
			if d.column != column {
				continue
			}
			ok, err := w.exists(ctx, t, []demand{d})
			if err != nil {
				return "", err
			}
			if !ok {
				return w.unknown(ctx, t, d)
			}
			parts = append(parts, "of "+d.column+" "+d.text)
		}
	}
	text := "but none " + parts[0]
	for _, p := range parts[1:] {
		text += " that is " + p
	}
	return text, nil
}

// windowText says which times are demanded.
func windowText(window []demand) string {
	var texts []string
	for _, d := range window {
		at := time.UnixMicro(d.at).UTC()
		text := at.Format(time.RFC3339)
		if at.Equal(at.Truncate(24 * time.Hour)) {
			text = at.Format(time.DateOnly)
		}
		texts = append(texts, map[string]string{"=": "at", "<": "before", "<=": "up to", ">": "after", ">=": "from"}[d.op]+" "+text)
	}
	text := strings.Join(texts, " and ")
	if len(window) == 1 && window[0].op == ">=" {
		text += " on"
	}
	return text
}

// unknown says of a value that it does not occur, and what does.
func (w *why) unknown(ctx context.Context, t whyTable, d demand) (string, error) {
	text := "none of " + d.column + " " + d.text
	if d.column == "eventCategory" {
		var told bool
		if err := w.conn.One(ctx, "SELECT count(eventCategory) > 0 FROM "+w.rows(t), &told); err != nil {
			return "", err
		}
		switch what, ok := categories[d.text]; {
		case !told:
			return "none of which tells its eventCategory: they are older; managementEvent may tell", nil
		case ok:
			return text + ": " + what + " are not logged or not loaded", nil
		}
	}
	near, err := w.near(ctx, t, d)
	if err != nil || len(near) == 0 {
		return text, err
	}
	return text + "; there is " + strings.Join(near, ", "), nil
}

var categories = map[string]string{
	"Management": "management events", "Data": "data events", "NetworkActivity": "network activity events", "Insight": "Insights events",
}

// nearest is how many values are named, and longName is longer than any that is.
const (
	nearest  = 3
	longName = 100
)

// near are the values of the column that are much like the one that does not
// occur, nearest first: another case, some letters, or s3 for s3.amazonaws.com.
func (w *why) near(ctx context.Context, t whyTable, d demand) (values []string, err error) {
	if len(d.text) > longName {
		return nil, nil
	}
	err = w.conn.Query(ctx, func(scan func(...any) error) error {
		var v string
		err := scan(&v)
		values = append(values, v)
		return err
	}, fmt.Sprintf(`SELECT v FROM (SELECT v, lower(v) AS l, lower($1) AS x FROM (SELECT DISTINCT %s AS v FROM %s) WHERE length(v) BETWEEN 1 AND %d)
		WHERE starts_with(l, x || '.') OR levenshtein(l, x) <= (length(x) + 1) // 4
		ORDER BY starts_with(l, x || '.') DESC, levenshtein(l, x), v LIMIT %d`, d.column, w.rows(t), longName, nearest), d.text)
	return values, err
}
