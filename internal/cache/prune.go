package cache

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

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// PruneOptions say what is to go: either what is too old, or what is from
// certain objects.
type PruneOptions struct {
	// Before is the time of the oldest rows that stay; zero for none to go. A
	// row without a time goes with the last of its object's rows that has one,
	// or by when the object was written if none has.
	Before time.Time
	// Source is what the names of the objects begin with that go; "" for none.
	Source string
	DryRun bool // count what would go, and no more
	// AtLeast is the share of the rows, from 0 to 1, that must be from before
	// Before for anything to be done: what stays is written anew.
	AtLeast float64
}

// Pruned is what went, or would go.
type Pruned struct {
	Rows    [len(cloudtrail.Tables)]int64 // of each of cloudtrail.Tables
	Damaged int64
	Objects int64 // of which something went
	// Before and After are bytes of the file. After a dry run, After is a
	// guess by the number of rows.
	Before, After int64
}

// Nothing reports whether there was nothing to prune.
func (p Pruned) Nothing() bool { return p.Objects == 0 }

// Prune takes rows out of the cache in the file at path, and what the ledger says
// of them, and gives their space back. What stays is copied to a new file that
// takes the place of the old one, for DuckDB makes no file smaller. Until then
// others read the old file and none writes to it; whatever happens, there is
// either the one or the other.
//
// Of an object that rows were taken from, the ledger says that it was loaded
// without them: a load of newer events finds it loaded, and a wider one reads it
// again. The same goes for objects whose events were left out as copies, for
// these may be copies of what went.
//
// Beside FILE it writes FILE.prune, which keeps others from pruning at the same
// time, and FILE.prune.new, which a later call removes if this one is killed.
func Prune(ctx context.Context, path string, o PruneOptions) (Pruned, error) {
	target, err := filepath.EvalSymlinks(path) // the file, not a link to it, is what is replaced
	if errors.Is(err, fs.ErrNotExist) {
		return Pruned{}, nil
	}
	if err != nil {
		return Pruned{}, err
	}
	if !o.DryRun {
		unlock, err := lockPrune(ctx, target+".prune")
		if err != nil {
			return Pruned{}, err
		}
		defer unlock()
		if err := errors.Join(removeLeft(target), os.RemoveAll(target+".prune.tmp")); err != nil {
			return Pruned{}, err
		}
	}
	for {
		p := &pruning{path: path, target: target, o: o, file: duck.File{Path: path, Alias: alias}}
		done, err := p.run(ctx)
		var old *oldError
		switch {
		case !o.DryRun && (errors.Is(err, errLog) || errors.As(err, &old)):
			if err := settleLog(ctx, path); err != nil {
				return Pruned{}, err
			}
		case errors.Is(err, errNew):
			return Pruned{}, nil
		case err != nil && strings.Contains(err.Error(), "No space left on device"):
			first, _, _ := strings.Cut(err.Error(), "\n")
			return Pruned{}, fmt.Errorf("%s: no room on its disk for what stays: %s\nhint: the cache is as it was; pruning needs room for a second file until it is done", path, first)
		default:
			return done, err
		}
	}
}

// errLog says that a writer was killed and left a log beside the file.
var errLog = errors.New("there is a log")

// settleLog does as a load does that comes after: what is in the log, or of an
// older layout, is brought into the file.
func settleLog(ctx context.Context, path string) error {
	w, err := OpenWriter(ctx, path, WriterOptions{Workers: 1})
	if err != nil {
		return err
	}
	if err = w.enter(ctx); err == nil {
		err = w.leave(ctx)
	}
	return errors.Join(err, w.Close(context.WithoutCancel(ctx)))
}

// lockPrune keeps others from pruning until unlock is called. The file is removed
// while it is locked, so who has locked another of that name begins again.
func lockPrune(ctx context.Context, name string) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && isAt(f, name) {
			return func() {
				_ = os.Remove(name) // if it stays, it is in nobody's way
				f.Close()
			}, nil
		}
		f.Close()
		if err != nil && err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			return nil, fmt.Errorf("%s: lock: %w", name, err)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// isAt reports whether f is what has that name now.
