package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// Memory is a source over names and contents in memory, for tests. The names
// are keys, and the objects' names.
func Memory(objects map[string][]byte, opt Options) *Source {
	c := new(counters)
	st := &memory{objects: maps.Clone(objects), counts: c}
	for _, key := range slices.Sorted(maps.Keys(st.objects)) {
		st.entries = append(st.entries, entry{Object: cloudtrail.Object{Name: key, Size: int64(len(st.objects[key])), Modified: memoryTime}})
	}
	return newSource(st, "", opt, c)
}

type memory struct {
	objects map[string][]byte
	entries []entry
	counts  *counters
}

func (m *memory) base() string { return "" }

func (m *memory) level(prefix string) cursor {
	return &heldCursor{entries: m.entries, prefix: prefix, level: true, lists: &m.counts.lists}
}

func (m *memory) under(prefix, after string) cursor {
	return &heldCursor{entries: m.entries, prefix: prefix, after: after, lists: &m.counts.lists}
}

func (m *memory) open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	body, ok := m.objects[o.Name]
	if !ok {
		return nil, fmt.Errorf("%s: not there: %w", o.Name, fs.ErrNotExist)
	}
	return watched{ctx: ctx, name: o.Name, r: bytes.NewReader(body)}, nil
}

// memoryTime is fixed, so that what is listed twice is the same.
var memoryTime = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// watched is a reader that ends when its context does.
type watched struct {
	ctx  context.Context
	name string
	r    io.Reader
}

func (w watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, fmt.Errorf("%s: %w", w.name, err)
	}
	return w.r.Read(p)
}

func (w watched) Close() error {
	if c, ok := w.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
