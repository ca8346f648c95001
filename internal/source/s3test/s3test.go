// Package s3test is an S3 in process that misbehaves on demand, for tests of
// this and other packages; nothing but tests imports it. It is gofakes3 behind
// a handler that counts requests and injects faults. It holds everything in
// memory and knows no users: any signature will do, and none. SQS and SNS are
// behind the same URL.
package s3test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// A Server is a running S3. Its URL is an address by number, for which the SDK
// uses path style by itself.
type Server struct {
	URL string
	SNS *SNS
	SQS *SQS

	backend  *s3mem.Backend
	modified *modifiedTime
	next     http.Handler
	http     *httptest.Server
	stop     chan struct{}
	once     sync.Once

	mu       sync.Mutex
	rules    []*rule
	counts   map[string]int
	archived map[string]bool
	region   string

	clock *clock
}

// A Request is what a fault may depend on.
type Request struct {
	Op     string // LIST, GET, HEAD, PUT, … of S3; "sns.Publish", "sqs.ReceiveMessage" and so on
	Bucket string
	Key    string // of an object; the prefix of a LIST
	Range  string // the Range header
}

// A Fault answers a request in place of the server; next is the server.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

type rule struct {
	match func(Request) bool
	left  int
	fault Fault
}

// New starts a server with these buckets. Close ends it.
func New(buckets ...string) *Server {
	s := &Server{
		modified: new(modifiedTime), stop: make(chan struct{}),
		counts: map[string]int{}, archived: map[string]bool{},
	}
	s.backend = s3mem.New(s3mem.WithTimeSource(s.modified))
	for _, b := range buckets {
		if err := s.backend.CreateBucket(b); err != nil {
			panic(err)
		}
	}
	s.services()
	s.next = gofakes3.New(s.backend).Server()
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s
}

// Close cuts the connections that are still open, and ends the server.
func (s *Server) Close() {
	s.once.Do(func() { close(s.stop) })
	s.http.CloseClientConnections()
	s.http.Close()
}

// Env is what makes the SDK, in this or another process, come here.
func (s *Server) Env() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	}
}

// Put stores an object, straight into memory.
func (s *Server) Put(bucket, key string, body []byte) {
	s.put(bucket, key, body, map[string]string{})
}

func (s *Server) put(bucket, key string, body []byte, metadata map[string]string) {
	err := s.modified.put(metadata, func() error {
		_, err := s.backend.PutObject(bucket, key, metadata, bytes.NewReader(body), int64(len(body)), nil)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("put %s: %v", key, err))
	}
}

// Delete removes an object.
func (s *Server) Delete(bucket, key string) {
	if _, err := s.backend.DeleteObject(bucket, key); err != nil {
		panic(err)
	}
}

// Archive makes an object one of storage class GLACIER, not restored.
func (s *Server) Archive(key string) {
	s.mu.Lock()
	s.archived[key] = true
	s.mu.Unlock()
	s.On(func(r Request) bool { return r.Op == "GET" && r.Key == key }, -1,
		Refuse(403, "InvalidObjectState", "The operation is not valid for the object's storage class"))
}

// Move makes the buckets lie in another region: requests that are signed for a
// different one are redirected as S3 does.
func (s *Server) Move(region string) {
	s.mu.Lock()
	s.region = region
	s.mu.Unlock()
}

// On injects a fault into the next times requests that match; -1 is all.
func (s *Server) On(match func(Request) bool, times int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &rule{match, times, f})
}

// Ops matches any of the operations; with none, all.
func Ops(ops ...string) func(Request) bool {
	return func(r Request) bool {
		for _, op := range ops {
			if r.Op == op {
				return true
			}
		}
		return len(ops) == 0
	}
}

// Count is how many requests of an operation came, the faulty among them.
func (s *Server) Count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[op]
}

// Operations are those that came, sorted.
func (s *Server) Operations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.counts))
}

// Reset forgets the counts and the faults.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts, s.rules = map[string]int{}, nil
}

