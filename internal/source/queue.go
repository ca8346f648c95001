package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// QueueOptions say how to read a queue. S3 is how to reach AWS: its Endpoint, Role,
// Attempts and so on are for SQS here.
type QueueOptions struct {
	S3 S3Options
	// Visibility is for how long others do not see a message after this program has
	// died; 60 s when 0, an hour at most, in whole seconds. While it lives that is
	// extended.
	Visibility time.Duration
	// Wait is how long a Receive waits for a message to come; 20 s when 0, which
	// is the longest that SQS has.
	Wait time.Duration
	// Report is told what happens to messages while they are held. It may be called
	// from several goroutines. Nil is told nothing.
	Report func(error)
}

// A Queue is one of SQS's whose messages tell of new objects, or are events. It is
// safe for concurrent use. Whoever receives from it runs Keep beside that.
type Queue struct {
	url    string
	opt    QueueOptions
	client *sqs.Client

	mu     sync.Mutex
	held   map[string]*Message // by receipt
	closed bool                // nothing is held any more
	came   chan struct{}       // tells Keep that a message is held that is due before all others
	// turn holds one for who changes how long messages are hidden: what is asked for
	// last must be what comes last.
	turn chan struct{}
}

// A Message is one that was received. It may come twice, late and in any order.
type Message struct {
	ID   string
	Body []byte
	Sent time.Time
	// Receives is how often it was received, this time among them, about.
	Receives int

	receipt  string
	received time.Time // when it was asked for
	until    time.Time // it is hidden, as far as is known
}

const (
	// MostReceived is how many messages a Receive returns at most.
	MostReceived = mostAtOnce
	// mostAtOnce is how many messages SQS takes in one request.
	mostAtOnce = 10
	// mostHidden is for how long SQS hides a message at most, from its receipt on.
	mostHidden = 12 * time.Hour
	// givingBack is how long the end of Keep may take: what is not given back by then
	// comes again after Visibility.
	givingBack = 5 * time.Second
)

// NewQueue is the queue of a URL, in the region that the URL names. It asks for the
// credentials, and nothing of the queue.
func NewQueue(ctx context.Context, name string, opt QueueOptions) (*Queue, error) {
	region, endpoint, err := parseQueueURL(name)
	if err != nil {
		return nil, err
	}
	opt.Visibility = min(cmp.Or(max(opt.Visibility, 0).Round(time.Second), time.Minute), time.Hour)
	opt.Wait = min(cmp.Or(max(opt.Wait, 0), 20*time.Second), 20*time.Second)
	if opt.Report == nil {
		opt.Report = func(error) {}
	}
	o := opt.S3.withDefaults()
	o.Stall = max(o.Stall, opt.Wait+10*time.Second) // SQS is silent while it waits
	opt.S3 = o
	cfg, err := o.config(ctx)
	if err != nil {
		return nil, configError(name, err)
	}
	client := sqs.NewFromConfig(cfg, func(so *sqs.Options) {
		so.Region = cmp.Or(region, so.Region)
		switch {
		case o.Endpoint != "":
			so.BaseEndpoint = &o.Endpoint
		case so.BaseEndpoint == nil && endpoint != "":
			so.BaseEndpoint = &endpoint
		}
	})
	return &Queue{url: name, opt: opt, client: client, held: map[string]*Message{}, came: make(chan struct{}, 1), turn: make(chan struct{}, 1)}, nil
}

// parseQueueURL is the region in a queue's URL, or "", and the endpoint where that is
// not the region's usual one: an interface endpoint, FIPS, or another server.
func parseQueueURL(text string) (region, endpoint string, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Count(strings.Trim(u.Path, "/"), "/") < 1 {
		return "", "", fmt.Errorf("%s: not the URL of a queue\nhint: such as https://sqs.eu-west-1.amazonaws.com/111122223333/NAME; see `aws sqs list-queues`", text)
	}
	part := strings.Split(u.Hostname(), ".")
	for _, p := range part {
		if isRegion(p) && !strings.HasPrefix(p, "vpce-") {
			region = p
		}
	}
	if u.Hostname() == "queue.amazonaws.com" { // as in 2006
		region = "us-east-1"
	}
	usual := part[0] == "sqs" && len(part) >= 4 && part[1] == region && part[2] == "amazonaws"
	if old := len(part) >= 3 && (part[0] == "queue" || part[1] == "queue") && part[len(part)-2] == "amazonaws"; usual || old {
		return region, "", nil
	}
	return region, u.Scheme + "://" + u.Host, nil
}

