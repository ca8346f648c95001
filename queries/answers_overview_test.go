package queries_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// inventory is what is known of the answers about what there is.
func (w *town) inventory() map[string]answer {
	called := has("eventName")
	key := func(r record) bool { return strings.HasPrefix(r.get("userIdentity.accessKeyId"), "AKIA") }
	role := func(r record) bool {
		return r.get("userIdentity.sessionContext.sessionIssuer.type") == "Role" && !strings.Contains(r.get("userIdentity.sessionContext.sessionIssuer.arn"), "/aws-service-role/")
	}
	const roleARN = "userIdentity.sessionContext.sessionIssuer.arn"
	return map[string]answer{
		"inventory/actors":   {nil, checks{counts("actor", "calls", record.actor)}},
		"inventory/services": {nil, checks{counts("eventSource account", "calls", of(has("eventSource"), "eventSource", "recipientAccountId")), kinds("eventSource account", "actors", of(has("eventSource"), "eventSource", "recipientAccountId"), record.actor)}},
		"inventory/calls": {nil, checks{counts("actor eventSource eventName", "calls", of(called, "actor", "eventSource", "eventName")),
			kinds("actor eventSource eventName", "hours", of(called, "actor", "eventSource", "eventName"), of(nil, "hour"))}},
		"inventory/regions":     {nil, checks{counts("account awsRegion", "calls", of(nil, "recipientAccountId", "awsRegion")), kinds("account awsRegion", "services", of(nil, "recipientAccountId", "awsRegion"), of(nil, "eventSource"))}},
		"inventory/accounts":    {nil, checks{counts("account", "events", of(nil, "recipientAccountId")), positive("account", "data", of(equal("eventCategory", "Data"), "recipientAccountId")), positive("account", "insights", of(equal("eventCategory", "Insight"), "recipientAccountId")), kinds("account", "days", of(nil, "recipientAccountId"), of(nil, "day"))}},
		"inventory/user-agents": {nil, checks{counts("userAgent", "calls", of(nil, "userAgent")), kinds("userAgent", "addresses", of(has("userAgent"), "userAgent"), of(nil, "sourceIPAddress"))}},
		"inventory/tools": {nil, checks{
			counts("tool", "calls", tool),
			shows("actor tool", w.story.UserARN+"|CLI", "calls", fmt.Sprint(w.count(func(r record) string {
				if r.actor() == w.story.UserARN && strings.HasPrefix(r.get("userAgent"), "aws-cli") {
					return "CLI"
				}
				return ""
			})["CLI"]))}},
		"inventory/access-keys": {nil, checks{counts("accessKeyId", "calls", of(key, "userIdentity.accessKeyId")),
			shows("accessKeyId", "AKIAEVELYN", "calls days_idle made_at", "1|8|2025-07-12 12:11:00")}},
		"inventory/roles": {nil, checks{counts("role", "calls", of(role, roleARN)), kinds("role", "sessions", of(role, roleARN), of(nil, "userIdentity.accessKeyId"))}},
		"inventory/vpc-endpoints": {nil, checks{counts("vpcEndpointId vpcEndpointAccountId eventSource", "calls", of(has("vpcEndpointId"), "vpcEndpointId", "vpcEndpointAccountId", "eventSource")),
			positive("vpcEndpointId", "denied_by_endpoint", of(equal("errorCode", "VpceAccessDenied"), "vpcEndpointId"))}},
		"inventory/tls-versions": {nil, checks{counts("tlsVersion actor", "calls", of(has("tlsDetails.tlsVersion"), "tlsDetails.tlsVersion", "actor")),
			shows("tlsVersion", "TLSv1", "actor a_cipherSuite", "arn:aws:iam::111122223333:user/alice|OLD")}},
		"inventory/unused": {params{"days": "5"}, checks{counts("kind name", "calls", w.idle(5))}},
	}
}

// idle are the uses of users, keys and roles that did nothing in the log's last days.
func (w *town) idle(days int) func(record) string {
	last := map[string]string{}
	key := func(r record) []string {
		var keys []string
		if r.get("userIdentity.type") == "IAMUser" && r.has("userIdentity.arn") {
			keys = append(keys, "user|"+r.get("userIdentity.arn"))
		}
		if strings.HasPrefix(r.get("userIdentity.accessKeyId"), "AKIA") {
			keys = append(keys, "access key|"+r.get("userIdentity.accessKeyId"))
		}
		if r.get("userIdentity.sessionContext.sessionIssuer.type") == "Role" {
			keys = append(keys, "role|"+r.get("userIdentity.sessionContext.sessionIssuer.arn"))
		}
		return keys
	}
	ends := ""
	for _, r := range w.records {
		ends = max(ends, r.get("eventTime"))
		for _, k := range key(r) {
			last[k] = max(last[k], r.get("eventTime"))
		}
	}
	end, err := time.Parse(time.RFC3339, ends)
	if err != nil {
		return func(record) string { return err.Error() }
	}
	bound := end.AddDate(0, 0, -days).Format(time.RFC3339)
	return func(r record) string { return strings.Join(idleOf(key(r), last, bound), separator) }
}