func isAt(f *os.File, name string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(name)
	return err == nil && os.SameFile(mine, there)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// pruned is the new file's name in SQL.
const pruned = "pruned"

// pruning is one try.
type pruning struct {
	path   string
	target string // what path leads to
	o      PruneOptions
	file   duck.File // attached to be read only: so others can read, and none can write
	c      *duck.Conn
}

func (p *pruning) run(ctx context.Context) (done Pruned, err error) {
	db, err := duck.Open(map[string]string{"threads": "1", "checkpoint_threshold": "1GB"})
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if p.c, err = db.Conn(ctx); err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, p.c.Close()) }()
	spill := p.target + ".prune.tmp"
	if p.o.DryRun {
		spill = "" // it is another's who may be pruning
	}
	for _, s := range []string{
		"SET max_vacuum_tasks = 0",
		"PRAGMA disable_checkpoint_on_shutdown",
		"SET memory_limit = '1GB'",
		"SET temp_directory = " + duck.Quote(spill),
	} {
		if err := p.c.Exec(ctx, s); err != nil {
			return done, err
		}
	}
	if err := p.file.Attach(ctx, p.c, false); err != nil {
		return done, explain(err)
	}
	defer func() { err = errors.Join(err, p.file.Detach(context.WithoutCancel(ctx), p.c)) }()
	if _, err := os.Stat(p.path + ".wal"); err == nil && !p.o.DryRun {
		return done, errLog
	}
	if err := checkLayout(ctx, p.c, p.path); err != nil {
		return done, err
	}
	if enough, err := p.enough(ctx); err != nil || !enough {
		return done, err
	}
	if done, err = p.plan(ctx); err != nil || done.Nothing() || p.o.DryRun {
		return done, err
	}
	if err := p.replace(ctx); err != nil {
		return Pruned{}, err
	}
	info, err := os.Stat(p.target)
	if err == nil {
		done.After = info.Size()
	}
	return done, err
}

// replace writes the new file, and puts it in the place of the old one.
func (p *pruning) replace(ctx context.Context) (err error) {
	next := p.target + ".prune.new"
	defer func() { err = errors.Join(err, removeLeft(p.target)) }()
	if err := p.write(ctx, next); err != nil {
		return err
	}
	if err := settleFile(next, p.target); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(next, p.target); err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(p.target)); err != nil {
		return err
	}
	// Who is at the gate may have opened the old file, and could lock it, and
	// write to it, as soon as we let go. Once nobody is there, all who come open
	// the new one; so there is no leaving early.
	for p.file.Wanted() {
		time.Sleep(time.Millisecond)
	}
	return nil
}

// removeLeft removes what was written and has not taken the old file's place.
func removeLeft(target string) error {
	var errs []error
	for _, name := range []string{".prune.new", ".prune.new.wal"} {
		errs = append(errs, os.RemoveAll(target+name))
	}
	return errors.Join(errs...)
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// settleFile brings a file to the disk, as it is to be when it has the place of
// the old one.
func settleFile(name, old string) error {
	info, err := os.Stat(old)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Chmod(info.Mode().Perm())
	if s, ok := info.Sys().(*syscall.Stat_t); ok && err == nil {
		err = f.Chown(int(s.Uid), int(s.Gid))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// write copies what stays to a new file, in the order in which it is.
func (p *pruning) write(ctx context.Context, name string) (err error) {
	// This is not File's business: nobody shares the new file yet.
	err = p.c.Exec(ctx, fmt.Sprintf("ATTACH %s AS %s (TYPE duckdb, READ_WRITE, STORAGE_VERSION 'latest', ROW_GROUP_SIZE %d)", duck.Quote(name), pruned, rowGroup))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.c.Exec(context.WithoutCancel(ctx), "DETACH "+pruned)) }()
	if err := p.raise(ctx); err != nil {
		return err
	}
	// What others have made in the file comes along.
	if err := p.c.Exec(ctx, fmt.Sprintf("COPY FROM DATABASE %s TO %s (SCHEMA)", alias, pruned)); err != nil {
		return err
	}
	var copies []string
	err = p.c.Query(ctx, func(scan func(...any) error) error {
		var schema, table string
		err := scan(&schema, &table)
		copies = append(copies, p.copy(schema, table))
		return err
	}, "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '"+alias+"'")
	if err != nil {
		return err
	}
	for _, s := range append(copies, "CHECKPOINT "+pruned) {
		if err := p.c.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
