package sns

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ctsql/ctsql/internal/outbox"
	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

const (
	alerts  = "arn:aws:sns:eu-central-1:111122223333:alerts"
	ordered = alerts + ".fifo"
)

// start starts an SNS with both topics, and makes a sender for one.
func start(t *testing.T, arn string, f outbox.Format, o source.S3Options) (*s3test.Server, *Topic) {
	t.Helper()
	srv := s3test.New()
	t.Cleanup(srv.Close)
	for name, value := range srv.Env() {
		t.Setenv(name, value)
	}
	srv.SNS.Topic(alerts)
	srv.SNS.Topic(ordered)
	o.Backoff = time.Millisecond
	cfg, err := o.AWS(t.Context(), arn)
	if err != nil {
		t.Fatal(err)
	}
	topic, err := NewTopic(cfg, arn, f)
	if err != nil {
		t.Fatal(err)
	}
	return srv, topic
}

func alert() outbox.Message {
	return outbox.Message{
		ID: "c0ffee", Sequence: 7, Severity: "high", Class: 3, Score: 8.25, Account: "111122223333",
		Actor: "arn:aws:iam::111122223333:user/alice", Profiles: []string{"country", "region"},
		Subject: "[ctsql HIGH] user/alice in 111122223333: first call from the country Switzerland",
		Text:    "What happened.\n", JSON: []byte(`{"schema":"ctsql.alert.v1"}`),
	}
}

func TestSend(t *testing.T) {
	srv, topic := start(t, alerts, outbox.Text, source.S3Options{})
	if err := topic.Send(t.Context(), alert()); err != nil {
		t.Fatal(err)
	}
	got := srv.SNS.Published(alerts)[0]
	if got.Subject != alert().Subject || got.Message != "What happened.\n" || got.GroupID != "" || got.DeduplicationID != "" {
		t.Errorf("published %+v", got)
	}
	want := `map[account:111122223333 actor:arn:aws:iam::111122223333:user/alice alertID:c0ffee profiles:["country","region"] score:8.25 severity:high]`
	if s := fmt.Sprint(got.Attributes); s != want {
		t.Errorf("attributes %s\nwant       %s", s, want)
	}
}

func TestSendJSON(t *testing.T) {
	srv, topic := start(t, alerts, outbox.JSON, source.S3Options{})
	if err := topic.Send(t.Context(), alert()); err != nil {
		t.Fatal(err)
	}
	if got := srv.SNS.Published(alerts)[0].Message; got != `{"schema":"ctsql.alert.v1"}` {
		t.Errorf("published %s", got)
	}
	m := alert()
	m.JSON = []byte(`"` + strings.Repeat("x", 262_144) + `"`)
	var refused outbox.RefusedError
	if err := topic.Send(t.Context(), m); !errors.As(err, &refused) || !strings.Contains(err.Error(), "262146 bytes of JSON") {
		t.Errorf("too much JSON: %v", err)
	}
}

func TestFIFO(t *testing.T) {
	srv, topic := start(t, ordered, outbox.Text, source.S3Options{})
	m := alert()
	hostile := alert()
	hostile.ID, hostile.Actor = "bad", "arn:aws:iam::111122223333:user/\x1b[31m "+strings.Repeat("é", 300)
	sum := alert()
	sum.ID, sum.Actor = "sum", ""
	worse := alert()
	worse.Severity = "critical"
	for _, m := range []outbox.Message{m, m, worse, hostile, sum} { // one comes twice
		if err := topic.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, p := range srv.SNS.Published(ordered) {
		got = append(got, p.GroupID+" "+p.DeduplicationID)
	}
	if len(got) != 4 || got[0] != m.Actor+" c0ffee-high" || got[1] != m.Actor+" c0ffee-critical" || got[3] != "ctsql sum-high" {
		t.Errorf("published %q", got)
	}
}

// Whatever the texts hold, SNS takes the message, and no more than fits.
func TestHostileTexts(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"emoji":          strings.Repeat("😀", 200_000),
		"lines":          strings.Repeat("a line of text\n", 40_000),
		"no spaces":      strings.Repeat("x", 300_000),
		"ANSI":           "\x1b[2J\x1b]0;title\x07 \r\n\t\u2028\u202e\x00",
		"invalid UTF-8":  "\xff\xfe" + strings.Repeat("\xc3", 300_000),
		"combining":      "a" + strings.Repeat("\u0301", 200_000),
		"not characters": "\uFFFE\uFFFF",
		"just too long":  strings.Repeat("é", 131_072),
	} {
		for _, arn := range []string{alerts, ordered} {
			srv, topic := start(t, arn, outbox.Text, source.S3Options{})
			m := alert()
			m.Subject, m.Text, m.Actor, m.Account, m.Severity = text, text, text, text, text
			m.Profiles = strings.SplitAfterN(text, " ", 100)
			if err := topic.Send(t.Context(), m); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got := srv.SNS.Published(arn)[0]
			if len(got.Attributes) > 10 || !utf8.ValidString(got.Message) {
				t.Errorf("%s: %d attributes, message %.40q", name, len(got.Attributes), got.Message)
			}
			if len(strings.ToValidUTF8(text, "?")) > 262_144 && !strings.Contains(got.Message, "[Cut here: these were ") {
				t.Errorf("%s: cut, and nobody is told", name)
			}
		}
	}
}

