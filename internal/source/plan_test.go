package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

func TestLocate(t *testing.T) {
	for folder, want := range map[string]string{
		"":                                 "0 { } ",
		"logs/":                            "0 { } ",
		"AWSLogs/":                         "1 { } ",
		"o-x/AWSLogs/o-x/":                 "1 { } ",
		"AWSLogs/111122223333/":            "1 {111122223333 } ",
		"AWSLogs/o-x/111122223333/":        "1 {111122223333 } ",
		"AWSLogs/o-x/AWSLogs/":             "1 { } ",
		"AWSLogs/111122223333/Config/":     "2 {111122223333 } ",
		"AWSLogs/111122223333/CloudTrail/": "3 {111122223333 CloudTrail} ",
		"AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/":         "4 {111122223333 CloudTrail-Digest} eu-west-1",
		"p/AWSLogs/111122223333/CloudTrail/us-gov-west-1/2024/01/":  "4 {111122223333 CloudTrail} us-gov-west-1",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/02/sub/": "2 {111122223333 CloudTrail} ",
		"AWSLogs/111122223333/CloudTrail/stray/":                    "2 {111122223333 CloudTrail} ",
		"mine/CloudTrail/":                                          "3 {mine } ",
		"mine/CloudTrail/AWSLogs/":                                  "1 { } ",
		"mine/CloudTrail/2024/":                                     "0 { } ",
		"mine/CloudTrail/us-east-1/":                                "4 {mine CloudTrail} us-east-1",
	} {
		p, k, rk := locate(folder)
		if got := fmt.Sprintf("%d {%s %s} %s", p, k.Account, k.Kind, k.Region); got != want {
			t.Errorf("%s: %s, want %s", folder, got, want)
		}
		if (p == region) != (rk != "" && strings.HasPrefix(folder, rk) && strings.HasSuffix(rk, k.Region+"/")) {
			t.Errorf("%s: region's key %q", folder, rk)
		}
	}
}

// A forest is a bucket of an organisation that exists in name only: so many
// accounts, regions, days and objects a day.
type forest struct {
	accounts, regions, days, perDay int
	most                            int // keys on a page; 1000 when it is 0
	lists                           atomic.Int64
	keys                            atomic.Int64
}

var forestStart = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func (f *forest) base() string { return "s3://b/" }
func (f *forest) open(context.Context, cloudtrail.Object) (io.ReadCloser, error) {
	return nil, io.EOF
}
func (f *forest) level(prefix string) cursor { return &forestLevel{f, prefix} }
func (f *forest) under(prefix, after string) cursor {
	c := &forestRegion{f: f, prefix: prefix}
	for c.day < f.days && after != "" && prefix+forestStart.AddDate(0, 0, c.day).Format("2006/01/02/") < after {
		c.day++
	}
	return c
}

type forestLevel struct {
	f      *forest
	prefix string
}

func (c *forestLevel) page(context.Context, int) (out []entry, err error) {
	c.f.lists.Add(1)
	add := func(name string) {
		out = append(out, entry{folder: true, Object: cloudtrail.Object{Name: "s3://b/" + c.prefix + name + "/"}})
	}
	switch strings.Count(c.prefix, "/") {
	case 0:
		add("AWSLogs")
	case 1:
		add("o-abcdef")
	case 2:
		for i := range c.f.accounts {
			add(fmt.Sprintf("%012d", 111122223333+i))
		}
	case 3:
		add("CloudTrail")
		add("CloudTrail-Digest")
		add("CloudTrail-Insight")
	case 4:
		for i := range c.f.regions {
			add(fmt.Sprintf("us-east-%d", i+1))
		}
	}
	return out, io.EOF
}

type forestRegion struct {
	f       *forest
	prefix  string
	day, no int
}

func (c *forestRegion) page(_ context.Context, max int) (out []entry, err error) {
	c.f.lists.Add(1)
	part := strings.Split(c.prefix, "/")
	out = make([]entry, 0, min(max, cmp.Or(c.f.most, 1000)))
	var name []byte
	for c.day < c.f.days {
		if len(out) == cap(out) {
			return out, nil
		}
		at := forestStart.AddDate(0, 0, c.day).Add(time.Duration(c.no) * 24 * time.Hour / time.Duration(c.f.perDay))
		name = at.AppendFormat(append(append(name[:0], "s3://b/"...), c.prefix...), "2006/01/02/")
		for _, p := range part[2:5] {
			name = append(append(name, p...), '_')
		}
		name = append(at.AppendFormat(name, "20060102T1504Z"), '_')
		name = append(strconv.AppendUint(name, uint64(c.no)*2654435761%(1<<32), 16), ".json.gz"...)
		out = append(out, entry{Object: cloudtrail.Object{Name: string(name), Size: 1}})
		c.f.keys.Add(1)
		if c.no++; c.no == c.f.perDay {
			c.no, c.day = 0, c.day+1
		}
	}
	return out, io.EOF
}

