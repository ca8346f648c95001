package cloudtrail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const (
	logKey    = "AWSLogs/111122223333/CloudTrail/us-east-1/2025/07/01/111122223333_CloudTrail_us-east-1_20250701T0005Z_AbCdEfGhIjKlMnOp.json.gz"
	otherKey  = "AWSLogs/111122223333/CloudTrail/us-east-1/2025/07/01/111122223333_CloudTrail_us-east-1_20250701T0010Z_QrStUvWxYz012345.json.gz"
	digestKey = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2025/07/01/111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20250701T000000Z.json.gz"

	ofTrail = `{"s3Bucket":"logs","s3ObjectKey":["` + logKey + `","` + otherKey + `"]}`

	createUser = `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","userName":"ana"},"eventTime":"2025-07-01T00:00:07Z","eventSource":"iam.amazonaws.com",` +
		`"eventName":"CreateUser","awsRegion":"us-east-1","requestParameters":{"n": 12345678901234567890 , "s":"\u00e9<"},"eventID":"5d4e1e3c-0000-4000-8000-000000000001"}`
)

// s3Event is one of S3's, as it is sent.
func s3Event(name, key string) string {
	return `{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":"2025-07-01T00:05:12.000Z","eventName":"` + name + `",
		"userIdentity":{"principalId":"AWS:AROAEXAMPLE:regionalDeliverySession"},"requestParameters":{"sourceIPAddress":"192.0.2.1"},
		"responseElements":{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD"},
		"s3":{"s3SchemaVersion":"1.0","configurationId":"new logs","bucket":{"name":"logs","ownerIdentity":{"principalId":"A3NL1KOZZKExample"},"arn":"arn:aws:s3:::logs"},
		"object":{"key":"` + key + `","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e","sequencer":"0055AED6DCD90281E5"}}}`
}

func s3Events(all ...string) string { return `{"Records":[` + strings.Join(all, ",") + `]}` }

// bridged is an event of EventBridge.
func bridged(kind, source, detail string) string {
	return `{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"` + kind + `","source":"` + source + `","account":"111122223333",` +
		`"time":"2025-07-01T00:00:09Z","region":"eu-west-1","resources":["arn:aws:s3:::logs"],"detail":` + detail + `}`
}

func bridgedObject(kind, key string) string {
	return bridged(kind, "aws.s3", `{"version":"0","bucket":{"name":"logs"},"object":{"key":"`+key+`","size":5,"etag":"b1946ac92492d2347c6235b4d2611184","sequencer":"00617F08299329D189"},
		"request-id":"N4N7GDK58NMKJ12R","requester":"123456789012","source-ip-address":"192.0.2.1","reason":"PutObject"}`)
}

func enveloped(message string) string {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return `{
  "Type" : "Notification",
  "MessageId" : "63a3f6b6-d533-4a47-aef9-fcf5cf758c76",
  "TopicArn" : "arn:aws:sns:us-east-1:111122223333:trail",
  "Subject" : "Amazon S3 Notification",
  "Message" : ` + string(text) + `,
  "Timestamp" : "2025-07-01T00:05:13.414Z",
  "SignatureVersion" : "1",
  "Signature" : "EXAMPLEpH+DcEwjAPg8O9mY8dReBSwksfg2S7WKQcikcNKWLQjwu6A4VbeS0QHVCkhRS7fUQvi2egU3N858fiTDN6bkkOxYDVrY0Ad8L10Hs3zH81mtnPk5uvvolIC1CXGu43obcgFxeL3khZl8IKvO61GWB6jI9b5+gLPoBc1Q=",
  "SigningCertURL" : "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem",
  "UnsubscribeURL" : "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:111122223333:trail:c9135db0"
}`
}

// toldNotice is a notice in a line.
func toldNotice(n Notice) string {
	var s []string
	for _, o := range n.Objects {
		one := fmt.Sprintf("%s %d", o.Name(), o.Size)
		if o.Or != "" {
			one += " or " + o.Or
		}
		if o.Region != "" {
			one += " in " + o.Region
		}
		if o.Digest {
			one += " digest"
		}
		s = append(s, one)
	}
	if r := n.Record; r != nil {
		s = append(s, fmt.Sprintf("record %s %s %s %s %d", r.ID, r.Account, r.Region, r.DetailType, len(r.Text)))
	}
	if n.Nothing != "" {
		s = append(s, "nothing: "+n.Nothing)
	}
	return strings.Join(s, "\n")
}