func TestSubject(t *testing.T) {
	if a, b := utf8.RuneCountInString(accented), len(unaccented); a != b {
		t.Fatalf("%d letters, and %d for them", a, b)
	}
	long := "[ctsql CRITICAL] arn:aws:iam::111122223333:user/alice in 111122223333: first call from the country Switzerland, 3 more"
	for _, c := range [][2]string{
		{"plain", "plain"},
		{"Zürich, Côte d’Ivoire, Türkiye, Łódź – São Paulo", "Zurich, Cote d'Ivoire, Turkiye, Lodz - Sao Paulo"},
		{"party 🎉 time", "party ? time"},
		{"e\u0301 is one letter", "e is one letter"},
		{"two\r\nlines\tand \x1b[31mred", "two lines and [31mred"},
		{"  \n ", ""},
		{"日本", "??"},
		{long, long[:90] + "..."},
		{strings.Repeat("x", 200), strings.Repeat("x", 96) + "..."},
	} {
		if got := subject(c[0]); got != c[1] {
			t.Errorf("%q:\n%q, want\n%q", c[0], got, c[1])
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		status     int
		code, text string
		want       string
		refused    bool
	}{
		{403, "AuthorizationError", "User: u is not authorized to perform: SNS:Publish on resource: t",
			"hint: the identity needs sns:Publish on " + alerts, false},
		{403, "AuthorizationError", "User: u is not authorized to perform: kms:GenerateDataKey on resource: k", "kms:GenerateDataKey* and kms:Decrypt", false},
		{400, "KMSAccessDenied", "The ciphertext refers to a key", "kms:GenerateDataKey*", false},
		{404, "NotFound", "Topic does not exist", "hint: see `aws sns list-topics --region eu-central-1`", false},
		{400, "InvalidParameter", "Invalid parameter: Message too long", "Message too long", true},
		{400, "InvalidParameter", "Invalid parameter: TopicArn", "TopicArn", false},
		{500, "InternalError", "try again", alerts + ": InternalError: try again", false},
		{403, "InvalidClientTokenId", "The security token included in the request is invalid", "hint: check AWS_PROFILE", false},
		{403, "ExpiredToken", "The security token included in the request is expired", "the credentials have expired\nhint: ", false},
	} {
		srv, topic := start(t, alerts, outbox.Text, source.S3Options{Attempts: 1})
		srv.On(s3test.Ops("sns.Publish"), -1, s3test.Refuse(c.status, c.code, c.text))
		err := topic.Send(t.Context(), alert())
		var refused outbox.RefusedError
		switch {
		case err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), alerts+": "):
			t.Errorf("%s: %v", c.code, err)
		case errors.As(err, &refused) != c.refused:
			t.Errorf("%s: refused for ever: %v", c.code, !c.refused)
		case strings.Contains(err.Error(), "operation error"):
			t.Errorf("%s: in the SDK's words: %v", c.code, err)
		}
	}
}

// What passes is tried again before anybody is told.
func TestRetries(t *testing.T) {
	srv, topic := start(t, alerts, outbox.Text, source.S3Options{})
	srv.On(s3test.Ops("sns.Publish"), 2, s3test.Refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "later"))
	srv.On(s3test.Ops("sns.Publish"), 1, s3test.Refuse(http.StatusTooManyRequests, "Throttled", "later"))
	srv.On(s3test.Ops("sns.Publish"), 1, s3test.Reset)
	if err := topic.Send(t.Context(), alert()); err != nil {
		t.Error(err)
	}
	if n := srv.Count("sns.Publish"); n != 5 || len(srv.SNS.Published(alerts)) != 1 {
		t.Errorf("%d requests, %d messages", n, len(srv.SNS.Published(alerts)))
	}
}

func TestNoServer(t *testing.T) {
	srv, topic := start(t, alerts, outbox.Text, source.S3Options{Attempts: 2})
	srv.Close()
	err := topic.Send(t.Context(), alert())
	if err == nil || !strings.HasPrefix(err.Error(), alerts+": ") || strings.Contains(err.Error(), "exceeded maximum number of attempts") {
		t.Errorf("%v", err)
	}
}

func TestNewTopic(t *testing.T) {
	for _, arn := range []string{"", "alerts", "arn:aws:sqs:eu-central-1:111122223333:alerts", "arn:aws:sns::111122223333:alerts",
		"arn:aws:sns:eu-central-1:111122223333:", "arn:aws:sns:eu-central-1:111122223333:a b", "arn:aws:sns:eu-central-1:111122223333:a:sub"} {
		if _, err := NewTopic(aws.Config{}, arn, outbox.Text); err == nil {
			t.Errorf("%q is taken for a topic", arn)
		}
	}
}
