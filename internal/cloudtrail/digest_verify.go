package cloudtrail

import (
	"context"
	"crypto/sha256"
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

// A VersionSource is a DigestSource that may keep what was overwritten or deleted.
type VersionSource interface {
	// Versions are those of an object beside the current one, the newest first.
	Versions(ctx context.Context, name string) ([]Object, error)
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
	Err    error  // of what is Unread

	// Size and Modified are as it was listed; Size is -1 of a log that was not.
	Size     int64
	Modified time.Time
}

// A LoadedLog is what is known of a log that was loaded when it had the size and the
// time that it has now.
type LoadedLog struct {
	Text      [sha256.Size]byte // SHA-256 of its text; zero if it must be read for it
	Stored    [sha256.Size]byte // and of its bytes as stored; zero if it was not loaded
	Rewritten bool              // other bytes were loaded under its name, too
}

// Or is what is known of a log that was loaded twice.
func (l LoadedLog) Or(m LoadedLog) LoadedLog {
	none := [sha256.Size]byte{}
	l.Rewritten = l.Rewritten || m.Rewritten || l.Stored != none && m.Stored != none && l.Stored != m.Stored
	if l.Text == none {
		l.Text = m.Text
	}
	if l.Stored == none {
		l.Stored = m.Stored
	}
	return l
}

// A Place is where an account's digests and logs of a region lie.
type Place struct {
	Folder  string // what names begin with before "/ACCOUNT"
	Account string
	Region  string
}

// PlaceOf reads from an object's name in which place it lies.
func PlaceOf(name string) (Place, Key, bool) {
	k, ok := ParseKey(name)
	if !ok {
		return Place{}, k, false
	}
	return placeOf(name, k), k, true
}

func placeOf(name string, k Key) Place { return Place{layoutFolder(name), k.Account, k.Region} }

// Reached is how far a place was judged.
type Reached struct {
	Until  time.Time // the end of its last digest; without digests, when its last log was delivered
	Digest string    // the name of that digest, or ""
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
	// Short says that digests need not reach to Until.
	Short bool
	// From, if not nil, is from which delivery on a place is looked at, where that
	// is after Since: what is before was judged. Logs of some time before it should
	// be listed, for the first digest names some.
	From func(Place) time.Time
	// Expect are digests that were there once, and are missing if they are not.
	Expect []string
	// Loaded, if not nil, returns what is known of logs that somebody has loaded, and
	// zero for the others. Then what was loaded is judged, and not what is there.
	Loaded func(context.Context, []Object) ([]LoadedLog, error)
	// Versions has older versions looked at of what is missing or modified. One
	// of a log that is valid is reported, too, and not counted.
	Versions bool
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

// BeginOf is from which delivery on a place is looked at; zero is all of it.
func (v *Verification) BeginOf(p Place) time.Time {
	if v.From != nil {
		if from := v.From(p); from.After(v.Since) {
			return from
		}
	}
	return v.Since
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
	// Shorter are the last digests of chains that end before others do, though no
	// Until asks for more: whatever is there behind them, nothing tells.
	Shorter []string
	// Places are how far each place that was looked at was judged.
	Places map[Place]Reached
	// Early are logs that are too new for a digest, and Others objects that are
	// outside of CloudTrail's layout: they are not judged.
	Early, Others int
}

// Sound reports whether all is valid, and there was something to judge.
func (s VerifySummary) Sound() bool {
	return s.Digests[Valid] > 0 && len(s.Digests) == 1 && (len(s.Logs) == 0 || len(s.Logs) == 1 && s.Logs[Valid] > 0)
}

const (
	// Slack is how far the minute in a log's name may be from the hour whose
	// digest names it.
	Slack = 15 * time.Minute
	// Due is how long after its end a digest is there for sure.
	Due = 2 * time.Hour
	// firstDue is how long after its delivery a place's first log is named for sure: a
	// digest is of an hour.
	firstDue = time.Hour + Due
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
		sum:          VerifySummary{Digests: map[Status]int{}, Logs: map[Status]int{}, Places: map[Place]Reached{}},
		logs:         map[string]listedLog{},
		keys:         map[string]*keyRing{},
		names:        map[string]bool{},
		told:         map[string]bool{},
	}
	if err := w.list(ctx); err != nil {
		return w.sum, err
	}
	if len(w.digests) == 0 && len(w.Expect) == 0 {
		return w.sum, ErrNoDigests
	}
	if err := w.chains(ctx); err != nil {
		return w.sum, err
	}
	w.shorter()
	if err := w.vanished(); err != nil {
		return w.sum, err
	}
	return w.sum, w.unnamed()
}

func (w *walk) report(f Finding) error {
	if f.Log {
		w.sum.Logs[f.Status]++
	} else {
		w.sum.Digests[f.Status]++
		if f.Status == Missing {
			w.told[f.Object] = true
		}
	}
	return w.Report(f)
}
