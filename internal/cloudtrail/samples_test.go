package cloudtrail

import (
	"encoding/json"
	"fmt"
	"strings"
)

// samples are objects of every form, good and bad, by a name that says what
// they are.
func samples() map[string]string {
	e := func(n int) string {
		return fmt.Sprintf(`{"eventID":"e%d","eventName":"N","eventTime":"2023-07-10T12:00:00Z"}`, n)
	}
	q := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	csv := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	a := func(n int, agent, more string) string {
		return fmt.Sprintf(`0123abcd bucket [06/Feb/2025:00:00:%02d +0000] 192.0.2.3 - R%d REST.GET.OBJECT a%%20b.txt "GET /a%%20b.txt HTTP/1.1" 200 - 113 4096 7 - "-" "%s" - h= SigV4 ECDHE AuthHeader bucket.s3.amazonaws.com TLSv1.2 - - us-east-1%s`, n, n, agent, more) + "\n"
	}
	aj := func(n int) string {
		return fmt.Sprintf(`{"schema_version_id":"V_1_0","bucket_name":"bucket","request_time":"2025-02-06T00:00:%02d.250Z","request_id":"R%d","operation":"REST.GET.OBJECT","key_name":"a","http_status":200,"bytes_sent_size":113,"requester":null,"acl_required":%v}`, n, n, n == 1)
	}
	pretty := "{\n  \"eventID\": \"p\",\n  \"userIdentity\": {\n    \"type\": \"Root\"\n  }\n}\n"
	return map[string]string{
		"records":                   `{"Records":[` + e(1) + `,` + e(2) + `]}`,
		"records in white space":    "\n {\n \"Records\" : [\n" + e(1) + "\n , \t" + e(2) + "\r\n]\n}\n\n",
		"records with a BOM":        "\xef\xbb\xbf" + `{"Records":[` + e(1) + `]}`,
		"records after others":      `{"a":1,"b":{"c":[1]},"Records":[` + e(1) + `],"z":"y"}`,
		"records twice":             `{"Records":[` + e(1) + `],"Records":[` + e(2) + `]}`,
		"no records":                `{"Records":[]}`,
		"records empty":             `{"Records":[{},{"x":1}]}`,
		"records that are none":     `{"Records":[` + e(1) + `,5,"x",null,[1,{"a":2}],true,` + e(2) + `]}`,
		"array":                     `[` + e(1) + `,` + e(2) + "]\n",
		"array empty":               `[]`,
		"array of others":           `[1,{"a":2},"x"]`,
		"lines":                     e(1) + "\n" + e(2) + "\n" + e(3) + "\n",
		"lines without the last":    e(1) + "\n" + e(2) + "\n" + e(3),
		"lines with CR":             e(1) + "\r\n" + e(2) + "\r\n\r\n" + e(3) + "\r\n",
		"lines, one bad":            e(1) + "\n{\"eventID\":\"2\", bad}\n" + e(3) + "\n",
		"lines, one bad with CR":    e(1) + "\r\n{\"eventID\":\"2\", bad}\r\n" + e(3) + "\r\n",
		"lines, one cut":            e(1) + "\n{\"eventID\":\"2\n" + e(3) + "\n",
		"lines, many cut":           e(1) + "\n" + strings.Repeat("{\"a\":[\n", 30) + e(3) + "\n",
		"lines, one cut before end": e(1) + "\n{\"a\":[\n" + e(3) + "\n",
		"lines, first bad":          "{\"eventID\":\"1\", bad}\n" + e(2) + "\n" + e(3) + "\n",
		"lines, last bad":           e(1) + "\n{bad}\n",
		"lines, last cut":           e(1) + "\n" + e(2) + "\n{\"ev",
		"lines, all bad":            "{bad}\n{bad}\n{worse}\n",
		"lines, text":               e(1) + "\nhello\n" + e(2) + "\n",
		"lines, one over several":   e(1) + "\n" + pretty + e(2) + "\n" + pretty,
		"lines, one long":           e(1) + "\n{\"eventID\":\"" + strings.Repeat("x", 2000) + "\"}\n" + e(2) + "\n",
		"lines, one deep":           e(1) + "\n{\"a\":" + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}\n" + e(2) + "\n",
		"lines of records":          `{"Records":[` + e(1) + "]}\n" + `{"Records":[` + e(2) + `,` + e(3) + "]}\n",
		"lines of arrays":           `[` + e(1) + "]\n[" + e(2) + `]`,
		"lines of others":           "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n",
		"lines of others, one bad":  "{\"a\":1}\n{\"b\":2,}\n{\"c\":3}\n",
		"concatenated":              e(1) + e(2) + " " + e(3),
		"concatenated, bad":         e(1) + e(2) + `{"a" "b"}` + e(3),
		"pretty":                    pretty + pretty + pretty,
		"pretty, bad":               pretty + "{\n \"a\": bad\n}\n" + pretty,
		"lookup-events":             `{"Events":[{"EventId":"1","Resources":[],"CloudTrailEvent":` + q(e(1)) + `},{"CloudTrailEvent":` + q(e(2)) + `,"Username":"u"}],"NextToken":"t"}`,
		"lookup-events, bad":        `{"Events":[{"CloudTrailEvent":"{\"eventID\":"},{"CloudTrailEvent":` + q(e(2)+e(3)) + `},{"CloudTrailEvent":"x"},{"CloudTrailEvent":null},{"CloudTrailEvent":` + q(e(4)) + `}]}`,
		"EventBridge":               `{"version":"0","detail-type":"x","resources":["arn"],"detail":` + e(1) + `}`,
		"EventBridge array":         `[{"version":"0","detail":` + e(1) + `},{"detail":` + e(2) + `},{"detail":{"a":1}}]`,
		"EventBridge lines":         `{"detail":` + e(1) + "}\n" + `{"detail":` + e(2) + "}\n",
		"EventBridge, other":        `{"version":"0","detail":{"bucket":{"name":"b"}}}`,
		"subscription":              `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":` + q(e(1)) + `},{"id":"2","message":` + q(e(2)) + `}]}{"logEvents":[{"id":"3","message":` + q(e(3)) + `}]}`,
		"subscription, control":     `{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}{"logEvents":[{"message":` + q(e(3)) + `}]}`,
		"subscription, other":       `{"logEvents":[{"id":"1","message":"hello"},{"id":"2","message":"{not json"}]}`,
		"filter-log-events":         `{"events":[{"logStreamName":"s","timestamp":1,"message":` + q(e(1)) + `,"eventId":"5"}],"searchedLogStreams":[]}`,
		"export":                    "2023-01-01T00:00:00.000Z " + e(1) + "\n2023-01-01T00:00:01.000Z " + e(2) + "\n",
		"export, bad":               "2023-01-01T00:00:00.000Z " + e(1) + "\n2023-01-01T00:00:01.000Z {bad\n2023-01-01T00:00:01.000Z hello\n2023-01-01T00:00:01.000Z " + e(2) + "\n",
		"Lake":                      "\"eventID\",\"eventJson\",\"n\"\n\"1\"," + csv(e(1)) + ",5\n\"a \"\"quoted\"\"\nname\"," + csv("{\n\"eventID\" : \"2\",\n\"eventName\":\"q\\\"q\"}") + ",\n",
		"Lake with CR":              "eventJson\r\n" + csv(e(1)) + "\r\n" + csv(e(2)) + "\r\n",
		"Lake, bad":                 "eventID,eventJson\n1\n2," + csv("{bad") + "\n3," + csv(e(3)) + ",4\n5," + csv(e(5)) + "\n6,\n",
		"Lake, cut":                 "eventJson\n" + csv(e(1)) + "\n\"{\"\"ev",
		"Lake, damaged":             "eventJson\n" + csv(e(1)) + "x\n",
		"Lake, other columns":       "eventID,eventName\n1,2\n",
		"digest":                    `{"awsAccountId":"1","digestS3Object":"k","logFiles":[{"s3Object":"x"}]}`,
		"digest and events":         `{"digestS3Object":"k","logFiles":[]}` + e(1),
		"insight":                   `{"Records":[{"eventID":"i","eventTime":"2023-07-10T12:00:00Z","eventCategory":"Insight","eventType":"AwsCloudTrailInsight","insightDetails":{"state":"Start"}}]}`,
		"network activity":          `{"Records":[{"eventID":"v","eventCategory":"NetworkActivity","eventType":"AwsVpceEvent","vpcEndpointId":"vpce-1"}]}`,
		"aggregated":                `{"Records":[{"eventVersion":"1.0","accountId":"1","eventId":"x","timeWindow":{"a":1},"summary":{},"new":1.0},` + e(1) + `]}`,
		"S3 notification":           `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2023-07-10T12:00:00.000Z","s3":{"bucket":{"name":"b"}}}]}`,
		"access log":                a(1, "x", "") + a(2, `a "b" c`, ""),
		"access log with CR":        strings.ReplaceAll(a(1, "x", " ")+"\n"+a(2, "y", "  "), "\n", "\r\n"),
		"access log without end":    a(1, "x", "") + strings.TrimSuffix(a(2, "y", ""), "\n"),
		"access log, more fields":   a(1, "x", ` new "quoted - one" -`),
		"access log, one bad":       a(1, "x", "") + "0123abcd bucket [06/Feb/2025:00:0\n" + "{\"a\":1}\n" + a(2, "y", ""),
		"access log, first bad":     "bucket [06/Feb/2025:00:0\n" + a(2, "y", ""),
		"access log, cut":           a(1, "x", "") + a(2, "y", "")[:150],
		"access log, long line":     a(1, "x", "") + a(2, strings.Repeat("y", 2000), "") + a(3, "z", "") + strings.Repeat("-", 3000),
		"access log, not Unicode":   a(1, "x\xffy", " \xfe") + a(2, "\x1b[31m\x00\u202e", ""),
		"access log, no numbers":    strings.Replace(a(1, "x", ""), "113 4096 7", "-1 99999999999999999999 7.5", 1) + strings.Replace(a(2, "x", ""), " 200 ", " 99999999999 ", 1),
		"access log as JSON":        aj(1) + "\n" + aj(2) + "\n",
		"access log in CloudWatch":  `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":` + q(aj(1)) + `},{"id":"2","message":` + q(aj(2)) + `}]}`,
		"access log JSON, odd":      `{"schema_version_id":"V_2","request_id":5,"operation":"\ud800","http_status":"200","bytes_sent_size":1e3,"total_duration":-1,"object_size":7.0,"bucket_owner_id":["x"],"new":{"a":1}}`,
		"picture":                   "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
		"zip":                       "PK\x03\x04\x14\x00",
		"Parquet":                   "PAR1\x15\x04\x15",
		"text":                      "hello\nworld\n",
		"other document":            `{"a":{"b":[1,2]},"c":null}`,
		"a number":                  "5",
		"empty":                     "",
		"white space":               " \n\t\r\n      \n",
		"BOM alone":                 "\xef\xbb\xbf",
		"cut":                       `{"Records":[` + e(1) + `,{"eventID":"`,
		"cut after":                 `{"Records":[` + e(1) + `]`,
		"no comma":                  `{"Records":[` + e(1) + ` ` + e(2) + `]}`,
		"trailing text":             `{"Records":[` + e(1) + `]} x`,
		"not Unicode":               "{\"Records\":[{\"eventID\":\"\\ud800x\",\"requestParameters\":{\"a\":\"\xff\"},\"u\xfe\":\"\xfe\",\"eventTime\":\"\xff\"},{\"userIdentity\":{\"sessionContext\":{\"webIdFederationData\":{\"attributes\":{\"a\xff\":\"\\udfff\"}}}}}]}",
		"surrogates at the end":     `[{"eventID":"\ud83d\ude00\ud800\n"}]`,
		"deep":                      `{"Records":[` + e(1) + `,{"a":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `},` + e(2) + `]}`,
		"deep, cut":                 `{"Records":[` + e(1) + `,{"a":` + strings.Repeat("[", 10000),
		"long":                      `{"Records":[` + e(1) + `,{"eventID":"` + strings.Repeat("x", 2000) + `"},` + e(2) + `]}`,
		"long with many":            `{"Records":[{"eventID":"1"` + strings.Repeat(`,"a":5`, 200) + `},` + e(2) + `]}`,
		"long list":                 `{"Records":[{"resources":[` + strings.Repeat(`{},`, 600) + `{}]},` + e(2) + `]}`,
		"misfits":                   `{"Records":[{"eventID":5,"eventTime":"x","userIdentity":"u","resources":{},"readOnly":"yes"},{"resources":[5,{"ARN":"a","x":1}]}]}`,
	}
}
