package source_test

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// signature opens the object and reads it, and returns its signature.
func signature(t *testing.T, s *source.Source, name string) (string, error) {
	t.Helper()
	rc, metadata, err := s.OpenWithMetadata(t.Context(), cloudtrail.Object{Name: name, Size: -1})
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(rc)
	if err := errors.Join(err, rc.Close()); err != nil || string(text) != "body" {
		t.Errorf("%s: %q, %v", name, text, err)
	}
	return metadata["signature"], nil
}

func TestMetadataOfFiles(t *testing.T) {
	dir := t.TempDir()
	for name, beside := range map[string]map[string]string{
		"sig":      {".sig": " 0aff\n"},
		"head":     {".metadata.json": `{"ContentLength":4,"Metadata":{"Signature":"0aff","x":"y"}}`},
		"both":     {".sig": "0aff", ".metadata.json": "not looked at"},
		"none":     {},
		"headless": {".metadata.json": `{}`},
		"empty":    {".sig": ""},
		"broken":   {".metadata.json": `{"Metadata":{"signature":`},
		"numbers":  {".metadata.json": `{"Metadata":{"signature":7}}`},
		"long":     {".sig": strings.Repeat("a", 70<<10)},
	} {
		writeFile(t, filepath.Join(dir, name), []byte("body"))
		for suffix, text := range beside {
			writeFile(t, filepath.Join(dir, name+suffix), []byte(text))
		}
	}
	s := must(source.Dir(dir, source.Options{}))(t)
	if s.Root() != filepath.ToSlash(dir)+"/" {
		t.Errorf("root %s", s.Root())
	}
	for name, want := range map[string]string{"sig": "0aff", "head": "0aff", "both": "0aff", "none": "", "headless": "", "empty": ""} {
		if got, err := signature(t, s, filepath.Join(dir, name)); got != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{
		"broken": "broken.metadata.json: not what aws s3api head-object prints", "numbers": "numbers.metadata.json: not what", "long": "long.sig: more than 65536 bytes",
	} {
		if got, err := signature(t, s, filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := signature(t, s, filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
}

// TestMetadataOfS3: it comes with the body, in one request, also where that breaks.
func TestMetadataOfS3(t *testing.T) {
	server := s3test.New("logs")
	t.Cleanup(server.Close)
	for k, v := range server.Env() {
		t.Setenv(k, v)
	}
	server.PutSigned("logs", "a/signed", []byte("body"), "0aff")
	server.Put("logs", "a/plain", []byte("body"))
	s := must(source.S3(t.Context(), "logs", "a/", source.Options{S3: source.S3Options{Backoff: time.Millisecond}}))(t)
	if s.Root() != "s3://logs/a/" {
		t.Errorf("root %s", s.Root())
	}
	for name, want := range map[string]string{"signed": "0aff", "plain": ""} {
		if got, err := signature(t, s, s.Root()+name); got != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if n := server.Count("GET") + server.Count("HEAD"); n != 2 {
		t.Errorf("%d requests for two objects", n)
	}
	server.On(s3test.Ops("GET"), 1, s3test.Cut(2))
	if got, err := signature(t, s, s.Root()+"signed"); got != "0aff" || err != nil {
		t.Errorf("cut: %q, %v", got, err)
	}
}

func TestPublicKeys(t *testing.T) {
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	service := s3test.NewCloudTrail(s3)
	t.Cleanup(service.Close)
	for k, v := range s3.Env() {
		t.Setenv(k, v)
	}
	service.Answer("eu-west-1", "ListPublicKeys", map[string]any{"PublicKeyList": []any{map[string]any{"Fingerprint": "ab", "Value": "AAEC"}}})
	service.Refuse("us-east-1", "ListPublicKeys", 400, "AccessDeniedException", "no")
	keys, err := source.NewPublicKeys(t.Context(), source.S3Options{Endpoint: service.URL, NoSignRequest: true, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	list, err := keys.List(t.Context(), "eu-west-1", now.Add(-time.Hour), now)
	if err != nil || len(list) != 1 || list[0].Fingerprint != "ab" || string(list[0].Value) != "\x00\x01\x02" {
		t.Errorf("%v, %v", list, err)
	}
	_, err = keys.List(t.Context(), "us-east-1", now.Add(-time.Hour), now)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "\nhint: the identity needs cloudtrail:ListPublicKeys") {
		t.Errorf("%v", err)
	}
	calls := len(service.Calls())
	for _, region := range []string{"", "evil.example/#", "a-b-c", "eu-west-1.evil.example"} {
		if list, err := keys.List(t.Context(), region, now.Add(-time.Hour), now); list != nil || err != nil {
			t.Errorf("%q: %v, %v", region, list, err)
		}
	}
	if len(service.Calls()) != calls {
		t.Errorf("asked %v", service.Calls())
	}
}
