package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// pagerProcess is a pager that runs. It has a process group of its own, to which
// the terminal belongs meanwhile, as a system's shell does it: what is typed, ^C
// and ^Z too, is for the pager and nobody else.
type pagerProcess struct {
	out   *os.File
	cmd   *exec.Cmd
	pipe  *os.File
	modes *term.State
	group int // ours; 0 where the terminal is not ours to give
	done  chan struct{}

	mu     sync.Mutex
	ended  bool // it must not start, or there is no such process any more
	status syscall.WaitStatus
	err    error
}

// start runs the pager and returns what it reads from.
func (p *pagerProcess) start(out *os.File, args []string) (io.Writer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, context.Canceled
	}
	p.out = out
	terminal := int(out.Fd())
	modes, err := term.GetState(terminal)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = r, out, out
	// What a person's environment says counts more: the last of a name does.
	p.cmd.Env = append([]string{"LESS=SRX", "LESSCHARSET=utf-8"}, p.cmd.Environ()...)
	if group, err := unix.IoctlGetInt(terminal, unix.TIOCGPGRP); err == nil && group == unix.Getpgrp() {
		p.group = group
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true, Ctty: terminal}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	p.pipe, p.modes, p.done = w, modes, make(chan struct{})
	go p.watch()
	return w, nil
}

// wait closes the pipe and returns when the pager has ended and the terminal is
// as it was.
func (p *pagerProcess) wait() error {
	closed := p.pipe.Close()
	<-p.done
	switch s := p.status; {
	case p.err != nil:
		return p.err
	case s.Exited() && (s.ExitStatus() == 126 || s.ExitStatus() == 127): // as the system's shell says that it runs nothing
		return fmt.Errorf("pager: exit status %d\nhint: .pager CMD names another, .pager off needs none", s.ExitStatus())
	case s.Signaled() && s.Signal() != unix.SIGPIPE && s.Signal() != unix.SIGINT && s.Signal() != unix.SIGTERM:
		return fmt.Errorf("pager: %v", s.Signal())
	}
	return closed
}

// end asks the pager to end, and keeps one that has not started from that.
func (p *pagerProcess) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := p.ended
	p.ended = true
	if p.cmd == nil || ended {
		return
	}
	pid := p.cmd.Process.Pid
	if p.group != 0 {
		pid = -pid // it may be a pipeline
	}
	// No such process is what is wanted, and there is no other way to fail.
	_ = unix.Kill(pid, unix.SIGTERM)
	_ = unix.Kill(pid, unix.SIGCONT)
}

// watch waits for the pager's end. When it is stopped (^Z), so is this program,
// until whoever started it lets it go on. os/exec would not tell of a stop.
func (p *pagerProcess) watch() {
	defer close(p.done)
	if p.group != 0 {
		signal.Ignore(unix.SIGTTOU) // that comes for taking a terminal back
		defer signal.Reset(unix.SIGTTOU)
	}
	for {
		var info unix.WaitStatus
		_, err := unix.Wait4(p.cmd.Process.Pid, &info, unix.WUNTRACED, nil)
		switch {
		case err == unix.EINTR:
		case err != nil || !info.Stopped():
			p.mu.Lock()
			p.ended = true
			p.mu.Unlock()
			p.status = syscall.WaitStatus(info)
			p.err = errors.Join(err, p.cmd.Process.Release(), p.takeTerminal())
			return
		case p.group != 0:
			p.stop()
		}
	}
}

// takeTerminal makes the terminal ours again, in the modes that it was in.
func (p *pagerProcess) takeTerminal() error {
	terminal := int(p.out.Fd())
	if p.group != 0 {
		if err := unix.IoctlSetPointerInt(terminal, unix.TIOCSPGRP, p.group); err != nil {
			return err
		}
	}
	return term.Restore(terminal, p.modes)
}

// stop stops this program with its pager, and lets the pager go on after it. A
// program that has nobody to start it again (it is a session's first) cannot be
// stopped by a terminal: then the pager goes on at once.
func (p *pagerProcess) stop() {
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, unix.SIGCONT)
	defer signal.Stop(goesOn)
	terminal, pid := int(p.out.Fd()), p.cmd.Process.Pid
	for given := p.takeTerminal() == nil; given; {
		if unix.Kill(0, unix.SIGTSTP) != nil {
			break
		}
		select {
		case <-goesOn:
		case <-time.After(time.Second / 5): // nothing has stopped us
		}
		group, err := unix.IoctlGetInt(terminal, unix.TIOCGPGRP)
		if err != nil || group == p.group {
			break // else it goes on in the background, where nothing can be shown
		}
	}
	_ = unix.IoctlSetPointerInt(terminal, unix.TIOCSPGRP, pid) // else the pager stops again when it reads
	_ = unix.Kill(-pid, unix.SIGCONT)
}
