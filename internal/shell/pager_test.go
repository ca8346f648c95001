package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// pageHere is the program that the tests below run on a terminal: it pages so
// many numbered lines, and tells how that went and what is left of the terminal.
func pageHere() {
	lines, _ := strconv.Atoi(os.Getenv("PAGE_LINES"))
	wide, _ := strconv.Atoi(os.Getenv("PAGE_WIDE"))
	interrupts := make(chan os.Signal, 8)
	signal.Notify(interrupts, os.Interrupt)
	ctx := context.Background()
	if d, err := time.ParseDuration(os.Getenv("PAGE_FOR")); err == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	terminal := int(os.Stdout.Fd())
	before, _ := term.GetState(terminal)
	written := 0
	err := page(ctx, os.Stdout, os.Getenv("PAGE_WITH"), func(w io.Writer) error {
		for written < lines || lines < 0 {
			if _, err := fmt.Fprintf(w, "line %d%s.\n", written+1, strings.Repeat("-", wide)); err != nil {
				return err
			}
			written++
		}
		return nil
	})
	after, _ := term.GetState(terminal)
	group, _ := unix.IoctlGetInt(terminal, unix.TIOCGPGRP)
	fmt.Printf("\nerror: %v; same modes: %v; ours: %v; interrupts: %d; all written: %v\nbye\n",
		err, reflect.DeepEqual(before, after), group == unix.Getpgrp(), len(interrupts), written == lines)
}

// A screen is a terminal of 10 lines and 40 columns, and all that was shown there.
type screen struct {
	*os.File
	mu    sync.Mutex
	shown bytes.Buffer
	ended chan struct{}
}

func onScreen(t *testing.T, cmd *exec.Cmd, env ...string) *screen {
	t.Helper()
	cmd.Env = append(append(os.Environ(), "TERM=xterm", "LESS=F", "PAGE=1", "PS1=$ "), env...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 10, Cols: 40})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{File: f, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		b := make([]byte, 4096)
		for {
			n, err := f.Read(b)
			s.mu.Lock()
			s.shown.Write(b[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		_ = cmd.Wait() // of one that was killed
		f.Close()
		<-s.ended
	})
	return s
}

// see waits until text is shown, and forgets all up to its end.
func (s *screen) see(t *testing.T, text string) (before string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		before, _, found := strings.Cut(s.shown.String(), text)
		if found {
			s.shown.Next(len(before) + len(text))
			s.mu.Unlock()
			return before
		}
		all := s.shown.String()
		s.mu.Unlock()
		if time.Now().After(end) {
			t.Fatalf("no %q is shown, but\n%q", text, all)
		}
	}
}

func (s *screen) typed(t *testing.T, keys string) {
	t.Helper()
	if _, err := s.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

func self(t *testing.T) *exec.Cmd {
	t.Helper()
	return exec.Command(os.Args[0], "-test.run=^TestPageProgram$")
}

// TestPageProgram is not a test but what the tests of pages run.
func TestPageProgram(t *testing.T) {
	if os.Getenv("PAGE") == "" {
		t.Skip("run by other tests")
	}
	pageHere()
}

const wellEnded = "error: <nil>; same modes: true; ours: true; interrupts: 0; all written: "

func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(err)
	}
}

func TestPageOnScreen(t *testing.T) {
	s := onScreen(t, self(t), "PAGE_LINES=9")
	if shown := s.see(t, wellEnded+"true"); !strings.HasPrefix(shown, "line 1.\r\n") || !strings.HasSuffix(shown, "line 9.\r\n\r\n") {
		t.Errorf("nine lines on ten: %q", shown)
	}
}

func TestPageInLess(t *testing.T) {
	needs(t, "less")
	s := onScreen(t, self(t), "PAGE_LINES=1000")
	s.see(t, "line 9.")
	s.see(t, ":")
	s.typed(t, "\x03") // ^C is for less, which asks again
	s.see(t, ":")
	s.typed(t, " ")
	s.see(t, "line 18.")
	s.see(t, ":")
	s.typed(t, "\x1a") // nobody could start this program again if ^Z stopped it
	s.see(t, "line 18.")
	s.see(t, ":")
	s.typed(t, " ")
	s.see(t, "line 27.")
	s.typed(t, "G")
	s.see(t, "line 1000.")
	s.typed(t, "q")
	s.see(t, wellEnded+"true")

	s = onScreen(t, self(t), "PAGE_LINES=2", "PAGE_WIDE=50")
	s.see(t, "line 2---------------------------------")
	s.typed(t, "\x1bOC") // to the right
	s.see(t, "-.")
	s.typed(t, "q")
	s.see(t, wellEnded+"true")
}

// Who leaves early ends what writes, were it without end.
func TestPageLeftEarly(t *testing.T) {
	needs(t, "less")
	s := onScreen(t, self(t), "PAGE_LINES=-1")
	s.see(t, "line 9.")
	s.typed(t, "q")
	s.see(t, wellEnded+"false")
	s = onScreen(t, self(t), "PAGE_LINES=-1", "PAGE_WITH=head -n 3 | tr i I")
	s.see(t, "lIne 3.")
	s.see(t, wellEnded+"false")
}

func TestPageUntil(t *testing.T) {
	needs(t, "less")
	s := onScreen(t, self(t), "PAGE_LINES=-1", "PAGE_FOR=500ms")
	s.see(t, "line 9.")
	s.see(t, "error: context deadline exceeded; same modes: true; ours: true")
}

func TestPageWithBadPager(t *testing.T) {
	s := onScreen(t, self(t), "PAGE_LINES=20", "PAGE_WITH=nopager -x")
	s.see(t, "line 20.")
	s.see(t, "error: pager nopager is not found\r\nhint: .pager CMD names another, .pager off needs none; same modes: true")
	s = onScreen(t, self(t), "PAGE_LINES=20", "PAGE_WITH=stty raw -echo </dev/tty; kill -9 $$")
	s.see(t, "error: pager: killed; same modes: true; ours: true")
	s = onScreen(t, self(t), "PAGE_LINES=20", "PAGE_WITH=(nopager)")
	s.see(t, "error: pager: exit status 127\r\nhint: ")
}

// A shell of the system stops both with ^Z, and both go on with fg.
func TestPageStopped(t *testing.T) {
	needs(t, "less")
	needs(t, "bash")
	s := onScreen(t, exec.Command("bash", "--norc", "--noprofile", "-i"), "PAGE_LINES=100")
	s.typed(t, "'"+os.Args[0]+"' -test.run='^TestPageProgram$'\n")
	s.see(t, "line 9.")
	for _, line := range []string{"line 18.", "line 27."} {
		s.typed(t, "\x1a")
		s.see(t, "Stopped")
		s.see(t, "$ ")
		s.typed(t, "echo still $((40+2))\n")
		s.see(t, "still 42")
		s.typed(t, "fg\n")
		s.see(t, ":")
		s.typed(t, " ")
		s.see(t, line)
	}
	s.typed(t, "q")
	s.see(t, wellEnded+"true")
	s.see(t, "$ ")
}

// Where out is no terminal all is written there, and nothing is run.
func TestPageToFile(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sick := errors.New("sick")
	err = page(t.Context(), w, "nopager", func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Repeat("x\n", 100))
		return errors.Join(err, sick)
	})
	if !errors.Is(err, sick) {
		t.Errorf("the writer's error is lost: %v", err)
	}
	w.Close()
	if b, err := io.ReadAll(r); err != nil || len(b) != 200 {
		t.Errorf("%q, %v", b, err)
	}
}
