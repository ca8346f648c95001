package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source/s3test"
	"github.com/ctsql/ctsql/internal/synth"
)

// policies are the actions that the policies in README.md allow.
func policies(t *testing.T) (actions []string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```json\n")[1:]
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		var policy struct {
			Version   string
			Statement []struct {
				Sid, Effect         string
				Action              json.RawMessage
				Resource, Principal any
				Condition           map[string]map[string]any
			}
		}
		dec := json.NewDecoder(strings.NewReader(block))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&policy); err != nil {
			t.Errorf("%v in\n%s", err, block)
			continue
		}
		if policy.Version != "2012-10-17" || len(policy.Statement) == 0 {
			t.Errorf("no policy:\n%s", block)
		}
		for _, s := range policy.Statement {
			var several []string
			if json.Unmarshal(s.Action, &several) != nil {
				several = append(several, strings.Trim(string(s.Action), `"`))
			}
			if s.Effect != "Allow" || (s.Resource == nil) == (s.Principal == nil) {
				t.Errorf("%v: %s on %v", several, s.Effect, s.Resource)
			}
			actions = append(actions, several...)
		}
	}
	slices.Sort(actions)
	return actions
}

// TestPolicies: the policies in README.md allow all that is asked of AWS, and nothing
// that is not asked.
func TestPolicies(t *testing.T) {
	t.Parallel()
	digests, err := synth.NewDigestTrail(synth.DigestConfig{})
	if err != nil {
		t.Fatal(err)
	}
	s3 := s3test.New(digests.Bucket)
	t.Cleanup(s3.Close)
	a := newAccount(t, s3)
	for _, o := range digests.Objects {
		s3.PutSigned(digests.Bucket, o.Key, o.Body, o.Signature)
	}
	const role = "arn:aws:iam::111111111111:role/log-reader"
	a.STS.Role(role, "", time.Hour)
	a.Answer("", "DescribeTrails", trails(aTrail("one", "us-east-1", digests.Bucket, "logs")))
	a.Answer("", "GetTrailStatus", map[string]any{"IsLogging": true})
	a.Answer("", "GetEventSelectors", map[string]any{})
	a.Answer("", "GetInsightSelectors", map[string]any{})
	a.Answer("", "ListPublicKeys", publicKeys(t))
	a.run(t, 0, "trails", "--regions", "us-east-1")
	a.run(t, 0, "load", "--regions", "us-east-1", "--role-arn", role)
	a.run(t, 0, "load", "lookup:us-east-1")
	a.run(t, 0, "coverage", "s3://"+digests.Bucket+"/logs")
	a.run(t, 0, "verify", "s3://"+digests.Bucket+"/logs")

	asked := append(s3.Operations(), watchedOperations(t)...)

	used := []string{"kms:Decrypt", "sts:AssumeRole"} // S3 asks for the one itself
	for _, call := range a.Calls() {
		_, name, _ := strings.Cut(call, " ")
		used = append(used, "cloudtrail:"+name)
	}
	of := map[string]string{"LIST": "s3:ListBucket", "GET": "s3:GetObject", "HEAD": "s3:GetObject"}
	for _, op := range asked {
		service, call, ok := strings.Cut(op, ".")
		switch {
		case ok: // one that is of several messages is called as that of one
			used = append(used, service+":"+strings.TrimSuffix(call, "Batch"))
		case of[op] == "":
			t.Errorf("%s is asked of S3", op)
		default:
			used = append(used, of[op])
		}
	}
	slices.Sort(used)
	if used, allowed := slices.Compact(used), policies(t); !slices.Equal(used, allowed) {
		t.Errorf("README.md allows %q, and asked for are %q", allowed, used)
	}
}

// watchedOperations are what watching asks for, of notices and of what is none.
func watchedOperations(t *testing.T) []string {
	t.Helper()
	w := newWatched(t, synth.Config{Events: 2000, Days: 5})
	p := w.start(t)
	w.notify(w.keys...)
	poison := w.SQS.Send(w.queue, "no notice")
	await(t, "only what cannot be read is left, to come again", p, func() bool {
		left := w.SQS.Messages(w.queue)
		return len(left) == 1 && left[0].ID == poison && left[0].Hidden > 0 && len(w.SNS.Published(alertsTopic)) > 0
	})
	end(t, p)
	return w.Operations()
}
