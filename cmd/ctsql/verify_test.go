package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/rogpeppe/go-internal/testscript"
)

// digests DIR [signed] [restarted] [backfill] [TAMPERING, with - for blanks]: makes a
// trail with digests in DIR, and DIR.keys, which holds the public key. What was
// tampered with is in $tampered and $tampered2.
func scriptDigests(ts *testscript.TestScript, neg bool, args []string) {
	dir, words := ts.MkAbs(args[0]), args[1:]
	take := func(word string) bool {
		i := slices.Index(words, word)
		if i >= 0 {
			words = slices.Delete(slices.Clone(words), i, i+1)
		}
		return i >= 0
	}
	c := synth.DigestConfig{Backfill: take("backfill")}
	if take("restarted") {
		c.Restart = 5
	}
	signed := take("signed")
	trail, err := synth.NewDigestTrail(c)
	ts.Check(err)
	for _, what := range words {
		keys, err := trail.Tamper(synth.Tampering(strings.ReplaceAll(what, "-", " ")))
		ts.Check(err)
		ts.Setenv("tampered", filepath.Join(dir, keys[0]))
		ts.Setenv("tampered2", filepath.Join(dir, keys[len(keys)-1]))
	}
	keys, err := synth.PublicKeys()
	ts.Check(err)
	ts.Check(os.RemoveAll(dir))
	ts.Check(trail.WriteDir(dir, signed))
	ts.Check(os.WriteFile(dir+".keys", keys, 0o644))
}

// publicKeys is the generator's key as CloudTrail's API tells it.
func publicKeys(t *testing.T) map[string]any {
	t.Helper()
	text, err := synth.PublicKeys()
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ PublicKeyList []map[string]any }
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	for _, k := range answer.PublicKeyList {
		delete(k, "ValidityStartTime") // a number there
		delete(k, "ValidityEndTime")
	}
	return map[string]any{"PublicKeyList": answer.PublicKeyList}
}

// verifyJSON is what verify --json prints.
type verifyJSON struct {
	Findings []struct{ What, Object, Status, Reason string }
	Summary  struct {
		Valid         bool
		Digests, Logs map[string]int
		Chains        int
		TooNew        int
	}
}

func parseVerify(t *testing.T, text string) (v verifyJSON) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

// TestVerifyS3 verifies a bucket: signatures are in metadata, keys come from
// CloudTrail, of each region its own.
func TestVerifyS3(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("acme-org-trail")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	a.Answer("", "ListPublicKeys", publicKeys(t))
	trail, err := synth.NewDigestTrail(synth.DigestConfig{Hours: 30, Backfill: true})
	if err != nil {
		t.Fatal(err)
	}
	put := func(o synth.DigestObject) {
		if o.Signature == "" {
			s3.Put(trail.Bucket, o.Key, o.Body)
		} else {
			s3.PutSigned(trail.Bucket, o.Key, o.Body, o.Signature)
		}
	}
	for _, o := range trail.Objects {
		put(o)
	}
	s3.On(s3test.Ops("GET"), 3, s3test.SlowDown)
	out, stderr := a.run(t, 0, "verify", "s3://acme-org-trail/logs")
	if !strings.HasPrefix(out, "digests: 63 valid; logs: ") || !strings.HasSuffix(out, "\nall valid\n") || stderr != "" {
		t.Errorf("%s%s", out, stderr)
	}
	if calls := a.Calls(); !slices.Equal(calls, []string{"eu-west-1 ListPublicKeys", "us-east-1 ListPublicKeys"}) {
		t.Errorf("asked %v", calls)
	}

	// Without SOURCE, the account's trails.
	a.Answer("us-east-1", "DescribeTrails", trails(aTrail("org_trail", "us-east-1", "acme-org-trail", "logs")))
	out, _ = a.run(t, 0, "verify", "--json", "--since", "2025-06-23T03:00:00Z", "--until", "2025-06-23T09:00:00Z", "--region", "us-east-1")
	if v := parseVerify(t, out); !v.Summary.Valid || v.Findings == nil || len(v.Findings) > 0 || v.Summary.Chains != 1 || v.Summary.Digests["valid"] != 8 {
		t.Errorf("%s", out)
	}

	keys, err := trail.Tamper(synth.MissingLog)
	if err != nil {
		t.Fatal(err)
	}
	s3.Delete(trail.Bucket, keys[0])
	out, stderr = a.run(t, 1, "verify", "--json", "s3://acme-org-trail/logs")
	if v := parseVerify(t, out); v.Summary.Valid || len(v.Findings) != 1 || v.Findings[0].Object != "s3://acme-org-trail/"+keys[0] || v.Findings[0].Status != "missing" ||
		!strings.Contains(stderr, "delete marker") {
		t.Errorf("%s%s", out, stderr)
	}
}

