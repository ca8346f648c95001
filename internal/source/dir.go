package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// Dir is a folder with all that is below it, or one file. Links to files are
// read; a link to a folder outside is followed once, so that loops end. What
// is no regular file (a socket, a pipe, a device) is a Fault and never opened,
// for opening it may wait for ever or do something.
func Dir(path string, opt Options) (*Source, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", abs, plainError(err))
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", abs, plainError(err))
	}
	root := filepath.ToSlash(abs)
	switch {
	case info.IsDir() && !strings.HasSuffix(root, "/"):
		root += "/"
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w", abs, errIrregular)
	}
	opt.Resume = nil // old days are copied into folders, and to look costs nothing
	c := new(counters)
	d := &dir{root: root, real: real, counts: c, followed: map[string]string{}}
	return newSource(d, root, opt, c), nil
}

var (
	errIrregular = errors.New("not a regular file")
	errLinkLoop  = errors.New("a link to a folder that it lies in, or that was read through another link")
)

type dir struct {
	root   string
	real   string // root without links
	counts *counters

	mu       sync.Mutex
	followed map[string]string // real path of a linked folder → the link
	judged   string            // see leavesOut
	linkedTo bool
}

func (d *dir) base() string { return "" }

func (d *dir) level(prefix string) cursor {
	return &dirCursor{d: d, prefix: prefix, level: true}
}

func (d *dir) under(prefix, after string) cursor {
	return &dirCursor{d: d, prefix: prefix, after: after}
}

func (d *dir) open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	// Without O_NONBLOCK a pipe that took the file's place would hang us.
	f, err := os.OpenFile(o.Name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, plainError(err))
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%s: %w", o.Name, errIrregular)
	}
	return openFile{watched{ctx: ctx, name: o.Name, r: f}, f}, nil
}

// An openFile can be read twice, so it need not be spooled.
type openFile struct {
	watched
	io.Seeker
}

// leavesOut reports whether a file is, or may be, reached by a link.
func (d *dir) leavesOut(name string) bool {
	folder := filepath.Dir(name)
	d.mu.Lock()
	defer d.mu.Unlock()
	if folder != d.judged { // many files of one folder follow each other
		rel, err1 := filepath.Rel(d.root, folder)
		real, err2 := filepath.EvalSymlinks(folder)
		d.judged, d.linkedTo = folder, err1 != nil || err2 != nil || real != filepath.Join(d.real, rel)
	}
	return d.linkedTo
}

// plainError takes the path off, since the caller says it.
func plainError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// A dirCursor walks in the order of keys: a folder sorts with its slash, as it
// does in a bucket ("a-b/" before "a/").
type dirCursor struct {
	d             *dir
	prefix, after string
	level         bool
	started       bool
	stack         [][]file // what is left of each folder on the way down
}

// A file is one name in a folder. info is set where a link had to be followed
// to know what it is.
type file struct {
	key    string // ends in a slash for a folder
	dirent fs.DirEntry
	info   fs.FileInfo
	fault  error
}

func (c *dirCursor) page(ctx context.Context, max int) (out []entry, err error) {
	if !c.started {
		c.started = true
		if !strings.HasSuffix(c.prefix, "/") { // the root is one file
			c.stack = append(c.stack, []file{c.d.one(c.prefix)})
		} else if err := c.push(c.prefix); err != nil {
			return nil, err
		}
	}
	for len(c.stack) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(out) >= max {
			return out, nil
		}
		top := &c.stack[len(c.stack)-1]
		if len(*top) == 0 {
			c.stack = c.stack[:len(c.stack)-1]
			continue
		}
		f := (*top)[0]
		*top = (*top)[1:]
		folder := strings.HasSuffix(f.key, "/")
		switch {
		case f.key <= c.after && !(folder && strings.HasPrefix(c.after, f.key)):
		case !folder:
			out = append(out, f.entry())
		case c.level:
			out = append(out, entry{folder: true, Object: cloudtrail.Object{Name: f.key}})
		default:
			if err := c.push(f.key); err != nil {
				out = append(out, entry{Object: cloudtrail.Object{Name: f.key, Size: -1}, err: err})
			}
		}
	}
	return out, io.EOF
}

// push reads a folder. What could be read before an error is kept.
func (c *dirCursor) push(folder string) error {
	c.d.counts.lists.Add(1)
	list, err := os.ReadDir(folder)
	files := make([]file, 0, len(list))
	for _, de := range list {
		if f, ok := c.d.file(folder, de); ok {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.key, b.key) })
	c.stack = append(c.stack, files)
	if err != nil {
		return fmt.Errorf("%s: %w", folder, plainError(err))
	}
	return nil
}

func (d *dir) one(path string) file {
	info, err := os.Stat(path)
	if err != nil {
		return file{key: path, fault: fmt.Errorf("%s: %w", path, plainError(err))}
	}
	return file{key: path, info: info}
}

// file looks at one name in a folder, and reports false for a link whose
// target is listed anyway.
func (d *dir) file(folder string, de fs.DirEntry) (file, bool) {
	f := file{key: folder + de.Name(), dirent: de}
	switch {
	case de.IsDir():
		f.key += "/"
	case de.Type()&fs.ModeSymlink != 0:
		info, err := os.Stat(f.key)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			f.fault = fmt.Errorf("%s: a link to nothing: %w", f.key, fs.ErrNotExist)
		case err != nil:
			f.fault = fmt.Errorf("%s: %w", f.key, plainError(err))
		case info.IsDir():
			return d.linked(f)
		case !info.Mode().IsRegular():
			f.fault = fmt.Errorf("%s: %w", f.key, errIrregular)
		}
		f.info = info
	case !de.Type().IsRegular():
		f.fault = fmt.Errorf("%s: %w", f.key, errIrregular)
	}
	return f, true
}

// linked judges a link to a folder. One that leads into the root is listed by
// its own path; one outside is followed, each real folder through one link.
func (d *dir) linked(f file) (file, bool) {
	real, err := filepath.EvalSymlinks(f.key)
	if err != nil {
		f.fault = fmt.Errorf("%s: %w", f.key, plainError(err))
		return f, true
	}
	if within(real, d.real) {
		return f, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	link := f.key + "/"
	for r, by := range d.followed {
		// The same link is met again when a folder is listed anew.
		if by != link && (within(real, r) || within(r, real)) {
			f.fault = fmt.Errorf("%s: %w", f.key, errLinkLoop)
			return f, true
		}
	}
	if within(d.real, real) {
		f.fault = fmt.Errorf("%s: %w", f.key, errLinkLoop)
		return f, true
	}
	d.followed[real] = link
	f.key = link
	return f, true
}

// within reports whether path is folder or lies below it.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func (f file) entry() entry {
	o := cloudtrail.Object{Name: f.key, Size: -1, Fault: f.fault}
	if f.info == nil && f.fault == nil {
		info, err := f.dirent.Info()
		if err != nil {
			o.Fault = fmt.Errorf("%s: %w", f.key, plainError(err))
		}
		f.info = info
	}
	if f.info != nil {
		o.Size, o.Modified = f.info.Size(), f.info.ModTime()
	}
	return entry{Object: o}
}
