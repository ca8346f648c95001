package source

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// VersionMark is what follows the key in the name of a version that is not the
// current one: s3://bucket/key?versionId=ID.
const VersionMark = "?versionId="

// versionSuffix is the mark and the ID, which is escaped: other stores than AWS's have
// slashes in it, and the last slash is where a file's name begins.
func versionSuffix(id string) string { return VersionMark + url.QueryEscape(id) }

// A versionCursor pages through ListObjectVersions. Of a key the current version
// comes first, and is named as an object is that has no versions.
type versionCursor struct {
	s         *s3Store
	prefix    string
	delimiter *string
	key       *string // to go on from
	version   *string
	done      bool
}

func (c *versionCursor) page(ctx context.Context, max int) ([]entry, error) {
	if c.done {
		return nil, io.EOF
	}
	c.s.counts.lists.Add(1)
	var out *s3.ListObjectVersionsOutput
	err := c.s.call(func(opt func(*s3.Options)) (err error) {
		out, err = c.s.client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{
			Bucket: &c.s.bucket, Prefix: &c.prefix, Delimiter: c.delimiter,
			KeyMarker: c.key, VersionIdMarker: c.version, MaxKeys: aws.Int32(int32(min(max, 1000))),
			EncodingType: types.EncodingTypeUrl, RequestPayer: c.s.payer(),
			OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus},
		}, opt)
		return err
	})
	if err != nil {
		return nil, versionsError(c.s.base()+c.prefix, err)
	}
	page, err := c.s.versionEntries(out)
	if err != nil {
		return nil, err
	}
	if !aws.ToBool(out.IsTruncated) {
		c.done = true
		return page, io.EOF
	}
	next, err := decodeKey(out.EncodingType, out.NextKeyMarker)
	if err != nil || next == "" || next == aws.ToString(c.key) && aws.ToString(out.NextVersionIdMarker) == aws.ToString(c.version) {
		return page, fmt.Errorf("%s: the listing of versions does not go on: no new marker", c.s.base()+c.prefix)
	}
	c.key, c.version = &next, out.NextVersionIdMarker
	return page, nil
}

func (s *s3Store) versionEntries(out *s3.ListObjectVersionsOutput) (page []entry, err error) {
	base := s.base()
	for _, p := range out.CommonPrefixes {
		key, err := decodeKey(out.EncodingType, p.Prefix)
		if err != nil {
			return nil, fmt.Errorf("%s: a folder's name cannot be decoded: %w", base, err)
		}
		page = append(page, entry{folder: true, Object: cloudtrail.Object{Name: base + key}})
	}
	for _, v := range out.Versions {
		key, err := decodeKey(out.EncodingType, v.Key)
		if err != nil {
			return nil, fmt.Errorf("%s: a key cannot be decoded: %w", base, err)
		}
		e := entry{Object: cloudtrail.Object{
			Name: base + key, Size: aws.ToInt64(v.Size), Modified: aws.ToTime(v.LastModified), ETag: strings.Trim(aws.ToString(v.ETag), `"`),
		}}
		if !aws.ToBool(v.IsLatest) {
			e.Version = aws.ToString(v.VersionId)
			e.Name += versionSuffix(e.Version)
		}
		if archived(types.Object{StorageClass: types.ObjectStorageClass(v.StorageClass), RestoreStatus: v.RestoreStatus}) {
			e.Fault = fmt.Errorf("%s: %w: storage class %s, not restored", e.Name, ErrArchived, v.StorageClass)
		}
		page = append(page, e)
	}
	return page, nil
}

func decodeKey(encoding types.EncodingType, key *string) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return aws.ToString(key), nil
	}
	return url.QueryUnescape(aws.ToString(key))
}

func versionsError(name string, err error) error {
	code, text := apiError(err)
	if code == "NoSuchBucket" {
		return listError(name, err)
	}
	return accountError(name, code, text, "s3:ListBucketVersions on the bucket, and s3:GetObjectVersion on what is in it", err)
}

// Versions returns what the bucket keeps of the object beside the current version,
// the newest first. Of a source that is no bucket that is nothing.
func (s *Source) Versions(ctx context.Context, name string) (versions []cloudtrail.Object, err error) {
	st, ok := s.store.(*s3Store)
	if all, versions := s.store.(versioned); versions {
		st, ok = all.s3Store, true
	}
	key, ours := strings.CutPrefix(name, s.store.base())
	if !ok || !ours {
		return nil, nil
	}
	c := &versionCursor{s: st, prefix: key}
	for {
		page, err := c.page(ctx, 1000)
		for _, e := range page {
			switch n, _, _ := strings.Cut(e.Name, VersionMark); {
			case e.Version != "" && e.Name == name+versionSuffix(e.Version):
				versions = append(versions, e.Object)
			case n != name && e.Version == "":
				return versions, nil // what begins like it comes after it
			}
		}
		if err == io.EOF {
			return versions, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// versioned is a store of which all versions are listed.
type versioned struct{ *s3Store }

func (v versioned) level(prefix string) cursor {
	return &versionCursor{s: v.s3Store, prefix: prefix, delimiter: aws.String("/")}
}

func (v versioned) under(prefix, after string) cursor {
	c := &versionCursor{s: v.s3Store, prefix: prefix}
	if after > prefix {
		c.key = &after
	}
	return c
}

func (s *Source) allVersions() bool {
	_, all := s.store.(versioned)
	return all
}
