package s3test_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/ctsql/ctsql/internal/source/s3test"
)

const (
	alerts  = "arn:aws:sns:eu-central-1:111122223333:alerts"
	ordered = alerts + ".fifo"
)

// awsConfig makes the SDK's configuration for a server, in the topics' region.
func awsConfig(t *testing.T, srv *s3test.Server) aws.Config {
	t.Helper()
	for name, value := range srv.Env() {
		t.Setenv(name, value)
	}
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-central-1"), config.WithRetryer(onlyClosed))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// onlyClosed retries nothing but a request whose connection the client's own side closed
// under the answer, which happens once in some hundred runs of a busy machine.
func onlyClosed() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			return aws.BoolTernary(strings.Contains(err.Error(), "use of closed network connection"))
		})}
	})
}

func start(t *testing.T) *s3test.Server {
	t.Helper()
	srv := s3test.New("logs")
	t.Cleanup(srv.Close)
	return srv
}

// codeOf is what a service answered, "" for no error.
func codeOf(t *testing.T, err error) string {
	t.Helper()
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &api):
		t.Fatal(err)
	}
	return api.ErrorCode()
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

// What SNS takes, and what it refuses.
func TestPublish(t *testing.T) {
	srv := start(t)
	srv.SNS.Topic(alerts)
	srv.SNS.Topic(ordered)
	client := sns.NewFromConfig(awsConfig(t, srv))
	long := strings.Repeat("x", 262_144)
	for _, tt := range []struct {
		name string
		in   sns.PublishInput
		want string
	}{
		{"plain", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("hello"), Subject: aws.String("ctsql: high")}, ""},
		{"longest", sns.PublishInput{TopicArn: aws.String(alerts), Message: &long}, ""},
		{"too long by a byte", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String(long + "x")}, "InvalidParameter"},
		{"too long by bytes, not by characters", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String(strings.Repeat("é", 131_073))}, "InvalidParameter"},
		{"too long with an attribute", sns.PublishInput{TopicArn: aws.String(alerts), Message: &long,
			MessageAttributes: map[string]types.MessageAttributeValue{"severity": text("high")}}, "InvalidParameter"},
		{"empty", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("")}, "InvalidParameter"},
		{"subject of 99", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"), Subject: aws.String(long[:99])}, ""},
		{"subject of 100", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"), Subject: aws.String(long[:100])}, "InvalidParameter"},
		{"subject beyond ASCII", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"), Subject: aws.String("München")}, "InvalidParameter"},
		{"subject of two lines", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"), Subject: aws.String("a\nb")}, "InvalidParameter"},
		{"empty subject", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"), Subject: aws.String("")}, "InvalidParameter"},
		{"empty attribute", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"),
			MessageAttributes: map[string]types.MessageAttributeValue{"actor": text("")}}, "InvalidParameter"},
		{"attribute with a space in its name", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"),
			MessageAttributes: map[string]types.MessageAttributeValue{"an actor": text("a")}}, "InvalidParameter"},
		{"repeat on a standard topic", sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m"), MessageDeduplicationId: aws.String("1")}, "InvalidParameter"},
		{"no such topic", sns.PublishInput{TopicArn: aws.String(alerts + "2"), Message: aws.String("m")}, "NotFound"},
		{"another region", sns.PublishInput{TopicArn: aws.String(strings.Replace(alerts, "eu-central-1", "us-east-1", 1)), Message: aws.String("m")}, "InvalidParameter"},
		{"FIFO", sns.PublishInput{TopicArn: aws.String(ordered), Message: aws.String("m"), MessageGroupId: aws.String("g"), MessageDeduplicationId: aws.String("1")}, ""},
		{"FIFO without a group", sns.PublishInput{TopicArn: aws.String(ordered), Message: aws.String("m"), MessageDeduplicationId: aws.String("1")}, "InvalidParameter"},
		{"FIFO without an ID", sns.PublishInput{TopicArn: aws.String(ordered), Message: aws.String("m"), MessageGroupId: aws.String("g")}, "InvalidParameter"},
	} {
		out, err := client.Publish(t.Context(), &tt.in)
		if got := codeOf(t, err); got != tt.want {
			t.Errorf("%s: %q, want %q: %v", tt.name, got, tt.want, err)
		}
		if err == nil && aws.ToString(out.MessageId) == "" {
			t.Errorf("%s: no message ID", tt.name)
		}
	}
	if got := srv.SNS.Published(alerts); len(got) != 3 || got[0].Subject != "ctsql: high" || got[0].Message != "hello" {
		t.Errorf("%d messages", len(got))
	}
}

// A FIFO topic drops a repeat for five minutes, and says that it was sent.
func TestPublishTwice(t *testing.T) {
	srv := start(t)
	srv.SNS.Topic(ordered)
	client := sns.NewFromConfig(awsConfig(t, srv))
	send := func(id string) {
		t.Helper()
		_, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(ordered), Message: aws.String("m"),
			MessageGroupId: aws.String("g"), MessageDeduplicationId: &id})
		if err != nil {
			t.Fatal(err)
		}
	}
	send("a")
	send("a")
	send("b")
	srv.Advance(6 * time.Minute)
	send("a")
	var ids []string
	for _, p := range srv.SNS.Published(ordered) {
		ids = append(ids, p.DeduplicationID)
	}
	if got := strings.Join(ids, " "); got != "a b a" {
		t.Errorf("took %s", got)
	}
}

// Faults of SNS are in its own words, and do not touch S3.
func TestPublishRefused(t *testing.T) {
	srv := start(t)
	srv.SNS.Topic(alerts)
	client := sns.NewFromConfig(awsConfig(t, srv))
	srv.On(s3test.Ops("sns.Publish"), 1, s3test.Refuse(403, "AuthorizationError", "User: a is not authorized to perform: SNS:Publish on <b>"))
	srv.On(s3test.Ops("sns.Publish"), 1, s3test.Reset)
	in := &sns.PublishInput{TopicArn: aws.String(alerts), Message: aws.String("m")}
	_, err := client.Publish(t.Context(), in)
	if code := codeOf(t, err); code != "AuthorizationError" || !strings.Contains(err.Error(), "SNS:Publish on <b>") {
		t.Errorf("%v", err)
	}
	if _, err := client.Publish(t.Context(), in); err == nil {
		t.Error("a connection that is cut is no error")
	}
	if _, err := client.Publish(t.Context(), in); err != nil {
		t.Error(err)
	}
	if n := srv.Count("sns.Publish"); n != 3 {
		t.Errorf("%d requests", n)
	}
}
