package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A prompt is a shell at a terminal, as a person has it.
type prompt struct {
	t    *testing.T
	p    *program
	tty  *os.File
	home string
	mu   sync.Mutex
	all  bytes.Buffer
	read int // what of it was looked at
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]|\x1b\\[\\?2004[hl]| \b")

// atPrompt starts a shell on a terminal of 100 columns, in a home of its own, and waits
// for its prompt.
func atPrompt(t *testing.T, cache string, env []string, args ...string) *prompt {
	t.Helper()
	s := &prompt{t: t, home: t.TempDir()}
	env = append([]string{"TERM=xterm", "HOME=" + s.home, "XDG_STATE_HOME=" + s.home + "/state", "XDG_CONFIG_HOME=" + s.home, "PAGER=", "NO_COLOR=1"}, env...)
	s.p = prepare(t, cache, env, append([]string{"shell"}, args...)...)
	s.p.Stdout, s.p.Stderr = nil, nil
	s.open(100)
	s.sees("ctsql> ")
	return s
}

// open starts the program on a terminal that is so wide.
func (s *prompt) open(columns uint16) {
	s.t.Helper()
	var err error
	if s.tty, err = pty.StartWithSize(s.p.Cmd, &pty.Winsize{Rows: 30, Cols: columns}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.tty.Close() })
	go func() {
		b := make([]byte, 32<<10)
		for {
			n, err := s.tty.Read(b)
			s.mu.Lock()
			s.all.Write(b[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

// sees waits until a text is shown after what was seen before, and returns what was
// shown up to its end.
func (s *prompt) sees(text string) string {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		raw := s.all.String()[s.read:]
		s.mu.Unlock()
		shown, at := withoutEscapes(raw)
		if i := strings.Index(shown, text); i >= 0 {
			s.read += at[i+len(text)-1] + 1
			return shown[:i+len(text)]
		}
		if time.Now().After(end) {
			_ = s.p.Process.Signal(syscall.SIGQUIT) // tells where it hangs
			time.Sleep(time.Second)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.t.Fatalf("%q is not shown; after what was seen there is %s", text, s.all.String()[s.read:])
		}
	}
}

// withoutEscapes is a text without what moves the cursor and sets colours, and where
// each byte of it was.
func withoutEscapes(raw string) (string, []int) {
	var text []byte
	var at []int
	last := 0
	for _, m := range append(escapes.FindAllStringIndex(raw, -1), []int{len(raw), len(raw)}) {
		for i := last; i < m[0]; i++ {
			text, at = append(text, raw[i]), append(at, i)
		}
		last = m[1]
	}
	return string(text), at
}

func (s *prompt) types(text string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// asks types a line and returns what is shown up to the next prompt.
func (s *prompt) asks(line string) string {
	s.t.Helper()
	s.types(line + "\r")
	s.sees("\r\n") // the line itself
	return s.sees("ctsql> ")
}

// leaves ends the shell, with a status of 0.
func (s *prompt) leaves() {
	s.t.Helper()
	s.types(".quit\r")
	if code := s.p.code(s.t); code != 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.t.Errorf("exit status %d; it showed %s", code, s.all.String()[s.read:])
	}
}

func shown(t *testing.T, in string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(in, text) {
			t.Errorf("%q is not shown:\n%s", text, in)
		}
	}
}

func loaded(t *testing.T) (cache string, events int) {
	t.Helper()
	cache = filepath.Join(t.TempDir(), "cache.duckdb")
	dir, events := sketch(t, 3, 1000)
	if p := runs(t, cache, "load", "-q", dir); p != 0 {
		t.Fatalf("load: exit status %d", p)
	}
	return cache, events
}

func runs(t *testing.T, cache string, args ...string) int {
	t.Helper()
	p := prepare(t, cache, nil, args...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p.code(t)
}

// TestPrompt: statements of several lines, errors, an interrupt, the history.
func TestPrompt(t *testing.T) {
	cache, events := loaded(t)
	s := atPrompt(t, cache, nil)
	s.types("select count(*) as n\r")
	s.sees("    -> ")
	shown(t, s.asks("from cloudtrail;"), fmt.Sprint(events), "Rows: 1 in ")

	s.types("select 'it is\r")
	s.sees("    '> ")
	s.types("open' || (\r")
	s.sees("    (> ")
	s.types("/* and\r")
	s.sees("   /*> ")
	s.types("\x03")
	s.sees("ctsql> ")
	s.types("select $t$a\r")
	s.sees("  $t$> ")
	s.types("\x03")
	s.sees("ctsql> ")
	s.leaves()
}

func TestPromptAnswers(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, nil)
	shown(t, s.asks("select foo from cloudtrail;"), "Binder Error", "LINE 1: select foo from cloudtrail", "^")
	shown(t, s.asks("select 1 as a; select 2 as b;"), "│ a │", "│ b │")
	shown(t, s.asks("select 1 as a; select nothere; select 3 as c;"), "│ a │", "nothere", "1 statements after it were not run")
	shown(t, s.asks("select 'é世界' as wide, 1 as one;"), "│ wide  │ one │", "│ é世界 │   1 │")
	shown(t, s.asks("select null as n, '' as e;"), "NULL")
	shown(t, s.asks(`select chr(27) || '[31mred' as x;`), `\x1b[31mred`)
	s.asks(".pager off")
	out := s.asks("select eventID from cloudtrail;")
	shown(t, out, "Rows: 1,000 in ", "there are more")
	shown(t, s.asks("select count(*) as kept from _;"), "│ 1000 │", "_ has the first 1,000 rows of: select eventID")
	s.asks(".rows 5")
	shown(t, s.asks("select eventID from cloudtrail;"), "Rows: 5 in ")
	shown(t, s.asks(`\x`), "vertical")
	shown(t, s.asks("select 1 as a;"), "a")
	shown(t, s.asks("explain select 1;"), "PROJECTION")
	s.asks(".mode table")
	shown(t, s.asks("select * from (values ('a', 4), ('b', 2)) as t(name, n);"), "│ a    │ 4 │")
	shown(t, s.asks(".chart"), "n by name\r\na 4 ████", "\r\nb 2 ████")
	shown(t, s.asks(".tz Europe/Paris"))
	shown(t, s.asks("select timestamp '2025-07-01 10:00:00' as at;"), "at (Europe/Paris)", "2025-07-01 12:00:00+02")
	shown(t, s.asks(".tz nowhere"), "no such zone")
	shown(t, s.asks(".tabl"), "cloudtrail", "s3logs")
	shown(t, s.asks(".s"), ".s may be .schema")
	shown(t, s.asks(".nonsense"), "no command is called", ".help lists them")
	shown(t, s.asks(`\d s3logs`), "requester")
	shown(t, s.asks(".param set who alice"))
	shown(t, s.asks("select $who as who;"), "alice")
	shown(t, s.asks("select $whom;"), "parameter $whom has no value", ".param set whom VALUE")
	s.leaves()
}

// TestPromptInterrupt: Ctrl-C ends the statement within a second, and not the shell.
func TestPromptInterrupt(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, nil)
	s.types("select count(*) from range(100000000000) t(a) where sqrt(a) * sqrt(a + 1) > 3;\r")
	s.sees("Ctrl-C ends it") // after a second
	began := time.Now()
	s.types("\x03")
	s.sees("interrupted")
	if took := time.Since(began); took > time.Second {
		t.Errorf("ended after %v", took)
	}
	s.sees("ctsql> ")
	shown(t, s.asks("select 1 as one;"), "│ one │")
	s.types("half a line\x03")
	s.sees("^C")
	s.sees("ctsql> ")
	s.types("\x04") // Ctrl-D
	if code := s.p.code(t); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// TestPromptPaste: what is pasted is edited and runs at Enter; what is long is not
// shown; what would drive the terminal is left out.
func TestPromptPaste(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, nil)
	paste := func(text string) { s.types("\x1b[200~" + text + "\x1b[201~") }
	paste("select 1 as a;\nselect 'x\ty'\n  as b; -- done\n")
	time.Sleep(200 * time.Millisecond)
	s.mu.Lock()
	ran := strings.Contains(s.all.String(), "Rows: ")
	s.mu.Unlock()
	if ran {
		t.Error("what was pasted ran before Enter")
	}
	s.types("\r")
	shown(t, s.sees("│ b    │"), "│ a │")
	s.types("\x03")
	s.sees("ctsql> ")

	paste("select '\x1b]0;owned\a\x00' as bad")
	shown(t, s.sees("do not print"), "left out of the paste: 3 characters")
	s.types(";\r")
	s.sees("]0;owned")
	s.sees("ctsql> ")

	paste("select length('" + strings.Repeat("long ", 2_000_000) + "') as n;")
	s.sees("Ctrl-C drops them")
	s.types("\r")
	s.sees("10000000")
	s.sees("ctsql> ")
	paste("select length('" + strings.Repeat("long ", 200_000) + "') as n;")
	s.sees("Ctrl-C drops them")
	s.types("\x03")
	s.sees("ctsql> ")
	shown(t, s.asks("select 2 as two;"), "│ two │")
	s.leaves()
}

// TestPromptPasteCommands: what is pasted may hold commands and comments between
// statements; what comes after an error does not run.
func TestPromptPasteCommands(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, nil)
	s.types("\x1b[200~-- first\n.mode csv\nselect 1 as a,\n 2 as b; select 3 as c;\n.mode table\nselect nothere;\n.mode json\nselect 4 as d;\n\x1b[201~")
	s.sees("as d;")
	shown(t, s.asks(""), "a,b\r\n1,2\r\n", "c\r\n3\r\n", "nothere", "2 statements after it were not run")
	shown(t, s.asks("select 5 as e;"), "│ e │")
	shown(t, s.asks("-- a comment alone is no statement"))
	shown(t, s.asks(".history 3"), "-- first\r\n.mode csv\r\nselect 1 as a,")
	s.leaves()
}

// TestPromptPlain: on a terminal that obeys no escapes none are shown; an interrupt
// ends the line, and nothing that is typed later.
func TestPromptPlain(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, []string{"TERM=dumb"})
	s.types("select\x03")
	s.sees("ctsql> ")
	shown(t, s.asks("select 1 as one;"), "│ one │")
	s.types("select count(*) from range(100000000000) t(a) where sqrt(a) * sqrt(a + 1) > 3;\r")
	time.Sleep(1500 * time.Millisecond)
	s.types("\x03")
	s.sees("interrupted")
	s.sees("ctsql> ")
	s.mu.Lock()
	if bytes.ContainsRune(s.all.Bytes(), '\x1b') {
		t.Errorf("%q", s.all.String())
	}
	s.mu.Unlock()
	if err := s.p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := s.p.code(t); code != 130 {
		t.Errorf("exit status %d after SIGTERM", code)
	}
}

