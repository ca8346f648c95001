package cloudtrail_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/klauspost/compress/gzip"
)

func TestParseDigestKey(t *testing.T) {
	const folder = "p/AWSLogs/o-abc/111122223333/CloudTrail-Digest/eu-west-1/2025/06/23/"
	chain := cloudtrail.DigestChain{Account: "111122223333", Region: "eu-west-1", Trail: "my_2_trails", Home: "us-east-1"}
	back := chain
	back.Backfill = true
	for file, want := range map[string]cloudtrail.DigestChain{
		"111122223333_CloudTrail-Digest_eu-west-1_my_2_trails_us-east-1_20250623T010133Z.json.gz":          chain,
		"111122223333_CloudTrail-Digest_eu-west-1_my_2_trails_us-east-1_20250623T010133Z_backfill.json.gz": back,
		"111122223333_CloudTrail-Digest_eu-west-1_my_2_trails_us-east-1_20250623T010133Z.json.gz.sig":      {},
		"111122223333_CloudTrail-Digest_eu-west-1_my_2_trails_us-east-1_20250623T010133Z.json":             {},
		"111122223333_CloudTrail-Digest_us-west-1_trail_us-east-1_20250623T010133Z.json.gz":                {},
		"444455556666_CloudTrail-Digest_eu-west-1_trail_us-east-1_20250623T010133Z.json.gz":                {},
		"111122223333_CloudTrail-Digest_eu-west-1_us-east-1_20250623T010133Z.json.gz":                      {},
		"111122223333_CloudTrail-Digest_eu-west-1_trail_us-east-1_today.json.gz":                           {},
		"x": {},
	} {
		got, _, ok := cloudtrail.ParseDigestKey(folder + file)
		if ok != (want != cloudtrail.DigestChain{}) || ok && got != want {
			t.Errorf("%s: %+v, %v", file, got, ok)
		}
	}
	if _, _, ok := cloudtrail.ParseDigestKey("AWSLogs/1/CloudTrail/eu-west-1/2025/06/23/1_CloudTrail_eu-west-1_20250623T0101Z_x.json.gz"); ok {
		t.Error("a log is taken for a digest")
	}
}

func TestParseDigest(t *testing.T) {
	const plain = `"digestStartTime":"2025-06-23T00:00:00Z","digestEndTime":"2025-06-23T01:00:00Z","digestS3Bucket":"b","digestS3Object":"k"`
	d, err := cloudtrail.ParseDigest([]byte("{" + plain + `,"logFiles":[{"s3Bucket":"b","s3Object":"l"}],"new":{}}`))
	if err != nil || !d.Starting() || d.Previous() != "" || d.Name() != "s3://b/k" || len(d.Logs) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	for _, text := range []string{
		"", "null", "[]", "{}", "{" + plain, "{" + plain + "} {}",
		"{" + strings.Replace(plain, "2025-06-23T01", "2025-06-22T01", 1) + "}",
		"{" + strings.Replace(plain, `"k"`, `""`, 1) + "}",
		"{" + strings.Replace(plain, `"b"`, `7`, 1) + "}",
		"{" + plain + `,"previousDigestSignature":"ab"}`,
		"{" + plain + `,"logFiles":{}}`,
	} {
		if d, err := cloudtrail.ParseDigest([]byte(text)); err == nil {
			t.Errorf("%s is a digest: %+v", text, d)
		}
	}
}

// TestStray: a digest that nobody signed does not lead to files elsewhere.
func TestStray(t *testing.T) {
	trail := digestTrail(t, synth.DigestConfig{})
	s := newStore(trail, "/home/me/")
	const name = "logs/AWSLogs/1/CloudTrail-Digest/us-east-1/2025/06/23/1_CloudTrail-Digest_us-east-1_t_us-east-1_20250623T010000Z.json.gz"
	log := func(key string) string {
		return `{"s3Bucket":"acme-org-trail","s3Object":"` + key + `","hashValue":"00","hashAlgorithm":"SHA-256"}`
	}
	text := `{"digestStartTime":"2025-06-23T00:00:00Z","digestEndTime":"2025-06-23T01:00:00Z","digestS3Bucket":"acme-org-trail","digestS3Object":"` + name + `",` +
		`"logFiles":[` + log("../../etc/shadow") + "," + log("logs/./x") + "," + log("/etc/shadow") + `]}`
	s.objects["/home/me/"+name] = synth.DigestObject{Body: gzipped(t, text)}
	opened := &watchedStore{store: s}
	bad, _ := verify(t, &cloudtrail.Verification{}, opened)
	if !only(bad, "_20250623T010000Z.json.gz unsigned", "log s3://acme-org-trail/../../etc/shadow missing", "log s3://acme-org-trail/logs/./x missing", "log s3://acme-org-trail//etc/shadow missing") {
		t.Errorf("%v", bad)
	}
	if opened.stray != "" {
		t.Errorf("%s was opened", opened.stray)
	}
}

// FuzzParseDigest: whatever is in a digest, it is refused or has what is used of it.
func FuzzParseDigest(f *testing.F) {
	f.Add([]byte(`{"digestStartTime":"2025-06-23T00:00:00Z","digestEndTime":"2025-06-23T01:00:00Z","digestS3Bucket":"b","digestS3Object":"k","logFiles":[{}]}`))
	f.Add([]byte(`{"digestStartTime":"2025-06-23T00:00:00Z","digestEndTime":"2025-06-23T01:00:00Z","digestS3Bucket":"b","digestS3Object":"k",` +
		`"previousDigestS3Bucket":"b","previousDigestS3Object":"j","previousDigestHashValue":"","previousDigestSignature":""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := cloudtrail.ParseDigest(text)
		if err != nil {
			return
		}
		if d.Finish.Before(d.Begin) || d.Starting() != (d.Previous() == "") {
			t.Errorf("%+v", d)
		}
		if d.Check("00", cloudtrail.PublicKey{}) == nil {
			t.Error("no key has signed it")
		}
	})
}

// A watchedStore tells when something beside the trail is opened.
type watchedStore struct {
	*store
	stray string
}

func (s *watchedStore) Open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	if !strings.HasPrefix(o.Name, "/home/me/logs/AWSLogs/") || strings.Contains(o.Name, "..") {
		s.stray = o.Name
	}
	return s.store.Open(ctx, o)
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
