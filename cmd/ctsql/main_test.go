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
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/klauspost/compress/gzip"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the program prints into the transcripts")

// The test binary is also the program, under the name ctsql.
func TestMain(m *testing.M) {
	// A program with the race detector in it else takes a second to exit.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"ctsql": main})
}

// TestScripts runs the transcripts: what a person types, and what they see.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("CTSQL_CACHE", filepath.Join(e.WorkDir, "cache.duckdb"))
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Setenv("TZ", "Asia/Kolkata") // answers are in UTC wherever one is
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("no condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits, "gzip": scriptGzip, "write": scriptWrite, "cut": scriptCut, "flip": scriptFlip,
			"json": scriptJSON, "sql": scriptSQL, "mode": scriptMode, "touch": scriptTouch, "digests": scriptDigests,
		},
	})
}

// exits CODE COMMAND …: the command ends with just this code.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == want:
	case err == nil && want == 0:
	default:
		ts.Fatalf("%v: %v, not exit status %d", args[1:], err, want)
	}
}

// gzip SOURCE … FILE: writes each source as one member.
func scriptGzip(ts *testscript.TestScript, neg bool, args []string) {
	var out bytes.Buffer
	for _, name := range args[:len(args)-1] {
		z := gzip.NewWriter(&out)
		_, err := io.WriteString(z, ts.ReadFile(name))
		ts.Check(errors.Join(err, z.Close()))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[len(args)-1]), out.Bytes(), 0o644))
}

// write FILE TEXT [xTIMES] …: texts one after the other. They are written as in Go,
// but for quotes, and so is the name.
func scriptWrite(ts *testscript.TestScript, neg bool, args []string) {
	var out bytes.Buffer
	for i := 1; i < len(args); i++ {
		text := unquote(ts, args[i])
		times := 1
		if i+1 < len(args) && strings.HasPrefix(args[i+1], "x") {
			if n, err := strconv.Atoi(args[i+1][1:]); err == nil {
				times = n
				i++
			}
		}
		for range times {
			out.WriteString(text)
		}
	}
	name := ts.MkAbs(unquote(ts, args[0]))
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o755))
	ts.Check(os.WriteFile(name, out.Bytes(), 0o644))
}

func unquote(ts *testscript.TestScript, text string) string {
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	ts.Check(err)
	return s
}

// cut FILE N: takes N bytes off its end.
func scriptCut(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(len(ts.ReadFile(args[0]))-n)))
}

// flip FILE N: changes the byte that is N from its end.
func scriptFlip(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	b := []byte(ts.ReadFile(args[0]))
	b[len(b)-n] ^= 0xff
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o644))
}

// json [FILE] PATH VALUE: in what was printed, or in FILE, each JSON value has
// this one at the path, as requestParameters.n; numbers compare as text.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	name := "stdout"
	if len(args) == 3 {
		name, args = args[0], args[1:]
	}
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(name)))
	dec.UseNumber()
	n := 0
	for {
		var v any
		err := dec.Decode(&v)
		if err == io.EOF {
			break
		}
		ts.Check(err)
		n++
		for p := range strings.SplitSeq(args[0], ".") {
			switch x := v.(type) {
			case map[string]any:
				v = x[p]
			case []any:
				i, err := strconv.Atoi(p)
				ts.Check(err)
				if i >= len(x) {
					ts.Fatalf("%s: %d elements", args[0], len(x))
				}
				v = x[i]
			default:
				ts.Fatalf("%s: %v has no %s", args[0], v, p)
			}
		}
		var got bytes.Buffer
		enc := json.NewEncoder(&got)
		enc.SetEscapeHTML(false)
		ts.Check(enc.Encode(v))
		if strings.TrimSpace(got.String()) != args[1] {
			ts.Fatalf("%s is %s, not %s", args[0], strings.TrimSpace(got.String()), args[1])
		}
	}
	if n == 0 {
		ts.Fatalf("no JSON value")
	}
}

// sql FILE STATEMENT …: runs statements in a DuckDB file, as somebody else's program does.
func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	db, err := duck.Open(nil)
	ts.Check(err)
	defer db.Close()
	c, err := db.Conn(context.Background())
	ts.Check(err)
	defer c.Close()
	ts.Check(c.Exec(context.Background(), "ATTACH "+duck.Quote(ts.MkAbs(args[0]))+" AS f"))
	for _, s := range append(args[1:], "DETACH f") {
		ts.Check(c.Exec(context.Background(), s))
	}
}

// mode MODE FILE …
func scriptMode(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, not %s", name, got, args[0])
		}
	}
}

// touch FILE …: it was written a minute later than it was.
func scriptTouch(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		at := info.ModTime().Add(time.Minute)
		ts.Check(os.Chtimes(ts.MkAbs(name), at, at))
	}
}