// TestPromptClean: whatever the format, what logs hold does not drive the terminal;
// a file has it as it is.
func TestPromptClean(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, nil)
	const evil = `select chr(27) || ']0;owned' || chr(7) || 'two' || chr(10) || 'lines' as x, 1 as y;`
	for _, format := range []string{"table", "vertical", "csv", "json", "ndjson", "markdown"} {
		s.asks(".mode " + format)
		if out := s.asks(evil); strings.ContainsAny(out, "\x1b\a\u202e") || !strings.Contains(out, "owned") {
			t.Errorf("%s: %q", format, out)
		}
	}
	file := filepath.Join(t.TempDir(), "x.csv")
	s.asks(".once " + file)
	s.asks("select chr(27) || ']0;owned' as x;")
	if text, err := os.ReadFile(file); err != nil || string(text) != "x\n\x1b]0;owned\n" {
		t.Errorf("%q, %v", text, err)
	}
	s.leaves()
}

// TestPromptHangup: a terminal that goes away ends the shell as SIGTERM does: what it
// writes of results while it runs is gone with it.
func TestPromptHangup(t *testing.T) {
	cache, _ := loaded(t)
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		s := atPrompt(t, cache, nil)
		if err := s.p.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		s.sees("interrupted")
		if code := s.p.code(t); code != 130 {
			t.Errorf("exit status %d after %v", code, sig)
		}
	}
}

