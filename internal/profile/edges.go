package profile

// An Edge is a lineage that an event tells, in texts that are valid as long as the
// event: Child acts on behalf of Parent. Children are access keys, ARNs of users and
// roles (Event.Principal), actors, and SharedChild.
type Edge struct {
	Child  []byte
	Parent []byte // Event.By; empty where there is none
	Actor  []byte // Event.Self of the parent
	Target []byte // the role whose credential the child is; empty where that is not told
	Made   int64  // microseconds since 1970
	Until  int64  // when it is forgotten
	Weak   bool   // of the called account's record: the caller's counts for more
}
