package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// TestLoadVerifyGoesOn loads and verifies a trail while it grows: logs wait for their
// digest, and none is read twice.
func TestLoadVerifyGoesOn(t *testing.T) {
	t.Parallel()
	s3 := s3test.New("acme-org-trail")
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	a.Answer("", "ListPublicKeys", publicKeys(t))
	// The hour that is over last begins at hour, and the digest before it has come.
	hour := time.Now().UTC().Truncate(time.Hour).Add(-time.Hour)
	trail, err := synth.NewDigestTrail(synth.DigestConfig{Start: hour.Add(-5 * time.Hour), Hours: 6, Logs: 4})
	if err != nil {
		t.Fatal(err)
	}
	isLast := func(o synth.DigestObject) bool {
		_, k, ok := cloudtrail.ParseDigestKey(o.Key)
		return ok && k.Delivered.After(hour.Add(time.Hour))
	}
	put := func(last bool) (n int) {
		for _, o := range trail.Objects {
			switch {
			case isLast(o) != last:
				continue
			case o.Signature == "":
				s3.Put(trail.Bucket, o.Key, o.Body)
			default:
				s3.PutSigned(trail.Bucket, o.Key, o.Body, o.Signature)
			}
			n++
		}
		return n
	}
	unproven := func() string {
		out, _ := a.run(t, 0, "query", "--format", "csv", "select count(*) filter (verified is null), count(*) filter (verified <> 'valid') from objects where kind = 'CloudTrail'")
		_, counts, _ := strings.Cut(strings.TrimSpace(out), "\n")
		return counts
	}

	n := put(false)
	out, stderr := a.run(t, 0, "load", "--verify", "s3://acme-org-trail/logs/")
	if !strings.HasPrefix(out, "digests: 10 valid; logs: 40 valid; ") || !strings.Contains(stderr, "note: 8 logs are too new for a digest") {
		t.Errorf("%s%s", out, stderr)
	}
	if got := unproven(); got != "8,0" {
		t.Errorf("waiting, and not valid: %s", got)
	}
	if gets := s3.Count("GET"); gets != n+10 { // and the digests a second time
		t.Errorf("%d reads of %d objects", gets, n)
	}

	put(true)
	s3.Reset()
	out, stderr = a.run(t, 0, "load", "--verify", "s3://acme-org-trail/logs/")
	if !strings.Contains(out, "\nall valid\n") || strings.Contains(stderr, "too new") {
		t.Errorf("%s%s", out, stderr)
	}
	if got := unproven(); got != "0,0" {
		t.Errorf("waiting, and not valid: %s", got)
	}
	if gets := s3.Count("GET"); gets != 2+2*4 { // the new digests, and these with three before them
		t.Errorf("%d reads", gets)
	}

	// What cannot be read is tried again.
	s3.Reset()
	last := trail.Objects[len(trail.Objects)-1].Key
	s3.On(func(r s3test.Request) bool { return r.Op == "GET" && r.Key == last }, -1, s3test.Denied)
	out, _ = a.run(t, 1, "load", "--verify", "s3://acme-org-trail/logs/")
	if !strings.Contains(out, "│ unread ") {
		t.Errorf("%s", out)
	}
	s3.Reset()
	a.run(t, 0, "load", "--verify", "s3://acme-org-trail/logs/")
	if got := unproven(); got != "0,0" {
		t.Errorf("waiting, and not valid: %s", got)
	}
}

