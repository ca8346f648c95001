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
		call := func(id, at, account, who, call, asked, answered string) row {
			return row{"2025-07-01 10:00:0" + at, c.source, call, account, "us-east-1", who, "", id, asked, answered, fmt.Sprint(who == "eve")}
		}
		const here, there = "111122223333", "444455556666"
		made1 := call("e1", "1", here, "eve", c.call, c.asked, c.answered)
		for _, end := range []struct {
			what    string
			rows    []row
			removed bool
		}{
			{"nothing", []row{made1}, false},
			{"its end", []row{made1, call("e2", "2", here, "ann", c.end, c.how, "null")}, true},
			{"the end of another", []row{made1, call("e2", "2", here, "ann", c.end, c.other, "null")}, false},
			{"an end before it", []row{call("e2", "0", here, "ann", c.end, c.how, "null"), made1}, false},
			{"an end in another account", []row{made1, call("e2", "2", there, "ann", c.end, c.how, "null")}, false},
			{"made again", []row{made1, call("e2", "2", here, "ann", c.end, c.how, "null"), call("e3", "3", here, "eve", c.call, c.asked, c.answered)}, false},
		} {
			steps := readSteps(end.rows)
			p := Page{ends: steps}
			p.Persistence = made(rules(), slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return !s.mine }))
			if len(p.Persistence) != 1 {
				t.Errorf("%s: %+v", name, p.Persistence)
				continue
			}
			p.end()
			m := p.Persistence[0]
			if removed := m.Removed != nil; removed != end.removed || removed && m.EndedBy != "ann" {
				t.Errorf("%s: %+v after %s", name, m, end.what)
			}
			p.contain(subject{}, "")
			if commands := strings.Join(commandLines(p.Containment), "\n"); strings.Contains(commands, "aws ") == end.removed && m.rule.command != "" {
				t.Errorf("%s after %s: commands %s", name, end.what, commands)
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
