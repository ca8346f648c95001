package profile

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What configurations and states name stays, and says what it has to.
func TestProfiles(t *testing.T) {
	names, steps := map[string]bool{}, map[string]string{}
	for _, p := range Profiles() {
		if names[p.Name] || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("%s: twice, or no name for a configuration", p.Name)
		}
		names[p.Name] = true
		if len(p.Of) == 0 || p.Weight <= 0 || p.Value == nil || strings.Count(p.Phrase, "%s") != 1 {
			t.Errorf("%s: %+v", p.Name, p)
		}
		if step := fmt.Sprint(p.Ladder, p.Step); p.Ladder != "" {
			if steps[step] != "" {
				t.Errorf("%s and %s are on one step", p.Name, steps[step])
			}
			steps[step] = p.Name
		}
	}
	for _, name := range strings.Fields("access-key principal-arn principal-id source-ip city country tor-exit") {
		if !names[name] {
			t.Errorf("no profile %s, which there was in 2015", name)
		}
	}
	for _, f := range Frequencies() {
		if names[f.Name] {
			t.Errorf("%s is a profile too", f.Name)
		}
		names[f.Name] = true
	}
}

// saidBy is what a profile says of a record, "" if nothing.
func saidBy(t *testing.T, name, record string) string {
	t.Helper()
	for _, p := range Profiles() {
		if p.Name != name {
			continue
		}
		v, ok := p.Value(readOne(t, nil, record), nil)
		if !ok {
			return ""
		}
		return string(v)
	}
	t.Fatalf("no profile %s", name)
	return ""
}

