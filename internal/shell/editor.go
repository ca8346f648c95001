package shell

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ergochat/readline"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// errInterrupt says that the person interrupted.
var errInterrupt = errors.New("interrupted")

// An editor reads lines from a terminal.
//
// It is readline's maintained fork: of chzyer/readline 1.5.1 the cursor is off once
// it goes back over a wide character, a list of candidates wider than the terminal
// is a division by zero, and a read of the terminal goes on between two lines, and
// takes keys from a pager or an editor.
type editor struct {
	sh      *Shell
	rl      *readline.Instance // nil: the terminal obeys no escapes
	plain   *bufio.Reader
	in      *input
	history *history
	before  string // what was typed in the lines before
	long    string // a paste that is not to be edited
	closing sync.Once
	closed  chan struct{}
}

func newEditor(sh *Shell) (*editor, error) {
	e := &editor{sh: sh, in: &input{from: sh.In}, closed: make(chan struct{})}
	var notes []string
	e.history, notes = openHistory(sh.History)
	for _, note := range notes {
		fmt.Fprintf(sh.Err, "ctsql: %s\n", note)
	}
	if sh.Plain {
		e.plain = bufio.NewReader(sh.In)
		return e, nil
	}
	c := &readline.Config{
		Stdin: e.in, Stdout: drawing{sh.Out, e.in}, Stderr: sh.Err,
		DisableAutoSaveHistory: true, HistoryLimit: historyLimit, HistorySearchFold: true,
		Undo:                true,
		InterruptPrompt:     "^C",
		EOFPrompt:           "\n",
		Listener:            e.listen,
		FuncFilterInputRune: func(r rune) (rune, bool) { return r, !e.useless(r) },
		FuncIsTerminal:      func() bool { return true },
		Painter:             e.paint,
		FuncGetSize: func() (width, height int) {
			width, height, err := term.GetSize(int(sh.Out.Fd()))
			if err != nil || width < 1 || height < 1 {
				return 80, 24
			}
			return width, height
		},
	}
	var err error
	if e.rl, err = readline.NewFromConfig(c); err != nil {
		return nil, err
	}
	for _, one := range e.history.entries {
		_ = e.rl.SaveToHistory(one) // in memory only: it has no file
	}
	return e, nil
}

// close gives the terminal back.
func (e *editor) close() {
	e.closing.Do(func() {
		close(e.closed)
		if e.rl == nil {
			return
		}
		_ = e.rl.Close() // it restores the terminal, and that cannot be told of any more
	})
}

// line reads a line, which has line breaks where it was pasted or comes from the
// history. before is what was typed in the lines before it.
func (e *editor) line(prompt, before string) (string, error) {
	if e.rl == nil {
		return e.plainLine(prompt)
	}
	e.before, e.long = before, ""
	e.rl.SetPrompt(prompt)
	if _, err := io.WriteString(e.sh.Out, pasteOn); err != nil {
		return "", err
	}
	text, err := e.rl.ReadLine()
	_, _ = io.WriteString(e.sh.Out, pasteOff) // if that fails, so does what is shown next
	switch {
	case errors.Is(err, readline.ErrInterrupt):
		return "", errInterrupt
	case err != nil:
		return "", err
	case e.long != "":
		return e.confirm(strings.Replace(text, string(pasted), e.long, 1))
	}
	return text, nil
}

// plainLine reads a line as the terminal edits it.
func (e *editor) plainLine(prompt string) (string, error) {
	if _, err := io.WriteString(e.sh.Out, prompt); err != nil {
		return "", err
	}
	if err := e.typed(); err != nil {
		return "", err
	}
	text, err := e.plain.ReadString('\n')
	if err == io.EOF && text != "" {
		err = nil
	}
	return strings.TrimRight(text, "\r\n"), err
}

// typed waits until the terminal has a line: nothing ends a read of it.
func (e *editor) typed() error {
	terminal := []unix.PollFd{{Fd: int32(e.sh.In.Fd()), Events: unix.POLLIN}}
	for e.plain.Buffered() == 0 {
		select {
		case <-e.sh.Interrupts:
			_, err := io.WriteString(e.sh.Out, "\n")
			return errors.Join(errInterrupt, err)
		case <-e.closed:
			return io.EOF
		default:
		}
		switch n, err := unix.Poll(terminal, 100); { // in milliseconds
		case n > 0:
			return nil
		case err != nil && err != unix.EINTR:
			return err
		}
	}
	return nil
}

