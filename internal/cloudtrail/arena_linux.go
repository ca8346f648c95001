package cloudtrail

import "syscall"

const mapNoReserve = syscall.MAP_NORESERVE

// giveBack lets the system have the memory's pages. If it does not take them,
// they are used again.
func giveBack(mem []byte) { _ = syscall.Madvise(mem, syscall.MADV_DONTNEED) }
