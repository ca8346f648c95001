package synth

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// TestShapes looks for everything that doc.go and shapes.go promise, in the
// smallest trail there is.
func TestShapes(t *testing.T) {
	files, _ := trail(t, Config{Events: MinEvents})
	types, categories := map[string]int{}, map[string]int{}
	var all strings.Builder
	rootIsAccount, longest := 0, 0
	for _, f := range files {
		if f.at.Kind == cloudtrail.KindDigest {
			if strings.Contains(string(f.text), `"Records"`) {
				t.Errorf("%s looks like a log", f.key)
			}
			continue
		}
		for _, r := range records(t, f) {
			types[r.UserIdentity.Type]++
			categories[r.EventCategory]++
			longest = max(longest, len(r.raw))
			if r.UserIdentity.PrincipalID != "" && r.UserIdentity.PrincipalID == r.UserIdentity.AccountID {
				rootIsAccount++
			}
			all.WriteString(r.raw)
		}
	}
	for _, typ := range strings.Fields("Root IAMUser AssumedRole Role FederatedUser Directory AWSAccount AWSService IdentityCenterUser SAMLUser WebIdentityUser Unknown") {
		if types[typ] == 0 {
			t.Errorf("no userIdentity of type %s", typ)
		}
	}
	for _, c := range []string{"Management", "Data", "NetworkActivity", "Insight", "Aggregated", ""} {
		if categories[c] == 0 {
			t.Errorf("no eventCategory %q", c)
		}
	}
	if rootIsAccount == 0 {
		t.Error("no principalId is its accountId")
	}
	if longest < 9000 || longest > 256<<10 {
		t.Errorf("the longest record has %d bytes", longest)
	}
	for _, want := range []string{
		`"onBehalfOf":{`, `"inScopeOf":{`, `"credentialId":`, `"sourceIdentity":`, `"ec2RoleDelivery":"2.0"`, `"assumedRoot":true`, `"invokedByDelegate":`,
		`"webIdFederationData":{}`, `"attributes":{"cognito`, `"accessKeyId":""`, `"creationDate":"2025-0`, `"creationDate":"20250`,
		`HIDDEN_DUE_TO_SECURITY_REASONS`, `"ConsoleLogin":"Failure"`, `"MFAUsed":"Yes"`, `"ARNPrefix":`, `"eventContext":{`, `"reason":"UPDATED_DATA"`,
		`"sessionCredentialFromConsole":"true"`, `"edgeDeviceDetails":{`, `"serviceEventDetails":{`, `"sharedEventID":`, `"vpcEndpointAccountId":`, `"tlsDetails":{`,
		`"keyExchange":`, `"omitted":true`, `12345678901234567890`, `1.10`, `null`, `[]`, `"annotation":`, `"futureMember":`, `"riskScore":`, `"eventVersion":"1.02"`,
		`\u001b[31m`, `\u202e`, `\n`, `\"`, `\/`, `\u003c`, `\u0000`, `=cmd|`, `日本`, `\ud83d\ude00`, `"AWS Internal"`, `"VpceAccessDenied"`,
		`"state":"Start"`, `"state":"End"`, `"windowSize":"PT5M"`, `2001:db8:bad::`, `ANONYMOUS_PRINCIPAL`, `"awsServingRegion"`, `"apiVersion":`,
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("nowhere: %s", want)
		}
	}
}

func TestProportions(t *testing.T) {
	files, sum := trail(t, small)
	types, names := map[string]int{}, map[string]int{}
	failed, total, office, weekend := 0, 0, 0, 0
	shared := map[string]map[string]bool{}
	for _, f := range files {
		if f.at.Kind != cloudtrail.KindEvents {
			continue
		}
		for _, r := range records(t, f) {
			total++
			types[r.UserIdentity.Type]++
			names[r.EventSource+r.EventName]++
			if r.ErrorCode != "" {
				failed++
			}
			if strings.Contains(r.UserAgent, "Mozilla") {
				if day := f.at.Delivered.Weekday(); day == 0 || day == 6 {
					weekend++
				} else {
					office++
				}
			}
			if r.SharedEventID != "" {
				if shared[r.SharedEventID] == nil {
					shared[r.SharedEventID] = map[string]bool{}
				}
				shared[r.SharedEventID][r.RecipientAccountID+r.EventID+r.EventTime] = true
				if len(shared[r.SharedEventID]) > 2 {
					t.Errorf("sharedEventID %s has many records", r.SharedEventID)
				}
			}
		}
	}
	if got := types["AssumedRole"] + types["AWSService"]; got*100 < 80*total {
		t.Errorf("%d of %d events are of roles and services", got, total)
	}
	if failed*100 < total || failed*10 > total {
		t.Errorf("%d of %d events failed", failed, total)
	}
	if len(names) < 100 {
		t.Errorf("%d calls", len(names))
	}
	if office < 3*weekend {
		t.Errorf("people work at the weekend: %d events against %d", weekend, office)
	}
	if len(shared) < 2*pairsPerCouple/2 {
		t.Errorf("%d calls across accounts", len(shared))
	}
	for id, sides := range shared {
		if len(sides) != 2 {
			t.Errorf("sharedEventID %s: %v", id, sides)
		}
	}
	if size := sum.Inflated / int64(total); size < 1000 || size > 2000 {
		t.Errorf("%d bytes an event", size)
	}
}

// TestLineage follows keys from the AssumeRole that granted them.
func TestLineage(t *testing.T) {
	files, _ := trail(t, small)
	granted, used := map[string]string{}, 0
	var all []record
	for _, f := range files {
		if f.at.Kind == cloudtrail.KindEvents {
			all = append(all, records(t, f)...)
		}
	}
	for _, r := range all {
		if r.EventName != "AssumeRole" {
			continue
		}
		var v struct {
			ResponseElements struct{ Credentials struct{ AccessKeyID string } }
		}
		if err := json.Unmarshal([]byte(r.raw), &v); err != nil {
			t.Fatal(err)
		}
		if key := v.ResponseElements.Credentials.AccessKeyID; key != "" {
			granted[key] = r.EventTime
		}
	}
	for _, r := range all {
		if at, ok := granted[r.UserIdentity.AccessKeyID]; ok {
			used++
			if r.EventTime < at {
				t.Errorf("%s used at %s, granted at %s", r.UserIdentity.AccessKeyID, r.EventTime, at)
			}
		}
	}
	if used == 0 {
		t.Error("no granted key is used")
	}
}
