package cloudtrail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// typical returns an object of n records of the shapes that make up most of a
// trail: roles calling read-only, services assuming roles, S3 data events,
// launches with long parameters, errors.
func typical(n int) string {
	const head = `{"eventVersion":"1.11","userIdentity":%s,"eventTime":"2023-07-10T12:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":%s,"userAgent":"%s",`
	const tail = `"requestID":"%08x-c2b3-4f56-9d1e-3d5e0a7f%04x","eventID":"%08x-7a1c-4b0e-8f6d-91b2c3d4%04x","readOnly":%t,%s"eventType":"AwsApiCall","managementEvent":%t,"recipientAccountId":"111122223333","eventCategory":"%s"%s}`
	const tls = `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.us-east-1.amazonaws.com"}`
	const role = `{"type":"AssumedRole","principalId":"AROAEXAMPLEROLEID12345:i-0123456789abcdef0","arn":"arn:aws:sts::111122223333:assumed-role/app-server/i-0123456789abcdef0","accountId":"111122223333","accessKeyId":"ASIAEXAMPLEKEY123456","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLEID12345","arn":"arn:aws:iam::111122223333:role/app-server","accountId":"111122223333","userName":"app-server"},"webIdFederationData":{},"attributes":{"creationDate":"2023-07-10T11:02:33Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}}`
	const user = `{"type":"IAMUser","principalId":"AIDAEXAMPLEUSERID1234","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAEXAMPLEKEY123456","userName":"alice"}`
	const service = `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`
	var out strings.Builder
	out.WriteString(`{"Records":[`)
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		begin := func(who, source, name, address, agent string) {
			fmt.Fprintf(&out, head, who, i/60%60, i%60, source, name, address, agent)
		}
		end := func(read bool, resources string, management bool, category, rest string) {
			fmt.Fprintf(&out, tail, i*7919, i, i*104729, i, read, resources, management, category, rest)
		}
		switch i % 10 {
		case 0, 1, 2:
			begin(role, "ec2", "DescribeInstances", `"203.0.113.17"`, "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.170.0")
			fmt.Fprintf(&out, `"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-%017x"}]},"filterSet":{"items":[{"name":"tag:Name","valueSet":{"items":[{"value":"web-*"}]}}]}},"responseElements":null,`, i)
			end(true, "", true, "Management", tls)
		case 3, 4:
			begin(service, "sts", "AssumeRole", `"ec2.amazonaws.com"`, "ec2.amazonaws.com")
			fmt.Fprintf(&out, `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/app-server","roleSessionName":"i-%017x"},"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLEKEY%06d","sessionToken":"%s","expiration":"Jul 10, 2023, 6:12:44 PM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEROLEID12345:i-1","arn":"arn:aws:sts::111122223333:assumed-role/app-server/i-1"}},`, i, i, strings.Repeat("IQoJb3JpZ2luX2VjE", 20))
			end(true, `"resources":[{"accountId":"111122223333","type":"AWS::IAM::Role","ARN":"arn:aws:iam::111122223333:role/app-server"}],`, true, "Management", fmt.Sprintf(`,"sharedEventID":"%08x-0000-4000-8000-000000000000"`, i))
		case 5, 6, 7:
			begin(role, "s3", "GetObject", `"10.0.12.34"`, `[Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#5.10.214 md/arch#x86_64 lang/python#3.11.9]`)
			fmt.Fprintf(&out, `"requestParameters":{"bucketName":"example-data-lake","Host":"example-data-lake.s3.us-east-1.amazonaws.com","key":"raw/2023/07/10/part-%05d.snappy.parquet"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"SSEApplied":"Default_SSE_S3","AuthenticationMethod":"AuthHeader","x-amz-id-2":"%s","bytesTransferredOut":%d},`, i, strings.Repeat("aB3/x+", 12), i*997)
			end(true, fmt.Sprintf(`"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::example-data-lake/raw/part-%05d"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::example-data-lake"}],`, i), false, "Data", tls)
		case 8:
			begin(user, "ec2", "RunInstances", `"198.51.100.7"`, "console.amazonaws.com")
			fmt.Fprintf(&out, `"errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/alice is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:111122223333:instance/* because no identity-based policy allows the ec2:RunInstances action","requestParameters":{"instancesSet":{"items":[{"imageId":"ami-%08x","minCount":1,"maxCount":1}]},"userData":"<sensitiveDataRemoved>","instanceType":"m5.large","blockDeviceMapping":{"items":[%s{"deviceName":"/dev/xvda","ebs":{"volumeSize":100,"deleteOnTermination":true,"volumeType":"gp3"}}]},"monitoring":{"enabled":false},"disableApiTermination":false},"responseElements":null,`, i, strings.Repeat(`{"deviceName":"/dev/sdb","ebs":{"volumeSize":500,"encrypted":true,"iops":3000}},`, 6))
			end(false, "", true, "Management", `,"sessionCredentialFromConsole":"true"`)
		case 9:
			begin(role, "iam", "PutRolePolicy", `"cloudformation.amazonaws.com"`, "cloudformation.amazonaws.com")
			fmt.Fprintf(&out, `"requestParameters":{"roleName":"r","policyName":"p","policyDocument":"%s"},"responseElements":null,`, strings.Repeat(`{\n  \"Effect\": \"Allow\",\n  \"Action\": [\"s3:GetObject\"],\n  \"Resource\": \"*\"\n}`, 5))
			end(false, "", true, "Management", "")
		}
	}
	out.WriteString(`]}`)
	return out.String()
}

// cpu is the time that the process has spent computing, which other processes
// on the machine do not add to.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDecode reports the speed in bytes of JSON, without gunzip.
func BenchmarkDecode(b *testing.B) {
	records := typical(1000)
	lines := strings.ReplaceAll(records[len(`{"Records":[`):len(records)-2], `},{"eventVersion"`, "}\n{\"eventVersion\"")
	var events []string
	for line := range strings.SplitSeq(lines, "\n") {
		text, _ := json.Marshal(line)
		events = append(events, `{"EventId":"e","CloudTrailEvent":`+string(text)+`}`)
	}
	for _, x := range []struct{ name, text string }{
		{"Records", records},
		{"lines", lines},
		{"lookup-events", `{"Events":[` + strings.Join(events, ",") + `]}`},
	} {
		b.Run(x.name, func(b *testing.B) { benchmark(b, x.text) })
	}
}

func benchmark(b *testing.B, text string) {
	batch := newBatch(b)
	var d Decoder
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	in := bytes.NewReader([]byte(text))
	start := cpu()
	for b.Loop() {
		batch.Reset()
		if err := d.Decode(batch, Object{}, Body{ReadSeeker: in}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(text)*b.N)/float64(cpu()-start), "GB/cpu-s")
	if o := batch.Objects[0]; o.Rows[InEvents] != 1000 || o.Damaged+o.Misfits+o.Replaced > 0 {
		b.Errorf("%+v", o)
	}
}
