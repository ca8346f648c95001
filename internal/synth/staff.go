package synth

import "strconv"

// What the kinds of actors do.
const (
	doesLambda = "s3.GetObject 30 dynamodb.GetItem 26 dynamodb.PutItem 14 dynamodb.Query 16 sqs.SendMessage 6 kms.Decrypt 22 " +
		"secretsmanager.GetSecretValue 6 s3.PutObject 14 logs.CreateLogStream 12 lambda.Invoke 5 sns.Publish 3 ssm.GetParameter 4 sts.GetCallerIdentity 1"
	doesServer = "s3.GetObject 34 s3.PutObject 18 s3.HeadObject 10 s3.ListObjects 8 kms.GenerateDataKey 14 kms.Decrypt 18 ssm.UpdateInstanceInformation 10 " +
		"sqs.ReceiveMessage 6 sqs.DeleteMessage 4 ec2.DescribeInstances 6 ec2.DescribeTags 5 ssm.GetParameters 5 logs.CreateLogStream 4 monitoring.PutMetricAlarm 1"
	doesPod = "s3.GetObject 20 s3.PutObject 8 s3.DeleteObject 3 s3.DeleteObjects 1 dynamodb.UpdateItem 8 dynamodb.BatchGetItem 6 sts.AssumeRole 2 " +
		"ec2.DescribeNetworkInterfaces 8 ec2.AssignPrivateIpAddresses 1 elasticloadbalancing.DescribeTargetHealth 8 route53.ListResourceRecordSets 3 " +
		"secretsmanager.GetSecretValue 8 ecr.GetAuthorizationToken 3 ecr.BatchGetImage 4"
	doesConfig = "s3.GetBucketAcl 6 s3.GetBucketPolicy 6 s3.GetBucketEncryption 5 s3.ListBuckets 3 ec2.DescribeInstances 6 ec2.DescribeSecurityGroups 7 ec2.DescribeVolumes 5 " +
		"iam.ListRoles 3 iam.GetRole 5 iam.ListUsers 1 iam.GetPolicyVersion 2 rds.DescribeDBInstances 3 lambda.GetFunction20150331v2 4 kms.DescribeKey 5 " +
		"kms.GetKeyRotationStatus 4 cloudtrail.DescribeTrails 2 config.PutEvaluations 3 dynamodb.DescribeTable 3 ec2.DescribeSubnets 3 ec2.DescribeVpcs 3"
	doesScaling = "ec2.RunInstances 2 ec2.TerminateInstances 2 ec2.DescribeInstances 20 ec2.DescribeInstanceStatus 18 ec2.CreateTags 2 " +
		"elasticloadbalancing.RegisterTargets 2 elasticloadbalancing.DescribeTargetHealth 14 monitoring.DescribeAlarms 8"
	doesService = "sts.AssumeRole 60 kms.Decrypt 20 kms.GenerateDataKey 12 s3.PutObject 10 s3.GetBucketAcl 8 sns.Publish 1 sqs.SendMessage 2 logs.CreateLogStream 2"
	doesBuild   = "sts.GetCallerIdentity 6 ecr.GetAuthorizationToken 8 ecr.PutImage 3 ecr.BatchCheckLayerAvailability 8 s3.PutObject 12 s3.ListObjects 6 cloudformation.DescribeStacks 10 " +
		"cloudformation.CreateChangeSet 2 lambda.UpdateFunctionCode20150331v2 2 ecs.UpdateService 2 ecs.DescribeServices 8 ecs.RegisterTaskDefinition20141113 2 iam.PassRole 1 " +
		"cloudfront.CreateInvalidation 1 ssm.GetParametersByPath 4 ec2.DescribeImages 3"
	doesTerraform = "ec2.DescribeSecurityGroups 10 ec2.DescribeSubnets 8 ec2.DescribeVpcs 6 iam.GetRole 12 iam.ListAttachedRolePolicies 8 iam.GetPolicy 6 iam.GetPolicyVersion 6 " +
		"s3.GetBucketPolicy 8 s3.GetBucketAcl 6 s3.GetBucketEncryption 6 s3.GetObject 4 s3.PutObject 2 dynamodb.GetItem 4 dynamodb.PutItem 3 dynamodb.DeleteItem 3 lambda.GetFunction20150331v2 6 " +
		"sts.GetCallerIdentity 3 rds.DescribeDBInstances 4 route53.GetHostedZone 3 kms.DescribeKey 6 ec2.AuthorizeSecurityGroupIngress 1 iam.UpdateAssumeRolePolicy 1 ec2.ModifyInstanceAttribute 1"
	doesAudit = "iam.ListUsers 8 iam.ListRoles 8 iam.GetAccountSummary 6 iam.GenerateCredentialReport 3 iam.GetCredentialReport 3 iam.ListAccessKeys 8 iam.GetAccountPasswordPolicy 3 " +
		"s3.ListBuckets 6 s3.GetBucketPolicy 10 s3.GetBucketPublicAccessBlock 8 cloudtrail.DescribeTrails 5 cloudtrail.GetTrailStatus 5 guardduty.ListFindings 4 " +
		"guardduty.GetFindings 3 securityhub.BatchImportFindings 3 ec2.DescribeSnapshots 4 organizations.ListAccounts 2 organizations.DescribeOrganization 1 access-analyzer.ListFindings 2"
	doesMail = "s3.PutObject 30 ses.SendEmail 20 s3.GetObject 20 sqs.SendMessage 10 sts.GetCallerIdentity 1"
)

