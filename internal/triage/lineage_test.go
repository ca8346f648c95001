package triage

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func records(all ...string) map[string]string {
	return map[string]string{"records.json": `{"Records":[` + strings.Join(all, ",") + `]}`}
}

// What is left out of a lineage is told.
func TestLineageWide(t *testing.T) {
	var all []string
	for i := range lineageWidth + 3 {
		all = append(all, fmt.Sprintf(`{"eventTime":"2025-07-01T10:00:%02dZ","eventID":"w%d","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","userIdentity":{"type":"IAMUser","accessKeyId":"AKIAWIDEWIDE"},"responseElements":{"credentials":{"accessKeyId":"ASIAWIDE%08d"}}}`, i, i, i))
	}
	a := asking(t, false, records(all...))
	l, err := FindLineage(t.Context(), a, "AKIAWIDEWIDE")
	if err != nil {
		t.Fatal(err)
	}
	out := written(t, func(b *bytes.Buffer) error { return l.Write(b) })
	if strings.Count(out, "├─ ") != lineageWidth || !strings.HasSuffix(out, "└─ … 3 more\n") {
		t.Errorf("%s", out)
	}
	// All of them are alive or not, shown or not.
	if p := find(t, a, "AKIAWIDEWIDE", Options{}); len(p.Credentials) != lineageWidth+4 {
		t.Errorf("%d credentials", len(p.Credentials))
	}
}

// A session of a role that a service got for an instance has its lineage, which is
// looked for beside what people got.
func TestLineageService(t *testing.T) {
	a := asking(t, false, records(
		`{"eventTime":"2025-07-01T10:00:00Z","eventID":"s1","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","sourceIPAddress":"ec2.amazonaws.com","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/web","roleSessionName":"i-1"},"responseElements":{"credentials":{"accessKeyId":"ASIAINSTANCE0001","expiration":"Jul 1, 2025, 4:00:00 PM"}}}`,
		`{"eventTime":"2025-07-01T11:00:00Z","eventID":"s2","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","sourceIPAddress":"192.0.2.1","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/web/i-1","accessKeyId":"ASIAINSTANCE0001","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/web","userName":"web"}}},"responseElements":{"credentials":{"accessKeyId":"ASIAINSTANCE0002"}}}`))
	p := find(t, a, "ASIAINSTANCE0002", Options{})
	nodes := flat(p.Lineage)
	if len(nodes) != 3 || nodes[0].Who != "ec2.amazonaws.com" || nodes[1].Key != "ASIAINSTANCE0001" || !nodes[2].Asked {
		t.Errorf("%+v", nodes)
	}
	a2 := asking(t, false, records(`{"eventTime":"2025-07-01T10:00:00Z","eventID":"s1","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"responseElements":{"credentials":{"accessKeyId":"ASIAINSTANCE0003"}}}`))
	if l, err := FindLineage(t.Context(), a2, "ASIAINSTANCE0003"); err != nil || l.began("ASIAINSTANCE0003") != "ec2.amazonaws.com" {
		t.Errorf("of a session that was never used: %v", err)
	}
	p = find(t, a, "arn:aws:iam::111122223333:role/web", Options{})
	if c := p.credentialOf("ASIAINSTANCE0001"); c.Until == nil || c.Until.Hour() != 16 || c.AtMost {
		t.Errorf("%+v", c)
	}
}
