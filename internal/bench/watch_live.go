package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
)

// How a live watch is measured: so many events a second in so many objects, for so long,
// and in each second one deed that is told of.
const (
	liveEvents  = 500
	liveObjects = 10
	liveSeconds = 40
)

// liveShort watches live for less with a small trail.
func (s *suite) liveShort(ctx context.Context) (sample, error) {
	return s.live(ctx, max(3, min(liveSeconds, s.options.events/25_000)))
}

// live puts objects with events into S3, and their notices into a queue, and measures how
// long it is from the notice to what the topic is given about the deed in it. S3, SQS and
// SNS are in this process.
func (s *suite) live(ctx context.Context, seconds int) (got sample, err error) {
	server := s3test.New("logs")
	defer server.Close()
	queue := server.SQS.Queue("us-east-1", "notices", time.Minute)
	topic := "arn:aws:sns:us-east-1:" + s3test.Account + ":alerts"
	server.SNS.Topic(topic)
	state := filepath.Join(s.tmp, "out.live.db")
	cmd := exec.CommandContext(ctx, s.ctsql, "watch", "--queue", queue, "--topic", topic, "--state", state, "--config", os.DevNull,
		"--cache", state+".cache", "--learn", "0d", "--always", "access-key", "--max-alerts-per-hour", "0")
	cmd.Env = os.Environ()
	for k, v := range server.Env() {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return got, err
	}
	sent, err := notices(ctx, server, queue, seconds)
	if err == nil {
		got.wall, err = slowest(ctx, server, topic, sent)
	}
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait(), s.removeOut())
	if err != nil {
		os.WriteFile("/tmp/h/said.txt", said.Bytes(), 0o644)
		for _, p := range server.SNS.Published(topic) {
			fmt.Println(p.At.Format("05.000"), p.Subject)
		}
		err = fmt.Errorf("%w\n%.2000s", err, said.String())
	}
	return got, err
}

// notices sends what there is, and tells when each deed's notice was sent.
func notices(ctx context.Context, server *s3test.Server, queue string, seconds int) (sent []time.Time, err error) {
	tick := time.NewTicker(time.Second / liveObjects)
	defer tick.Stop()
	for n := range seconds * liveObjects {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		now := time.Now().UTC()
		body, err := liveObject(n, now)
		if err != nil {
			return nil, err
		}
		key := fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/%[2]s/%[1]s_CloudTrail_us-east-1_%[3]s_%016[4]d.json.gz",
			s3test.Account, now.Format("2006/01/02"), now.Format("20060102T1504Z"), n)
		server.Put("logs", key, body)
		notice, err := json.Marshal(map[string]any{"s3Bucket": "logs", "s3ObjectKey": []string{key}})
		if err != nil {
			return nil, err
		}
		if n%liveObjects == 0 {
			sent = append(sent, time.Now())
		}
		server.SQS.Send(queue, string(notice))
	}
	return sent, nil
}

// liveObject is an object of everyday events, with one of a new user in each second.
func liveObject(n int, now time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, `{"Records":[`)
	for i := range liveEvents / liveObjects {
		name := fmt.Sprintf("user-%d", (n*7+i)%200)
		if i > 0 {
			fmt.Fprint(z, ",")
		} else if n%liveObjects == 0 {
			name = fmt.Sprintf("probe-%d", n/liveObjects)
		}
		fmt.Fprintf(z, `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA%[1]s","arn":"arn:aws:iam::%[2]s:user/%[1]s",`+
			`"accountId":"%[2]s","userName":"%[1]s","accessKeyId":"AKIA%[1]s"},"eventTime":"%[3]s","eventSource":"s3.amazonaws.com",`+
			`"eventName":"GetBucketAcl","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.%[4]d","userAgent":"aws-cli/2.15","readOnly":true,`+
			`"requestID":"R%[5]d","eventID":"%08[5]d-0000-4000-8000-000000000000","eventType":"AwsApiCall","managementEvent":true,`+
			`"recipientAccountId":"%[2]s","eventCategory":"Management"}`, name, s3test.Account, now.Format(time.RFC3339), i%50, n*1000+i)
	}
	fmt.Fprint(z, "]}")
	err := z.Close()
	return b.Bytes(), err
}

// slowest is how long all but a hundredth of the deeds took to be told of.
func slowest(ctx context.Context, server *s3test.Server, topic string, sent []time.Time) (time.Duration, error) {
	took := make([]time.Duration, len(sent))
	for end := time.Now().Add(30 * time.Second); ; {
		missing := len(sent)
		for _, p := range server.SNS.Published(topic) {
			i := probe(p.Message)
			if i < 0 || i >= len(took) || took[i] > 0 {
				continue
			}
			took[i] = p.At.Sub(sent[i])
		}
		for _, d := range took {
			if d > 0 {
				missing--
			}
		}
		switch {
		case missing == 0:
			slices.Sort(took)
			return took[(len(took)*99+99)/100-1], nil
		case time.Now().After(end):
			return 0, fmt.Errorf("%d of %d deeds were never told of", missing, len(sent))
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// probe is the number of the deed that a message is about; -1 is none.
func probe(text string) int {
	_, rest, found := strings.Cut(text, "user/probe-")
	n := -1
	if found {
		if _, err := fmt.Sscanf(rest, "%d", &n); err != nil {
			return -1
		}
	}
	return n
}
