package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// TrailsOptions say where to look for trails.
type TrailsOptions struct {
	// Regions are asked; when there are none, the configured one and all others
	// of its partition that the SDK knows.
	Regions []string
	// Details asks each trail's home region for what DescribeTrails does not
	// tell: Status, Selection and Insights.
	Details bool
	// Timeout is how long a region may take for one answer, with what is
	// retried; 10 s when 0.
	Timeout time.Duration
	// S3 says how to reach AWS: Endpoint stands for CloudTrail's as well.
	// Requests are always signed.
	S3 S3Options
}

// A Trail is one trail, and where it delivers.
type Trail struct {
	Name         string     `json:"name"`
	ARN          string     `json:"arn"`
	Account      string     `json:"account"` // whose it is: of an organisation's trail, the organisation's
	HomeRegion   string     `json:"homeRegion"`
	Bucket       string     `json:"bucket"`
	Prefix       string     `json:"prefix"`
	MultiRegion  bool       `json:"multiRegion"`
	Organization bool       `json:"organization"`
	Validation   bool       `json:"validation"` // digests are delivered
	KMSKey       string     `json:"kmsKey"`     // ARN; empty is S3's own encryption
	Topic        string     `json:"snsTopic"`   // ARN
	Status       *Status    `json:"status"`     // nil is unknown
	Selection    *Selection `json:"selection"`  // nil is unknown
	Insights     []string   `json:"insights"`   // ApiCallRateInsight, …, with "(Data)" or the like where not of management events alone; nil is unknown
	Unknown      []Unknown  `json:"unknown,omitempty"`
}

// An Unknown is what CloudTrail did not tell of a trail, and why.
type Unknown struct {
	Call   string `json:"call"`   // GetTrailStatus, …
	Reason string `json:"reason"` // with a hint on a line of its own, where there is one
}

// TrailsFound are all trails that deliver logs of the account.
type TrailsFound struct {
	Trails []Trail `json:"trails"` // by home region and name
	RegionsAsked
}

// RegionsAsked are regions that were asked, and whether they said anything.
type RegionsAsked struct {
	// Answered, Disabled and Refused are the regions that were asked. Disabled
	// are not enabled in the account, or not for these credentials: the answer
	// is the same.
	Answered []string  `json:"answered"`
	Disabled []string  `json:"disabled"`
	Refused  []Refusal `json:"refused"`
}

// A Refusal is why regions told nothing.
type Refusal struct {
	Regions []string `json:"regions"`
	Reason  string   `json:"reason"` // names them; with a hint on a line of its own, where there is one
}

// CheckRegion refuses what is no region's name: it would become part of a
// host's.
func CheckRegion(name string) error {
	if !isRegion(name) {
		return fmt.Errorf("%q is not the name of a region, such as eu-central-1", name)
	}
	return nil
}

// FindTrails asks CloudTrail in all regions at once. A region that does not tell
// is in the result; an error is about the credentials or the options.
func FindTrails(ctx context.Context, o TrailsOptions) (TrailsFound, error) {
	f, err := newFinder(ctx, o)
	if err != nil {
		return TrailsFound{}, err
	}
	answers := make([]answer, len(f.regions))
	var g errgroup.Group
	g.SetLimit(maxAsked)
	for i, region := range f.regions {
		g.Go(func() error {
			answers[i] = f.describe(ctx, region)
			return nil
		})
	}
	_ = g.Wait() // what is wrong is in the answers
	found := fold(answers)
	if o.Details {
		f.details(ctx, &found)
	}
	return found, ctx.Err()
}

// maxAsked is how many requests are under way: a region that hangs must not hold
// up the others.
const maxAsked = 50

// A finder asks CloudTrail.
type finder struct {
	cfg      aws.Config
	endpoint string
	timeout  time.Duration
	regions  []string
}

func newFinder(ctx context.Context, o TrailsOptions) (*finder, error) {
	for _, r := range o.Regions {
		if err := CheckRegion(r); err != nil {
			return nil, err
		}
	}
	s3 := o.S3
	s3.NoSignRequest = false
	s3.Attempts = cmp.Or(s3.Attempts, 3)
	cfg, err := s3.withDefaults().config(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case isCredentials(err):
		return nil, errors.New("cloudtrail: no AWS credentials found\nhint: set AWS_PROFILE or AWS_ACCESS_KEY_ID; they are what finds trails")
	default:
		return nil, configError("cloudtrail", err)
	}
	f := &finder{cfg: cfg, endpoint: o.S3.Endpoint, timeout: cmp.Or(o.Timeout, 10*time.Second), regions: slices.Clone(o.Regions)}
	if len(f.regions) == 0 {
		f.regions = regionsWith(cfg.Region)
	}
	slices.Sort(f.regions)
	f.regions = slices.Compact(f.regions)
	return f, nil
}

