package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/load"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// showProgress shows how far a load is, until the function that it returns is
// called: a bar on a terminal, else a line every 10 seconds.
func showProgress(quiet bool, p *load.Progress, t *teller) (stop func()) {
	if quiet {
		return func() {}
	}
	every, show, clear := 10*time.Second, plainProgress(p), func() {}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		every, show, clear = barProgress(p)
	}
	t.mu.Lock()
	t.before = clear
	t.mu.Unlock()
	end := ticking(every, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		show()
	})
	return func() {
		end()
		t.mu.Lock()
		defer t.mu.Unlock()
		clear()
		t.before = nil
	}
}

// ticking calls do every so often, until the function that it returns has returned.
func ticking(every time.Duration, do func()) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				do()
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}

func plainProgress(p *load.Progress) func() {
	start := time.Now()
	return func() {
		fmt.Fprintf(os.Stderr, "%s of %s objects, %s, %s records, %s records/s\n",
			count(p.Objects.Load()), listed(p), size(p.Bytes.Load()), count(p.Rows.Load()), rate(p, start))
	}
}

func barProgress(p *load.Progress) (every time.Duration, show, clear func()) {
	start := time.Now()
	bar := progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(20),
		// It would draw from a goroutine of its own, for ever.
		progressbar.OptionSetSpinnerChangeInterval(0),
	)
	show = func() {
		bar.Describe(fmt.Sprintf("%s of %s objects, %s records/s", count(p.Objects.Load()), listed(p), rate(p, start)))
		if all := p.ListedBytes.Load(); all > bar.GetMax64() {
			bar.ChangeMax64(all)
		}
		// A bar that cannot be drawn stops nothing.
		_ = bar.Set64(min(p.Bytes.Load(), bar.GetMax64()-1))
	}
	return 200 * time.Millisecond, show, func() { _ = bar.Clear() }
}

// listed is how many objects there are; more may come while they are listed.
func listed(p *load.Progress) string {
	n := count(p.Listed.Load())
	if !p.Done.Load() {
		n += "+"
	}
	return n
}

func rate(p *load.Progress, start time.Time) string {
	return count(int64(float64(p.Rows.Load()) / max(time.Since(start).Seconds(), 0.001)))
}

// count writes a number as people read it: 1,000,025.
func count[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes bytes as people read them.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f := float64(n)
	u := 0
	for ; f >= 1000 && u < len(units)-1; u++ {
		f /= 1000
	}
	if u == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[u])
}
