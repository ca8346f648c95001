package synth

import (
	"slices"
	"time"
)

// The story's fixed facts. Its user works in the first account from
// 192.0.2.200 and .201, where the build machines are, until the key is stolen.
const (
	StoryUser    = "deploy-web"
	StoryAddress = "203.0.113.66"
	StoryAgent   = "aws-cli/1.22.34 Python/3.10.12 Linux/6.6.15-kali2-amd64 botocore/1.23.34"
)

// A Story says what the thief of an access key did, for those who look whether
// a query, a profile or an alert finds it.
type Story struct {
	Account     string // the first account, 111122223333
	User        string // StoryUser
	UserARN     string
	AccessKeyID string // AKIA…, in use for honest work before
	Address     string // StoryAddress; nobody else calls from its /24
	First, Last time.Time
	// NewUser is the user that the thief made, with NewAccessKeyID.
	NewUser, NewAccessKeyID string
	// RoleAccount is the second account, where the thief went on under
	// RoleAccessKeyID, got from AssumeRole.
	RoleAccount, RoleAccessKeyID string
	Bucket                       string // whose objects were read, and deleted afterwards
	// AccessKeys are the keys of the objects that were read, in the order of
	// their GetObject calls, and DeletedKeys those that went with the one
	// DeleteObjects of DeleteRequestID: CloudTrail does not name them, the access
	// log does. The trail's bucket for both is Bucket, in us-east-1.
	AccessKeys, DeletedKeys []string
	DeleteRequestID         string
	Events                  []StoryEvent
}

// A StoryEvent is one record of the thief's. Of a call across accounts both
// records are there.
type StoryEvent struct {
	Time                   time.Time
	Account, Region        string
	EventSource            string
	EventName              string
	ErrorCode              string
	EventID, SharedEventID string // SharedEventID of a call across accounts
}

// A step is one of the thief's calls, seconds after the first.
type step struct {
	after  int
	op     op
	region string // if not us-east-1
	lands  bool   // also recorded in the second account
	role   bool   // called in the second account, as the role there
	steals bool   // repeated for many objects
}

const (
	denies    = `AccessDenied|User: <arn> is not authorized to perform this operation because no identity-based policy allows the action`
	whoLanded = `{"type":"AssumedRole","principalId":"AROAEXAMPLEOPSREAD000:s1","arn":"arn:aws:sts::<account>:assumed-role/ops-readonly/s1","accountId":"<account>","accessKeyId":"<t.key>","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEOPSREAD000","arn":"arn:aws:iam::<account>:role/ops-readonly","accountId":"<account>","userName":"ops-readonly"},"attributes":{"creationDate":"<now>","mfaAuthenticated":"false"}}}`
	newUser   = "support-tmp"
	policyARN = `"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"`
)

