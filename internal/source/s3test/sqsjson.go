package s3test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A queueRequest is any that SQS takes, as JSON.
type queueRequest struct {
	QueueUrl, QueueName         string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int64 // seconds
	WaitTimeSeconds             int
	MessageSystemAttributeNames []string
	queueEntry
	Attributes map[string]string // of a queue
	Entries    []queueEntry
}

type queueEntry struct {
	Id, ReceiptHandle, MessageBody string
	DelaySeconds                   int
	VisibilityTimeout              *int64
}

// mostMessage is how many bytes a message may have.
const mostMessage = 1 << 20

// queueErrors are in the words of SQS: the type in the body, the code that other
// protocols had for it, which the SDK takes, and a message.
var queueErrors = map[string][2]string{
	"QueueDoesNotExist":            {"AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."},
	"ReceiptHandleIsInvalid":       {"ReceiptHandleIsInvalid", "The input receipt handle is invalid."},
	"MessageNotInflight":           {"AWS.SimpleQueueService.MessageNotInflight", "The message referred to is not in flight."},
	"InvalidParameterValue":        {"InvalidParameterValue", "The value for a parameter is invalid."},
	"InvalidMessageContents":       {"InvalidMessageContents", "Invalid characters found."},
	"EmptyBatchRequest":            {"AWS.SimpleQueueService.EmptyBatchRequest", "There should be at least one entry in the request."},
	"TooManyEntriesInBatchRequest": {"AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10."},
	"BatchEntryIdsNotDistinct":     {"AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id."},
	"InvalidAction":                {"InvalidAction", "The action is not valid for this endpoint."},
}

func (s *SQS) refuse(w http.ResponseWriter, r *http.Request, code string) {
	Refuse(400, code, queueErrors[code][1])(w, r, nil)
}

// refuseJSON is an error as services say it that speak JSON.
func refuseJSON(w http.ResponseWriter, status int, code, message string) {
	kind := "Sender"
	if status >= 500 {
		kind = "Receiver"
	}
	query := code
	if e, ok := queueErrors[code]; ok {
		query = e[0]
	}
	w.Header().Set("X-Amzn-Query-Error", query+";"+kind)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	text, err := json.Marshal(map[string]string{"__type": "com.amazonaws.sqs#" + code, "message": message})
	if err != nil {
		panic(err)
	}
	write(w, status, nil, text)
}

// answer answers a request whose body is read.
func (s *SQS) answer(w http.ResponseWriter, r *http.Request, call string, in queueRequest) {
	if call == "CreateQueue" {
		seconds, err := strconv.Atoi(in.Attributes["VisibilityTimeout"])
		if err != nil {
			seconds = 30
		}
		replyJSON(w, map[string]any{"QueueUrl": s.Queue(signedRegion(r), in.QueueName, time.Duration(seconds)*time.Second)})
		return
	}
	s.mu.Lock()
	name := queueOf(in.QueueUrl)
	if call == "GetQueueUrl" {
		name = Account + "/" + in.QueueName
	}
	q := s.queues[name]
	s.mu.Unlock()
	if q == nil || q.region != signedRegion(r) {
		s.refuse(w, r, "QueueDoesNotExist")
		return
	}
	switch call {
	case "GetQueueUrl":
		replyJSON(w, map[string]any{"QueueUrl": "https://sqs." + q.region + ".amazonaws.com/" + name})
	case "GetQueueAttributes":
		replyJSON(w, map[string]any{"Attributes": s.attributes(q)})
	case "ReceiveMessage":
		s.receive(w, r, q, in)
	case "SendMessage", "DeleteMessage", "ChangeMessageVisibility":
		in.queueEntry.VisibilityTimeout = in.VisibilityTimeout
		if done, code := s.one(q, call, in.queueEntry); code != "" {
			s.refuse(w, r, code)
		} else {
			replyJSON(w, done)
		}
	case "SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch":
		s.batch(w, r, q, strings.TrimSuffix(call, "Batch"), in.Entries)
	default:
		s.refuse(w, r, "InvalidAction")
	}
}

