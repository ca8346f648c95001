package cache

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// Each member that tells the actor comes from where it is in userIdentity.
func TestActor(t *testing.T) {
	identities := map[string]string{
		`{"type":"Root","accountId":"111122223333"}`:                                                                                                                                  "111122223333:root",
		`{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","principalId":"AIDAEXAMPLE"}`:                                                                                 "arn:aws:iam::111122223333:user/alice",
		`{"type":"IAMUser","accountId":"111122223333","userName":"alice"}`:                                                                                                            "111122223333:user/alice",
		`{"type":"AWSAccount","accountId":"111122223333","principalId":"AROAEXAMPLE:i-0123456789abcdef0"}`:                                                                            "111122223333/AROAEXAMPLE",
		`{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`:                                                                                                                       "ec2.amazonaws.com",
		`{"type":"SAMLUser","identityProvider":"idp","userName":"alice"}`:                                                                                                             "idp/alice",
		`{"type":"IdentityCenterUser","onBehalfOf":{"userId":"94482488-3041-7026-18f3-be45837cd0e4"},"credentialId":"c"}`:                                                             "94482488-3041-7026-18f3-be45837cd0e4",
		`{"type":"IdentityCenterUser","credentialId":"c"}`:                                                                                                                            "c",
		`{"type":"Unknown","accessKeyId":"ASIAEXAMPLE"}`:                                                                                                                              "ASIAEXAMPLE",
		`{"type":"AssumedRole","principalId":"AROAEXAMPLE:run-7","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/r"}}}`:                                                 "arn:aws:iam::1:role/r",
		`{"type":"AssumedRole","principalId":"AROAEXAMPLE:run-7","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/r"},"sourceIdentity":"alice"}}`:                        "arn:aws:iam::1:role/r/alice",
		`{"type":"AssumedRole","principalId":"AROAEXAMPLE:run-7","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/r"},"webIdFederationData":{"federatedProvider":"p"}}}`: "arn:aws:iam::1:role/r/run-7",
		`{}`:   "none",
		`null`: "none",
	}
	var texts []string
	want := map[string]string{}
	for identity, actor := range identities {
		id := fmt.Sprint(len(texts))
		want[id] = actor
		texts = append(texts, fmt.Sprintf(`{"eventID":%q,"eventTime":"2025-01-01T00:00:00Z","eventSource":"s","eventName":"n","userIdentity":%s}`, id, identity))
	}
	s := session(t, SessionOptions{Open: unloaded(t, texts)})
	if _, err := tell(context.Background(), s, "create table copy as select * from read_cloudtrail('logs')"); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"read_cloudtrail('logs')", "copy"} {
		lines := strings.Split(told(t, s, "select eventID, actor(userIdentity) from "+table), "\n")
		if len(lines) != len(want) {
			t.Errorf("%s: %d rows, want %d", table, len(lines), len(want))
		}
		for _, line := range lines {
			if id, actor, _ := strings.Cut(line, "|"); actor != want[id] {
				t.Errorf("%s: got %s, want %s", table, actor, want[id])
			}
		}
	}
}