func parse(r *http.Request) Request {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := Request{Op: r.Method, Bucket: bucket, Key: key, Range: r.Header.Get("Range")}
	if r.Method == "GET" && key == "" {
		q.Op, q.Key = "LIST", r.URL.Query().Get("prefix")
	}
	return q
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	q := parse(r)
	service, asked := s.service(r)
	if service != nil {
		q = asked
	}
	s.mu.Lock()
	s.counts[q.Op]++
	region, archives := s.region, len(s.archived) > 0
	var fault Fault
	for _, rule := range s.rules {
		if rule.left != 0 && rule.match(q) {
			rule.left--
			fault = rule.fault
			break
		}
	}
	s.mu.Unlock()
	switch {
	case service != nil && fault != nil:
		fault(w, r, service)
		return
	case service != nil:
		service(w, r)
		return
	}
	if auth := r.Header.Get("Authorization"); region != "" && auth != "" && !strings.Contains(auth, "/"+region+"/s3/") {
		w.Header().Set("X-Amz-Bucket-Region", region)
		Refuse(301, "PermanentRedirect", "The bucket is in this region: "+region)(w, r, nil)
		return
	}
	next := s.next
	if archives && q.Op == "LIST" {
		next = http.HandlerFunc(s.markArchived)
	}
	if q.Op == "LIST" && r.URL.Query().Has("versions") {
		next = http.HandlerFunc(s.listVersions)
	}
	if fault != nil {
		fault(w, r, next)
		return
	}
	next.ServeHTTP(w, r)
}

// markArchived writes the storage class, which gofakes3 does not know, into a
// listing.
func (s *Server) markArchived(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	s.next.ServeHTTP(rec, r)
	text := strings.ReplaceAll(rec.Body.String(), "<StorageClass>STANDARD</StorageClass>", "")
	s.mu.Lock()
	for key := range s.archived {
		k := "<Key>" + key + "</Key>"
		text = strings.ReplaceAll(text, k, k+"<StorageClass>GLACIER</StorageClass>")
	}
	s.mu.Unlock()
	rec.Header().Del("Content-Length")
	write(w, rec.Code, rec.Header(), []byte(text))
}

// SlowDown is S3's throttling.
func SlowDown(w http.ResponseWriter, r *http.Request, next http.Handler) {
	Refuse(503, "SlowDown", "Please reduce your request rate.")(w, r, next)
}

// Denied is a refusal by S3, DeniedKMS one by the key that encrypts.
func Denied(w http.ResponseWriter, r *http.Request, next http.Handler) {
	Refuse(403, "AccessDenied", "Access Denied")(w, r, next)
}

// DeniedKMS is what S3 answers when the key's policy refuses.
func DeniedKMS(w http.ResponseWriter, r *http.Request, next http.Handler) {
	Refuse(403, "AccessDenied", "User: arn:aws:iam::111122223333:user/a is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1234")(w, r, next)
}

// Reset breaks the connection before any answer.
func Reset(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

// Empty answers well, but without a body.
func Empty(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	rec.Header().Set("Content-Length", "0")
	write(w, rec.Code, rec.Header(), nil)
}

// Cut promises the whole body and breaks the connection after n bytes of it.
func Cut(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		rec.Header().Set("Content-Length", strconv.Itoa(len(body)))
		write(w, rec.Code, rec.Header(), body[:min(n, len(body))])
		if n < len(body) {
			panic(http.ErrAbortHandler)
		}
	}
}

// Header adds a header to the answer.
func Header(name, value string) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		w.Header().Set(name, value)
		next.ServeHTTP(w, r)
	}
}

// NoRange answers as a server that does not know ranges.
func NoRange(w http.ResponseWriter, r *http.Request, next http.Handler) {
	r = r.Clone(r.Context())
	r.Header.Del("Range")
	next.ServeHTTP(w, r)
}

// Stall sends n bytes of the body and then nothing for d, or until the client
// goes or the server closes.
func (s *Server) Stall(n int, d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		rec.Header().Set("Content-Length", strconv.Itoa(len(body)))
		write(w, rec.Code, rec.Header(), body[:min(n, len(body))])
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		case <-s.stop:
		}
		panic(http.ErrAbortHandler)
	}
}

func write(w http.ResponseWriter, code int, h http.Header, body []byte) {
	for k, v := range h {
		w.Header()[k] = v
	}
	w.WriteHeader(code)
	w.Write(body)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
