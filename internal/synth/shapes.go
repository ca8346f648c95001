package synth

// Identities that few records have. Each is a whole userIdentity.
const (
	whoRoot       = `{"type":"Root","principalId":"<account>","arn":"arn:aws:iam::<account>:root","accountId":"<account>","accessKeyId":"<asia>","sessionContext":{"attributes":{"creationDate":"<now>","mfaAuthenticated":"true"}}}`
	whoRootBare   = `{"type":"Root","principalId":"<account>","arn":"arn:aws:iam::<account>:root","accountId":"<account>","accessKeyId":""}`
	whoAssumed    = `{"type":"Root","principalId":"<account>","arn":"arn:aws:iam::<account>:root","accountId":"<account>","accessKeyId":"<asia>","sessionContext":{"assumedRoot":true,"attributes":{"creationDate":"<now>","mfaAuthenticated":"false"}}}`
	whoFederated  = `{"type":"FederatedUser","principalId":"<account>:partner-portal","arn":"arn:aws:sts::<account>:federated-user/partner-portal","accountId":"<account>","accessKeyId":"<asia>","sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDAEXAMPLEPORTAL00AB","arn":"arn:aws:iam::<account>:user/portal","accountId":"<account>","userName":"portal"},"attributes":{"creationDate":"<compact>","mfaAuthenticated":"false"}}}`
	whoDirectory  = `{"type":"Directory","principalId":"d-9067example","accountId":"<account>","userName":"WorkDocs"}`
	whoStranger   = `{"type":"AWSAccount","principalId":"AIDAQRSTUVWXYZEXAMPLE","accountId":"000000000000"}`
	whoAnonymous  = `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`
	whoCenter     = `{"type":"IdentityCenterUser","accountId":"<account>","onBehalfOf":{"userId":"906745ab3c-8c1d2e3f-0011-4a5b-8c9d-0e1f2a3b4c5d","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-9067example"},"credentialId":"<uuid>"}`
	whoUnknown    = `{"type":"Unknown","principalId":"906745ab3c-8c1d2e3f-0011-4a5b-8c9d-0e1f2a3b4c5d","accountId":"<account>","userName":"ana.ortiz@example.com","onBehalfOf":{"userId":"906745ab3c-8c1d2e3f-0011-4a5b-8c9d-0e1f2a3b4c5d","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-9067example"},"credentialId":"<uuid>"}`
	whoSAML       = `{"type":"SAMLUser","principalId":"SampleUkh1i4+ExamplexL/jEvs=:maria.kowalska@example.com","userName":"maria.kowalska@example.com","identityProvider":"SampleUkh1i4+ExamplexL/jEvs="}`
	whoWeb        = `{"type":"WebIdentityUser","principalId":"accounts.google.com:1234567890.apps.googleusercontent.com:10987654321","userName":"10987654321","identityProvider":"accounts.google.com"}`
	whoGitHub     = `{"type":"WebIdentityUser","principalId":"arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/shop:ref:refs/heads/main","userName":"repo:acme/shop:ref:refs/heads/main","identityProvider":"arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com"}`
	whoCognito    = `{"type":"AssumedRole","principalId":"AROAEXAMPLECOGNITO000:CognitoIdentityCredentials","arn":"arn:aws:sts::<account>:assumed-role/mobile-users/CognitoIdentityCredentials","accountId":"<account>","accessKeyId":"<asia>","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLECOGNITO000","arn":"arn:aws:iam::<account>:role/mobile-users","accountId":"<account>","userName":"mobile-users"},"webIdFederationData":{"federatedProvider":"cognito-identity.amazonaws.com","attributes":{"cognito-identity.amazonaws.com:aud":"us-east-1:<uid>","cognito-identity.amazonaws.com:sub":"us-east-1:<uuid>"}},"attributes":{"creationDate":"<now>","mfaAuthenticated":"false"}}}`
	whoRole       = `{"type":"Role","principalId":"AROAEXAMPLEROLEONLY00","arn":"arn:aws:iam::<account>:role/batch-runner","accountId":"<account>","userName":"batch-runner"}`
	whoDelegate   = `{"type":"AssumedRole","principalId":"AROAEXAMPLEPARTNER000:support","arn":"arn:aws:sts::<account>:assumed-role/partner-support/support","accountId":"<account>","accessKeyId":"<asia>","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEPARTNER000","arn":"arn:aws:iam::<account>:role/partner-support","accountId":"<account>","userName":"partner-support"},"attributes":{"creationDate":"<now>","mfaAuthenticated":"false"},"sourceIdentity":"agent-77"},"invokedByDelegate":{"accountId":"<peer>"},"trustLevel":"preview"}`
	whoAlice      = `{"type":"IAMUser","principalId":"AIDAEXAMPLEALICE00000","arn":"arn:aws:iam::<account>:user/Alice","accountId":"<account>","userName":"Alice"}`
	whoHidden     = `{"type":"IAMUser","accountId":"<account>","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`
	whoOld        = `{"type":"IAMUser","principalId":"AIDAEXAMPLEOLDUSER000","arn":"arn:aws:iam::<account>:user/nightly","accountId":"<account>","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"nightly"}`
	whoService    = `{"accountId":"<account>","invokedBy":"secretsmanager.amazonaws.com","type":"AWSService"}`
	whoFullMember = `{"type":"IAMUser","principalId":"AIDAEXAMPLEALICE00000","arn":"arn:aws:iam::<account>:user/Alice","accountId":"<account>","accessKeyId":"AKIAEXAMPLEALICE0000","userName":"Alice","invokedBy":null,"riskScore":{"value":0.10,"labels":[]}}`
)

