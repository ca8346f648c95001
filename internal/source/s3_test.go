package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// big is longer than what a connection buffers, and no two places in it look alike.
func big() []byte {
	var b bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&b, "%d,", i)
	}
	return b.Bytes()
}

func newS3(t *testing.T, spec string, opt source.Options) *source.Source {
	t.Helper()
	return must(source.New(t.Context(), spec, quick(opt)))(t)
}

func read(t *testing.T, src *source.Source, o cloudtrail.Object) ([]byte, error) {
	t.Helper()
	rc, err := src.Open(t.Context(), o)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	return io.ReadAll(rc)
}

// What passes is retried, and the reader sees an unbroken stream.
func TestS3Passing(t *testing.T) {
	body := big()
	for _, tt := range []struct {
		name  string
		match func(s3test.Request) bool
		times int
		fault func(*s3test.Server) s3test.Fault
	}{
		{"slow down", s3test.Ops("LIST", "GET"), 5, is(s3test.SlowDown)},
		{"500", s3test.Ops(), 4, is(s3test.Refuse(500, "InternalError", "We encountered an internal error"))},
		{"reset", s3test.Ops(), 4, is(s3test.Reset)},
		{"cut list", s3test.Ops("LIST"), 3, is(s3test.Cut(300))},
		{"cut body", s3test.Ops("GET"), 3, is(s3test.Cut(70_000))},
		{"cut body, no ranges", s3test.Ops("GET"), 3, is(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			s3test.NoRange(w, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s3test.Cut(300_000)(w, r, next) }))
		})},
		{"empty body", s3test.Ops("GET"), 2, is(s3test.Empty)},
		{"broken promise", s3test.Ops("GET"), 3, is(s3test.Cut(0))},
		{"silent body", s3test.Ops("GET"), 2, func(s *s3test.Server) s3test.Fault { return s.Stall(1000, time.Minute) }},
		{"encoded", s3test.Ops("GET"), 1, is(s3test.Header("Content-Encoding", "gzip"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := startS3(t)
			srv.Put("logs", "big.json", body)
			opt := source.Options{}
			opt.S3.Stall = 300 * time.Millisecond
			src := newS3(t, "s3://logs", opt)
			srv.On(tt.match, tt.times, tt.fault(srv))
			objects := all(t, src)
			if len(objects) != 1 {
				t.Fatalf("%d objects", len(objects))
			}
			got, err := read(t, src, objects[0])
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes of %d, %v", len(got), len(body), err)
			}
		})
	}
}

func is(f s3test.Fault) func(*s3test.Server) s3test.Fault {
	return func(*s3test.Server) s3test.Fault { return f }
}

// What does not pass is one clear error, asked for once.
func TestS3Refused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault s3test.Fault
		is    error
		text  string
		gets  int
	}{
		{"denied", s3test.Denied, fs.ErrPermission, "s3://logs/a.json: permission denied: Access Denied\nhint: the identity needs s3:GetObject on it", 1},
		{"kms", s3test.DeniedKMS, source.ErrKMS, "s3://logs/a.json: access denied by KMS: User: arn:aws:iam::111122223333:user/a is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1234", 1},
		{"gone", s3test.Refuse(404, "NoSuchKey", "gone"), fs.ErrNotExist, "s3://logs/a.json: not there (NoSuchKey): file does not exist", 1},
		{"archived", s3test.Refuse(403, "InvalidObjectState", "not valid"), source.ErrArchived, "s3://logs/a.json: archived: not valid", 1},
		{"expired", s3test.Refuse(400, "ExpiredToken", "expired"), nil, "s3://logs/a.json: the credentials have expired\nhint: sign in for new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and run again: a load goes on from where it was", 1},
		{"throttled for good", s3test.SlowDown, nil, "s3://logs/a.json: SlowDown: Please reduce your request rate.", 8},
		{"other size", s3test.Empty, nil, "s3://logs/a.json: 0 bytes are offered, 5 were listed: it changed since", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := startS3(t)
			srv.Put("logs", "a.json", []byte("hello"))
			src := newS3(t, "s3://logs", source.Options{})
			o := all(t, src)[0]
			srv.On(s3test.Ops("GET"), -1, tt.fault)
			_, err := read(t, src, o)
			if err == nil || err.Error() != tt.text || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v", err)
			}
			if n := srv.Count("GET"); n != tt.gets {
				t.Errorf("%d requests, want %d", n, tt.gets)
			}
		})
	}
}

