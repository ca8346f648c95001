package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/render"
	"github.com/spf13/cobra"
)

// lint says of each statement in files whether it would run, and runs none.
func (c *queryCommand) lint(cmd *cobra.Command, files []string) (err error) {
	tell := new(teller)
	s, err := c.session(cmd, tell)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	refused := false
	for _, name := range files {
		some, err := lintFile(cmd.Context(), s, name, os.Stdout)
		if err != nil {
			return err
		}
		refused = refused || some
	}
	tell.end()
	if refused || tell.failed {
		return exitError(exitFailed)
	}
	return nil
}

// lintFile says it of a file, and whether one would not run.
func lintFile(ctx context.Context, s *cache.Session, name string, to io.Writer) (refused bool, err error) {
	text, err := readStatements(name)
	if err != nil {
		return false, err
	}
	for _, st := range dialect.Split(text) {
		verdict, ok, err := lintStatement(ctx, s, st)
		if err != nil {
			return refused, err
		}
		refused = refused || !ok
		line := st.Line + errorLine(verdict) - 1
		if _, err := fmt.Fprintf(to, "%s:%d: %s\n", render.Clean(name), line, render.CleanLines(short(verdict))); err != nil {
			return refused, err
		}
	}
	return refused, nil
}

// lintStatement says whether the statement would run, and in words what there is to say.
func lintStatement(ctx context.Context, s *cache.Session, st dialect.Statement) (verdict string, ok bool, err error) {
	if st.NUL {
		return "error: a NUL byte in the statement", false, nil
	}
	rewritten, err := s.Check(ctx, st.Text)
	switch {
	case ctx.Err() != nil:
		return "", false, ctx.Err()
	case errors.Is(err, cache.ErrNotChecked):
		return "not checked: " + dialect.Classify(st.Text).Verb, true, nil
	case err != nil:
		return "error: " + strings.ReplaceAll(err.Error(), "\t", "  "), false, nil
	case len(rewritten) > 0:
		return "ok (rewritten: " + strings.Join(rewritten, ", ") + ")", true, nil
	}
	return "ok", true, nil
}

var lineOfError = regexp.MustCompile(`(?m)^LINE (\d+): `)

// errorLine is the line of a statement that an error of DuckDB's is about, or 1.
func errorLine(text string) int {
	m := lineOfError.FindStringSubmatch(text)
	if m == nil {
		return 1
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 1
	}
	return n
}

// short is the first line of a verdict, and its hints: the place is told before it.
func short(verdict string) string {
	first, rest, _ := strings.Cut(verdict, "\n")
	for line := range strings.SplitSeq(rest, "\n") {
		if strings.HasPrefix(line, "hint: ") {
			first += "\n" + line
		}
	}
	return first
}

// readStatements reads a file, or standard input for -.
func readStatements(name string) (string, error) {
	if name == "-" {
		b, err := io.ReadAll(os.Stdin)
		return string(b), err
	}
	b, err := os.ReadFile(name)
	return string(b), err
}
