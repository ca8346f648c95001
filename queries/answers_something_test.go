package queries_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// aboutSomething is what is known of the answers about resources, accounts and events.
func (w *town) aboutSomething() map[string]answer {
	s := w.story
	named := mentions("requestParameters responseElements resources serviceEventDetails", s.NewUser)
	changes := func(r record) bool { return r.changes() }
	iam := func(r record) bool { return r.is("iam") }
	reads := func(r record) bool { return r.is("s3", "GetObject", "GetObjectTorrent", "SelectObjectContent") }
	secrets := func(r record) bool {
		return r.is("secretsmanager", "GetSecretValue", "BatchGetSecretValue") || r.is("ssm", "GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory")
	}
	machine := "i-0bbb"
	changed := all(changes, func(r record) bool {
		return !r.failed() && r.category() == "Management" && !r.is("signin") && r.get("recipientAccountId") == s.RoleAccount
	})
	return map[string]answer{
		"investigate/resource":         {params{"resource": s.NewUser}, checks{counts("actor eventName", "calls", of(named, "actor", "eventName"))}},
		"investigate/resource-changes": {params{"resource": s.NewUser}, checks{events(all(named, changes))}},
		"investigate/account-changes": {params{"account": s.RoleAccount}, checks{
			counts("eventSource eventName actor awsRegion", "changes", of(changed, "eventSource", "eventName", "actor", "awsRegion"))}},
		"investigate/new-since": {params{"day": "2025-07-17"}, checks{w.checkNew}},
		"investigate/still-there": {nil, checks{
			shows("kind object", "User|evelyn", "actor account", "arn:aws:iam::111122223333:user/alice|111122223333"),
			shows("kind object", "Bucket|kept", "actor", "arn:aws:iam::111122223333:user/alice"),
			shows("kind object", "AccessKey|"+s.NewAccessKeyID, "actor sourceIPAddress", s.UserARN+"|"+s.Address),
			shows("kind object", "SecurityGroup|sg-0door", "eventSource", "ec2.amazonaws.com"),
			shows("kind object", "Policy|arn:aws:iam::111122223333:policy/ship-it", "eventSource", "iam.amazonaws.com"),
			lacks("kind object", "User|eve", "LoginProfile|"+s.NewUser, "Bucket|chained")}},
		"investigate/iam-history": {params{"name": "eve"}, checks{events(all(iam, changes, mentions("requestParameters", `"eve"`)))}},
		"investigate/access-key-history": {params{"key": "AKIAEVELYN"}, checks{rowCount(3), shows("what", "first use", "eventID", "key-2"),
			shows("eventID", "key-3", "what eventName", "changed|UpdateAccessKey")}},
		"investigate/policy-history": {params{"policy": "ship-it"}, checks{
			events(all(iam, changes, mentions("requestParameters responseElements", "ship-it"))), shows("eventID", "eve-2", "attached_to", "eve")}},
		"investigate/security-group-history": {params{"group": "sg-0door"}, checks{
			events(func(r record) bool { return r.get("eventID") == "group-1" || r.get("eventID") == "group-2" })}},
		"investigate/instances-launched": {nil, checks{events(func(r record) bool { return r.is("ec2", "RunInstances") }),
			shows("eventID", "machine-1", "actor instanceType launched asked_for an_instance image", "arn:aws:iam::111122223333:user/alice|p5.48xlarge|2|4|i-0aaa|ami-1")}},
		"investigate/instance-history": {params{"instance": machine}, checks{rowCount(3), shows("eventID", "machine-1", "what eventName", "done to it|RunInstances"),
			shows("eventID", "machine-3", "what eventName calls", "done by it|ListBuckets|1"), shows("eventID", "machine-4", "what eventName", "done to it|TerminateInstances")}},
		"investigate/bucket-history": {params{"bucket": "kept"}, checks{
			events(func(r record) bool {
				return r.is("s3") && r.get("requestParameters.bucketName") == "kept" && r.changes() && r.category() == "Management"
			})}},
		"investigate/same-request": {params{"event": "machine-1"}, checks{rowCount(2), shows("eventID", "added", "why", "an addendum to it")}},
		"investigate/around-event": {params{"event": s.Events[0].EventID, "minutes": "5"}, checks{events(func(r record) bool {
			return r.get("eventTime") <= s.First.Add(5*time.Minute).Format(time.RFC3339) && r.get("eventTime") >= s.First.Add(-5*time.Minute).Format(time.RFC3339) &&
				(r.actor() == s.UserARN || r.get("sourceIPAddress") == s.Address)
		}), shows("eventID", s.Events[0].EventID, "seconds why", "0|the event")}},
		"investigate/bucket-reads": {params{"bucket": s.Bucket}, checks{
			counts("actor sourceIPAddress", "calls", of(all(reads, equal("requestParameters.bucketName", s.Bucket)), "actor", "sourceIPAddress")),
			kinds("actor sourceIPAddress", "objects", of(all(reads, equal("requestParameters.bucketName", s.Bucket)), "actor", "sourceIPAddress"), of(nil, "requestParameters.key"))}},
		"investigate/secrets-read": {nil, checks{counts("service actor account", "reads", func(r record) string {
			if !secrets(r) {
				return ""
			}
			service, _, _ := strings.Cut(r.get("eventSource"), ".")
			return service + "|" + of(nil, "actor", "recipientAccountId")(r)
		}), shows("name", `["/prod/db","/prod/mail"]`, "actor decrypted reads", "arn:aws:iam::111122223333:user/alice|true|1")}},
		"investigate/kms-decrypts": {nil, checks{
			counts("key actor", "calls", of(func(r record) bool { return r.is("kms", "Decrypt", "ReEncrypt") }, "resources.ARN", "actor")),
			shows("key", "arn:aws:kms:eu-west-1:111122223333:key/k1", "calls a_context", `1|{"of":"this"}`)}},
		"investigate/logging-changes": {nil, checks{events(func(r record) bool {
			watcher := regexp.MustCompile(`^(cloudtrail|config|guardduty|securityhub|macie2|detective|inspector2|access-analyzer)\.`).MatchString(r.get("eventSource"))
			handed := slices.Contains([]string{"PutEvaluations", "BatchImportFindings"}, r.get("eventName"))
			return r.changes() && (watcher && !handed || r.is("ec2", "DeleteFlowLogs") || r.is("monitoring", "PutMetricAlarm"))
		}), shows("eventID", "watch-1", "object", "d1")}},
	}
}

// checkNew compares what is new with what was not there before the day.
func (w *town) checkNew(t *testing.T, _ *town, rows []finding) {
	const day = "2025-07-17"
	members := map[string]func(record) string{
		"actor": record.actor, "address": of(func(r record) bool { return !strings.HasPrefix(r.get("sourceIPAddress"), "10.") }, "sourceIPAddress"), "service": of(nil, "eventSource"), "region": of(nil, "awsRegion"), "user agent": of(nil, "userAgent"),
		"call": func(r record) string {
			service, _, _ := strings.Cut(r.get("eventSource"), ".")
			return service + ":" + r.get("eventName")
		},
	}
	want := map[string]int{}
	for kind, value := range members {
		key := func(r record) string {
			if v := value(r); v != "" && v != ":" {
				return kind + "|" + r.get("recipientAccountId") + "|" + v
			}
			return ""
		}
		before := map[string]bool{}
		for _, r := range w.records {
			if r.get("eventTime") < day {
				before[key(r)] = true
			}
		}
		for k, n := range w.count(key) {
			if !before[k] {
				want[k] = n
			}
		}
	}
	same(t, "new", sums(t, rows, "kind account value", "calls"), want)
}
