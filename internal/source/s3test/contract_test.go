package s3test_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/ctsql/ctsql/internal/source/s3test"
)

// A served is a service of queues and topics: the one of this package, or one that
// somebody else wrote, to keep it honest.
type served struct {
	queues *sqs.Client
	topics *sns.Client
	// topic makes a topic and has it put what it takes into a queue.
	topic func(t *testing.T, name, url string, raw bool) (arn string)
}

func ours(t *testing.T) served {
	srv := start(t)
	cfg := awsConfig(t, srv)
	return served{sqs.NewFromConfig(cfg), sns.NewFromConfig(cfg), func(_ *testing.T, name, url string, raw bool) string {
		arn := "arn:aws:sns:eu-central-1:" + s3test.Account + ":" + name
		srv.SNS.Topic(arn)
		srv.SNS.Subscribe(arn, url, raw)
		return arn
	}}
}

// fauxqs runs where it is installed.
func fauxqs(t *testing.T) served {
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
	cfg := awsConfig(t, srv)
	s := served{queues: sqs.NewFromConfig(cfg), topics: sns.NewFromConfig(cfg)}
	s.topic = func(t *testing.T, name, url string, raw bool) string {
		made, err := s.topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: made.TopicArn, Protocol: aws.String("sqs"),
			Endpoint:   aws.String("arn:aws:sqs:eu-central-1:000000000000:" + filepath.Base(url)),
			Attributes: map[string]string{"RawMessageDelivery": fmt.Sprint(raw)}})
		if err != nil {
			t.Fatal(err)
		}
		return *made.TopicArn
	}
	return s
}

func eachServed(t *testing.T, f func(t *testing.T, s served)) {
	t.Run("ours", func(t *testing.T) { f(t, ours(t)) })
	t.Run("fauxqs", func(t *testing.T) { f(t, fauxqs(t)) })
}

func (s served) queue(t *testing.T, name string) string {
	t.Helper()
	out, err := s.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

func (s served) send(t *testing.T, url, body string) {
	t.Helper()
	if _, err := s.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

func (s served) receive(t *testing.T, url string, wait int32) []types.Message {
	t.Helper()
	out, err := s.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: wait,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SentTimestamp", "ApproximateReceiveCount"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Messages
}

func (s served) hide(t *testing.T, url string, m types.Message, seconds int32) error {
	t.Helper()
	_, err := s.queues.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds})
	return err
}

// bodies are what messages hold, and how often each was received.
func bodies(all []types.Message) string {
	var s []string
	for _, m := range all {
		s = append(s, *m.Body+" "+m.Attributes["ApproximateReceiveCount"])
	}
	return strings.Join(s, ", ")
}

func members(t *testing.T, body string) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// A message is hidden once it is received, comes again when nobody deletes it, and
// is hidden for longer, or no longer, when that is asked for.
func TestVisibilityContract(t *testing.T) {
	eachServed(t, func(t *testing.T, s served) {
		url := s.queue(t, "logs")
		s.send(t, url, "one")
		first := s.receive(t, url, 0)
		if got := bodies(first); got != "one 1" {
			t.Fatal(got)
		}
		if again := s.receive(t, url, 0); len(again) > 0 {
			t.Fatalf("hidden, and received: %s", bodies(again))
		}
		if got := bodies(s.receive(t, url, 5)); got != "one 2" {
			t.Fatalf("after its visibility timeout: %q", got)
		}
		time.Sleep(1100 * time.Millisecond)
		third := s.receive(t, url, 0)
		if got := bodies(third); got != "one 3" {
			t.Fatal(got)
		}
		if err := s.hide(t, url, third[0], 3); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond)
		if again := s.receive(t, url, 0); len(again) > 0 {
			t.Fatalf("hidden for longer, and received: %s", bodies(again))
		}
		if err := s.hide(t, url, third[0], 0); err != nil {
			t.Fatal(err)
		}
		fourth := s.receive(t, url, 0)
		if got := bodies(fourth); got != "one 4" {
			t.Fatalf("given back: %q", got)
		}
		if _, err := s.queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: fourth[0].ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
		if again := s.receive(t, url, 2); len(again) > 0 {
			t.Fatalf("deleted, and received: %s", bodies(again))
		}
	})
}

// A receive that waits ends with the message that comes, at once.
func TestLongPollContract(t *testing.T) {
	eachServed(t, func(t *testing.T, s served) {
		url := s.queue(t, "logs")
		sent := make(chan error, 1)
		go func() {
			time.Sleep(200 * time.Millisecond)
			_, err := s.queues.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("late")})
			sent <- err
		}()
		begun := time.Now()
		got := bodies(s.receive(t, url, 20))
		if err := <-sent; err != nil || got != "late 1" || time.Since(begun) > 10*time.Second {
			t.Errorf("%q after %v, %v", got, time.Since(begun), err)
		}
	})
}