var steps = []step{
	{after: 0, op: op{call: "sts.GetCallerIdentity", is: "r"}},
	{after: 41, op: op{call: "s3.ListBuckets", is: "r", req: `{"Host":"s3.us-east-1.amazonaws.com"}`, add: s3Read}},
	{after: 66, op: op{call: "iam.ListUsers", is: "rg"}},
	{after: 70, op: op{call: "iam.ListRoles", is: "rg"}},
	{after: 75, op: op{call: "iam.ListAttachedUserPolicies", is: "rg", req: `{"userName":"` + StoryUser + `"}`}},
	{after: 92, op: op{call: "organizations.ListAccounts", is: "rg", fails: denies}},
	{after: 97, op: op{call: "ec2.DescribeInstances", is: "r", req: `{"instancesSet":{},"filterSet":{}}`, fails: "Client.UnauthorizedOperation|You are not authorized to perform this operation."}},
	{after: 103, op: op{call: "secretsmanager.ListSecrets", is: "r", fails: denies}},
	{after: 111, op: op{call: "ssm.DescribeParameters", is: "r", fails: denies}},
	{after: 124, op: op{call: "guardduty.ListDetectors", is: "r", fails: denies}},
	{after: 140, op: op{call: "cloudtrail.DescribeTrails", is: "r", req: `{"trailNameList":[],"includeShadowTrails":true}`}},
	{after: 158, op: op{call: "cloudtrail.StopLogging", req: `{"name":"arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail"}`, fails: denies}},
	{after: 171, op: op{call: "cloudtrail.DeleteTrail", req: `{"name":"arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail"}`, fails: denies}},
	{after: 260, op: op{call: "iam.CreateUser", is: "g", req: `{"userName":"` + newUser + `"}`, resp: `{"user":{"path":"/","userName":"` + newUser + `","userId":"AIDAEXAMPLETHIEF00000","arn":"arn:aws:iam::<account>:user/` + newUser + `","createDate":"Jul 17, 2025, 2:17:00 AM"}}`}},
	{after: 271, op: op{call: "iam.CreateAccessKey", is: "g", req: `{"userName":"` + newUser + `"}`, resp: `{"accessKey":{"userName":"` + newUser + `","accessKeyId":"<t.new>","status":"Active","createDate":"Jul 17, 2025, 2:17:00 AM"}}`}},
	{after: 284, op: op{call: "iam.AttachUserPolicy", is: "g", req: `{"userName":"` + newUser + `",` + policyARN + `}`}},
	{after: 290, op: op{call: "iam.CreateLoginProfile", is: "g", req: `{"userName":"` + newUser + `","passwordResetRequired":false}`, resp: `{"loginProfile":{"userName":"` + newUser + `","createDate":"Jul 17, 2025, 2:17:00 AM","passwordResetRequired":false}}`}},
	{after: 402, op: op{call: "signin.ConsoleLogin", typ: "AwsConsoleSignIn", who: `{"type":"IAMUser","principalId":"AIDAEXAMPLETHIEF00000","arn":"arn:aws:iam::<account>:user/` + newUser + `","accountId":"<account>","userName":"` + newUser + `"}`, agent: chrome, resp: `{"ConsoleLogin":"Success"}`, add: toConsole + `No"}`}},
	{after: 520, op: op{call: "ec2.RunInstances", req: `{"instancesSet":{"items":[{"imageId":"ami-<id17>","minCount":8,"maxCount":8}]},"instanceType":"p5.48xlarge"}`, fails: "Client.UnauthorizedOperation|You are not authorized to perform this operation. Encoded authorization failure message: 9xA-<hex>"}, region: "ap-southeast-2"},
	{after: 610, op: op{call: "sts.AssumeRole", is: "r", req: `{"roleArn":"arn:aws:iam::<peer>:role/OrganizationAccountAccessRole","roleSessionName":"s1"}`, fails: denies}},
	{after: 633, lands: true, op: op{call: "sts.AssumeRole", is: "r", req: `{"roleArn":"arn:aws:iam::<peer>:role/ops-readonly","roleSessionName":"s1"}`, resp: `{"credentials":{"accessKeyId":"<t.key>","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"<t.expires>"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEOPSREAD000:s1","arn":"arn:aws:sts::<peer>:assumed-role/ops-readonly/s1"}}`}},
	{after: 650, role: true, op: op{call: "sts.GetCallerIdentity", is: "r", who: whoLanded}},
	{after: 661, role: true, op: op{call: "s3.ListBuckets", is: "r", who: whoLanded, req: `{"Host":"s3.us-east-1.amazonaws.com"}`, add: s3Read}},
	{after: 690, role: true, op: op{call: "iam.ListUsers", is: "rg", who: whoLanded, fails: denies}},
	{after: 900, op: op{call: "s3.ListObjects", is: "rd", req: `{"list-type":"2",` + s3Host + `}`, add: s3Read, res: objects}},
	{after: 930, steals: true, op: op{call: "s3.GetObject", is: "rd", req: `{` + s3Host + `,"key":"customers/export-<id8>.csv"}`, add: s3Read, res: `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::<bucket>/customers/export-<id8>.csv"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]`}},
	{after: 5100, op: op{call: "s3.DeleteObjects", is: "d", req: `{"delete":"",` + s3Host + `}`, add: s3Write, res: `[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::<bucket>/"},{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}]`}},
	{after: 5400, op: op{call: "s3.PutBucketPolicy", req: `{` + s3Host + `,"bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::<bucket>/*"}]}}`, fails: denies}},
	{after: 5460, op: op{call: "iam.DeleteLoginProfile", is: "g", req: `{"userName":"` + newUser + `"}`}},
}

