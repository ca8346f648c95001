package s3logs

import "testing"

// BenchmarkParse takes apart a line of 518 bytes, which is rather long.
func BenchmarkParse(b *testing.B) {
	line := []byte(`79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket1 [06/Feb/2026:00:01:57 +0000] 192.0.2.3 arn:aws:sts::111122223333:assumed-role/reader/i-0abc DD6CC733AEXAMPLE REST.GET.OBJECT reports/2026/q1.parquet "GET /reports/2026/q1.parquet HTTP/1.1" 200 - 4406583 4406583 41 28 "-" "aws-sdk-go-v2/1.47.7" - 10S62Zv81kBW7BB6SX4XJ48o6kpcl6LPwEoizZQQxJd5qDSCTLX0TgS37kYUBKQW3+bPdrg1234= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSv1.3 - - us-west-1`)
	var l Line
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if err := l.Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}
