package shell

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// historyLimit is how many entries are kept.
const historyLimit = 5000

// A history is what was typed: whole statements, each once, oldest first. Its file
// has a JSON string a line, so that a statement may have lines; several shells append
// to it.
type history struct {
	path    string // "" keeps none
	entries []string
	lines   int // of the file
	broken  bool
}

// openHistory reads the history. Notes say what a person should know: without it a
// shell works as well.
func openHistory(path string) (*history, []string) {
	h := &history{path: path}
	if path == "" {
		return h, nil
	}
	var notes []string
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return h, nil
	case err != nil:
		return h, []string{h.fails(err)}
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		h.lines++
		var text string
		if json.Unmarshal(in.Bytes(), &text) == nil { // else torn, by a full disk
			text, _ = cleanPaste(text)
			h.put(text)
		}
	}
	if err := in.Err(); err != nil {
		notes = append(notes, h.fails(err))
	}
	if h.lines > 2*historyLimit && !h.broken {
		if err := h.rewrite(); err != nil {
			notes = append(notes, h.fails(err))
		}
	}
	return h, notes
}

// put makes an entry the newest.
func (h *history) put(text string) {
	if i := slices.Index(h.entries, text); i >= 0 {
		h.entries = slices.Delete(h.entries, i, i+1)
	}
	h.entries = append(h.entries, text)
	if len(h.entries) > historyLimit {
		h.entries = slices.Delete(h.entries, 0, len(h.entries)-historyLimit)
	}
}

// longestEntry is what is not kept: it was pasted, and is in a file somewhere.
const longestEntry = 256 << 10

// add keeps an entry, and says so once if it cannot be written.
func (h *history) add(text string) (note string) {
	if len(text) > longestEntry {
		return ""
	}
	h.put(text)
	if h.path == "" || h.broken {
		return ""
	}
	if err := h.append(text); err != nil {
		return h.fails(err)
	}
	return ""
}

func (h *history) append(text string) error {
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	line, err := json.Marshal(text)
	if err == nil {
		_, err = f.Write(append(line, '\n')) // at once: others append too
	}
	return errors.Join(err, f.Close())
}

// rewrite makes the file hold the entries, and no more.
func (h *history) rewrite() error {
	f, err := os.CreateTemp(filepath.Dir(h.path), filepath.Base(h.path)+".*")
	if err != nil {
		return err
	}
	var sb strings.Builder
	for _, text := range h.entries {
		line, err := json.Marshal(text)
		if err != nil {
			return err
		}
		sb.Write(line)
		sb.WriteByte('\n')
	}
	_, err = f.WriteString(sb.String())
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), h.path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// fails stops writing.
func (h *history) fails(err error) string {
	h.broken = true
	return fmt.Sprintf("the history is not kept: %v", err)
}
