package source_test

import (
	"slices"
	"testing"

	"github.com/ctsql/ctsql/internal/source"
)

func TestWithGlobal(t *testing.T) {
	for _, c := range []struct{ regions, want []string }{
		{[]string{"eu-west-1"}, []string{"eu-west-1", "us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"}},
		{[]string{"us-east-1", "eu-north-1"}, []string{"us-east-1", "eu-north-1", "us-east-2", "ap-southeast-2"}},
		{[]string{"cn-northwest-1"}, []string{"cn-northwest-1", "cn-north-1"}},
		{[]string{"us-gov-east-1"}, []string{"us-gov-east-1", "us-gov-west-1"}},
		{[]string{"eusc-de-east-1"}, []string{"eusc-de-east-1"}},
		{[]string{"us-iso-west-1"}, []string{"us-iso-west-1", "us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1"}},
	} {
		if got := source.WithGlobal(c.regions); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.regions, got)
		}
	}
}
