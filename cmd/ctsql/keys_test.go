package main

import (
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// TestKeyRefusals: the KMS key that refuses is named, and what to do is said once.
func TestKeyRefusals(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("acme-org-trail")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	a.Answer("", "ListPublicKeys", publicKeys(t))
	trail, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range trail.Objects {
		s3.PutSigned(trail.Bucket, o.Key, o.Body, o.Signature)
	}
	s3.On(func(r s3test.Request) bool { return r.Op == "GET" && strings.Contains(r.Key, "/CloudTrail/eu-west-1/") }, -1, s3test.DeniedKMS)
	const key = "arn:aws:kms:us-east-1:111122223333:key/1234"
	_, stderr := a.run(t, 1, "load", "s3://acme-org-trail/logs/")
	refused := strings.Count(stderr, "/CloudTrail/eu-west-1/")
	hint := "hint: " + count(refused) + " objects were refused by KMS key " + key + ": the identity needs kms:Decrypt on it"
	if refused < 5 || strings.Count(stderr, ".json.gz: access denied by KMS: User: ") != refused || strings.Count(stderr, "hint: ") != 1 || !strings.Contains(stderr, hint) {
		t.Errorf("%s", stderr)
	}
	out, stderr := a.run(t, 1, "verify", "s3://acme-org-trail/logs/")
	if strings.Count(out, "│ unread │ access denied by KMS: User: ") != refused || strings.Count(stderr, "hint: ") != 1 || !strings.Contains(stderr, hint) {
		t.Errorf("%s%s", out, stderr)
	}

	// A digest that cannot be read, and a key that is not named.
	s3.Reset()
	s3.On(func(r s3test.Request) bool { return r.Op == "GET" && strings.Contains(r.Key, "-Digest/eu-west-1/") }, -1,
		s3test.Refuse(400, "KMS.DisabledException", "the key is disabled"))
	out, stderr = a.run(t, 1, "verify", "--json", "s3://acme-org-trail/logs/")
	if v := parseVerify(t, out); v.Summary.Digests["unread"] != 12 || !strings.Contains(stderr, "hint: 12 objects were refused by KMS key (not named): ") {
		t.Errorf("%v\n%s", v.Summary, stderr)
	}
}
