package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// Errors that Open and Object.Fault wrap, beside fs.ErrNotExist (the object
// went away) and fs.ErrPermission (access denied).
var (
	// ErrArchived: the storage class must be restored before it can be read.
	ErrArchived = errors.New("archived")
	// ErrKMS: S3 allows the read, the key that encrypts the object does not.
	ErrKMS = errors.New("kms")
)

// Options say what to leave alone and how to talk to a store.
type Options struct {
	Select Select
	// Resume says, for the name of a region's folder, from which delivery on it
	// is to be listed: what is before is known. Zero is all of it. Nil is
	// all of all.
	Resume func(folder string) time.Time
	// Versions has all versions of objects listed, also of those that were deleted.
	// A SOURCE is then always a prefix.
	Versions bool
	// Parallel is how many listings run at once; 16 when it is 0.
	Parallel int
	S3       S3Options
}

// Counts tell what listing and opening cost, and what was left alone.
type Counts struct {
	Listed    int64 // objects yielded
	LeftAlone int64 // objects that were listed but not selected
	Pruned    int64 // folders that were not even listed
	Lists     int64 // LIST requests or folders read, retries not counted
	Gets      int64 // GET requests or files opened, retries not counted
}

// A Source lists objects and opens them. It is safe for concurrent use, and
// can be listed any number of times.
type Source struct {
	store store
	// root is the prefix, or the folder with its final slash, or the file.
	root     string
	sel      Select
	resume   func(folder string) time.Time
	parallel int
	counts   *counters
	// must: nothing at all under root is an error, since the root was named
	// and a store without folders cannot tell that it does not exist.
	must bool

	mu     sync.Mutex
	listed []string // see Listed
	// For Covers: the last List came to its end, but for these folders; and
	// root named one object.
	ended  bool
	failed []string
	alone  bool
}

type counters struct{ listed, leftAlone, pruned, lists, gets atomic.Int64 }

// A store is what the planner asks of a place. It speaks in keys: what follows
// base in an object's name.
type store interface {
	// base is what every object's name begins with, before its key.
	base() string
	// level lists one level: objects and folders whose keys begin with
	// prefix and hold no slash after it but a final one. Folders may repeat.
	level(prefix string) cursor
	// under lists all objects below prefix in key order, after the key after.
	under(prefix, after string) cursor
	open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error)
}

// A cursor hands out a listing in pages of at most about max entries, and
// io.EOF after the last. After an error it is not used again.
type cursor interface {
	page(ctx context.Context, max int) ([]entry, error)
}

// An entry is an object, or a folder when the listing is of one level (Name
// ends in a slash), or an error about the folder that is named.
type entry struct {
	cloudtrail.Object
	folder bool
	err    error
	at     time.Time // of delivery, zero where the key does not tell
}

// A fatalError spoils the whole source, not one folder or object of it.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// EndsSource tells whoever reads the source that nothing more can be read from it.
func (e fatalError) EndsSource() bool { return true }

// New makes the source that spec names: s3://bucket/prefix, a folder or a file.
func New(ctx context.Context, spec string, opt Options) (*Source, error) {
	if spec == "" {
		return nil, errors.New("a source without a name\nhint: name a folder, a file or s3://bucket/prefix; . is the folder that you are in")
	}
	if rest, ok := strings.CutPrefix(spec, "s3://"); ok {
		bucket, prefix, _ := strings.Cut(rest, "/")
		return S3(ctx, bucket, prefix, opt)
	}
	if i := strings.Index(spec, "://"); i > 0 {
		return nil, fmt.Errorf("%s: a source is a folder, a file or s3://bucket/prefix", spec)
	}
	return Dir(spec, opt)
}

func newSource(st store, root string, opt Options, c *counters) *Source {
	n := opt.Parallel
	if n <= 0 {
		n = 16
	}
	return &Source{store: st, root: root, sel: opt.Select, resume: opt.Resume, parallel: n, counts: c}
}

// With is the same place, of which something else is listed.
func (s *Source) With(sel Select, resume func(folder string) time.Time) *Source {
	return &Source{store: s.store, root: s.root, sel: sel, resume: resume, parallel: s.parallel, counts: s.counts, must: s.must}
}

// List yields the objects that are selected, in the order that the package
// comment tells. With an error the Object is empty; the listing goes on after
// it unless it was the last.
func (s *Source) List(ctx context.Context) iter.Seq2[cloudtrail.Object, error] {
	return func(yield func(cloudtrail.Object, error) bool) {
		// Whatever is still listing when the consumer breaks out ends here.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		any := false
		s.begin()
		err := s.list(ctx, func(e entry) bool {
			any = true
			if e.err != nil {
				s.fails(e.Name)
				return yield(cloudtrail.Object{}, e.err)
			}
			s.counts.listed.Add(1)
			return yield(e.Object, nil)
		})
		s.ends(err)
		if err == nil && !any && s.must && s.sel.all() {
			err = fmt.Errorf("%s: nothing is stored under this name", s.object(s.root).Name)
		}
		if c := ctx.Err(); c != nil && err != errStop {
			err = c // whatever a client makes of it
		}
		if err != nil && err != errStop {
			yield(cloudtrail.Object{}, err)
		}
	}
}

// Open returns the bytes as they are stored. A stream that breaks is taken up
// again where it broke, or ends in an error: never short without one.
func (s *Source) Open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	if o.Fault != nil {
		return nil, o.Fault
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.counts.gets.Add(1)
	return s.store.open(ctx, o)
}

func (s *Source) object(key string) cloudtrail.Object {
	return cloudtrail.Object{Name: s.store.base() + key, Size: -1}
}

// Listed returns the names of the regions' folders that the last List has listed to
// their end, or to that of the window of Select.
func (s *Source) Listed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listed)
}

// Counts tells what was done so far.
func (s *Source) Counts() Counts {
	return Counts{
		Listed:    s.counts.listed.Load(),
		LeftAlone: s.counts.leftAlone.Load(),
		Pruned:    s.counts.pruned.Load(),
		Lists:     s.counts.lists.Load(),
		Gets:      s.counts.gets.Load(),
	}
}