func idleOf(keys []string, last map[string]string, bound string) (idle []string) {
	for _, k := range keys {
		if last[k] < bound {
			idle = append(idle, k)
		}
	}
	return idle
}

var toolWords = []struct {
	tool  string
	words *regexp.Regexp
}{
	{"console", regexp.MustCompile(`^Mozilla/|^AWSConsole`)}, {"Terraform", regexp.MustCompile(`Terraform`)}, {"CLI", regexp.MustCompile(`^aws-cli`)},
	{"SDK", regexp.MustCompile(`aws-sdk-|Boto3`)}, {"AWS service", regexp.MustCompile(`\.amazonaws\.|^AWS Internal|^aws-internal`)},
}

func tool(r record) string {
	switch {
	case !r.has("eventName") || r.actor() == "":
		return ""
	case r.has("userIdentity.invokedBy") || r.get("userIdentity.type") == "AWSService":
		return "AWS service"
	case r.get("sessionCredentialFromConsole") == "true":
		return "console"
	}
	for _, t := range toolWords {
		if t.words.MatchString(r.get("userAgent")) {
			return t.tool
		}
	}
	return "other"
}

// costAndErrors is what is known of the answers about what it costs and what fails.
func (w *town) costAndErrors() map[string]answer {
	failed := func(r record) bool { return r.failed() }
	throttled := func(r record) bool {
		return regexp.MustCompile(`Throttling|RequestLimit|TooManyRequests|ThroughputExceeded`).MatchString(r.get("errorCode"))
	}
	data := func(r record) bool { return r.category() == "Data" || r.category() == "NetworkActivity" }
	busy := w.count(of(has("eventSource"), "day", "eventSource"))
	often := w.count(of(failed, "hour", "actor", "recipientAccountId", "eventSource", "eventName", "errorCode"))
	atLeast := func(n int, counted map[string]int, key func(record) string) func(record) string {
		return func(r record) string {
			if k := key(r); counted[k] >= n {
				return k
			}
			return ""
		}
	}
	return map[string]answer{
		"cost-and-errors/errors":         {nil, checks{counts("eventSource eventName errorCode", "failed", of(failed, "eventSource", "eventName", "errorCode"))}},
		"cost-and-errors/throttling":     {nil, checks{counts("eventName account awsRegion", "throttled", of(throttled, "eventName", "recipientAccountId", "awsRegion"))}},
		"cost-and-errors/events-per-day": {nil, checks{counts("day account category", "events", of(nil, "day", "recipientAccountId", "category"))}},
		"cost-and-errors/data-events": {params{"price": "100000"}, checks{counts("account eventSource", "events", of(data, "recipientAccountId", "eventSource")),
			counts("account", "usd", of(data, "recipientAccountId")), // a dollar each
			shows("resource", w.story.Bucket, "events", fmt.Sprint(w.count(of(data, "requestParameters.bucketName"))[w.story.Bucket]))}},
		"cost-and-errors/busiest-calls":   {nil, checks{counts("eventSource eventName", "calls", of(has("eventName"), "eventSource", "eventName")), kinds("eventSource eventName", "actors", of(has("eventName"), "eventSource", "eventName"), record.actor)}},
		"cost-and-errors/biggest-talkers": {nil, checks{counts("actor account", "calls", of(has("eventName"), "actor", "recipientAccountId")), kinds("actor account", "kinds", of(has("eventName"), "actor", "recipientAccountId"), of(nil, "eventSource", "eventName"))}},
		"cost-and-errors/error-rate": {nil, checks{counts("day eventSource", "calls", atLeast(10, busy, of(has("eventSource"), "day", "eventSource"))),
			positive("day eventSource", "failed", func(r record) string {
				if !r.failed() {
					return ""
				}
				return atLeast(10, busy, of(has("eventSource"), "day", "eventSource"))(r)
			})}},
		"cost-and-errors/error-bursts": {params{"least": "2"}, checks{
			counts("hour actor account eventSource eventName errorCode", "failed", atLeast(2, often, of(failed, "hour", "actor", "recipientAccountId", "eventSource", "eventName", "errorCode")))}},
		"cost-and-errors/insights": {nil, checks{
			keys("insight account eventName insightType", of(equal("eventCategory", "Insight"), "sharedEventID", "recipientAccountId", "insightDetails.eventName", "insightDetails.insightType"))}},
	}
}
