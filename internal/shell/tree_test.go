package shell

import (
	"strings"
	"testing"
)

// chained are sessions got one with the other: A by a person with SAML, B with A, C
// with B across accounts, whose key only the other account's record tells; and a
// circle of D and E.
const chained = `{"Records":[
{"eventTime":"2025-07-01T10:00:00Z","eventID":"00000001-0000-4000-8000-000000000000","eventSource":"sts.amazonaws.com","eventName":"AssumeRoleWithSAML","sourceIPAddress":"192.0.2.9","userIdentity":{"type":"SAMLUser","principalId":"p:ann@example.com","userName":"ann@example.com","identityProvider":"idp"},"requestParameters":{"roleSessionName":"ann"},"responseElements":{"credentials":{"accessKeyId":"ASIACHAINEDAAAA"},"assumedRoleUser":{"arn":"arn:aws:sts::111122223333:assumed-role/one/ann"}}},
{"eventTime":"2025-07-01T10:01:00Z","eventID":"00000002-0000-4000-8000-000000000000","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","sourceIPAddress":"192.0.2.9","userIdentity":{"type":"AssumedRole","accessKeyId":"ASIACHAINEDAAAA","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/one/ann"},"requestParameters":{"roleSessionName":"\u001b[31mb"},"responseElements":{"credentials":{"accessKeyId":"ASIACHAINEDBBBB"}}},
{"eventTime":"2025-07-01T10:02:00Z","eventID":"00000003-0000-4000-8000-000000000000","sharedEventID":"5","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","sourceIPAddress":"192.0.2.9","userIdentity":{"type":"AssumedRole","accessKeyId":"ASIACHAINEDBBBB","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/two/b"},"requestParameters":{"roleArn":"arn:aws:iam::444455556666:role/three","roleSessionName":"c"}},
{"eventTime":"2025-07-01T10:02:00Z","eventID":"00000004-0000-4000-8000-000000000000","sharedEventID":"5","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","sourceIPAddress":"192.0.2.9","userIdentity":{"type":"AWSAccount","accountId":"111122223333"},"responseElements":{"credentials":{"accessKeyId":"ASIACHAINEDCCCC"}}},
{"eventTime":"2025-07-01T10:03:00Z","eventID":"00000005-0000-4000-8000-000000000000","eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"AccessDenied","sourceIPAddress":"192.0.2.10","userIdentity":{"type":"AssumedRole","accessKeyId":"ASIACHAINEDCCCC","arn":"arn:aws:sts::444455556666:assumed-role/three/c"}},
{"eventTime":"2025-07-01T10:04:00Z","eventID":"00000006-0000-4000-8000-000000000000","eventSource":"sts.amazonaws.com","eventName":"GetSessionToken","userIdentity":{"type":"IAMUser","accessKeyId":"ASIACHAINEDDDDD"},"responseElements":{"credentials":{"accessKeyId":"ASIACHAINEDEEEE"}}},
{"eventTime":"2025-07-01T10:05:00Z","eventID":"00000007-0000-4000-8000-000000000000","eventSource":"sts.amazonaws.com","eventName":"GetSessionToken","userIdentity":{"type":"IAMUser","accessKeyId":"ASIACHAINEDEEEE"},"responseElements":{"credentials":{"accessKeyId":"ASIACHAINEDDDDD"}}}]}`

func TestTree(t *testing.T) {
	st := story(t)
	sh := newShell(storySession(t, map[string]string{"chained.json": chained}))
	chain := []string{"idp/ann@example.com, without an access key\n",
		"\n  └─ 2025-07-01 10:00:00 AssumeRoleWithSAML role/one/ann in 111122223333\n     from 192.0.2.9, event 00000001\n     ASIACHAINEDAAAA: 1 event, 2025-07-01 10:01, 192.0.2.9",
		"\n     └─ 2025-07-01 10:01:00 AssumeRole as \\x1b[31mb\n", "\n        ASIACHAINEDBBBB: 1 event,",
		"\n        └─ 2025-07-01 10:02:00 AssumeRole role/three as c in 444455556666\n", "\n           ASIACHAINEDCCCC: 1 event, 1 denied, 2025-07-01 10:03, 192.0.2.10"}
	for args, want := range map[string][]string{
		"ASIACHAINEDCCCC": append(chain, "192.0.2.10  ◀\n"),
		"ASIACHAINEDBBBB": append(chain, "10:02, 192.0.2.9  ◀\n"),
		"00000003":        append(chain, "10:02, 192.0.2.9  ◀\n"), // the key that it was called with
		"00000004":        append(chain, "192.0.2.10  ◀\n"),       // that it returned
		"ASIACHAINEDDDDD": {"ASIACHAINEDDDDD: 1 event", "ASIACHAINEDEEEE: 1 event"},
		st.User:           {st.UserARN + "\n  " + st.AccessKeyID + ": ", "CreateAccessKey " + st.NewUser, st.NewAccessKeyID, "in " + st.RoleAccount, st.RoleAccessKeyID + ": 3 events, 1 denied"},
		st.NewAccessKeyID: {st.NewAccessKeyID + ": never used  ◀\n  made ", "by user/" + st.User + ", with " + st.AccessKeyID},
	} {
		out, err := said(t, sh, runTree, args)
		if err != nil {
			t.Errorf(".tree %s: %v", args, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf(".tree %s: %q is not in:\n%s", args, w, out)
			}
		}
		if strings.Count(out, "◀") != 1 || strings.Contains(out, "\x1b") {
			t.Errorf(".tree %s:\n%q", args, out)
		}
	}
	for _, args := range []string{"", "a b", "AKIANOBODYATALL00", "nobody", "00000005-0", "ffffffff", "arn:aws:iam::1:user/x"} {
		out, err := said(t, sh, runTree, args)
		if args == "00000005-0" {
			if err != nil || !strings.Contains(out, "◀") {
				t.Errorf(".tree %s: %v\n%s", args, err, out)
			}
		} else if err == nil {
			t.Errorf(".tree %s:\n%s", args, out)
		}
	}
}
