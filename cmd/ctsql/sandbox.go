package main

import (
	"regexp"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/spf13/pflag"
)

// sandboxFlags say what statements may do and take.
type sandboxFlags struct {
	sandbox bool
	memory  string
	timeout time.Duration
}

// What a sandbox lets a statement take unless flags say otherwise.
const (
	sandboxMemory  = "4GB"
	sandboxTimeout = time.Minute
)

func (s *sandboxFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&s.sandbox, "sandbox", false, "for statements of others: only queries of the log tables, without files, network or settings")
	f.StringVar(&s.memory, "max-memory", "", "let statements take no more memory than this `SIZE`, such as 4GB (default, with --sandbox, 4GB)")
	f.DurationVar(&s.timeout, "timeout", 0, "end a statement that takes longer than this `TIME`, such as 60s (default, with --sandbox, 1m)")
}

// memorySize is how sizes are written. The engine takes B, KB, MB, GB and TB as powers of 1000,
// and KiB and so on as powers of 1024.
var memorySize = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,3})? ?([kKmMgGtT]i?)?B$`)

// use puts the flags into a session's options.
func (s *sandboxFlags) use(o *cache.SessionOptions) error {
	if s.memory != "" && !memorySize.MatchString(s.memory) {
		return usage("--max-memory %.40q: a size such as 4GB or 512MiB", s.memory)
	}
	if s.timeout < 0 {
		return usage("--timeout %s: a time such as 60s", s.timeout)
	}
	o.Sandbox = o.Sandbox || s.sandbox
	o.Limits = cache.Limits{Memory: s.memory, Time: s.timeout}
	if s.sandbox && s.memory == "" {
		o.Limits.Memory = sandboxMemory
	}
	if s.sandbox && s.timeout == 0 {
		o.Limits.Time = sandboxTimeout
	}
	return nil
}
