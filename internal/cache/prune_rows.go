package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// times are, by table, what says when a row was: of a summary, its end.
var times = [len(cloudtrail.Tables)]string{
	cloudtrail.InEvents:     "eventTime",
	cloudtrail.InAggregated: "TRY(CAST(timeWindow ->> 'windowEnd' AS TIMESTAMP))",
	cloudtrail.InRequests:   "time",
}

// before is Before in SQL.
func (p *pruning) before() string { return fmt.Sprintf("make_timestamp(%d)", p.o.Before.UnixMicro()) }

// enough reports whether at least AtLeast of the rows are old. It looks at row
// groups that may have such rows, and not at summaries, which are few.
func (p *pruning) enough(ctx context.Context) (bool, error) {
	if p.o.AtLeast <= 0 {
		return true, nil
	}
	var old, all float64
	for _, t := range cloudtrail.Tables {
		if t.Time == "" {
			continue
		}
		var o, n float64
		err := p.c.One(ctx, fmt.Sprintf("SELECT (SELECT count(*) FROM %s.%s WHERE %s < %s), (SELECT count(*) FROM %[1]s.%[2]s)", alias, t.Name, t.Time, p.before()), &o, &n)
		if err != nil {
			return false, err
		}
		old, all = old+o, all+n
	}
	return old > 0 && old >= p.o.AtLeast*all, nil
}

// plan makes the table gone: the objects of which something goes, how many rows of
// each table, whether all of them, and whether there are some without a time.
func (p *pruning) plan(ctx context.Context) (done Pruned, err error) {
	var rows, counts, columns, sums, all []string
	old, whole := "false", "starts_with(sourceObject, "+duck.Quote(objectName(cloudtrail.Object{Name: p.o.Source}))+")"
	if p.o.Source == "" {
		old, whole = "t < "+p.before(), "coalesce(coalesce(last, modified) < "+p.before()+", false)"
	}
	for i, t := range cloudtrail.Tables {
		rows = append(rows, fmt.Sprintf("SELECT sourceObject, %s AS t, %d AS k FROM %s.%s", times[i], i, alias, t.Name))
		counts = append(counts, fmt.Sprintf("count(*) FILTER (k = %d) AS all%[1]d, count(*) FILTER (k = %[1]d AND %s) AS old%[1]d", i, old))
		columns = append(columns, fmt.Sprintf("coalesce(CASE WHEN whole THEN all%d ELSE old%[1]d END, 0) AS rows%[1]d", i))
		sums = append(sums, fmt.Sprintf("rows%d", i))
		all = append(all, fmt.Sprintf("(SELECT count(*) FROM %s.%s)", alias, t.Name))
	}
	going := strings.Join(sums, " + ")
	for _, s := range []string{
		fmt.Sprintf("CREATE TEMP TABLE ages AS SELECT sourceObject, max(t) AS last, count(*) > count(t) AS timeless, %s FROM (%s) GROUP BY 1",
			strings.Join(counts, ", "), strings.Join(rows, " UNION ALL ")),
		fmt.Sprintf("CREATE TEMP TABLE harmed AS SELECT source AS sourceObject, count(*) AS damaged FROM %s.damaged GROUP BY 1", alias),
		fmt.Sprintf("CREATE TEMP TABLE listed AS SELECT sourceObject, max(lastModified) AS modified FROM %s.objects GROUP BY 1", alias),
		fmt.Sprintf(`CREATE TEMP TABLE gone AS SELECT * FROM (
			SELECT sourceObject, whole, %s, CASE WHEN whole THEN coalesce(damaged, 0) ELSE 0 END AS damaged, coalesce(timeless, false) OR damaged > 0 AS timeless
			FROM (SELECT *, %s AS whole FROM listed FULL JOIN ages USING (sourceObject) FULL JOIN harmed USING (sourceObject)))
			WHERE %s + damaged > 0 OR whole AND %t`, strings.Join(columns, ", "), whole, going, p.o.Source != ""),
	} {
		if err := p.c.Exec(ctx, s); err != nil {
			return done, err
		}
	}
	info, err := os.Stat(p.path)
	if err != nil {
		return done, err
	}
	var share float64
	d := []any{&done.Objects, &done.Damaged, &share}
	for i := range sums {
		d = append(d, &done.Rows[i])
		sums[i] = fmt.Sprintf("coalesce(sum(rows%d), 0)::BIGINT", i)
	}
	err = p.c.One(ctx, fmt.Sprintf("SELECT count(*), coalesce(sum(damaged), 0)::BIGINT, coalesce(sum(%s) / greatest(%s, 1), 0)::DOUBLE, %s FROM gone",
		going, strings.Join(all, " + "), strings.Join(sums, ", ")), d...)
	done.Before = info.Size()
	done.After = int64(float64(done.Before) * (1 - share))
	return done, err
}

