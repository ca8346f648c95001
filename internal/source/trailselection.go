package source

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// A Selection is which events a trail takes, of all that happen.
type Selection struct {
	Management string   `json:"management"` // all, read, write or none; with "some " before it where selectors narrow it further
	Excluded   []string `json:"excluded"`   // event sources that are left out of it, be it of reads or of writes: kms.amazonaws.com
	Data       []string `json:"data"`       // types of resources, AWS::S3::Object; with "some " before one that is not taken whole
	Network    []string `json:"network"`    // event sources of network activity; likewise
}

// selection sums up selectors: an event is taken if one of them takes it.
func selection(basic []types.EventSelector, advanced []types.AdvancedEventSelector) *Selection {
	s := selected{data: takings{}, network: takings{}}
	for _, b := range basic {
		read, write := b.ReadWriteType != types.ReadWriteTypeWriteOnly, b.ReadWriteType != types.ReadWriteTypeReadOnly
		if aws.ToBool(b.IncludeManagementEvents) {
			s.management(read, write, true, b.ExcludeManagementEventSources)
		}
		for _, d := range b.DataResources {
			s.data.take(aws.ToString(d.Type), read && write && slices.ContainsFunc(d.Values, everyResource))
		}
	}
	for _, a := range advanced {
		s.advanced(a)
	}
	return s.sum()
}

// everyResource says that a data resource's value is the start of all ARNs of a
// service: arn:aws:s3, also written arn:aws:s3:::.
func everyResource(value string) bool {
	return strings.Count(strings.TrimRight(value, ":"), ":") == 2
}

// selected is what the selectors take so far.
type selected struct {
	reads, writes half
	data, network takings
}

// A half is the management events that read, or those that write.
type half struct {
	taken, whole bool
	excluded     []string // by each selector that takes it
}

func (h *half) take(whole bool, excluded []string) {
	if !h.taken {
		h.excluded = excluded
	}
	h.excluded = slices.DeleteFunc(slices.Clone(h.excluded), func(e string) bool { return !slices.Contains(excluded, e) })
	h.taken, h.whole = true, h.whole || whole
}

// takings are names, and whether all of it is taken.
type takings map[string]bool

func (t takings) take(name string, whole bool) { t[name] = t[name] || whole }

func (t takings) list() []string {
	var names []string
	for name, whole := range t {
		if !whole {
			name = "some " + name
		}
		names = append(names, name)
	}
	return sorted(names)
}

func (s *selected) management(read, write, whole bool, excluded []string) {
	if read {
		s.reads.take(whole, excluded)
	}
	if write {
		s.writes.take(whole, excluded)
	}
}

// advanced adds an advanced selector: an event must fit all of its fields.
func (s *selected) advanced(a types.AdvancedEventSelector) {
	read, write, whole := true, true, true
	var category string
	var excluded, names []string
	for _, f := range a.FieldSelectors {
		switch field := aws.ToString(f.Field); {
		case field == "eventCategory" && len(f.Equals) == 1:
			category = f.Equals[0]
		case field == "readOnly" && len(f.Equals) == 1:
			read, write = f.Equals[0] == "true", f.Equals[0] == "false"
		case field == "eventSource" && onlyNotEquals(f):
			excluded = append(excluded, f.NotEquals...)
		case (field == "resources.type" || field == "eventSource") && len(f.Equals) > 0:
			names = append(names, f.Equals...)
		default:
			whole = false
		}
	}
	switch category {
	case "Management":
		s.management(read, write, whole && len(names) == 0, excluded)
	case "Data":
		for _, name := range names {
			s.data.take(name, read && write && whole && len(excluded) == 0)
		}
	case "NetworkActivity":
		for _, name := range names {
			s.network.take(name, whole)
		}
	}
}

func onlyNotEquals(f types.AdvancedFieldSelector) bool {
	return len(f.NotEquals) > 0 && len(f.Equals)+len(f.StartsWith)+len(f.EndsWith)+len(f.NotStartsWith)+len(f.NotEndsWith) == 0
}

func (s *selected) sum() *Selection {
	sum := &Selection{
		Management: "none", Excluded: sorted(slices.Concat(s.reads.excluded, s.writes.excluded)),
		Data: s.data.list(), Network: s.network.list(),
	}
	switch {
	case s.reads.taken && s.writes.taken:
		sum.Management = "all"
	case s.reads.taken:
		sum.Management = "read"
	case s.writes.taken:
		sum.Management = "write"
	}
	if s.reads.taken != s.reads.whole || s.writes.taken != s.writes.whole {
		sum.Management = "some " + sum.Management
	}
	return sum
}
