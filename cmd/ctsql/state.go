package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/watch"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// stateFlag is where the state of a watch is.
type stateFlag struct{ text string }

func (f *stateFlag) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.text, "state", "", "the `FILE` with what ctsql watch has learned (default $CTSQL_STATE, else ctsql/state.db in ~/.local/share)")
}

// file is the flag's, or the user's own. It is not in a cache folder: it cannot be made
// again from elsewhere.
func (f *stateFlag) file() (string, error) {
	if f.text != "" {
		return filepath.Abs(f.text)
	}
	dir := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no place for the state: %w\nhint: name a file with --state", err)
		}
		dir = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(dir, "ctsql", "state.db"), nil
}

// use has a session read the state's tables. Who has no home and names no state has none.
func (f *stateFlag) use(o *cache.SessionOptions) error {
	path, err := f.file()
	if err != nil {
		if f.text == "" {
			return nil
		}
		return err
	}
	o.State = &cache.State{Path: path, Views: watch.Views()}
	return nil
}

// stateCommand is `ctsql state`.
type stateCommand struct{ state stateFlag }

func newState() *cobra.Command {
	var c stateCommand
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Back up and check what ctsql watch has learned",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	backup := &cobra.Command{
		Use: "backup FILE", Short: "Write a copy of the state to a new FILE, also while ctsql watch runs",
		Args: arguments(cobra.ExactArgs(1)), PreRunE: settle,
		RunE: func(cmd *cobra.Command, args []string) error { return c.backup(cmd, args[0]) },
	}
	check := &cobra.Command{
		Use: "check [FILE]", Short: "Read the state, or a copy of it, to its end, and say what is wrong with it",
		Args: arguments(cobra.MaximumNArgs(1)), PreRunE: settle,
		RunE: func(cmd *cobra.Command, args []string) error { return c.check(cmd, args) },
	}
	for _, sub := range []*cobra.Command{backup, check} {
		c.state.add(sub.Flags())
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *stateCommand) backup(cmd *cobra.Command, to string) error {
	path, err := c.state.file()
	if err != nil {
		return err
	}
	start := time.Now()
	k, err := watch.Backup(cmd.Context(), path, to)
	if err != nil {
		return err
	}
	if _, err := fmt.Printf("%s: %s, %.1f s\n", render.Clean(to), checkedText(k), time.Since(start).Seconds()); err != nil {
		return err
	}
	return tellFaults(k)
}

func (c *stateCommand) check(cmd *cobra.Command, args []string) error {
	path, err := c.state.file()
	if len(args) == 1 {
		path, err = filepath.Abs(args[0])
	}
	if err != nil {
		return err
	}
	k, err := watch.Check(cmd.Context(), path)
	if err != nil {
		return err
	}
	if _, err := fmt.Printf("%s: %s\n", render.Clean(path), checkedText(k)); err != nil {
		return err
	}
	return tellFaults(k)
}

// checkedText says what is in a state.
func checkedText(k watch.Checked) string {
	return fmt.Sprintf("%s values learned, %s objects, %s alerts", count(k.Values), count(k.Objects), count(k.Alerts))
}

// tellFaults tells what is wrong with a state.
func tellFaults(k watch.Checked) error {
	for _, f := range k.Faults {
		fmt.Fprintf(os.Stderr, "ctsql: %s\n", render.CleanLines(f))
	}
	if len(k.Faults) > 0 {
		return exitError(exitFailed)
	}
	return nil
}
