package shell

import (
	"context"
	"errors"

	"github.com/ctsql/ctsql/internal/triage"
)

func treeCommand() command {
	return command{
		name: "tree", args: "KEY | ARN | NAME | EVENT",
		help: "who got which credentials from whom, up to the first and down to the last",
		more: `AssumeRole and its like, GetSessionToken and GetFederationToken return an access
key: what is done with it is done by who called. The tree leads from the first in
the chain to the key that was asked for, and on to all keys that were got with it,
each with what was done with it. CreateAccessKey is followed down, and told of where
the chain begins. The two records of a call across accounts, which share a
sharedEventID, are one. Of an ARN or a name the keys are shown that called for
others, and were used last. Of an event it is the key that it returned, or was
called with.

  .tree AKIAIOSFODNN7EXAMPLE
  .tree arn:aws:iam::111122223333:user/alice`,
		run: runTree,
	}
}

func runTree(ctx context.Context, sh *Shell, args string) error {
	given, err := words(args)
	if err != nil {
		return err
	}
	if len(given) != 1 {
		return errors.New("whose tree?\nhint: .tree KEY, an ARN, a name or an event's ID")
	}
	l, err := triage.FindLineage(ctx, asker{sh.own()}, given[0])
	if err != nil {
		return err
	}
	return sh.show(ctx, l.Write)
}
