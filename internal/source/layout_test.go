package source_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/source"
)

// roots are what may come before ACCOUNT/ in one bucket that has served for long: an
// account's own trail, an organisation's, that of Control Tower, and prefixes with
// slashes, with AWSLogs in a folder's name, and as a folder.
var roots = []string{
	"AWSLogs/", "AWSLogs/o-abcdef1234/", "o-abcdef1234/AWSLogs/o-abcdef1234/", "team/prod/AWSLogs/",
	"AWSLogs-old/AWSLogs/", "AWSLogs/copy/AWSLogs/", "a/b/c/AWSLogs/o-abcdef1234/",
}

// partitions' regions, one of each.
var regionsOfAll = []string{"us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1", "us-isob-west-1", "us-isof-south-1", "eu-isoe-west-1", "ap-southeast-5"}

// layout is that bucket: in each place an object every seven hours, for three days,
// those of each region and account some minutes later than of the one before.
func layout() (objects map[string][]byte, start time.Time) {
	objects, start = map[string][]byte{}, time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC)
	for i, root := range roots {
		for j, region := range regionsOfAll {
			for k, account := range []string{"111122223333", "444455556666"} {
				for h := 0; h < 72; h += 7 {
					at := start.Add(time.Duration(h)*time.Hour + time.Duration(20*i+2*j+k)*time.Minute)
					objects[fmt.Sprintf("%s%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%d.json.gz", root, account, region, at.Format("2006/01/02"),
						account, region, at.Format("20060102T1504Z"), i)] = []byte("{}")
				}
			}
		}
	}
	return objects, start
}

// TestLayouts: all of them together are listed in the order of time, each object
// once, and picked by account, region and time, whatever comes before.
func TestLayouts(t *testing.T) {
	objects, start := layout()
	names := func(sel source.Select) (names []string) {
		t.Helper()
		last := time.Time{}
		for o, err := range source.Memory(objects, source.Options{Select: sel}).List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			k, ok := cloudtrail.ParseKey(o.Name)
			if !ok || k.Delivered.Before(last) {
				t.Errorf("%s: out of order, after %v", o.Name, last)
			}
			last = k.Delivered
			names = append(names, o.Name)
		}
		slices.Sort(names)
		return names
	}
	check := func(sel source.Select, wanted func(name string, k cloudtrail.Key) bool) {
		t.Helper()
		var want []string
		for name := range objects {
			if k, ok := cloudtrail.ParseKey(name); ok && wanted(name, k) {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		if got := names(sel); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%+v: %d objects, not %d", sel, len(got), len(want))
		}
	}
	check(source.Select{}, func(string, cloudtrail.Key) bool { return true })
	for _, region := range regionsOfAll {
		check(source.Select{Regions: []string{region}}, func(name string, _ cloudtrail.Key) bool { return strings.Contains(name, "/"+region+"/") })
	}
	check(source.Select{Accounts: []string{"444455556666"}}, func(name string, _ cloudtrail.Key) bool { return strings.Contains(name, "/444455556666/") })
	from, to := start.Add(25*time.Hour), start.Add(40*time.Hour)
	sel := source.Select{Since: from, Until: to, Late: time.Hour, Regions: []string{"cn-north-1"}, Accounts: []string{"111122223333"}}
	check(sel, func(name string, k cloudtrail.Key) bool {
		return strings.Contains(name, "/111122223333/CloudTrail/cn-north-1/") && !k.Delivered.Before(from.Add(-15*time.Minute)) && !k.Delivered.After(to.Add(time.Hour))
	})
}
