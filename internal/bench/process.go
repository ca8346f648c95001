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

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// measured is the first argument of this program when it is to be measured.
const measured = "measure"

// findings are what a measured process tells, to be compared.
type findings struct {
	Rows     int64
	Stored   int64 // bytes of gzip
	Inflated int64 // bytes of JSON
}

// A task is what a measured process is told.
type task struct {
	dir, cache, out string
	events          int
	table           *cloudtrail.Table // that the logs are of
	files           []string          // below dir, of that table
}

// measuredProcess does one thing, alone in its process, and writes what it found
// as JSON.
func measuredProcess(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return errors.New("nothing to measure")
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(io.Discard)
	t := task{table: cloudtrail.Events}
	f.StringVar(&t.dir, "dir", "", "")
	f.IntVar(&t.events, "events", 0, "")
	f.StringVar(&t.cache, "cache", "", "")
	f.StringVar(&t.out, "out", "", "")
	access := f.Bool("access", false, "")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if *access {
		t.table = cloudtrail.Requests
	}
	found, err := t.do(ctx, args[0])
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(found)
}

func (t *task) do(ctx context.Context, what string) (found any, err error) {
	switch what {
	case "trail":
		return makeTrail(ctx, t.dir, t.events, false)
	case "signed":
		return makeTrail(ctx, t.dir, t.events, true)
	case "access":
		return makeAccessLog(ctx, t.dir, t.events)
	case "city":
		return findings{}, writeCity(t.out)
	case "values":
		return findings{}, makeValues(ctx, t.out, t.events)
	case "insert":
		return insert(ctx, t.table, t.cache, t.out)
	case "scan":
		return scan(ctx, t.cache)
	}
	if t.files, err = logFiles(t.dir, t.table); err != nil {
		return nil, err
	}
	switch what {
	case "read_json":
		return readJSON(ctx, t.files, t.out)
	case "read_json-tuned":
		return readJSONTuned(ctx, t.files, t.out)
	case "gunzip":
		return readAll(ctx, t.files, newGunzipper)
	case "decode":
		return readAll(ctx, t.files, newSplitter)
	case "ask":
		return ask(ctx, t.files)
	case "ask-tuned":
		return askTuned(ctx, t.files)
	case "regexp":
		return matchInto(ctx, t.files, t.out)
	case "regexp-ask":
		return matchAsk(ctx, t.files)
	}
	return nil, errors.New("no such measurement")
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
