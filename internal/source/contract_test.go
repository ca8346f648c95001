package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// A place makes sources over given objects; the contract below is the same for
// all of them.
type place struct {
	name string
	// fill stores the objects and returns how to open them and what comes
	// before a key in an object's name.
	fill func(t *testing.T, objects map[string][]byte) (open func(opt source.Options) *source.Source, base string)
	// holds reports whether the place can hold such a key.
	holds func(key string) bool
}

func anyKey(string) bool { return true }

func places() []place {
	return []place{
		{"Memory", fillMemory, anyKey},
		{"Dir", fillDir, func(k string) bool {
			return !strings.HasSuffix(k, "/") && !strings.Contains(k, "//") && filepath.IsLocal(k) && filepath.Clean(k) == k
		}},
		// gofakes3 writes keys into XML as they are and drops leading slashes.
		{"S3", fillS3, func(k string) bool { return !strings.HasPrefix(k, "/") && !strings.ContainsAny(k, "\x01\r") }},
		// Its objects are files; a key with a final slash is a folder's marker.
		{"versitygw", fillVersity, func(k string) bool {
			return k == "marker/" || filepath.IsLocal(k) && filepath.Clean(k) == k && !strings.ContainsAny(k, "\x01\r")
		}},
	}
}

func fillMemory(t *testing.T, objects map[string][]byte) (func(source.Options) *source.Source, string) {
	return func(opt source.Options) *source.Source { return source.Memory(objects, opt) }, ""
}

func fillDir(t *testing.T, objects map[string][]byte) (func(source.Options) *source.Source, string) {
	dir := t.TempDir()
	for k, body := range objects {
		writeFile(t, filepath.Join(dir, k), body)
	}
	return func(opt source.Options) *source.Source { return must(source.New(t.Context(), dir, opt))(t) }, dir + "/"
}

func fillS3(t *testing.T, objects map[string][]byte) (func(source.Options) *source.Source, string) {
	srv := startS3(t)
	for k, body := range objects {
		srv.Put("logs", k, body)
	}
	return func(opt source.Options) *source.Source {
		return must(source.New(t.Context(), "s3://logs", quick(opt)))(t)
	}, "s3://logs/"
}