func TestS3BodyNeverHeals(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "big.json", big())
	src := newS3(t, "s3://logs", source.Options{})
	o := all(t, src)[0]
	srv.On(s3test.Ops("GET"), -1, s3test.Cut(100))
	got, err := read(t, src, o)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "s3://logs/big.json: byte 800: ") || srv.Count("GET") != 8 {
		t.Errorf("%d bytes, %d requests, %v", len(got), srv.Count("GET"), err)
	}
}

func TestS3ChangedWhileRead(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "big.json", big())
	src := newS3(t, "s3://logs", source.Options{})
	o := all(t, src)[0]
	srv.On(s3test.Ops("GET"), 1, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		defer srv.Put("logs", "big.json", bytes.ToUpper(append(big(), 'x')))
		s3test.Cut(70_000)(w, r, next)
	})
	if _, err := read(t, src, o); err == nil || err.Error() != "s3://logs/big.json: changed while it was read" {
		t.Errorf("%v", err)
	}
}

func TestS3SlowBodyCancelled(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "big.json", big())
	src := newS3(t, "s3://logs", source.Options{})
	o := all(t, src)[0]
	srv.On(s3test.Ops("GET"), -1, srv.Stall(1000, time.Minute))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	rc, err := src.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	start := time.Now()
	if _, err := io.ReadAll(rc); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}

func TestS3List(t *testing.T) {
	srv := startS3(t)
	for _, k := range []string{"AWSLogs/111122223333/a", "AWSLogs/111144445555/b", "AWSLogs/222233334444/c", "exact.json", "exact.json.old"} {
		srv.Put("logs", k, []byte("x"))
	}
	srv.Archive("AWSLogs/222233334444/c")
	for spec, want := range map[string]string{
		"s3://logs":                     "AWSLogs/111122223333/a AWSLogs/111144445555/b AWSLogs/222233334444/c exact.json exact.json.old",
		"s3://logs/AWSLogs/1111":        "AWSLogs/111122223333/a AWSLogs/111144445555/b",
		"s3://logs/AWSLogs/11112":       "AWSLogs/111122223333/a",
		"s3://logs/exact.json":          "exact.json",
		"s3://logs/exact":               "exact.json exact.json.old",
		"s3://logs/AWSLogs/":            "AWSLogs/111122223333/a AWSLogs/111144445555/b AWSLogs/222233334444/c",
		"s3://logs/AWSLogs/11112222333": "AWSLogs/111122223333/a",
	} {
		var got []string
		for _, o := range all(t, newS3(t, spec, source.Options{})) {
			got = append(got, strings.TrimPrefix(o.Name, "s3://logs/"))
			if archived := o.Name == "s3://logs/AWSLogs/222233334444/c"; archived != errors.Is(o.Fault, source.ErrArchived) {
				t.Errorf("%s: fault %v", o.Name, o.Fault)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", spec, got)
		}
	}
}

// lastError is how a listing ended, and how many objects came before.
func lastError(t *testing.T, src *source.Source) (n int, errs []error) {
	for _, err := range src.List(t.Context()) {
		if err != nil {
			errs = append(errs, err)
		} else {
			n++
		}
	}
	return n, errs
}

func TestS3ListErrors(t *testing.T) {
	srv := startS3(t)
	for _, a := range []string{"111122223333", "444455556666", "777788889999"} {
		srv.Put("logs", keyOf("AWSLogs/"+a, "CloudTrail", "us-east-1", time.Now().UTC(), "u"), nil)
	}
	for _, tt := range []struct {
		name, spec string
		prefix     string // of the LISTs that are refused
		fault      s3test.Fault
		n          int
		text       string
	}{
		{"bucket", "s3://nosuch/x", "-", nil, 0, "s3://nosuch/x: no such bucket"},
		{"nothing", "s3://logs/nosuch", "-", nil, 0, "s3://logs/nosuch: nothing is stored under this name"},
		{"all denied", "s3://logs", "", s3test.Denied, 0, "s3://logs/: permission denied: Access Denied\nhint: the identity needs s3:ListBucket on the bucket"},
		{"one account denied", "s3://logs", "AWSLogs/444455556666/", s3test.Denied, 2, "s3://logs/AWSLogs/444455556666/: permission denied: Access Denied\nhint: the identity needs s3:ListBucket on the bucket"},
		{"one region denied", "s3://logs", "AWSLogs/444455556666/CloudTrail/us-east-1/", s3test.Denied, 2, "s3://logs/AWSLogs/444455556666/CloudTrail/us-east-1/: permission denied: Access Denied\nhint: the identity needs s3:ListBucket on the bucket"},
		{"key", "s3://logs", "", s3test.Refuse(403, "InvalidAccessKeyId", "no such key"), 0, "s3://logs/: InvalidAccessKeyId: no such key\nhint: check AWS_PROFILE and the access key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv.Reset()
			if tt.fault != nil {
				srv.On(func(r s3test.Request) bool { return r.Op == "LIST" && r.Key == tt.prefix }, -1, tt.fault)
			}
			n, errs := lastError(t, newS3(t, tt.spec, source.Options{}))
			if n != tt.n || len(errs) != 1 || errs[0].Error() != tt.text {
				t.Errorf("%d objects, %v", n, errs)
			}
		})
	}
}

