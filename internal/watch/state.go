package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/profile"
)

// StateOptions say how to keep a state.
type StateOptions struct {
	Path string
	// Fresh has a new file made though there is what stands beside one that is gone.
	Fresh bool
	// Holder says who watches, to another that comes: a process, where, since when.
	Holder string
	Random io.Reader // of a new state's secret
	Now    func() time.Time

	// SendFrom is the least severity of a story that is sent. None sends nothing.
	SendFrom profile.Severity
	// Message makes what is sent of a story: see Wording.
	Message func(s *profile.Story, told profile.Severity, made time.Time) outbox.Message
	// Quiet reports whether a story is kept and not sent; nil is of none.
	Quiet func(*profile.Story) bool

	// Tell is told what goes wrong beside what was asked for. It is tried again.
	Tell func(error)

	// Forget is how long values are kept that are not seen; 0 is for ever.
	Forget time.Duration
	// Keep are profiles whose values are never forgotten: the last sight of actors
	// and keys.
	Keep []string
}

// State is what a watcher knows, in a file that it alone writes to but for answers of
// people. It is safe for concurrent use.
type State struct {
	o    StateOptions
	lock *os.File

	mu     sync.Mutex // held while the file is used
	file   stateFile
	meta   meta
	counts map[string]int64 // rows of tables that grow by deltas
	least  map[string]int64 // rows that they had after they were last compacted
	asked  *asked           // what people said; nil where others may have been in since

	idle   sync.WaitGroup // a goroutine that lets others in between two batches
	closed chan struct{}
}

// OpenState opens the state for a watcher, the only one, and makes it if there is none.
func OpenState(ctx context.Context, o StateOptions) (_ *State, err error) {
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, err
	}
	s := &State{o: o, closed: make(chan struct{}), least: map[string]int64{}}
	s.file.File = duck.File{Path: o.Path, Alias: stateAlias}
	if s.lock, err = lockState(o.Path, o.Holder); err != nil {
		return nil, err
	}
	s.idle.Go(s.letIn)
	if err = s.ensure(ctx); err == nil {
		err = s.use(ctx, func(c *duck.Conn) error { return s.tidy(ctx, c) })
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// ensure makes the file if it is not there. It is made beside its place, and put there
// whole: one that is there was a state.
func (s *State) ensure(ctx context.Context) (err error) {
	path := s.o.Path
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if !s.o.Fresh {
		for _, beside := range []string{".wal", ".gate"} {
			if _, err := os.Stat(path + beside); err == nil {
				return fmt.Errorf("%s is gone, though %s is there: what was learned was in it\nhint: put a backup in its place; or remove the file beside it, to learn anew", path, path+beside)
			}
		}
	}
	next := path + ".new"
	for _, left := range []string{path + ".wal", next, next + ".wal"} {
		if err := os.RemoveAll(left); err != nil {
			return err
		}
	}
	made := stateFile{File: duck.File{Path: next, Alias: stateAlias}}
	if err := made.start(ctx); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, made.drop(), os.RemoveAll(next+".gate"))
		if err == nil {
			err = put(next, path)
		}
		if err != nil {
			err = errors.Join(err, os.RemoveAll(next), os.RemoveAll(next+".wal"))
		}
	}()
	if err := made.Attach(ctx, made.c, true); err != nil {
		return err
	}
	made.attached = true
	if err := makeTables(ctx, made.c, s.o.Random, s.o.Now()); err != nil {
		return err
	}
	return made.detach(ctx)
}

// put brings a file to the disk, and to its place.
func put(from, to string) error {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// use calls do with the state attached, while nobody else uses it. After an error the
// instance is thrown away: what it has in memory may not be what is on the disk.
func (s *State) use(ctx context.Context, do func(c *duck.Conn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.enter(ctx)
	if err == nil {
		err = do(s.file.c)
	}
	if err != nil {
		return errors.Join(full(s.o.Path, damaged(s.o.Path, err)), s.file.drop())
	}
	if s.file.Wanted() {
		return s.file.detach(ctx)
	}
	return nil
}

// enter attaches the file, and looks what others did to it.
func (s *State) enter(ctx context.Context) error {
	if s.file.attached {
		return nil
	}
	s.asked = nil
	var err error
	if s.meta, err = s.file.open(ctx, true); err != nil {
		return err
	}
	return s.countRows(ctx, s.file.c)
}

// letIn detaches for others while nothing is committed, which may last.
func (s *State) letIn() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-tick.C:
		}
		s.mu.Lock()
		if s.file.attached && s.file.Wanted() {
			if err := s.file.detach(context.Background()); err != nil {
				// What is wrong is told when it is attached next.
				_ = s.file.drop()
			}
		}
		s.mu.Unlock()
	}
}

// Secret is the key of all hashes in the state.
func (s *State) Secret() [16]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.meta.secret
}

// Close writes what is committed to its place in the file, and lets go of it.
func (s *State) Close(ctx context.Context) error {
	close(s.closed)
	s.idle.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.file.detach(ctx)
	return errors.Join(err, s.file.drop(), s.lock.Close())
}
