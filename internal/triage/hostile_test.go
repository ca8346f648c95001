package triage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hostile are names that an attacker would choose.
var hostile = []string{
	"a'; touch pwned; '", "$(touch pwned)", "`touch pwned`", "a\ntouch pwned\n", "-rf", "--cli-input-json", "file:///etc/passwd", "FILEB://x", "\x1b[2Jx", "a\u202eb",
	"{revoke}", "{0}", "| **x** |", "<img src=x onerror=alert(1)>", "```\n# x", "[x](http://evil)", "a,b", "$HOME", "~", "*", "!!", "\\", "é",
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What names hold reaches a shell as one word, or not at all; and nothing of it acts
// in a terminal or in Markdown.
func TestHostileNames(t *testing.T) {
	var all []string
	for i, name := range hostile {
		all = append(all, fmt.Sprintf(`{"eventTime":"2025-07-01T10:00:%02dZ","eventID":"h%d","eventSource":"iam.amazonaws.com","eventName":"CreateUser","recipientAccountId":"111122223333","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":%s,"userIdentity":{"type":"IAMUser","userName":"eve","arn":"arn:aws:iam::111122223333:user/eve","accessKeyId":"AKIAEVEEVEEVE"},"requestParameters":{"userName":%[3]s}}`, i, i, quoted(t, name)))
	}
	a := asking(t, false, records(all...))
	p := find(t, a, "eve", Options{Now: time.Date(2025, 7, 2, 0, 0, 0, 0, time.UTC)})
	if len(p.Persistence) != len(hostile) {
		t.Errorf("%d users made, want %d", len(p.Persistence), len(hostile))
	}
	var words []string
	for _, c := range p.Containment {
		if c.Command == "" {
			continue
		}
		// As a shell takes it, with a program for aws that tells its words.
		cmd := exec.Command("sh", "-c", `aws() { printf '%s\n' "$@"; }; `+c.Command)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", c.Command, err, out)
		}
		got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if len(got) == 4 && got[1] == "delete-user" && got[2] == "--user-name" {
			words = append(words, got[3])
		} else if got[1] != "update-access-key" {
			t.Errorf("%s is %q", c.Command, got)
		}
	}
	for _, name := range hostile {
		reached := strings.Contains("\x00"+strings.Join(words, "\x00")+"\x00", "\x00"+name+"\x00")
		if reached != plain(name) {
			t.Errorf("%q reached the command: %v", name, reached)
		}
	}
	for _, never := range []string{"a\ntouch pwned\n", "-rf", "--cli-input-json", "file:///etc/passwd", "FILEB://x", "\x1b[2Jx", "a\u202eb"} {
		if plain(never) {
			t.Errorf("%q is taken into a command", never)
		}
	}
	out := written(t, func(b *bytes.Buffer) error { return Terminal{}.Write(b, p) })
	if strings.ContainsAny(out, "\x1b\u202e") || strings.Contains(out, "\ntouch") {
		t.Errorf("drives the terminal: %q", out)
	}
	out = written(t, func(b *bytes.Buffer) error { return WriteMarkdown(b, p) })
	prose, fence := "", ""
	for line := range strings.Lines(out) {
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence = strings.TrimRight(line, "sh\n")
		case fence != "" && line == fence+"\n":
			fence = ""
		case fence == "":
			prose += line
		}
	}
	prose = regexp.MustCompile(`\\.`).ReplaceAllString(prose, "") // what is escaped does nothing
	for _, acts := range []string{"<img", "**", "[x", "\x1b", "\u202e", "`"} {
		if strings.Contains(prose, acts) {
			t.Errorf("%q acts in:\n%s", acts, prose)
		}
	}
	if fence != "" {
		t.Error("a fence is open")
	}
}

// A partition is kept.
func TestPartitions(t *testing.T) {
	for partition, region := range map[string]string{"aws": "", "aws-cn": " --region cn-north-1", "aws-us-gov": " --region us-gov-west-1"} {
		a := asking(t, false, records(fmt.Sprintf(`{"eventTime":"2025-07-01T10:00:00Z","eventID":"p1","eventSource":"iam.amazonaws.com","eventName":"AttachUserPolicy","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":"eve","arn":"arn:%s:iam::111122223333:user/eve","accessKeyId":"AKIAEVEEVEEVE"},"requestParameters":{"userName":"u","policyArn":"arn:%[1]s:iam::aws:policy/A"}}`, partition)))
		p := find(t, a, "AKIAEVEEVEEVE", Options{})
		for i, want := range []string{"aws iam update-access-key --user-name eve --access-key-id AKIAEVEEVEEVE --status Inactive" + region,
			"aws iam detach-user-policy --user-name u --policy-arn arn:" + partition + ":iam::aws:policy/A" + region} {
			if len(p.Containment) != 2 || p.Containment[i].Command != want {
				t.Errorf("%s: %+v, want %s", partition, p.Containment, want)
			}
		}
	}
}
