package shell

import (
	"context"
	"errors"
	"io"

	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/triage"
)

func whoCommand() command {
	return command{
		name: "who", args: "KEY | ARN | NAME | ADDRESS | NETWORK | ACCOUNT | EVENT",
		help: "all about who acted: when, from where, what, what is left of it",
		more: `What is given is taken for an access key, an ID that AWS gives (AIDA…, AROA…), an
address or a network, an account, an event's ID or how it begins, an ARN, or else for
a name: an actor as actor() tells it, a user, a role, a session, an e-mail address, a
service. The page says for which. An ARN is that of an identity, of a role with all
its sessions, or an actor; an event stands for who called. Denied are calls whose
errorCode says so. Where the addresses are is told if a GeoIP database is there. A
.window limits what the page is about. It is the page of ctsql triage, and its
commands are there to be read: nothing is run.

  .who alice
  .who 203.0.113.66
  .who arn:aws:iam::111122223333:role/ops`,
		run: runWho,
	}
}

func runWho(ctx context.Context, sh *Shell, args string) error {
	given, err := words(args)
	if err != nil {
		return err
	}
	if len(given) != 1 {
		return errors.New("who?\nhint: .who NAME, one at a time; in quotes if it has blanks")
	}
	o := triage.Options{Window: sh.settings.window, Unseen: sh.Unseen}
	if sh.Now != nil {
		o.Now = sh.Now()
	}
	page, err := triage.Find(ctx, asker{sh.own()}, given[0], o)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	look := triage.Terminal{Width: sh.Width(), Color: sh.settings.color && !sh.target.set()}
	return sh.show(ctx, func(w io.Writer) error { return look.Write(w, page) })
}

// An asker answers what package triage asks.
type asker struct{ s Asker }

func (a asker) Ask(ctx context.Context, statement string, params map[string]string, row func([]render.Cell) error) error {
	return ask(ctx, a.s, statement, params, row)
}