// URL is the queue's.
func (q *Queue) URL() string { return q.url }

// Held is how many messages are held, and when the oldest of them was sent.
func (q *Queue) Held() (n int, oldest time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.held {
		if oldest.IsZero() || m.Sent.Before(oldest) {
			oldest = m.Sent
		}
	}
	return len(q.held), oldest
}

// Receive waits for messages, up to ten, and holds them: until Done or Later they are
// hidden from others. It returns none, and no error, if none came. What passes was
// retried before it is an error: ask again, after a while. One that
// cloudtrail.EndsSource is true of does not pass by itself.
func (q *Queue) Receive(ctx context.Context) ([]*Message, error) {
	asked := time.Now()
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: mostAtOnce,
		VisibilityTimeout: seconds(q.opt.Visibility), WaitTimeSeconds: seconds(q.opt.Wait),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameSentTimestamp, types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, queueError(q.url, "sqs:ReceiveMessage", err)
	}
	all := make([]*Message, 0, len(out.Messages))
	for i := range out.Messages {
		all = append(all, readMessage(&out.Messages[i], asked, q.opt.Visibility))
	}
	if !q.hold(all) {
		q.giveBack(ctx, all)
		return nil, fmt.Errorf("%s: closed", q.url)
	}
	return all, nil
}

func readMessage(m *types.Message, asked time.Time, visibility time.Duration) *Message {
	r := &Message{ID: aws.ToString(m.MessageId), Body: []byte(aws.ToString(m.Body)), receipt: aws.ToString(m.ReceiptHandle),
		received: asked, until: asked.Add(visibility), Receives: 1}
	// Neither is more than information: what cannot be read is left at zero, or one.
	if ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64); err == nil {
		r.Sent = time.UnixMilli(ms).UTC()
	}
	if n, err := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)]); err == nil {
		r.Receives = n
	}
	return r
}

// hold reports false once nothing is held any more.
func (q *Queue) hold(all []*Message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return len(all) == 0
	}
	for _, m := range all {
		q.held[m.receipt] = m
	}
	if len(all) > 0 {
		select {
		case q.came <- struct{}{}:
		default:
		}
	}
	return true
}

// letGo is what of all was held until now.
func (q *Queue) letGo(all []*Message) (were []*Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range all {
		if q.held[m.receipt] == m {
			delete(q.held, m.receipt)
			were = append(were, m)
		}
	}
	return were
}

// Done deletes messages. One that cannot be deleted is in the error, and comes again
// after Visibility: no more is lost than the time to see that it is known.
func (q *Queue) Done(ctx context.Context, all ...*Message) error {
	q.letGo(all)
	return q.batches(ctx, all, func(ctx context.Context, some []*Message) ([]types.BatchResultErrorEntry, error) {
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
		for i, m := range some {
			in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &m.receipt})
		}
		out, err := q.client.DeleteMessageBatch(ctx, in)
		if err != nil {
			return nil, queueError(q.url, "sqs:DeleteMessage", err)
		}
		return out.Failed, nil
	})
}

// Later lets go of messages, and has them come again after a while: no longer than SQS
// can hide them, 12 h from when they were received.
func (q *Queue) Later(ctx context.Context, after time.Duration, all ...*Message) error {
	q.letGo(all)
	if err := q.takeTurn(ctx); err != nil {
		return fmt.Errorf("%s: %w", q.url, err)
	}
	defer q.endTurn()
	return q.batches(ctx, all, func(ctx context.Context, some []*Message) ([]types.BatchResultErrorEntry, error) {
		return q.hide(ctx, some, after)
	})
}