const (
	toConsole = `{"LoginTo":"https://console.aws.amazon.com/console/home?state=hashArgs%23\u0026isauthcode=true","MobileVersion":"No","MFAUsed":"`
	chrome    = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36`
)

// shapes are the rare records: identities, sign-ins, services' own events, old
// versions, members that no schema knows, and text that attackers send. Every
// trail has each of them once at least; share is how often they come beyond
// that, relative to each other. They are recorded in us-east-1.
var shapes = []op{
	// The account's root, whose principalId is the account's id.
	{call: "signin.ConsoleLogin", typ: "AwsConsoleSignIn", who: whoRootBare, addr: "192.0.2.10", agent: chrome, resp: `{"ConsoleLogin":"Success"}`, add: toConsole + `Yes"}`, share: 2},
	{call: "iam.GetAccountSummary", is: "rg", who: whoRoot, addr: "192.0.2.10", agent: chrome, share: 8},
	{call: "billingconsole.GetBillingPreferences", is: "r", typ: "AwsConsoleAction", who: whoRoot, addr: "192.0.2.10", agent: chrome, share: 6},
	{call: "s3.DeleteBucketPolicy", who: whoAssumed, req: `{` + s3Host + `,"policy":""}`, res: bucket, share: 1},
	// Sign-ins of everybody else.
	{call: "signin.ConsoleLogin", typ: "AwsConsoleSignIn", who: whoAlice, addr: "<home>", agent: chrome, resp: `{"ConsoleLogin":"Success"}`, add: toConsole + `Yes"}`, share: 30},
	{call: "signin.ConsoleLogin", typ: "AwsConsoleSignIn", who: whoAlice, addr: "<home>", agent: chrome, fails: "Failed authentication|Failed authentication", resp: `{"ConsoleLogin":"Failure"}`, add: toConsole + `No"}`, share: 6},
	{call: "signin.ConsoleLogin", typ: "AwsConsoleSignIn", who: whoHidden, addr: "<noise>", agent: "Mozilla/5.0 zgrab/0.x", fails: "No username found in supplied account|No username found in supplied account", resp: `{"ConsoleLogin":"Failure"}`, add: toConsole + `No"}`, share: 12},
	{call: "signin.ConsoleLogin", typ: "AwsConsoleSignIn", who: `{"type":"AssumedRole","principalId":"AROAEXAMPLESAMLADMIN0:tom.becker@example.com","arn":"arn:aws:sts::<account>:assumed-role/SAMLAdmins/tom.becker@example.com","accountId":"<account>"}`, addr: "192.0.2.13", agent: chrome, resp: `{"ConsoleLogin":"Success"}`, add: toConsole + `No","SamlProviderArn":"arn:aws:iam::<account>:saml-provider/Okta"}`, share: 20},
	{call: "signin.CheckMfa", typ: "AwsConsoleSignIn", who: whoAlice, addr: "<home>", agent: chrome, resp: `{"CheckMfa":"Success"}`, add: `{"MfaType":"Virtual MFA"}`, share: 20},
	{call: "signin.SwitchRole", typ: "AwsConsoleSignIn", who: whoAlice, addr: "<home>", agent: chrome, resp: `{"SwitchRole":"Success"}`, add: `{"SwitchTo":"arn:aws:iam::<peer>:role/ops","RedirectTo":"https://console.aws.amazon.com/"}`, share: 8},
	{call: "signin.GetSigninToken", typ: "AwsConsoleSignIn", who: whoFederated, addr: "192.0.2.133", agent: "Jakarta Commons-HttpClient/3.1", resp: `{"GetSigninToken":"Success"}`, add: `{"MobileVersion":"No","MFAUsed":"No"}`, share: 6},
	{call: "sso.Federate", typ: "AwsServiceEvent", who: whoCenter, addr: "192.0.2.11", agent: chrome, tail: `,"serviceEventDetails":{"role_name":"AdministratorAccess","account_id":"<peer>"}`, share: 25},
	{call: "sso.Authenticate", typ: "AwsServiceEvent", who: whoUnknown, addr: "192.0.2.10", agent: chrome, tail: `,"serviceEventDetails":{"Authenticate":"Success"}`, share: 20},
	{call: "sso.ListApplications", is: "r", who: whoCenter, addr: "2001:db8:1::42", agent: chrome, share: 15},
	{call: "signin.CredentialVerification", typ: "AwsServiceEvent", who: whoUnknown, addr: "2001:db8:bad::7", agent: chrome, add: `{"AuthWorkflowID":"<uuid>","CredentialType":"PASSWORD"}`, tail: `,"serviceEventDetails":{"CredentialVerification":"Failure"}`, share: 8},
	// Other identities.
	{call: "s3.GetObject", is: "rd", who: whoFederated, addr: "192.0.2.133", req: `{` + s3Host + `,"key":"<key>"}`, add: s3Read, res: object, share: 60},
	{call: "ds.AuthorizeApplication", who: whoDirectory, addr: "workdocs.amazonaws.com", agent: "workdocs.amazonaws.com", req: `{"directoryId":"d-9067example","applicationId":"<hex>"}`, share: 2},
	{call: "s3.ListObjects", is: "rd", who: whoStranger, addr: "<noise>", agent: "Boto3/1.9.0", fails: "AccessDenied|Access Denied", req: `{` + s3Host + `}`, add: s3Read, res: objects, share: 20},
	{call: "s3.GetObject", is: "rd", who: whoAnonymous, addr: "<noise>", agent: "curl/8.6.0", fails: "AccessDenied|Access Denied", req: `{` + s3Host + `,"key":".env"}`, add: s3Read, res: object, share: 30},
	{call: "sts.AssumeRoleWithSAML", is: "r", who: whoSAML, addr: "192.0.2.12", agent: "aws-internal/3", req: `{"sAMLAssertionID":"_<uuid>","roleSessionName":"maria.kowalska@example.com","durationSeconds":3600,"roleArn":"arn:aws:iam::<account>:role/SAMLAdmins","principalArn":"arn:aws:iam::<account>:saml-provider/Okta"}`, resp: `{"credentials":{"accessKeyId":"<asia>","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Jul 1, 2025, 10:00:00 AM"},"subjectType":"persistent","issuer":"http://www.okta.com/exk1example","audience":"https://signin.aws.amazon.com/saml"}`, share: 40},
	{call: "sts.AssumeRoleWithWebIdentity", is: "r", who: whoWeb, addr: "<home>", req: `{"roleArn":"arn:aws:iam::<account>:role/mobile-users","roleSessionName":"app1"}`, resp: `{"credentials":{"accessKeyId":"<asia>","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Jul 1, 2025, 10:00:00 AM"},"subjectFromWebIdentityToken":"10987654321","audience":"1234567890.apps.googleusercontent.com","provider":"accounts.google.com"}`, share: 60},
	{call: "sts.AssumeRoleWithWebIdentity", is: "r", who: whoGitHub, addr: "192.0.2.200", req: `{"roleArn":"arn:aws:iam::<account>:role/github-actions-deploy","roleSessionName":"GitHubActions","durationSeconds":3600}`, resp: `{"credentials":{"accessKeyId":"<asia>","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Jul 1, 2025, 10:00:00 AM"},"audience":"sts.amazonaws.com"}`, share: 60},
	{call: "sts.GetSessionToken", is: "r", who: whoOld, addr: "192.0.2.133", req: `{"durationSeconds":43200,"serialNumber":"arn:aws:iam::<account>:mfa/nightly"}`, resp: `{"credentials":{"accessKeyId":"<asia>","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Jul 1, 2025, 10:00:00 AM"}}`, share: 10},
	{call: "sts.GetFederationToken", is: "r", who: whoOld, addr: "192.0.2.133", req: `{"name":"partner-portal","policy":"{}","durationSeconds":3600}`, resp: `{"credentials":{"accessKeyId":"<asia>","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Jul 1, 2025, 10:00:00 AM"},"federatedUser":{"federatedUserId":"<account>:partner-portal","arn":"arn:aws:sts::<account>:federated-user/partner-portal"}}`, share: 8},
	{call: "dynamodb.GetItem", is: "rd", who: whoCognito, addr: "<home>", req: `{"tableName":"<table>","key":{"id":"<uid>"}}`, res: tableAt, share: 80},
	{call: "batch.SubmitJob", who: whoRole, addr: "batch.amazonaws.com", agent: "batch.amazonaws.com", req: `{"jobName":"nightly","jobQueue":"<queue>","jobDefinition":"nightly:<small>"}`, resp: `{"jobId":"<uuid>","jobName":"nightly"}`, share: 8},
	{call: "ec2.DescribeInstances", is: "r", who: whoDelegate, addr: "192.0.2.134", req: `{"instancesSet":{},"filterSet":{}}`, share: 4},
	// What services do on their own.
	{call: "secretsmanager.RotationStarted", typ: "AwsServiceEvent", who: whoService, addr: "secretsmanager.amazonaws.com", agent: "secretsmanager.amazonaws.com", add: `{"SecretId":"arn:aws:secretsmanager:<region>:<account>:secret:<secret>"}`, share: 10},
	{call: "kms.RotateKey", typ: "AwsServiceEvent", who: `{"accountId":"<account>","invokedBy":"AWS Internal","type":"AWSService"}`, addr: "AWS Internal", agent: "AWS Internal", res: kmsKey, tail: `,"serviceEventDetails":{"keyId":"<kms>","rotationType":"AUTOMATIC"}`, share: 5},
	{call: "ec2.BidEvictedEvent", typ: "AwsServiceEvent", who: `{"accountId":"<account>","invokedBy":"ec2.amazonaws.com","type":"AWSService"}`, addr: "ec2.amazonaws.com", agent: "ec2.amazonaws.com", tail: `,"serviceEventDetails":{"instanceIdSet":["<i>"]}`, share: 10},
	{call: "s3.PutObject", is: "d", who: whoOld, addr: "192.0.2.60", agent: "aws-cli/1.18.8", req: `{` + s3Host + `,"key":"<key>"}`, res: object, tail: `,"edgeDeviceDetails":{"deviceId":"JID-206843500001-35-92-20-211-23-06-02-18-24","name":"warehouse","locale":[]}`, share: 6},
	{call: "ec2.RunInstances", who: whoOld, addr: "192.0.2.133", req: `{"instancesSet":{"items":[{"imageId":"ami-<id17>"}]}}`, tail: `,"addendum":{"reason":"UPDATED_DATA","updatedFields":"responseElements","originalRequestID":"<uuid>","originalEventID":"<uuid>"}`, share: 4},
	{call: "s3.PutBucketTagging", who: whoOld, addr: "192.0.2.133", req: `{` + s3Host + `,"tagging":"","Tagging":{"TagSet":{"Tag":[{"Key":"team","Value":"a\/b"}]}}}`, tail: `,"eventContext":{"requestContext":{"aws:SourceIp":"192.0.2.133","aws:CurrentTime":"<now>"},"tagContext":{"resourceTags":[{"arn":"arn:aws:s3:::<bucket>","tags":{"team":"a/b"}}],"principalTags":{}}}`, share: 4},
	{call: "s3.GetObject", is: "rd", who: whoOld, addr: "10.0.7.7", agent: "[aws-sdk-go/1.44]", req: `{` + s3Host + `,"key":"<key>"}`, res: object, tail: `,"vpcEndpointId":"<vpce>","vpcEndpointAccountId":"<peer>"`, share: 5},
	// Numbers, sizes and members that a loader could lose.
	{call: "wafv2.UpdateWebACL", who: whoOld, addr: "192.0.2.133", req: `{"name":"edge","rules":<bulk>,"lockToken":"<uuid>"}`, resp: `{"nextLockToken":"<uuid>"}`, share: 5},
	{call: "servicequotas.PutValue", who: whoOld, addr: "192.0.2.133", req: `{"value":1.10,"exact":12345678901234567890,"sequence":<big>,"signed":-<int64>,"tiny":1.0E-7,"ratio":0.1000000000000000055511151231257827,"empty":{},"list":[],"nothing":null,"no":false,"text":""}`, share: 6},
	{call: "ssm.PutParameter", who: whoOld, addr: "192.0.2.133", req: `{"requestParameters":"too large","omitted":true,"originalSize":107877,"reason":"requestParameters too large"}`, resp: `{"version":<small>}`, share: 3},
	{call: "s3.PutBucketPolicy", who: whoFullMember, addr: "192.0.2.133", req: `{` + s3Host + `,"bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":{"AWS":"*"},"Action":["s3:GetObject"],"Resource":"arn:aws:s3:::<bucket>/*","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/25"]}}}]}}`, tail: `,"annotation":"reviewed","futureMember":{"since":"2.00","values":[1,2.50,null]},"anotherMember":"\u0000"`, share: 4},
	{call: "s3.GetObject", is: "rd", who: whoCognito, addr: "<noise>", agent: `\u001b[31mred\u001b[0m\r\nX-Injected: 1`, req: `{` + s3Host + `,"key":"../../etc/passwd\n"}`, res: object, share: 3},
	{call: "s3.GetObject", is: "rd", who: whoCognito, addr: "<noise>", agent: `=cmd|' /C calc'!A0`, req: `{` + s3Host + `,"key":"a,b;\"c\"\t|.csv"}`, res: object, share: 3},
	{call: "s3.GetObject", is: "rd", who: whoCognito, addr: "2001:db8:bad::99", agent: `agent \u202egnp.exe\u202c ` + "\u2066日本\u2069" + ` \ud83d\ude00 \/ \u003cscript\u003ealert(1)\u003c/script\u003e`, req: `{` + s3Host + `,"key":"%2e%2e\\\\x"}`, res: object, share: 3},
	{call: "s3.ListBuckets", is: "r", who: whoOld, addr: "192.0.2.133", agent: `'; DROP TABLE cloudtrail; --`, add: s3Read, share: 1},
	// Old logs, copied along: before 1.03 a record had neither id nor type.
	{call: "ec2.StartInstances", who: whoOld, addr: "192.0.2.133", agent: "ec2-api-tools 1.6.12.2", ver: "1.0", noID: true, req: `{"instancesSet":{"items":[{"instanceId":"<i>"}]}}`, resp: `{"instancesSet":{"items":[{"instanceId":"<i>","currentState":{"code":0,"name":"pending"},"previousState":{"code":80,"name":"stopped"}}]}}`, share: 1},
	{call: "iam.CreateUser", who: whoOld, addr: "192.0.2.133", agent: "aws-cli/1.3.2 Python/2.7.5 Windows/7", ver: "1.02", noID: true, req: `{"userName":"Bob"}`, resp: `{"user":{"createDate":"Mar 24, 2014 9:11:59 PM","userName":"Bob","arn":"arn:aws:iam::<account>:user/Bob","path":"/"}}`, share: 1},
	{call: "iam.AddUserToGroup", who: whoOld, addr: "192.0.2.133", agent: "AWSConsole", ver: "1.00", noID: true, req: `{"userName":"Bob","groupName":"admin"}`, share: 1},
}
