package queries_test

import "strings"

// aboutSomebody is what is known of the answers about actors, keys, sessions and
// addresses.
func (w *town) aboutSomebody() map[string]answer {
	s := w.story
	own := w.count(of(nil, "recipientAccountId"))
	user := func(r record) bool { return r.actor() == s.UserARN }
	key := equal("userIdentity.accessKeyId", s.AccessKeyID)
	role := equal("userIdentity.sessionContext.sessionIssuer.arn", "arn:aws:iam::"+s.RoleAccount+":role/ops-readonly")
	inAccount := equal("recipientAccountId", s.Account)
	denied := func(r record) bool { return r.denied() }
	assumes := func(r record) bool {
		return r.is("sts") && strings.HasPrefix(r.get("eventName"), "AssumeRole") && strings.HasSuffix(r.get("requestParameters.roleArn"), "/ops-readonly") &&
			r.get("userIdentity.type") != "AWSAccount"
	}
	crossing := func(r record) bool {
		caller := r.get("userIdentity.accountId")
		return caller != "" && r.has("recipientAccountId") && caller != r.get("recipientAccountId")
	}
	person := func(r record) bool {
		kind := r.get("userIdentity.type")
		return (kind == "IAMUser" || kind == "Root") && !r.has("userIdentity.invokedBy")
	}
	return map[string]answer{
		"investigate/address": {params{"address": s.Address}, checks{
			counts("account eventName", "calls", of(equal("sourceIPAddress", s.Address), "recipientAccountId", "eventName"))}},
		"investigate/timeline": {params{"actor": s.User}, checks{events(user)}},
		"investigate/incident": {params{"who": s.Address + ", ASIACHAIN2 ,evelyn"}, checks{
			events(func(r record) bool {
				return r.get("sourceIPAddress") == s.Address || r.get("userIdentity.accessKeyId") == "ASIACHAIN2" || r.get("userIdentity.userName") == "evelyn"
			}),
			shows("eventID", "chain-3", "matched", "access key"), shows("eventID", "key-2", "matched", "actor"), shows("eventID", s.Events[0].EventID, "matched", "address")}},
		"investigate/actor-services": {params{"actor": s.UserARN}, checks{
			counts("account eventSource", "calls", of(user, "recipientAccountId", "eventSource")),
			positive("eventSource", "changes", of(all(user, record.changes), "eventSource"))}},
		"investigate/actor-hours":     {params{"actor": "%/" + s.User}, checks{counts("hour", "calls", of(user, "hour"))}},
		"investigate/actor-addresses": {params{"actor": s.User}, checks{counts("sourceIPAddress userAgent", "calls", of(user, "sourceIPAddress", "userAgent"))}},
		"investigate/access-key":      {params{"key": s.AccessKeyID}, checks{counts("sourceIPAddress eventName", "calls", of(key, "sourceIPAddress", "eventName"))}},
		"investigate/key-origin": {params{"key": "ASIACHAIN2"}, checks{
			shows("step", "1", "actor caller_key role session", "arn:aws:iam::111122223333:role/jump/alice|ASIACHAIN1|arn:aws:iam::444455556666:role/landing|s7"),
			shows("step", "2", "actor caller_key key", "arn:aws:iam::111122223333:user/alice|AKIAEXAMPLE|ASIACHAIN1"), rowCount(2)}},
		"investigate/key-sessions": {params{"key": "AKIAEXAMPLE"}, checks{
			shows("key", "ASIACHAIN1", "step calls changes", "1|1|0"), shows("key", "ASIACHAIN2", "step caller_key calls changes", "2|ASIACHAIN1|1|1"), rowCount(2)}},
		"investigate/session": {params{"session": "s1"}, checks{
			counts("account eventName", "calls", of(func(r record) bool {
				return r.get("userIdentity.type") == "AssumedRole" && strings.HasSuffix(r.get("userIdentity.principalId"), ":s1")
			}, "recipientAccountId", "eventName"))}},
		"investigate/role-callers": {params{"role": "ops-readonly"}, checks{
			counts("role actor eventName", "calls", of(assumes, "requestParameters.roleArn", "actor", "eventName"))}},
		"investigate/role-sessions": {params{"role": "ops-readonly"}, checks{
			counts("role accessKeyId", "calls", of(func(r record) bool {
				return strings.HasSuffix(r.get("userIdentity.sessionContext.sessionIssuer.arn"), "/ops-readonly")
			}, "userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.accessKeyId")),
			shows("accessKeyId", s.RoleAccessKeyID, "session from_where addresses", "s1|"+s.Address+"|1"), positive("role", "failed", of(all(role, record.failed), "userIdentity.sessionContext.sessionIssuer.arn"))}},
		"investigate/user-agent": {params{"agent": "%kali%"}, checks{
			counts("sourceIPAddress actor", "calls", of(func(r record) bool { return strings.Contains(r.get("userAgent"), "kali") }, "sourceIPAddress", "actor"))}},
		"investigate/account": {params{"account": s.Account}, checks{
			counts("actor eventSource", "calls", of(inAccount, "actor", "eventSource"))}},
		"investigate/denied-actors": {nil, checks{counts("actor", "denied", of(denied, "actor")),
			kinds("actor", "kinds", of(denied, "actor"), of(nil, "eventSource", "eventName"))}},
		"investigate/denied-calls": {nil, checks{counts("eventName actor account errorCode", "denied", of(denied, "eventName", "actor", "recipientAccountId", "errorCode"))}},
		"investigate/sign-ins": {nil, checks{events(func(r record) bool {
			return r.is("signin") && (r.has("userIdentity.userName") || r.actor() != "") || r.is("sso", "Authenticate", "Federate")
		}), shows("eventID", "door-1", "result mfa", "Failure|No"), shows("eventID", "door-2", "result userName", "Success|dora")}},
		"investigate/failed-sign-ins": {nil, checks{
			counts("sourceIPAddress", "failed", of(func(r record) bool {
				return r.get("responseElements.ConsoleLogin") == "Failure" || r.get("serviceEventDetails.CredentialVerification") == "Failure"
			}, "sourceIPAddress")),
			shows("sourceIPAddress", "198.51.100.200", "names succeeded_after", "1|1")}},
		"investigate/mfa": {nil, checks{
			positive("account actor", "calls_with_key", of(all(person, func(r record) bool { return strings.HasPrefix(r.get("userIdentity.accessKeyId"), "AKIA") }), "recipientAccountId", "actor")),
			positive("actor", "sign_ins_without", of(all(person, equal("additionalEventData.MFAUsed", "No"), equal("responseElements.ConsoleLogin", "Success")), "actor")),
			positive("actor", "sign_ins_with_mfa", of(all(person, equal("eventName", "ConsoleLogin"), equal("additionalEventData.MFAUsed", "Yes")), "actor"))}},
		"investigate/root":          {nil, checks{events(equal("userIdentity.type", "Root"))}},
		"investigate/cross-account": {nil, checks{counts("caller account eventName", "calls", of(crossing, "userIdentity.accountId", "recipientAccountId", "eventName"))}},
		"investigate/outsiders": {nil, checks{
			shows("outsider as_what", "999988887777|caller", "eventName calls", "PutBucketTagging|1"),
			shows("outsider as_what", "999988887777|owner of the VPC endpoint", "eventName calls", "GetObject|1"),
			counts("outsider as_what", "calls", func(r record) string {
				if caller := r.get("userIdentity.accountId"); caller != "" && own[caller] == 0 {
					return caller + "|caller"
				}
				if owner := r.get("vpcEndpointAccountId"); owner != "" && own[owner] == 0 {
					return owner + "|owner of the VPC endpoint"
				}
				return ""
			})}},
	}
}
