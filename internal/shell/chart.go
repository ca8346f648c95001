package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ctsql/ctsql/internal/render"
)

// chart draws the last answer, or that of a statement.
func chart(ctx context.Context, sh *Shell, args string) error {
	statement := strings.TrimRight(args, "; \t")
	if statement == "" {
		if sh.kept.of == "" {
			return errors.New("there is no answer yet\nhint: .chart SELECT …")
		}
		statement = "FROM " + keptTable
	}
	params, err := sh.settings.values(statement)
	if err != nil {
		return err
	}
	a, err := sh.Session.Run(ctx, statement, params)
	if err != nil {
		return err
	}
	if a.Rows == nil {
		return errors.New("the statement yields no rows")
	}
	err = sh.show(ctx, func(w io.Writer) error {
		return render.Chart(w, a.Columns, untilEnd{ctx, a.Rows}, render.ChartOptions{
			Width: sh.columns(), Color: sh.settings.color && !sh.target.set(), ASCII: sh.Plain, Zone: sh.settings.zone,
		})
	})
	if sh.kept.cut && args == "" {
		fmt.Fprintf(sh.Err, "of the first %s rows only: .rows says how many\n", thousands(sh.kept.rows))
	}
	return errors.Join(err, a.Rows.Close())
}
