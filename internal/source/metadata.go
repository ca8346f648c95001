package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// What lies beside a file and stands for what S3 kept with the object, since a
// file has no user metadata. Neither is ever an object's name in a trail.
const (
	// SignatureFile follows a digest's name. The file holds the digest's
	// signature in hex: the value of x-amz-meta-signature.
	SignatureFile = ".sig"
	// MetadataFile follows an object's name. The file holds what
	// `aws s3api head-object` prints: JSON with a member Metadata.
	MetadataFile = ".metadata.json"
)

// maxSidecar is many times what S3 allows: 2 KB of user metadata.
const maxSidecar = 64 << 10

// OpenWithMetadata is Open, and the user metadata that is stored with the
// object: of S3 the x-amz-meta- headers, in lower case and without that prefix;
// of a file what SignatureFile or else MetadataFile beside it says, and none
// without them.
func (s *Source) OpenWithMetadata(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, map[string]string, error) {
	rc, err := s.Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if b, ok := rc.(*body); ok {
		return rc, lowerKeys(b.metadata), nil
	}
	metadata, err := s.sidecars(ctx, o.Name)
	if err != nil {
		return nil, nil, errors.Join(err, rc.Close())
	}
	return rc, metadata, nil
}

// Root is what the names of all its objects begin with: a folder with its final
// slash, s3://bucket/prefix, or the name of the one object.
func (s *Source) Root() string { return s.store.base() + s.root }

func (s *Source) sidecars(ctx context.Context, name string) (map[string]string, error) {
	text, err := s.sidecar(ctx, name+SignatureFile)
	if text != nil || err != nil {
		return map[string]string{"signature": strings.TrimSpace(string(text))}, err
	}
	text, err = s.sidecar(ctx, name+MetadataFile)
	if text == nil || err != nil {
		return nil, err
	}
	var head struct{ Metadata map[string]string }
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("%s: not what aws s3api head-object prints: %w", name+MetadataFile, err)
	}
	return lowerKeys(head.Metadata), nil
}

// sidecar reads a small file, and returns nil for one that is not there.
func (s *Source) sidecar(ctx context.Context, name string) (text []byte, err error) {
	rc, err := s.store.open(ctx, cloudtrail.Object{Name: name, Size: -1})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rc.Close()) }()
	text, err = io.ReadAll(io.LimitReader(rc, maxSidecar+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxSidecar:
		return nil, fmt.Errorf("%s: more than %d bytes", name, maxSidecar)
	case text == nil:
		text = []byte{}
	}
	return text, nil
}

func lowerKeys(m map[string]string) map[string]string {
	lower := maps.Clone(m)
	clear(lower)
	for k, v := range m {
		lower[strings.ToLower(k)] = v
	}
	return lower
}
