package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// measured is the first argument of this program when it is to be measured.
const measured = "measure"

// findings are what a measured process tells, to be compared.
type findings struct {
	Rows     int64
	Stored   int64 // bytes of gzip
	Inflated int64 // bytes of JSON
}

// measuredProcess does one thing, alone in its process, and writes what it found
// as JSON.
func measuredProcess(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return errors.New("nothing to measure")
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(io.Discard)
	dir := f.String("dir", "", "")
	events := f.Int("events", 0, "")
	cache := f.String("cache", "", "")
	out := f.String("out", "", "")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	var files []string
	var err error
	if *dir != "" && args[0] != "trail" {
		if files, err = eventFiles(*dir); err != nil {
			return err
		}
	}
	var found any
	switch args[0] {
	case "trail":
		found, err = makeTrail(ctx, *dir, *events)
	case "read_json":
		found, err = readJSON(ctx, files, *out)
	case "read_json-tuned":
		found, err = readJSONTuned(ctx, files, *out)
	case "gunzip":
		found, err = readAll(ctx, files, newGunzipper)
	case "decode":
		found, err = readAll(ctx, files, newSplitter)
	case "insert":
		found, err = insert(ctx, *cache, *out)
	case "scan":
		found, err = scan(ctx, *cache)
	case "ask":
		found, err = ask(ctx, files)
	case "ask-tuned":
		found, err = askTuned(ctx, files)
	default:
		err = errors.New("no such measurement")
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(found)
}

// A sample is what the system says of one process that has ended.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

// runProcess runs a program to its end.
//
// On Linux a process's peak begins with what the one that started it had at its
// peak: this program must stay small, and leaves all work to others.
func runProcess(ctx context.Context, program string, args ...string) (s sample, stdout []byte, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err = cmd.Run()
	s.wall = time.Since(start)
	if err != nil {
		return s, nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(args, " "), err, bytes.TrimSpace(errs.Bytes()))
	}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = int64(u.Maxrss)
		if runtime.GOOS != "darwin" {
			s.peak <<= 10
		}
	}
	return s, out.Bytes(), nil
}

// program is the ctsql to measure: the one given, or one built for this.
func program(ctx context.Context, given, tmp string) (string, error) {
	if given != "" {
		_, err := os.Stat(given)
		return given, err
	}
	path := filepath.Join(tmp, "ctsql")
	_, _, err := runProcess(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-X main.commit="+commit(ctx), "-o", path, "github.com/ctsql/ctsql/cmd/ctsql")
	return path, err
}

// commit is what git says of the folder that this runs in.
func commit(ctx context.Context) string {
	_, out, err := runProcess(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*")
	if err != nil {
		return "unknown"
	}
	return string(bytes.TrimSpace(out))
}
