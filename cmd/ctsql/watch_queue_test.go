package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/klauspost/compress/gzip"
)

// newEmpty is a bucket without logs, a queue and what watches it.
func newEmpty(t *testing.T) *watched {
	t.Helper()
	dir := t.TempDir()
	w := &watched{bucket: &bucket{Server: s3test.New("logs")}, state: filepath.Join(dir, "state.db"), cache: filepath.Join(dir, "cache.duckdb")}
	t.Cleanup(w.Close)
	for k, v := range w.Env() {
		w.env = append(w.env, k+"="+v)
	}
	w.queue = w.SQS.Queue("us-east-1", "notices", time.Minute)
	w.SNS.Topic(alertsTopic)
	return w
}

const aRecord = `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana","accountId":"111122223333","userName":"ana"},` +
	`"eventTime":"2025-07-01T0%d:00:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7",` +
	`"userAgent":"aws-cli/2","eventID":"%s","eventType":"AwsApiCall","managementEvent":true,"readOnly":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// metric is the value of a metric at the address.
func metric(t *testing.T, address, name string) int {
	t.Helper()
	r, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return -1 // nobody listens yet
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^ctsql_watch_` + regexp.QuoteMeta(name) + ` ([0-9.e+]+)$`).FindStringSubmatch(string(text))
	if m == nil {
		return 0
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// An event that comes by itself is judged once, though it comes again, and in a log.
func TestWatchLive(t *testing.T) {
	t.Parallel()
	w := newEmpty(t)
	address := freeAddress(t)
	p := w.start(t, "--listen", address)
	first, second := fmt.Sprintf(aRecord, 1, "id-1"), fmt.Sprintf(aRecord, 2, "id-2")
	live := func(id, record string) string {
		return `{"version":"0","id":"` + id + `","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"111122223333",` +
			`"time":"2025-07-01T01:00:00Z","region":"us-east-1","resources":[],"detail":` + record + `}`
	}
	w.SQS.Send(w.queue, live("e1", first))
	w.SQS.Send(w.queue, live("e1", first))
	await(t, "the event is judged", p, func() bool { return w.empty() && metric(t, address, "events_total") == 1 })
	w.Put("logs", "AWSLogs/111122223333/CloudTrail/us-east-1/2025/07/01/log.json.gz", gzipped(t, `{"Records":[`+first+","+second+`]}`))
	w.notify("AWSLogs/111122223333/CloudTrail/us-east-1/2025/07/01/log.json.gz")
	await(t, "the log is judged", p, func() bool { return w.empty() && metric(t, address, "events_total") == 2 })
	if n := metric(t, address, "copies_total"); n != 1 {
		t.Errorf("%d copies", n)
	}
	if n := metric(t, address, `messages_total{outcome="done"}`); n != 3 {
		t.Errorf("%d messages are done", n)
	}
	end(t, p)
	if out, _ := ctsql(t, w.cache, "query", "--format", "csv", "select eventID from cloudtrail order by 1"); out != "eventID\nid-1\nid-2\n" {
		t.Error(out)
	}
}

// Of a message with five objects that cannot all be read, what can be is judged; it
// stays until all of it is.
func TestWatchRefused(t *testing.T) {
	t.Parallel()
	w := newEmpty(t)
	var keys []string
	for i := range 5 {
		keys = append(keys, fmt.Sprintf("AWSLogs/111122223333/CloudTrail/us-east-1/2025/07/01/%d.json.gz", i))
		if i < 3 {
			w.Put("logs", keys[i], gzipped(t, `{"Records":[`+fmt.Sprintf(aRecord, i, fmt.Sprint("id-", i))+`]}`))
		}
	}
	w.Put("logs", keys[3], gzipped(t, `{"Records":[`+fmt.Sprintf(aRecord, 3, "id-3")+`]}`)[:40]) // cut short
	w.On(func(r s3test.Request) bool { return r.Key == keys[1] && r.Op == "GET" }, 1, s3test.SlowDown)
	w.On(func(r s3test.Request) bool { return r.Key == keys[2] }, 1000, s3test.Denied)
	w.On(s3test.Ops("sqs.ReceiveMessage", "sqs.DeleteMessageBatch"), 2, s3test.Refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "again"))
	address := freeAddress(t)
	p := w.start(t, "--listen", address)
	w.notify(keys...)
	w.notify(keys[0])
	await(t, "what can be read is judged, and the rest is kept", p, func() bool {
		return metric(t, address, "events_total") == 2 && metric(t, address, "quarantine") == 3 && metric(t, address, `messages_total{outcome="done"}`) == 1
	})
	if left := w.SQS.Messages(w.queue); len(left) != 1 || left[0].Hidden < 10*time.Second {
		t.Errorf("left: %+v", left)
	}
	end(t, p)
	if want := keys[2] + ": permission denied: Access Denied"; !strings.Contains(p.told(), want) {
		t.Errorf("%s is not told\n%s", want, p.told())
	}
}
