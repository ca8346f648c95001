package cloudtrail

import (
	"context"
	"errors"
	"fmt"
)

// older looks for a version of what is missing or modified that fits, and says in
// words to be added to a reason what it found.
func (w *walk) older(ctx context.Context, src DigestSource, name string, fits func(Object) (bool, error)) (*Object, string) {
	keeps, ok := src.(VersionSource)
	if !w.Versions || !ok {
		return nil, ""
	}
	versions, err := keeps.Versions(ctx, name)
	if err != nil {
		return nil, "; its versions are not known: " + why(err, name)
	}
	for _, v := range versions {
		fit, err := fits(v)
		var bad unfit
		switch {
		case err == nil && fit:
			return &v, "; a version of it is there and valid: " + v.Name
		case err != nil && !errors.As(err, &bad):
			return nil, "; a version of it is there and cannot be read: " + why(err, "")
		}
	}
	switch n := len(versions); n {
	case 0:
		return nil, "; no other version of it is there"
	case 1:
		return nil, "; a version of it is there, modified: " + versions[0].Name
	default:
		return nil, fmt.Sprintf("; %d versions of it are there, all modified, the newest %s", n, versions[0].Name)
	}
}
