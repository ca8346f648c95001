package shell

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
)

func followCommand() command {
	return command{
		name: "follow", args: "SQL [every N s]",
		help: "run a statement again and again, and show the rows that are new",
		more: `It runs every 10 seconds, or every N seconds or minutes (m), until Ctrl-C. New is a
row that was not shown before, value by value; of rows that are alike as many are
shown as there come to be. So a count that changes is a new row. First come all rows
that there are: to see only what is loaded from now on, let the statement begin
where you are. A load in another window, or ctsql watch, brings new ones. It
remembers a million rows, and ends when there are more.

  .follow select eventTime, eventName from cloudtrail where errorCode = 'AccessDenied'
  .follow select count(*) from cloudtrail every 5 s`,
		run: runFollow,
	}
}

// followEvery is how long a follow waits between runs if it is not told.
const followEvery = 10 * time.Second

// followRows is how many rows a follow remembers, by 16 bytes each or so.
const followRows = 1_000_000

var every = regexp.MustCompile(`(?is)^(.*\S)\s+every\s+([0-9]{1,6})\s*(s|sec|seconds?|m|min|minutes?)?\s*;?\s*$`)

func runFollow(ctx context.Context, sh *Shell, args string) error {
	statement, wait, err := parseFollow(args)
	if err != nil {
		return err
	}
	params, err := sh.settings.values(statement)
	if err != nil {
		return err
	}
	sh.last = statement
	f := newFollower()
	for {
		// Its own page, else a pager would hold back what is new.
		w, done, err := sh.target.open(sh)
		if err != nil {
			return err
		}
		layout := sh.layout()
		layout.NoCount, layout.NoHeader = true, f.headed && sh.format() == render.CSV
		if sh.settings.width == 0 && !sh.target.set() {
			layout.Width = sh.Width()
		}
		if err := done(f.look(ctx, sh.Session, statement, params, func(columns []render.Column, rows io.Reader) error {
			_, err := render.Write(w, sh.format(), columns, rows, layout)
			return err
		})); err != nil {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// parseFollow tells the statement, and how long to wait.
func parseFollow(args string) (statement string, wait time.Duration, err error) {
	wait = followEvery
	if m := every.FindStringSubmatch(args); m != nil {
		n, err := strconv.Atoi(m[2])
		if err != nil || n == 0 {
			return "", 0, errors.New("every 1 s at the most often")
		}
		args, wait = m[1], time.Duration(n)*time.Second
		if strings.HasPrefix(strings.ToLower(m[3]), "m") {
			wait *= 60
		}
	}
	all := dialect.Split(args)
	if len(all) != 1 {
		return "", 0, errors.New("follow one statement\nhint: .follow SELECT … every 10 s")
	}
	if k := dialect.Classify(all[0].Text).Kind; k != dialect.Query || all[0].NUL {
		return "", 0, errors.New("only a statement that yields rows, and changes nothing, can be followed")
	}
	return all[0].Text, wait, nil
}

// A follower knows which rows were shown, by a hash of each, and how often.
type follower struct {
	seed   maphash.Seed
	shown  map[uint64]uint32
	headed bool // something was shown
}

func newFollower() *follower {
	return &follower{seed: maphash.MakeSeed(), shown: map[uint64]uint32{}}
}

var errTooMany = fmt.Errorf("more than %d rows\nhint: follow a statement that yields fewer, as with WHERE", followRows)

// look runs the statement and has its new rows written, if there are any.
func (f *follower) look(ctx context.Context, s Session, statement string, params map[string]string, write func([]render.Column, io.Reader) error) (err error) {
	a, err := s.Run(ctx, statement, params)
	if err != nil || a.Rows == nil {
		return err
	}
	r, w := io.Pipe()
	sorted := make(chan error, 1)
	go func() {
		err := f.sort(untilEnd{ctx, a.Rows}, len(a.Columns), w)
		_ = w.CloseWithError(err) // nil is the end
		sorted <- err
	}()
	body := bufio.NewReaderSize(r, 64<<10)
	if _, err = body.Peek(1); err == nil {
		f.headed = true
		err = write(a.Columns, body)
	} else if err == io.EOF {
		err = nil // nothing is new
	}
	_ = r.Close() // ends sort, if write did not read all
	if said := <-sorted; err == nil && said != nil && !errors.Is(said, io.ErrClosedPipe) {
		err = said
	}
	return errors.Join(err, a.Rows.Close())
}

// sort passes on the rows that are new.
func (f *follower) sort(rows io.Reader, columns int, w io.Writer) error {
	run := map[uint64]uint32{}
	var line []byte
	out := bufio.NewWriter(w)
	for cells, err := range render.Rows(rows, columns) {
		if err != nil {
			return err
		}
		line = appendRow(line[:0], cells)
		h := maphash.Bytes(f.seed, line)
		if run[h]++; run[h] <= f.shown[h] {
			continue
		}
		if len(f.shown) >= followRows && f.shown[h] == 0 {
			return errors.Join(out.Flush(), errTooMany)
		}
		f.shown[h]++
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// appendRow writes a row as COPY does with render.CopyOptions.
func appendRow(line []byte, cells []render.Cell) []byte {
	for i, c := range cells {
		if i > 0 {
			line = append(line, ',')
		}
		switch {
		case c.Null:
			continue
		case len(c.Text) > 0 && !bytes.ContainsAny(c.Text, "\",\r\n"):
			line = append(line, c.Text...)
			continue
		}
		line = append(line, '"')
		for _, b := range c.Text {
			if b == '"' {
				line = append(line, '"')
			}
			line = append(line, b)
		}
		line = append(line, '"')
	}
	return append(line, '\n')
}
