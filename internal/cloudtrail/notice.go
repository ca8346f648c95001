package cloudtrail

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Notice is what a message of a queue tells: which objects are new, or what
// happened. It is done when all in it is done.
type Notice struct {
	Objects []NoticeObject
	// Record is set for an event that the message itself holds.
	Record *NoticeRecord
	// Nothing names what of the message is nothing to do, "" for nothing. If there
	// is neither an object nor a record, that is all of it.
	Nothing string
}

// A NoticeObject is an object that a message names.
type NoticeObject struct {
	Bucket, Key string
	// Or is the key that is meant if there is no object Key, or "". Whether EventBridge
	// encodes keys is not documented.
	Or string
	// Size is what the sender says, -1 if nothing. The object may be another since.
	Size int64
	// Region is the bucket's if the sender says it, or "".
	Region string
	// Digest is set when the key proves that the object is a digest, and no log.
	Digest bool
}

// Name is the object's name as listings have it.
func (o NoticeObject) Name() string { return "s3://" + o.Bucket + "/" + o.Key }

// A NoticeRecord is a record as EventBridge carries it, seconds after the event.
// What is around it is EventBridge's own.
type NoticeRecord struct {
	ID, Account, Region string
	DetailType          string
	Time                time.Time
	Text                []byte // the record, byte by byte
}

// Object is an object that holds the record alone, and its bytes, so that a record
// takes the way of all others: it has a place in the ledger, under EventBridge's ID.
func (r *NoticeRecord) Object() (Object, []byte) {
	text := slices.Concat([]byte(`{"Records":[`), r.Text, []byte("]}"))
	return Object{Name: "eventbridge://" + r.Account + "/" + r.Region + "/" + r.ID, Size: int64(len(text)), Modified: r.Time}, text
}

const (
	// maxEnvelopes is how many envelopes may be around a notice. One is usual.
	maxEnvelopes = 4
	// maxS3Key is how many bytes a key of S3 may have.
	maxS3Key = 1024
	// validation is what CloudTrail sends, as it is, when a trail is given a topic.
	validation = "CloudTrail validation message."
)

// ParseNotice reads a message, whoever sent it: CloudTrail through SNS, S3 straight,
// through SNS or through EventBridge, or EventBridge with a record in it; each with
// the envelope of SNS or without. What is none of these is a *Fault. A message is
// taken whole or not at all: one of several objects that cannot be made out is a
// fault of the message, lest it be forgotten.
func ParseNotice(body []byte) (Notice, error) { return parseNotice(body, maxEnvelopes) }

func parseNotice(body []byte, envelopes int) (Notice, error) {
	trimmed := bytes.TrimSpace(body)
	if string(trimmed) == validation {
		return Notice{Nothing: validation}, nil
	}
	if len(trimmed) == 0 {
		return Notice{}, &Fault{What: "an empty message"}
	}
	n := noticeReader{scanner: scanner{data: body}}
	at := n.space(0)
	end := n.value(at)
	switch {
	case end < 0:
		return Notice{}, &Fault{Byte: int64(n.fault.at), What: n.fault.what}
	case n.space(end) < len(body):
		return Notice{}, &Fault{Byte: int64(n.space(end)), What: "text after the end of the message"}
	case body[at] == '"':
		return n.inner(at, "the text", envelopes)
	}
	top, err := n.members(at, "the message", "Type", "Message", "TopicArn", "s3Bucket", "s3ObjectKey", "Records", "Event",
		"detail-type", "detail", "source", "id", "account", "region", "time")
	switch {
	case err != nil:
		return Notice{}, err
	case top.has("Type") && top.has("TopicArn"):
		return n.envelope(top, envelopes)
	case top.has("s3Bucket") || top.has("s3ObjectKey"):
		return n.trail(top)
	case top.has("Records"):
		return n.events(top)
	case top.has("detail-type") && top.has("detail"):
		return n.eventBridge(top)
	}
	if event, err := top.text("Event"); err == nil && event == "s3:TestEvent" {
		return Notice{Nothing: event}, nil
	}
	return Notice{}, &Fault{Byte: int64(at), What: "no notice of CloudTrail, S3, SNS or EventBridge: " + top.all()}
}

