package synth

// pairCalls cross accounts. The caller's account records who called, the
// owner's an AWSAccount that it does not know the name of; the parameters of both
// are the same.
var pairCalls = []op{
	{call: "sts.AssumeRole", is: "r", req: `{"roleArn":"arn:aws:iam::<peer>:role/SecurityAudit","roleSessionName":"audit-<id8>","externalId":"acme-audit"}`, resp: `{"credentials":{"accessKeyId":"<t.key>","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Jul 1, 2025, 10:00:00 AM"}}`},
	{call: "kms.Decrypt", is: "r", req: `{"keyId":"alias/shared-<id8>","encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{}}`},
	{call: "s3.GetObject", is: "rd", req: `{"bucketName":"acme-exchange","Host":"acme-exchange.s3.<region>.amazonaws.com","key":"inbox/<id8>.json"}`, add: s3Read, res: `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::acme-exchange/inbox/<id8>.json"},{"accountId":"<peer>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::acme-exchange"}]`},
}

const insight = `{"eventVersion":"1.08","eventTime":"<now>","awsRegion":"<region>","eventID":"<event>","eventType":"AwsCloudTrailInsight","recipientAccountId":"<account>","sharedEventID":"<uid>","insightDetails":{"state":"`

// otherKinds are the records of files that do not hold calls.
var otherKinds = []op{
	{call: "network.denied", raw: network + `"errorCode":"VpceAccessDenied","errorMessage":"The request was denied due to a VPC endpoint policy","requestParameters":null,"responseElements":null,"requestID":"<uuid>","eventID":"<event>"` + endpoint},
	{call: "network.allowed", raw: network + `"requestParameters":null,"responseElements":null,"requestID":"<uuid>","eventID":"<event>","resources":[{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]` + endpoint},
	{call: "insight.start", raw: insight + `Start","eventSource":"ssm.amazonaws.com","eventName":"UpdateInstanceInformation","insightType":"ApiCallRateInsight","insightContext":{"statistics":{"baseline":{"average":7.4257178974},"insight":{"average":119},"insightDuration":1,"baselineDuration":10080},"attributions":[]}},"eventCategory":"Insight"}`},
	{call: "insight.end", raw: insight + `End","eventSource":"ssm.amazonaws.com","eventName":"UpdateInstanceInformation","insightType":"ApiCallRateInsight","insightContext":{"statistics":{"baseline":{"average":7.4257178974},"insight":{"average":104.50},"insightDuration":12,"baselineDuration":10080},"attributions":[{"attribute":"userIdentityArn","insight":[{"value":"arn:aws:sts::<account>:assumed-role/ec2-<role>/<i>","average":104.50}],"baseline":[{"value":"arn:aws:sts::<account>:assumed-role/ec2-<role>/<i>","average":7.4257178974}]},{"attribute":"errorCode","insight":[{"value":"null","average":104.50}],"baseline":[]}]}},"eventCategory":"Insight"}`},
	{call: "aggregated.window", raw: `{"eventVersion":"1.0","accountId":"<account>","eventId":"<event>","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"<region>","eventSource":"s3.amazonaws.com","timeWindow":{"windowStart":"<t.window>","windowEnd":"<t.windowEnd>","windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"RESOURCE_ARN","statistics":[{"name":"arn:aws:s3:::<bucket>","value":<n>}]},"details":[{"dimension":"EVENT_NAME","statistics":[{"name":"GetObject","value":<n>},{"name":"PutObject","value":<small>}]},{"dimension":"ERROR_CODE","statistics":[]}]}}`},
}

const (
	network  = `{"eventVersion":"1.09","userIdentity":{"type":"AWSAccount","principalId":"AROAEXAMPLENETWORK000:<i>","accountId":"<account>"},"eventTime":"<now>","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"<region>","sourceIPAddress":"<ten>","userAgent":"aws-sdk-go-v2/1.30.0",`
	endpoint = `,"readOnly":true,"eventType":"AwsVpceEvent","managementEvent":false,"recipientAccountId":"<account>","vpcEndpointId":"<vpce>","vpcEndpointAccountId":"<account>","eventCategory":"NetworkActivity"}`
)
