package profile

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/events.txt")

// What is read of records as they come, each with all values of all profiles: what is
// not listed has none.
func TestEvents(t *testing.T) {
	const golden = "testdata/events.txt"
	places := snapshotOf(t)
	var all strings.Builder
	for _, c := range eventCases {
		fmt.Fprintf(&all, "# %s\n%s\n", c.name, described(readOne(t, places, c.record)))
	}
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	told := strings.SplitSeq(string(want), "\n\n")
	next := map[string]string{}
	for block := range told {
		name, rest, _ := strings.Cut(block, "\n")
		next[name] = rest
	}
	for block := range strings.SplitSeq(all.String(), "\n\n") {
		name, got, _ := strings.Cut(block, "\n")
		if got != next[name] {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", name, got, next[name])
		}
	}
}

var eventCases = []struct{ name, record string }{
	{"a user's key, as every day", record(isUser)},
	{"a user's key, from Kali behind Tor in a new place", record(isUser, `"sourceIPAddress":"203.0.113.199"`,
		`"userAgent":"aws-cli/1.22.34 Python/3.10.12 Linux/6.6.15-kali2-amd64 botocore/1.23.34"`, `"eventSource":"iam.amazonaws.com"`, `"awsRegion":"us-east-1"`,
		`"eventName":"CreateUser"`, `"readOnly":false`, `"errorCode":"AccessDenied"`)},
	{"a person of Identity Center, in the console", record(isPerson, `"sourceIPAddress":"2001:db8:1::42"`, `"sessionCredentialFromConsole":"true"`,
		`"userAgent":"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488]"`, `"eventTime":"2025-07-12T23:59:59Z"`)},
	{"a user of Identity Center", record(isCenter, `"eventSource":"sso.amazonaws.com"`, `"eventName":"ListApplications"`, `"userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"`)},
	{"an instance, from inside", record(isInstance, `"sourceIPAddress":"198.18.0.7"`, `"userAgent":"Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux lang/python#3.11.9"`)},
	{"an instance's credentials, from outside", record(isInstance, `"sourceIPAddress":"203.0.113.66"`)},
	{"an instance, through an endpoint", record(isInstance, `"sourceIPAddress":"10.0.7.7"`, `"vpcEndpointId":"vpce-1"`, `"vpcEndpointAccountId":"444455556666"`,
		`"eventName":"GetObject"`, `"eventCategory":"Data"`, `"managementEvent":false`)},
	{"an instance, in its network", record(isInstance, `"sourceIPAddress":"10.0.7.7"`)},
	{"CloudFormation on behalf of a role", record(isDeployer, `"sourceIPAddress":"cloudformation.amazonaws.com"`, `"userAgent":"cloudformation.amazonaws.com"`,
		`"eventSource":"lambda.amazonaws.com"`, `"eventName":"CreateFunction20150331"`, `"readOnly":false`)},
	{"a service with its own role", record(isConfig, `"sourceIPAddress":"config.amazonaws.com"`, `"userAgent":"config.amazonaws.com"`)},
	{"a service", record(isLambda, `"eventSource":"sts.amazonaws.com"`, `"eventName":"AssumeRole"`, `"sourceIPAddress":"lambda.amazonaws.com"`, `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/fn"}`)},
	{"the console as it was logged until 2018", record(strings.Replace(isAlice, `"userName"`, `"invokedBy":"signin.amazonaws.com","userName"`, 1), `"userAgent":"signin.amazonaws.com"`)},
	{"root, in the console", record(isRoot, `"eventSource":"iam.amazonaws.com"`, `"awsRegion":"us-east-1"`, `"eventName":"GetAccountSummary"`)},
	{"root signs in without a second factor", record(isRoot, `"eventSource":"signin.amazonaws.com"`, `"eventName":"ConsoleLogin"`, `"eventType":"AwsConsoleSignIn"`, `"awsRegion":"us-east-2"`,
		`"responseElements":{"ConsoleLogin":"Success"}`, `"additionalEventData":{"LoginTo":"https://console.aws.amazon.com/","MobileVersion":"No","MFAUsed":"No"}`)},
	{"a user signs in", record(isAlice, `"eventSource":"signin.amazonaws.com"`, `"eventName":"ConsoleLogin"`, `"eventType":"AwsConsoleSignIn"`, `"readOnly":false`,
		`"responseElements":{"ConsoleLogin":"Success"}`, `"additionalEventData":{"MFAUsed":"Yes"}`, `"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"`)},
	{"somebody tries a user's password", record(isAlice, `"eventSource":"signin.amazonaws.com"`, `"eventName":"ConsoleLogin"`, `"eventType":"AwsConsoleSignIn"`, `"errorMessage":"Failed authentication"`,
		`"sourceIPAddress":"203.0.113.66"`, `"responseElements":{"ConsoleLogin":"Failure"}`, `"additionalEventData":{"MFAUsed":"No"}`)},
	{"somebody tries a name", record(isHidden, `"eventSource":"signin.amazonaws.com"`, `"eventName":"ConsoleLogin"`, `"eventType":"AwsConsoleSignIn"`, `"errorMessage":"No username found in supplied account"`,
		`"sourceIPAddress":"203.0.113.66"`, `"responseElements":{"ConsoleLogin":"Failure"}`)},
	{"a role signs in through a provider", record(`{"type":"AssumedRole","principalId":"AROASAML:tom@example.com","arn":"arn:aws:sts::111122223333:assumed-role/SAMLAdmins/tom@example.com","accountId":"111122223333"}`,
		`"eventSource":"signin.amazonaws.com"`, `"eventName":"ConsoleLogin"`, `"eventType":"AwsConsoleSignIn"`, `"responseElements":{"ConsoleLogin":"Success"}`, `"additionalEventData":{"MFAUsed":"No"}`)},
	{"another account asks for a role", record(isStranger, `"eventSource":"sts.amazonaws.com"`, `"eventName":"AssumeRole"`, `"sharedEventID":"s-1"`, `"sourceIPAddress":"198.51.100.7"`,
		`"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/audit","roleSessionName":"audit"}`, `"responseElements":{"credentials":{"accessKeyId":"ASIANEW"}}`,
		`"additionalEventData":{"RequestDetails":{"endpointType":"global","awsServingRegion":"eu-central-1"}}`, `"awsRegion":"us-east-1"`)},
	{"its own log of that", record(strings.ReplaceAll(isUser, "111122223333", "444455556666"), `"recipientAccountId":"444455556666"`, `"eventSource":"sts.amazonaws.com"`, `"eventName":"AssumeRole"`, `"sharedEventID":"s-1"`,
		`"awsRegion":"us-east-1"`, `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/audit"}`)},
	{"anybody", record(isNobody, `"eventName":"GetObject"`, `"eventCategory":"Data"`, `"sourceIPAddress":"198.51.100.200"`, `"userAgent":"curl/8.6.0"`, `"errorCode":"AccessDenied"`)},
	{"a user of an app", record(isApp, `"eventSource":"dynamodb.amazonaws.com"`, `"eventName":"GetItem"`, `"eventCategory":"Data"`, `"sourceIPAddress":"198.51.100.200"`)},
	{"a federated user", record(isPortal)},
	{"a person of a provider", record(isSAML, `"eventSource":"sts.amazonaws.com"`, `"eventName":"AssumeRoleWithSAML"`, `"awsRegion":"eu-west-1"`, `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/SAMLAdmins"}`)},
	{"a pod of a cluster", record(isPod, `"eventSource":"sts.amazonaws.com"`, `"eventName":"AssumeRoleWithWebIdentity"`, `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/cart"}`)},
	{"refused by an endpoint", record(isStranger, `"eventType":"AwsVpceEvent"`, `"eventCategory":"NetworkActivity"`, `"vpcEndpointId":"vpce-1"`, `"sourceIPAddress":"10.0.7.7"`, `"errorCode":"VpceAccessDenied"`)},
	{"a busy service", record(isUser, `"errorCode":"ThrottlingException"`)},
	{"an address that no database knows", record(isUser, `"sourceIPAddress":"233.252.0.1"`)},
	{"what is no address", record(isUser, `"sourceIPAddress":"-"`, `"userAgent":null`)},
	{"a record of version 1.00", `{"eventVersion":"1.0","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/deploy","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"deploy"},"eventTime":"2014-03-06T21:22:54Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.10","userAgent":"ec2-api-tools 1.6.12.2","requestParameters":{},"responseElements":null}`},
	{"nothing but a time and a name", `{"eventTime":"2025-07-10T09:30:00Z","eventName":"N"}`},
}
