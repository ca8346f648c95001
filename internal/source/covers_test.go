package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/load"
)

// planned is what a load of the sources would read, and how often it is told of an
// error.
func planned(t *testing.T, sources []*Source) (objects, errs int) {
	t.Helper()
	var all []load.Source
	for _, s := range sources {
		all = append(all, s)
	}
	p, err := load.Plan(t.Context(), all, load.Empty{}, load.Options{Report: func(load.Event) { errs++ }})
	if err != nil {
		t.Fatal(err)
	}
	return p.Objects, errs
}

// An object of sources that overlap is taken once, whichever comes first, and none
// is taken for read that was not listed.
func TestOverlap(t *testing.T) {
	region := "AWSLogs/111122223333/CloudTrail/us-east-1/"
	objects := map[string][]byte{"a": nil, "ab": nil, "b/1": nil, "b/2": nil}
	for day := 1; day <= 3; day++ {
		objects[fmt.Sprintf("%s2024/01/%02d/111122223333_CloudTrail_us-east-1_202401%02[2]dT0000Z_u.json.gz", region, day)] = nil
	}
	third := func(string) time.Time { return time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		roots   []string
		resume  func(string) time.Time
		objects int
		errs    int
	}{
		{[]string{""}, nil, 7, 0},
		{[]string{"", ""}, nil, 7, 0},
		{[]string{"b/", "", "AWSLogs/"}, nil, 7, 0},
		{[]string{"b/2", "b/", "b/1"}, nil, 2, 0},
		{[]string{region + "2024/01/02/", "AWSLogs/"}, third, 2, 0},
		{[]string{region, "AWSLogs/"}, third, 1, 0},
		{[]string{"a", "ab"}, nil, 2, 0}, // a root that is an object's name is that object
		{[]string{"ab", "a", "ab"}, nil, 2, 0},
		{[]string{"", "bb/"}, nil, 7, 1}, // a name that was typed wrong is told
		{[]string{"AWSLogs/", region}, third, 1, 0},
		{[]string{"AWSLogs/", region + "2024/01/02/"}, third, 2, 0}, // the folder begins with the third
		{[]string{"AWSLogs/1111", "AWSLogs/111122223333/"}, nil, 3, 0},
	} {
		var sources []*Source
		for _, root := range c.roots {
			m := Memory(objects, Options{Resume: c.resume})
			m.root, m.must = root, root != ""
			sources = append(sources, m)
		}
		if objects, errs := planned(t, sources); objects != c.objects || errs != c.errs {
			t.Errorf("%q: %d objects and %d errors, not %d and %d", c.roots, objects, errs, c.objects, c.errs)
		}
	}
}

// What a source could not list, another one in it may.
func TestOverlapRefused(t *testing.T) {
	objects := map[string][]byte{"b/1": nil, "b/2": nil, "c/1": nil}
	all, b, c := Memory(objects, Options{}), Memory(objects, Options{}), Memory(objects, Options{})
	all.store = refusing{all.store, "b/"}
	b.root, c.root = "b/", "c/"
	if objects, errs := planned(t, []*Source{b, c, all}); objects != 3 || errs != 1 {
		t.Errorf("%d objects, %d errors", objects, errs)
	}
}

// refusing refuses to list a folder.
type refusing struct {
	store
	folder string
}

func (r refusing) level(prefix string) cursor { return r.or(prefix, r.store.level(prefix)) }
func (r refusing) under(prefix, after string) cursor {
	return r.or(prefix, r.store.under(prefix, after))
}
func (r refusing) or(prefix string, c cursor) cursor {
	if prefix == r.folder {
		return refused{}
	}
	return c
}

type refused struct{}

func (refused) page(context.Context, int) ([]entry, error) { return nil, errors.New("refused") }

// A link that leads back into the folder is not followed there, but is where it is
// named.
func TestOverlapLinks(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"sub/1", "sub/2", "other/3"} {
		path := filepath.Join(dir, f)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("sub", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		paths []string
		want  int
	}{
		{[]string{".", "sub", "other/3", "."}, 3},
		{[]string{"sub", "other"}, 3},
		{[]string{".", "link"}, 5},
	} {
		var sources []*Source
		for _, path := range c.paths {
			s, err := Dir(filepath.Join(dir, path), Options{})
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, s)
		}
		if objects, errs := planned(t, sources); objects != c.want || errs != 0 {
			t.Errorf("%q: %d objects, not %d; %d errors", c.paths, objects, c.want, errs)
		}
	}
}

// A window that was listed before costs no request for a region's folder.
func TestWindowKnown(t *testing.T) {
	f := &forest{accounts: 2, regions: 3, days: 90, perDay: 10}
	since := forestStart.AddDate(0, 0, 10)
	for _, c := range []struct {
		resume time.Time
		lists  bool
	}{{time.Time{}, true}, {since.AddDate(0, 0, 2), true}, {since.AddDate(0, 0, 3), false}} {
		s := newSource(f, "", Options{Select: Select{Since: since, Until: since.AddDate(0, 0, 1)}, Resume: func(string) time.Time { return c.resume }}, new(counters))
		before := f.keys.Load()
		for _, err := range s.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if listed := f.keys.Load() > before; listed != c.lists || len(s.Listed()) != 2*3*3 {
			t.Errorf("from %v: listed %v, %d folders", c.resume, listed, len(s.Listed()))
		}
	}
}
