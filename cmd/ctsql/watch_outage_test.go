package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
)

// s3Event is S3's notice of an object, in the envelope of SNS.
func s3Event(t *testing.T, key string, size int) string {
	t.Helper()
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	inner := text(map[string]any{"Records": []any{map[string]any{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "awsRegion": "us-east-1",
		"s3": map[string]any{"bucket": map[string]any{"name": "logs"}, "object": map[string]any{"key": key, "size": size}}}}})
	return text(map[string]any{"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:111122223333:logs", "Message": inner})
}

// disorder: the newest objects come first, each in a message that comes twice, and again
// in one of another shape; what is of the theft comes after the day.
func disorder(t *testing.T) func(*testing.T, *calm) {
	w, l := newTheft(t)
	keys := slices.Clone(l.keys)
	slices.Reverse(keys)
	p := w.watch(t)
	w.notify(l.after...)
	w.SQS.Twice(20)
	for _, key := range keys {
		w.notify(key)
		w.SQS.Send(w.queue, s3Event(t, key, len(w.bodies[key])))
	}
	w.notify(keys...)
	return func(t *testing.T, c *calm) { c.same(t, w, w.judged(t, p)) }
}

// outages: of a message's five objects one is missing, one is forbidden, one is cut short
// and one is throttled; S3, SQS and SNS are unavailable and forbidden for a while; and
// there are messages that nobody can read. Once all is well, all is judged.
func outages(t *testing.T) func(*testing.T, *calm) {
	w, l := newTheft(t)
	gone, denied, cut, throttled := l.keys[0], l.keys[1], l.keys[2], l.keys[3]
	w.Delete("logs", gone)
	w.On(w.get(denied), 4, s3test.Denied)
	w.On(w.get(cut), 4, s3test.Cut(40))
	w.On(w.get(throttled), 4, s3test.SlowDown)
	unavailable, forbidden := s3test.Refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "busy"), s3test.Refuse(http.StatusForbidden, "AccessDenied", "not you")
	for _, op := range []string{"sqs.ReceiveMessage", "sqs.DeleteMessageBatch", "sqs.ChangeMessageVisibilityBatch", "sns.Publish"} {
		w.On(s3test.Ops(op), 3, unavailable)
		w.On(s3test.Ops(op), 1, forbidden)
	}
	address := freeAddress(t)
	p := w.watch(t, "--listen", address)
	for _, poison := range []string{"{", "not for you\u009b2J", strings.Repeat("x", 200_000), `{"s3Bucket":"logs","s3ObjectKey":[7]}`, "\u2028\n\n"} {
		w.SQS.Send(w.queue, poison)
	}
	w.notify(l.keys[:5]...)
	w.notify(l.keys[5:]...)
	return func(t *testing.T, c *calm) {
		await(t, "what cannot be read is told", p, func() bool {
			_, text := page(t, "http://"+address+"/metrics")
			return strings.Contains(text, "\nctsql_watch_quarantine 7") || strings.Contains(text, "\nctsql_watch_quarantine 8")
		})
		for _, q := range w.SQS.Messages(w.queue) {
			if strings.Contains(q.Body, l.keys[4]) && q.Receives == 0 {
				t.Errorf("%+v", q)
			}
		}
		w.Put("logs", gone, w.bodies[gone])
		w.notify(l.after...)
		await(t, "all that can be read is done", p, func() bool {
			w.Advance(time.Minute)
			time.Sleep(time.Second)
			return len(w.SQS.Messages(w.queue)) == 5
		})
		for _, q := range w.SQS.Messages(w.queue) {
			if strings.Contains(q.Body, "AWSLogs") || q.Receives < 2 {
				t.Errorf("left: %.80q, received %d times", q.Body, q.Receives)
			}
			w.SQS.Send(w.queue, q.Body)
		}
		w.over(t, p)
		end(t, p)
		c.same(t, w, w.table(t))
		p := start(t, w.cache, nil, "query", "--state", w.state, "--format", "csv", "select kind, resolved is null as left, count(*) as n from quarantine group by all order by all")
		if code := p.code(t); code != 0 || !strings.HasPrefix(p.out.String(), "kind,left,n\nmessage,true,") || !strings.Contains(p.out.String(), "\nobject,false,") || strings.Contains(p.out.String(), "object,true") {
			t.Errorf("exit status %d\n%s%s", code, &p.out, &p.err)
		}
	}
}

// topicDown: SNS takes nothing while all is judged, and nothing is lost by an end and a
// start meanwhile.
func topicDown(t *testing.T) func(*testing.T, *calm) {
	w, l := newTheft(t)
	w.On(s3test.Ops("sns.Publish"), -1, s3test.Refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "busy"))
	p := w.watch(t)
	w.notify(l.keys...)
	await(t, "all messages are done", p, w.empty)
	await(t, "it was tried to publish", p, func() bool { return w.Count("sns.Publish") > 0 })
	end(t, p)
	if n := len(w.published()); n > 0 || w.outbox(t) == 0 {
		t.Errorf("%d alerts were published, and %d wait", n, w.outbox(t))
	}
	tried := w.Count("sns.Publish")
	p = w.watch(t)
	w.notify(l.after...)
	await(t, "it is tried again", p, func() bool { return w.Count("sns.Publish") > tried })
	if n := len(w.published()); n > 0 {
		t.Errorf("%d alerts were published", n)
	}
	w.Reset() // it is up again
	return func(t *testing.T, c *calm) { c.same(t, w, w.judged(t, p)) }
}

// slowObject: one object takes longer than messages are hidden. Its message is kept, and
// the others do not wait for it.
func slowObject(t *testing.T) func(*testing.T, *calm) {
	w, l := newTheft(t)
	long := l.keys[len(l.keys)/2]
	began := time.Now()
	left := make(chan []s3test.Queued, 1)
	w.On(w.get(long), -1, func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		select {
		case <-time.After(heldFor + 5*time.Second - time.Since(began)):
			select {
			case left <- w.SQS.Messages(w.queue):
			default: // it was asked for again
			}
			next.ServeHTTP(rw, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	})
	p := w.watch(t)
	w.notify(long)
	for _, key := range slices.Concat(l.keys, l.after) {
		if key != long {
			w.notify(key)
		}
	}
	return func(t *testing.T, c *calm) {
		if all := <-left; len(all) != 1 || !strings.Contains(all[0].Body, long) || all[0].Receives != 1 {
			t.Errorf("left when it is there: %+v", all)
		}
		c.same(t, w, w.judged(t, p))
	}
}

// changed: in the middle it is ended and started with another configuration, and that is
// read again.
func changed(t *testing.T) func(*testing.T, *calm) {
	w, l := newTheft(t)
	p := w.watch(t)
	half := len(l.keys) / 2
	w.notify(l.keys[:half]...)
	await(t, "half of it is done", p, w.empty)
	end(t, p)
	p = w.watch(t, "--budget", "50", "--alert-format", "json", "--concurrency", "2")
	await(t, "it watches", p, func() bool { return strings.Contains(p.told(), "msg=watching") })
	w.notify(l.keys[half:]...)
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, "it watches anew", p, func() bool { return strings.Count(p.told(), "msg=watching") == 2 })
	w.notify(l.after...)
	return func(t *testing.T, c *calm) {
		c.same(t, w, w.judged(t, p))
		for _, m := range w.SNS.Published(alertsTopic) {
			if m.At.IsZero() || !json.Valid([]byte(m.Message)) && !strings.HasPrefix(m.Subject, "[ctsql ") {
				t.Errorf("%s", fmt.Sprint(m))
			}
		}
	}
}
