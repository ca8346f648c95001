package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// Memory is a source over names and contents in memory, for tests. The names
// are keys, and the objects' names.
func Memory(objects map[string][]byte, opt Options) *Source {
	c := new(counters)
	st := &memory{objects: maps.Clone(objects), counts: c}
	st.keys = slices.Sorted(maps.Keys(st.objects))
	return newSource(st, "", opt, c)
}

type memory struct {
	objects map[string][]byte
	keys    []string
	counts  *counters
}

func (m *memory) base() string { return "" }

func (m *memory) level(prefix string) cursor { return &memoryCursor{m: m, prefix: prefix, level: true} }

func (m *memory) under(prefix, after string) cursor {
	return &memoryCursor{m: m, prefix: prefix, after: after}
}

func (m *memory) open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	body, ok := m.objects[o.Name]
	if !ok {
		return nil, fmt.Errorf("%s: not there: %w", o.Name, fs.ErrNotExist)
	}
	return watched{ctx: ctx, name: o.Name, r: bytes.NewReader(body)}, nil
}

type memoryCursor struct {
	m             *memory
	prefix, after string
	level         bool
}

func (c *memoryCursor) page(ctx context.Context, max int) (out []entry, err error) {
	c.m.counts.lists.Add(1)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	i, _ := slices.BinarySearch(c.m.keys, c.prefix)
	if c.after > c.prefix {
		var found bool
		if i, found = slices.BinarySearch(c.m.keys, c.after); found {
			i++
		}
	}
	for ; i < len(c.m.keys) && strings.HasPrefix(c.m.keys[i], c.prefix); i++ {
		if len(out) >= max {
			return out, nil
		}
		key := c.m.keys[i]
		c.after = key
		if j := strings.IndexByte(key[len(c.prefix):], '/'); c.level && j >= 0 {
			folder := key[:len(c.prefix)+j+1]
			out = append(out, entry{folder: true, Object: cloudtrail.Object{Name: folder}})
			for i+1 < len(c.m.keys) && strings.HasPrefix(c.m.keys[i+1], folder) {
				i++
			}
			c.after = c.m.keys[i]
			continue
		}
		out = append(out, entry{Object: cloudtrail.Object{Name: key, Size: int64(len(c.m.objects[key])), Modified: memoryTime}})
	}
	return out, io.EOF
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