// Two hours of one account and region of an organisation's bucket.
func TestWindowCost(t *testing.T) {
	f := &forest{accounts: 20, regions: 17, days: 90, perDay: 288}
	since := forestStart.AddDate(0, 0, 64).Add(14 * time.Hour)
	s := newSource(f, "", Options{Select: Select{
		Since: since, Until: since.Add(2 * time.Hour), Accounts: []string{"111122223340"}, Regions: []string{"us-east-3"}, Kinds: []string{cloudtrail.KindEvents},
	}}, new(counters))
	n := 0
	for o, err := range s.List(t.Context()) {
		k, ok := cloudtrail.ParseKey(o.Name)
		if n++; err != nil || !ok || k.Account != "111122223340" || k.Region != "us-east-3" || k.Kind != cloudtrail.KindEvents {
			t.Fatalf("%+v, %v", o, err)
		}
	}
	c := s.Counts()
	t.Logf("%d objects, %d LISTs, %d keys listed: %+v", n, f.lists.Load(), f.keys.Load(), c)
	// A name of midnight may be one without a time: the day's first passes.
	if want := 26*12 + 3 + 1 + 1; n != want {
		t.Errorf("%d objects, want %d", n, want)
	}
	if f.lists.Load() > 10 || f.keys.Load() > 2000 {
		t.Errorf("%d LISTs, %d keys", f.lists.Load(), f.keys.Load())
	}
}

