package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ctsql/ctsql/internal/render"
)

// ask runs a statement of the shell's own and calls row for each of its rows,
// whose cells are valid until the next.
func ask(ctx context.Context, s Asker, statement string, params map[string]string, row func(cells []render.Cell) error) (err error) {
	a, err := s.Run(ctx, statement, params)
	if err != nil || a.Rows == nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Rows.Close()) }()
	for cells, err := range render.Rows(a.Rows, len(a.Columns)) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := row(cells); err != nil {
			return err
		}
	}
	return nil
}

// askAll is ask for an answer of a few rows. NULL is "".
func askAll(ctx context.Context, s Asker, statement string, params map[string]string) (rows [][]string, err error) {
	err = ask(ctx, s, statement, params, func(cells []render.Cell) error {
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = string(c.Text)
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// A sheet is text for a person. Its end tells the first error of its writer.
type sheet struct{ w *bufio.Writer }

func newSheet(w io.Writer) sheet { return sheet{bufio.NewWriter(w)} }

// line writes a line, cleaned.
func (p sheet) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.w.WriteString(strings.TrimRight(render.Clean(text), " ") + "\n")
}

func (p sheet) blank() { p.w.WriteString("\n") }

func (p sheet) end() error { return p.w.Flush() }

// pageWidth is how wide a page is, in columns.
const pageWidth = 80

// grouped is a count, as DuckDB writes it, with commas.
func grouped(n string) string {
	for i := len(n) - 3; i > 0; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	return n
}