// inner reads the notice that is in a string.
func (n *noticeReader) inner(at int, what string, envelopes int) (Notice, error) {
	if envelopes == 0 {
		return Notice{}, &Fault{Byte: int64(at), What: fmt.Sprintf("more than %d envelopes", maxEnvelopes)}
	}
	text, err := n.text(at, what)
	if err != nil {
		return Notice{}, err
	}
	notice, err := parseNotice([]byte(text), envelopes-1)
	if err != nil {
		return Notice{}, &Fault{Byte: int64(at), What: "in " + what + ": " + err.Error()}
	}
	return notice, nil
}

// envelope is SNS's.
func (n *noticeReader) envelope(top noticeMembers, envelopes int) (Notice, error) {
	kind, err := top.text("Type")
	if err != nil {
		return Notice{}, err
	}
	switch kind {
	case "Notification":
		at, err := top.at("Message")
		if err != nil {
			return Notice{}, err
		}
		return n.inner(at, "Message", envelopes)
	case "UnsubscribeConfirmation":
		return Notice{Nothing: kind}, nil
	case "SubscriptionConfirmation":
		topic, err := top.text("TopicArn")
		if err != nil {
			return Notice{}, err
		}
		return Notice{}, &Fault{Byte: int64(top.object), What: "the queue's subscription to " + short(topic) + " waits to be confirmed" +
			"\nhint: aws sns confirm-subscription, with the Token of this message"}
	}
	return Notice{}, &Fault{Byte: int64(top.named["Type"]), What: "an SNS message of type " + short(kind)}
}

// trail is CloudTrail's own notice: one bucket, and keys as they are.
func (n *noticeReader) trail(top noticeMembers) (notice Notice, err error) {
	bucket, err := top.text("s3Bucket")
	if err != nil {
		return notice, err
	}
	list, err := top.at("s3ObjectKey")
	if err != nil {
		return notice, err
	}
	err = n.elements(list, "s3ObjectKey", func(at int, what string) error {
		key, err := n.text(at, what)
		if err != nil {
			return err
		}
		return notice.add(NoticeObject{Bucket: bucket, Key: key, Size: -1}, at)
	})
	return notice.checked(list, "s3ObjectKey", err)
}

// events are S3's. Their keys are encoded as in a form.
func (n *noticeReader) events(top noticeMembers) (notice Notice, err error) {
	list := top.named["Records"]
	err = n.elements(list, "Records", func(at int, what string) error {
		record, err := n.members(at, what, "eventSource", "eventName", "awsRegion", "s3")
		if err != nil {
			return err
		}
		from, err := record.text("eventSource")
		if err != nil {
			return err
		}
		if from != "aws:s3" {
			return &Fault{Byte: int64(at), What: what + " is of " + short(from) + ", not of aws:s3"}
		}
		name, err := record.text("eventName")
		if err != nil {
			return err
		}
		if !strings.HasPrefix(strings.TrimPrefix(name, "s3:"), "ObjectCreated:") {
			notice.nothing(short(name))
			return nil
		}
		o, err := record.stored("s3")
		if err != nil {
			return err
		}
		if key, err := url.QueryUnescape(o.Key); err == nil {
			o.Key = key
		}
		if o.Region, err = record.textOr("awsRegion", ""); err != nil {
			return err
		}
		return notice.add(o, at)
	})
	return notice.checked(list, "Records", err)
}