// A listing of a great bucket streams: what is held does not grow with it.
func TestListStreams(t *testing.T) {
	f := &forest{accounts: 40, regions: 17, days: 10, perDay: 4}
	s := newSource(f, "", Options{}, new(counters))
	var m runtime.MemStats
	var peak uint64
	var at time.Time
	n := 0
	for o, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%10_000 == 0 {
			k, _ := cloudtrail.ParseKey(o.Name)
			if k.Delivered.Before(at) {
				t.Fatalf("%s: goes back", o.Name)
			}
			at = k.Delivered
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if want := f.accounts * 3 * f.regions * f.days * f.perDay; n != want {
		t.Errorf("%d objects, want %d", n, want)
	}
	t.Logf("%d objects, %d LISTs, heap %d MB", n, f.lists.Load(), peak>>20)
	if peak > 200<<20 {
		t.Errorf("heap %d MB", peak>>20)
	}
}

// More foreign folders and loose objects than are worth sorting are listed flat.
func TestForeignTree(t *testing.T) {
	objects := map[string][]byte{}
	for i := range 3000 {
		objects[fmt.Sprintf("a/%d/x/y/z/w/v", i)] = nil
		objects[fmt.Sprintf("b/%d", i)] = nil
		objects[fmt.Sprintf("c/%d/%d/f", i%15, i)] = nil
	}
	objects["d/e/AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/01/111122223333_CloudTrail_us-east-1_20240101T0000Z_u.json.gz"] = nil
	s := Memory(objects, Options{})
	seen := map[string]bool{}
	first := ""
	for o, err := range s.List(t.Context()) {
		if err != nil || seen[o.Name] {
			t.Fatalf("%s: %v, or twice", o.Name, err)
		}
		if first == "" {
			first = o.Name
		}
		seen[o.Name] = true
	}
	if len(seen) != len(objects) || !strings.HasPrefix(first, "d/e/AWSLogs") {
		t.Errorf("%d of %d objects, first %s", len(seen), len(objects), first)
	}
	t.Logf("%d LISTs for %d objects", s.Counts().Lists, len(objects))
	if n := s.Counts().Lists; n > 2*maxForeign {
		t.Errorf("%d LISTs", n)
	}
}

// A folder that cannot be read is named, and the rest goes on.
func TestDirFolderGoes(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"a/1", "b/2", "c/3"} {
		path := filepath.Join(dir, f)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	src, err := Dir(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := src.store.under(src.root, "")
	var got []string
	for err == nil {
		var page []entry
		page, err = c.page(t.Context(), 1)
		for _, e := range page {
			got = append(got, fmt.Sprintf("%s %v", strings.TrimPrefix(e.Name, src.root), e.err))
		}
		os.RemoveAll(filepath.Join(dir, "b"))
	}
	if want := fmt.Sprintf("[a/1 <nil> b/ %s/b/: no such file or directory c/3 <nil>]", dir); fmt.Sprint(got) != want || err != io.EOF {
		t.Errorf("%v, %v, want %s", got, err, want)
	}
}

func BenchmarkList(b *testing.B) {
	f := &forest{accounts: 20, regions: 17, days: 10, perDay: 288}
	n := 0
	for b.Loop() {
		for range newSource(f, "", Options{}, new(counters)).List(b.Context()) {
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/object")
}

// Objects of access logs are judged by the dates in their keys, in both layouts.
func TestAccessLogWindow(t *testing.T) {
	objects := map[string][]byte{}
	for day := 1; day <= 9; day++ {
		objects[fmt.Sprintf("logs/2025-07-%02d-10-30-00-0123456789ABCDEF", day)] = nil
		objects[fmt.Sprintf("parted/111122223333/eu-west-1/bucket/2025/07/%02d/2025-07-%02[1]d-10-30-00-0123456789ABCDEF", day)] = nil
	}
	at := time.Date(2025, 7, 5, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		sel  Select
		want int
	}{
		{Select{}, 18},
		{Select{Since: at}, 10},
		{Select{Since: at.Add(time.Hour)}, 8},
		{Select{Since: at, Until: at.Add(2 * time.Hour)}, 4}, // a day late is not too late
		{Select{Accounts: []string{"444455556666"}}, 9},      // of the others the key does not tell
		{Select{Regions: []string{"us-east-1"}}, 9},
	} {
		s := Memory(objects, Options{Select: c.sel})
		n := 0
		for o, err := range s.List(t.Context()) {
			if err != nil {
				t.Fatal(o, err)
			}
			n++
		}
		if n != c.want {
			t.Errorf("%+v: %d objects, not %d", c.sel, n, c.want)
		}
	}
}

// A second listing of an unchanged bucket costs next to nothing, and finds what came
// late to a day that is listed again.
func TestResume(t *testing.T) {
	f := &forest{accounts: 3, regions: 3, days: 90, perDay: 40, most: 100} // as 400 a day by the thousand
	list := func(resume func(string) time.Time) (s *Source, objects int, lists int64) {
		s = newSource(f, "", Options{Resume: resume}, new(counters))
		before := f.lists.Load()
		for _, err := range s.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			objects++
		}
		return s, objects, f.lists.Load() - before
	}
	s, all, first := list(nil)
	if want := 3 * 3 * 3 * 90 * 40; all != want || len(s.Listed()) != 3*3*3 {
		t.Fatalf("%d objects of %d, in %d folders", all, want, len(s.Listed()))
	}
	known := map[string]bool{}
	for _, folder := range s.Listed() {
		known[folder] = true
	}
	last := forestStart.AddDate(0, 0, 88)
	_, again, second := list(func(folder string) time.Time {
		if !known[folder] {
			t.Errorf("%s was not listed", folder)
		}
		return last.Add(5 * time.Hour)
	})
	if want := 3 * 3 * 3 * 2 * 40; again != want {
		t.Errorf("%d objects the second time, want %d: of two days", again, want)
	}
	t.Logf("%d LISTs, then %d", first, second)
	if float64(second) > 0.05*float64(first) {
		t.Errorf("%d LISTs after %d", second, first)
	}
	if _, n, _ := list(func(string) time.Time { return time.Time{} }); n != all {
		t.Errorf("%d objects, want %d", n, all)
	}
}

// A folder that could not be listed to its end is not among those that were.
func TestListedNot(t *testing.T) {
	key := "AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/%02d/111122223333_CloudTrail_us-east-1_202401%02[1]dT0000Z_u.json.gz"
	objects := map[string][]byte{"loose": nil}
	for day := 1; day <= 5; day++ {
		objects[fmt.Sprintf(key, day)] = nil
	}
	s := Memory(objects, Options{})
	for range s.List(t.Context()) {
		break // the consumer leaves: nothing was listed to its end
	}
	if got := s.Listed(); len(got) > 1 {
		t.Errorf("%v", got)
	}
	for _, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Listed(); len(got) != 1 || got[0] != "AWSLogs/111122223333/CloudTrail/us-east-1/" {
		t.Errorf("%v", got)
	}
}
