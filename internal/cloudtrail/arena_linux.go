package cloudtrail

import "syscall"

const mapNoReserve = syscall.MAP_NORESERVE
