package sns

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/ctsql/ctsql/internal/outbox"
)

// mostBytes is what a message and its attributes may have together.
const mostBytes = 262_144

// A Topic is one that alerts are published to. It is an outbox.Sender.
type Topic struct {
	client *sns.Client
	arn    string
	format outbox.Format
}

// NewTopic makes a Topic of an ARN, in whose region it is. Nothing is asked of AWS.
func NewTopic(cfg aws.Config, arn string, f outbox.Format) (*Topic, error) {
	part := strings.Split(arn, ":")
	if len(part) != 6 || part[0] != "arn" || part[2] != "sns" || part[3] == "" || part[5] == "" || strings.ContainsFunc(arn, notToken) {
		return nil, fmt.Errorf("%q is not the ARN of a topic, such as arn:aws:sns:eu-central-1:111122223333:alerts", arn)
	}
	client := sns.NewFromConfig(cfg, func(o *sns.Options) {
		o.Region = part[3]
		if o.Retryer != nil { // the SDK does not know SNS's own words for it
			o.Retryer = retry.AddWithErrorCodes(o.Retryer, "Throttled", "KMSThrottling")
		}
	})
	return &Topic{client, arn, f}, nil
}

// Send publishes a message. A FIFO topic drops it if it took one of the same alert and
// class within five minutes.
func (t *Topic) Send(ctx context.Context, m outbox.Message) error {
	in := &sns.PublishInput{TopicArn: &t.arn, MessageAttributes: attributes(m)}
	body, err := t.body(m, mostBytes-size(in.MessageAttributes))
	if err != nil {
		return err
	}
	in.Message = &body
	in.Subject = aws.String(cmp.Or(subject(m.Subject), "ctsql: an alert"))
	if strings.HasSuffix(t.arn, ".fifo") {
		in.MessageGroupId = aws.String(token(cmp.Or(m.Actor, "ctsql")))
		in.MessageDeduplicationId = aws.String(token(m.ID + "-" + m.Severity))
	}
	_, err = t.client.Publish(ctx, in)
	return t.explain(err)
}

// body is the message in at most so many bytes.
func (t *Topic) body(m outbox.Message, most int) (string, error) {
	if t.format == outbox.Text {
		return cutText(cmp.Or(strings.ToValidUTF8(m.Text, "\uFFFD"), m.Subject, m.ID), most), nil
	}
	switch {
	case len(m.JSON) == 0 || !utf8.Valid(m.JSON):
		return "", outbox.RefusedError{Err: fmt.Errorf("alert %s has no JSON that can be sent", m.ID)}
	case len(m.JSON) > most: // cut, it would be no JSON
		return "", outbox.RefusedError{Err: fmt.Errorf("alert %s: %d bytes of JSON are more than SNS takes, which is %d here", m.ID, len(m.JSON), most)}
	}
	return string(m.JSON), nil
}
