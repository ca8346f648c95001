package s3test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A CloudTrail is the service that names trails, for as many regions as are asked
// for: a request's signature tells which is meant. What is not one of its requests
// goes to STS or to an S3, so that one AWS_ENDPOINT_URL serves all.
type CloudTrail struct {
	URL string
	STS *STS

	http *httptest.Server
	s3   http.Handler
	stop chan struct{}
	once sync.Once

	mu      sync.Mutex
	answers map[string]http.HandlerFunc // by region and call
	calls   []string

	events    map[string][]event // by region, newest first
	throttled map[string]int
	lookups   map[string][]time.Time
}

// NewCloudTrail starts a service in front of an S3. It knows no trails. Close ends it.
func NewCloudTrail(s3 *Server) *CloudTrail {
	to, err := url.Parse(s3.URL)
	if err != nil {
		panic(err)
	}
	c := &CloudTrail{STS: newSTS(), s3: httputil.NewSingleHostReverseProxy(to), stop: make(chan struct{}), answers: map[string]http.HandlerFunc{},
		events: map[string][]event{}, throttled: map[string]int{}, lookups: map[string][]time.Time{}}
	c.http = httptest.NewServer(http.HandlerFunc(c.serve))
	c.URL = c.http.URL
	return c
}

// Close cuts the connections that are still open, and ends the service.
func (c *CloudTrail) Close() {
	c.once.Do(func() { close(c.stop) })
	c.http.CloseClientConnections()
	c.http.Close()
}

// Answer is what a call is answered with in a region; empty is all others.
func (c *CloudTrail) Answer(region, call string, answer any) {
	c.on(region, call, func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, answer) })
}

// Refuse answers with an error.
func (c *CloudTrail) Refuse(region, call string, status int, code, message string) {
	c.on(region, call, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, status, map[string]string{"__type": code, "message": message})
	})
}

// Hang does not answer before the client goes or the service ends.
func (c *CloudTrail) Hang(region, call string) {
	c.on(region, call, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-c.stop:
		}
	})
}

// Calls are those that came, as "REGION CALL", sorted.
func (c *CloudTrail) Calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := slices.Clone(c.calls)
	slices.Sort(calls)
	return calls
}

func (c *CloudTrail) on(region, call string, f http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[region+" "+call] = f
}

func (c *CloudTrail) serve(w http.ResponseWriter, r *http.Request) {
	call, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "CloudTrail_20131101.")
	if !ok {
		c.other(w, r)
		return
	}
	region := signedFor(r)
	c.STS.uses(call, signedBy(r))
	c.mu.Lock()
	c.calls = append(c.calls, region+" "+call)
	answer := c.answers[region+" "+call]
	if answer == nil {
		answer = c.answers[" "+call]
	}
	c.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case call == "LookupEvents":
		c.lookup(w, r)
	case call == "DescribeTrails":
		reply(w, http.StatusOK, map[string]any{"trailList": []any{}})
	default:
		reply(w, http.StatusBadRequest, map[string]string{"__type": "TrailNotFoundException", "message": "Unknown trail"})
	}
}

// other serves what is no request to CloudTrail.
func (c *CloudTrail) other(w http.ResponseWriter, r *http.Request) {
	if isForm(r) {
		parseForm(r)
		if !isSNS(r.PostForm) {
			c.STS.answer(w, r)
			return
		}
	}
	if !c.STS.refuses(w, r) {
		c.s3.ServeHTTP(w, r)
	}
}

// signedFor is the region in a signature's scope: Credential=KEY/DAY/REGION/….
func signedFor(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if part := strings.Split(scope, "/"); len(part) > 3 && part[3] == "cloudtrail" {
		return part[2]
	}
	return "unsigned"
}

func reply(w http.ResponseWriter, status int, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	write(w, status, nil, text)
}
