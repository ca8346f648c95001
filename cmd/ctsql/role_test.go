package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

const (
	readerOf1 = "arn:aws:iam::111111111111:role/log-reader"
	readerOf2 = "arn:aws:iam::222222222222:role/audit/log-reader"
)

// TestRole: logs are read with the credentials of a role's session, which is asked
// for by ARN, external ID and name, and by every command that reads logs.
func TestRole(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("one")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	s3.Put("one", "logs/a.json", sketchFile(0, 10))
	a.STS.Role(readerOf1, "tenant-7", time.Hour)
	a.STS.Only("one", readerOf1)

	_, stderr := a.run(t, 1, "load", "s3://one/logs/")
	if !strings.Contains(stderr, "permission denied") {
		t.Errorf("read without the role: %s", stderr)
	}
	as := []string{"--role-arn", readerOf1, "--external-id", "tenant-7"}
	if _, stderr = a.run(t, 0, append(as, "load", "s3://one/logs/", "--role-session-name", "ana")...); !strings.Contains(stderr, " 10 events, ") {
		t.Errorf("%s", stderr)
	}
	if got, want := a.STS.Assumed(), (s3test.Assumed{ARN: readerOf1, ExternalID: "tenant-7", Session: "ana", Key: "AKIDEXAMPLE"}); len(got) != 1 || got[0] != want {
		t.Errorf("asked for %+v", got)
	}
	for _, sql := range []string{"select count(*) as n from cloudtrail", "select count(*) as n from read_cloudtrail('s3://one/logs/')"} {
		if stdout, _ := a.run(t, 0, append(as, "query", "--format", "csv", "--from", "s3://one/logs/", sql)...); stdout != "n\n10\n" {
			t.Errorf("%s: %s", sql, stdout)
		}
	}
	a.Answer("us-east-1", "DescribeTrails", trails(aTrail("theirs", "us-east-1", "one", "")))
	a.run(t, 0, append(as, "trails", "--regions", "us-east-1")...)
	if _, stderr = a.run(t, 1, append(as, "verify", "s3://one/logs/")...); !strings.Contains(stderr, "CloudTrail-Digest") {
		t.Errorf("%s", stderr)
	}
	if got := a.STS.Assumed(); len(got) < 5 || got[1].Session != "ctsql" {
		t.Errorf("asked for %+v", got)
	}
	if _, roles := a.STS.Keys("one"); !slices.Equal(roles, []string{"", readerOf1}) {
		t.Errorf("read as %q", roles)
	}
}

// TestRoleRefused: a refusal names the role, and says what to look at.
func TestRoleRefused(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("one")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	kms := "arn:aws:iam::111111111111:role/kms-reader" // not the key's refusal
	for _, args := range [][]string{
		{"load", "s3://one/logs/"}, {"load"}, {"trails"}, {"verify", "s3://one/logs/"},
		{"query", "--from", "s3://one/logs/", "select 1 from cloudtrail"},
	} {
		_, stderr := a.run(t, 1, append(args, "--role-arn", kms)...)
		if !strings.Contains(stderr, ": the role "+kms+" cannot be assumed: User: arn:aws:iam::111122223333:user/ana is not authorized ") ||
			!strings.Contains(stderr, "\nhint: its trust policy must name the identity that asks, and the external ID if it wants one (--external-id); ") ||
			strings.Count(stderr, "ctsql: ") != 1 {
			t.Errorf("ctsql %q: %s", args, stderr)
		}
	}
	for _, args := range [][]string{
		{"--role-arn", "log-reader"}, {"--external-id", "x"}, {"--role-arn", "arn:aws:iam::1:user/ana"},
		{"--role-arn", readerOf1, "--no-sign-request"},
		{"--role-arn", readerOf1, "--role-session-name", "ana maria"}, {"--role-arn", readerOf1, "--role-session-name", "a"},
		{"--role-arn", readerOf1, "--external-id", "tenant 7"},
	} {
		before := len(a.STS.Assumed())
		_, stderr := a.run(t, 2, append([]string{"load", "s3://one/logs/"}, args...)...)
		if strings.Contains(stderr, "tenant 7") || len(a.STS.Assumed()) > before {
			t.Errorf("%q: %s", args, stderr)
		}
	}
}

// TestRoleRenewed: a session that ends while logs are read is followed by another.
func TestRoleRenewed(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("one")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	for i := range 12 {
		s3.Put("one", fmt.Sprintf("logs/%02d.json", i), sketchFile(i, 10))
	}
	s3.On(s3test.Ops("GET"), -1, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		time.Sleep(200 * time.Millisecond)
		next.ServeHTTP(w, r)
	})
	a.STS.Role(readerOf1, "", time.Second)
	if _, stderr := a.run(t, 0, "load", "s3://one/logs/", "--role-arn", readerOf1, "--concurrency", "1"); !strings.Contains(stderr, "12 objects, 120 events, ") {
		t.Errorf("%s", stderr)
	}
	if keys, roles := a.STS.Keys("one"); len(keys) < 3 || len(roles) != 1 {
		t.Errorf("keys %q of %q", keys, roles)
	}

	s3.Reset()
	// One that is not renewed ends the load: it is told of once, and what was loaded stays.
	s3.On(s3test.Ops("GET"), -1, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "05.json") {
			a.STS.Role(readerOf1, "another", time.Second)
		}
		next.ServeHTTP(w, r)
	})
	s3.Put("one", "logs/00.json", sketchFile(100, 10)) // changed
	_, stderr := a.run(t, 1, "load", "s3://one/logs/", "--role-arn", readerOf1, "--concurrency", "1", "--force")
	if strings.Count(stderr, "ctsql: ") != 1 || !strings.Contains(stderr, ".json: the role "+readerOf1+" cannot be assumed: ") ||
		!strings.Contains(stderr, " 10 events, ") || !strings.Contains(stderr, " not read, ") {
		t.Errorf("%s", stderr)
	}
}