// regionsWith are the configured region and the others of its partition, as
// far as the SDK's S3 knows them. That list comes with the SDK and so is as old
// as this program; but a trail of all regions shows in each of them, however
// new its home is. Asking EC2 or Account Management instead would need one more
// permission from everybody.
func regionsWith(configured string) []string {
	regions := []string{configured}
	known := append(s3types.BucketLocationConstraint("").Values(), "us-east-1") // which is no constraint
	for _, r := range known {
		if name := string(r); isRegion(name) && partition(name) == partition(configured) {
			regions = append(regions, name)
		}
	}
	return regions
}

// partition tells AWS's partitions apart by what their regions' names begin with.
func partition(region string) string {
	for _, p := range []string{"cn-", "us-gov-", "us-iso", "eu-iso", "eusc-"} {
		if strings.HasPrefix(region, p) {
			return p
		}
	}
	return ""
}

// client is CloudTrail in a region.
func (f *finder) client(region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(f.cfg, func(o *cloudtrail.Options) {
		o.Region = region
		if f.endpoint != "" {
			o.BaseEndpoint = &f.endpoint
		}
	})
}

// An answer is what one region says.
type answer struct {
	region string
	trails []types.Trail
	err    error
}

func (f *finder) describe(ctx context.Context, region string) answer {
	a := answer{region: region}
	a.err = f.ask(ctx, func(ctx context.Context) error {
		out, err := f.client(region).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
		if err == nil {
			a.trails = out.TrailList
		}
		return err
	})
	return a
}

// A silence is a region that does not answer in time.
type silence time.Duration

func (s silence) Error() string { return "no answer within " + time.Duration(s).String() }

// ask runs a request that may take so long, and no longer.
func (f *finder) ask(ctx context.Context, call func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	err := call(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return silence(f.timeout)
	}
	return err
}

// fold makes one trail of it and its shadows in other regions.
func fold(answers []answer) TrailsFound {
	found := TrailsFound{Trails: []Trail{}, RegionsAsked: regionsAsked(answers, "DescribeTrails")}
	known := map[string]bool{}
	for _, a := range answers {
		for _, t := range a.trails {
			trail := newTrail(t)
			id := cmp.Or(trail.ARN, strings.Join([]string{trail.HomeRegion, trail.Name, trail.Bucket}, "\n"))
			if !known[id] {
				known[id] = true
				found.Trails = append(found.Trails, trail)
			}
		}
	}
	slices.SortStableFunc(found.Trails, func(a, b Trail) int {
		return cmp.Or(strings.Compare(a.HomeRegion, b.HomeRegion), strings.Compare(a.Name, b.Name), strings.Compare(a.ARN, b.ARN))
	})
	return found
}

// regionsAsked tells the regions apart that answered a call, and those that did not.
func regionsAsked(answers []answer, call string) RegionsAsked {
	asked := RegionsAsked{Answered: []string{}, Disabled: []string{}, Refused: []Refusal{}}
	var refused, disabled []answer
	for _, a := range answers {
		switch {
		case a.err == nil:
			asked.Answered = append(asked.Answered, a.region)
		case notEnabled(a.err):
			disabled = append(disabled, a)
		default:
			refused = append(refused, a)
		}
	}
	if len(asked.Answered) == 0 { // then it is the credentials
		refused, disabled = append(refused, disabled...), nil
	}
	for _, a := range disabled {
		asked.Disabled = append(asked.Disabled, a.region)
	}
	asked.Refused = append(asked.Refused, refusals(refused, call)...)
	return asked
}

func newTrail(t types.Trail) Trail {
	trail := Trail{
		Name: aws.ToString(t.Name), ARN: aws.ToString(t.TrailARN), HomeRegion: aws.ToString(t.HomeRegion),
		Bucket: aws.ToString(t.S3BucketName), Prefix: aws.ToString(t.S3KeyPrefix),
		MultiRegion: aws.ToBool(t.IsMultiRegionTrail), Organization: aws.ToBool(t.IsOrganizationTrail),
		Validation: aws.ToBool(t.LogFileValidationEnabled), KMSKey: aws.ToString(t.KmsKeyId), Topic: aws.ToString(t.SnsTopicARN),
	}
	// arn:PARTITION:cloudtrail:REGION:ACCOUNT:trail/NAME
	if part := strings.SplitN(trail.ARN, ":", 6); len(part) == 6 {
		trail.Account = part[4]
	}
	return trail
}
