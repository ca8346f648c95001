package source

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A heldCursor lists entries that are known, sorted by name.
type heldCursor struct {
	entries       []entry
	base          string // of their names, before the key
	prefix, after string
	level         bool
	lists         *atomic.Int64
}

func (c *heldCursor) page(ctx context.Context, max int) (out []entry, err error) {
	c.lists.Add(1)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	i := c.find(c.prefix)
	if c.after > c.prefix {
		if i = c.find(c.after); i < len(c.entries) && c.key(i) == c.after {
			i++
		}
	}
	for ; i < len(c.entries) && strings.HasPrefix(c.key(i), c.prefix); i++ {
		if len(out) >= max {
			return out, nil
		}
		key := c.key(i)
		c.after = key
		if j := strings.IndexByte(key[len(c.prefix):], '/'); c.level && j >= 0 {
			folder := key[:len(c.prefix)+j+1]
			out = append(out, entry{folder: true, Object: cloudtrail.Object{Name: c.base + folder}})
			for i+1 < len(c.entries) && strings.HasPrefix(c.key(i+1), folder) {
				i++
			}
			c.after = c.key(i)
			continue
		}
		out = append(out, c.entries[i])
	}
	return out, io.EOF
}

func (c *heldCursor) key(i int) string { return c.entries[i].Name[len(c.base):] }

// find is where the first entry is whose key is not before key.
func (c *heldCursor) find(key string) int {
	i, _ := slices.BinarySearchFunc(c.entries, c.base+key, func(e entry, name string) int { return strings.Compare(e.Name, name) })
	return i
}
