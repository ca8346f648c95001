package source_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

// A Queue gets on with a server that somebody else wrote as it does with ours: what
// is held stays hidden, what is done goes, the rest comes again.
func TestQueueContract(t *testing.T) {
	t.Run("ours", func(t *testing.T) { queueContract(t, startS3(t)) })
	t.Run("fauxqs", func(t *testing.T) {
		dir := os.Getenv("FAUXQS")
		if dir == "" {
			t.Skip(s3test.FauxqsMissing)
		}
		ctx, cancel := context.WithCancel(context.Background())
		srv, wait, err := s3test.StartFauxqs(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cancel(); wait() })
		setEnv(t, srv.Env())
		queueContract(t, srv)
	})
}

func queueContract(t *testing.T, srv *s3test.Server) {
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(where))
	if err != nil {
		t.Fatal(err)
	}
	client := sqs.NewFromConfig(cfg)
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("notices")})
	if err != nil {
		t.Fatal(err)
	}
	url := *made.QueueUrl
	for i := range 12 {
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: made.QueueUrl, MessageBody: aws.String(fmt.Sprint("message ", i))}); err != nil {
			t.Fatal(err)
		}
	}
	q, other := keep(t, url, source.QueueOptions{Visibility: time.Second}), keep(t, url, source.QueueOptions{Visibility: 30 * time.Second})
	var all []*source.Message
	for len(all) < 12 {
		all = append(all, q.receive(t)...)
	}
	for begun := time.Now(); time.Since(begun) < 3*time.Second; {
		if got := other.receive(t); len(got) > 0 {
			t.Fatalf("%d messages that are held were received after %v", len(got), time.Since(begun))
		}
	}
	if err := q.Done(t.Context(), all[3:]...); err != nil {
		t.Error(err)
	}
	if err := q.Later(t.Context(), 0, all[0]); err != nil {
		t.Error(err)
	}
	var got []*source.Message
	got = append(got, other.receive(t)...)
	if err := q.stop(); err != nil {
		t.Error(err)
	}
	for len(got) < 3 {
		more := other.receive(t)
		if len(more) == 0 {
			break
		}
		got = append(got, more...)
	}
	ids := map[string]bool{}
	for _, m := range got {
		ids[m.ID] = true
		if m.Receives != 2 || m.Sent.IsZero() {
			t.Errorf("%+v", m)
		}
	}
	if len(got) != 3 || got[0].ID != all[0].ID || slices.ContainsFunc(all[:3], func(m *source.Message) bool { return !ids[m.ID] }) {
		t.Errorf("%d messages came again: %v", len(got), ids)
	}
	if err := other.Done(t.Context(), got...); err != nil {
		t.Error(err)
	}
	if got := q.told.String() + other.told.String(); got != "" {
		t.Error(got)
	}
	if _, err := keep(t, url+"2", source.QueueOptions{}).Receive(t.Context()); err == nil || !strings.Contains(err.Error(), "no such queue") {
		t.Error(err)
	}
}
