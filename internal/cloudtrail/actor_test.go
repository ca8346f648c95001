package cloudtrail

import (
	"strings"
	"testing"
)

// identityOf makes an identity of lines "member value".
func identityOf(t *testing.T, text string) *Identity {
	t.Helper()
	i := new(Identity)
	field := map[string]*[]byte{
		"type": &i.Type, "arn": &i.ARN, "account": &i.AccountID, "principal": &i.PrincipalID, "user": &i.UserName,
		"key": &i.AccessKeyID, "by": &i.InvokedBy, "provider": &i.IdentityProvider, "credential": &i.CredentialID,
		"issuer": &i.IssuerARN, "source": &i.SourceIdentity, "federated": &i.FederatedProvider, "behalf": &i.OnBehalfOf,
	}
	for line := range strings.SplitSeq(text, "; ") {
		name, value, _ := strings.Cut(line, " ")
		if field[name] == nil {
			t.Fatalf("no field %q", name)
		}
		*field[name] = []byte(value)
	}
	return i
}

func TestActor(t *testing.T) {
	for identity, want := range map[string]string{
		// The types.
		"type Root; account 111122223333; arn arn:aws:iam::111122223333:root; principal 111122223333": "111122223333:root",
		"type Root; arn arn:aws-cn:iam::111122223333:root":                                            "111122223333:root",
		"type Root": "root",
		"type IAMUser; arn arn:aws-us-gov:iam::111122223333:user/ops/alice; user alice; account 111122223333; principal AIDAEXAMPLE":                                                                               "arn:aws-us-gov:iam::111122223333:user/ops/alice",
		"type IAMUser; user HIDDEN_DUE_TO_SECURITY_REASONS; account 111122223333":                                                                                                                                  "111122223333:user/HIDDEN_DUE_TO_SECURITY_REASONS",
		"type IAMUser; principal AIDAEXAMPLE; account 111122223333; key AKIAEXAMPLE":                                                                                                                               "111122223333/AIDAEXAMPLE",
		"type AssumedRole; arn arn:aws:sts::111122223333:assumed-role/app/i-0123456789abcdef0; issuer arn:aws:iam::111122223333:role/service/app; principal AROAEXAMPLE:i-0123456789abcdef0; account 111122223333": "arn:aws:iam::111122223333:role/service/app",
		"type AssumedRole; arn arn:aws-cn:sts::111122223333:assumed-role/app/i-0123456789abcdef0; principal AROAEXAMPLE:i-0123456789abcdef0":                                                                       "arn:aws-cn:iam::111122223333:role/app",
		"type AssumedRole; account 111122223333; principal AROAEXAMPLE:botocore-session-1700000000":                                                                                                                "111122223333/AROAEXAMPLE",
		"type AssumedRole; account 111122223333; principal AROAEXAMPLE:alice@example.com":                                                                                                                          "111122223333/AROAEXAMPLE/alice@example.com",
		"type AssumedRole; issuer arn:aws-cn:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig; principal AROAEXAMPLE:configLambdaExecution":                                    "arn:aws-cn:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
		"arn arn:aws:sts::111122223333:assumed-role/app/alice":                                                                                                                                                     "arn:aws:iam::111122223333:role/app/alice",
		"type Role; arn arn:aws:iam::111122223333:role/app; principal AROAEXAMPLE":                                                                                                                                 "arn:aws:iam::111122223333:role/app",
		"type FederatedUser; arn arn:aws:sts::111122223333:federated-user/bob; principal 111122223333:bob; issuer arn:aws:iam::111122223333:user/broker":                                                           "arn:aws:iam::111122223333:user/broker/bob",
		"type FederatedUser; arn arn:aws:sts::111122223333:federated-user/bob; issuer arn:aws:iam::111122223333:user/broker":                                                                                       "arn:aws:iam::111122223333:user/broker/bob",
		"type FederatedUser; principal 111122223333:1700000000; issuer arn:aws:iam::111122223333:user/broker":                                                                                                      "arn:aws:iam::111122223333:user/broker",
		"type FederatedUser; arn arn:aws:sts::111122223333:federated-user/bob":                                                                                                                                     "arn:aws:sts::111122223333:federated-user/bob",
		"type Directory; account 111122223333; user alice":                                                                                                                                                         "111122223333/alice",
		"type AWSAccount; account 444455556666; principal AROAEXAMPLE:i-0123456789abcdef0":                                                                                                                         "444455556666/AROAEXAMPLE",
		"type AWSAccount; account 444455556666; principal AIDAEXAMPLE":                                                                                                                                             "444455556666/AIDAEXAMPLE",
		"type AWSAccount; account ANONYMOUS_PRINCIPAL":                                                                                                                                                             "ANONYMOUS_PRINCIPAL",
		"type AWSService; by ec2.amazonaws.com":                                                                                                                                                                    "ec2.amazonaws.com",
		"type SAMLUser; provider urn:idp; user alice; principal hash=:alice":                                                                                                                                       "urn:idp/alice",
		"type WebIdentityUser; provider accounts.google.com; user 1234567890123":                                                                                                                                   "accounts.google.com/1234567890123",
		"type WebIdentityUser; principal accounts.google.com:app:1":                                                                                                                                                "accounts.google.com:app:1",
		"type WebIdentityUser; account 111122223333":                                                                                                                                                               "111122223333",

		// Before and after 2025-07-14: the same user.
		"type Unknown; user alice@example.com; principal 94482488-3041-7026-18f3-be45837cd0e4; account 111122223333": "94482488-3041-7026-18f3-be45837cd0e4",
		"type IdentityCenterUser; behalf 94482488-3041-7026-18f3-be45837cd0e4; account 111122223333; credential c":   "94482488-3041-7026-18f3-be45837cd0e4",
		"type Unknown; principal 906742ac1f-94482488-3041-7026-18f3-be45837cd0e4":                                    "906742ac1f-94482488-3041-7026-18f3-be45837cd0e4",

		// Something is better than nothing.
		"type IdentityCenterUser; account 111122223333; credential c": "111122223333/c",
		"type Unknown; user alice":                                    "alice",
		"type Unknown; account 111122223333":                          "111122223333",
		"key ASIAEXAMPLE":                                             "ASIAEXAMPLE",
		"type Unknown":                                                "Unknown",
		"type ":                                                       "",
		"arn not:an:arn":                                              "not:an:arn",
		"type AssumedRole; arn arn:aws:sts::1:assumed-role":           "arn:aws:sts::1:assumed-role",
	} {
		if got := string(identityOf(t, identity).AppendActor([]byte("kept "))); got != "kept "+want {
			t.Errorf("%s\n got %s\nwant %s", identity, got, want)
		}
	}
}

