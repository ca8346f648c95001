package source_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/load"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// round takes what a message names to a cache, and deletes the message if all of it
// is there.
func round(t *testing.T, q kept, m *source.Message, objects *source.Objects, w *cache.Writer) load.Summary {
	t.Helper()
	notice, err := cloudtrail.ParseNotice(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	failed := false
	sum, err := load.Load(t.Context(), []load.Source{objects.Named(notice.Objects)}, w, load.Options{Report: func(e load.Event) {
		failed = failed || e.Err != nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if failed {
		err = q.Later(t.Context(), 0, m)
	} else {
		err = q.Done(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// A message that names five objects of which one cannot be read stays until that can
// be, and nothing is read twice: neither for the message that comes again nor for a
// load of the bucket.
func TestRound(t *testing.T) {
	srv := startS3(t)
	const topic = "arn:aws:sns:us-east-1:111122223333:trail"
	url := srv.SQS.Queue(where, "notices", 30*time.Second)
	srv.SNS.Topic(topic)
	srv.SNS.Subscribe(topic, url, false)
	var keys []string
	for i := range 5 {
		keys = append(keys, logNamed(i))
		srv.Put("logs", keys[i], fmt.Appendf(nil, `{"Records":[{"eventVersion":"1.11","eventID":"e%d","eventTime":"2025-07-01T00:00:00Z","eventSource":"s","eventName":"n"}]}`, i))
	}
	told, err := json.Marshal(map[string]any{"s3Bucket": "logs", "s3ObjectKey": keys})
	if err != nil {
		t.Fatal(err)
	}
	srv.SNS.Send(topic, string(told))
	srv.On(func(r s3test.Request) bool { return r.Key == keys[2] }, 2, s3test.Denied) // HEAD and GET

	path := filepath.Join(t.TempDir(), "cache.duckdb")
	w, err := cache.OpenWriter(t.Context(), path, cache.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	q, objects := keep(t, url, source.QueueOptions{}), newObjects(t)
	if s := round(t, q, q.one(t), objects, w); s.Objects != 4 || s.Refused != 1 {
		t.Errorf("first: %+v", s)
	}
	if left := srv.SQS.Messages(url); len(left) != 1 {
		t.Fatalf("%d messages are left", len(left))
	}
	srv.SQS.Twice(1)
	again := q.one(t)
	if s := round(t, q, again, objects, w); s.Objects != 1 || s.Seen != 4 || s.Refused != 0 {
		t.Errorf("again: %+v", s)
	}
	if left := srv.SQS.Messages(url); again.Receives != 2 || len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
	gets := srv.Count("GET")
	if s := round(t, q, again, objects, w); s.Seen != 5 || s.Objects != 0 {
		t.Errorf("twice: %+v", s)
	}
	s, err := load.Load(t.Context(), []load.Source{newS3(t, "s3://logs", source.Options{})}, w, load.Options{})
	if err != nil || s.Seen != 5 || s.Objects != 0 {
		t.Errorf("the bucket: %+v %v", s, err)
	}
	if n := srv.Count("GET") - gets; n != 0 {
		t.Errorf("%d objects were read again", n)
	}
}
