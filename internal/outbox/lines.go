package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// A Format is how a message is written.
type Format uint8

// Formats.
const (
	Text Format = iota // for a person: the subject, the text and an empty line
	JSON               // an object a line
)

// append appends a message.
func (f Format) append(to []byte, m Message) ([]byte, error) {
	if f == Text {
		return fmt.Appendf(to, "%s\n\n%s\n\n", m.Subject, strings.TrimRight(m.Text, "\n")), nil
	}
	b := bytes.NewBuffer(to)
	if err := json.Compact(b, m.JSON); err != nil {
		return nil, RefusedError{fmt.Errorf("alert %s is no JSON: %w", m.ID, err)}
	}
	return append(b.Bytes(), '\n'), nil
}

// ToWriter sends to w, such as standard output, of which nobody can know whether it was
// read.
func ToWriter(w io.Writer, f Format) Sender { return &writer{w: w, format: f} }

type writer struct {
	mu     sync.Mutex
	w      io.Writer
	format Format
}

func (w *writer) Send(_ context.Context, m Message) error {
	b, err := w.format.append(nil, m)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err = w.w.Write(b)
	return err
}

// ToFile appends to a file, which is made with mode 0600 if it is not there. It is
// opened for each message, so that it may be moved away at any time.
func ToFile(name string, f Format) Sender { return &file{name: name, format: f} }

type file struct {
	mu     sync.Mutex
	name   string
	format Format
}

func (f *file) Send(_ context.Context, m Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := f.format.append(nil, m)
	if err != nil {
		return err
	}
	to, err := os.OpenFile(f.name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = appendTo(to, b)
	return errors.Join(err, to.Close())
}

// appendTo writes b behind what is there, and to the disk. What was written of it before
// an error is taken away again, so that what comes next does not begin in mid-line.
func appendTo(to *os.File, b []byte) error {
	info, err := to.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() { // a pipe or a terminal, which has no end and no disk
		_, err := to.Write(b)
		return err
	}
	size := info.Size()
	if size > 0 {
		last := make([]byte, 1)
		if _, err := to.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // somebody was killed while writing
			b = append([]byte{'\n'}, b...)
		}
	}
	if _, err := to.Write(b); err != nil {
		return errors.Join(err, to.Truncate(size))
	}
	return to.Sync()
}
