package source_test

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source"
	"github.com/ctsql/ctsql/internal/source/s3test"
)

type object = map[string]any

// arnOf is a trail's, of an account that has it in a region.
func arnOf(region, name string) string {
	return "arn:aws:cloudtrail:" + region + ":111122223333:trail/" + name
}

// trailOf is a trail as DescribeTrails tells it.
func trailOf(region, name, bucket, prefix string) object {
	return object{"Name": name, "TrailARN": arnOf(region, name), "HomeRegion": region, "S3BucketName": bucket, "S3KeyPrefix": prefix}
}

func with(trail object, more object) object {
	for k, v := range more {
		trail[k] = v
	}
	return trail
}

func trailList(trails ...object) object { return object{"trailList": trails} }

func startCloudTrail(t *testing.T) (*s3test.CloudTrail, *s3test.Server) {
	t.Helper()
	srv := startS3(t)
	ct := s3test.NewCloudTrail(srv)
	t.Cleanup(ct.Close)
	t.Setenv("AWS_ENDPOINT_URL", ct.URL)
	return ct, srv
}

func find(t *testing.T, o source.TrailsOptions) source.TrailsFound {
	t.Helper()
	o.S3 = quick(source.Options{S3: o.S3}).S3
	found, err := source.FindTrails(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A trail of all regions shows in each: it is one. One of a single region shows
// there only, and is found.
func TestTrailsOfAllRegions(t *testing.T) {
	ct, _ := startCloudTrail(t)
	everywhere := with(trailOf("eu-central-1", "all", "logs", ""), object{
		"IsMultiRegionTrail": true, "LogFileValidationEnabled": true, "IsOrganizationTrail": true,
		"KmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/1", "SnsTopicARN": "arn:aws:sns:eu-central-1:111122223333:t",
	})
	ct.Answer("", "DescribeTrails", trailList(everywhere))
	ct.Answer("ap-south-1", "DescribeTrails", trailList(everywhere, trailOf("ap-south-1", "local", "logs", "a/b")))
	found := find(t, source.TrailsOptions{})
	want := []source.Trail{{
		Name: "local", ARN: arnOf("ap-south-1", "local"), Account: "111122223333", HomeRegion: "ap-south-1", Bucket: "logs", Prefix: "a/b",
	}, {
		Name: "all", ARN: arnOf("eu-central-1", "all"), Account: "111122223333", HomeRegion: "eu-central-1", Bucket: "logs",
		MultiRegion: true, Organization: true, Validation: true,
		KMSKey: "arn:aws:kms:eu-central-1:111122223333:key/1", Topic: "arn:aws:sns:eu-central-1:111122223333:t",
	}}
	if !reflect.DeepEqual(found.Trails, want) {
		t.Errorf("%+v", found.Trails)
	}
	if a, b := found.Trails[0].Location(), found.Trails[1].Location(); a != "s3://logs/a/b/AWSLogs/" || b != "s3://logs/AWSLogs/" {
		t.Errorf("%s, %s", a, b)
	}
	for _, region := range []string{"us-east-1", "eu-central-1", "ap-south-1", "af-south-1", "us-west-2"} {
		if !slices.Contains(found.Answered, region) {
			t.Errorf("%s was not asked", region)
		}
	}
	for _, call := range ct.Calls() {
		if strings.HasPrefix(call, "cn-") || strings.HasPrefix(call, "us-gov-") || !strings.HasSuffix(call, " DescribeTrails") {
			t.Errorf("asked %s", call)
		}
	}
	if n := len(found.Answered); n != len(ct.Calls()) || n < 30 {
		t.Errorf("%d regions by %d calls", n, len(ct.Calls()))
	}
}

// The regions that are asked are those of the configured region's partition, or
// those that are named.
func TestTrailRegions(t *testing.T) {
	for _, tt := range []struct {
		configured string
		named      []string
		want       []string
	}{
		{"cn-north-1", nil, []string{"cn-north-1", "cn-northwest-1"}},
		{"us-gov-west-1", nil, []string{"us-gov-east-1", "us-gov-west-1"}},
		{"eusc-de-east-1", nil, []string{"eusc-de-east-1"}},
		{"us-east-1", []string{"xx-new-1", "eu-west-1", "xx-new-1"}, []string{"eu-west-1", "xx-new-1"}},
	} {
		ct, _ := startCloudTrail(t)
		t.Setenv("AWS_REGION", tt.configured)
		found := find(t, source.TrailsOptions{Regions: tt.named})
		if !slices.Equal(found.Answered, tt.want) || len(ct.Calls()) != len(tt.want) {
			t.Errorf("%s, %q: %q, %q", tt.configured, tt.named, found.Answered, ct.Calls())
		}
	}
	for _, name := range []string{"", "eu-west", "x.example.com/-eu-west-1", "eu-west-1\n"} {
		ct, _ := startCloudTrail(t)
		if _, err := source.FindTrails(t.Context(), source.TrailsOptions{Regions: []string{name}}); err == nil || len(ct.Calls()) > 0 {
			t.Errorf("%q: %v, %q", name, err, ct.Calls())
		}
	}
}

// Regions that refuse, hang or are not enabled do not stop the others.
func TestTrailRegionsRefuse(t *testing.T) {
	ct, _ := startCloudTrail(t)
	ct.Answer("eu-west-1", "DescribeTrails", trailList(trailOf("eu-west-1", "a", "logs", "")))
	for _, region := range []string{"us-east-1", "us-west-2"} {
		ct.Refuse(region, "DescribeTrails", 400, "AccessDeniedException",
			"User: u is not authorized to perform: cloudtrail:DescribeTrails on arn:aws:cloudtrail:"+region+":111122223333:trail/*")
	}
	ct.Refuse("af-south-1", "DescribeTrails", 403, "UnrecognizedClientException", "The security token included in the request is invalid.")
	ct.Refuse("ap-east-1", "DescribeTrails", 403, "OptInRequired", "")
	ct.Hang("sa-east-1", "DescribeTrails")
	ct.Refuse("eu-north-1", "DescribeTrails", 500, "InternalFailure", "down")
	began := time.Now()
	found := find(t, source.TrailsOptions{Timeout: 2 * time.Second})
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("took %v", took)
	}
	if len(found.Trails) != 1 || !slices.Equal(found.Disabled, []string{"af-south-1", "ap-east-1"}) {
		t.Errorf("%+v", found)
	}
	want := map[string]string{
		"us-east-1 us-west-2": "cloudtrail in us-east-1, us-west-2: permission denied: User: u is not authorized to perform: cloudtrail:DescribeTrails " +
			"on arn:aws:cloudtrail:us-east-1:111122223333:trail/*\nhint: the identity needs cloudtrail:DescribeTrails",
		"sa-east-1":  "cloudtrail in sa-east-1: no answer within 2s",
		"eu-north-1": "cloudtrail in eu-north-1: InternalFailure: down",
	}
	for _, r := range found.Refused {
		if reason, ok := want[strings.Join(r.Regions, " ")]; !ok || r.Reason != reason {
			t.Errorf("%q: %s", r.Regions, r.Reason)
		}
	}
	if len(found.Refused) != len(want) {
		t.Errorf("%+v", found.Refused)
	}
}

// Where no region answers it is the credentials, or the line, and told once.
func TestTrailsNowhere(t *testing.T) {
	ct, _ := startCloudTrail(t)
	ct.Refuse("", "DescribeTrails", 403, "UnrecognizedClientException", "The security token included in the request is invalid.")
	found := find(t, source.TrailsOptions{})
	if len(found.Refused) != 1 || len(found.Disabled)+len(found.Answered) > 0 ||
		!strings.HasSuffix(found.Refused[0].Reason, ": UnrecognizedClientException: The security token included in the request is invalid.\nhint: check AWS_PROFILE and the access key") {
		t.Errorf("%+v", found)
	}
	ct.Close()
	found = find(t, source.TrailsOptions{})
	if len(found.Refused) != 1 || !strings.HasSuffix(found.Refused[0].Reason, "connection refused") {
		t.Errorf("%+v", found)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err := source.FindTrails(t.Context(), source.TrailsOptions{S3: source.S3Options{NoSignRequest: true}})
	if err == nil || !strings.Contains(err.Error(), "cloudtrail: no AWS credentials found\nhint: ") {
		t.Errorf("%v", err)
	}
}

func TestTrailsCancelled(t *testing.T) {
	ct, _ := startCloudTrail(t)
	ct.Hang("", "DescribeTrails")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := source.FindTrails(ctx, source.TrailsOptions{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// The home region is asked for the rest, by ARN. What it refuses is unknown, and
// nothing else.
func TestTrailDetails(t *testing.T) {
	ct, _ := startCloudTrail(t)
	ct.Answer("eu-west-1", "DescribeTrails", trailList(
		trailOf("us-east-1", "whole", "logs", ""), trailOf("us-west-2", "partly", "logs", ""),
		trailOf("evil.example.com/", "odd", "logs", ""), trailOf("sa-east-1", "silent", "logs", "")))
	at := time.Date(2024, 3, 5, 14, 0, 0, 0, time.UTC)
	ct.Answer("us-east-1", "GetTrailStatus", object{"IsLogging": true, "LatestDeliveryTime": at.Unix(), "LatestDeliveryError": "NoSuchBucket"})
	ct.Answer("us-east-1", "GetEventSelectors", object{"EventSelectors": []object{{"ReadWriteType": "All", "IncludeManagementEvents": true}}})
	ct.Answer("us-east-1", "GetInsightSelectors", object{"InsightSelectors": []object{{"InsightType": "ApiErrorRateInsight", "EventCategories": []string{"Management", "Data"}}, {"InsightType": "ApiCallRateInsight", "EventCategories": []string{"Management"}}}})
	ct.Answer("us-west-2", "GetTrailStatus", object{"IsLogging": false})
	ct.Refuse("us-west-2", "GetEventSelectors", 400, "AccessDeniedException", "no")
	ct.Refuse("us-west-2", "GetInsightSelectors", 400, "InsightNotEnabledException", "Insights are not enabled")
	ct.Hang("sa-east-1", "DescribeTrails")
	found := find(t, source.TrailsOptions{Regions: []string{"eu-west-1", "sa-east-1"}, Details: true, Timeout: 2 * time.Second})
	trails := map[string]source.Trail{}
	for _, trail := range found.Trails {
		trails[trail.Name] = trail
	}
	whole := trails["whole"]
	if s := whole.Status; s == nil || !s.Logging || s.LastDelivery == nil || !s.LastDelivery.Equal(at) || s.DeliveryError != "NoSuchBucket" {
		t.Errorf("status %+v", s)
	}
	if s := whole.Selection; s == nil || s.Management != "all" || !slices.Equal(whole.Insights, []string{"ApiCallRateInsight", "ApiErrorRateInsight (Data and Management)"}) || whole.Unknown != nil {
		t.Errorf("%+v", whole)
	}
	partly := trails["partly"]
	if partly.Status == nil || partly.Status.Logging || partly.Status.LastDelivery != nil || partly.Selection != nil || partly.Insights == nil || len(partly.Insights) > 0 {
		t.Errorf("%+v", partly)
	}
	if want := []source.Unknown{{Call: "GetEventSelectors", Reason: "cloudtrail in us-west-2: permission denied: no\nhint: the identity needs cloudtrail:GetEventSelectors"}}; !slices.Equal(partly.Unknown, want) {
		t.Errorf("%+v", partly.Unknown)
	}
	for _, name := range []string{"odd", "silent"} {
		if trail := trails[name]; trail.Status != nil || trail.Selection != nil || trail.Insights != nil || len(trail.Unknown) != 3 {
			t.Errorf("%+v", trail)
		}
	}
	if calls := ct.Calls(); slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, "evil") || strings.HasPrefix(c, "sa-east-1 Get") }) {
		t.Errorf("asked %q", calls)
	}
}

func TestTrailSelection(t *testing.T) {
	type fields = []object
	advanced := func(selectors ...fields) object {
		var all []object
		for _, f := range selectors {
			all = append(all, object{"FieldSelectors": f})
		}
		return object{"AdvancedEventSelectors": all}
	}
	is := func(field string, values ...string) object { return object{"Field": field, "Equals": values} }
	not := func(field string, values ...string) object { return object{"Field": field, "NotEquals": values} }
	basic := func(selectors ...object) object { return object{"EventSelectors": selectors} }
	none := []string{}
	for _, tt := range []struct {
		name   string
		answer object
		want   source.Selection
	}{
		{"nothing", object{}, source.Selection{Management: "none", Excluded: none, Data: none, Network: none}},
		{"writes", basic(object{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}),
			source.Selection{Management: "write", Excluded: none, Data: none, Network: none}},
		{"excluded", basic(object{"ReadWriteType": "All", "IncludeManagementEvents": true, "ExcludeManagementEventSources": []string{"rdsdata.amazonaws.com", "kms.amazonaws.com"}}),
			source.Selection{Management: "all", Excluded: []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}, Data: none, Network: none}},
		{"data", basic(object{"ReadWriteType": "All", "IncludeManagementEvents": false, "DataResources": []object{
			{"Type": "AWS::S3::Object", "Values": []string{"arn:aws:s3"}}, {"Type": "AWS::Lambda::Function", "Values": []string{"arn:aws:lambda:us-east-1:1:function:f"}},
		}}), source.Selection{Management: "none", Excluded: none, Data: []string{"AWS::S3::Object", "some AWS::Lambda::Function"}, Network: none}},
		{"data read", basic(object{"ReadWriteType": "ReadOnly", "DataResources": []object{{"Type": "AWS::S3::Object", "Values": []string{"arn:aws:s3:::"}}}}),
			source.Selection{Management: "none", Excluded: none, Data: []string{"some AWS::S3::Object"}, Network: none}},
		{"advanced", advanced(fields{is("eventCategory", "Management"), not("eventSource", "kms.amazonaws.com")}, fields{is("eventCategory", "Data"), is("resources.type", "AWS::S3::Object")},
			fields{is("eventCategory", "NetworkActivity"), is("eventSource", "ec2.amazonaws.com")}),
			source.Selection{Management: "all", Excluded: []string{"kms.amazonaws.com"}, Data: []string{"AWS::S3::Object"}, Network: []string{"ec2.amazonaws.com"}}},
		{"reads and some writes", advanced(fields{is("eventCategory", "Management"), is("readOnly", "true")},
			fields{is("eventCategory", "Management"), is("readOnly", "false"), is("eventSource", "iam.amazonaws.com")}),
			source.Selection{Management: "some all", Excluded: none, Data: none, Network: none}},
		{"made up for", advanced(fields{is("eventCategory", "Management"), not("eventSource", "kms.amazonaws.com")}, fields{is("eventCategory", "Management")},
			fields{is("eventCategory", "Data"), is("resources.type", "AWS::S3::Object"), is("eventName", "GetObject")}),
			source.Selection{Management: "all", Excluded: none, Data: []string{"some AWS::S3::Object"}, Network: none}},
		{"not yet known", advanced(fields{is("eventCategory", "Tomorrow"), is("eventSource", "x")}, fields{{}}),
			source.Selection{Management: "none", Excluded: none, Data: none, Network: none}},
	} {
		ct, _ := startCloudTrail(t)
		ct.Answer("us-east-1", "DescribeTrails", trailList(trailOf("us-east-1", "a", "logs", "")))
		ct.Answer("us-east-1", "GetEventSelectors", tt.answer)
		found := find(t, source.TrailsOptions{Regions: []string{"us-east-1"}, Details: true})
		if got := found.Trails[0].Selection; got == nil || !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// Of a trail's bucket its logs are read, of all accounts and of organisations, and
// not what other services and other prefixes have there.
func TestTrailOpen(t *testing.T) {
	_, srv := startCloudTrail(t)
	logs := []string{
		"p/AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2024/03/05/111122223333_CloudTrail-Insight_us-east-1_20240305T1400Z_b.json.gz",
		"p/AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/05/111122223333_CloudTrail_us-east-1_20240305T1400Z_a.json.gz",
		"p/AWSLogs/111122223333/CloudTrail/us-east-1/odd/a.json.gz",
		"p/AWSLogs/o-abcdefghij/444455556666/CloudTrail/eu-west-1/2024/03/05/444455556666_CloudTrail_eu-west-1_20240305T1405Z_c.json.gz",
	}
	for _, key := range slices.Concat(logs, []string{
		"p/AWSLogs/111122223333/vpcflowlogs/us-east-1/2024/03/05/x.log.gz", "p/AWSLogs/o-abcdefghij/444455556666/Config/eu-west-1/2024/3/5/y.json.gz",
		"AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/05/111122223333_CloudTrail_us-east-1_20240305T1400Z_z.json.gz", "p/other.json",
	}) {
		srv.Put("logs", key, []byte("{}"))
	}
	open := func(trail source.Trail) *source.Source {
		return must(trail.Open(t.Context(), quick(source.Options{})))(t)
	}
	var got []string
	for _, name := range names(all(t, open(source.Trail{Bucket: "logs", Prefix: "p"}))) {
		got = append(got, strings.TrimPrefix(name, "s3://logs/"))
	}
	slices.Sort(got)
	if !slices.Equal(got, logs) {
		t.Errorf("%q", got)
	}
	if got := all(t, open(source.Trail{Bucket: "logs", Prefix: "new"})); len(got) != 0 {
		t.Errorf("%q", names(got))
	}
	if _, err := (source.Trail{Name: "t"}).Open(t.Context(), source.Options{}); err == nil {
		t.Error("a trail without a bucket is opened")
	}

	// In a bucket of many accounts the trail's own folder will do.
	srv.On(func(r s3test.Request) bool {
		return r.Op == "LIST" && !strings.HasPrefix(r.Key, "p/AWSLogs/111122223333/")
	}, -1, s3test.Denied)
	if got := all(t, open(source.Trail{Bucket: "logs", Prefix: "p", Account: "111122223333"})); len(got) != 3 {
		t.Errorf("%q", names(got))
	}
	for _, err := range open(source.Trail{Bucket: "logs", Prefix: "p", Account: "444455556666"}).List(t.Context()) {
		if !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "s3://logs/p/AWSLogs/444455556666/: permission denied: ") {
			t.Errorf("%v", err)
		}
	}

	srv.Reset()
	srv.On(s3test.Ops("LIST"), -1, s3test.Denied)
	for organization, hint := range map[bool]string{false: "the identity needs s3:ListBucket on the bucket", true: "it is the bucket of an organisation's trail: "} {
		for _, err := range open(source.Trail{Bucket: "logs", Organization: organization}).List(t.Context()) {
			if !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "s3://logs/AWSLogs/: permission denied: Access Denied\nhint: "+hint) {
				t.Errorf("%v", err)
			}
		}
	}
}
