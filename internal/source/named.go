package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// Objects is S3 for who is told the objects' names, in any buckets of any regions
// that the credentials may read. It is safe for concurrent use.
type Objects struct {
	opt    S3Options
	client *s3.Client
	region string // to ask first
	counts *counters

	mu      sync.Mutex
	buckets map[string]*s3Store
}

// maxBuckets is how many buckets' regions are remembered. Whoever may send notices
// could name any number.
const maxBuckets = 1000

// NewObjects asks for the credentials, but for no bucket.
func NewObjects(ctx context.Context, opt S3Options) (*Objects, error) {
	o := opt.withDefaults()
	cfg, err := o.config(ctx)
	if err != nil {
		return nil, configError("s3", err)
	}
	return &Objects{opt: o, client: o.client(cfg), region: cfg.Region, counts: new(counters), buckets: map[string]*s3Store{}}, nil
}

func (o *Objects) bucket(name, region string) *s3Store {
	o.mu.Lock()
	defer o.mu.Unlock()
	if st := o.buckets[name]; st != nil {
		return st
	}
	if len(o.buckets) >= maxBuckets {
		clear(o.buckets)
	}
	if !isRegion(region) { // a notice may say anything
		region = o.region
	}
	st := o.opt.bucket(o.client, name, region, o.counts)
	o.buckets[name] = st
	return st
}

// Named are objects whose names are known: what load takes of a round of messages.
//
// What the ledger knows an object by, its size and when it was modified, a notice does
// not tell: CloudTrail's has neither, S3's has the time of the event, and the object may
// have been written again since. So each is asked for with a HEAD, whose answers are
// those of a listing: an object that came by a message is not loaded again by who
// lists the bucket, nor the other way round, and of a message that comes twice no
// object is read twice. A HEAD costs what a GET does, a twelfth of a LIST, and
// unlike that needs no right beyond s3:GetObject.
type Named struct {
	objects *Objects
	notices []cloudtrail.NoticeObject

	mu    sync.Mutex
	found map[string]string // by the name in the notice: what it was listed as, if that is another
}

// Named are the objects that notices name. Each is listed once, in the order of the
// time in their keys.
func (o *Objects) Named(notices []cloudtrail.NoticeObject) *Named {
	n := &Named{objects: o, notices: slices.Clone(notices), found: map[string]string{}}
	slices.SortStableFunc(n.notices, func(a, b cloudtrail.NoticeObject) int {
		ka, _ := cloudtrail.ParseKey(a.Key)
		kb, _ := cloudtrail.ParseKey(b.Key)
		return cmp.Or(ka.Delivered.Compare(kb.Delivered), strings.Compare(a.Name(), b.Name()))
	})
	n.notices = slices.CompactFunc(n.notices, func(a, b cloudtrail.NoticeObject) bool { return a.Name() == b.Name() })
	return n
}

// NameOf is the name that List gave to what a notice names: that of the notice, or,
// where there was none such, of its other key.
func (n *Named) NameOf(o cloudtrail.NoticeObject) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return cmp.Or(n.found[o.Name()], o.Name())
}

// headsAtOnce is how many HEADs run side by side, and headsAhead how many objects are
// known before the first of them is read.
const (
	headsAtOnce = 16
	headsAhead  = 64
)

// List yields an object for each notice. One that is not there, or may not be read,
// has its Fault set.
func (n *Named) List(ctx context.Context) iter.Seq2[cloudtrail.Object, error] {
	return func(yield func(cloudtrail.Object, error) bool) {
		for some := range slices.Chunk(n.notices, headsAhead) {
			objects := make([]cloudtrail.Object, len(some))
			g, ctx := errgroup.WithContext(ctx)
			g.SetLimit(headsAtOnce)
			for i, o := range some {
				g.Go(func() (err error) {
					objects[i], err = n.find(ctx, o)
					return err
				})
			}
			if err := g.Wait(); err != nil {
				yield(cloudtrail.Object{}, err)
				return
			}
			for _, o := range objects {
				n.objects.counts.listed.Add(1)
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// find asks for an object, under its other key if there is none under the first.
// An error of its is about who asks, and so about all objects.
func (n *Named) find(ctx context.Context, notice cloudtrail.NoticeObject) (cloudtrail.Object, error) {
	st := n.objects.bucket(notice.Bucket, notice.Region)
	o, err := st.head(ctx, notice.Key)
	if err != nil && notice.Or != "" && isAbsent(err) {
		other, otherErr := st.head(ctx, notice.Or)
		if otherErr == nil {
			n.mu.Lock()
			n.found[notice.Name()] = other.Name
			n.mu.Unlock()
			return other, nil
		}
	}
	switch {
	case err == nil:
		return o, nil
	case isFatal(ctx, err):
		return o, err
	}
	return cloudtrail.Object{Name: notice.Name(), Size: notice.Size, Fault: err}, nil
}

// isAbsent: who may not list a bucket is told of an object that is not there that it
// may not list.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) && strings.Contains(err.Error(), "s3:ListBucket")
}

// head is an object as a listing would tell of it.
func (s *s3Store) head(ctx context.Context, key string) (cloudtrail.Object, error) {
	o := cloudtrail.Object{Name: s.base() + key, Size: -1}
	var out *s3.HeadObjectOutput
	err := s.call(func(opt func(*s3.Options)) (err error) {
		out, err = s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key, RequestPayer: s.payer()}, opt)
		return err
	})
	switch {
	case err == nil:
		o.Size, o.Modified = aws.ToInt64(out.ContentLength), aws.ToTime(out.LastModified)
		o.ETag = strings.Trim(aws.ToString(out.ETag), `"`)
		return o, nil
	case ctx.Err() != nil:
		return o, fmt.Errorf("%s: %w", o.Name, ctx.Err())
	case identityError(err) == nil && isSilent(err):
		return s.inWords(ctx, o)
	}
	return o, objectError(o.Name, err)
}

// isSilent: a HEAD is answered without a body, so an error has its status alone.
func isSilent(err error) bool {
	switch code, _ := apiCode(err); code {
	case "Forbidden", "BadRequest", "NotFound", "MovedPermanently":
		return true
	}
	return false
}

// inWords asks with a GET why a HEAD was refused: no such key or no such bucket, which
// right is wanting, and of whom. Nothing of the body is read, should there be one.
func (s *s3Store) inWords(ctx context.Context, o cloudtrail.Object) (cloudtrail.Object, error) {
	s.counts.gets.Add(1)
	rc, err := s.open(ctx, o)
	if err != nil {
		return o, err
	}
	if b, ok := rc.(*body); ok {
		o.Size, o.Modified, o.ETag = b.size, aws.ToTime(b.modified), strings.Trim(b.etag, `"`)
	}
	return o, rc.Close()
}

// Open is Source.Open.
func (n *Named) Open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	if o.Fault != nil {
		return nil, o.Fault
	}
	bucket, _, ok := strings.Cut(strings.TrimPrefix(o.Name, "s3://"), "/")
	if !ok {
		return nil, fmt.Errorf("%s: not in a bucket", o.Name)
	}
	n.objects.counts.gets.Add(1)
	return n.objects.bucket(bucket, "").open(ctx, o)
}
