package load_test

import (
	"context"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
)

type dir string

func (d dir) List(context.Context) iter.Seq2[cloudtrail.Object, error] {
	return func(yield func(cloudtrail.Object, error) bool) {
		filepath.WalkDir(string(d), func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			i, _ := e.Info()
			yield(cloudtrail.Object{Name: p, Size: i.Size(), Modified: i.ModTime()}, nil)
			return nil
		})
	}
}
func (d dir) Open(_ context.Context, o cloudtrail.Object) (load.Body, error) { return os.Open(o.Name) }

func TestExp(t *testing.T) {
	src := os.Getenv("EXP")
	if src == "" {
		t.SkipNow()
	}
	ctx := context.Background()
	path := os.Getenv("EXPOUT")
	if path == "" {
		path = filepath.Join(t.TempDir(), "c.duckdb")
	}
	start := time.Now()
	w, err := cache.OpenWriter(ctx, path, cache.WriterOptions{Workers: 2, LoadedBy: "me"})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := load.Load(ctx, []load.Source{dir(src)}, w, load.Options{Workers: 2, Report: func(e load.Event) { t.Logf("%+v", e) }})
	t.Log(time.Since(start))
	if e := w.Close(ctx); e != nil {
		t.Fatal(e)
	}
	var u syscall.Rusage
	syscall.Getrusage(0, &u)
	st, _ := os.Stat(path)
	t.Logf("%+v %v wall %v cpu %v rss %d MB cache %d MB", sum, err, time.Since(start), time.Duration(u.Utime.Nano()+u.Stime.Nano()), u.Maxrss/1024, st.Size()>>20)
}