// TestPromptEdit: who leaves the editor without a change runs nothing.
func TestPromptEdit(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, []string{"EDITOR=true", "VISUAL="})
	s.asks("create table t as select 1 as a;")
	s.asks("insert into t values (2);")
	shown(t, s.asks(".edit"), "not run")
	shown(t, s.asks("select count(*) as rows from t;"), "│    2 │")
	s.leaves()
}

// TestPromptTransaction: the prompt shows a transaction that is open, and the table _
// is what it was when it is rolled back.
func TestPromptTransaction(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, nil)
	s.asks("begin nonsense;")
	s.asks(".rows 2")
	s.asks("select a as first from range(5) t(a);")
	s.types("begin;\r")
	s.sees("ctsql*> ")
	s.types("select 1 as second;\r")
	s.sees("second")
	s.sees("ctsql*> ")
	s.types("rollback nonsense;\r")
	s.sees("ctsql*> ")
	s.asks("rollback;")
	shown(t, s.asks("from _;"), "_ has the first 2 rows of: select a as first", "│ first │")
	s.types("begin; select error('x');\r")
	s.sees("ctsql*> ")
	shown(t, s.asks("commit;"), "nothing of it is kept")
	if code := runs(t, cache, "prune", "--before", "2000-01-01"); code != 0 {
		t.Errorf("prune: exit status %d", code)
	}
	s.leaves()
}

