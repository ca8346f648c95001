package shell

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// settingCommands say how answers look, and where they go.
func settingCommands() []command {
	return []command{
		{name: "mode", also: []string{`\x`}, args: "[FORMAT]", help: "table, csv, json, ndjson, markdown, vertical", run: mode,
			more: `\x goes from table to vertical and back. Without FORMAT: what is set.`},
		{name: "rows", args: "[N]", help: "how many rows are shown, and kept as _",
			more: "0 is all of them. The table _ holds the answer before; .output and .once take all rows.",
			run: func(_ context.Context, sh *Shell, args string) error {
				return sh.number("rows", args, &sh.settings.rows)
			}},
		{name: "chart", args: "[STATEMENT]", help: "the last answer as bars, or over time", run: chart,
			more: "It wants a label or a time, and a number; or a time, a number and what tells lines apart."},
		{name: "width", args: "[N]", help: "columns a table may take; 0: the terminal's", run: width},
		{name: "timer", also: []string{`\timing`}, args: "[on|off]", help: "how many rows, in what time",
			run: func(_ context.Context, sh *Shell, args string) error {
				return sh.toggle("timer", args, &sh.settings.timer)
			}},
		{name: "pager", args: "[on|off|COMMAND]", help: "what shows a large answer: $PAGER, else less", run: pager},
		{name: "tz", args: "[ZONE]", help: "the zone that times are shown in, now UTC", run: zone,
			more: "Such as Europe/Paris. The logs have UTC, and so have statements, csv and json."},
		{name: "output", also: []string{`\o`}, args: "[FILE]", help: "write answers to a file; alone: no longer",
			more: "All rows are written. The name's end says the format (.csv, .json, .ndjson, .md), else .mode does.",
			run:  func(_ context.Context, sh *Shell, args string) error { return sh.output(args, false) }},
		{name: "once", args: "FILE | '| COMMAND'", help: "the same for the next answer, or a command takes it",
			more: "Such as .once '| sort | uniq -c'.",
			run:  func(_ context.Context, sh *Shell, args string) error { return sh.output(args, true) }},
	}
}

func mode(_ context.Context, sh *Shell, args string) error {
	switch args {
	case "":
		fmt.Fprintln(sh.Out, sh.format())
		return nil
	case `\x`:
		next := render.Vertical
		if sh.format() == render.Vertical {
			next = render.Table
		}
		sh.settings.format = next
		fmt.Fprintln(sh.Err, next)
		return nil
	}
	f, err := render.ParseFormat(args)
	if err != nil {
		return err
	}
	sh.settings.format = f
	return nil
}

// number sets a number, or shows it.
func (sh *Shell) number(name, args string, to *int64) error {
	if args == "" {
		fmt.Fprintln(sh.Out, *to)
		return nil
	}
	n, err := strconv.ParseInt(args, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf(".%s %.40q: a whole number is wanted", name, args)
	}
	*to = n
	return nil
}

// toggle sets what is on or off; without either it is turned.
func (sh *Shell) toggle(name, args string, to *bool) error {
	switch strings.ToLower(args) {
	case "on":
		*to = true
	case "off":
		*to = false
	case "":
		*to = !*to
		fmt.Fprintf(sh.Err, "%s is %s\n", name, map[bool]string{true: "on", false: "off"}[*to])
	default:
		return fmt.Errorf(".%s %.40q: on or off is wanted", name, args)
	}
	return nil
}

func pager(_ context.Context, sh *Shell, args string) error {
	switch args {
	case "":
		name := sh.settings.pager
		if name == "" {
			name = "less -SRX"
		}
		fmt.Fprintln(sh.Out, map[bool]string{true: name, false: "off"}[sh.settings.paged])
	case "on", "off":
		sh.settings.paged = args == "on"
	default:
		sh.settings.pager, sh.settings.paged = args, true
	}
	return nil
}

func width(_ context.Context, sh *Shell, args string) error {
	n := int64(sh.settings.width)
	err := sh.number("width", args, &n)
	sh.settings.width = int(min(n, math.MaxInt32))
	return err
}

func zone(_ context.Context, sh *Shell, args string) error {
	if args == "" {
		fmt.Fprintln(sh.Out, sh.settings.zone)
		return nil
	}
	z, err := time.LoadLocation(args)
	if err != nil {
		return fmt.Errorf(".tz %.40q: no such zone; Europe/Paris is one", args)
	}
	sh.settings.zone = z
	return nil
}
