package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/creack/pty"
)

// A prompt is a shell at a terminal.
type prompt struct {
	cmd    *exec.Cmd
	tty    *os.File
	shown  chan []byte // what is shown, as it comes
	buffer []byte      // of that, what was not looked at yet
}

// openPrompt starts the shell on a cache, and returns when it shows its prompt.
func (s *suite) openPrompt(ctx context.Context, cache string) (*prompt, error) {
	p := &prompt{cmd: exec.CommandContext(ctx, s.ctsql, "shell", "--no-init", "--cache", cache), shown: make(chan []byte, 1)}
	p.cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=1", "CTSQL_CONFIG=/dev/null", "XDG_STATE_HOME="+s.tmp)
	var err error
	if p.tty, err = pty.StartWithSize(p.cmd, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.shown)
		for {
			b := make([]byte, 4096)
			n, err := p.tty.Read(b)
			if n > 0 {
				p.shown <- b[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	return p, p.sees("ctsql> ")
}

// sees waits until a text is shown.
func (p *prompt) sees(text string) error { return p.seesWithin(text, time.Minute) }

func (p *prompt) seesWithin(text string, d time.Duration) error {
	limit := time.After(d)
	for {
		if i := bytes.Index(p.buffer, []byte(text)); i >= 0 {
			p.buffer = p.buffer[i+len(text):]
			return nil
		}
		select {
		case b, ok := <-p.shown:
			if !ok {
				return fmt.Errorf("the shell ended without %q: %.300q", text, p.buffer)
			}
			p.buffer = append(p.buffer, b...)
		case <-limit:
			return fmt.Errorf("the shell does not show %q: %.300q", text, p.buffer)
		}
	}
}

func (p *prompt) types(text string) error {
	_, err := p.tty.WriteString(text)
	return err
}

func (p *prompt) close() error {
	err := p.types(".quit\r")
	for range p.shown { // or it could not write
	}
	return errors.Join(err, p.cmd.Wait(), p.tty.Close())
}

// shellPlan measures what a person at the prompt waits for.
func (s *suite) shellPlan() []*measurement {
	return []*measurement{
		{id: "prompt", name: "ctsql shell, start to prompt", run: s.startPrompt},
		{id: "tab", name: "ctsql shell, eventName = ' and Tab, right after the start", run: s.completeName},
		{id: "alone", name: "ctsql shell, a statement", run: func(ctx context.Context) (sample, error) { return s.askWhile(ctx, s.cache, nil) }},
		{id: "loading", name: "ctsql shell, the same while the trail is loaded: p99", run: s.askWhileLoading},
	}
}

func (s *suite) startPrompt(ctx context.Context) (sample, error) {
	start := time.Now()
	p, err := s.openPrompt(ctx, s.cache)
	if err != nil {
		return sample{}, err
	}
	return sample{wall: time.Since(start)}, p.close()
}

// completeName presses Tab until names are shown, for the first may come too soon,
// and tells how long that was.
func (s *suite) completeName(ctx context.Context) (sample, error) {
	p, err := s.openPrompt(ctx, s.cache)
	if err != nil {
		return sample{}, err
	}
	if err := p.types("select count(*) from cloudtrail where eventName = 'AssumeR"); err != nil {
		return sample{}, err
	}
	if err := p.sees("'AssumeR"); err != nil {
		return sample{}, err
	}
	start := time.Now()
	for range 20 {
		if err = errors.Join(p.types("\t"), p.seesWithin("AssumeRole", 50*time.Millisecond)); err == nil {
			break
		}
	}
	took := time.Since(start)
	if err != nil {
		return sample{}, err
	}
	err = errors.Join(err, p.types("\x03"), p.sees("^C"))
	return sample{wall: took}, errors.Join(err, p.close())
}

// asked is a statement that takes some 50 ms alone.
const asked = "select eventSource, count(distinct userIdentity.arn) as n from cloudtrail group by 1 order by 2 desc limit 3;"

// askWhile asks until done is closed, or 20 times, and tells the slowest but for one
// in a hundred.
func (s *suite) askWhile(ctx context.Context, cache string, done <-chan struct{}) (sample, error) {
	p, err := s.openPrompt(ctx, cache)
	if err != nil {
		return sample{}, err
	}
	var took []time.Duration
	for n := 0; done != nil || n < 20; n++ {
		start := time.Now()
		if err := errors.Join(p.types(asked+"\r"), p.sees("Rows: "), p.sees("ctsql> ")); err != nil {
			return sample{}, err
		}
		took = append(took, time.Since(start))
		select {
		case <-done:
			done, n = nil, 20
		case <-time.After(50 * time.Millisecond): // a person takes longer
		}
	}
	slices.Sort(took)
	return sample{wall: took[(len(took)-1)*99/100]}, p.close()
}

// askWhileLoading asks the cache that the trail is loaded into, from its first events on.
func (s *suite) askWhileLoading(ctx context.Context) (got sample, err error) {
	defer func() { err = errors.Join(err, s.removeOut()) }()
	done := make(chan struct{})
	var loading error
	go func() {
		defer close(done)
		_, _, loading = runProcess(ctx, s.ctsql, "load", "--quiet", "--cache", s.out(), s.trail.Dir)
	}()
	for {
		_, out, err := runProcess(ctx, s.ctsql, "query", "--cache", s.out(), "select 1 from cloudtrail limit 1")
		if err == nil && len(out) > 0 && bytes.Count(out, []byte("\n")) > 1 {
			break
		}
		select {
		case <-done:
			return got, errors.Join(loading, errors.New("the load was over before its first events were seen"))
		case <-time.After(50 * time.Millisecond):
		}
	}
	got, err = s.askWhile(ctx, s.out(), done)
	<-done
	return got, errors.Join(err, loading)
}

func (s *suite) shellRatios() []ratio {
	return []ratio{
		{"shell, start to prompt, wall s", "≤ 0.120", seconds, s.values(wall, "prompt")},
		{"shell, Tab after eventName = ', wall s", "≤ 0.150", seconds, s.values(wall, "tab")},
		{"shell, a statement while a trail is loaded, p99 wall s", "≤ 2.00", seconds, s.values(wall, "loading")},
	}
}
