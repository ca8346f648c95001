package s3logs

import (
	"encoding/json"
	"testing"
	"time"
)

// The sample record of AWS's documentation of the JSON form.
const record = `{"schema_version_id": "V_1_0", "bucket_arn": "arn:aws:s3:::my-data-bucket", "bucket_name": "my-data-bucket",
"request_time": "2026-04-29T14:32:16.000Z", "bucket_owner_id": "79a5", "remote_ip": "203.0.113.45",
"requester": "arn:aws:iam::123456789012:role/DataAnalystRole", "request_id": "3E57427F33A59F07", "operation": "REST.GET.OBJECT",
"key_name": "reports/2026/quarterly-summary.parquet", "request_uri": "GET /my-data-bucket/reports/2026/quarterly-summary.parquet HTTP/1.1",
"http_status": 200, "error_code": null, "bytes_sent_size": 1048576, "object_size": 1048576, "total_duration": 45, "turn_around_duration": 12,
"referer": null, "user_agent": "aws-sdk-java/2.20.0", "version_id": null, "host_id": "s9lz=", "signature_version": "SigV4",
"cipher_suite": "TLS_AES_128_GCM_SHA256", "authentication_type": "AuthHeader", "host_header": "my-data-bucket.s3.us-east-1.amazonaws.com",
"tls_version": "TLSv1.3", "access_point_arn": null, "acl_required": false, "source_region": "us-east-1"}`

func TestMember(t *testing.T) {
	var members map[string]any
	if err := json.Unmarshal([]byte(record), &members); err != nil {
		t.Fatal(err)
	}
	named := map[int]string{}
	for name := range members {
		field, ok := Member(name)
		if !ok {
			if name != "schema_version_id" && name != "bucket_arn" {
				t.Errorf("%s is no field", name)
			}
			continue
		}
		if other, twice := named[field]; twice {
			t.Errorf("%s and %s are one field", name, other)
		}
		named[field] = name
	}
	if len(named) != NumFields {
		t.Errorf("%d fields have a member", len(named))
	}
	for name, want := range map[string]any{"bucketowner": "79a5", "key": "reports/2026/quarterly-summary.parquet", "bytessent": 1048576.0,
		"totaltime": 45.0, "turnaroundtime": 12.0, "referrer": nil, "useragent": "aws-sdk-java/2.20.0", "endpoint": "my-data-bucket.s3.us-east-1.amazonaws.com",
		"sigv": "SigV4", "authtype": "AuthHeader", "aclrequired": false, "sourceregion": "us-east-1"} {
		for n := range Names {
			if Names[n] == name && members[named[n]] != want {
				t.Errorf("%s is %s: %v, want %v", name, named[n], members[named[n]], want)
			}
		}
	}
	for _, name := range []string{"", "requesterx", "Requester", "key", "eventName"} {
		if _, ok := Member(name); ok {
			t.Errorf("%q is a member", name)
		}
	}
}

// Every day of the Gregorian calendar's 400 years, as time.Date has it.
func TestTime(t *testing.T) {
	const layout = "02/Jan/2006:15:04:05 -0700"
	zone := time.FixedZone("", -(3*3600 + 30*60))
	for day := time.Date(1799, 12, 30, 23, 59, 58, 0, time.UTC); day.Year() < 2202; day = day.Add(24*time.Hour + 61*time.Second) {
		for _, at := range []time.Time{day, day.In(zone)} {
			if got, ok := instant([]byte(at.Format(layout))); !ok || got != at.UnixMicro() {
				t.Fatalf("%s: %d, %v", at.Format(layout), got, ok)
			}
		}
	}
	if got, ok := instant([]byte("01/Jan/0000:00:00:00 +0000")); !ok || got != time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() {
		t.Errorf("year 0: %d, %v", got, ok)
	}
	for _, bad := range []string{
		"", "06/Feb/2019:00:00:38", "6/Feb/2019:00:00:38 +0000 ", "06/feb/2019:00:00:38 +0000", "06-Feb-2019:00:00:38 +0000",
		"00/Feb/2019:00:00:38 +0000", "29/Feb/2019:00:00:38 +0000", "29/Feb/1900:00:00:38 +0000", "31/Apr/2019:00:00:38 +0000", "32/Jan/2019:00:00:38 +0000",
		"06/Feb/2019:24:00:38 +0000", "06/Feb/2019:00:60:38 +0000", "06/Feb/2019:00:00:60 +0000", "06/Feb/2019:00:00:38 0000+", "06/Feb/2019:00:00:38 +2400",
		"06/Feb/2019:00:00:38 +0060", "06/Feb/20x9:00:00:38 +0000", "06/Feb/2019 00:00:38 +0000", "06/Foo/2019:00:00:38 +0000", "06/Feb/2019:00:00:38  0000",
	} {
		if got, ok := instant([]byte(bad)); ok {
			t.Errorf("%q: %d", bad, got)
		}
	}
}

