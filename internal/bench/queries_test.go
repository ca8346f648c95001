package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/synth"
	"github.com/ctsql/ctsql/queries"
)

// TestAbout: each question that is measured has a value for each parameter that must be
// given, and of a kind that it takes.
func TestAbout(t *testing.T) {
	story, err := synth.Config{Events: 2000}.Story()
	if err != nil {
		t.Fatal(err)
	}
	values := about(story)
	for _, q := range queries.All() {
		for _, p := range q.Parameters {
			if err := p.Type.Check(values[p.Name]); p.Required && (err != nil || values[p.Name] == "") {
				t.Errorf("%s: $%s is %q: %v", q.Name, p.Name, values[p.Name], err)
			}
		}
	}
}

// TestJudge counts what detections find in a folder of one sign-in as root, and in quiet
// weeks.
func TestJudge(t *testing.T) {
	tmp := t.TempDir()
	ctsql, err := program(t.Context(), "", tmp)
	if err != nil {
		t.Fatal(err)
	}
	logs := filepath.Join(tmp, "logs")
	text := `{"Records":[{"eventVersion":"1.08","eventID":"1","eventTime":"2025-07-01T12:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser",
		"readOnly":false,"awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","recipientAccountId":"111122223333","eventType":"AwsApiCall",
		"userIdentity":{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::111122223333:root"}}]}`
	if err := os.MkdirAll(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(logs, "events.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	told := func(args ...string) string {
		var stdout, stderr strings.Builder
		if code := run(context.Background(), append([]string{judge, "-ctsql", ctsql}, args...), &stdout, &stderr); code != 0 {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		return stdout.String()
	}
	out := told(logs)
	if got := strings.Join(strings.Fields(lineOf(out, "detect/root-use")), " "); got != "detect/root-use medium 1 10000.00" {
		t.Errorf("%q in\n%s", got, out)
	}
	if !strings.Contains(out, "\n1 events; ") {
		t.Errorf("of how many events?\n%s", out)
	}
	quiet, watched, _ := strings.Cut(told("-events", "2000"), "ctsql watch")
	if !strings.Contains(watched, "deploy-web") || !strings.Contains(watched, " a day") {
		t.Errorf("a watch does not tell of the theft:\n%s", watched)
	}
	if strings.Contains(quiet, "detect/trail-tampering") || lineOf(quiet, "all   ") == "" {
		t.Errorf("the theft is no part of quiet weeks:\n%s", quiet)
	}
	var stderr strings.Builder
	if code := run(context.Background(), []string{judge, "-ctsql", ctsql, filepath.Join(tmp, "none")}, &stderr, &stderr); code != 1 {
		t.Errorf("a folder that is not there: exit code %d: %s", code, &stderr)
	}
}
