package cloudtrail

import (
	"errors"
	"fmt"
	"syscall"
)

// arenaSize is the address space that an arena reserves. Memory is used only
// for what is written.
const arenaSize = 1 << 30

// ErrFull is what Decode answers when the batch has no room for the object's
// text. It is far more than a batch should be given: half of it is enough.
var ErrFull = errors.New("the batch is full")

// An arena is the memory that a batch's text lies in: outside of Go's heap, so
// that the engine may read it in place, that it never moves while it grows, and
// that the collector does not set its pace by it.
type arena struct {
	mem []byte // all of it
	n   int    // bytes in use
}

// reserve returns memory outside of Go's heap, which takes room when it is used.
func reserve(size int) ([]byte, error) {
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|mapNoReserve)
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes of address space: %w", size, err)
	}
	return mem, nil
}

func newArena() (*arena, error) {
	mem, err := reserve(arenaSize)
	if err != nil {
		return nil, err
	}
	// Offset 0 is never the text of anything: see Entry.
	return &arena{mem: mem, n: 1}, nil
}

func (a *arena) close() error {
	if a.mem == nil {
		return nil
	}
	mem := a.mem
	a.mem = nil
	return syscall.Munmap(mem)
}

// arenaKeep is how much of an arena stays in memory from use to use.
const arenaKeep = 128 << 20

func (a *arena) reset() {
	if a.n > arenaKeep {
		giveBack(a.mem[arenaKeep:])
	}
	a.n = 1
}

// room returns the unused rest, to write to; used says how much was written.
func (a *arena) room() []byte { return a.mem[a.n:] }

func (a *arena) used(n int) { a.n += n }

// add appends b and returns where it lies.
func (a *arena) add(b []byte) (off int, err error) {
	if len(b) > len(a.mem)-a.n {
		return 0, ErrFull
	}
	off = a.n
	a.n += copy(a.mem[a.n:], b)
	return off, nil
}