// A batch does what it can, and tells what it cannot.
func TestBatchContract(t *testing.T) {
	eachServed(t, func(t *testing.T, s served) {
		url := s.queue(t, "logs")
		out, err := s.queues.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("a"), MessageBody: aws.String("one")}, {Id: aws.String("b"), MessageBody: aws.String("two")}}})
		if err != nil || len(out.Successful) != 2 {
			t.Fatal(out, err)
		}
		all := s.receive(t, url, 1)
		if got := bodies(all); got != "one 1, two 1" {
			t.Fatal(got)
		}
		hidden, err := s.queues.ChangeMessageVisibilityBatch(t.Context(), &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url,
			Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
				{Id: aws.String("a"), ReceiptHandle: all[0].ReceiptHandle, VisibilityTimeout: 10},
				{Id: aws.String("b"), ReceiptHandle: aws.String("none of its"), VisibilityTimeout: 10}}})
		if err != nil || len(hidden.Successful) != 1 || len(hidden.Failed) != 1 || *hidden.Failed[0].Id != "b" || *hidden.Failed[0].Code != "ReceiptHandleIsInvalid" {
			t.Fatalf("%+v %v", hidden, err)
		}
		deleted, err := s.queues.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &url,
			Entries: []types.DeleteMessageBatchRequestEntry{{Id: aws.String("a"), ReceiptHandle: all[0].ReceiptHandle}}})
		if err != nil || len(deleted.Successful) != 1 {
			t.Fatalf("%+v %v", deleted, err)
		}
		if got := bodies(s.receive(t, url, 3)); got != "two 2" {
			t.Fatal(got)
		}
		for name, entries := range map[string][]types.DeleteMessageBatchRequestEntry{
			"EmptyBatchRequest":            {},
			"TooManyEntriesInBatchRequest": make([]types.DeleteMessageBatchRequestEntry, 11),
		} {
			for i := range entries {
				entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: all[0].ReceiptHandle}
			}
			_, err := s.queues.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: entries})
			if code := codeOf(t, err); !strings.HasSuffix(code, name) {
				t.Errorf("%q, want %q", code, name)
			}
		}
	})
}

// What is refused, and in which words.
func TestRefusalContract(t *testing.T) {
	eachServed(t, func(t *testing.T, s served) {
		url := s.queue(t, "logs")
		_, err := s.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(url + "2")})
		if code := codeOf(t, err); code != "AWS.SimpleQueueService.NonExistentQueue" && code != "QueueDoesNotExist" {
			t.Errorf("no such queue: %q %v", code, err)
		}
		if code := codeOf(t, s.hide(t, url, types.Message{ReceiptHandle: aws.String("none of its")}, 1)); code == "" {
			t.Error("no such receipt, and no error") // fauxqs says MessageNotInflight
		}
		_, err = s.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 11})
		if code := codeOf(t, err); code == "" {
			t.Error("eleven messages are received at once")
		}
	})
}

// What a topic takes comes out of a queue, in an envelope or as it is.
func TestSubscriptionContract(t *testing.T) {
	eachServed(t, func(t *testing.T, s served) {
		for _, raw := range []bool{false, true} {
			url := s.queue(t, fmt.Sprint("logs-", raw))
			arn := s.topic(t, fmt.Sprint("trail-", raw), url, raw)
			_, err := s.topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &arn, Subject: aws.String("s"), Message: aws.String(`{"a":"<&>"}`),
				MessageAttributes: map[string]snstypes.MessageAttributeValue{"severity": text("high")}})
			if err != nil {
				t.Fatal(err)
			}
			all := s.receive(t, url, 2)
			if len(all) != 1 {
				t.Fatalf("%d messages", len(all))
			}
			if raw {
				if got := *all[0].Body; got != `{"a":"<&>"}` {
					t.Errorf("raw: %s", got)
				}
				continue
			}
			got := members(t, *all[0].Body)
			if got["Type"] != "Notification" || got["TopicArn"] != arn || got["Subject"] != "s" || got["Message"] != `{"a":"<&>"}` {
				t.Errorf("envelope: %v", got)
			}
			severity, ok := got["MessageAttributes"].(map[string]any)["severity"].(map[string]any)
			if !ok || severity["Type"] != "String" || severity["Value"] != "high" {
				t.Errorf("attributes: %v", got["MessageAttributes"])
			}
		}
	})
}

// What SNS says of what it refuses.
func TestPublishContract(t *testing.T) {
	eachServed(t, func(t *testing.T, s served) {
		arn := s.topic(t, "trail", s.queue(t, "logs"), true)
		// fauxqs takes any subject.
		_, err := s.topics.Publish(t.Context(), &sns.PublishInput{TopicArn: &arn, Message: aws.String(strings.Repeat("x", 262_145))})
		if code := codeOf(t, err); code != "InvalidParameter" {
			t.Errorf("too long: %q %v", code, err)
		}
		_, err = s.topics.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(arn + "2"), Message: aws.String("m")})
		if code := codeOf(t, err); code != "NotFound" {
			t.Errorf("no such topic: %q", code)
		}
	})
}
