package duck

import (
	"errors"
	"io"
	"os"
	"sync"
)

// spoolMemory is how much of a result waits in memory for whoever reads it.
const spoolMemory = 4 << 20

// A spool is a pipe whose writer never waits for its reader: what the reader has
// not taken waits in memory, and beyond spoolMemory in a file that is gone when
// the spool is closed. So a slow reader keeps no statement running, and no
// database file attached.
type spool struct {
	mu     sync.Mutex
	ready  sync.Cond
	mem    []byte
	file   *os.File
	read   int64 // offsets in file
	write  int64
	ended  bool
	err    error // what the writer ended with
	closed bool  // by the reader
}

func newSpool() *spool {
	s := new(spool)
	s.ready.L = &s.mu
	return s
}

var errSpoolClosed = errors.New("the reader of the result has gone")

// Write never blocks on the reader.
func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, errSpoolClosed
	}
	defer s.ready.Broadcast()
	// What is in memory is older than what is in the file.
	if s.read == s.write && len(s.mem)+len(p) <= spoolMemory {
		s.mem = append(s.mem, p...)
		return len(p), nil
	}
	if s.file == nil {
		f, err := tempFile()
		if err != nil {
			return 0, err
		}
		s.file = f
	}
	if s.read == s.write {
		s.read, s.write = 0, 0
	}
	n, err := s.file.WriteAt(p, s.write)
	s.write += int64(n)
	return n, err
}

// tempFile opens a file without a name.
func tempFile() (*os.File, error) {
	f, err := os.CreateTemp("", "ctsql-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// end says that no more will be written, with err for the reader, or nil.
func (s *spool) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.err = true, err
	s.ready.Broadcast()
}

// Read yields what was written, and then the writer's error, or io.EOF.
func (s *spool) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.mem) == 0 && s.read == s.write && !s.ended && !s.closed {
		s.ready.Wait()
	}
	switch {
	case s.closed:
		return 0, errSpoolClosed
	case len(s.mem) > 0:
		n := copy(p, s.mem)
		if s.mem = s.mem[n:]; len(s.mem) == 0 {
			s.mem = nil
		}
		return n, nil
	case s.read < s.write:
		n, err := s.file.ReadAt(p[:min(int64(len(p)), s.write-s.read)], s.read)
		s.read += int64(n)
		if err == io.EOF {
			err = nil
		}
		return n, err
	case s.err != nil:
		return 0, s.err
	}
	return 0, io.EOF
}

// Close ends the reading: the writer fails with its next write.
func (s *spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.ready.Broadcast()
	if s.file != nil {
		err := s.file.Close()
		s.file = nil
		s.read, s.write = 0, 0
		return err
	}
	return nil
}
