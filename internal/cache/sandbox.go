package cache

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/dialect"
	"github.com/ctsql/ctsql/internal/duck"
)

// A sandbox is for statements that the person did not write. Two walls are around them,
// either of which would do:
//
//   - what the engine's own parser makes of a statement is looked at before anything is
//     bound, for to bind is to open files: it is a query, of tables and functions that
//     are known to reach nothing else (see sandboxCheck);
//   - the engine itself has no files but the cache, the person's own tables and the
//     descriptors that results leave by, and its settings are locked, but for the two
//     that a reading changes.

// Limits are what a statement may take; what is zero is no limit beyond the engine's own.
type Limits struct {
	Memory string        // of all that the engine does, as it writes sizes: 4GB
	Time   time.Duration // of one statement, from its begin until the engine has all its rows
}

// A RefusedError says that a sandbox does not let a statement run.
type RefusedError struct {
	What string
	hint string
}

func (e *RefusedError) Error() string {
	hint := e.hint
	if hint == "" {
		hint = "it has queries of the log tables only; SQL that you trust may do more without --sandbox, the SQL of a question as -f FILE"
	}
	return "the sandbox refuses " + e.What + "\nhint: " + hint
}

// A TimeoutError says that a statement took too long.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("the statement was ended: it took longer than %s\nhint: ask for less, such as a shorter time, or give it more with --timeout", e.After)
}

// limit sets the engine's limits, and builds the second wall.
func (s *Session) limit(ctx context.Context) error {
	var settings []string
	if m := s.limits.Memory; m != "" {
		settings = append(settings, "SET memory_limit = "+duck.Quote(m))
		if s.sandbox { // what does not fit goes to disk, which is not endless either
			settings = append(settings, "SET max_temp_directory_size = "+duck.Quote(m))
		}
	}
	if s.sandbox {
		var paths []string
		for _, f := range []duck.File{s.cache, s.mine, s.state} {
			if f.Path == "" {
				continue
			}
			path, err := filepath.Abs(f.Path)
			if err != nil {
				return err
			}
			for _, name := range []string{f.Path, path} {
				paths = append(paths, duck.Quote(name), duck.Quote(name+".wal"))
			}
		}
		settings = append(settings,
			"SET allowed_paths = ["+strings.Join(paths, ", ")+"]",
			"SET allowed_directories = ['/dev/fd/']",
			"SET allowed_configs = ['search_path', 'old_implicit_casting']", // those of widen
			"SET enable_external_access = false",
			"SET lock_configuration = true")
	}
	for _, statement := range settings {
		if err := s.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// timed is ctx until the statement's time is over.
func (s *Session) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.limits.Time <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, s.limits.Time, &TimeoutError{s.limits.Time})
}

// timeout is err, or that the time was over if that is why.
func timeout(ctx context.Context, err error) error {
	var over *TimeoutError
	if err != nil && errors.As(context.Cause(ctx), &over) {
		return over
	}
	return err
}

// admit refuses the kinds of statement that a sandbox does not have, and what holds a
// NUL, at which the engine and a check could each see another end.
func (s *Session) admit(statement string, class dialect.Class) error {
	if !s.confined {
		return nil
	}
	query := class.Kind == dialect.Query || class.Kind == dialect.Describe
	explained := class.Kind == dialect.Explain && (class.Of == dialect.Query || class.Of == dialect.Describe)
	if strings.Contains(statement, "\x00") || !query && !explained {
		return &RefusedError{What: "the statement: it is no query"}
	}
	return nil
}

// inspect refuses a text that the engine is about to bind, in a sandbox.
func (s *Session) inspect(ctx context.Context, text string, class dialect.Class) error {
	if !s.confined {
		return nil
	}
	if class.Kind == dialect.Explain {
		at := dialect.Explained(text)
		if at < 0 {
			return &RefusedError{What: "these words between EXPLAIN and a query"}
		}
		text = text[at:]
	}
	var tree string
	err := s.conn.Query(ctx, func(scan func(...any) error) error { return scan(&tree) },
		"SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR)", text)
	if err != nil {
		return err
	}
	mine, err := s.mineTables(ctx)
	if err != nil {
		return err
	}
	return checkTree(tree, text, func(name []string) bool { return s.knows(name, mine) })
}

// knows reports whether a statement in a sandbox may read the relation, whose name is
// folded.
func (s *Session) knows(name, mine []string) bool {
	last := name[len(name)-1]
	of := strings.Join(name[:len(name)-1], ".")
	switch of {
	case "", "main", "memory", "memory.main", wideSchema, "memory." + wideSchema:
		_, ofState := s.stateViews[last]
		return slices.Contains(logTables, last) || ofState || of == "" && (last == keptTable || slices.Contains(s.own, last))
	case "temp", "temp.main":
		return last == keptTable || slices.Contains(s.own, last)
	case "mine", "mine.main":
		return slices.Contains(mine, last)
	}
	return false
}

// mineTables are the person's own tables, where their file is attached. A view of
// theirs may read anything, and is none.
func (s *Session) mineTables(ctx context.Context) (names []string, err error) {
	if !slices.Contains(s.inside, &s.mine) {
		return nil, nil
	}
	err = s.conn.Query(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, dialect.Fold(dialect.Quote(name)))
		return err
	}, "SELECT table_name FROM duckdb_tables() WHERE database_name = 'mine' AND schema_name = 'main'")
	return names, err
}