// eventBridge is an event that is about an object, or is a record. Nobody but AWS can
// send events whose source begins with "aws.": a rule may let others pass.
func (n *noticeReader) eventBridge(top noticeMembers) (notice Notice, err error) {
	kind, err := top.text("detail-type")
	if err != nil {
		return notice, err
	}
	from, err := top.text("source")
	switch {
	case err != nil:
		return notice, err
	case !strings.HasPrefix(from, "aws."):
		return notice, &Fault{Byte: int64(top.named["source"]), What: "an EventBridge event of " + short(from) + ", not of AWS"}
	}
	at := top.named["detail"]
	detail, err := n.members(at, "detail", "eventVersion", "eventTime", "eventSource", "eventName", "insightDetails", "bucket", "object")
	switch {
	case err != nil:
		return notice, err
	case detail.isRecord():
		notice.Record, err = top.record(kind, n.data[at:n.value(at)])
		return notice, err
	case from != "aws.s3" || !strings.HasPrefix(kind, "Object "):
		return notice, &Fault{Byte: int64(at), What: "an EventBridge event, " + short(kind) + " of " + short(from) + ", whose detail is no record of CloudTrail"}
	case kind != "Object Created":
		notice.nothing(short(kind))
		return notice, nil
	}
	o, err := top.stored("detail")
	if err != nil {
		return notice, err
	}
	if key, err := url.QueryUnescape(o.Key); err == nil && key != o.Key && isKeyOfS3(key) {
		o.Or = key
	}
	if o.Region, err = top.textOr("region", ""); err != nil {
		return notice, err
	}
	return notice, notice.add(o, at)
}

// isRecord reports whether a detail is a record: what every one has, Insights' among
// them, which name no event.
func (m noticeMembers) isRecord() bool {
	return m.has("eventVersion") && m.has("eventTime") && (m.has("eventSource") && m.has("eventName") || m.has("insightDetails"))
}

// record is what EventBridge's event has around a record.
func (m noticeMembers) record(kind string, text []byte) (*NoticeRecord, error) {
	r := &NoticeRecord{DetailType: kind, Text: slices.Clone(text)}
	for _, p := range []struct {
		name string
		to   *string
	}{{"id", &r.ID}, {"account", &r.Account}, {"region", &r.Region}} {
		var err error
		if *p.to, err = m.text(p.name); err != nil {
			return nil, err
		}
		if !isNoticeWord(*p.to) { // it becomes part of an object's name
			return nil, &Fault{Byte: int64(m.named[p.name]), What: p.name + " is " + short(*p.to)}
		}
	}
	at, err := m.text("time")
	if err != nil {
		return nil, err
	}
	if r.Time, err = time.Parse(time.RFC3339, at); err != nil {
		return nil, &Fault{Byte: int64(m.named["time"]), What: "time is " + short(at)}
	}
	return r, nil
}

func isNoticeWord(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	})
}

// add refuses what cannot be an object, and drops what is named twice.
func (n *Notice) add(o NoticeObject, at int) error {
	switch {
	case o.Bucket == "" || len(o.Bucket) > 255 || strings.Trim(o.Bucket, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != "":
		return &Fault{Byte: int64(at), What: "a bucket named " + short(o.Bucket)}
	case !isKeyOfS3(o.Key):
		return &Fault{Byte: int64(at), What: "the key " + short(o.Key) + fmt.Sprintf(" of %d bytes: S3 has keys of 1 to %d bytes of UTF-8", len(o.Key), maxS3Key)}
	}
	k, ok := ParseKey(o.Key)
	o.Digest = ok && k.Kind == KindDigest
	n.Objects = append(n.Objects, o)
	return nil
}

// checked is a notice whose list is read to its end.
func (n *Notice) checked(list int, what string, err error) (Notice, error) {
	if err != nil {
		return Notice{}, err
	}
	if len(n.Objects) == 0 && n.Nothing == "" {
		return Notice{}, &Fault{Byte: int64(list), What: what + " is empty"}
	}
	seen := make(map[string]bool, len(n.Objects))
	n.Objects = slices.DeleteFunc(n.Objects, func(o NoticeObject) bool {
		again := seen[o.Name()]
		seen[o.Name()] = true
		return again
	})
	return *n, nil
}

// mostNothing is how much is named of what is nothing to do.
const mostNothing = 200

func (n *Notice) nothing(what string) {
	switch {
	case n.Nothing == "":
		n.Nothing = what
	case len(n.Nothing) < mostNothing && !strings.Contains(n.Nothing, what):
		n.Nothing += ", " + what
	}
}

func isKeyOfS3(key string) bool { return key != "" && len(key) <= maxS3Key && utf8.ValidString(key) }
