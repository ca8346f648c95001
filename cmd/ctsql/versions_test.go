package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// TestVersions: who hides logs in a bucket that keeps versions hides nothing.
func TestVersions(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("acme-org-trail")
	t.Cleanup(s3.Close)
	s3.KeepVersions("acme-org-trail")
	a := newAccount(t, s3)
	a.Answer("", "ListPublicKeys", publicKeys(t))
	const from = "s3://acme-org-trail/logs/"
	trail, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range trail.Objects {
		s3.PutSigned(trail.Bucket, o.Key, o.Body, o.Signature)
	}
	out, _ := a.run(t, 0, "verify", "--versions", from)
	if !strings.HasSuffix(out, "\nall valid\n") {
		t.Errorf("%s", out)
	}
	// A log is deleted, one of another region changed, and a digest deleted.
	bad, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := bad.Tamper(synth.MissingDigest)
	if err != nil {
		t.Fatal(err)
	}
	digest := keys[0]
	isLog := func(o synth.DigestObject) bool { return o.Signature == "" }
	deleted := trail.Objects[slices.IndexFunc(trail.Objects, isLog)]
	slices.Reverse(trail.Objects)
	changed := trail.Objects[slices.IndexFunc(trail.Objects, isLog)].Key
	s3.Delete(trail.Bucket, deleted.Key)
	s3.Put(trail.Bucket, changed, deleted.Body)
	s3.Delete(trail.Bucket, digest)

	out, stderr := a.run(t, 1, "verify", "--json", from)
	if v := parseVerify(t, out); len(v.Findings) < 3 || strings.Contains(out, source.VersionMark) || !strings.Contains(stderr, "--versions looks there") {
		t.Errorf("%s%s", out, stderr)
	}
	out, stderr = a.run(t, 1, "verify", "--versions", "--json", from)
	reasons := map[string]string{}
	for _, f := range parseVerify(t, out).Findings {
		reasons[strings.TrimPrefix(f.Object, "s3://acme-org-trail/")] = f.Status + ": " + f.Reason
	}
	there := "; a version of it is there and valid: s3://acme-org-trail/"
	if r := reasons[deleted.Key]; !strings.HasPrefix(r, "missing: named by a digest"+there+deleted.Key+source.VersionMark) {
		t.Errorf("deleted: %s", r)
	}
	if r := reasons[changed]; !strings.HasPrefix(r, "modified: its SHA-256 is ") || !strings.Contains(r, there+changed+source.VersionMark) {
		t.Errorf("changed: %s", r)
	}
	if r := reasons[digest]; !strings.HasPrefix(r, "missing: named by the digest after it"+there+digest+source.VersionMark) {
		t.Errorf("digest: %s", r)
	}
	if strings.Contains(stderr, "--versions") {
		t.Errorf("%s", stderr)
	}

	// A version that cannot be read, and one that is modified, too.
	s3.On(func(r s3test.Request) bool { return r.Op == "GET" && r.Key == deleted.Key }, -1, s3test.Denied)
	s3.Put(trail.Bucket, digest, deleted.Body)
	s3.Delete(trail.Bucket, digest)
	s3.On(func(r s3test.Request) bool { return r.Op == "LIST" && r.Key == changed }, -1, s3test.Denied)
	out, _ = a.run(t, 1, "verify", "--versions", from)
	s3.Reset()
	if !strings.Contains(out, "; a version of it is there and valid: s3://acme-org-trail/"+digest) || !strings.Contains(out, "; its versions are not known: ") ||
		strings.Contains(out, deleted.Key+source.VersionMark) {
		t.Errorf("%s", out)
	}

	// What is hidden is loaded, and asked without loading.
	a.run(t, 0, "load", "-q", from)
	rows := func(args ...string) string {
		t.Helper()
		out, _ := a.run(t, 0, append([]string{"query", "--format", "csv"}, args...)...)
		_, n, _ := strings.Cut(strings.TrimSpace(out), "\n")
		return n
	}
	if n := rows("select count(*) from cloudtrail"); n == "96" {
		t.Errorf("%s events though logs are hidden", n)
	}
	if n := rows("--from", from, "--versions", "select count(*) from cloudtrail"); n != "96" {
		t.Errorf("%s events in all versions", n)
	}
	a.run(t, 1, "load", "--versions", "--verify", from)
	if n := rows("select count(*) from cloudtrail"); n != "96" {
		t.Errorf("%s events loaded of all versions", n)
	}
	if n := rows("select count(*) from objects where version is not null and verified = 'valid' and kind = 'CloudTrail'"); n != "2" {
		t.Errorf("%s versions are proven", n)
	}
	if n := rows("select sourceObject from objects where verified = 'modified'"); n != "s3://acme-org-trail/"+changed {
		t.Errorf("modified are %s", n)
	}
	_, stderr = a.run(t, 0, "load", "--versions", from)
	if !strings.HasPrefix(stderr, "0 objects, ") {
		t.Errorf("%s", stderr)
	}
}
