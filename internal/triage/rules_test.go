package triage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Each way back in is ended by the call that ends it, of the same thing only.
func TestEndings(t *testing.T) {
	for name, c := range map[string]struct {
		source, call, asked, answered string
		end, how, other               string // other is about another thing
	}{
		"key deactivated": {"iam", "CreateAccessKey", `{"userName":"u"}`, `{"accessKey":{"accessKeyId":"AKIAONE","userName":"u"}}`,
			"UpdateAccessKey", `{"accessKeyId":"AKIAONE","status":"Inactive"}`, `{"accessKeyId":"AKIAONE","status":"Active"}`},
		"policy":    {"iam", "AttachRolePolicy", `{"roleName":"r","policyArn":"p"}`, `null`, "DetachRolePolicy", `{"roleName":"r","policyArn":"p"}`, `{"roleName":"r","policyArn":"q"}`},
		"group":     {"iam", "AddUserToGroup", `{"userName":"u","groupName":"g"}`, `null`, "RemoveUserFromGroup", `{"userName":"u","groupName":"g"}`, `{"userName":"u","groupName":"h"}`},
		"provider":  {"iam", "CreateOpenIDConnectProvider", `{}`, `{"openIDConnectProviderArn":"o"}`, "DeleteOpenIDConnectProvider", `{"openIDConnectProviderArn":"o"}`, `{"openIDConnectProviderArn":"x"}`},
		"function":  {"lambda", "AddPermission20150331v2", `{"functionName":"f","statementId":"s"}`, `null`, "RemovePermission20150331v2", `{"functionName":"f","statementId":"s"}`, `{"functionName":"f","statementId":"t"}`},
		"instance":  {"ec2", "RunInstances", `{}`, `{"instancesSet":{"items":[{"instanceId":"i-1"}]}}`, "TerminateInstances", `{"instancesSet":{"items":[{"instanceId":"i-2"},{"instanceId":"i-1"}]}}`, `{"instancesSet":{"items":[{"instanceId":"i-2"}]}}`},
		"user data": {"ec2", "ModifyInstanceAttribute", `{"instanceId":"i-1","userData":"<sensitiveDataRemoved>"}`, `null`, "TerminateInstances", `{"instancesSet":{"items":[{"instanceId":"i-1"}]}}`, `{"instancesSet":{"items":[{"instanceId":"i-2"}]}}`},
		"key pair":  {"ec2", "ImportKeyPair", `{"keyName":"k"}`, `null`, "DeleteKeyPair", `{"keyName":"k"}`, `{"keyName":"l"}`},
		"rule": {"ec2", "AuthorizeSecurityGroupIngress", `{"groupId":"sg-1"}`, `{"securityGroupRuleSet":{"items":[{"securityGroupRuleId":"sgr-1"}]}}`,
			"RevokeSecurityGroupIngress", `{"groupId":"sg-1","securityGroupRuleIds":{"items":[{"securityGroupRuleId":"sgr-1"}]}}`, `{"groupId":"sg-1","securityGroupRuleIds":{"items":[{"securityGroupRuleId":"sgr-2"}]}}`},
		"snapshot": {"ec2", "ModifySnapshotAttribute", `{"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"userId":"444455556666"}]}}}`, `null`,
			"ModifySnapshotAttribute", `{"snapshotId":"snap-1","createVolumePermission":{"remove":{"items":[{"userId":"444455556666"}]}}}`, `{"snapshotId":"snap-2","createVolumePermission":{"remove":{"items":[{"userId":"444455556666"}]}}}`},
		"bucket":     {"s3", "PutBucketPolicy", `{"bucketName":"b"}`, `null`, "PutBucketPolicy", `{"bucketName":"b"}`, `{"bucketName":"c"}`},
		"assignment": {"sso", "CreateAccountAssignment", `{"principalId":"p","permissionSetArn":"s","targetId":"t","instanceArn":"i","principalType":"USER"}`, `null`, "DeleteAccountAssignment", `{"principalId":"p","permissionSetArn":"s","targetId":"t","instanceArn":"i","principalType":"USER"}`, `{"principalId":"p","permissionSetArn":"s","targetId":"u","instanceArn":"i","principalType":"USER"}`},
	} {
		record := func(id int, second int, who, call, asked, answered string) string {
			return fmt.Sprintf(`{"eventTime":"2025-07-01T10:00:%02dZ","eventID":"e%d","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","userName":"%s","arn":"arn:aws:iam::111122223333:user/%[5]s"},"requestParameters":%[6]s,"responseElements":%[7]s}`,
				second, id, c.source, call, who, asked, answered)
		}
		made := record(1, 1, "eve", c.call, c.asked, c.answered)
		for _, end := range []struct {
			records []string
			removed bool
		}{
			{[]string{made}, false},
			{[]string{made, record(2, 2, "ann", c.end, c.how, "null")}, true},
			{[]string{made, record(2, 2, "ann", c.end, c.other, "null")}, false},
			{[]string{record(2, 0, "ann", c.end, c.how, "null"), made}, false}, // before
			{[]string{made, strings.Replace(record(2, 2, "ann", c.end, c.how, "null"), `"eventID"`, `"errorCode":"AccessDenied","eventID"`, 1)}, false},
			{[]string{made, strings.ReplaceAll(record(2, 2, "ann", c.end, c.how, "null"), "111122223333", "444455556666")}, false},
		} {
			a := asking(t, false, records(end.records...))
			p := find(t, a, "eve", Options{})
			if len(p.Persistence) != 1 {
				t.Errorf("%s: %+v", name, p.Persistence)
				continue
			}
			m := p.Persistence[0]
			if removed := m.Removed != nil; removed != end.removed || removed && m.EndedBy != "arn:aws:iam::111122223333:user/ann" {
				t.Errorf("%s: %+v after\n%s", name, m, strings.Join(end.records, "\n"))
			}
			if !end.removed && m.rule.command != "" && !slices.ContainsFunc(p.Containment, func(c Command) bool { return strings.HasPrefix(c.Command, "aws ") }) {
				t.Errorf("%s: no command in %+v", name, p.Containment)
			}
		}
	}
}

// Commands take no more members than their rules have, and undo with as many.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		name := r.service + " " + r.call
		if seen[name] || len(r.of) == 0 || len(r.undo) == 0 && !r.overwrites {
			t.Errorf("%s: told twice, or of nothing, or without an end", name)
		}
		seen[name] = true
		for _, s := range slot.FindAllStringSubmatch(r.command, -1) {
			if int(s[1][0]-'0') >= len(r.of) {
				t.Errorf("%s: %s", name, r.command)
			}
		}
		for _, u := range r.undo {
			if len(u.of) > len(r.of) {
				t.Errorf("%s: %s compares more than there is", name, u.call)
			}
		}
	}
}
