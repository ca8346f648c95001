package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/spf13/cobra"
)

// version and commit are stamped in when the program is built by make.
var version, commit string

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of ctsql and of DuckDB in it",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			engine, err := duck.Version(cmd.Context())
			if err != nil {
				return err
			}
			module, v, c := stamped()
			_, err = fmt.Printf("%s %s, commit %s, DuckDB %s, %s %s/%s\n", module, v, c, engine, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// stamped is the module, its version and the commit that it was built from, as
// far as they are known.
func stamped() (module, v, c string) {
	module, v, c = "github.com/ctsql/ctsql", version, commit
	info, ok := debug.ReadBuildInfo()
	if ok && v == "" {
		v = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && c == "" {
			c = s.Value
		}
	}
	if v == "" {
		v = "(devel)"
	}
	if c == "" {
		c = "unknown"
	}
	return module, v, c
}
