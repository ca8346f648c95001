package source

import "slices"

// globalRegions are where each partition records what has no region of its own:
// IAM, Organizations, CloudFront, Route 53 and the global endpoint of STS, and
// sign-ins, which in the largest partition go to one of four.
var globalRegions = map[string][]string{
	"":        {"us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"},
	"cn-":     {"cn-north-1", "cn-northwest-1"},
	"us-gov-": {"us-gov-west-1"},
	"eusc-":   {"eusc-de-east-1"},
}

// WithGlobal are regions, and those where the global services of their partitions
// are recorded. The isolated partitions have as many first regions as partitions,
// and a region's name does not tell them apart: there all of them are.
func WithGlobal(regions []string) []string {
	all := slices.Clone(regions)
	for _, r := range regions {
		global, ok := globalRegions[partition(r)]
		if !ok {
			global = []string{"us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1"}
		}
		for _, g := range global {
			if !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	return all
}