// fillVersity is a server that somebody else wrote, to keep the one in process
// honest. It runs where it is installed.
func fillVersity(t *testing.T, objects map[string][]byte) (func(source.Options) *source.Source, string) {
	bin, err := exec.LookPath("versitygw")
	if err != nil {
		t.Skip("versitygw is not installed: this half of the contract was NOT checked (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, "--access", "AKIDEXAMPLE", "--secret", "secret", "--port", addr, "--quiet", "posix", dir)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() })
	setEnv(t, (&s3test.Server{URL: "http://" + addr}).Env())
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(cfg)
	for i := 0; ; i++ {
		if _, err = client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("logs")}); err == nil {
			break
		}
		if i == 50 {
			t.Fatalf("versitygw does not answer: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	for k, body := range objects {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("logs"), Key: &k, Body: bytes.NewReader(body)}); err != nil {
			t.Fatalf("put %q: %v", k, err)
		}
	}
	return func(opt source.Options) *source.Source {
		return must(source.New(t.Context(), "s3://logs", quick(opt)))(t)
	}, "s3://logs/"
}

// oddKeys are names that exist, whatever one thinks of them.
var oddKeys = []string{
	"plus+and space.json", "100%25.json", "per%cent", "naïve/日本語.json", "line\nfeed.json", "tab\there",
	"a&b<c>'\"d\".json", ".hidden", "odd/.hidden", "a-b/c", "a/c", "a.b", "a=b/c;d", "~", "?q=1#x",
	"up/../down.json", "./here", "double//slash", "trail/", "/lead", "ctrl\x01", "cr\rx",
	"AWSLogs/loose.json", "AWSLogs/111122223333/Config/x.json", "AWSLogs/111122223333/CloudTrail/loose.json",
	"AWSLogs/111122223333/CloudTrail/us-east-1/loose.json", "AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/05/loose.json",
}

// trail makes objects in CloudTrail's layout, and odd ones.
func trail(t *testing.T, holds func(string) bool) map[string][]byte {
	objects := map[string][]byte{}
	start := time.Date(2024, 2, 28, 22, 0, 0, 0, time.UTC)
	for i := range 60 {
		for a, account := range []string{"AWSLogs/111122223333", "AWSLogs/o-abc123/444455556666", "ct/o-abc123/AWSLogs/o-abc123/777788889999"} {
			region := []string{"us-east-1", "eu-central-1", "us-gov-west-1"}[(i+a)%3]
			key := keyOf(account, "CloudTrail", region, start.Add(time.Duration(i*i)*time.Minute+time.Duration(a)*time.Second), fmt.Sprint(i))
			objects[key] = []byte(strings.Repeat("x", i))
		}
	}
	objects[keyOf("AWSLogs/111122223333", "CloudTrail-Insight", "us-east-1", start, "I")] = nil
	for _, k := range oddKeys {
		if holds(k) {
			objects[k] = []byte("odd")
		}
	}
	if holds("marker/") {
		objects["marker/"] = nil
	}
	return objects
}

func keyOf(account, kind, region string, at time.Time, unique string) string {
	return fmt.Sprintf("%s/%s/%s/%s/%s_%s_%s_%s_%s.json.gz", account, kind, region, at.Format("2006/01/02"),
		account[strings.LastIndexByte(account, '/')+1:], kind, region, at.Format("20060102T1504Z"), unique)
}

func TestContract(t *testing.T) {
	for _, p := range places() {
		t.Run(p.name, func(t *testing.T) {
			objects := trail(t, p.holds)
			open, base := p.fill(t, objects)
			src := open(source.Options{})
			t.Run("listed is what is there", func(t *testing.T) { contractList(t, src, base, objects) })
			t.Run("in order", func(t *testing.T) { contractOrder(t, src, base) })
			t.Run("opened is what was stored", func(t *testing.T) { contractOpen(t, src, base, objects) })
			t.Run("missing", func(t *testing.T) { contractMissing(t, src, base) })
			t.Run("cancel", func(t *testing.T) { contractCancel(t, src) })
			t.Run("break", func(t *testing.T) { contractBreak(t, src) })
			t.Run("select", func(t *testing.T) { contractSelect(t, open, base, objects) })
		})
	}
}

func contractList(t *testing.T, src *source.Source, base string, objects map[string][]byte) {
	got := map[string]int64{}
	for _, o := range all(t, src) {
		if _, twice := got[o.Name]; twice {
			t.Errorf("%q is listed twice", o.Name)
		}
		if o.Fault != nil || o.Modified.IsZero() {
			t.Errorf("%q: fault %v, modified %v", o.Name, o.Fault, o.Modified)
		}
		got[o.Name] = o.Size
	}
	for k, body := range objects {
		size, ok := got[base+k]
		delete(got, base+k)
		switch {
		case len(body) == 0 && strings.HasSuffix(k, "/"):
			if ok {
				t.Errorf("the marker %q is listed", k)
			}
		case !ok:
			t.Errorf("%q is not listed", k)
		case size != int64(len(body)):
			t.Errorf("%q: size %d, want %d", k, size, len(body))
		}
	}
	for name := range got {
		t.Errorf("%q is listed and not there", name)
	}
}

// contractOrder: by time first, then what has none, in the order of names.
func contractOrder(t *testing.T, src *source.Source, base string) {
	var at time.Time
	rest := ""
	for _, o := range all(t, src) {
		k, ok := cloudtrail.ParseKey(strings.TrimPrefix(o.Name, base))
		switch {
		case strings.Contains(o.Name, "/loose.json"): // goes with its folder
		case !ok:
			if o.Name < rest {
				t.Errorf("%q comes after %q", o.Name, rest)
			}
			rest = o.Name
		case rest != "" || k.Delivered.Before(at):
			t.Errorf("%q comes too late", o.Name)
		default:
			at = k.Delivered
		}
	}
	if !slices.Equal(all(t, src), all(t, src)) {
		t.Error("two listings differ")
	}
}

func contractOpen(t *testing.T, src *source.Source, base string, objects map[string][]byte) {
	for _, o := range all(t, src) {
		rc, err := src.Open(t.Context(), o)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		got, err := io.ReadAll(rc)
		if err != nil || !bytes.Equal(got, objects[strings.TrimPrefix(o.Name, base)]) {
			t.Errorf("%q: %q, %v", o.Name, got, err)
		}
		if err := rc.Close(); err != nil {
			t.Errorf("%q: close: %v", o.Name, err)
		}
	}
}

func contractMissing(t *testing.T, src *source.Source, base string) {
	_, err := src.Open(t.Context(), cloudtrail.Object{Name: base + "no such", Size: 5})
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), base+"no such: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	fault := errors.New("fault")
	if _, err := src.Open(t.Context(), cloudtrail.Object{Name: base + "x", Fault: fault}); err != fault {
		t.Errorf("an object with a fault: %v", err)
	}
}

