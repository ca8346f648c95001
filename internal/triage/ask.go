package triage

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// An Asker answers SQL. params are the texts of parameters' values, by name in lower
// case. row is called for each row that the statement yields; its cells are valid
// until the next.
type Asker interface {
	Ask(ctx context.Context, statement string, params map[string]string, row func(cells []render.Cell) error) error
}

// params are the values of a statement's parameters.
type params = map[string]string

// A row is one of an answer of a few: NULL is "".
type row []string

func askAll(ctx context.Context, a Asker, statement string, p params) (rows []row, err error) {
	err = a.Ask(ctx, statement, p, func(cells []render.Cell) error {
		r := make(row, len(cells))
		for i, c := range cells {
			r[i] = string(c.Text)
		}
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

func do(ctx context.Context, a Asker, statement string, p params) error {
	return a.Ask(ctx, statement, p, func([]render.Cell) error { return nil })
}

// n is a count: 0 for NULL.
func (r row) n(i int) int64 {
	n, err := strconv.ParseInt(r[i], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (r row) time(i int) time.Time { return ParseTime(r[i]) }

// ParseTime reads a time as DuckDB writes it; zero is none.
func ParseTime(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999999", text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// list is a list of texts as the value of a parameter, of which fromList makes rows.
func list(texts []string) string {
	b, err := json.Marshal(texts)
	if err != nil { // of strings there is none
		return "[]"
	}
	return string(b)
}

// fromList is a subquery of the texts in parameter name.
func fromList(name string) string {
	return "(SELECT unnest(CAST(CAST($" + name + " AS JSON) AS VARCHAR[])))"
}

// deniedSQL says that a call was refused for want of permission.
const deniedSQL = "coalesce(errorCode ILIKE '%denied%' OR errorCode ILIKE '%unauthorized%' OR errorCode ILIKE '%forbidden%', false)"

// named writes names of ours as a list of SQL.
func named(names []string) string { return "'" + strings.Join(names, "', '") + "'" }