// TestVerifyKeys: without the keys nothing is valid, and why is said.
func TestVerifyKeys(t *testing.T) {
	t.Parallel()
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	dir := filepath.Join(t.TempDir(), "trail")
	trail, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := trail.WriteDir(dir, true); err != nil {
		t.Fatal(err)
	}
	a.Answer("us-east-1", "ListPublicKeys", map[string]any{"PublicKeyList": []any{}})
	a.Refuse("eu-west-1", "ListPublicKeys", 400, "AccessDeniedException", "no\x1b[2J way")
	out, stderr := a.run(t, 1, "verify", "--json", dir)
	v := parseVerify(t, out)
	if v.Summary.Digests["unsigned"] != 12 || v.Summary.Digests["modified"] != 12 || v.Summary.Logs["valid"] > 0 {
		t.Errorf("%v\n%s", v.Summary, stderr)
	}
	reasons := map[string]string{}
	for _, f := range v.Findings {
		reasons[f.What+" "+f.Status] = f.Reason
	}
	if !strings.Contains(reasons["digest unsigned"], "public keys in eu-west-1") || !strings.HasPrefix(reasons["digest modified"], "CloudTrail has no public key ") {
		t.Errorf("%q", reasons)
	}
	if strings.Contains(out, "\x1b") || strings.Contains(stderr, "\x1b") {
		t.Errorf("%q %q", out, stderr)
	}
	p := start(t, a.cache, []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null"}, "verify", dir)
	if code := p.code(t); code != 1 || !strings.Contains(p.err.String(), "--public-keys") {
		t.Errorf("exit status %d: %s%s", code, &p.out, &p.err)
	}
}

// TestVerifyTerminal: names are whole, however narrow the terminal is.
func TestVerifyTerminal(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "trail")
	trail, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := synth.PublicKeys()
	if err := errors.Join(err, trail.WriteDir(dir, true), os.WriteFile(dir+".keys", keys, 0o644)); err != nil {
		t.Fatal(err)
	}
	for columns, table := range map[uint16]bool{80: false, 400: true} {
		shown := onTerminal(t, "", columns, "verify", "--all", "--public-keys", dir+".keys", dir)
		for _, o := range trail.Objects {
			if strings.Count(shown, filepath.Join(dir, o.Key)) != 1 {
				t.Errorf("%d columns: %s is not shown", columns, o.Key)
			}
		}
		if strings.Contains(shown, "│ digest │") != table || !strings.Contains(shown, "\nall valid\r\n") {
			t.Errorf("%d columns: %s", columns, shown)
		}
	}
}

// TestVerifyExpired: credentials that expire while logs are read end it, and no log
// is called unread for it.
func TestVerifyExpired(t *testing.T) {
	t.Parallel()
	trail, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	s3 := s3test.New(trail.Bucket)
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	a.Answer("", "ListPublicKeys", publicKeys(t))
	for _, o := range trail.Objects {
		s3.PutSigned(trail.Bucket, o.Key, o.Body, o.Signature)
	}
	for _, of := range []string{"/CloudTrail/", "/CloudTrail-Digest/"} {
		s3.Reset()
		s3.On(func(r s3test.Request) bool { return r.Op == "GET" && strings.Contains(r.Key, of) }, -1, s3test.Refuse(400, "ExpiredToken", "over"))
		stdout, stderr := a.run(t, 1, "verify", "s3://"+trail.Bucket+"/logs", "--concurrency", "2")
		if strings.Contains(stdout, "unread") || strings.Count(stderr, "ctsql: ") != 1 || !strings.Contains(stderr, ": the credentials have expired\nhint: sign in ") {
			t.Errorf("%s%s", stdout, stderr)
		}
		if n := s3.Count("GET"); of == "/CloudTrail-Digest/" && n > 4 {
			t.Errorf("asked %d times", n)
		}
	}
}