// confirm asks whether a text is meant that is too long to be shown.
func (e *editor) confirm(text string) (string, error) {
	more, err := e.line(fmt.Sprintf("pasted %s lines, %s bytes: Enter runs them, Ctrl-C drops them ",
		thousands(int64(strings.Count(text, "\n")+1)), thousands(int64(len(text)))), "")
	return text + more, err
}

// remember keeps what was typed.
func (e *editor) remember(text string) {
	text = strings.TrimRight(text, " \t\n")
	if text == "" || strings.HasPrefix(text, " ") {
		return
	}
	if e.rl != nil {
		_ = e.rl.SaveToHistory(text) // in memory only
	}
	if note := e.history.add(text); note != "" {
		fmt.Fprintf(e.sh.Err, "ctsql: %s\n", note)
	}
}

// useless are characters that mean nothing to the editor, and would be put into the line.
func (e *editor) useless(r rune) bool {
	switch r {
	case readline.CharLineStart, readline.CharBackward, readline.CharInterrupt, readline.CharEOT, readline.CharLineEnd,
		readline.CharForward, readline.CharBell, readline.CharCtrlH, readline.CharTab, readline.CharCtrlJ, readline.CharKill,
		readline.CharCtrlL, readline.CharEnter, readline.CharNext, readline.CharPrev, readline.CharBckSearch, readline.CharFwdSearch,
		readline.CharTranspose, readline.CharCtrlU, readline.CharCtrlW, readline.CharCtrlY, readline.CharCtrlZ, readline.CharCtrl_,
		readline.CharEsc, readline.CharBackspace, pasted:
		return false
	}
	return r >= 0 && drives(r)
}

// listen is called after each key.
func (e *editor) listen(line []rune, pos int, key rune) ([]rune, int, bool) {
	switch {
	case key == pasted && pos > 0 && line[pos-1] == pasted:
		return e.insertPaste(line, pos)
	case key == readline.CharTab && pos > 0 && line[pos-1] == '\t':
		return e.complete(append(line[:pos-1:pos-1], line[pos:]...), pos-1)
	case e.sh.Color && key >= ' ':
		return line, pos, true // painted whole: it was painted alone
	}
	return nil, 0, false
}

// longPaste is where a paste is taken as it is, for to edit it would fill the screen.
const longPaste = 8 << 10

// insertPaste puts the paste in place of what stands for it.
func (e *editor) insertPaste(line []rune, pos int) ([]rune, int, bool) {
	text, ok := e.in.next()
	if !ok {
		return append(line[:pos-1:pos-1], line[pos:]...), pos - 1, true
	}
	text, left := cleanPaste(text)
	if left > 0 {
		fmt.Fprintf(e.rl.Stderr(), "left out of the paste: %s characters that do not print\n", thousands(int64(left)))
	}
	_, height, err := term.GetSize(int(e.sh.Out.Fd()))
	if err != nil {
		height = 24
	}
	if len(text) > longPaste || strings.Count(text, "\n") > height-2 {
		e.long = text
		e.in.answer("\r")
		return line, pos, false
	}
	text = strings.TrimSuffix(text, "\n")
	paste := []rune(text)
	all := append(line[:pos-1:pos-1], append(paste, line[pos:]...)...)
	return all, pos - 1 + len(paste), true
}

// complete completes the word before the cursor, or lists what it may become.
func (e *editor) complete(line []rune, pos int) ([]rune, int, bool) {
	head := string(line[:pos])
	text := e.before + string(line)
	from, all := e.sh.complete.Complete(text, len(e.before)+len(head))
	word := max(0, from-len(e.before))
	if len(all) == 0 || word > len(head) {
		return line, pos, true
	}
	insert := common(all)
	if len(all) > 1 && utf8.RuneCountInString(insert) <= utf8.RuneCountInString(head[word:]) {
		e.list(all)
		return line, pos, true
	}
	head = head[:word] + insert
	runes := append([]rune(head), line[pos:]...)
	return runes, utf8.RuneCountInString(head), true
}