// copy is the statement that copies what stays of a table.
func (p *pruning) copy(schema, table string) string {
	to := fmt.Sprintf("INSERT INTO %s.%s.%s ", pruned, duck.Ident(schema), duck.Ident(table))
	from := fmt.Sprintf("SELECT * FROM %s.%s.%s", alias, duck.Ident(schema), duck.Ident(table))
	if schema != "main" {
		return to + from
	}
	// Few objects have rows without a time: the table is not asked for others.
	const goes = "IN (SELECT sourceObject FROM gone WHERE whole AND (timeless OR %t))"
	goesWhole := fmt.Sprintf(goes, p.o.Source != "")
	for i, t := range cloudtrail.Tables {
		if t.Name == table && p.o.Source != "" {
			return to + from + " WHERE sourceObject NOT " + goesWhole
		}
		if t.Name == table {
			return to + from + fmt.Sprintf(" WHERE %s >= %s OR %[1]s IS NULL AND sourceObject NOT %[3]s", times[i], p.before(), goesWhole)
		}
	}
	switch table {
	case "damaged":
		return to + from + " WHERE source NOT " + goesWhole
	case "objects":
		return to + p.ledger()
	case "ctsql_listings":
		return to + from + " WHERE false" // what they say is loaded is no more
	}
	return to + from
}

// raise makes the table raised: the ledger's filters, and what they are for objects
// that rows were taken from.
func (p *pruning) raise(ctx context.Context) error {
	since := int64(math.MaxInt64) // what is missing may be of any time
	if p.o.Source == "" {
		since = p.o.Before.UnixMicro()
	}
	raised := func(f cloudtrail.Filter) string {
		if f.Since == 0 {
			f.Since = cloudtrail.NoTime
		}
		if f.Until == 0 {
			f.Until = cloudtrail.NoTime
		}
		f.Since = max(f.Since, since)
		return string(filterText(&f))
	}
	was, is := []string{}, []string{}
	err := p.c.Query(ctx, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		var f cloudtrail.Filter
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return fmt.Errorf("filter in the ledger: %w", err)
		}
		was, is = append(was, text), append(is, raised(f))
		return nil
	}, fmt.Sprintf("SELECT DISTINCT filter FROM %s.objects WHERE filter IS NOT NULL", alias))
	if err != nil {
		return err
	}
	return errors.Join(
		p.c.Exec(ctx, "CREATE TEMP TABLE raised AS SELECT unnest($1::VARCHAR[]) AS was, unnest($2::VARCHAR[]) AS filter", was, is),
		p.c.Exec(ctx, "INSERT INTO raised VALUES (NULL, $1)", raised(cloudtrail.Filter{})))
}

// ledger selects what the ledger is to say. An object that was loaded under two
// filters has two lines, of which none says which rows it brought: the first are
// taken to have brought those that went. Lines whose filters are now the same
// become one.
func (p *pruning) ledger() string {
	var less, sums, going []string
	for i, column := range [...]string{"events", "aggregated", "requests"} {
		less = append(less, fmt.Sprintf("%s - greatest(0, least(%[1]s, coalesce(rows%d, 0) - (sum(%[1]s) OVER earlier - %[1]s))) AS %[1]s", column, i))
		sums = append(sums, fmt.Sprintf("sum(%s) OVER same AS %[1]s", column))
		going = append(going, fmt.Sprintf("coalesce(rows%d, 0)", i))
	}
	leftOut := "leftOut + " + strings.Join(going, " + ") + " + CASE WHEN whole THEN o.damaged ELSE 0 END"
	touched := "(g.sourceObject IS NOT NULL OR duplicates > 0)"
	which := "true"
	if p.o.Source != "" {
		which = "g.sourceObject IS NULL"
	}
	return fmt.Sprintf(`SELECT * EXCLUDE (place) REPLACE (%s) FROM (
		SELECT o.* REPLACE (%s,
			CASE WHEN whole THEN 0 ELSE o.damaged END AS damaged,
			CASE WHEN %s AND %s = 0 THEN duplicates ELSE %[4]s END AS leftOut,
			CASE WHEN %[3]s THEN raised.filter ELSE o.filter END AS filter), o.rowid AS place
		FROM %[5]s.objects o LEFT JOIN gone g USING (sourceObject) LEFT JOIN raised ON raised.was IS NOT DISTINCT FROM o.filter
		WHERE %[6]s
		WINDOW earlier AS (PARTITION BY o.sourceObject ORDER BY o.rowid ROWS UNBOUNDED PRECEDING))
		WINDOW same AS (PARTITION BY sourceObject, filter)
		QUALIFY row_number() OVER (PARTITION BY sourceObject, filter ORDER BY place DESC) = 1
		ORDER BY place`, strings.Join(sums, ", "), strings.Join(less, ", "), touched, leftOut, alias, which)
}
