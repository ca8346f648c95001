package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

func noteCommand() command {
	return command{
		name: "note", args: "TEXT",
		help: "keep a remark, with the time and the last statement, in a notebook",
		more: `The notebook is a Markdown file that only you can read, notes.md beside the
history; .notes shows it.

  .note the key was used from Iceland first here`,
		run: runNote,
	}
}

func notesCommand() command {
	return command{name: "notes", help: "the notebook, to which .note adds", run: runNotes}
}

func runNote(_ context.Context, sh *Shell, args string) error {
	switch {
	case strings.TrimSpace(args) == "":
		return errors.New("a note has a text\nhint: .note TEXT; .notes shows what was noted")
	case sh.NotesFile == "" || sh.Now == nil:
		return errors.New("there is no notebook")
	}
	if err := addNote(sh.NotesFile, noteText(sh.Now(), args, sh.last, sh.settings.window)); err != nil {
		return err
	}
	if sh.editor != nil {
		fmt.Fprintf(sh.Err, "noted in %s\n", render.Clean(sh.NotesFile))
	}
	return nil
}

// noteText is a note as Markdown. What is in it cannot end its part of the file: a
// remark begins no heading and no fence, and the fence around the statement is
// longer than any in it.
func noteText(at time.Time, remark, statement, window string) string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "\n## %s\n\n", at.UTC().Format("2006-01-02 15:04:05 UTC"))
	for line := range strings.Lines(strings.TrimSpace(remark)) {
		line = render.Clean(strings.TrimRight(line, "\r\n"))
		if trimmed := strings.TrimLeft(line, " "); strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") || strings.HasPrefix(trimmed, "<") {
			line = `\` + trimmed
		}
		sb.WriteString(line + "\n")
	}
	if window != "" {
		fmt.Fprintf(&sb, "\nWindow: %s\n", window)
	}
	if statement = strings.TrimSpace(render.CleanLines(statement)); statement != "" {
		fence := strings.Repeat("`", max(3, longestRun(statement, '`')+1))
		fmt.Fprintf(&sb, "\n%ssql\n%s\n%s\n", fence, statement, fence)
	}
	return sb.String()
}

// longestRun is how often c comes in a row at the most.
func longestRun(s string, c byte) (longest int) {
	run := 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// addNote appends in one write, so that notes of several shells do not mix.
func addNote(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func runNotes(ctx context.Context, sh *Shell, args string) error {
	if args != "" {
		return errors.New(".notes shows all notes\nhint: .note TEXT adds one")
	}
	f, err := os.Open(sh.NotesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there are no notes yet\nhint: .note TEXT")
	}
	if err != nil {
		return err
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return sh.show(ctx, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Trim(render.CleanLines(string(text)), "\n")+"\n")
		return err
	})
}
