package s3test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// An SNS has the topics that a test made, checks what is published as SNS does, keeps
// it, and forwards it to the queues that subscribe. A request shows to faults as
// Request{Op: "sns.Publish", Key: the topic's ARN}.
type SNS struct {
	clock *clock
	sqs   *SQS

	mu     sync.Mutex
	topics map[string]*topic // by ARN
	next   int
}

type topic struct {
	published []Published
	to        []subscription
	// sent is when a deduplication ID was, in a FIFO topic.
	sent map[string]time.Time
}

// Published is a message that a topic took. A repeat that a FIFO topic drops is none.
type Published struct {
	ID, Topic, Subject, Message string
	Attributes                  map[string]string
	GroupID, DeduplicationID    string
	At                          time.Time

	types map[string]string // of Attributes
}

// mostPublished is how many bytes a message and its attributes may have.
const mostPublished = 262_144

// sameMessage is for how long a FIFO topic or queue drops repeats.
const sameMessage = 5 * time.Minute

// Topic makes a topic, a FIFO one if its name ends so.
func (s *SNS) Topic(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topics[arn] = &topic{sent: map[string]time.Time{}}
}

// Published is what a topic took, the oldest first.
func (s *SNS) Published(arn string) []Published {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[arn]; t != nil {
		return slices.Clone(t.published)
	}
	return nil
}

// isSNS tells a form for SNS from one for STS by the version of the service.
func isSNS(form url.Values) bool { return form.Get("Version") == "2010-03-31" }

// answer answers a form whose values are parsed.
func (s *SNS) answer(w http.ResponseWriter, r *http.Request) {
	arn, action := cmp.Or(r.PostForm.Get("TopicArn"), r.PostForm.Get("TargetArn")), r.PostForm.Get("Action")
	part := strings.Split(arn, ":")
	s.mu.Lock()
	t := s.topics[arn]
	s.mu.Unlock()
	switch {
	case len(part) != 6 || signedRegion(r) != part[3]:
		Refuse(400, "InvalidParameter", "Invalid parameter: TopicArn")(w, r, nil)
	case t == nil:
		Refuse(404, "NotFound", "Topic does not exist")(w, r, nil)
	case action == "Publish":
		s.publish(w, r, arn, t)
	case action == "GetTopicAttributes":
		sayXML(w, http.StatusOK, `<GetTopicAttributesResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><GetTopicAttributesResult><Attributes><entry><key>TopicArn</key><value>`+
			arn+`</value></entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`)
	default:
		Refuse(400, "InvalidAction", "The action "+action+" is not valid for this endpoint.")(w, r, nil)
	}
}

func (s *SNS) publish(w http.ResponseWriter, r *http.Request, arn string, t *topic) {
	p, wrong := readPublished(r.PostForm)
	p.Topic, p.At = arn, s.clock.now()
	fifo := strings.HasSuffix(arn, ".fifo")
	switch {
	case wrong != "":
	case fifo && p.GroupID == "":
		wrong = "The MessageGroupId parameter is required for FIFO topics"
	case fifo && p.DeduplicationID == "":
		wrong = "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
	case !fifo && p.DeduplicationID != "":
		wrong = "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"
	}
	if wrong != "" {
		Refuse(400, "InvalidParameter", "Invalid parameter: "+wrong)(w, r, nil)
		return
	}
	p = s.take(t, p)
	sayXML(w, http.StatusOK, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>`+p.ID+
		`</MessageId></PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>`)
}

// take gives a message its ID, and hands it on unless it is a repeat.
func (s *SNS) take(t *topic, p Published) Published {
	s.mu.Lock()
	s.next++
	p.ID = fmt.Sprintf("%08d-1111-4111-8111-111111111111", s.next)
	last, again := t.sent[p.DeduplicationID]
	if again && p.DeduplicationID != "" && p.At.Sub(last) < sameMessage {
		s.mu.Unlock()
		return p
	}
	t.sent[p.DeduplicationID] = p.At
	t.published = append(t.published, p)
	to := slices.Clone(t.to)
	s.mu.Unlock()
	for _, one := range to {
		one.deliver(s.sqs, p)
	}
	return p
}

// readPublished reads a form, and says what in it SNS refuses.
func readPublished(form url.Values) (p Published, wrong string) {
	p = Published{Subject: form.Get("Subject"), Message: form.Get("Message"), GroupID: form.Get("MessageGroupId"),
		DeduplicationID: form.Get("MessageDeduplicationId"), Attributes: map[string]string{}, types: map[string]string{}}
	if wrong := p.readAttributes(form); wrong != "" {
		return p, wrong
	}
	size := len(p.Message)
	for name, value := range p.Attributes {
		size += len(name) + len(value) + len(p.types[name])
	}
	switch {
	case p.Message == "":
		return p, "Empty message"
	case !utf8.ValidString(p.Message):
		return p, "Message"
	case size > mostPublished:
		return p, "Message too long"
	case form.Has("Subject") && !isSubject(p.Subject):
		return p, "Subject"
	case form.Has("MessageGroupId") && !isToken(p.GroupID):
		return p, "MessageGroupId"
	case form.Has("MessageDeduplicationId") && !isToken(p.DeduplicationID):
		return p, "MessageDeduplicationId"
	}
	return p, ""
}

var attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

func (p *Published) readAttributes(form url.Values) (wrong string) {
	for i := 1; ; i++ {
		at := "MessageAttributes.entry." + strconv.Itoa(i) + "."
		if !form.Has(at + "Name") {
			return ""
		}
		name, kind := form.Get(at+"Name"), form.Get(at+"Value.DataType")
		value := cmp.Or(form.Get(at+"Value.StringValue"), form.Get(at+"Value.BinaryValue"))
		_, twice := p.Attributes[name]
		lower := strings.ToLower(name)
		switch {
		case twice || len(name) > 256 || !attributeName.MatchString(name) || strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
			return "MessageAttributes Reason: the name " + strconv.Quote(name) + " is not valid"
		case value == "":
			return "The message attribute '" + name + "' must contain non-empty message attribute value for message attribute type '" + kind + "'."
		case !slices.Contains([]string{"String", "String.Array", "Number", "Binary"}, kind):
			return "The message attribute '" + name + "' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
		}
		p.Attributes[name], p.types[name] = value, kind
	}
}

// isSubject: ASCII that begins with no space, fewer than 100 characters, no line
// break and no control character.
func isSubject(s string) bool {
	return s != "" && len(s) < 100 && s[0] != ' ' && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// isToken: what a FIFO topic or queue takes as ID of a group or against repeats.
func isToken(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