func TestLooks(t *testing.T) {
	for line, want := range map[string]bool{
		head:                                   true,
		"o b [06/Feb/2019:00:00:38 +0000]":     true,
		"o b [06/Feb/2019:00:00:38 +0100] ":    true,
		"o b [06/Feb/2019:00:00:38 +0000":      false,
		"o b 06/Feb/2019:00:00:38 +0000 x":     false,
		"o b [36/Feb/2019:00:00:38 +0000]":     false,
		"b [06/Feb/2019:00:00:38 +0000]":       false,
		" o b [06/Feb/2019:00:00:38 +0000]":    false,
		"i - - [06/Feb/2019:00:00:38 +0000] x": false, // a web server's log
		record:                                 false,
		"":                                     false,
		" ":                                    false,
		"o":                                    false,
		"o b":                                  false,
		"o b ":                                 false,
	} {
		if Looks([]byte(line)) != want {
			t.Errorf("%q: %v", line, !want)
		}
	}
}

func TestParseKey(t *testing.T) {
	at := time.Date(2024, 3, 5, 21, 32, 16, 0, time.UTC)
	flat := Key{Delivered: at}
	parted := Key{"111122223333", "us-west-2", "my.bucket-1", at}
	const folders, file = "111122223333/us-west-2/my.bucket-1/2024/03/05/", "2024-03-05-21-32-16-E568B2907131C0C0"
	for name, want := range map[string]Key{
		file:                                flat,
		"s3://logs/" + file:                 flat,
		"access" + file:                     flat,
		"logs/access-" + file:               flat,
		"a/2023-01-02-03-" + file:           flat,
		"a/2023-01-02-03-04-05-ABCD" + file: flat,
		"a/1" + file:                        flat,
		"/home/me/2024/03/05/" + file:       flat,
		file + ".gz":                        flat,
		file + ".log.gz":                    flat,
		file + ".txt":                       flat,
		"2024-03-05-21-32-16-e56z":          flat,

		folders + file:                    parted,
		"s3://logs/" + folders + file:     parted,
		"s3://logs/a-b" + folders + file:  parted,
		"s3://logs/2024" + folders + file: parted,
		"a/444455556666/eu-west-1/other/2023/01/02/" + folders + file + ".gz": parted,
		"2023/01/02/2023-01-02-03-04-05-" + folders + file:                    parted,

		// Folders that are not the layout's are the prefix's own.
		"111122223333/us-west-2/b1/2024/03/06/" + file:  flat,
		"11112222333x/us-west-2/b1x/2024/03/05/" + file: flat,
		"1111/us-west-2/b1x/2024/03/05/" + file:         flat,
		"111122223333/nowhere/b1x/2024/03/05/" + file:   flat,
		"111122223333/us-west-2/b x/2024/03/05/" + file: flat,
		folders + "x" + file:                            flat,

		"": {}, "-": {}, ".gz": {}, "x-E568B2907131C0C0": {},
		"2024-03-05-21-32-16-":              {},
		"2024-03-05-21-32-16-.gz":           {},
		"2024-03-05-21-32-16":               {},
		"2024-03-05-21-32-E568B2907131C0C0": {},
		"2024-02-30-21-32-16-E568B290":      {},
		"2024-03-05-25-32-16-E568B290":      {},
		file + ".json":                      {},
		file + "/":                          {},
		file + "/x":                         {},
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1205Z_aBcDeF0123456789.json.gz":                 {},
		"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2023/07/10/111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20230710T120533Z.json.gz":  {},
		"a/2024-03-05-21-32-16-X/AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1205Z_aBcDeF.json.gz":   {},
		"AWSLogs/111122223333/elasticloadbalancing/us-east-1/2023/07/10/111122223333_elasticloadbalancing_us-east-1_my-lb_20230710T1205Z_1.2.3.4_ab.log": {},
		"EMLARXS9EXAMPLE.2019-11-14-20.RT4KCN4SGK9.gz": {},
	} {
		got, ok := ParseKey(name)
		if ok != (want != Key{}) || got != want {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}
