package shell

import (
	"context"
	"errors"
	"fmt"

	"github.com/ctsql/ctsql/internal/render"
)

// programCommands are commands of the program.
func programCommands() []command {
	return []command{
		{name: "load", args: "[SOURCE …]", help: "load a folder, a file, s3://bucket/prefix", run: program("load"),
			more: "Without SOURCE: the trails of the account. Takes the flags of ctsql load."},
		{name: "trails", help: "the account's trails, and where they deliver", run: program("trails")},
		{name: "coverage", args: "[SOURCE]", help: "which days of which accounts are there", run: program("coverage")},
		{name: "status", help: "what is in the cache", run: program("status")},
		{name: "places", args: "ADDRESS", help: "where an address is, and whose", run: places},
	}
}

// program is a command of the program.
func program(name string) func(context.Context, *Shell, string) error {
	return func(ctx context.Context, sh *Shell, args string) error {
		if sh.settings.inTransaction {
			return fmt.Errorf("this shell keeps the cache until COMMIT or ROLLBACK: .%s would wait for it", name)
		}
		all, err := words(args)
		if err != nil {
			return err
		}
		return sh.Command(ctx, append([]string{name}, all...)...)
	}
}

// placeFunctions are what is told of an address.
var placeFunctions = []string{"city", "subdivision", "country", "asn", "as_org", "is_tor", "aws_service", "aws_region", "is_private"}

func places(ctx context.Context, sh *Shell, args string) error {
	address, err := oneFile(args)
	if err != nil {
		return errors.New("name one address")
	}
	told := map[string]bool{}
	for _, name := range placeFunctions {
		value, err := sh.one(ctx, "SELECT "+name+"($address)", map[string]string{"address": address})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // there is no database for it
			if note := err.Error(); !told[note] {
				told[note] = true
				fmt.Fprintln(sh.Err, render.CleanLines(note))
			}
			continue
		}
		fmt.Fprintf(sh.Out, "%-12s %s\n", name, render.Clean(value))
	}
	return nil
}

// one is the one value that a statement yields, "" for NULL.
func (sh *Shell) one(ctx context.Context, statement string, params map[string]string) (value string, err error) {
	a, err := sh.own().Run(ctx, statement, params)
	if err != nil {
		return "", err
	}
	for row, err := range render.Rows(a.Rows, 1) {
		if err != nil {
			return "", errors.Join(err, a.Rows.Close())
		}
		value = string(row[0].Text)
	}
	return value, a.Rows.Close()
}