// TestRoleEndpoint: STS is where AWS_ENDPOINT_URL_STS says, or all of AWS is where
// --endpoint-url does.
func TestRoleEndpoint(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("one")
	t.Cleanup(s3.Close)
	s3.Put("one", "logs/a.json", sketchFile(0, 10))
	for i, c := range []struct{ env, args []string }{
		{[]string{"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3=S3", "AWS_ENDPOINT_URL_STS=STS"}, nil},
		{[]string{"AWS_ENDPOINT_URL=http://127.0.0.1:1"}, []string{"--endpoint-url", "STS"}},
	} {
		a := newAccount(t, s3)
		a.STS.Role(readerOf1, "", time.Hour)
		urls := strings.NewReplacer("=S3", "="+s3.URL, "STS", a.URL)
		for _, e := range c.env {
			name, value, _ := strings.Cut(e, "=")
			a.env = append(a.env, name+urls.Replace("="+value))
		}
		args := []string{"load", "s3://one/logs/", "--role-arn", readerOf1}
		for _, arg := range c.args {
			args = append(args, urls.Replace(arg))
		}
		a.run(t, 0, args...)
		if n := len(a.STS.Assumed()); n != 1 {
			t.Errorf("%d: STS was asked %d times", i, n)
		}
	}
}

// TestConfiguredSources: the sources of the configuration file are loaded, each with
// the role of its own, and so is what is named within one of them.
func TestConfiguredSources(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("one", "one-more", "two", "mine", "acme-org-trail")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	for i, b := range []string{"one", "two", "mine", "one-more"} {
		s3.Put(b, "logs/a.json", sketchFile(100*i, 10))
	}
	a.STS.Role(readerOf1, "tenant-7", time.Hour)
	a.STS.Role(readerOf2, "", time.Hour)
	a.STS.Only("one", readerOf1)
	a.STS.Only("two", readerOf2)
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := "sources:\n  - source: s3://one\n    role-arn: " + readerOf1 + "\n    external-id: tenant-7\n" +
		"  - source: s3://two/logs/\n    role-arn: " + readerOf2 + "\n  - source: s3://mine\n" +
		"  - source: s3://acme-org-trail/\n    role-arn: " + readerOf2 + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a.env = append(a.env, "CTSQL_CONFIG="+file)

	if _, stderr := a.run(t, 0, "load"); !strings.Contains(stderr, "3 objects, 30 events, ") {
		t.Errorf("%s", stderr)
	}
	for bucket, want := range map[string]string{"one": readerOf1, "two": readerOf2, "mine": ""} {
		if _, roles := a.STS.Keys(bucket); !slices.Equal(roles, []string{want}) {
			t.Errorf("%s is read as %q", bucket, roles)
		}
	}
	if calls := a.Calls(); len(calls) != 0 {
		t.Errorf("trails are looked for: %q", calls)
	}
	// What is named within a configured source is read as that is; a bucket whose
	// name only begins alike is not.
	a.run(t, 0, "load", "--force", "s3://two/logs/a.json", "s3://one-more/logs/")
	if _, roles := a.STS.Keys("one-more"); !slices.Equal(roles, []string{""}) {
		t.Errorf("another bucket is read as %q", roles)
	}
	if stdout, _ := a.run(t, 0, "query", "--format", "csv", "--from", "s3://one/logs/", "select count(*) as n from cloudtrail"); stdout != "n\n10\n" {
		t.Errorf("%s", stdout)
	}
	// So are CloudTrail's public keys asked for: the own credentials may do no more than
	// assume the role.
	trail, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range trail.Objects {
		s3.PutSigned(trail.Bucket, o.Key, o.Body, o.Signature)
	}
	a.Answer("", "ListPublicKeys", publicKeys(t))
	a.run(t, 0, "verify", "s3://acme-org-trail/logs/")
	a.run(t, 0, "load", "--verify", "s3://acme-org-trail/logs/")
	if _, roles := a.STS.Keys("ListPublicKeys"); !slices.Equal(roles, []string{readerOf2}) {
		t.Errorf("public keys are asked for as %q", roles)
	}
	// A flag goes before it, with nothing of another role.
	a.run(t, 1, "load", "--force", "--role-arn", readerOf2, "s3://one/logs/")
	last := a.STS.Assumed()
	if got := last[len(last)-1]; got.ARN != readerOf2 || got.ExternalID != "" {
		t.Errorf("asked for %+v", got)
	}
	// Trails can still be asked for.
	a.Answer("us-east-1", "DescribeTrails", trails(aTrail("mine", "us-east-1", "mine", "")))
	if _, stderr := a.run(t, 0, "load", "trails:", "--regions", "us-east-1"); !strings.Contains(stderr, "trail mine (us-east-1): s3://mine/AWSLogs/\n") {
		t.Errorf("%s", stderr)
	}
	if _, stderr := a.run(t, 2, "load", "--regions", "us-east-1"); !strings.Contains(stderr, "--regions is where to ask CloudTrail") {
		t.Errorf("%s", stderr)
	}
}