func TestNotice(t *testing.T) {
	both := "s3://logs/" + logKey + " -1\ns3://logs/" + otherKey + " -1"
	created := "s3://logs/a 1024 in eu-west-1"
	for _, tt := range []struct{ name, body, want string }{
		{"CloudTrail through SNS", enveloped(ofTrail), both},
		{"CloudTrail, raw", ofTrail, both},
		{"CloudTrail, one key twice", `{"s3Bucket":"logs","s3ObjectKey":["a","b","a"]}`, "s3://logs/a -1\ns3://logs/b -1"},
		{"CloudTrail's keys are not encoded", `{"s3Bucket":"logs","s3ObjectKey":["a+b%20c\u00fc"]}`, "s3://logs/a+b%20cü -1"},
		{"CloudTrail's digest", `{"s3Bucket":"logs","s3ObjectKey":["` + digestKey + `"]}`, "s3://logs/" + digestKey + " -1 digest"},
		{"CloudTrail's validation, raw", "CloudTrail validation message.", "nothing: CloudTrail validation message."},
		{"CloudTrail's validation", enveloped("CloudTrail validation message."), "nothing: CloudTrail validation message."},
		{"CloudTrail's validation, as JSON", `"CloudTrail validation message."`, "nothing: CloudTrail validation message."},
		{"S3", s3Events(s3Event("ObjectCreated:Put", "a")), created},
		{"S3 through SNS", enveloped(s3Events(s3Event("ObjectCreated:Put", "a"))), created},
		{"S3 through two topics", enveloped(enveloped(s3Events(s3Event("ObjectCreated:Put", "a")))), created},
		{"S3, several", s3Events(s3Event("ObjectCreated:Put", "a"), s3Event("ObjectCreated:CompleteMultipartUpload", "b")), created + "\ns3://logs/b 1024 in eu-west-1"},
		{"S3's keys are encoded, once", s3Events(s3Event("ObjectCreated:Copy", "a+b%2Bc%2520d/%C3%BC")), "s3://logs/a b+c%20d/ü 1024 in eu-west-1"},
		{"S3's key that cannot be decoded", s3Events(s3Event("ObjectCreated:Copy", "100%+")), "s3://logs/100%+ 1024 in eu-west-1"},
		{"S3, removed", s3Events(s3Event("ObjectRemoved:Delete", "a")), `nothing: "ObjectRemoved:Delete"`},
		{"S3, removed and created", s3Events(s3Event("ObjectRemoved:Delete", "b"), s3Event("ObjectCreated:Put", "a")), created + "\n" + `nothing: "ObjectRemoved:Delete"`},
		{"S3's test", `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"logs","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}`, "nothing: s3:TestEvent"},
		{"S3's test through SNS", enveloped(`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"logs"}`), "nothing: s3:TestEvent"},
		{"EventBridge", bridgedObject("Object Created", "a"), "s3://logs/a 5 in eu-west-1"},
		{"EventBridge through SNS", enveloped(bridgedObject("Object Created", "a")), "s3://logs/a 5 in eu-west-1"},
		{"EventBridge's key as it is, then decoded", bridgedObject("Object Created", "a+b%20c"), "s3://logs/a+b%20c 5 or a b c in eu-west-1"},
		{"EventBridge's key that is not encoded", bridgedObject("Object Created", "100%"), "s3://logs/100% 5 in eu-west-1"},
		{"EventBridge, deleted", bridgedObject("Object Deleted", "a"), `nothing: "Object Deleted"`},
		{"a call", bridged("AWS API Call via CloudTrail", "aws.iam", createUser), fmt.Sprintf("record 17793124-05d4-b198-2fde-7ededc63b103 111122223333 eu-west-1 AWS API Call via CloudTrail %d", len(createUser))},
		{"a call of S3", bridged("AWS API Call via CloudTrail", "aws.s3", createUser), fmt.Sprintf("record 17793124-05d4-b198-2fde-7ededc63b103 111122223333 eu-west-1 AWS API Call via CloudTrail %d", len(createUser))},
		{"a sign-in through SNS", enveloped(bridged("AWS Console Sign In via CloudTrail", "aws.signin", createUser)),
			fmt.Sprintf("record 17793124-05d4-b198-2fde-7ededc63b103 111122223333 eu-west-1 AWS Console Sign In via CloudTrail %d", len(createUser))},
		{"some day's type", bridged("Whatever", "aws.whatever", createUser), fmt.Sprintf("record 17793124-05d4-b198-2fde-7ededc63b103 111122223333 eu-west-1 Whatever %d", len(createUser))},
		{"a topic was left", `{"Type":"UnsubscribeConfirmation","TopicArn":"arn:aws:sns:us-east-1:111122223333:trail","Message":"…"}`, "nothing: UnsubscribeConfirmation"},
	} {
		n, err := ParseNotice([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got := toldNotice(n); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// A record keeps its bytes, and its object is decoded as any other.
func TestNoticeRecord(t *testing.T) {
	n, err := ParseNotice([]byte(enveloped(bridged("AWS API Call via CloudTrail", "aws.iam", createUser))))
	if err != nil {
		t.Fatal(err)
	}
	if string(n.Record.Text) != createUser || !n.Record.Time.Equal(time.Date(2025, 7, 1, 0, 0, 9, 0, time.UTC)) {
		t.Errorf("%s %v", n.Record.Text, n.Record.Time)
	}
	o, text := n.Record.Object()
	if o.Name != "eventbridge://111122223333/eu-west-1/17793124-05d4-b198-2fde-7ededc63b103" || o.Size != int64(len(text)) || !o.Modified.Equal(n.Record.Time) {
		t.Errorf("%+v", o)
	}
	b := newBatch(t)
	if err := new(Decoder).Decode(b, o, Body{ReadSeeker: bytes.NewReader(text), Bytes: text}); err != nil || len(b.Events.Rows) != 1 || len(b.Damaged) > 0 {
		t.Errorf("%v, %d events, %d damaged", err, len(b.Events.Rows), len(b.Damaged))
	}
}

// What is no notice says what it is, and where.
func TestNoticeFault(t *testing.T) {
	key := func(k string) string { return s3Events(s3Event("ObjectCreated:Put", k)) }
	for _, tt := range []struct {
		name, body string
		at         int64
		want       string
	}{
		{"nothing", " \n", 0, "an empty message"},
		{"prose", "hello", 0, "not a JSON value"},
		{"half", ofTrail[:40], 40, "ends inside"},
		{"more", ofTrail + " x", int64(len(ofTrail) + 1), "text after"},
		{"an array", "[]", 0, "not a JSON object"},
		{"brackets", strings.Repeat("[", 1<<20), 512, "nested more than 512 deep"},
		{"objects", strings.Repeat(`{"Records":`, 1<<16), 512 * 11, "nested more than 512 deep"},
		{"another's", `{"jobId":"1","status":"SUCCEEDED"}`, 0, `its members are "jobId", "status"`},
		{"nobody's", `{}`, 0, "no members"},
		{"keys of no bucket", `{"s3ObjectKey":["a"]}`, 0, "no s3Bucket"},
		{"no keys", `{"s3Bucket":"logs","s3ObjectKey":[]}`, 33, "s3ObjectKey is empty"},
		{"keys that are null", `{"s3Bucket":"logs","s3ObjectKey":null}`, 0, "no s3ObjectKey"},
		{"one key that is no text", `{"s3Bucket":"logs","s3ObjectKey":["a",7]}`, 38, "s3ObjectKey[1] is not a string"},
		{"keys that are no list", `{"s3Bucket":"logs","s3ObjectKey":"a"}`, 33, "s3ObjectKey is not a JSON array"},
		{"two buckets", `{"s3Bucket":"a","s3ObjectKey":["k"],"s3Bucket":"b"}`, 36, "s3Bucket is there twice"},
		{"two buckets, one escaped", `{"s3Bucket":"a","s3ObjectKey":["k"],"\u00733Bucket":"b"}`, 36, "s3Bucket is there twice"},
		{"a bucket with a slash", `{"s3Bucket":"a/b","s3ObjectKey":["k"]}`, 33, `a bucket named "a/b"`},
		{"an empty key", `{"s3Bucket":"b","s3ObjectKey":[""]}`, 31, `the key "" of 0 bytes`},
		{"a long key", `{"s3Bucket":"b","s3ObjectKey":["` + strings.Repeat("k", 1025) + `"]}`, 31, "of 1025 bytes"},
		{"a key that is not Unicode", `{"s3Bucket":"b","s3ObjectKey":["\ud800"]}`, 31, "s3ObjectKey[0] is not Unicode"},
		{"a key that is not, once decoded", key("%ff"), -1, `the key "\xff"`},
		{"no record", `{"Records":[]}`, 11, "Records is empty"},
		{"another's records", `{"Records":[` + createUser + `]}`, 12, `Records[0] is of "iam.amazonaws.com", not of aws:s3`},
		{"one record of two", s3Events(s3Event("ObjectCreated:Put", "a"), `{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}`), -1, "no s3 in Records[1]"},
		{"a record without a key", s3Events(`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{}}}`), -1, "no key in object"},
		{"in an envelope", enveloped(`{"s3Bucket":"logs"}`), -1, "in Message: byte 0: no s3ObjectKey"},
		{"an envelope of nothing", `{"Type":"Notification","TopicArn":"t"}`, 0, "no Message"},
		{"an envelope of an object", `{"Type":"Notification","TopicArn":"t","Message":{}}`, 48, "Message is not a string"},
		{"a subscription", `{"Type":"SubscriptionConfirmation","TopicArn":"arn:aws:sns:us-east-1:1:t","Token":"2","Message":"You have chosen"}`, 0, "waits to be confirmed\nhint: "},
		{"many envelopes", enveloped(enveloped(enveloped(enveloped(enveloped(ofTrail))))), -1, "more than 4 envelopes"},
		{"somebody's own event", bridged("AWS API Call via CloudTrail", "my.app", createUser), -1, `of "my.app", not of AWS`},
		{"a finding", bridged("GuardDuty Finding", "aws.guardduty", `{"severity":8}`), -1, `"GuardDuty Finding" of "aws.guardduty", whose detail is no record`},
		{"an event's ID that is a path", strings.Replace(bridged("x", "aws.iam", createUser), "17793124-", "../", 1), -1, `id is "../05d4`},
		{"an event without time", strings.Replace(bridged("x", "aws.iam", createUser), "2025-07-01T00:00:09Z", "now", 1), -1, `time is "now"`},
	} {
		n, err := ParseNotice([]byte(tt.body))
		wantFault(t, err, tt.at, tt.want)
		if err != nil && len(err.Error()) > 800 {
			t.Errorf("%s: an error of %d bytes", tt.name, len(err.Error()))
		}
		if !reflect.DeepEqual(n, Notice{}) {
			t.Errorf("%s: with an error there is also %s", tt.name, toldNotice(n))
		}
	}
}

// FuzzNotice: whatever the bytes, there is no panic, and what comes of them can be
// asked for, or is an error that says where.
func FuzzNotice(f *testing.F) {
	for _, body := range []string{
		ofTrail, enveloped(ofTrail), enveloped("CloudTrail validation message."), s3Events(s3Event("ObjectCreated:Put", "a+%20"), s3Event("ObjectRemoved:Delete", "b")),
		bridgedObject("Object Created", "a+b%20c"), bridged("AWS API Call via CloudTrail", "aws.iam", createUser), enveloped(bridged("x", "aws.iam", createUser)),
		`{"Event":"s3:TestEvent"}`, `"\"\\\"\\\"\""`, `{"Records":[{"eventSource":"aws:s3","s3":[]}]}`, `[[[`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := bytes.Clone(body)
		n, err := ParseNotice(body)
		if !bytes.Equal(kept, body) {
			t.Error("the message was written to")
		}
		if err != nil {
			var fault *Fault
			if !errors.As(err, &fault) || fault.Byte < 0 || fault.Byte > int64(len(body)) || !reflect.DeepEqual(n, Notice{}) || len(err.Error()) > 2000 {
				t.Errorf("%v %s", err, toldNotice(n))
			}
			return
		}
		if len(n.Objects) == 0 && n.Record == nil && n.Nothing == "" {
			t.Error("neither something to do nor nothing")
		}
		names := map[string]bool{}
		for _, o := range n.Objects {
			if o.Key == "" || len(o.Key) > 1024 || !utf8.ValidString(o.Name()) || o.Bucket == "" || strings.Contains(o.Bucket, "/") ||
				o.Or == o.Key || len(o.Or) > 1024 || o.Size < -1 || names[o.Name()] {
				t.Errorf("%+v", o)
			}
			names[o.Name()] = true
		}
		if n.Record != nil {
			o, text := n.Record.Object()
			if !json.Valid(text) || strings.Count(o.Name, "/") != 4 || strings.ContainsAny(o.Name, " \n\x1b") {
				t.Errorf("%s %s", o.Name, text)
			}
		}
	})
}
