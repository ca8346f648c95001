package shell

import (
	"context"
	"time"

	"github.com/ctsql/ctsql/internal/triage"
)

// Outside is what commands need of the world, beside the Session. A command that
// lacks what it needs says so.
type Outside struct {
	// Raw returns a record's bytes as they are in its object.
	Raw func(ctx context.Context, sourceObject string, recordIndex int64) ([]byte, error)
	// When reads a time as the program's flags take it: a date, RFC 3339, an age.
	When func(text string) (time.Time, error)
	Now  func() time.Time
	// Unseen tells of times that logs of these accounts are missing of.
	Unseen func(ctx context.Context, since, until time.Time, accounts []string) ([]triage.Gap, error)
	// NotesFile is where .note writes.
	NotesFile string
}

// investigationCommands are those that look into what happened.
func investigationCommands() []command {
	return []command{
		eventCommand(),
		whoCommand(),
		treeCommand(),
		iocCommand(),
		followCommand(),
		noteCommand(),
		notesCommand(),
		windowCommand(),
	}
}
