package watch

import (
	"bytes"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// What another has stored in the meantime is counted once: objects without records,
// such as digests, are none that were taken.
func TestKnown(t *testing.T) {
	state := open(t, options(t, newPath(t)))
	w, err := New(t.Context(), Options{State: state, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	b, err := cloudtrail.NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var dec cloudtrail.Decoder
	for name, body := range map[string]string{
		"log.json": `{"Records":[{"eventVersion":"1.11","eventID":"a","eventTime":"2025-07-01T00:00:00Z","eventSource":"iam.amazonaws.com","eventName":"ListUsers"}]}`,
		"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2025/07/01/111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20250701T000000Z.json": `{"digestStartTime":"2025-07-01T00:00:00Z"}`,
	} {
		if err := dec.Decode(b, cloudtrail.Object{Name: name, Size: int64(len(body))}, cloudtrail.Body{ReadSeeker: bytes.NewReader([]byte(body)), Bytes: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []cloudtrail.Stored{{Rows: [len(cloudtrail.Tables)]int{cloudtrail.InEvents: 1}}, {Known: 1}} {
		s, err := w.Put(t.Context(), b, nil)
		if err != nil || s != want {
			t.Errorf("%d: %+v, %v; want %+v", i, s, err, want)
		}
	}
}
