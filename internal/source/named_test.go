package source_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

var _ load.Source = (*source.Named)(nil)

func newObjects(t *testing.T) *source.Objects {
	t.Helper()
	o, err := source.NewObjects(t.Context(), quick(source.Options{}).S3)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func named(keys ...string) (all []cloudtrail.NoticeObject) {
	for _, key := range keys {
		all = append(all, cloudtrail.NoticeObject{Bucket: "logs", Key: key, Size: -1})
	}
	return all
}

func listNamed(t *testing.T, n *source.Named) (all []cloudtrail.Object) {
	t.Helper()
	for o, err := range n.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

func logNamed(i int) string {
	at := time.Date(2025, 7, 1, 0, i, 0, 0, time.UTC)
	return "AWSLogs/111122223333/CloudTrail/us-east-1/2025/07/01/111122223333_CloudTrail_us-east-1_" + at.Format("20060102T1504Z") + fmt.Sprintf("_%016d.json.gz", 1000-i)
}

// An object that a notice names is the one that a listing tells of: its name, size
// and time are what the ledger goes by.
func TestNamedAsListed(t *testing.T) {
	srv := startS3(t)
	var keys []string
	for i := range 200 {
		keys = append(keys, logNamed(i))
		srv.Put("logs", keys[i], []byte(strings.Repeat("x", i)))
	}
	slices.Reverse(keys)
	want := all(t, newS3(t, "s3://logs", source.Options{}))
	objects, lists := newObjects(t), srv.Count("LIST")
	for range 2 {
		n := objects.Named(named(append(keys, keys...)...))
		got := listNamed(t, n)
		if len(got) != len(want) {
			t.Fatalf("%d objects, want %d", len(got), len(want))
		}
		for i, o := range got {
			if w := want[i]; o.Name != w.Name || o.Size != w.Size || !o.Modified.Equal(w.Modified) || o.Modified.IsZero() || o.ETag != w.ETag || o.Fault != nil {
				t.Fatalf("%+v\nwant\n%+v", o, w)
			}
			rc, err := n.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(rc)
			if err != nil || int64(len(body)) != o.Size {
				t.Errorf("%d bytes, %v", len(body), err)
			}
			rc.Close()
		}
	}
	if n := srv.Count("LIST"); n != lists || srv.Count("HEAD") != 400 {
		t.Errorf("%d more LISTs, %d HEADs", n-lists, srv.Count("HEAD"))
	}
}

// What is wrong with an object is told of it by name, in S3's words, and does not
// touch the others.
func TestNamedFaults(t *testing.T) {
	srv := startS3(t)
	for _, key := range []string{"good", "denied", "kms", "archived", "odd"} {
		srv.Put("logs", key, []byte("{}"))
	}
	refused := func(key string, f s3test.Fault) {
		srv.On(func(r s3test.Request) bool { return r.Key == key }, -1, f)
	}
	refused("denied", s3test.Denied)
	refused("kms", s3test.DeniedKMS)
	srv.Archive("archived")
	srv.On(func(r s3test.Request) bool { return r.Op == "HEAD" && r.Key == "odd" }, -1, s3test.Denied)
	srv.On(func(r s3test.Request) bool { return r.Key == "good" }, 2, s3test.SlowDown)
	n := newObjects(t).Named(append(named("good", "denied", "kms", "archived", "gone", "odd"), cloudtrail.NoticeObject{Bucket: "nowhere", Key: "k", Size: 7}))
	faults := map[string]error{}
	for _, o := range listNamed(t, n) {
		if o.Fault == nil {
			rc, err := n.Open(t.Context(), o)
			if o.Fault = err; err == nil {
				rc.Close()
			}
			if o.Size != 2 || o.Modified.IsZero() {
				t.Errorf("%+v", o)
			}
		}
		faults[o.Name] = o.Fault
	}
	for name, want := range map[string]error{
		"s3://logs/good": nil, "s3://logs/denied": fs.ErrPermission, "s3://logs/kms": source.ErrKMS, "s3://logs/archived": source.ErrArchived,
		"s3://logs/gone": fs.ErrNotExist, "s3://logs/odd": nil,
	} {
		if got, ok := faults[name]; !ok || !errors.Is(got, want) || want != nil && !strings.HasPrefix(got.Error(), name+": ") {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if err := faults["s3://nowhere/k"]; err == nil || !strings.Contains(err.Error(), "NoSuchBucket") || cloudtrail.EndsSource(err) {
		t.Errorf("no such bucket: %v", err)
	}
	if len(faults) != 7 {
		t.Errorf("%v", faults)
	}
}

// The other form of a key is asked for if there is no object under the first, and
// only then.
func TestNamedOr(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "a b", []byte("decoded"))
	srv.Put("logs", "c+d", []byte("as it is"))
	srv.Put("logs", "c d", []byte("another's"))
	srv.Put("logs", "e f", []byte("decoded"))
	// Who may not list a bucket is not told what is not in it.
	srv.On(func(r s3test.Request) bool { return r.Key == "e+f" }, -1,
		s3test.Refuse(403, "AccessDenied", "User: arn:aws:iam::111122223333:user/a is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::logs"))
	notices := named("a+b", "c+d", "e+f", "g+h")
	for i := range notices {
		notices[i].Or = strings.ReplaceAll(notices[i].Key, "+", " ")
	}
	n := newObjects(t).Named(notices)
	var got []string
	for i, o := range listNamed(t, n) {
		got = append(got, o.Name)
		if name := n.NameOf(notices[i]); name != o.Name {
			t.Errorf("%s was listed as %s, and is told to be %s", notices[i].Name(), o.Name, name)
		}
		if gone := strings.HasSuffix(o.Name, "h"); gone != (o.Fault != nil) {
			t.Errorf("%s: %v", o.Name, o.Fault)
		}
	}
	if want := "s3://logs/a b, s3://logs/c+d, s3://logs/e f, s3://logs/g+h"; strings.Join(got, ", ") != want {
		t.Errorf("%s\nwant\n%s", strings.Join(got, ", "), want)
	}
}

// A bucket's region is found once for all rounds, whatever a notice says of it.
func TestNamedRegion(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "a", []byte("{}"))
	srv.Move("ap-southeast-2")
	objects := newObjects(t)
	for range 3 {
		for _, region := range []string{"", "eu-west-1", "../evil"} {
			notice := named("a")
			notice[0].Region = region
			got := listNamed(t, objects.Named(notice))
			if len(got) != 1 || got[0].Fault != nil || got[0].Size != 2 {
				t.Fatalf("%+v", got)
			}
		}
	}
	if n := srv.Count("HEAD"); n != 10 {
		t.Errorf("%d HEADs for nine objects", n)
	}
	notice := named("a")
	notice[0].Region = "ap-southeast-2"
	if got := listNamed(t, newObjects(t).Named(notice)); len(got) != 1 || got[0].Fault != nil {
		t.Errorf("%+v", got)
	}
	if n := srv.Count("HEAD"); n != 11 {
		t.Errorf("%d HEADs for one object whose region was told", n-10)
	}
}

// A sign-in that is over is told once, and not of each object.
func TestNamedExpired(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "a", []byte("{}"))
	srv.On(s3test.Ops("HEAD", "GET"), -1, s3test.Refuse(400, "ExpiredToken", "The provided token has expired."))
	n := 0
	for o, err := range newObjects(t).Named(named("a", "b", "c")).List(t.Context()) {
		n++
		if err == nil || !cloudtrail.EndsSource(err) || !strings.Contains(err.Error(), "the credentials have expired\nhint: ") {
			t.Errorf("%+v %v", o, err)
		}
	}
	if n != 1 {
		t.Errorf("told %d times", n)
	}
}

// Hostile names are names.
func TestNamedHostile(t *testing.T) {
	srv := startS3(t)
	keys := []string{"a b", "ü", "a+b", "100%", "a%20b", "..", "../x", "a//b", "a?b=c", "a#b", "\x1b[31m", "'; DROP TABLE x; --"}
	for _, key := range keys {
		srv.Put("logs", key, []byte(key))
	}
	n := newObjects(t).Named(named(keys...))
	seen := 0
	for _, o := range listNamed(t, n) {
		if o.Fault != nil {
			t.Errorf("%q: %v", o.Name, o.Fault)
			continue
		}
		rc, err := n.Open(t.Context(), o)
		if err != nil {
			t.Errorf("%q: %v", o.Name, err)
			continue
		}
		body, err := io.ReadAll(rc)
		rc.Close()
		if err != nil || "s3://logs/"+string(body) != o.Name {
			t.Errorf("%q holds %q, %v", o.Name, body, err)
		}
		seen++
	}
	if seen != len(keys) {
		t.Errorf("%d of %d", seen, len(keys))
	}
}

// So it is with a server that somebody else wrote.
func TestNamedContract(t *testing.T) {
	for name, fill := range map[string]func(*testing.T, map[string][]byte) (func(source.Options) *source.Source, string){"ours": fillS3, "versitygw": fillVersity} {
		t.Run(name, func(t *testing.T) {
			open, _ := fill(t, map[string][]byte{logNamed(0): []byte("{}"), "a b": nil, "ü/c+d": []byte("{}")})
			want := all(t, open(source.Options{}))
			got := listNamed(t, newObjects(t).Named(named("a b", logNamed(0), "ü/c+d")))
			for _, w := range want {
				if !slices.ContainsFunc(got, func(o cloudtrail.Object) bool {
					return o.Name == w.Name && o.Size == w.Size && o.Modified.Equal(w.Modified) && o.Fault == nil
				}) {
					t.Errorf("%+v is not among %+v", w, got)
				}
			}
			gone := listNamed(t, newObjects(t).Named(named("gone")))
			if len(want) != 3 || len(gone) != 1 || !errors.Is(gone[0].Fault, fs.ErrNotExist) {
				t.Errorf("%d objects are listed; of one that is not there: %+v", len(want), gone)
			}
		})
	}
}
