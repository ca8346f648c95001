package source_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
)

func TestDirLinks(t *testing.T) {
	top := t.TempDir()
	dir, other := filepath.Join(top, "logs"), filepath.Join(top, "other")
	writeFile(t, filepath.Join(dir, "sub/file"), []byte("f"))
	writeFile(t, filepath.Join(other, "deep/far"), []byte("far"))
	for link, target := range map[string]string{
		"file-link": "sub/file", "dangling": "nowhere", "self": "self", "loop": ".", "sub/up": "../..",
		"other": other, "sub-again": "sub", "zother": filepath.Join(other, "deep"),
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(dir, filepath.Join(other, "back")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range all(t, must(source.Dir(dir, source.Options{}))(t)) {
		line := strings.TrimPrefix(o.Name, dir+"/")
		if o.Fault != nil {
			line += ": " + strings.TrimPrefix(o.Fault.Error(), o.Name+": ")
		}
		got = append(got, line)
	}
	want := []string{
		"dangling: a link to nothing: file does not exist",
		"file-link",
		"other/deep/far",
		"self: too many levels of symbolic links",
		"sub/file",
		"sub/up: a link to a folder that it lies in, or that was read through another link",
		"zother: a link to a folder that it lies in, or that was read through another link",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// What is no file is told, and nobody waits for it.
func TestDirIrregular(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero")); err != nil {
		t.Fatal(err)
	}
	src := must(source.Dir(dir, source.Options{}))(t)
	objects := all(t, src)
	if len(objects) != 3 {
		t.Errorf("%v", names(objects))
	}
	for _, o := range objects {
		if o.Fault == nil || o.Fault.Error() != o.Name+": not a regular file" {
			t.Errorf("%s: %v", o.Name, o.Fault)
		}
		// Even when it took a file's place after the listing.
		if _, err := src.Open(t.Context(), cloudtrail.Object{Name: o.Name}); err == nil {
			t.Errorf("%s was opened", o.Name)
		}
	}
	if _, err := source.New(t.Context(), filepath.Join(dir, "fifo"), source.Options{}); err == nil {
		t.Error("a pipe as root was taken")
	}
}

func TestDirOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.json")
	writeFile(t, path, []byte("{}"))
	src := must(source.New(t.Context(), path, source.Options{}))(t)
	objects := all(t, src)
	if len(objects) != 1 || objects[0].Name != path || objects[0].Size != 2 {
		t.Errorf("%+v", objects)
	}
	rc, err := src.Open(t.Context(), objects[0])
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if _, ok := rc.(io.Seeker); !ok {
		t.Error("a file cannot be read twice")
	}
	if n := len(all(t, must(source.New(t.Context(), t.TempDir(), source.Options{}))(t))); n != 0 {
		t.Errorf("an empty folder holds %d objects", n)
	}
}

// The root itself goes away, which ends the listing.
func TestDirGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	writeFile(t, filepath.Join(dir, "a/x"), nil)
	src := must(source.New(t.Context(), dir, source.Options{}))(t)
	os.RemoveAll(dir)
	if _, errs := lastError(t, src); len(errs) != 1 || !errors.Is(errs[0], fs.ErrNotExist) {
		t.Errorf("%v", errs)
	}
}

func TestDirPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a/x"), nil)
	writeFile(t, filepath.Join(dir, "b/x"), nil)
	os.Chmod(filepath.Join(dir, "a"), 0)
	defer os.Chmod(filepath.Join(dir, "a"), 0o700)
	n, errs := lastError(t, must(source.New(t.Context(), dir, source.Options{}))(t))
	if n != 1 || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), filepath.Join(dir, "a")+"/: permission denied") {
		t.Errorf("%d objects, %v", n, errs)
	}
}
