package profile

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEdges(t *testing.T) {
	const (
		iam  = `"eventSource":"iam.amazonaws.com"`
		sts  = `"eventSource":"sts.amazonaws.com"`
		role = `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/app","roleSessionName":"s"}`
	)
	granted := func(key, until string) string {
		return `"responseElements":{"credentials":{"sessionToken":"{\"}","accessKeyId":"` + key + `","expiration":"` + until + `"},"assumedRoleUser":{"arn":"x"}}`
	}
	deploy := " by AKIAIOSFODNN7EXAMPLE of arn:aws:iam::111122223333:user/deploy"
	ana := " by ASIAANA of arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef/ana@example.com"
	for _, c := range []struct{ name, record, want string }{
		{"a role", record(isUser, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", "Jul 10, 2025, 10:30:00 AM")),
			"ASIANEW" + deploy + " as arn:aws:iam::111122223333:role/app for 1h15m0s"},
		{"with the space that Java puts there", record(isUser, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", "Jul 10, 2025, 10:30:00\u202fAM")),
			"ASIANEW" + deploy + " as arn:aws:iam::111122223333:role/app for 1h15m0s"},
		{"as of old", record(isUser, sts, `"eventName":"GetSessionToken"`, granted("ASIANEW", "Jul 10, 2025 10:30:00 AM")), "ASIANEW" + deploy + " for 1h15m0s"},
		{"as others write times", record(isUser, sts, `"eventName":"GetFederationToken"`, granted("ASIANEW", "2025-07-10T10:30:00Z")), "ASIANEW" + deploy + " for 1h15m0s"},
		{"for nobody knows how long", record(isUser, sts, `"eventName":"GetSessionToken"`, granted("ASIANEW", "soon")), "ASIANEW" + deploy + " for 36h15m0s"},
		{"for longer than there is", record(isUser, sts, `"eventName":"GetSessionToken"`, granted("ASIANEW", "2099-07-10T10:30:00Z")), "ASIANEW" + deploy + " for 36h15m0s"},
		{"until before it was made", record(isUser, sts, `"eventName":"GetSessionToken"`, granted("ASIANEW", "1999-07-10T10:30:00Z")), "ASIANEW" + deploy + " for 36h15m0s"},
		{"from a session", record(isPerson, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", "")), "ASIANEW" + ana + " as arn:aws:iam::111122223333:role/app for 36h15m0s"},
		{"through a provider", record(isSAML, sts, `"eventName":"AssumeRoleWithSAML"`, role, granted("ASIANEW", "")),
			"ASIANEW by  of idp=/ana@example.com as arn:aws:iam::111122223333:role/app for 36h15m0s"},
		{"on behalf", record(isDeployer, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", "")),
			"ASIANEW by ASIACI of arn:aws:iam::111122223333:role/ci/ci as arn:aws:iam::111122223333:role/app for 36h15m0s"},
		{"across accounts, as the caller's log has it", record(isUser, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", ""), `"sharedEventID":"s-1"`),
			"shared:s-1" + deploy + " for 1h0m0s; ASIANEW" + deploy + " as arn:aws:iam::111122223333:role/app for 36h15m0s"},
		{"across accounts, as the called account's has it", record(isStranger, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", ""), `"sharedEventID":"s-1"`),
			"ASIANEW by shared:s-1 of 444455556666/AROAOTHER/audit as arn:aws:iam::111122223333:role/app for 36h15m0s, weak"},
		{"any call across accounts", record(isUser, `"sharedEventID":"s-1"`, `"errorCode":"AccessDenied"`), "shared:s-1" + deploy + " for 1h0m0s"},

		{"a user", record(isUser, iam, `"eventName":"CreateUser"`, `"responseElements":{"user":{"path":"/","userName":"eve","arn":"arn:aws:iam::111122223333:user/eve"}}`),
			"arn:aws:iam::111122223333:user/eve" + deploy + " for 168h0m0s"},
		{"a user of a hostile name", record(isUser, iam, `"eventName":"CreateUser"`, `"responseElements":{"user":{"x\"":1,"arn":"arn:\u0061ws:iam::111122223333:user\/e\"v\\e"}}`),
			`arn:aws:iam::111122223333:user/e"v\e` + deploy + " for 168h0m0s"},
		{"a role of one's own", record(isUser, iam, `"eventName":"CreateRole"`, `"responseElements":{"role":{"arn":"arn:aws:iam::111122223333:role/x/eve"}}`),
			"arn:aws:iam::111122223333:role/x/eve" + deploy + " for 168h0m0s"},
		{"a key", record(isUser, iam, `"eventName":"CreateAccessKey"`, `"responseElements":{"accessKey":{"accessKeyId":"AKIANEW","status":"Active","userName":"eve"}}`),
			"AKIANEW" + deploy + " for 168h0m0s"},
		{"a password", record(isUser, iam, `"eventName":"CreateLoginProfile"`, `"requestParameters":{"userName":"eve"}`, `"responseElements":{"loginProfile":{"userName":"eve"}}`),
			"arn:aws:iam::111122223333:user/eve" + deploy + " for 168h0m0s"},
		{"a password in China", record(strings.ReplaceAll(isUser, "arn:aws:", "arn:aws-cn:"), iam, `"eventName":"CreateLoginProfile"`, `"requestParameters":{"userName":"eve"}`),
			"arn:aws-cn:iam::111122223333:user/eve by AKIAIOSFODNN7EXAMPLE of arn:aws-cn:iam::111122223333:user/deploy for 168h0m0s"},
		{"a credential of one service", record(isUser, iam, `"eventName":"CreateServiceSpecificCredential"`, `"responseElements":{"serviceSpecificCredential":{"serviceSpecificCredentialId":"ACCANEW"}}`),
			"ACCANEW" + deploy + " for 168h0m0s"},
		{"a user of Identity Center", record(isPerson, `"eventSource":"sso-directory.amazonaws.com"`, `"eventName":"CreateUser"`, `"responseElements":{"user":{"userId":"u-1"}}`),
			"u-1" + ana + " for 168h0m0s"},
		{"likewise", record(isPerson, `"eventSource":"identitystore.amazonaws.com"`, `"eventName":"CreateUser"`, `"responseElements":{"userId":"u-1"}`), "u-1" + ana + " for 168h0m0s"},

		// Nobody's children.
		{"what was refused", record(isUser, sts, `"eventName":"AssumeRole"`, role, `"errorCode":"AccessDenied"`, granted("ASIANEW", "")), ""},
		{"a service for a function", record(isLambda, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", ""), `"sharedEventID":"s-1"`), ""},
		{"the public", record(isApp, sts, `"eventName":"AssumeRole"`, role, granted("ASIANEW", "")), ""},
		{"no answer", record(isUser, sts, `"eventName":"AssumeRole"`, role, `"responseElements":null`), ""},
		{"an answer of another form", record(isUser, sts, `"eventName":"AssumeRole"`, role, `"responseElements":{"credentials":"accessKeyId"}`), ""},
		{"a key that is none", record(isUser, sts, `"eventName":"AssumeRole"`, role, `"responseElements":{"credentials":{"accessKeyId":{"a":"b"}}}`), ""},
		{"another service's name", record(isUser, `"eventSource":"cognito-idp.amazonaws.com"`, `"eventName":"CreateUser"`, `"responseElements":{"user":{"arn":"x"}}`), ""},
		{"what looks on", record(isUser, iam, `"eventName":"GetUser"`, `"responseElements":{"user":{"arn":"arn:aws:iam::111122223333:user/eve"}}`), ""},
	} {
		var got []string
		for _, e := range readOne(t, nil, c.record).AppendEdges(nil) {
			s := fmt.Sprintf("%s by %s of %s", e.Child, e.Parent, e.Actor)
			if len(e.Target) > 0 {
				s += " as " + string(e.Target)
			}
			s += " for " + time.Duration((e.Until-e.Made)*1000).String()
			if e.Weak {
				s += ", weak"
			}
			got = append(got, s)
			if want := time.Date(2025, 7, 10, 9, 30, 0, 0, time.UTC).UnixMicro(); e.Made != want {
				t.Errorf("%s: made %d, want %d", c.name, e.Made, want)
			}
		}
		if got := strings.Join(got, "; "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
