package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
)

// stateAlias is the state file's name in SQL.
const stateAlias = "state"

// wait is how long others may keep the file.
const wait = time.Minute

// A stateFile is the file, and a DuckDB instance of its own that it is attached to from
// time to time.
type stateFile struct {
	duck.File
	db       *duck.DB
	c        *duck.Conn
	attached bool
	replays  bool // a log was replayed when the file was attached last
	puts     puts // what the table function yields
}

// A BusyError says that others keep the file.
type BusyError struct {
	Path string
	Wait time.Duration
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s: others have had it for %v\nhint: a statement over its tables may be running in a shell", e.Path, e.Wait)
}

// A DamagedError says that the state is there, and cannot be used as it is.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	said, _, _ := strings.Cut(e.Err.Error(), "\n")
	return fmt.Sprintf("%s: damaged, and left as it is: %s\nhint: put a backup in its place (ctsql state backup makes them), with no .wal beside it; ctsql state check FILE says what is wrong with a file", e.Path, said)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// start starts the instance.
func (f *stateFile) start(ctx context.Context) (err error) {
	f.puts = puts{}
	// Rows of one transaction go to the file in order.
	f.db, err = duck.Open(map[string]string{"threads": "1", "checkpoint_threshold": "1GB"})
	if err != nil {
		return err
	}
	if f.c, err = f.db.Conn(ctx); err == nil {
		err = f.puts.register(f.c)
	}
	for _, s := range []string{
		"SET TimeZone = 'UTC'",
		"PRAGMA disable_checkpoint_on_shutdown",
		// A limit that is met by a COMMIT is an error that may leave anything:
		// after each the instance is thrown away. Rows of a batch take a tenth.
		"SET memory_limit = '1GB'",
		"SET temp_directory = " + duck.Quote(f.Path+".tmp"),
	} {
		if err == nil {
			err = f.c.Exec(ctx, s)
		}
	}
	if err != nil {
		return errors.Join(err, f.drop())
	}
	return nil
}

// drop throws the instance away, with whatever it holds that is not committed. What is
// committed is in the file, or in its log, which is replayed when it is attached again.
func (f *stateFile) drop() error {
	var errs []error
	if f.c != nil {
		errs = append(errs, f.c.Close())
	}
	if f.db != nil {
		errs = append(errs, f.db.Close())
	}
	f.db, f.c, f.attached = nil, nil, false
	return errors.Join(errs...)
}

// attach attaches the file, if it is not, when others let it go.
func (f *stateFile) attach(ctx context.Context, write bool) error {
	if f.attached {
		return nil
	}
	if err := f.sound(); err != nil {
		return err
	}
	if f.db == nil {
		if err := f.start(ctx); err != nil {
			return err
		}
	}
	_, err := os.Stat(f.Path + ".wal")
	f.replays = err == nil
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err = f.Attach(waiting, f.c, write)
	switch {
	case err != nil && ctx.Err() == nil && waiting.Err() != nil:
		return &BusyError{f.Path, wait}
	case err != nil:
		return damaged(f.Path, err)
	}
	f.attached = true
	return nil
}

// open attaches the file, if it is not, and says what it is. What a process left in its
// log that was killed is settled, by the first who writes.
func (f *stateFile) open(ctx context.Context, write bool) (m meta, err error) {
	if err := f.attach(ctx, write); err != nil {
		return m, err
	}
	if m, err = readMeta(ctx, f.c, f.Path); err != nil || !write || !f.replays {
		return m, err
	}
	err = transaction(ctx, f.c, func() error {
		for _, statement := range undoTorn(m) {
			if err := f.c.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = f.c.Exec(ctx, "CHECKPOINT "+stateAlias)
	}
	return m, err
}

// sound refuses what DuckDB would take for a new database. To write to it would be to
// lose what it was.
func (f *stateFile) sound() error {
	info, err := os.Stat(f.Path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w\nhint: ctsql watch makes it; --state names another", f.Path, duck.ErrNoFile)
		}
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a file", f.Path)
	}
	if info.Size() == 0 {
		return &DamagedError{f.Path, errors.New("it is empty")}
	}
	return nil
}

// detach leaves a file to others that has no log beside it, which each of them would
// have to replay.
func (f *stateFile) detach(ctx context.Context) error {
	if !f.attached {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if err := f.c.Exec(ctx, "CHECKPOINT "+stateAlias); err != nil {
		return err
	}
	f.attached = false
	return f.Detach(ctx, f.c)
}

// damaged says of an error that the file is at fault, where it is.
func damaged(path string, err error) error {
	var bad *duck.NotDatabaseError
	var known *DamagedError
	if errors.As(err, &known) {
		return err
	}
	if errors.As(err, &bad) || err != nil && isCorrupt(err) {
		return &DamagedError{path, err}
	}
	return err
}

// full says of an error in other words that the disk is full, where it is.
func full(path string, err error) error {
	if err != nil && (strings.Contains(err.Error(), "No space left") || strings.Contains(err.Error(), "File too large")) {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return fmt.Errorf("%s: no room is left on its disk: %s\nhint: make room; what was to be stored is not lost, and taken again then", path, first)
	}
	return err
}

// isCorrupt reports whether DuckDB says that what it read is not what was written.
func isCorrupt(err error) bool {
	text := err.Error()
	for _, says := range []string{"Corrupt", "corrupt", "checksum", "Could not read", "deserialize", "INTERNAL Error", "FATAL Error"} {
		if strings.Contains(text, says) {
			return !strings.Contains(text, "No space left") && !strings.Contains(text, "File too large") && !strings.Contains(text, "Could not write")
		}
	}
	return false
}

// transaction has all that do does happen, or nothing of it.
func transaction(ctx context.Context, c *duck.Conn, do func() error) error {
	if err := c.Exec(ctx, "BEGIN"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		err = c.Exec(ctx, "COMMIT")
	}
	if err != nil {
		// It may be over already: who calls throws the instance away.
		_ = c.Exec(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}