func TestS3Region(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "a", []byte("x"))
	srv.Put("logs", "b", []byte("y"))
	srv.Move("eu-west-1")
	src := newS3(t, "s3://logs", source.Options{})
	for _, o := range all(t, src) {
		if _, err := read(t, src, o); err != nil {
			t.Error(err)
		}
	}
	if n := srv.Count("LIST") + srv.Count("GET"); n != 4 { // one redirected
		t.Errorf("%d requests", n)
	}
}

func TestS3Credentials(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "a", []byte("x"))
	for _, k := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(k, "")
	}
	_, err := source.New(t.Context(), "s3://logs", source.Options{})
	want := "s3://logs: no AWS credentials found\nhint: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or use --no-sign-request for a public bucket"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	opt := source.Options{}
	opt.S3.NoSignRequest, opt.S3.RequestPayer = true, true
	srv.On(func(s3test.Request) bool { return true }, -1, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("X-Amz-Request-Payer") != "requester" {
			t.Errorf("%s %s: signed, or no payer: %v", r.Method, r.URL, r.Header)
		}
		next.ServeHTTP(w, r)
	})
	src := newS3(t, "s3://logs", opt)
	if _, err := read(t, src, all(t, src)[0]); err != nil {
		t.Error(err)
	}
	t.Setenv("AWS_PROFILE", "nosuch")
	_, err = source.New(t.Context(), "s3://logs", source.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "s3://logs: profile nosuch is not in the AWS configuration\nhint: ") {
		t.Errorf("%v", err)
	}
}

func TestSpecs(t *testing.T) {
	for spec, want := range map[string]string{
		"s3://": "s3://: a bucket's name is missing", "gs://b/x": "gs://b/x: a source is a folder, a file or s3://bucket/prefix",
		"/no/such": "/no/such: no such file or directory",
	} {
		if _, err := source.New(t.Context(), spec, source.Options{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

// No goroutine and no connection stays behind a breaking, faulty listing.
func TestS3NoLeak(t *testing.T) {
	srv := startS3(t)
	for i := range 16 {
		srv.Put("logs", keyOf(fmt.Sprintf("AWSLogs/%012d", i), "CloudTrail", "us-east-1", time.Now().UTC(), "u"), big()[:1000])
	}
	src := newS3(t, "s3://logs", source.Options{})
	before := runtime.NumGoroutine()
	for i := range 5 {
		srv.On(s3test.Ops("LIST"), 3, s3test.SlowDown)
		for o := range src.List(t.Context()) {
			if rc, err := src.Open(t.Context(), o); err == nil {
				io.ReadFull(rc, make([]byte, i)) // and leave the rest
				rc.Close()
			}
			break
		}
	}
	srv.Close()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
}