// storyStart is 02:13:07 UTC on a day six sevenths into the trail.
func (c Config) storyStart() int64 {
	return c.Start.Unix() + int64(c.Days*6/7)*86400 + 2*3600 + 13*60 + 7
}

// steals is how many objects the thief reads.
func (c Config) steals() int { return min(400, max(24, c.Events/100)) }

// thief is the user whose key is stolen: the last actor of the first account.
func (w *world) thief() *actor { return w.accounts[0].actors[len(w.accounts[0].actors)-1] }

const storySeed = 0x57011e

func (w *world) storyDrafts(cfg Config) []draft {
	who, first := w.thief(), w.accounts[0]
	base := mix(w.seed, storySeed)
	var drafts []draft
	for i, s := range steps {
		o := &s.op
		o.compile()
		n := 1
		if s.steals {
			n = cfg.steals()
		}
		for k := range n {
			d := draft{seed: mix(base, uint64(i*1000+k)), t: cfg.storyStart() + int64(s.after) + int64(k*4000/n), op: o,
				who: who, acct: first, other: w.accounts[1], region: regions[0], addr: StoryAddress, agent: StoryAgent,
				key: who.keySeed(), granted: session{id: base}, bucketFrom: base}
			if s.region != "" {
				d.region = s.region
			}
			if s.role {
				d.acct = w.accounts[1]
			}
			if s.lands {
				d.shared = mix(base, 21)
				drafts = append(drafts, d)
				d.seed, d.acct = mix(d.seed, 22), w.accounts[1]
			}
			drafts = append(drafts, d)
		}
	}
	return drafts
}

// Story tells what the trail of this Config hides.
func (c Config) Story() (Story, error) {
	c, err := c.withDefaults()
	if err != nil {
		return Story{}, err
	}
	w := newWorld(c)
	who, base := w.thief(), mix(w.seed, storySeed)
	s := Story{Account: who.acct.id, User: who.name, UserARN: who.arn, AccessKeyID: string(appendKeyID(nil, "AKIA", who.keySeed())),
		Address: StoryAddress, NewUser: newUser, NewAccessKeyID: string(appendKeyID(nil, "AKIA", base)),
		RoleAccount: w.accounts[1].id, RoleAccessKeyID: string(appendKeyID(nil, "ASIA", base)),
		Bucket: who.acct.pools[poolBucket][w.names.at(mix(base, poolBucket))]}
	for _, d := range w.storyDrafts(c) {
		if d.op.short == "s3" && d.op.data {
			r, err := w.trailRecord(d)
			if err != nil {
				return s, err
			}
			s.note(r)
		}
		e := StoryEvent{Time: time.Unix(d.t, 0).UTC(), Account: d.acct.id, Region: d.region,
			EventSource: d.op.short + ".amazonaws.com", EventName: d.op.name, ErrorCode: d.op.errorCode(), EventID: string(appendUUID(nil, d.eventID()))}
		if d.shared != 0 {
			e.SharedEventID = string(appendUUID(nil, d.shared))
		}
		s.Events = append(s.Events, e)
	}
	s.First, s.Last = s.Events[0].Time, s.Events[len(s.Events)-1].Time
	return s, nil
}

// note keeps what the access log tells of a data event.
func (s *Story) note(r trailRecord) {
	switch r.EventName {
	case "GetObject":
		s.AccessKeys = append(s.AccessKeys, r.RequestParameters.Key)
	case "DeleteObjects":
		s.DeletedKeys, s.DeleteRequestID = slices.Clone(s.AccessKeys), r.RequestID
	}
}
