package shell

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cache"
	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
	"github.com/ctsql/ctsql/internal/render"
)

// overCache is a session as the shell knows it.
type overCache struct{ *cache.Session }

func (s overCache) Run(ctx context.Context, statement string, params map[string]string) (Answer, error) {
	var all []duck.Param
	for name, v := range params {
		all = append(all, duck.Param{Name: name, Value: v})
	}
	a, err := s.Session.Run(ctx, statement, all, render.CopyOptions)
	if err != nil || a.Result == nil {
		return Answer{Text: a.Explained}, err
	}
	answer := Answer{Rows: a.Result}
	for _, k := range a.Result.Columns {
		answer.Columns = append(answer.Columns, render.Column{Name: k.Name, Type: k.Type})
	}
	return answer, nil
}

func (s overCache) do(t testing.TB, statement string) {
	t.Helper()
	a, err := s.Run(context.Background(), statement, nil)
	if err == nil && a.Rows != nil {
		err = a.Rows.Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// loadRecords puts records into the cache at path. Their IDs and times are added.
func loadRecords(t testing.TB, path, object string, records ...string) {
	t.Helper()
	ctx := context.Background()
	w, err := cache.OpenWriter(ctx, path, cache.WriterOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := cloudtrail.NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i, r := range records {
		records[i] = fmt.Sprintf(`{"eventID":"%s-%d","eventTime":"2025-01-01T00:00:00Z",%s}`, object, i, r)
	}
	text := `{"Records":[` + strings.Join(records, ",") + `]}`
	o := cloudtrail.Object{Name: object, Size: int64(len(text)), Modified: time.Unix(1, 0)}
	if err := new(cloudtrail.Decoder).Decode(b, o, cloudtrail.Body{ReadSeeker: bytes.NewReader([]byte(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Put(ctx, b, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// callRecord is a record of a call, as loadRecords takes it.
func callRecord(source, name, request string) string {
	return fmt.Sprintf(`"eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"eu-west-1","recipientAccountId":"111122223333",`+
		`"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/o'brien"},"requestParameters":%s`, source, name, request)
}

const bucketRequest = `{"bucketName":"b","Host":"h","x-amz-acl":"private","it's":1,"tags":{"owner":"o","cost center":1},"a\u001b[2Jb":1}`

// testRecords are records that a person may ask for, and some that an attacker typed.
func testRecords() []string {
	return []string{
		callRecord("s3", "GetObject", `{"key":"k","bucketName":"b"}`),
		callRecord("s3", "GetObject", `{"key":"k","bucketName":"b"}`),
		callRecord("s3", "GetObject", `{"key":"k","bucketName":"b"}`),
		callRecord("s3", "GetObjectAcl", bucketRequest),
		callRecord("s3", "GetObjectAcl", bucketRequest),
		callRecord("s3", "GetBucketAcl", bucketRequest),
		callRecord("iam", "CreateUser", `{"userName":"u","path":"/"}`),
		callRecord("iam", "CreateUser", `{"userName":"u","path":"/"}`),
		callRecord("iam", "CreateUser", `{"userName":"u","path":"/"}`),
		callRecord("iam", "CreateUser", `{"userName":"u","path":"/"}`),
		callRecord("ec2", "RunInstances", `{}`) + `,"errorCode":"Client.UnauthorizedOperation"`,
		callRecord("ec2", `x'; drop table t; --`, `null`),
		callRecord("ec2", `x\u001b]0;owned\u0007`, `null`),
		callRecord("ec2", `x\u202etxt`, `null`),
		callRecord("ec2", `x\nselect`, `null`),
		callRecord("ec2", "x"+strings.Repeat("y", 1<<20), `null`),
	}
}