// TestLoadVerifyRewritten: what was loaded is judged. Who has a changed log loaded and
// then puts the right one back has not made the rows valid.
func TestLoadVerifyRewritten(t *testing.T) {
	t.Parallel()
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	a.Answer("", "ListPublicKeys", publicKeys(t))
	write := func(dir string, what ...synth.Tampering) (log string) {
		t.Helper()
		trail, err := synth.NewDigestTrail(synth.DigestConfig{})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range what {
			keys, err := trail.Tamper(w)
			if err != nil {
				t.Fatal(err)
			}
			log = filepath.Join(dir, keys[0])
		}
		if err := trail.WriteDir(dir, true); err != nil {
			t.Fatal(err)
		}
		return log
	}
	for name, sameTime := range map[string]bool{"listed as new": false, "listed as it was": true} {
		t.Run(name, func(t *testing.T) {
			a := a
			a.cache = filepath.Join(t.TempDir(), "cache.duckdb")
			dir := t.TempDir()
			log := write(dir, synth.ChangedLog)
			at := time.Now().Add(-time.Hour)
			set := func() {
				// A gzip stream may bear a comment, so that any size can be had.
				if sameTime {
					padGzip(t, log, 4096)
				}
				if err := os.Chtimes(log, at, at); err != nil {
					t.Fatal(err)
				}
			}
			set()
			a.run(t, 0, "load", "-q", dir)
			write(dir)
			if at = at.Add(time.Minute); sameTime {
				at = at.Add(-time.Minute)
			}
			set()
			out, _ := a.run(t, 1, "load", "--relist", "--verify", dir)
			if !strings.Contains(out, "other bytes were loaded") || !strings.Contains(out, "\nNOT all valid\n") {
				t.Errorf("%s", out)
			}
			got, _ := a.run(t, 0, "query", "--format", "csv", "select sourceObject from objects where verified <> 'valid'")
			if got != "sourceObject\n"+log+"\n" {
				t.Errorf("not valid: %s", got)
			}
			// Read again it is the same; taken out and read again it is valid.
			a.run(t, 0, "load", "-q", "--force", dir)
			a.run(t, 1, "load", "-q", "--verify", dir)
			a.run(t, 0, "prune", "-q", "--source", log)
			if out, _ := a.run(t, 0, "load", "--verify", dir); !strings.HasSuffix(out, "\nall valid\n") {
				t.Errorf("%s", out)
			}
		})
	}
}

// padGzip brings a gzip stream to a size.
func padGzip(t *testing.T, name string, size int) {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const extra = 1 << 2
	if body[3] != 0 || len(body)+2 > size {
		t.Fatalf("%s: %d bytes, flags %x", name, len(body), body[3])
	}
	pad := make([]byte, size-len(body)-2)
	body = slices.Concat(body[:3], []byte{extra}, body[4:10], binary.LittleEndian.AppendUint16(nil, uint16(len(pad))), pad, body[10:])
	if err := os.WriteFile(name, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLoadVerifyUntil: of what was loaded before and lies behind --until nothing is
// said that is not so.
func TestLoadVerifyUntil(t *testing.T) {
	t.Parallel()
	s3 := s3test.New()
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	a.Answer("", "ListPublicKeys", publicKeys(t))
	trail, err := synth.NewDigestTrail(synth.DigestConfig{Hours: 36, Logs: 6})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := trail.WriteDir(dir, true); err != nil {
		t.Fatal(err)
	}
	a.run(t, 0, "load", "-q", dir)
	// Digests end at 01:33 of each hour, and 24 h after this is the middle of one.
	out, stderr := a.run(t, 0, "load", "--verify", "--until", "2025-06-23T05:20:00Z", dir)
	if !strings.HasSuffix(out, "\nall valid\n") || strings.Contains(stderr, "missing") {
		t.Errorf("%s%s", out, stderr)
	}
	if got, _ := a.run(t, 0, "query", "--format", "csv", "select count(*) from objects where verified <> 'valid'"); got != "count_star()\n0\n" {
		t.Errorf("not valid: %s", got)
	}
	if out, _ := a.run(t, 0, "load", "--verify", dir); !strings.HasSuffix(out, "\nall valid\n") {
		t.Errorf("%s", out)
	}
	if got, _ := a.run(t, 0, "query", "--format", "csv", "select count(*) from objects where kind = 'CloudTrail' and verified is distinct from 'valid'"); got != "count_star()\n0\n" {
		t.Errorf("not valid: %s", got)
	}
}
