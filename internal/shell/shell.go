// Package shell is the prompt.
package shell

import "os"

// Options are what a shell is made of.
type Options struct {
	Session Session
	Out     *os.File
	Err     *os.File
}

// A Shell is a prompt and what was set at it.
type Shell struct {
	Options
}
