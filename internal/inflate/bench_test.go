package inflate

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"sync"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"

	"github.com/ctsql/ctsql/internal/synth"
)

// trail is a trail's objects, of about 150 records each.
var trail = sync.OnceValues(func() ([][]byte, error) {
	var bodies [][]byte
	_, err := synth.Write(context.Background(), synth.Config{Events: 20_000, EventsPerFile: 150},
		func(_ string, body []byte) error {
			bodies = append(bodies, body)
			return nil
		})
	return bodies, err
})

// BenchmarkTrail inflates whole objects into one large buffer, as a load does:
// with this package, and with the readers that it stands in for.
func BenchmarkTrail(b *testing.B) {
	bodies, err := trail()
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 8<<20)
	var size int64
	var d Decoder
	for _, body := range bodies {
		n, _, err := d.Gzip(dst, body)
		if err != nil {
			b.Fatal(err)
		}
		size += int64(n)
	}
	run := func(name string, inflate func(body []byte) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, body := range bodies {
					if err := inflate(body); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	run("inflate", func(body []byte) error {
		_, _, err := d.Gzip(dst, body)
		return err
	})
	var in bytes.Reader
	var k kgzip.Reader
	run("klauspost", func(body []byte) error {
		in.Reset(body)
		if err := k.Reset(&in); err != nil {
			return err
		}
		return drain(&k, dst)
	})
	var z gzip.Reader
	run("stdlib", func(body []byte) error {
		in.Reset(body)
		if err := z.Reset(&in); err != nil {
			return err
		}
		return drain(&z, dst)
	})
}

// drain reads r to its end, as much at a time as there is room for.
func drain(r io.Reader, dst []byte) error {
	for n := 0; ; {
		m, err := r.Read(dst[n:])
		n += m
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
