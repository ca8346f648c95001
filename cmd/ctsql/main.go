package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/ctsql/ctsql/internal/render"
	"github.com/spf13/cobra"
)

// Exit codes, for every command.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitFindings    = 3
	exitInterrupted = 130
)

func main() { os.Exit(run(os.Args[1:])) }

// run is the program: it returns what to exit with.
func run(args []string) int {
	// What is in logs is their owner's: caches, their write-ahead logs and
	// spooled results.
	syscall.Umask(0o077)
	ctx, stop := interruptible()
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return report(cmd, err)
}

// interruptible is a context that the first interrupt ends; the second ends the
// program at once. Interrupts of the terminal do neither while they are a prompt's,
// and hangups while they are a watcher's: see takenSignals.
func interruptible() (context.Context, func()) {
	taken := new(takenSignals)
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), takenKey{}, taken))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for s := range signals {
			switch {
			case s == os.Interrupt && taken.interrupts.Load(), s == syscall.SIGHUP && taken.hangups.Load():
			case ctx.Err() != nil:
				os.Exit(exitInterrupted)
			default:
				cancel(errInterrupted)
			}
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel(nil) }
}

// takenSignals are those that a command takes, and that then no longer end ctx.
type takenSignals struct{ interrupts, hangups atomic.Bool }

type takenKey struct{}

// promptInterrupts yields the terminal's interrupts, which no longer end ctx.
func promptInterrupts(ctx context.Context) (<-chan os.Signal, func()) {
	if taken, ok := ctx.Value(takenKey{}).(*takenSignals); ok {
		taken.interrupts.Store(true)
	}
	return signalled(os.Interrupt)
}

// hangups yields SIGHUP, which no longer ends ctx.
func hangups(ctx context.Context) (<-chan os.Signal, func()) {
	if taken, ok := ctx.Value(takenKey{}).(*takenSignals); ok {
		taken.hangups.Store(true)
	}
	return signalled(syscall.SIGHUP)
}

func signalled(s os.Signal) (<-chan os.Signal, func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, s)
	return signals, func() { signal.Stop(signals) }
}

var errInterrupted = errors.New("interrupted")

// A usageError is a command that was called wrongly.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// An exitError ends the program with a code, after what there is to say was said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// report tells of an error on standard error, and returns the exit code.
func report(cmd *cobra.Command, err error) int {
	var code exitError
	var wrong usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "ctsql: %s\nhint: %s --help\n", render.CleanLines(wrong.Error()), cmd.CommandPath())
		return exitUsage
	case errors.Is(err, context.Canceled) || errors.Is(context.Cause(cmd.Context()), errInterrupted):
		fmt.Fprintln(os.Stderr, "ctsql: interrupted")
		return exitInterrupted
	}
	fmt.Fprintf(os.Stderr, "ctsql: %s\n", render.CleanLines(strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\t", "  ")))
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "ctsql",
		Short:         "SQL over AWS CloudTrail logs and S3 access logs",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          arguments(cobra.NoArgs), // what is left is no command
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().String("cache", "", "the cache `FILE` (default $CTSQL_CACHE, else in the user's cache folder)")
	root.PersistentFlags().String("config", "", "the configuration `FILE` (default $CTSQL_CONFIG, else ctsql/config.yaml in ~/.config)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	for _, cmd := range []*cobra.Command{
		newLoad(), newQuery(), newShell(), newStatus(), newTrails(), newCoverage(), newTriage(), newPrune(), newVerify(), newQueries(), newWatch(), newAlerts(), newState(),
	} {
		if cmd.PreRunE == nil {
			cmd.PreRunE = settle
		}
		root.AddCommand(cmd)
	}
	// What is configured is no business of these: they do the same everywhere.
	root.AddCommand(newDemo(), newVersion())
	complete(root)
	return root
}

// exactly makes wrong arguments a usage error.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}
