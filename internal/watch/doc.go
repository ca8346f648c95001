// Package watch is the sink that learns and alerts. It owns state.db, a DuckDB file
// that is not safe to delete: what was learned, which objects it was learned from, the
// alerts, those not yet delivered, what could not be read, and what is allowed.
//
// # State
//
// Each batch is one transaction: what it changed, its objects, its alerts and what is
// to be sent of them. So a batch is in or not in, whenever the process is killed.
// Rows of what was learned are only ever appended, and added up when they are read;
// compaction is rare. A file that is damaged, or of a newer version, is refused and
// left as it is.
//
// Beside FILE there are FILE.lock, which is locked for as long as somebody watches and
// says who, and FILE.gate, on which those wait who want the file itself: a watcher lets
// it go between two batches for who asks. So Desk, Backup and Check, and the shell,
// work in other processes meanwhile.
package watch