// TestPromptHistory: whole statements, each once, for the owner only, and not what
// begins with a blank.
func TestPromptHistory(t *testing.T) {
	cache, _ := loaded(t)
	home := t.TempDir()
	env := []string{"XDG_STATE_HOME=" + home}
	s := atPrompt(t, cache, env)
	s.types("select 'first',\r")
	s.sees("    -> ")
	s.asks("  1;")
	s.asks("select 'second';")
	s.asks("select 'second';")
	s.asks(" select 'secret';")
	s.leaves()

	file := filepath.Join(home, "ctsql", "history")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history's mode is %v", info.Mode())
	}
	s = atPrompt(t, cache, env)
	out := s.asks(".history")
	if strings.Count(out, "second") != 1 || strings.Contains(out, "secret") {
		t.Errorf("the history: %s", out)
	}
	shown(t, out, "select 'first',\r\n  1;")
	s.types("\x1b[A\x1b[A\x1b[A\x1b[A\r") // up, over .history and .quit, to the first but one
	shown(t, s.sees("Rows: "), "second")
	s.sees("ctsql> ")
	s.types("\x12first") // reverse search
	s.sees("first")
	s.types("\r")
	shown(t, s.sees("Rows: "), "first")
	s.leaves()
}

// TestPromptLets: at the prompt the cache is nobody's: a load goes on, and its events
// are in the next answer. A transaction of the person's keeps it, and says so.
func TestPromptLets(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	s := atPrompt(t, cache, nil)
	s.mu.Lock()
	hello := s.all.String()
	s.mu.Unlock()
	shown(t, hello, ".load", ".trails", ".queries")
	shown(t, s.asks("select count(*) as n from cloudtrail;"), "nothing is loaded yet")
	dir, events := sketch(t, 3, 1000)
	if code := runs(t, cache, "load", "-q", dir); code != 0 {
		t.Fatalf("load: exit status %d", code)
	}
	shown(t, s.asks("select count(*) as n from cloudtrail;"), fmt.Sprint(events))

	s.types("begin;\r")
	s.sees("loads wait")
	s.sees("ctsql*> ")
	s.types("select count(*) as n from cloudtrail;\r")
	s.sees(fmt.Sprint(events))
	more, _ := sketch(t, 4, 1000)
	p := prepare(t, cache, nil, "load", "-q", more)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	s.types(".load x\r")
	s.sees("keeps the cache until COMMIT or ROLLBACK")
	s.types("commit;\r")
	s.sees("ctsql> ")
	if code := p.code(t); code != 0 {
		t.Errorf("the load that waited: exit status %d", code)
	}
	s.leaves()
}

// TestPromptLoad: .load loads while the shell stays, and the answer has it.
func TestPromptLoad(t *testing.T) {
	s := atPrompt(t, filepath.Join(t.TempDir(), "cache.duckdb"), nil)
	dir, events := sketch(t, 2, 1000)
	named := filepath.Join(t.TempDir(), "with a blank")
	if err := os.Rename(dir, named); err != nil {
		t.Fatal(err)
	}
	shown(t, s.asks(".load '"+named+"'"), "2 objects")
	shown(t, s.asks("select count(*) as n from cloudtrail;"), fmt.Sprint(events))
	shown(t, s.asks(".status"), "events")
	shown(t, s.asks(".load /nowhere"), "/nowhere")
	s.leaves()
}