func (s *SQS) one(q *queue, call string, e queueEntry) (done map[string]any, code string) {
	switch call {
	case "SendMessage":
		if len(e.MessageBody) == 0 || len(e.MessageBody) > mostMessage {
			return nil, "InvalidParameterValue"
		}
		if !isMessage(e.MessageBody) {
			return nil, "InvalidMessageContents"
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		id := s.send(q, e.MessageBody, time.Duration(e.DelaySeconds)*time.Second)
		return map[string]any{"MessageId": id, "MD5OfMessageBody": hexMD5(e.MessageBody)}, ""
	case "DeleteMessage":
		return map[string]any{}, s.delete(q, e.ReceiptHandle)
	}
	if e.VisibilityTimeout == nil {
		return nil, "InvalidParameterValue"
	}
	return map[string]any{}, s.hide(q, e.ReceiptHandle, time.Duration(*e.VisibilityTimeout)*time.Second)
}

// isMessage: what SQS takes are the characters that XML has.
func isMessage(body string) bool {
	return utf8.ValidString(body) && !strings.ContainsFunc(body, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xfffe || r == 0xffff
	})
}

func (s *SQS) batch(w http.ResponseWriter, r *http.Request, q *queue, call string, entries []queueEntry) {
	ids := map[string]bool{}
	for _, e := range entries {
		ids[e.Id] = true
	}
	switch {
	case len(entries) == 0:
		s.refuse(w, r, "EmptyBatchRequest")
		return
	case len(entries) > 10:
		s.refuse(w, r, "TooManyEntriesInBatchRequest")
		return
	case len(ids) < len(entries):
		s.refuse(w, r, "BatchEntryIdsNotDistinct")
		return
	}
	good, bad := []map[string]any{}, []map[string]any{}
	for _, e := range entries {
		done, code := s.one(q, call, e)
		if code == "" {
			done["Id"] = e.Id
			good = append(good, done)
			continue
		}
		bad = append(bad, map[string]any{"Id": e.Id, "Code": code, "Message": queueErrors[code][1], "SenderFault": true})
	}
	replyJSON(w, map[string]any{"Successful": good, "Failed": bad})
}

func (s *SQS) receive(w http.ResponseWriter, r *http.Request, q *queue, in queueRequest) {
	most, visibility := 1, q.visibility
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	if most < 1 || most > 10 || in.WaitTimeSeconds < 0 || in.WaitTimeSeconds > 20 || visibility < 0 || visibility > mostVisibility {
		s.refuse(w, r, "InvalidParameterValue")
		return
	}
	var out []map[string]any
	for _, m := range s.await(r, q, most, visibility, time.Duration(in.WaitTimeSeconds)*time.Second) {
		all := map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.receives), "SentTimestamp": millis(m.sent),
			"ApproximateFirstReceiveTimestamp": millis(m.first), "SenderId": "AIDAEXAMPLE"}
		asked := map[string]string{}
		for _, name := range in.MessageSystemAttributeNames {
			if name == "All" {
				asked = all
			} else if value, ok := all[name]; ok {
				asked[name] = value
			}
		}
		out = append(out, map[string]any{"MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body, "MD5OfBody": hexMD5(m.body), "Attributes": asked})
	}
	replyJSON(w, map[string]any{"Messages": out})
}

func (s *SQS) attributes(q *queue) map[string]string {
	now, waiting, hidden := s.clock.now(), 0, 0
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range q.messages {
		if m.visible.After(now) {
			hidden++
		} else {
			waiting++
		}
	}
	return map[string]string{
		"QueueArn":                              "arn:aws:sqs:" + q.region + ":" + Account + ":" + q.name,
		"VisibilityTimeout":                     strconv.Itoa(int(q.visibility / time.Second)),
		"ApproximateNumberOfMessages":           strconv.Itoa(waiting),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
	}
}

func replyJSON(w http.ResponseWriter, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	write(w, http.StatusOK, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, text)
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func hexMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
