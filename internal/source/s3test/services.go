package s3test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// A clock is what queues and topics go by: the real time, and what tests put on top.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
	moved chan struct{} // closed when it is
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) moves() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved
}

// services starts what is not S3, without a queue or a topic.
func (s *Server) services() {
	s.clock = &clock{moved: make(chan struct{})}
	s.SQS = &SQS{clock: s.clock, stop: s.stop, queues: map[string]*queue{}}
	s.SNS = &SNS{clock: s.clock, sqs: s.SQS, topics: map[string]*topic{}}
}

// Advance has queues and topics believe that so much time has gone by.
func (s *Server) Advance(d time.Duration) {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	s.clock.ahead += d
	close(s.clock.moved)
	s.clock.moved = make(chan struct{})
}

// isForm reports whether a request is one of those services that take forms: SNS
// and STS.
func isForm(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// parseForm reads a form and leaves the body as it was.
func parseForm(r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	if err := r.ParseForm(); err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
}

// service is who answers a request that is not to S3, nil for one that is, and how
// it shows to faults.
func (s *Server) service(r *http.Request) (http.HandlerFunc, Request) {
	if isForm(r) {
		parseForm(r)
		if isSNS(r.PostForm) {
			return s.SNS.answer, Request{Op: "sns." + r.PostForm.Get("Action"), Key: r.PostForm.Get("TopicArn")}
		}
	}
	if call, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS."); ok {
		// To its end, or else nobody would be told when the client goes.
		text, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		var in queueRequest
		if err := json.Unmarshal(text, &in); err != nil {
			panic(err)
		}
		name := cmp.Or(in.QueueName, path.Base(in.QueueUrl))
		return func(w http.ResponseWriter, r *http.Request) { s.SQS.answer(w, r, call, in) }, Request{Op: "sqs." + call, Key: name}
	}
	return nil, Request{}
}

// Refuse answers with an error, in the words of the service that is asked.
func Refuse(status int, code, message string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		if isForm(r) {
			kind := "Sender"
			if status >= 500 {
				kind = "Receiver"
			}
			sayXML(w, status, fmt.Sprintf(`<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
				kind, code, html.EscapeString(message)))
			return
		}
		if r.Header.Get("X-Amz-Target") != "" {
			refuseJSON(w, status, code, message)
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
	}
}

// signedRegion is the region in a signature's scope: Credential=KEY/DAY/REGION/….
func signedRegion(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if part := strings.Split(scope, "/"); len(part) > 3 {
		return part[2]
	}
	return ""
}
