package synth

import "strings"

// An op is a call as CloudTrail records it. In the catalogue everything is a
// template; "" stands for null, or for a member that is left out.
type op struct {
	call string // "s3.GetObject": the service's host without .amazonaws.com, and eventName
	is   string // letters: r read-only, d data event, g recorded in us-east-1 only
	req  string // requestParameters
	resp string // responseElements
	add  string // additionalEventData
	res  string // resources
	api  string // apiVersion
	errs string // "code|message" that it fails with at times

	// What only the rare shapes of shapes.go say.
	who   string // userIdentity
	addr  string // sourceIPAddress
	agent string // userAgent, as it stands in JSON
	ver   string // eventVersion
	typ   string // eventType, if not AwsApiCall
	tail  string // members after eventCategory, each beginning with a comma
	noID  bool   // neither eventID nor what came after version 1.02
	raw   string // the whole record
	fails string // "code|message" that it always fails with
	share int    // how often among the rare ones

	short, name              string
	read, data, global       bool
	tReq, tResp, tAdd, tRes  template
	tWho, tAddr, tAgent      template
	tTail, tRaw, tErr, tFail template
}

// compileCatalogue makes the templates of every call and shape.
func (w *world) compileCatalogue() {
	w.ops, w.special = map[string]*op{}, map[string]*op{}
	for _, list := range [][]op{catalogue, computeCalls, accountCalls} {
		for _, o := range list {
			o.compile()
			w.calls, w.ops[o.call] = append(w.calls, &o), &o
		}
	}
	var weights []int
	for _, o := range shapes {
		o.compile()
		w.rare, weights = append(w.rare, &o), append(weights, o.share)
	}
	w.rarely = newWheel(weights)
	for _, list := range [][]op{otherKinds, pairCalls} {
		for _, o := range list {
			o.compile()
			w.special[o.call] = &o
		}
	}
}

func (o *op) compile() {
	o.short, o.name, _ = strings.Cut(o.call, ".")
	o.read, o.data, o.global = strings.Contains(o.is, "r"), strings.Contains(o.is, "d"), strings.Contains(o.is, "g")
	o.tReq, o.tResp, o.tAdd, o.tRes = compile(o.req), compile(o.resp), compile(o.add), compile(o.res)
	o.tWho, o.tAddr, o.tAgent = compile(o.who), compile(o.addr), compile(o.agent)
	o.tTail, o.tRaw = compile(o.tail), compile(o.raw)
	o.tErr, o.tFail = compile(errorMembers(o.errs)), compile(errorMembers(o.fails))
}

// errorCode is the code of what the call always fails with, or "".
func (o *op) errorCode() string {
	code, _, _ := strings.Cut(o.fails, "|")
	return code
}

func errorMembers(s string) string {
	code, message, ok := strings.Cut(s, "|")
	if !ok {
		return ""
	}
	return `"errorCode":"` + code + `","errorMessage":"` + message + `",`
}

// What many calls have in common.
const (
	s3Read  = `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"<b64>","bytesTransferredOut":<bytes>}`
	s3Write = `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<bytes>,"SSEApplied":"Default_SSE_KMS","AuthenticationMethod":"AuthHeader","x-amz-id-2":"<b64>","bytesTransferredOut":0}`
	object  = `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::<bucket>/<key>"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]`
	objects = `[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::<bucket>/data/"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]`
	bucket  = `[{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]`
	s3Host  = `"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"`
	kmsKey  = `[{"accountId":"<account>","type":"AWS::KMS::Key","ARN":"arn:aws:kms:<region>:<account>:key/<kms>"}]`
	tableAt = `[{"accountId":"<account>","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:<region>:<account>:table/<table>"}]`
	notFor  = "AccessDenied|User: <arn> is not authorized to perform this action because no identity-based policy allows it"
)

