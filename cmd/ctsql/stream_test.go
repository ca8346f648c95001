package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterruptedQuery: Ctrl-C ends a query within a second, whatever it is at.
func TestInterruptedQuery(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	for name, sql := range map[string]string{
		"computing": "select count(*) from range(1000000000) a, range(1000000000) b where a.range + b.range = -1",
		"writing":   "select range, md5(range::varchar) from range(100000000000)",
		"a table":   "create table x as select range from range(100000000000)",
	} {
		t.Run(name, func(t *testing.T) {
			p := prepare(t, cache, nil, "query", sql)
			p.Stdout = nil // discarded
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if took := interrupted(t, p); took > time.Second*slow {
				t.Errorf("took %v", took)
			}
			if got := strings.TrimSpace(p.err.String()); got != "ctsql: interrupted" {
				t.Errorf("%s", got)
			}
		})
	}
}

// interrupted sends an interrupt, and returns how long the program took to end.
func interrupted(t *testing.T, p *program) time.Duration {
	t.Helper()
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := p.code(t); code != 130 {
		t.Errorf("exit status %d\n%s", code, &p.err)
	}
	return time.Since(began)
}

// TestUnreadResult: who does not read a result keeps nobody from loading, and
// not the program from ending.
func TestUnreadResult(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	dir, events := sketch(t, 20, 1000)
	ctsql(t, cache, "load", dir)
	p := prepare(t, cache, nil, "query", "--format", "csv", "select a.eventID, a.requestParameters from cloudtrail a, range(20)")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p.Stdout = w
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines := bufio.NewReader(r)
	if line, err := lines.ReadString('\n'); err != nil || line != "eventID,requestParameters\n" {
		t.Fatalf("%q, %v", line, err)
	}
	began := time.Now()
	more, _ := sketch(t, 21, 1000)
	_, stderr := ctsql(t, cache, "load", filepath.Join(more, "0020.json"))
	if !strings.HasPrefix(stderr, "1 objects, ") {
		t.Error(stderr)
	}
	if took := time.Since(began); took > 5*time.Second*slow {
		t.Errorf("the load took %v", took)
	}
	// All is there for the reader still.
	n := 0
	for {
		_, err := lines.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if code := p.code(t); code != 0 || n != 20*events {
		t.Errorf("exit status %d, %d rows, not %d", code, n, 20*events)
	}

	// Nor does it keep the program from ending.
	p = prepare(t, cache, nil, "query", "--format", "csv", "select a.eventID, a.requestParameters from cloudtrail a, range(20)")
	r2, w2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r2.Close()
	p.Stdout = w2
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w2.Close()
	time.Sleep(time.Second)
	if took := interrupted(t, p); took > time.Second*slow {
		t.Errorf("took %v to end", took)
	}
}

// TestInterruptedTwice: the second Ctrl-C ends a load at once.
func TestInterruptedTwice(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	dir, _ := sketch(t, 1, 100)
	p := prepare(t, cache, nil, "load", dir)
	// Its standard error is full, so that it cannot end by itself.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd := int(w.Fd()) // asking again would make it block
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = syscall.Write(fd, make([]byte, 4096))
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	p.Stderr = w
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	time.Sleep(500 * time.Millisecond * slow)
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	interrupted(t, p)
}

// TestClosedPipe: a reader that has enough, as head has, is no reason to hang.
func TestClosedPipe(t *testing.T) {
	p := prepare(t, filepath.Join(t.TempDir(), "cache.duckdb"), nil, "query", "select range from range(100000000000)")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout = w
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	began := time.Now()
	p.code(t)
	if took := time.Since(began); took > 5*time.Second*slow {
		t.Errorf("took %v", took)
	}
}

// TestMemory: ten million rows out take no more memory than a few. The limit is
// what was measured, 55 MB as CSV and 72 MB as a table, with room for DuckDB's
// threads on larger machines.
func TestMemory(t *testing.T) {
	exe := plain(t)
	const rows = 10_000_000
	for _, format := range []string{"csv", "table", "ndjson"} {
		p := prepare(t, filepath.Join(t.TempDir(), "cache.duckdb"), nil, "query", "--format", format, "select range from range("+strconv.Itoa(rows)+")")
		p.Path = exe
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		p.Stdout = w
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		n, peak, block := 0, 0, make([]byte, 1<<20)
		for i := 0; ; i++ {
			k, err := r.Read(block)
			n += bytes.Count(block[:k], []byte("\n"))
			if i%16 == 0 {
				peak = max(peak, highWater(t, p.Process.Pid))
			}
			if err != nil {
				break
			}
		}
		r.Close()
		if code := p.code(t); code != 0 || n < rows {
			t.Errorf("%s: exit status %d after %d lines\n%s", format, code, n, &p.err)
		}
		t.Logf("%s: %d MB", format, peak>>10)
		if peak > 300<<10 {
			t.Errorf("%s: %d MB", format, peak>>10)
		}
	}
}

// highWater is the most memory that a process has had, in kB; 0 when it has ended.
func highWater(t *testing.T, pid int) int {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, after, ok := strings.Cut(string(status), "VmHWM:")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
