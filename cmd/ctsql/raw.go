package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
)

// raw returns a record's text as it is in its object.
func (op opening) raw(ctx context.Context, object string, index int64) ([]byte, error) {
	spec, _, version := strings.Cut(object, source.VersionMark)
	op.options.Versions = version
	sources, err := op.open(ctx, spec)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		for o, err := range s.List(ctx) {
			if err != nil {
				return nil, err
			}
			if o.Name != object {
				continue
			}
			r, err := s.Open(ctx, o)
			if err != nil {
				return nil, err
			}
			stored, err := io.ReadAll(r)
			if err = errors.Join(err, r.Close()); err != nil {
				return nil, err
			}
			return recordOf(o, stored, index)
		}
	}
	return nil, fmt.Errorf("%s is not there any more", object)
}

// recordOf finds a record in an object.
func recordOf(o cloudtrail.Object, stored []byte, index int64) (record []byte, err error) {
	b, err := cloudtrail.NewBatch()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	d := cloudtrail.Decoder{Found: func(i int64, text []byte) {
		if i == index {
			record = bytes.Clone(text)
		}
	}}
	for _, err := range d.Large(b, o, cloudtrail.Body{ReadSeeker: bytes.NewReader(stored), Bytes: stored}) {
		if err != nil {
			return nil, err
		}
	}
	if record == nil {
		return nil, fmt.Errorf("%s has no record %d any more", o.Name, index)
	}
	return record, nil
}