// people sign in through Identity Center; a number in the list is the last byte
// of their office address, less ten.
var people = []string{"ana.ortiz", "jun.sato", "maria.kowalska", "tom.becker", "li.wei", "zoe.martin"}

// staff lists who works in the account. What they are called differs between
// accounts, so that a profile of one says nothing of another.
func staff(a *account) []job {
	var jobs []job
	add := func(day, night int, does string, who actor) {
		jobs = append(jobs, job{actor: who, share: [2]int{day, night}, does: does})
	}
	for i := range 6 {
		fn := a.pools[poolFunction][i]
		add(90/(i+1), 70/(i+1), doesLambda, actor{kind: "AssumedRole", name: fn + "-role", label: fn, agents: sdkAgents[i%4 : i%4+1], addrs: wayOut, endpoint: i%2 == 0})
	}
	for i := range 5 {
		add(70/(i+1), 60/(i+1), doesServer, actor{kind: "AssumedRole", name: "ec2-" + a.pools[poolRole][i], naming: namedInstance, fanout: 2 + i,
			period: 21600, agents: sdkAgents[i%2 : i%2+1], addrs: wayOut, ec2: true, endpoint: i < 3})
	}
	for i := range 3 {
		naming := []int{namedBotocore, namedUUID, namedBotocore}[i]
		add(30/(i+1), 30/(i+1), doesPod, actor{kind: "AssumedRole", name: "eks-" + a.pools[poolRole][6+i], naming: naming, fanout: 3, agents: sdkAgents[1:3], addrs: wayOut,
			provider: "arn:aws:iam::" + a.id + ":oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/4F0C3A1B5D6E7F8091A2B3C4D5E6F708"})
	}
	services(a, add)
	humans(a, add)
	add(14, 8, doesAudit, actor{kind: "AssumedRole", name: "SecurityAudit", label: "audit-scanner", agents: sdkAgents[1:2], addrs: buildHosts})
	add(24, 3, doesBuild, actor{kind: "AssumedRole", name: "github-actions-deploy", label: "GitHubActions", agents: sdkAgents[2:4], addrs: buildHosts,
		provider: "arn:aws:iam::" + a.id + ":oidc-provider/token.actions.githubusercontent.com"})
	add(10, 2, doesTerraform, actor{kind: "AssumedRole", name: "terraform-apply", label: "terraform", sourceID: people[0], agents: terraform, addrs: buildHosts})
	add(8, 5, doesMail, actor{kind: "IAMUser", name: "svc-legacy-mailer", agents: sdkAgents[1:2], addrs: wayOut})
	deploy := StoryUser
	if a.index > 0 {
		deploy = "ci-" + a.alias
	}
	add(9, 1, doesBuild, actor{kind: "IAMUser", name: deploy, agents: cliAgents[1:], addrs: buildHosts})
	return jobs
}

// services adds service-linked roles, and services that call in their own name.
func services(a *account, add func(day, night int, does string, who actor)) {
	linked := func(day int, does, name, session, host string) {
		add(day, day, does, actor{kind: "AssumedRole", name: name, label: session, invokedBy: host})
	}
	linked(110, doesConfig, "AWSServiceRoleForConfig", "configLambdaExecution", "config.amazonaws.com")
	linked(50, doesScaling, "AWSServiceRoleForAutoScaling", "AutoScaling", "autoscaling.amazonaws.com")
	linked(30, doesScaling, "AWSServiceRoleForECS", "ecs-service-scheduler", "ecs.amazonaws.com")
	linked(9, doesAudit, "AWSServiceRoleForSecurityHub", "securityhub", "securityhub.amazonaws.com")
	for i, host := range []string{"lambda", "ec2", "ecs-tasks", "cloudtrail", "delivery.logs", "dynamodb"} {
		add(90/(i+1), 90/(i+1), doesService, actor{kind: "AWSService", name: host + ".amazonaws.com", invokedBy: host + ".amazonaws.com"})
	}
}

// humans adds the account's people: each signs in through Identity Center, from
// the office and from home; two old ones are IAM users with MFA.
func humans(a *account, add func(day, night int, does string, who actor)) {
	for i, name := range people {
		set := []string{"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"}[i%3]
		addrs := []string{"192.0.2." + strconv.Itoa(10+i), "198.51.100." + strconv.Itoa(20+i)}
		if i == 3 {
			addrs[1] = "2001:db8:1::" + strconv.Itoa(20+i)
		}
		add(16/(i+1), 1, "*", actor{kind: "AssumedRole", name: "AWSReservedSSO_" + set + "_" + string(appendHex(nil, mix(a.seed, uint64(i%3)), 8)),
			label: name + "@example.com", period: 28800, addrs: addrs, agents: append(browsers[i%2:i%2+1:i%2+1], cliAgents[i%2]),
			console: true, person: "906745ab3c-" + string(appendUUID(nil, mix(uint64(i), 906))), mfa: false})
	}
	for i, name := range []string{"Alice", "bob"} {
		add(3, 0, "*", actor{kind: "IAMUser", name: name, period: 28800, mfa: true, addrs: []string{"192.0.2." + strconv.Itoa(40+i)}, agents: browsers[i : i+1], console: true})
	}
}
