package profile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

// batchOf is a batch of records.
func batchOf(t testing.TB, records ...string) *cloudtrail.Batch {
	t.Helper()
	b, err := cloudtrail.NewBatch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	text := `{"Records":[` + strings.Join(records, ",\n") + `]}`
	var d cloudtrail.Decoder
	if err := d.Decode(b, cloudtrail.Object{}, cloudtrail.Body{ReadSeeker: strings.NewReader(text), Bytes: []byte(text)}); err != nil {
		t.Fatal(err)
	}
	if len(b.Damaged) > 0 {
		t.Fatalf("%s: %s", b.Damaged[0].Reason, b.Damaged[0].Text)
	}
	return b
}

// snapshotOf has the places of the documentation addresses, a Tor exit and a range of EC2.
func snapshotOf(t testing.TB) *geoip.Snapshot {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		geotest.WriteCity(at("city.mmdb")), geotest.WriteASN(at("asn.mmdb")),
		os.WriteFile(at("tor.txt"), []byte("203.0.113.199\n"), 0o600),
		os.WriteFile(at("ranges.json"), []byte(`{"syncToken":"1","createDate":"2026-01-01-00-00-00","prefixes":[
			{"ip_prefix":"198.18.0.0/24","region":"eu-west-1","service":"EC2","network_border_group":"eu-west-1"}],"ipv6_prefixes":[]}`), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := geoip.Open(context.Background(), geoip.Options{
		GeoIP: []string{at("city.mmdb"), at("asn.mmdb")}, Tor: []string{at("tor.txt")}, Ranges: []string{at("ranges.json")},
		Now: func() time.Time { return time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return db.Snapshot()
}

// readOne reads one record.
func readOne(t testing.TB, s *geoip.Snapshot, record string) *Event {
	t.Helper()
	b := batchOf(t, record)
	r := NewReader()
	r.Reset(&b.Events, s)
	e := new(Event)
	if !r.Read(0, e) {
		t.Fatalf("not an activity: %s", record)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return e
}

// described is what a reader of the table below should see of an event: who, and what
// flags are up.
func described(e *Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "actor %s\npeers %s\n", e.Actor, e.Peers)
	if string(e.Self) != string(e.Actor) {
		fmt.Fprintf(&b, "self %s\n", e.Self)
	}
	var flags []string
	for _, f := range []struct {
		name string
		up   bool
	}{
		{"human", e.Human}, {"public", e.Public}, {"denied", e.Denied}, {"read-only", e.ReadOnly}, {"data", e.Data},
		{"network", e.Network}, {"foreign", e.Foreign}, {"instance", e.Instance},
	} {
		if f.up {
			flags = append(flags, f.name)
		}
	}
	if flags != nil {
		fmt.Fprintf(&b, "is %s\n", strings.Join(flags, " "))
	}
	if len(e.By) > 0 {
		fmt.Fprintf(&b, "by %s\n", e.By)
	}
	return b.String() + valuesOf(e)
}

// valuesOf are the values of all profiles, by name.
func valuesOf(e *Event) string {
	var lines []string
	for _, p := range Profiles() {
		if v, ok := p.Value(e, nil); ok {
			lines = append(lines, fmt.Sprintf("%s = %s\n", p.Name, v))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// record makes one of members: the first is userIdentity, others take the place of
// defaults.
func record(identity string, members ...string) string {
	all := []string{
		`"eventVersion":"1.11"`, `"userIdentity":` + identity, `"eventTime":"2025-07-10T09:30:00Z"`,
		`"eventSource":"s3.amazonaws.com"`, `"eventName":"ListBuckets"`, `"awsRegion":"eu-west-1"`,
		`"sourceIPAddress":"192.0.2.10"`, `"userAgent":"aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0 exe/x86_64"`,
		`"eventID":"e0000000-0000-4000-8000-000000000001"`, `"readOnly":true`, `"eventType":"AwsApiCall"`,
		`"managementEvent":true`, `"recipientAccountId":"111122223333"`, `"eventCategory":"Management"`,
	}
	for _, m := range members {
		name, value, _ := strings.Cut(m, ":")
		at := slices.IndexFunc(all, func(s string) bool { return strings.HasPrefix(s, name+":") })
		switch {
		case at < 0:
			all = append(all, m)
		case value == "null":
			all = slices.Delete(all, at, at+1)
		default:
			all[at] = m
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}

const (
	isUser     = `{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/deploy","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"deploy"}`
	isRoot     = `{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"ASIAROOT"}`
	isPerson   = `{"type":"AssumedRole","principalId":"AROASSO:ana@example.com","arn":"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana@example.com","accountId":"111122223333","accessKeyId":"ASIAANA","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROASSO","arn":"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef","accountId":"111122223333","userName":"AWSReservedSSO_Admin_0123456789abcdef"},"attributes":{"creationDate":"2025-07-10T09:00:00Z","mfaAuthenticated":"false"}}}`
	isInstance = `{"type":"AssumedRole","principalId":"AROAAPP:i-0123456789abcdef0","arn":"arn:aws:sts::111122223333:assumed-role/web-AppRole-1A2B3C4D5E6F/i-0123456789abcdef0","accountId":"111122223333","accessKeyId":"ASIAAPP","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAAPP","arn":"arn:aws:iam::111122223333:role/web-AppRole-1A2B3C4D5E6F","accountId":"111122223333"},"ec2RoleDelivery":"2.0"}}`
	isDeployer = `{"type":"AssumedRole","principalId":"AROACI:ci","arn":"arn:aws:sts::111122223333:assumed-role/ci/ci","accountId":"111122223333","accessKeyId":"ASIACI","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROACI","arn":"arn:aws:iam::111122223333:role/ci","accountId":"111122223333"}},"invokedBy":"cloudformation.amazonaws.com"}`
	isStranger = `{"type":"AWSAccount","principalId":"AROAOTHER:audit","accountId":"444455556666"}`
	isHidden   = `{"type":"IAMUser","accountId":"111122223333","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`
	isAlice    = `{"type":"IAMUser","principalId":"AIDAALICE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"}`
	isPortal   = `{"type":"FederatedUser","principalId":"111122223333:partner","arn":"arn:aws:sts::111122223333:federated-user/partner","accountId":"111122223333","accessKeyId":"ASIAFED","sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDAPORTAL","arn":"arn:aws:iam::111122223333:user/portal","accountId":"111122223333","userName":"portal"}}}`
	isSAML     = `{"type":"SAMLUser","principalId":"idp=:ana@example.com","userName":"ana@example.com","identityProvider":"idp="}`
	isPod      = `{"type":"WebIdentityUser","principalId":"arn:aws:iam::111122223333:oidc-provider/oidc.eks:sts.amazonaws.com:system:serviceaccount:shop:cart","userName":"system:serviceaccount:shop:cart","identityProvider":"arn:aws:iam::111122223333:oidc-provider/oidc.eks"}`
	isNobody   = `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`
	isApp      = `{"type":"AssumedRole","principalId":"AROAMOBILE:CognitoIdentityCredentials","arn":"arn:aws:sts::111122223333:assumed-role/mobile/CognitoIdentityCredentials","accountId":"111122223333","accessKeyId":"ASIAMOBILE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAMOBILE","arn":"arn:aws:iam::111122223333:role/mobile","accountId":"111122223333"},"webIdFederationData":{"federatedProvider":"cognito-identity.amazonaws.com","attributes":{}}}}`
	isConfig   = `{"type":"AssumedRole","principalId":"AROACONFIG:ConfigSession","arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForConfig/ConfigSession","accountId":"111122223333","accessKeyId":"ASIACONFIG","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROACONFIG","arn":"arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig","accountId":"111122223333"}},"invokedBy":"config.amazonaws.com"}`
	isLambda   = `{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}`
	isCenter   = `{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"906745ab3c-8c1d2e3f-0011-4a5b-8c9d-0e1f2a3b4c5d","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-9067example"},"credentialId":"c1"}`
)
