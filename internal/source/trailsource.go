package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Location is where the trail's logs begin: s3://BUCKET/[PREFIX/]AWSLogs/. Below
// are the accounts that deliver there, for an organisation in a folder o-ID of
// its own. Empty is a trail without a bucket.
func (t Trail) Location() string {
	if t.Bucket == "" {
		return ""
	}
	return "s3://" + t.Bucket + "/" + t.root()
}

func (t Trail) root() string {
	if t.Prefix == "" || strings.HasSuffix(t.Prefix, "/") {
		return t.Prefix + "AWSLogs/"
	}
	return t.Prefix + "/AWSLogs/"
}

// Open is the source of what lies at the trail's Location. Folders of other
// services, which deliver below AWSLogs/ as well, are left alone: nobody named
// them. Nothing at all is no error: the first delivery takes some minutes.
func (t Trail) Open(ctx context.Context, o Options) (*Source, error) {
	if t.Bucket == "" {
		return nil, fmt.Errorf("trail %s: it has no bucket", t.Name)
	}
	s, err := S3(ctx, t.Bucket, t.root(), o)
	if err != nil {
		return nil, err
	}
	s.store = &trailStore{store: s.store, trail: t}
	s.must = false
	return s, nil
}

// A trailStore is a store without what trails do not deliver.
type trailStore struct {
	store
	trail Trail
}

func (s *trailStore) leavesOut(name string) bool {
	for folder := range folders(strings.TrimPrefix(name, s.base())) {
		if isOthers(folder) {
			return true
		}
	}
	return false
}

// isOthers reports whether a folder is one that other services deliver to.
func isOthers(folder string) bool {
	p, k, _ := locate(folder)
	return p == aside && k.Kind == ""
}

func (s *trailStore) level(prefix string) cursor {
	return &trailCursor{s, prefix, s.store.level(prefix)}
}

type trailCursor struct {
	s      *trailStore
	prefix string
	cursor
}

func (c *trailCursor) page(ctx context.Context, max int) ([]entry, error) {
	page, err := c.cursor.page(ctx, max)
	page = slices.DeleteFunc(page, func(e entry) bool {
		return e.folder && isOthers(strings.TrimPrefix(e.Name, c.s.base()))
	})
	if !errors.Is(err, fs.ErrPermission) {
		return page, err
	}
	trail := c.s.trail
	switch {
	case trail.Organization:
		return page, otherBucket{err}
	case c.prefix == trail.root() && isAccount(trail.Account):
		// A bucket of many accounts may open to each its own folder only, and
		// that is where this trail delivers.
		own := entry{folder: true}
		own.Name = c.s.base() + c.prefix + trail.Account + "/"
		return []entry{own}, io.EOF
	}
	return page, err
}

// An otherBucket is one that refuses, and belongs to an account that has it for
// all of its organisation.
type otherBucket struct{ error }

func (e otherBucket) Error() string {
	reason, _, _ := strings.Cut(e.error.Error(), "\nhint: ")
	return reason + "\nhint: it is the bucket of an organisation's trail: load with credentials of the account that has it, or name what this account may read: s3://BUCKET/PREFIX/AWSLogs/ORGANISATION/ACCOUNT/"
}

func (e otherBucket) Unwrap() error { return e.error }
