package duck

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// A File is a database file that several processes share. DuckDB locks a file
// for as long as it is attached, readers against writers; so it is attached only
// while it is used. Who wants in takes the gate, a lock on FILE.gate, attaches,
// and lets the gate go: that keeps readers that come and go from shutting a
// writer out. Readers pass it one by one as well: if they shared it, it would
// hardly ever be free while three of them come and go, for to attach takes long
// as long as there is a log to replay. Who is in can see that somebody waits, and
// leave.
type File struct {
	Path  string
	Alias string // its name in SQL
	// RowGroup is the size of the row groups that are written; 0 is DuckDB's
	// own. The file does not remember it.
	RowGroup int
}

// ErrNoFile says that a file to be read is not there.
var ErrNoFile = errors.New("no such file")

// A NotDatabaseError says that a file cannot be attached for what is in it.
type NotDatabaseError struct {
	Path string
	Err  error
}

func (e *NotDatabaseError) Error() string {
	return fmt.Sprintf("%s: not a database that this version can open: %v", e.Path, e.Err)
}

func (e *NotDatabaseError) Unwrap() error { return e.Err }

// Attach attaches the file to the instance of c, making it, for its owner only,
// if write is set and it is not there.
func (f *File) Attach(ctx context.Context, c *Conn, write bool) error {
	if !write {
		if _, err := os.Stat(f.Path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", f.Path, ErrNoFile)
		}
	}
	gate, err := f.lockGate(ctx)
	if err != nil {
		return err
	}
	defer gate.Close() // and so let go
	_, err = os.Stat(f.Path)
	made := errors.Is(err, fs.ErrNotExist)
	options := "READ_ONLY"
	if write {
		options = "READ_WRITE, STORAGE_VERSION 'latest'"
		if f.RowGroup > 0 {
			options += fmt.Sprintf(", ROW_GROUP_SIZE %d", f.RowGroup)
		}
	}
	statement := fmt.Sprintf("ATTACH %s AS %s (TYPE duckdb, %s)", Quote(f.Path), Ident(f.Alias), options)
	for {
		err := c.Exec(ctx, statement)
		if err == nil && made {
			// There is nothing in it yet. The log beside it is as the
			// process's umask has it.
			return os.Chmod(f.Path, 0o600)
		}
		if err == nil {
			return nil
		}
		if !isLocked(err) {
			return f.attachError(err)
		}
		// Who is in was let in before us, and will leave.
		if err := sleep(ctx, 2*time.Millisecond); err != nil {
			return err
		}
	}
}

func (f *File) attachError(err error) error {
	var de *duckdb.Error
	if errors.As(err, &de) {
		switch de.Type {
		case duckdb.ErrorTypeIO, duckdb.ErrorTypeSerialization, duckdb.ErrorTypeInternal,
			duckdb.ErrorTypeFatal, duckdb.ErrorTypeInvalidInput, duckdb.ErrorTypeInvalid:
			if !errors.Is(diskError(de), syscall.ENOSPC) {
				return &NotDatabaseError{f.Path, err}
			}
		}
	}
	return err
}

// diskError finds in DuckDB's words what the system said.
func diskError(err error) error {
	if strings.Contains(err.Error(), "No space left on device") {
		return syscall.ENOSPC
	}
	return nil
}

// Detach detaches the file, so that others can have it.
func (f *File) Detach(ctx context.Context, c *Conn) error {
	return c.Exec(ctx, "DETACH "+Ident(f.Alias))
}

// Wanted reports whether somebody waits at the gate.
func (f *File) Wanted() bool {
	gate, err := f.openGate()
	if err != nil {
		return false
	}
	defer gate.Close()
	return flock(gate, syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

func (f *File) openGate() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return nil, err
	}
	gate, err := os.OpenFile(f.Path+".gate", os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		// To read what one may not write, a lock on what is there will do.
		return os.Open(f.Path)
	}
	return gate, err
}

// lockGate waits for the gate.
func (f *File) lockGate(ctx context.Context) (*os.File, error) {
	gate, err := f.openGate()
	if err != nil {
		return nil, err
	}
	if flock(gate, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return gate, nil
	}
	// In the kernel's queue, which keeps the order, but not deaf to ctx.
	done := make(chan error, 1)
	go func() { done <- flock(gate, syscall.LOCK_EX) }()
	select {
	case err := <-done:
		if err != nil {
			gate.Close()
			return nil, fmt.Errorf("%s: lock: %w", gate.Name(), err)
		}
		return gate, nil
	case <-ctx.Done():
		go func() { <-done; gate.Close() }()
		return nil, ctx.Err()
	}
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			return err
		}
	}
}

func isLocked(err error) bool {
	return strings.Contains(err.Error(), "Could not set lock on file") ||
		strings.Contains(err.Error(), "Conflicting lock is held")
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
