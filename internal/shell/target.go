package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ctsql/ctsql/internal/render"
)

// A target is where answers go instead of to the terminal.
type target struct {
	file   *os.File
	path   string
	once   bool          // for one answer
	pipe   string        // a command, for one answer
	format render.Format // as the name of the file says; "" is as set
}

func (t *target) set() bool { return t.file != nil || t.pipe != "" }

// open yields the writer of one answer, and what is to be called with the error of
// writing to it.
func (t *target) open(sh *Shell) (io.Writer, func(error) error, error) {
	switch {
	case t.pipe != "":
		return t.openPipe(sh)
	case t.file != nil:
		return t.file, func(err error) error {
			if t.once {
				err = errors.Join(err, sh.closeTarget())
			}
			return err
		}, nil
	}
	return sh.Out, func(err error) error { return err }, nil
}

// openPipe starts the command. That it does not read to the end is no error.
func (t *target) openPipe(sh *Shell) (io.Writer, func(error) error, error) {
	cmd := exec.Command("sh", "-c", t.pipe)
	*t = target{}
	cmd.Stdout, cmd.Stderr = sh.Out, sh.Err
	w, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	return w, func(err error) error {
		if errors.Is(err, syscall.EPIPE) {
			err = nil
		}
		_ = w.Close() // what was not read is nobody's
		return errors.Join(err, cmd.Wait())
	}, nil
}

// formats are those that the names of files stand for.
var formats = map[string]render.Format{
	".csv": render.CSV, ".json": render.JSON, ".ndjson": render.NDJSON, ".jsonl": render.NDJSON, ".md": render.Markdown,
}

// output is `.output [FILE]` and, with once, `.once FILE` or `.once | COMMAND`.
func (sh *Shell) output(args string, once bool) error {
	if err := sh.closeTarget(); err != nil {
		return err
	}
	if args == "" || args == "stdout" {
		if once {
			return errors.New("name a file, or a command behind |")
		}
		return nil
	}
	if command, ok := strings.CutPrefix(strings.Trim(args, `'"`), "|"); ok {
		if !once {
			return errors.New("a command takes one answer: .once | COMMAND")
		}
		sh.target = target{pipe: strings.TrimSpace(command)}
		return nil
	}
	path, err := oneFile(args)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	sh.target = target{file: f, path: path, once: once, format: formats[strings.ToLower(filepath.Ext(path))]}
	return nil
}

// closeTarget ends the output to a file.
func (sh *Shell) closeTarget() error {
	t := sh.target
	sh.target = target{}
	if t.file == nil {
		return nil
	}
	if err := t.file.Close(); err != nil {
		return err
	}
	if sh.editor != nil {
		fmt.Fprintf(sh.Err, "written to %s\n", render.Clean(t.path))
	}
	return nil
}

// oneFile is the one file that arguments name. ~ is the home folder.
func oneFile(args string) (string, error) {
	all, err := words(args)
	if err != nil {
		return "", err
	}
	if len(all) != 1 {
		return "", errors.New("name one file; one whose name has blanks in quotes")
	}
	if below, ok := strings.CutPrefix(all[0], "~/"); ok {
		home, err := os.UserHomeDir()
		return filepath.Join(home, below), err
	}
	return all[0], nil
}

// external runs another program, which has the terminal until it ends.
func (sh *Shell) external(ctx context.Context, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = sh.In, sh.Out, sh.Err
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
