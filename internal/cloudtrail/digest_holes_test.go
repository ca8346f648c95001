package cloudtrail

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// digestName is the name of a chain's digest so many minutes into a day.
func digestName(trail, region string, minutes int) string {
	at := time.Date(2025, 6, 23, 0, minutes, 7, 0, time.UTC)
	return fmt.Sprintf("s3://b/AWSLogs/111122223333/CloudTrail-Digest/%[1]s/%[2]s/111122223333_CloudTrail-Digest_%[1]s_%[3]s_eu-west-1_%[4]s.json.gz",
		region, at.Format("2006/01/02"), trail, at.Format("20060102T150405Z"))
}

func TestDigestHoles(t *testing.T) {
	hourly := func(trail, region string, hours ...int) (names []string) {
		for _, h := range hours {
			names = append(names, digestName(trail, region, 60*h+12))
		}
		return names
	}
	for _, c := range []struct {
		what  string
		names []string
		want  []string
	}{
		{"none", nil, nil},
		{"one", hourly("a", "eu-west-1", 5), nil},
		{"a whole chain, in any order", hourly("a", "eu-west-1", 3, 1, 2, 25, 24, 23, 22, 4), []string{"a eu-west-1 04:12 22:12 17"}},
		{"copies", slices.Concat(hourly("a", "eu-west-1", 1, 2, 3), []string{"/copy" + digestName("a", "eu-west-1", 132)}), nil},
		{"chains are told apart", slices.Concat(hourly("a", "eu-west-1", 1, 2, 3, 6), hourly("b_c", "eu-west-1", 4, 5, 6), hourly("a", "us-east-1", 4, 7, 8, 9, 10)),
			[]string{"a eu-west-1 03:12 06:12 2", "a us-east-1 04:12 07:12 2"}},
		{"begun again within the hour", append(hourly("a", "eu-west-1", 1, 2, 3, 4), digestName("a", "eu-west-1", 4*60+40), digestName("a", "eu-west-1", 5*60+40)),
			[]string{"a eu-west-1 04:12 04:40 0"}},
		{"a day each, as long as it is usual", hourly("a", "eu-west-1", 0, 24, 48, 72, 120), []string{"a eu-west-1 00:12 00:12 1"}},
		{"no digests", []string{"", "x", "/AWSLogs/111122223333/CloudTrail/eu-west-1/2025/06/23/x.json.gz"}, nil},
	} {
		var got []string
		for _, h := range DigestHoles(c.names) {
			got = append(got, fmt.Sprintf("%s %s %s %s %d", h.Trail, h.Region, h.From.Format("15:04"), h.To.Format("15:04"), h.Missing))
			if _, k, ok := ParseDigestKey(h.Next); !ok || !k.Delivered.Equal(h.To) {
				t.Errorf("%s: after the hole is %s", c.what, h.Next)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
