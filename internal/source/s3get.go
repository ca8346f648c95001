package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// open gets an object. The first answer is awaited here, so that what is wrong
// with the object shows before a byte of it is read.
func (s *s3Store) open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	key, ok := strings.CutPrefix(o.Name, s.base())
	if o.Version != "" {
		key = strings.TrimSuffix(key, versionSuffix(o.Version))
	}
	if !ok || key == "" {
		return nil, fmt.Errorf("%s: not in bucket %s", o.Name, s.bucket)
	}
	b := &body{ctx: ctx, s: s, name: o.Name, key: key, version: o.Version, size: -1}
	for attempt := 1; ; attempt++ {
		if err := b.get(); err != nil {
			return nil, err
		}
		if o.Size < 0 || b.size < 0 || b.size == o.Size {
			return b, nil
		}
		b.Close()
		// A proxy's empty answer passes; an object that was replaced stays.
		if attempt >= min(3, s.opt.Attempts) {
			return nil, fmt.Errorf("%s: %d bytes are offered, %d were listed: it changed since", o.Name, b.size, o.Size)
		}
		if err := s.opt.wait(ctx, attempt); err != nil {
			return nil, fmt.Errorf("%s: %w", o.Name, err)
		}
		b.size, b.etag, b.modified = -1, "", nil
	}
}

// progress is how many bytes make a body that breaks again worth a new set of
// attempts: a long one over a bad line should come through, a server that
// sends a few bytes each time should not hold us.
const progress = 256 << 10

// A body is an object's bytes, taken up with a ranged GET where a connection
// breaks. It is read by one goroutine, which is why its context can be in it:
// a Read has no other way to know it.
type body struct {
	ctx       context.Context
	s         *s3Store
	name, key string
	version   string

	rc       io.ReadCloser
	cancel   context.CancelFunc
	stall    *time.Timer
	off      int64
	size     int64 // -1 where the server does not say
	etag     string
	modified *time.Time
	metadata map[string]string // of the user, as the SDK gives it

	broken  error // why rc cannot be read on
	resumes int
	mark    int64 // off at the first of these resumes
}

// get asks for the object from off on, and makes sure that it is still the same.
func (b *body) get() error {
	ctx, cancel := context.WithCancel(b.ctx)
	in := &s3.GetObjectInput{Bucket: &b.s.bucket, Key: &b.key, RequestPayer: b.s.payer()}
	if b.version != "" {
		in.VersionId = &b.version
	}
	if b.off > 0 {
		in.Range = aws.String("bytes=" + strconv.FormatInt(b.off, 10) + "-")
	}
	if b.etag != "" {
		in.IfMatch = &b.etag
	} else {
		in.IfUnmodifiedSince = b.modified
	}
	var out *s3.GetObjectOutput
	err := b.s.call(func(opt func(*s3.Options)) (err error) {
		out, err = b.s.client.GetObject(ctx, in, opt)
		return err
	})
	if err != nil {
		cancel()
		if c := b.ctx.Err(); c != nil {
			return fmt.Errorf("%s: %w", b.name, c)
		}
		return objectError(b.name, err)
	}
	b.rc, b.cancel = out.Body, cancel
	b.stall = time.AfterFunc(b.s.opt.Stall, cancel)
	b.stall.Stop()
	if err := b.join(out); err != nil {
		b.Close()
		return err
	}
	return nil
}

// join fits an answer to what was read before. If the answer breaks as well,
// the body stays broken.
func (b *body) join(out *s3.GetObjectOutput) error {
	etag, size, start := aws.ToString(out.ETag), int64(-1), int64(0)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	if r := aws.ToString(out.ContentRange); r != "" { // bytes 5-9/10
		total := ""
		r, total, _ = strings.Cut(strings.TrimPrefix(r, "bytes "), "/")
		first, _, _ := strings.Cut(r, "-")
		var err1, err2 error
		start, err1 = strconv.ParseInt(first, 10, 64)
		size, err2 = strconv.ParseInt(total, 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("%s: content range: %w", b.name, err)
		}
	}
	if b.broken == nil { // the first answer
		b.etag, b.size, b.modified, b.metadata = etag, size, out.LastModified, out.Metadata
		return nil
	}
	if etag != b.etag || size != b.size {
		return fmt.Errorf("%s: changed while it was read", b.name)
	}
	// A server that knows no ranges sends it all again.
	if start > b.off {
		return fmt.Errorf("%s: byte %d was asked for, %d came", b.name, b.off, start)
	}
	if _, err := io.CopyN(io.Discard, b.rc, b.off-start); err != nil {
		b.broken = err
		b.Close()
		return nil
	}
	b.broken = nil
	return nil
}

func (b *body) Read(p []byte) (int, error) {
	for {
		if err := b.ctx.Err(); err != nil {
			return 0, b.at(err)
		}
		if b.broken == nil {
			if b.rc == nil {
				return 0, b.at(fs.ErrClosed)
			}
			b.stall.Reset(b.s.opt.Stall)
			n, err := b.rc.Read(p)
			b.stall.Stop()
			b.off += int64(n)
			switch {
			case err == nil:
				return n, nil
			case err == io.EOF && (b.size < 0 || b.off == b.size):
				return n, io.EOF
			case b.off == b.size: // a checksum that does not fit
				return n, b.at(err)
			}
			b.broken = err
			if n > 0 {
				return n, nil
			}
		}
		if err := b.resume(); err != nil {
			return 0, err
		}
	}
}

// resume gets the rest of a broken body.
func (b *body) resume() error {
	b.Close()
	if b.resumes == 0 || b.off-b.mark >= progress {
		b.resumes, b.mark = 0, b.off
	}
	for b.broken != nil {
		if b.resumes++; b.resumes >= b.s.opt.Attempts {
			return b.at(b.why())
		}
		if err := b.s.opt.wait(b.ctx, b.resumes); err != nil {
			return b.at(err)
		}
		b.s.counts.gets.Add(1)
		if err := b.get(); err != nil {
			return err
		}
	}
	return nil
}

// why tells a server's silence from a cancellation, which looks the same below.
func (b *body) why() error {
	if errors.Is(b.broken, context.Canceled) && b.ctx.Err() == nil {
		return fmt.Errorf("nothing came for %v", b.s.opt.Stall)
	}
	return b.broken
}

func (b *body) at(err error) error { return fmt.Errorf("%s: byte %d: %w", b.name, b.off, err) }

// Close lets the connection go. What is left of the body is not read: the SDK's
// connections are many, and the rest may be long.
func (b *body) Close() error {
	if b.rc == nil {
		return nil
	}
	b.stall.Stop()
	err := b.rc.Close()
	b.cancel()
	b.rc = nil
	return err
}
