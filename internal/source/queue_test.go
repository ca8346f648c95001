package source_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// reports are what a queue told while it held messages.
type reports struct {
	mu  sync.Mutex
	all []string
}

func (r *reports) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, err.Error())
}

func (r *reports) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.all, "\n")
}

// A kept queue is one that is read, with whom keeps its messages hidden.
type kept struct {
	*source.Queue
	told *reports
	stop func() error // ends Keep, and is what it returned
}

func keep(t *testing.T, url string, opt source.QueueOptions) kept {
	t.Helper()
	k := kept{told: new(reports)}
	opt.S3.Backoff, opt.S3.MaxBackoff, opt.Report = time.Millisecond, 5*time.Millisecond, k.told.add
	if opt.Wait == 0 {
		opt.Wait = time.Second
	}
	q, err := source.NewQueue(t.Context(), url, opt)
	if err != nil {
		t.Fatal(err)
	}
	k.Queue = q
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Keep(ctx) }()
	var once sync.Once
	k.stop = func() (err error) {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	t.Cleanup(func() {
		if err := k.stop(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func (k kept) receive(t *testing.T) []*source.Message {
	t.Helper()
	all, err := k.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (k kept) one(t *testing.T) *source.Message {
	t.Helper()
	all := k.receive(t)
	if len(all) != 1 {
		t.Fatalf("%d messages, want one", len(all))
	}
	return all[0]
}

const where = "eu-central-1" // not the region of the environment

// What is done is deleted, what is not comes again later, and knows how often.
func TestQueue(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	before := time.Now().Add(-time.Second)
	for i := range 23 {
		srv.SQS.Send(url, fmt.Sprint("message ", i))
	}
	q := keep(t, url, source.QueueOptions{})
	bodies := map[string]bool{}
	var all []*source.Message
	for len(all) < 23 {
		for _, m := range q.receive(t) {
			if bodies[string(m.Body)] || m.Receives != 1 || m.Sent.Before(before) || time.Now().Before(m.Sent) {
				t.Errorf("%+v", m)
			}
			bodies[string(m.Body)] = true
			all = append(all, m)
		}
	}
	if n, oldest := q.Held(); n != 23 || !oldest.Equal(all[0].Sent) {
		t.Errorf("%d are held, the oldest of %v", n, oldest)
	}
	if err := q.Done(t.Context(), all[3:]...); err != nil {
		t.Error(err)
	}
	if err := q.Later(t.Context(), 1000*time.Hour, all[0]); err != nil {
		t.Error(err)
	}
	if err := q.Later(t.Context(), 0, all[1:3]...); err != nil {
		t.Error(err)
	}
	left := srv.SQS.Messages(url)
	if len(left) != 3 || left[0].Hidden < 11*time.Hour || left[1].Hidden > 0 {
		t.Errorf("%+v", left)
	}
	again := q.receive(t)
	if len(again) != 2 || again[0].Receives != 2 || again[0].ID != all[1].ID {
		t.Errorf("%d messages", len(again))
	}
	if got := q.told.String(); got != "" {
		t.Error(got)
	}
}

// Work that takes far longer than a message is hidden is not given to another, though
// the message waits for its turn; and when its reader is gone, it is.
func TestQueueKeeps(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	for i := range 12 {
		srv.SQS.Send(url, fmt.Sprint(i))
	}
	q, other := keep(t, url, source.QueueOptions{Visibility: time.Second}), keep(t, url, source.QueueOptions{Visibility: time.Second})
	var all []*source.Message
	for len(all) < 12 {
		all = append(all, q.receive(t)...)
	}
	for begun := time.Now(); time.Since(begun) < 4*time.Second; {
		if got := other.receive(t); len(got) > 0 {
			t.Fatalf("%d messages that are held were received after %v", len(got), time.Since(begun))
		}
	}
	if err := q.Done(t.Context(), all[2:]...); err != nil {
		t.Error(err)
	}
	if n := srv.Count("sqs.ChangeMessageVisibility"); n > 0 {
		t.Errorf("%d messages were extended one by one", n)
	}
	// Twelve messages are two requests, every half second at most.
	if n := srv.Count("sqs.ChangeMessageVisibilityBatch"); n < 6 || n > 22 {
		t.Errorf("%d requests to extend", n)
	}
	begun := time.Now()
	if err := q.stop(); err != nil {
		t.Error(err)
	}
	got := other.receive(t)
	if len(got) != 2 || got[0].Receives != 2 || time.Since(begun) > time.Second/2 {
		t.Errorf("%d messages were given back after %v", len(got), time.Since(begun))
	}
	if n, _ := q.Held(); n != 0 {
		t.Errorf("%d are still held", n)
	}
	if got := q.told.String(); got != "" {
		t.Error(got)
	}
}

// A message that another has got meanwhile is told once, and its deletion does no harm.
func TestQueueLost(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	srv.SQS.Send(url, "a")
	q, other := keep(t, url, source.QueueOptions{Visibility: 2 * time.Second}), keep(t, url, source.QueueOptions{})
	m := q.one(t)
	srv.Advance(3 * time.Second)
	again := other.one(t)
	deadline := time.Now().Add(5 * time.Second)
	for q.told.String() == "" && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if got := q.told.String(); !strings.Contains(got, "message "+m.ID+": ") || !strings.Contains(got, "may come twice") || strings.Contains(got, "\n") {
		t.Errorf("told %q", got)
	}
	if err := q.Done(t.Context(), m); err != nil {
		t.Error(err)
	}
	if left := srv.SQS.Messages(url); len(left) != 1 {
		t.Errorf("%+v", left)
	}
	if err := other.Done(t.Context(), again); err != nil {
		t.Error(err)
	}
}

// SQS delivers at least once: both times it is a message, and either can be deleted.
func TestQueueTwice(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	srv.SQS.Send(url, "a")
	srv.SQS.Twice(1)
	q := keep(t, url, source.QueueOptions{})
	first, second := q.one(t), q.one(t)
	if first.ID != second.ID || string(second.Body) != "a" || second.Receives != 2 {
		t.Errorf("%+v %+v", first, second)
	}
	if err := q.Done(t.Context(), first, second); err != nil {
		t.Error(err)
	}
	if left := srv.SQS.Messages(url); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

// What passes is retried: throttling, 5xx, and connections that are cut.
func TestQueuePassing(t *testing.T) {
	for name, fault := range map[string]s3test.Fault{
		"503":       s3test.Refuse(503, "ServiceUnavailable", "Service is unavailable."),
		"throttled": s3test.Refuse(400, "RequestThrottled", "The request was throttled."),
		"reset":     s3test.Reset,
	} {
		for _, call := range []string{"sqs.ReceiveMessage", "sqs.DeleteMessageBatch", "sqs.ChangeMessageVisibilityBatch"} {
			t.Run(name+" "+call, func(t *testing.T) {
				srv := startS3(t)
				url := srv.SQS.Queue(where, "notices", 30*time.Second)
				srv.SQS.Send(url, "a")
				srv.On(s3test.Ops(call), 3, fault)
				q := keep(t, url, source.QueueOptions{})
				m := q.one(t)
				if err := q.Later(t.Context(), 0, m); err != nil {
					t.Fatal(err)
				}
				if m = q.one(t); m.Receives != 2 {
					t.Errorf("%+v", m)
				}
				if err := q.Done(t.Context(), m); err != nil {
					t.Error(err)
				}
				if left := srv.SQS.Messages(url); len(left) != 0 {
					t.Errorf("%+v", left)
				}
			})
		}
	}
}

// A queue that is cut off while messages are held is told once, and they are
// extended when it is back.
func TestQueueCutOff(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	srv.SQS.Send(url, "a")
	opt := source.QueueOptions{Visibility: 4 * time.Second}
	opt.S3.Attempts = 1
	q := keep(t, url, opt)
	m := q.one(t)
	srv.On(s3test.Ops("sqs.ChangeMessageVisibilityBatch"), 2, s3test.Reset)
	time.Sleep(5500 * time.Millisecond)
	if left := srv.SQS.Messages(url); left[0].Receives != 1 || left[0].Hidden <= 0 {
		t.Errorf("%+v", left)
	}
	if got := q.told.String(); !strings.Contains(got, "messages cannot be held, and may come twice: "+url) || strings.Contains(got, "\n") {
		t.Errorf("told %q", got)
	}
	if err := q.Done(t.Context(), m); err != nil {
		t.Error(err)
	}
}

// What does not pass is an error that says what to do; it ends a queue where asking
// again is of no use.
func TestQueueRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault s3test.Fault
		want  string
		is    error
		ends  bool
	}{
		{"denied", s3test.Refuse(403, "AccessDeniedException", "User: arn:aws:iam::111122223333:user/a is not authorized to perform: sqs:receivemessage"),
			": permission denied: User: arn:aws:iam::111122223333:user/a is not authorized to perform: sqs:receivemessage\nhint: the identity needs sqs:ReceiveMessage on the queue", fs.ErrPermission, false},
		{"denied by KMS", s3test.Refuse(400, "KmsAccessDenied", "The ciphertext refers to a customer master key that does not exist"), "hint: the identity needs kms:Decrypt", source.ErrKMS, false},
		{"expired", s3test.Refuse(403, "ExpiredToken", "The security token included in the request is expired"), "the credentials have expired\nhint: sign in", nil, true},
		{"no such key", s3test.Refuse(403, "InvalidClientTokenId", "The security token included in the request is invalid."), "hint: check AWS_PROFILE and the access key", nil, true},
		{"no such queue", s3test.Refuse(400, "QueueDoesNotExist", "The specified queue does not exist."), ": no such queue\nhint: ", nil, true},
		{"broken", s3test.Refuse(500, "InternalFailure", "We encountered an internal error."), "InternalFailure: We encountered", nil, false},
	} {
		srv := startS3(t)
		url := srv.SQS.Queue(where, "notices", 30*time.Second)
		srv.On(s3test.Ops("sqs.ReceiveMessage"), -1, tt.fault)
		q := keep(t, url, source.QueueOptions{})
		_, err := q.Receive(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), url+": ") || !strings.Contains(err.Error(), tt.want) ||
			tt.is != nil && !errors.Is(err, tt.is) || cloudtrail.EndsSource(err) != tt.ends {
			t.Errorf("%s: %v, ends the source: %v", tt.name, err, cloudtrail.EndsSource(err))
		}
	}
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	for _, wrong := range []string{url + "2", strings.Replace(url, where, "us-west-2", 1)} {
		if _, err := keep(t, wrong, source.QueueOptions{}).Receive(t.Context()); err == nil || !strings.Contains(err.Error(), "no such queue") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// A deletion that fails is told, with the message that comes again.
func TestQueueNotDeleted(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	srv.SQS.Send(url, "a")
	q := keep(t, url, source.QueueOptions{})
	m := q.one(t)
	srv.On(s3test.Ops("sqs.DeleteMessageBatch"), -1, s3test.Refuse(403, "AccessDenied", "Access to the resource is denied."))
	err := q.Done(t.Context(), m)
	if err == nil || !strings.Contains(err.Error(), "hint: the identity needs sqs:DeleteMessage on the queue") {
		t.Error(err)
	}
	if left := srv.SQS.Messages(url); len(left) != 1 || left[0].Hidden < 30*time.Second {
		t.Errorf("%+v", left)
	}
}

// A receive that waits ends with its context, and a queue that is closed holds nothing.
func TestQueueEnds(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	q := keep(t, url, source.QueueOptions{Wait: 20 * time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	begun := time.Now()
	if _, err := q.Receive(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	if err := q.stop(); err != nil {
		t.Error(err)
	}
	for srv.SQS.Waiting() > 0 { // until SQS has seen that nobody waits for its answer
		time.Sleep(time.Millisecond)
	}
	srv.SQS.Send(url, "a")
	if all, err := q.Receive(t.Context()); err == nil || len(all) > 0 {
		t.Errorf("%d messages, %v", len(all), err)
	}
	if left := srv.SQS.Messages(url); len(left) != 1 || left[0].Hidden > 0 {
		t.Errorf("%+v", left)
	}
}

// What cannot be given back is told.
func TestQueueNotGivenBack(t *testing.T) {
	srv := startS3(t)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	srv.SQS.Send(url, "a")
	q := keep(t, url, source.QueueOptions{})
	q.one(t)
	srv.On(s3test.Ops("sqs.ChangeMessageVisibilityBatch"), -1, s3test.Reset)
	if err := q.stop(); err == nil || !strings.Contains(err.Error(), "1 messages were not given back and come again in 1m0s at most") {
		t.Error(err)
	}
}

func TestQueueURL(t *testing.T) {
	srv := startS3(t)
	for _, bad := range []string{"", "notices", "s3://logs/a", "arn:aws:sqs:us-east-1:111122223333:notices", "https://sqs.us-east-1.amazonaws.com/notices", "https:///1/a"} {
		if _, err := source.NewQueue(t.Context(), bad, source.QueueOptions{}); err == nil || !strings.Contains(err.Error(), "not the URL of a queue\nhint: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	// The region is that of the URL, and else the configured one.
	china := srv.SQS.Queue("cn-north-1", "china", time.Second)
	path := strings.TrimPrefix(china, "https://sqs.cn-north-1.amazonaws.com")
	for _, host := range []string{
		"sqs.cn-north-1.amazonaws.com.cn", "cn-north-1.queue.amazonaws.com.cn", "sqs-fips.cn-north-1.amazonaws.com", "sqs.cn-north-1.api.amazonwebservices.com.cn",
		"vpce-0a1b2c3d4e5f-6g7h8i9j.sqs.cn-north-1.vpce.amazonaws.com.cn",
	} {
		srv.SQS.Send(china, host)
		if all, err := keep(t, "https://"+host+path, source.QueueOptions{}).Receive(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("%s: %d messages, %v", host, len(all), err)
		}
	}
	local := srv.SQS.Queue("us-east-1", "local", time.Second)
	srv.SQS.Send(local, "a")
	t.Setenv("AWS_ENDPOINT_URL", "")
	keep(t, srv.URL+strings.TrimPrefix(local, "https://sqs.us-east-1.amazonaws.com"), source.QueueOptions{}).one(t) // its URL is the endpoint
}

// A queue of another account is read with the credentials of its role.
func TestQueueRole(t *testing.T) {
	srv := startS3(t)
	front := s3test.NewCloudTrail(srv)
	t.Cleanup(front.Close)
	t.Setenv("AWS_ENDPOINT_URL", front.URL)
	const reader = "arn:aws:iam::444455556666:role/log-reader"
	front.STS.Role(reader, "shared-word", time.Hour)
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	srv.SQS.Send(url, "a")
	opt := source.QueueOptions{}
	opt.S3.Role = source.Role{ARN: reader, ExternalID: "shared-word"}
	q := keep(t, url, opt)
	if err := q.Done(t.Context(), q.one(t)); err != nil {
		t.Error(err)
	}
	if _, roles := front.STS.Keys(""); len(roles) != 1 || roles[0] != reader {
		t.Errorf("signed by %q", roles)
	}
	opt.S3.Role.ExternalID = "another"
	if _, err := source.NewQueue(t.Context(), url, opt); err == nil || !strings.Contains(err.Error(), "the role "+reader+" cannot be assumed") {
		t.Error(err)
	}
}