// TestPromptColors: keywords, texts and what is not closed have colours, unless the
// person wants none.
func TestPromptColors(t *testing.T) {
	cache, _ := loaded(t)
	for _, c := range []struct {
		env  []string
		args []string
		want bool
	}{
		{[]string{"NO_COLOR="}, nil, true},
		{[]string{"NO_COLOR=1"}, nil, false},
		{[]string{"NO_COLOR="}, []string{"--no-color"}, false},
		{[]string{"NO_COLOR=", "TERM=dumb"}, nil, false},
	} {
		s := atPrompt(t, cache, c.env, c.args...)
		s.types("select 'x' as x;\r")
		s.sees("Rows: ")
		s.mu.Lock()
		all := s.all.String()
		s.mu.Unlock()
		keyword := strings.Contains(all, "\x1b[1;34mselect\x1b[0m")
		text := strings.Contains(all, "\x1b[32m'x'\x1b[0m")
		if keyword != c.want || text != c.want {
			t.Errorf("%v %v: keyword %v, text %v", c.env, c.args, keyword, text)
		}
		s.leaves()
	}
}

// TestPromptNowhere: no home, or one that cannot be written, is said once, and the
// shell works.
func TestPromptNowhere(t *testing.T) {
	cache, _ := loaded(t)
	file := filepath.Join(t.TempDir(), "file") // nobody can make a folder of it, root neither
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{{"HOME=", "XDG_STATE_HOME=", "XDG_CONFIG_HOME="}, {"XDG_STATE_HOME=" + file}} {
		s := atPrompt(t, cache, env)
		shown(t, s.asks("select 1 as one;"), "│ one │")
		shown(t, s.asks("select 2 as two;"), "│ two │")
		s.leaves()
		s.mu.Lock()
		if n := strings.Count(s.all.String(), "the history is not kept"); n != 1 {
			t.Errorf("%v: said %d times: %s", env, n, &s.all)
		}
		s.mu.Unlock()
	}
}

