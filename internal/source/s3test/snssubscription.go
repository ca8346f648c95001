package s3test

import (
	"bytes"
	"encoding/json"
)

// A subscription has a topic's messages put into a queue.
type subscription struct {
	url string // of the queue
	raw bool   // the message alone, not in an envelope
}

// mostRaw is how many attributes a message may have that is delivered raw. One with
// more is dropped.
const mostRaw = 10

// Subscribe has what a topic takes put into a queue, in SNS's envelope or raw.
func (s *SNS) Subscribe(arn, url string, raw bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topics[arn].to = append(s.topics[arn].to, subscription{url, raw})
}

// Send publishes a message as a service of AWS does, which is no request.
func (s *SNS) Send(arn, message string) {
	s.mu.Lock()
	t := s.topics[arn]
	s.mu.Unlock()
	s.take(t, Published{Topic: arn, Message: message, At: s.clock.now()})
}

func (to subscription) deliver(sqs *SQS, p Published) {
	switch {
	case !to.raw:
		sqs.Send(to.url, p.Envelope())
	case len(p.Attributes) <= mostRaw:
		sqs.Send(to.url, p.Message)
	}
}

// Envelope is what SNS puts around a message.
func (p Published) Envelope() string {
	attributes := map[string]any{}
	for name, value := range p.Attributes {
		attributes[name] = map[string]string{"Type": p.types[name], "Value": value}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(struct {
		Type, MessageId, TopicArn                       string
		Subject                                         string `json:",omitempty"`
		Message, Timestamp, SignatureVersion, Signature string
		SigningCertURL, UnsubscribeURL                  string
		MessageAttributes                               map[string]any `json:",omitempty"`
	}{
		"Notification", p.ID, p.Topic, p.Subject, p.Message, p.At.UTC().Format("2006-01-02T15:04:05.000Z"), "1", "EXAMPLEpH+==",
		"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0000000000000000000000.pem",
		"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=" + p.Topic + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55",
		attributes,
	})
	if err != nil {
		panic(err)
	}
	return text.String()
}