// batches does something with messages, ten at a time, and again with those for
// which that failed on the side of SQS.
func (q *Queue) batches(ctx context.Context, all []*Message, do func(context.Context, []*Message) ([]types.BatchResultErrorEntry, error)) error {
	var errs []error
	for attempt := 1; len(all) > 0; attempt++ {
		if attempt > 1 {
			if err := q.opt.S3.wait(ctx, attempt-1); err != nil {
				return errors.Join(append(errs, fmt.Errorf("%s: %w", q.url, err))...)
			}
		}
		var again []*Message
		for from := 0; from < len(all); from += mostAtOnce {
			some := all[from:min(from+mostAtOnce, len(all))]
			failed, err := do(ctx, some)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			for _, f := range failed {
				if m := entryOf(some, f); m != nil && !f.SenderFault && attempt < q.opt.S3.Attempts {
					again = append(again, m)
				} else {
					errs = append(errs, q.entryError(m, f))
				}
			}
		}
		all = again
	}
	return errors.Join(errs...)
}

// entryOf is the message that a failed entry of a batch is of; nil if it is of none.
func entryOf(some []*Message, f types.BatchResultErrorEntry) *Message {
	if i, err := strconv.Atoi(aws.ToString(f.Id)); err == nil && i >= 0 && i < len(some) {
		return some[i]
	}
	return nil
}

func (q *Queue) entryError(m *Message, f types.BatchResultErrorEntry) error {
	id := "?"
	if m != nil {
		id = m.ID
	}
	return fmt.Errorf("%s: message %s: %s", q.url, id, strings.TrimSuffix(aws.ToString(f.Code)+": "+oneLine(aws.ToString(f.Message)), ": "))
}

// hide asks that messages be hidden for d from now on, as far as SQS allows.
func (q *Queue) hide(ctx context.Context, some []*Message, d time.Duration) ([]types.BatchResultErrorEntry, error) {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url}
	now := time.Now()
	for i, m := range some {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &m.receipt, VisibilityTimeout: seconds(min(d, m.rest(now)))})
	}
	out, err := q.client.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return nil, queueError(q.url, "sqs:ChangeMessageVisibility", err)
	}
	return out.Failed, nil
}

// rest is for how long a message can still be hidden. Its clock began at SQS later
// than received, but goes on while a request is under way.
func (m *Message) rest(now time.Time) time.Duration {
	return max(mostHidden-now.Sub(m.received)-10*time.Second, 0)
}

// seconds are whole ones, rounded up.
func seconds(d time.Duration) int32 { return int32((max(d, 0) + time.Second - 1) / time.Second) }

// queueError says why a request for a queue was refused.
func queueError(name, needs string, err error) error {
	code, text := apiError(err)
	switch {
	case strings.HasSuffix(code, "NonExistentQueue"), code == "QueueDoesNotExist":
		return fatalError{fmt.Errorf("%s: no such queue\nhint: check its region and account; see `aws sqs list-queues`", name)}
	case strings.Contains(code, "KmsAccessDenied"), strings.HasPrefix(code, "KMS."), isKMS(code, text):
		return fmt.Errorf("%s: %w: %s\nhint: the identity needs kms:Decrypt with the key that encrypts the queue", name, ErrKMS, text)
	case code == "AccessDeniedException":
		code = "AccessDenied"
	case notEnabled(err):
		return fatalError{fmt.Errorf("%s: %s: %s\nhint: check AWS_PROFILE and the access key", name, code, text)}
	case code == "InvalidSignatureException":
		code = "SignatureDoesNotMatch"
	case strings.HasSuffix(code, "UnsupportedOperation"), code == "InvalidAddress":
		return fatalError{fmt.Errorf("%s: %s: %s", name, code, text)}
	}
	return accountError(name, code, text, needs+" on the queue", err)
}
