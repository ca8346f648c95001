package cloudtrail

import (
	"testing"
	"time"
)

func TestParseKey(t *testing.T) {
	minute := time.Date(2023, 7, 10, 12, 5, 0, 0, time.UTC)
	for name, want := range map[string]Key{
		"AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/111122223333_CloudTrail_us-east-1_20230710T1205Z_aBc.json.gz":                          {"111122223333", KindEvents, "us-east-1", minute},
		"s3://b/a/AWSLogs/b/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2023/07/10/111122223333_CloudTrail_eu-west-1_20230710T1205Z_aBc.json.gz": {"111122223333", KindEvents, "eu-west-1", minute},
		"/logs/1/CloudTrail-Insight/us-east-1/2023/07/10/1_CloudTrail-Insight_us-east-1_20230710T1205Z_x.json":                                       {"1", KindInsight, "us-east-1", minute},
		"1/CloudTrail-Digest/us-east-1/2023/07/10/1_CloudTrail-Digest_us-east-1_trail_us-east-1_20230710T120533Z.json.gz":                            {"1", KindDigest, "us-east-1", minute.Add(33 * time.Second)},
		"1/CloudTrail-NetworkActivity/us-east-1/2023/07/10/renamed.gz":                                                                               {"1", KindNetworkActivity, "us-east-1", minute.Truncate(24 * time.Hour)},
		"1/CloudTrail-Aggregated/us-east-1/2023/07/10/1_CloudTrail-Aggregated_us-east-1_20230710T1205Z_x.json.gz":                                    {"1", KindAggregated, "us-east-1", minute},
		"1/CloudTrail/us-east-1/2023/07/32/x.json.gz":                                                                                                {},
		"1/CloudTrail-Lake/Query/2023/07/10/q/result_1.csv.gz":                                                                                       {},
		"CloudTrail/us-east-1/2023/07/10/x.json.gz":                                                                                                  {},
		"x.json.gz": {},
		"":          {},
	} {
		got, ok := ParseKey(name)
		if ok != (want != Key{}) || ok && got != want {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}
