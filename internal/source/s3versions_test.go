package source_test

import (
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// TestVersions: what was overwritten and what was deleted is listed under names of
// its own, and read as it was.
func TestVersions(t *testing.T) {
	srv := startS3(t)
	srv.Put("logs", "before.json", []byte("kept"))
	srv.KeepVersions("logs")
	const day = "AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/05/"
	key := day + "111122223333_CloudTrail_us-east-1_20240305T1205Z_a.json.gz"
	srv.Put("logs", key, []byte("first"))
	srv.Put("logs", key, []byte("second"))
	srv.Put("logs", key, []byte("third"))
	srv.Put("logs", key+".b", []byte("beside"))
	srv.Put("logs", day+"deleted ü?versionId=+.gz", []byte("gone"))
	srv.Delete("logs", day+"deleted ü?versionId=+.gz")
	srv.Put("logs", "sub/deleted", []byte("gone, too"))
	srv.Delete("logs", "sub/deleted")

	read := func(src *source.Source) (texts []string) {
		t.Helper()
		seen := map[string]bool{}
		for _, o := range all(t, src) {
			r, err := src.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil || int64(len(text)) != o.Size || seen[o.Name] {
				t.Errorf("%s: %q, %v", o.Name, text, err)
			}
			seen[o.Name] = true
			if old := strings.HasSuffix(o.Name, source.VersionMark+url.QueryEscape(o.Version)); old != (o.Version != "") {
				t.Errorf("%s has version %q", o.Name, o.Version)
			}
			texts = append(texts, string(text))
		}
		slices.Sort(texts)
		return texts
	}
	now := []string{"beside", "kept", "third"}
	every := []string{"beside", "first", "gone", "gone, too", "kept", "second", "third"}
	if got := read(newS3(t, "s3://logs", source.Options{})); !slices.Equal(got, now) {
		t.Errorf("without versions %q", got)
	}
	if got := read(newS3(t, "s3://logs", source.Options{Versions: true})); !slices.Equal(got, every) {
		t.Errorf("versions %q", got)
	}
	if got := read(newS3(t, "s3://logs/"+day, source.Options{Versions: true})); len(got) != 5 {
		t.Errorf("versions of a day %q", got)
	}
	if got := read(newS3(t, "s3://logs/"+key, source.Options{Versions: true})); len(got) != 4 {
		t.Errorf("versions of what begins like a key %q", got)
	}

	src := newS3(t, "s3://logs", source.Options{})
	old, err := src.Versions(t.Context(), "s3://logs/"+key)
	if err != nil || len(old) != 2 || old[0].Size != int64(len("second")) {
		t.Errorf("%v, %v", old, err)
	}
	if old, err := src.Versions(t.Context(), "s3://logs/before.json"); err != nil || len(old) != 0 {
		t.Errorf("%v, %v", old, err)
	}
	srv.On(s3test.Ops("LIST"), -1, s3test.Denied)
	if _, err := src.Versions(t.Context(), "s3://logs/"+key); err == nil || !strings.Contains(err.Error(), "s3:ListBucketVersions") {
		t.Errorf("%v", err)
	}
}

// TestManyVersions: pages end in the middle of a key's versions.
func TestManyVersions(t *testing.T) {
	srv := startS3(t)
	srv.KeepVersions("logs")
	for range 900 {
		srv.Put("logs", "a/x", []byte("x"))
		srv.Put("logs", "a/y", []byte("y"))
		srv.Put("logs", "a/z", []byte("z"))
	}
	if got := all(t, newS3(t, "s3://logs", source.Options{Versions: true})); len(got) != 2700 {
		t.Errorf("%d versions", len(got))
	}
	old, err := newS3(t, "s3://logs", source.Options{}).Versions(t.Context(), "s3://logs/a/y")
	if err != nil || len(old) != 899 {
		t.Errorf("%d versions, %v", len(old), err)
	}
}
