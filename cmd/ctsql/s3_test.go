package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
	"github.com/klauspost/compress/gzip"
)

// A bucket is a trail in an S3 in process, and what is in its objects.
type bucket struct {
	*s3test.Server
	env    []string
	keys   []string
	bodies map[string][]byte
	events map[string][]string // identities of each log's events, by key
}

func newBucket(t *testing.T, c synth.Config) *bucket {
	t.Helper()
	b := &bucket{Server: s3test.New("logs"), bodies: map[string][]byte{}, events: map[string][]string{}}
	t.Cleanup(b.Close)
	for k, v := range b.Env() {
		b.env = append(b.env, k+"="+v)
	}
	_, err := synth.Write(context.Background(), c, func(key string, body []byte) error {
		b.Put("logs", key, body)
		b.bodies[key] = body
		b.keys = append(b.keys, key)
		if strings.Contains(key, "-Digest/") || strings.Contains(key, "-Aggregated/") {
			return nil
		}
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		var doc struct{ Records []record }
		if err := json.NewDecoder(z).Decode(&doc); err != nil {
			return err
		}
		for i, r := range doc.Records {
			id := r.identity()
			if r["eventID"] == nil {
				id = fmt.Sprintf("%s#%d", key, i)
			}
			b.events[key] = append(b.events[key], id)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// distinct is how many events are in all objects but these.
func (b *bucket) distinct(except ...string) int {
	ids := map[string]bool{}
	for key, events := range b.events {
		if !slices.Contains(except, key) {
			for _, id := range events {
				ids[id] = true
			}
		}
	}
	return len(ids)
}

func (b *bucket) get(key string) func(s3test.Request) bool {
	return func(r s3test.Request) bool { return r.Op == "GET" && r.Key == key }
}

// TestS3 loads thousands of objects from a bucket that has a bad day: what can
// be read is loaded, what cannot is named, and the next load completes it.
func TestS3(t *testing.T) {
	exe := plain(t)
	t.Parallel() // it mostly waits, between one try and the next
	b := newBucket(t, synth.Config{Seed: 11, Events: 5200, EventsPerFile: 1, Days: 5})
	var logs []string
	for _, key := range b.keys {
		if len(b.events[key]) > 0 {
			logs = append(logs, key)
		}
	}
	if len(logs) < 5000 {
		t.Fatalf("%d logs", len(logs))
	}
	gone, cut, denied, once := logs[100], logs[2000], logs[3000], logs[4000]
	b.On(b.get(gone), 1, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		b.Delete("logs", gone) // since it was listed
		next.ServeHTTP(w, r)
	})
	b.On(b.get(cut), -1, s3test.Cut(20))
	b.On(b.get(once), 1, s3test.Cut(20))
	b.On(b.get(denied), -1, s3test.Denied)
	// Every fiftieth object is throttled once.
	throttled := sync.Map{}
	b.On(func(r s3test.Request) bool {
		h := fnv.New32()
		h.Write([]byte(r.Key))
		if r.Op != "GET" || h.Sum32()%50 != 0 || r.Key == once {
			return false
		}
		_, again := throttled.LoadOrStore(r.Key, true)
		return !again
	}, -1, s3test.SlowDown)
	b.On(s3test.Ops("LIST"), 2, s3test.SlowDown)

	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	load := func() (code int, stderr string) {
		p := prepare(t, cache, b.env, "load", "s3://logs/AWSLogs/")
		p.Path = exe
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		return p.code(t), p.err.String()
	}
	began := time.Now()
	code, stderr := load()
	t.Logf("%d objects in %v", len(b.keys), time.Since(began))
	if code != 1 || strings.Count(stderr, "ctsql: ") != 3 || !strings.Contains(stderr, " 3 not read, ") {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
	for key, what := range map[string]string{gone: "NoSuchKey", cut: "unexpected EOF", denied: "Access Denied"} {
		if !strings.Contains(stderr, "ctsql: s3://logs/"+key+": ") || !strings.Contains(stderr, what) {
			t.Errorf("nothing of %s (%s) in\n%s", key, what, stderr)
		}
	}
	if n := consistent(t, exe, cache); n != b.distinct(gone, cut, denied) {
		t.Errorf("%d events, not %d", n, b.distinct(gone, cut, denied))
	}

	// The next day all is well.
	b.Reset()
	b.Put("logs", gone, b.bodies[gone])
	if code, stderr := load(); code != 0 || b.Count("GET") != 3 {
		t.Errorf("exit status %d after %d reads\n%s", code, b.Count("GET"), stderr)
	}
	if n := consistent(t, exe, cache); n != b.distinct() {
		t.Errorf("%d events, not %d", n, b.distinct())
	}
}

// TestInterruptedLoad: the first Ctrl-C ends a load that waits for a bucket; what
// was loaded stays, and the next load goes on.
func TestInterruptedLoad(t *testing.T) {
	exe := plain(t)
	server := s3test.New("logs")
	t.Cleanup(server.Close)
	var env []string
	for k, v := range server.Env() {
		env = append(env, k+"="+v)
	}
	const files, perFile = 50, 4000
	for f := range files {
		server.Put("logs", fmt.Sprintf("%04d.json", f), sketchFile(f, perFile))
	}
	server.On(func(r s3test.Request) bool { return r.Op == "GET" && r.Key == "0049.json" }, -1, server.Stall(10, time.Hour))

	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	load := func() *program {
		p := prepare(t, cache, env, "load", "s3://logs/")
		p.Path = exe
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := load()
	// Until something is committed; a reader gets in while the load waits.
	for deadline := time.Now().Add(time.Minute); ; {
		if !exists(cache) {
			time.Sleep(50 * time.Millisecond)
		} else if consistent(t, exe, cache) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is loaded")
		}
	}
	// It still waits, and lets others in.
	asked := time.Now()
	consistent(t, exe, cache)
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("a question waited %v for a load that waits", took)
	}
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	code, took := p.code(t), time.Since(began)
	if code != 1 || !strings.Contains(p.err.String(), "what was loaded stays") || strings.Contains(p.err.String(), "canceled") {
		t.Errorf("exit status %d\n%s", code, &p.err)
	}
	if took > 5*time.Second {
		t.Errorf("took %v to end", took)
	}
	n := consistent(t, exe, cache)
	server.Reset()
	p = load()
	if code := p.code(t); code != 0 {
		t.Errorf("exit status %d\n%s", code, &p.err)
	}
	if all := consistent(t, exe, cache); n == 0 || all != files*perFile-(files-1)*(perFile/100) {
		t.Errorf("%d events, after %d", all, n)
	}
	if !strings.Contains(p.err.String(), " loaded before, ") {
		t.Errorf("what was loaded is loaded again: %s", &p.err)
	}
}

// TestExpired: credentials that expire while logs are read are told of once, with
// how to sign in again. What was loaded stays, and the next load goes on.
func TestExpired(t *testing.T) {
	t.Parallel()
	server := s3test.New("logs")
	t.Cleanup(server.Close)
	var env []string
	for k, v := range server.Env() {
		env = append(env, k+"="+v)
	}
	const files, perFile = 200, 10
	for f := range files {
		server.Put("logs", fmt.Sprintf("%04d.json", f), sketchFile(f, perFile))
	}
	server.On(func(r s3test.Request) bool { return r.Op == "GET" && r.Key >= "0100.json" }, -1, s3test.Refuse(400, "ExpiredToken", "The provided token has expired."))
	cache := filepath.Join(t.TempDir(), "cache.duckdb")
	p := start(t, cache, env, "load", "s3://logs/", "--concurrency", "4")
	code := p.code(t)
	stderr := p.err.String()
	if code != 1 || strings.Count(stderr, "ctsql: ") != 1 || !strings.Contains(stderr, ".json: the credentials have expired\nhint: sign in for new AWS_ACCESS_KEY_ID, ") ||
		!strings.Contains(stderr, "100 objects, 1,000 events, ") || !strings.Contains(stderr, " 100 not read, ") {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
	if n := server.Count("GET"); n > 110 {
		t.Errorf("asked %d times, with credentials that are known to have expired", n)
	}
	server.Reset()
	p = start(t, cache, env, "load", "s3://logs/")
	if code := p.code(t); code != 0 || !strings.Contains(p.err.String(), "100 objects, 1,000 events, ") || server.Count("GET") != 100 {
		t.Errorf("exit status %d after %d reads\n%s", code, server.Count("GET"), &p.err)
	}

	// In a listing it is the same.
	server.On(s3test.Ops("LIST"), -1, s3test.Refuse(400, "ExpiredToken", "The provided token has expired."))
	p = start(t, cache, env, "load", "s3://logs/", "--relist")
	if code := p.code(t); code != 1 || strings.Count(p.err.String(), "the credentials have expired") != 1 {
		t.Errorf("exit status %d\n%s", code, &p.err)
	}
}