func contractCancel(t *testing.T, src *source.Source) {
	ctx, cancel := context.WithCancel(t.Context())
	var last error
	n := 0
	var first cloudtrail.Object
	for o, err := range src.List(ctx) {
		if n++; n == 1 {
			first = o
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) || n > 2 {
		t.Errorf("after %d: %v", n, last)
	}
	if _, err := src.Open(ctx, first); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	rc, err := src.Open(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	cancel()
	if _, err := io.ReadAll(rc); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), first.Name+": ") {
		t.Errorf("read: %v", err)
	}
}

func contractBreak(t *testing.T, src *source.Source) {
	all(t, src) // whatever connections there are to be
	before := runtime.NumGoroutine()
	for range 5 {
		for range src.List(t.Context()) {
			break
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before+4 { // idle connections
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// contractSelect compares what the planner prunes with what the keys say.
func contractSelect(t *testing.T, open func(source.Options) *source.Source, base string, objects map[string][]byte) {
	since := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	sel := source.Select{Since: since, Until: since.Add(2 * time.Hour), Late: 3 * time.Hour, Accounts: []string{"111122223333", "777788889999"}, Regions: []string{"us-east-1"}}
	src := open(source.Options{Select: sel})
	got := map[string]bool{}
	for _, o := range all(t, src) {
		got[strings.TrimPrefix(o.Name, base)] = true
	}
	n := 0
	for key := range objects {
		k, ok := cloudtrail.ParseKey(key)
		if !ok || strings.Contains(key, "loose") {
			continue
		}
		want := slices.Contains(sel.Accounts, k.Account) && k.Region == "us-east-1" &&
			!k.Delivered.Before(since.Add(-15*time.Minute)) && !k.Delivered.After(since.Add(5*time.Hour))
		if want {
			n++
		}
		if got[key] != want {
			t.Errorf("%q: listed %v, want %v", key, got[key], want)
		}
	}
	if n == 0 {
		t.Error("the window is empty: the test tests nothing")
	}
	for _, key := range []string{"AWSLogs/loose.json", ".hidden"} {
		if !got[key] {
			t.Errorf("%q does not follow the layout and was left alone", key)
		}
	}
	if c := src.Counts(); c.LeftAlone == 0 || c.Pruned == 0 || c.Listed != int64(len(got)) {
		t.Errorf("counts: %+v", c)
	}
}

// all is a listing that must go well.
func all(t *testing.T, src *source.Source) []cloudtrail.Object {
	t.Helper()
	var out []cloudtrail.Object
	for o, err := range src.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

func names(objects []cloudtrail.Object) []string {
	var out []string
	for _, o := range objects {
		out = append(out, o.Name)
	}
	return out
}

func must(src *source.Source, err error) func(*testing.T) *source.Source {
	return func(t *testing.T) *source.Source {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
}

func startS3(t *testing.T) *s3test.Server {
	srv := s3test.New("logs")
	t.Cleanup(srv.Close)
	setEnv(t, srv.Env())
	return srv
}

func setEnv(t *testing.T, env map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(env)) {
		t.Setenv(k, env[k])
	}
}

func quick(opt source.Options) source.Options {
	opt.S3.Backoff, opt.S3.MaxBackoff = time.Millisecond, 5*time.Millisecond
	return opt
}

func writeFile(t *testing.T, path string, body []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
}
