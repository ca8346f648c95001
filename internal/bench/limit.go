package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"
)

// A reader of files does its work on one file's bytes after the other.
type reader interface {
	read(name string, stored []byte) error
	// close ends the reader, and says what it found.
	close() (findings, error)
}

// readAll has one reader a processor share the files.
func readAll(ctx context.Context, files []string, newReader func() (reader, error)) (all findings, err error) {
	todo := make(chan string, len(files))
	for _, f := range files {
		todo <- f
	}
	close(todo)
	found := make([]findings, runtime.GOMAXPROCS(0))
	g, ctx := errgroup.WithContext(ctx)
	for i := range found {
		g.Go(func() (err error) {
			r, err := newReader()
			if err != nil {
				return err
			}
			err = readSome(ctx, todo, r)
			f, closing := r.close()
			found[i] = f
			return errors.Join(err, closing)
		})
	}
	err = g.Wait()
	for _, f := range found {
		all.Rows += f.Rows
		all.Stored += f.Stored
		all.Inflated += f.Inflated
	}
	return all, err
}

func readSome(ctx context.Context, todo <-chan string, r reader) error {
	var buf bytes.Buffer
	for name := range todo {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		buf.Reset()
		_, err = buf.ReadFrom(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		if err := r.read(name, buf.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// A gunzipper inflates files and throws the text away.
type gunzipper struct {
	gz    gzip.Reader
	text  []byte
	found findings
}

func newGunzipper() (reader, error) { return &gunzipper{text: make([]byte, 1<<20)}, nil }

func (g *gunzipper) read(_ string, stored []byte) error {
	g.found.Stored += int64(len(stored))
	if err := g.gz.Reset(bytes.NewReader(stored)); err != nil {
		return err
	}
	for {
		n, err := g.gz.Read(g.text)
		g.found.Inflated += int64(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (g *gunzipper) close() (findings, error) { return g.found, nil }

// A splitter decodes files as a load does, and throws the rows away.
type splitter struct {
	batch   *cloudtrail.Batch
	decoder cloudtrail.Decoder
	found   findings
}

func newSplitter() (reader, error) {
	b, err := cloudtrail.NewBatch()
	return &splitter{batch: b}, err
}

// batchText is how much text makes a batch full: about what a load's 49,152 events hold.
const batchText = 64 << 20

func (s *splitter) read(name string, stored []byte) error {
	o := cloudtrail.Object{Name: name, Size: int64(len(stored))}
	if err := s.decoder.Decode(s.batch, o, cloudtrail.Body{ReadSeeker: bytes.NewReader(stored), Bytes: stored}); err != nil {
		return err
	}
	s.found.Stored += o.Size
	if s.batch.Bytes() >= batchText {
		s.empty()
	}
	return nil
}

func (s *splitter) empty() {
	s.found.Rows += int64(s.batch.Rows())
	for i := range s.batch.Objects {
		s.found.Inflated += s.batch.Objects[i].Inflated
	}
	s.batch.Reset()
}

func (s *splitter) close() (findings, error) {
	s.empty()
	return s.found, s.batch.Close()
}