func TestRegion(t *testing.T) {
	const global = `"additionalEventData":{"RequestDetails":{"endpointType":"global","awsServingRegion":"eu-central-1"}}`
	for _, c := range []struct{ source, region, more, want string }{
		{"ec2.amazonaws.com", "eu-west-1", "", "eu-west-1"},
		{"ec2.amazonaws.com", "us-east-1", "", "us-east-1"},
		{"ec2.amazonaws.com", "us-east-1", global, "us-east-1"}, // only STS tells it
		{"sts.amazonaws.com", "us-east-1", global, "eu-central-1"},
		{"sts.amazonaws.com", "us-east-1", "", ""},
		{"sts.amazonaws.com", "eu-west-1", "", "eu-west-1"},
		{"iam.amazonaws.com", "us-east-1", "", ""},
		{"iam.amazonaws.com.cn", "cn-north-1", "", ""},
		{"route53.amazonaws.com", "us-east-1", "", ""},
		{"signin.amazonaws.com", "ap-southeast-2", `"eventType":"AwsConsoleSignIn"`, ""},
	} {
		more := []string{`"eventSource":"` + c.source + `"`, `"awsRegion":"` + c.region + `"`}
		if c.more != "" {
			more = append(more, c.more)
		}
		if got := saidBy(t, "region", record(isUser, more...)); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

func TestHourOfDay(t *testing.T) {
	for at, want := range map[string]string{
		"2025-07-10T00:00:00Z": "weekday 00-04",
		"2025-07-11T23:59:59Z": "weekday 20-24",
		"2025-07-12T00:00:00Z": "weekend 00-04",
		"2025-07-13T12:00:00Z": "weekend 12-16",
		"2025-07-14T03:59:59Z": "weekday 00-04",
		"1969-12-31T23:59:59Z": "weekday 20-24", // a Wednesday
		"1969-12-28T04:00:00Z": "weekend 04-08",
		"0001-01-01T00:00:00Z": "weekday 00-04",
		"9999-12-31T08:00:00Z": "weekday 08-12",
	} {
		if got := saidBy(t, "hour-of-day", record(isPerson, `"eventTime":"`+at+`"`)); got != want {
			t.Errorf("%s, %s: got %q, want %q", at, mustParse(t, at).Weekday(), got, want)
		}
	}
	if got := saidBy(t, "hour-of-day", record(isInstance)); got != "" {
		t.Errorf("of a machine: %q", got)
	}
}

func mustParse(t *testing.T, at string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Persons are known by how they come.
func TestHuman(t *testing.T) {
	session := func(more string) string {
		return `{"type":"AssumedRole","principalId":"AROAOPS:ops1","arn":"arn:aws:sts::111122223333:assumed-role/ops/ops1","accountId":"111122223333","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/ops"}` + more + `}}`
	}
	for name, c := range map[string]struct {
		record string
		want   bool
	}{
		"a user's key":         {record(isUser), false},
		"on a Mac":             {record(isUser, `"userAgent":"aws-cli/2.16.12 ua/2.0 os/macos#23.5.0"`), true},
		"on Windows":           {record(isUser, `"userAgent":"aws-cli/2.15.30 Python/3.11.8 Windows/10"`), true},
		"a server on Windows":  {record(isUser, `"userAgent":"aws-sdk-dotnet/3.7 Windows/10"`), false},
		"a role":               {record(session("")), false},
		"with a factor":        {record(session(`,"attributes":{"mfaAuthenticated":"true"}`)), true},
		"with a name":          {record(session(`,"sourceIdentity":"ana"`)), true},
		"through SAML":         {record(session(`,"webIdFederationData":{"federatedProvider":"arn:aws:iam::111122223333:saml-provider/Okta"}`)), true},
		"through a cluster":    {record(session(`,"webIdFederationData":{"federatedProvider":"arn:aws:iam::111122223333:oidc-provider/oidc.eks"}`)), false},
		"in the console":       {record(session(""), `"sessionCredentialFromConsole":"true"`), true},
		"a service for them":   {record(isPerson, `"sourceIPAddress":"athena.amazonaws.com"`), false},
		"an instance on a Mac": {record(isInstance, `"userAgent":"aws-cli/2.16.12 ua/2.0 os/macos#23.5.0"`), false},
		"root by a service":    {record(isRoot, `"sourceIPAddress":"AWS Internal"`), false},
	} {
		if got := readOne(t, nil, c.record).Human; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFrequencies(t *testing.T) {
	for name, c := range map[string]struct{ record, want string }{
		"a call":             {record(isUser), "calls; calls-by-name s3:ListBuckets"},
		"a data event":       {record(isUser, `"eventName":"GetObject"`, `"eventCategory":"Data"`), "calls; calls-by-name s3:GetObject; data-events"},
		"one of old":         {record(isUser, `"eventCategory":null`, `"managementEvent":false`), "calls; calls-by-name s3:ListBuckets; data-events"},
		"a denied one":       {record(isUser, `"errorCode":"Client.UnauthorizedOperation"`), "calls; calls-by-name s3:ListBuckets; denied-calls"},
		"one that failed":    {record(isUser, `"errorCode":"NoSuchBucket"`), "calls; calls-by-name s3:ListBuckets"},
		"a wrong password":   {record(isAlice, `"eventSource":"signin.amazonaws.com"`, `"eventName":"ConsoleLogin"`, `"responseElements":{"ConsoleLogin":"Failure"}`), "calls; calls-by-name signin:ConsoleLogin; denied-calls"},
		"a wrong role":       {record(isAlice, `"eventSource":"signin.amazonaws.com"`, `"eventName":"SwitchRole"`, `"responseElements":{"SwitchRole":"Failure"}`), "calls; calls-by-name signin:SwitchRole; denied-calls"},
		"a service's":        {record(isLambda), ""},
		"with its own role":  {record(isConfig), ""},
		"an endpoint's word": {record(isUser, `"eventCategory":"NetworkActivity"`), ""},
	} {
		e := readOne(t, nil, c.record)
		var got []string
		for _, f := range Frequencies() {
			if f.DistinctOf != "" {
				continue
			}
			key, ok := f.Key(e, nil)
			if !ok {
				continue
			}
			s := f.Name
			if len(key) > 0 {
				s += " " + string(key)
			}
			got = append(got, s)
		}
		if got := strings.Join(got, "; "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// A failed sign-in of somebody at the password teaches nothing; one who is signed in
// and may not take a role does.
func TestFailedSignIn(t *testing.T) {
	const failed = `"responseElements":{"ConsoleLogin":"Failure","SwitchRole":"Failure"}`
	for name, want := range map[string]string{"ConsoleLogin": "", "SwitchRole": "failed sign-in"} {
		r := record(isAlice, `"eventSource":"signin.amazonaws.com"`, `"eventName":"`+name+`"`, `"eventType":"AwsConsoleSignIn"`, failed)
		if got := saidBy(t, "error-code", r); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	center := record(isCenter, `"eventSource":"signin.amazonaws.com"`, `"eventName":"CredentialVerification"`, `"serviceEventDetails":{"CredentialVerification":"Failure"}`)
	if e := readOne(t, nil, center); !e.Public || !e.Denied || valuesOf(e) != "" {
		t.Errorf("Identity Center: public %v, denied %v:\n%s", e.Public, e.Denied, valuesOf(e))
	}
}
