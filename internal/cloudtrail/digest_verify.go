package cloudtrail

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync/atomic"
	"time"
)

// A DigestSource lists objects and opens them. Names in an S3 source are
// s3://bucket/key; of a local copy they are paths.
type DigestSource interface {
	List(context.Context) iter.Seq2[Object, error]
	Open(context.Context, Object) (io.ReadCloser, error)
	// OpenWithMetadata is Open, and the object's user metadata: signature is
	// the one of interest.
	OpenWithMetadata(context.Context, Object) (io.ReadCloser, map[string]string, error)
	// Root is what the names of its objects begin with.
	Root() string
}

// A Status is what is known of a digest or a log.
type Status string

const (
	// Valid: signed, or named by a digest that is, and what it was.
	Valid Status = "valid"
	// Modified: not what was signed.
	Modified Status = "modified"
	// Missing: named, or due, and not there.
	Missing Status = "missing"
	// Unnamed: a log that no digest names, or only one that is modified.
	Unnamed Status = "unnamed"
	// Unsigned: a digest whose signature nobody kept or whose key is not at
	// hand, and logs as such a digest names them.
	Unsigned Status = "unsigned"
	// Restarted: a signed digest with which a chain begins again.
	Restarted Status = "restarted"
	// Unread: it may be well, but could not be read.
	Unread Status = "unread"
)

// Statuses returns every Status, in the order in which they are told.
func Statuses() []Status {
	return []Status{Valid, Modified, Missing, Unnamed, Unsigned, Restarted, Unread}
}

// A Finding is the verdict about one digest or log.
type Finding struct {
	Log    bool   // else it is about a digest
	Object string // its name; of what is missing the name that it should have
	Status Status
	Reason string // "" if there is nothing to say
}

// A Verification walks the digests of trails, and checks the logs that they name.
type Verification struct {
	Sources []DigestSource
	// Original, if not "", is what the first source's Root stands for:
	// s3://bucket/prefix, where CloudTrail put the objects. Without it an S3
	// source is taken to be that place, and of a local copy only the folders
	// from the account down are compared with what digests say of themselves.
	Original string
	// Since and Until bound the time of delivery; zero is open. Digests that
	// touch it are checked with all their logs.
	Since, Until time.Time
	// Now is when digests are no longer expected: none is due within two hours.
	Now time.Time
	// Keys returns a region's public keys for that time. After an error what is
	// signed with them is Unsigned.
	Keys func(ctx context.Context, region string, from, to time.Time) ([]PublicKey, error)
	// AllKeys says that a key which Keys does not return is not CloudTrail's,
	// where otherwise it may just not be at hand.
	AllKeys bool
	// Concurrency is how many objects are fetched at once, at least 1.
	Concurrency int
	// Report takes each finding, from one goroutine.
	Report   func(Finding) error
	Progress *DigestProgress
}

// DigestProgress is how far a verification is.
type DigestProgress struct {
	Listed  atomic.Int64 // objects
	Digests atomic.Int64 // read
	Logs    atomic.Int64 // read
	Bytes   atomic.Int64 // of them, as stored
}

// A VerifySummary counts findings.
type VerifySummary struct {
	Digests, Logs map[Status]int
	Chains        int
	// Begin and End are what the digests that were read cover.
	Begin, End time.Time
	// Early are logs that are too new for a digest, and Others objects that are
	// outside of CloudTrail's layout: they are not judged.
	Early, Others int
}

// Sound reports whether all is valid, and there was something to judge.
func (s VerifySummary) Sound() bool {
	return s.Digests[Valid] > 0 && len(s.Digests) == 1 && (len(s.Logs) == 0 || len(s.Logs) == 1 && s.Logs[Valid] > 0)
}

const (
	// slack is how far the minute in a log's name may be from the hour whose
	// digest names it.
	slack = 15 * time.Minute
	// due is how long after its end a digest is there for sure.
	due = 2 * time.Hour
	// Reach is more than a digest covers: sources that list only some time must
	// list so much behind Until.
	Reach = 25 * time.Hour
)

// ErrNoDigests is Run's error where no digest is: then nothing can be known.
var ErrNoDigests = errors.New("no digest files")

// Run verifies. It returns an error if it could not go on; what could not be
// read is a finding.
func (v *Verification) Run(ctx context.Context) (VerifySummary, error) {
	w := &walk{
		Verification: v,
		sum:          VerifySummary{Digests: map[Status]int{}, Logs: map[Status]int{}},
		logs:         map[string]bool{},
		keys:         map[string]*keyRing{},
		ends:         map[accountRegion]time.Time{},
		names:        map[string]bool{},
	}
	if err := w.list(ctx); err != nil {
		return w.sum, err
	}
	if len(w.digests) == 0 {
		return w.sum, ErrNoDigests
	}
	if err := w.chains(ctx); err != nil {
		return w.sum, err
	}
	return w.sum, w.unnamed()
}

func (w *walk) report(f Finding) error {
	if f.Log {
		w.sum.Logs[f.Status]++
	} else {
		w.sum.Digests[f.Status]++
	}
	return w.Report(f)
}
