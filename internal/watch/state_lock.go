package watch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// A WatchedError says that somebody else watches with a state.
type WatchedError struct {
	Path   string
	Holder string // as it says itself
}

func (e *WatchedError) Error() string {
	return fmt.Sprintf("%s: somebody watches with it already: %s\nhint: one watcher a state: end that one, or name another file with --state", e.Path, e.Holder)
}

// lockState locks FILE.lock, and writes into it who has it. The lock ends with the
// process, however that ends; the file stays.
func lockState(path, holder string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		said, err := io.ReadAll(io.LimitReader(f, 1<<10))
		return nil, errors.Join(&WatchedError{path, holderText(said)}, err, f.Close())
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(holder+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: lock: %w", f.Name(), err), f.Close())
	}
	return f, nil
}

// holderText is the first line of what stands in the lock.
func holderText(said []byte) string {
	line, _, _ := strings.Cut(strings.ToValidUTF8(string(said), ""), "\n")
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, line)
	if line == "" {
		return "a process that has yet to say who it is"
	}
	return line
}