// catalogue is what workloads call most, data events first. Its order is also
// the order of likelihood for people, who call all of it and not much of any.
var catalogue = []op{
	{call: "ec2.DescribeInstances", is: "r", req: `{"instancesSet":{"items":[{"instanceId":"<i>"}]},"filterSet":{}}`, errs: "Client.UnauthorizedOperation|You are not authorized to perform this operation. User: <arn> is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action"},
	{call: "s3.GetObject", is: "rd", req: `{` + s3Host + `,"key":"<key>"}`, add: s3Read, res: object, errs: "NoSuchKey|The specified key does not exist."},
	{call: "s3.ListObjects", is: "rd", req: `{"list-type":"2",` + s3Host + `,"prefix":"data/events/","max-keys":"1000","encoding-type":"url"}`, add: s3Read, res: objects, errs: notFor},
	{call: "s3.PutObject", is: "d", req: `{` + s3Host + `,"key":"<key>","x-amz-server-side-encryption":"aws:kms"}`, resp: `{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:<region>:<account>:key/<kms>","x-amz-version-id":"<hex>"}`, add: s3Write, res: object, errs: notFor},
	{call: "s3.HeadObject", is: "rd", req: `{` + s3Host + `,"key":"<key>"}`, add: s3Read, res: object, errs: "NoSuchKey|The specified key does not exist."},
	{call: "s3.ListBuckets", is: "r", req: `{"Host":"s3.<region>.amazonaws.com"}`, add: s3Read},
	{call: "logs.FilterLogEvents", is: "rd", req: `{"logGroupName":"/aws/lambda/<fn>","startTime":<millis>,"endTime":<millis>,"filterPattern":"{ ($.level = \"error\") \u0026\u0026 ($.status \u003e= 500) }","limit":10000}`},
	{call: "monitoring.DescribeAlarms", is: "r", req: `{"maxRecords":100,"alarmTypes":["CompositeAlarm","MetricAlarm"]}`, api: "2010-08-01"},
	{call: "monitoring.GetMetricData", is: "rd", req: `{"metricDataQueries":[{"id":"m1","metricStat":{"metric":{"namespace":"AWS/Lambda","metricName":"Errors","dimensions":[{"name":"FunctionName","value":"<fn>"}]},"period":300,"stat":"Sum"},"returnData":true}],"startTime":"<now>","endTime":"<now>"}`},
	{call: "iam.GetRole", is: "rg", req: `{"roleName":"<role>"}`, errs: "NoSuchEntityException|The role with name <role> cannot be found."},
	{call: "iam.ListRoles", is: "rg", req: `{"maxItems":1000}`},
	{call: "iam.ListUsers", is: "rg", errs: notFor},
	{call: "ec2.DescribeSecurityGroups", is: "r", req: `{"maxResults":1000,"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-<id17>"}]},"filterSet":{}}`, errs: "Client.InvalidGroup.NotFound|The security group 'sg-<id17>' does not exist"},
	{call: "ec2.DescribeSubnets", is: "r", req: `{"subnetSet":{},"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-<id17>"}]}}]}}`},
	{call: "ec2.DescribeVpcs", is: "r", req: `{"vpcSet":{},"filterSet":{}}`},
	{call: "ec2.DescribeImages", is: "r", req: `{"executableBySet":{},"imagesSet":{},"ownersSet":{"items":[{"owner":"amazon"}]},"filterSet":{"items":[{"name":"name","valueSet":{"items":[{"value":"al2023-ami-*-arm64"}]}}]}}`},
	{call: "ec2.DescribeSnapshots", is: "r", req: `{"maxResults":1000,"snapshotSet":{},"ownersSet":{"items":[{"owner":"self"}]},"sharedUsersSet":{},"filterSet":{}}`},
	{call: "ec2.DescribeVolumes", is: "r", req: `{"volumeSet":{"items":[{"volumeId":"vol-<id17>"}]},"filterSet":{}}`},
	{call: "ec2.DescribeTags", is: "r", req: `{"maxResults":1000,"filterSet":{"items":[{"name":"resource-id","valueSet":{"items":[{"value":"<i>"}]}}]}}`},
	{call: "ec2.DescribeInstanceStatus", is: "r", req: `{"instancesSet":{"items":[{"instanceId":"<i>"}]},"filterSet":{},"includeAllInstances":true}`, errs: "Client.RequestLimitExceeded|Request limit exceeded."},
	{call: "ec2.DescribeNetworkInterfaces", is: "r", req: `{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"tag:node.k8s.amazonaws.com/instance_id","valueSet":{"items":[{"value":"<i>"}]}}]}}`},
	{call: "cloudformation.DescribeStacks", is: "r", req: `{"stackName":"<stack>"}`, errs: "ValidationException|Stack with id <stack> does not exist", api: "2010-05-15"},
	{call: "lambda.GetFunction20150331v2", is: "r", req: `{"functionName":"arn:aws:lambda:<region>:<account>:function:<fn>"}`, api: "2015-03-31"},
	{call: "rds.DescribeDBInstances", is: "r", req: `{"maxRecords":100,"filters":[]}`},
	{call: "cloudtrail.LookupEvents", is: "r", req: `{"maxResults":50,"startTime":"<now>","lookupAttributes":[{"attributeKey":"ResourceName","attributeValue":"<bucket>"}]}`, errs: "ThrottlingException|Rate exceeded"},
	{call: "cloudtrail.DescribeTrails", is: "r", req: `{"trailNameList":[],"includeShadowTrails":true}`},
	{call: "cloudtrail.GetTrailStatus", is: "r", req: `{"name":"arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail"}`},
	{call: "s3.GetBucketAcl", is: "r", req: `{` + s3Host + `,"acl":""}`, add: s3Read, res: bucket},
	{call: "s3.GetBucketPolicy", is: "r", req: `{` + s3Host + `,"policy":""}`, add: s3Read, res: bucket, errs: "NoSuchBucketPolicy|The bucket policy does not exist"},
	{call: "s3.GetBucketEncryption", is: "r", req: `{` + s3Host + `,"encryption":""}`, add: s3Read, res: bucket},
	{call: "s3.GetBucketPublicAccessBlock", is: "r", req: `{` + s3Host + `,"publicAccessBlock":""}`, add: s3Read, res: bucket, errs: "NoSuchPublicAccessBlockConfiguration|The public access block configuration was not found"},
	{call: "s3.DeleteObject", is: "d", req: `{` + s3Host + `,"key":"<key>"}`, add: s3Write, res: object, errs: notFor},
	{call: "s3.DeleteObjects", is: "d", req: `{"delete":"",` + s3Host + `}`, add: s3Write, res: objects},
	{call: "dynamodb.GetItem", is: "rd", req: `{"tableName":"<table>","key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"},"consistentRead":false}`, res: tableAt, api: "2012-08-10"},
	{call: "dynamodb.PutItem", is: "d", req: `{"tableName":"<table>","key":{"pk":"LockID-<id8>"},"items":["Digest","LockID"],"conditionExpression":"attribute_not_exists(LockID)"}`, resp: `{"consumedCapacity":{"tableName":"<table>","capacityUnits":1.10}}`, res: tableAt, api: "2012-08-10", errs: "ConditionalCheckFailedException|The conditional request failed"},
	{call: "dynamodb.Query", is: "rd", req: `{"tableName":"<table>","indexName":"gsi1","keyConditionExpression":"#pk = :pk and #sk \u003e :from","expressionAttributeNames":{"#pk":"pk","#sk":"sk"},"limit":100,"scanIndexForward":false}`, res: tableAt, api: "2012-08-10", errs: "ProvisionedThroughputExceededException|The level of configured provisioned throughput for the table was exceeded."},
	{call: "dynamodb.UpdateItem", is: "d", req: `{"tableName":"<table>","key":{"pk":"session#<id8>"},"updateExpression":"SET #v = :v, updated = :t","returnValues":"NONE"}`, res: tableAt, api: "2012-08-10"},
	{call: "dynamodb.BatchGetItem", is: "rd", req: `{"requestItems":{"<table>":{"keys":[{"pk":"a#<id8>"},{"pk":"b#<id8>"}],"projection":[]}},"returnConsumedCapacity":"NONE"}`, res: tableAt, api: "2012-08-10"},
	{call: "dynamodb.DeleteItem", is: "d", req: `{"tableName":"<table>","key":{"LockID":"<id8>"}}`, res: tableAt, api: "2012-08-10"},
	{call: "dynamodb.DescribeTable", is: "r", req: `{"tableName":"<table>"}`, res: tableAt, api: "2012-08-10", errs: "ResourceNotFoundException|Requested resource not found: Table: <table> not found"},
	{call: "kms.Decrypt", is: "r", req: `{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`, add: `{"keyMaterialId":"<hex><hex><hex><hex>"}`, res: kmsKey, errs: "AccessDenied|User: <arn> is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:<region>:<account>:key/<kms> because no resource-based policy allows the kms:Decrypt action"},
	{call: "kms.GenerateDataKey", is: "r", req: `{"keyId":"arn:aws:kms:<region>:<account>:key/<kms>","keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::<bucket>"}}`, res: kmsKey},
	{call: "kms.DescribeKey", is: "r", req: `{"keyId":"alias/<role>"}`, res: kmsKey},
	{call: "kms.GetKeyRotationStatus", is: "r", req: `{"keyId":"<kms>"}`, res: kmsKey},
	{call: "secretsmanager.GetSecretValue", is: "r", req: `{"secretId":"<secret>"}`, errs: "ResourceNotFoundException|Secrets Manager can't find the specified secret."},
	{call: "ssm.GetParameter", is: "r", req: `{"name":"/<secret>","withDecryption":true}`, errs: "ParameterNotFound|"},
	{call: "ssm.GetParameters", is: "r", req: `{"names":["/<secret>","/<role>/url"],"withDecryption":true}`},
	{call: "ssm.GetParametersByPath", is: "r", req: `{"path":"/<role>/","recursive":true,"withDecryption":true,"maxResults":10}`},
	{call: "lambda.Invoke", is: "d", req: `{"functionName":"arn:aws:lambda:<region>:<account>:function:<fn>","invocationType":"Event","sourceAccount":"<account>"}`, add: `{"functionVersion":"arn:aws:lambda:<region>:<account>:function:<fn>:$LATEST"}`, res: `[{"accountId":"<account>","type":"AWS::Lambda::Function","ARN":"arn:aws:lambda:<region>:<account>:function:<fn>"}]`, errs: "TooManyRequestsException|Rate Exceeded."},
	{call: "sqs.SendMessage", is: "d", req: `{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","delaySeconds":0,"messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, resp: `{"messageId":"<uuid>","mD5OfMessageBody":"<hex><hex>"}`, res: `[{"accountId":"<account>","type":"AWS::SQS::Queue","ARN":"arn:aws:sqs:<region>:<account>:<queue>"}]`},
	{call: "sqs.ReceiveMessage", is: "rd", req: `{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","maxNumberOfMessages":10,"waitTimeSeconds":20,"attributeNames":[]}`, res: `[{"accountId":"<account>","type":"AWS::SQS::Queue","ARN":"arn:aws:sqs:<region>:<account>:<queue>"}]`},
	{call: "sqs.DeleteMessage", is: "d", req: `{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","receiptHandle":"<b64><b64>"}`, res: `[{"accountId":"<account>","type":"AWS::SQS::Queue","ARN":"arn:aws:sqs:<region>:<account>:<queue>"}]`},
	{call: "sns.Publish", is: "d", req: `{"topicArn":"arn:aws:sns:<region>:<account>:<queue>","subject":"HIDDEN_DUE_TO_SECURITY_REASONS","message":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, resp: `{"messageId":"<uuid>"}`, res: `[{"accountId":"<account>","type":"AWS::SNS::Topic","ARN":"arn:aws:sns:<region>:<account>:<queue>"}]`},
	{call: "logs.CreateLogStream", req: `{"logGroupName":"/aws/lambda/<fn>","logStreamName":"2025/07/01/[$LATEST]<hex><hex>"}`, errs: "ResourceAlreadyExistsException|The specified log stream already exists", api: "20140328"},
}