// TestPromptNarrow: a terminal of 20 columns, one that is resized, many columns and a
// long cell.
func TestPromptNarrow(t *testing.T) {
	cache, _ := loaded(t)
	s := atPrompt(t, cache, nil)
	s.asks(".pager off")
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: 10, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	s.types("select 'abcdefghijklmnopqrstuvwxyz' as a, 1 as b;\r")
	out := s.sees("Rows: ")
	for line := range strings.Lines(out) {
		if n := len([]rune(strings.TrimRight(line, "\r\n"))); n > 20 && strings.Contains(line, "│") {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	s.sees("ctsql> ")
	var columns []string
	for i := range 3000 {
		columns = append(columns, fmt.Sprintf("%d", i))
	}
	s.types("\x1b[200~select " + strings.Join(columns, ",") + ";\x1b[201~")
	s.sees("Ctrl-C drops them")
	s.types("\r")
	s.sees("Rows: 1 in ")
	s.sees("ctsql> ")
	s.types("select repeat('x', 5000000) as big;\r")
	s.sees("Rows: 1 in ")
	s.sees("ctsql> ")
	s.leaves()
}

// TestPromptElsewhere: answers go to files and commands, all rows of them; what the
// editor saves runs.
func TestPromptElsewhere(t *testing.T) {
	cache, events := loaded(t)
	editor := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\necho \"select 'from the editor' as x;\" > \"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := atPrompt(t, cache, []string{"EDITOR=" + editor, "VISUAL="})
	file := filepath.Join(t.TempDir(), "an answer.csv")
	shown(t, s.asks(".once '"+file+"'"))
	shown(t, s.asks("select eventID from cloudtrail;"), "written to")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n != events+1 {
		t.Errorf("%d lines for %d events", n, events)
	}
	s.asks(".once '| wc -l'")
	shown(t, s.asks("select eventID from cloudtrail;"), fmt.Sprint(events+1))
	shown(t, s.asks(".edit"), "from the editor")
	shown(t, s.asks(".shell echo $((6*7))"), "42")
	script := filepath.Join(t.TempDir(), "script.sql")
	if err := os.WriteFile(script, []byte("select 1 as a;\n.mode csv\nselect 2 as b, 'x' as c;\nselect nothere;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shown(t, s.asks(".read "+script), "│ a │", "b,c", "2,x", script+":4: ")
	s.leaves()
}

// TestShellScript: without a terminal it is a script.
func TestShellScript(t *testing.T) {
	cache, _ := loaded(t)
	for _, c := range []struct {
		args      []string
		in        string
		code      int
		out, errs string
	}{
		{[]string{"shell", "-c", "select 1 as a"}, "", 0, "a\n1\n", ""},
		{[]string{"shell", "-c", "select 1 as a; select 2 as b", "-c", ".mode json", "-c", "select 3 as c"}, "", 0, "a\n1\nb\n2\n[{\"c\":3}]\n", ""},
		{[]string{"shell"}, "select 1\n as a;\n.mode ndjson\nselect 2 as b", 0, "a\n1\n{\"b\":2}\n", ""},
		{[]string{"shell"}, "select 1 as a;\nselect 'open", 1, "a\n1\n", "standard input:2: the input ends inside a quoted text (')"},
		{[]string{"shell"}, "select 1 as a;\n\n.nope\nselect 2;", 1, "a\n1\n", "standard input:3: no command is called \".nope\""},
		{[]string{"shell"}, "select 1 as a;.quit\n", 1, "a\n1\n", "syntax error"},
		{[]string{"shell"}, ".quit\nselect 1;", 0, "", ""},
		{[]string{"shell"}, "-- a comment\n/* and\nanother */\n.mode json\n-- more\nselect 1 as a;\n-- end\n.mode\tcsv\nselect 2 as b", 0, "[{\"a\":1}]\nb\n2\n", ""},
		{[]string{"shell"}, "\\set x 5\n.param\tset\t1\t6\nselect $x + 1 as a, $X as b;\nselect ? + 1 as c;\nselect $1 as d;\n\\unset x\nselect $x;", 1,
			"a,b\n6,5\nc\n7\nd\n6\n", "parameter $x has no value"},
		{[]string{"shell"}, ".mode ndjson;\n.schema damaged;\n\\d+ damaged", 1, "", "format"},
		{[]string{"shell"}, "create table t as select 1 as a;\n.schema t;\n\\d+ t\n.exit;\nselect 1", 0, "column,type\na,INTEGER\ncolumn,type\na,INTEGER\n", ""},
		{[]string{"shell"}, "\x00\x01\x02\xff", 1, "", "standard input:1: "},
	} {
		p := prepare(t, cache, []string{"HOME=" + t.TempDir()}, c.args...)
		p.Stdin = strings.NewReader(c.in)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		if code := p.code(t); code != c.code || p.out.String() != c.out || !strings.Contains(p.err.String(), c.errs) {
			t.Errorf("%q %q: exit status %d\nout %q\nerr %q", c.args, c.in, code, &p.out, &p.err)
		}
	}
}

// TestShellInit: init.sql comes first, unless it is not wanted.
func TestShellInit(t *testing.T) {
	cache, _ := loaded(t)
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, "ctsql"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "ctsql", "init.sql"), []byte(".mode json\ncreate macro mine_too(x) as x + 1;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := func(args ...string) string {
		p := prepare(t, cache, []string{"XDG_CONFIG_HOME=" + home}, append([]string{"shell"}, args...)...)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		p.code(t)
		return p.out.String() + p.err.String()
	}
	if got := out("-c", "select mine_too(1) as n"); got != "[{\"n\":2}]\n" {
		t.Error(got)
	}
	shown(t, out("--no-init", "-c", "select mine_too(1) as n"), "mine_too does not exist")
}

// TestShellTmux: the same at a terminal that others made, where there is tmux.
func TestShellTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("tmux is not installed")
	}
	cache, events := loaded(t)
	dir := t.TempDir()
	run := func(args ...string) string {
		cmd := exec.Command(tmux, append([]string{"-f", "/dev/null", "-S", filepath.Join(dir, "s")}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin")
	if err := errors.Join(os.Mkdir(bin, 0o700), os.Symlink(exe, filepath.Join(bin, "ctsql"))); err != nil { // see TestMain
		t.Fatal(err)
	}
	run("new-session", "-d", "-x", "90", "-y", "24", "env", "PATH="+bin+":"+os.Getenv("PATH"), "CTSQL_CACHE="+cache, "CTSQL_CONFIG=/dev/null",
		"HOME="+dir, "XDG_STATE_HOME="+dir, "NO_COLOR=1", "PS1=$ ", "sh")
	defer func() { _ = exec.Command(tmux, "-S", filepath.Join(dir, "s"), "kill-server").Run() }()
	sees := func(want string) string {
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if screen := run("capture-pane", "-p"); strings.Contains(screen, want) {
				return screen
			} else if time.Now().After(end) {
				t.Fatalf("%q is not on the screen:\n%s", want, screen)
			}
		}
	}
	run("send-keys", "-l", "ctsql shell")
	run("send-keys", "Enter")
	sees("\nctsql>")
	run("send-keys", "-l", "select count(*) as n")
	run("send-keys", "Enter")
	sees("\n    ->")
	run("send-keys", "-l", `from cloudtrail\;`)
	run("send-keys", "Enter")
	screen := sees("Rows: 1 in ")
	want := fmt.Sprintf("ctsql> select count(*) as n\n    -> from cloudtrail;\n┌──────┐\n│    n │\n├──────┤\n│ %d │\n└──────┘\nRows: 1 in ", events)
	if !strings.Contains(screen, want) {
		t.Errorf("the screen is not as it must be:\n%s", screen)
	}
	run("send-keys", "Up")
	sees("ctsql> select count(*) as n\nfrom cloudtrail;")
	run("send-keys", "C-z")
	sees("\n$")
	run("send-keys", "-l", "fg")
	run("send-keys", "Enter")
	sees("fg")
	run("resize-window", "-x", "40", "-y", "12")
	run("send-keys", "C-c")
	sees("^C\nctsql>")
	run("send-keys", "-l", ".quit")
	run("send-keys", "Enter")
	sees(".quit\n$")
}

// TestPromptTab: Tab completes what there is one of, and lists what there are several
// of; names of events come from the cache.
func TestPromptTab(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	dir := t.TempDir()
	var records []string
	for i, name := range []string{"AssumeRole", "AssumeRole", "AssumeRoleWithSAML", "ConsoleLogin", "It's\\u001b[2J"} {
		records = append(records, fmt.Sprintf(`{"eventID":"%d","eventName":"%s","eventTime":"2025-07-01T10:00:00Z","requestParameters":{"roleArn":"r"}}`, i, name))
	}
	if err := os.WriteFile(filepath.Join(dir, "log.json"), []byte(`{"Records":[`+strings.Join(records, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := runs(t, cache, "load", "-q", dir); code != 0 {
		t.Fatalf("load: exit status %d", code)
	}
	s := atPrompt(t, cache, nil)
	// tabs presses Tab until something is shown: lists come in a moment.
	tabs := func(line, want string) {
		t.Helper()
		s.types(line)
		s.sees(line)
		for range 50 {
			s.types("\t")
			time.Sleep(100 * time.Millisecond)
			s.mu.Lock()
			now, _ := withoutEscapes(s.all.String()[s.read:])
			s.mu.Unlock()
			if strings.Contains(now, want) {
				s.sees(want)
				s.types("\x03")
				s.sees("^C")
				s.sees("ctsql> ")
				return
			}
		}
		t.Errorf("%s and Tab does not show %q: %q", line, want, s.all.String()[s.read:])
	}
	tabs("select count(*) from cloudtrail where eventName = 'consol", "'ConsoleLogin'")
	tabs("select count(*) from cloudtrail where eventName = 'assumer", "AssumeRole          AssumeRoleWithSAML")
	tabs("select 1 from cloudtrail c where c.userIdentity.sessionC", "sessionContext")
	tabs("select cou", "count")
	tabs(".sche", ".schema ")
	tabs(".run s3/anon", "s3/anonymous ")
	s.mu.Lock()
	if strings.Contains(s.all.String(), "[2J") {
		t.Error("what a log holds drives the terminal")
	}
	s.mu.Unlock()
	s.leaves()
}