// Which names of sessions belong to the actor.
func TestActorSession(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/app"
	const reserved = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"
	for _, c := range []struct{ issuer, session, more, want string }{
		{role, "alice@example.com", "", "alice@example.com"},
		{role, "alice.o+1700000000@example.com", "", "alice.o+1700000000@example.com"},
		{role, "alice", "", "alice"},
		{role, "alice.smith", "", "alice.smith"},
		{role, "my-function", "", "my-function"},
		{role, "alice@", "", "alice@"}, // no address, but no digit either
		{role, "i-0123456789abcdef0", "", ""},
		{role, "botocore-session-1700000000", "", ""},
		{role, "aws-sdk-java", "federated sts.example", ""},
		{role, "build-12", "", ""},
		{role, "build-12", "federated sts.example", "build-12"},
		{role, "u1234567", "provider sts.example", "u1234567"},
		{role, "u1234567", "", ""},
		{role, "1234567", "federated sts.example", ""},
		{role, "run-1700000000", "federated sts.example", ""},
		{role, "run-20250714T101112", "federated sts.example", ""},
		{role, "run-2025-07-14", "federated sts.example", ""},
		{role, "run-20259914", "federated sts.example", "run-20259914"},
		{role, "x-94482488-3041-7026-18f3-be45837cd0e4", "federated sts.example", ""},
		{role, "0123456789abcdef0123456789abcdef", "federated sts.example", ""},
		{role, "pod-a1b2c3d4e5f60718", "federated sts.example", ""},
		{role, "deadbeef", "", "deadbeef"},
		{role, "i-0123456789abcdef0", "source alice", "alice"},
		{role, "0123456789", "behalf 94482488-3041-7026-18f3-be45837cd0e4", "94482488-3041-7026-18f3-be45837cd0e4"},
		{reserved, "1234567", "", "1234567"},
		{reserved, "alice@example.com", "behalf 94482488-3041-7026-18f3-be45837cd0e4", "alice@example.com"},
		{role, "", "", ""},
	} {
		want := c.issuer
		if c.want != "" {
			want += "/" + c.want
		}
		text := "type AssumedRole; issuer " + c.issuer
		for _, form := range []string{"principal AROAEXAMPLE:" + c.session, "arn arn:aws:sts::111122223333:assumed-role/x/" + c.session} {
			identity := text + "; " + form
			if c.more != "" {
				identity += "; " + c.more
			}
			if got := string(identityOf(t, identity).AppendActor(nil)); got != want {
				t.Errorf("%s\n got %s\nwant %s", identity, got, want)
			}
		}
	}
}

func FuzzActor(f *testing.F) {
	f.Add("AssumedRole", "arn:aws:sts::1:assumed-role/r/2025-07-14", "A:i-0123456789abcdef0", "")
	f.Add("Unknown", "arn:::::", ":", "arn")
	f.Add("", "", "94482488-3041-7026-18f3-be45837cd0e4", "")
	f.Fuzz(func(t *testing.T, kind, arn, principal, issuer string) {
		i := Identity{Type: []byte(kind), ARN: []byte(arn), PrincipalID: []byte(principal), IssuerARN: []byte(issuer)}
		known := kind+arn+issuer+principal != ""
		if got := string(i.AppendActor(nil)); known != (got != "") {
			t.Errorf("%q of %q", got, i)
		}
	})
}
