package source

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"golang.org/x/sync/errgroup"
)

// A Status is whether a trail delivers.
type Status struct {
	Logging       bool       `json:"logging"`
	LastDelivery  *time.Time `json:"lastDelivery"`  // nil: never
	DeliveryError string     `json:"deliveryError"` // S3's word, of the last attempt; empty is none
}

// details asks the home regions. What one does not tell stays nil in the trail,
// with the reason; CloudTrail allows ten such requests a second and region.
func (f *finder) details(ctx context.Context, found *TrailsFound) {
	var g errgroup.Group
	g.SetLimit(8)
	for i := range found.Trails {
		t := &found.Trails[i]
		if why := found.unreachable(t.HomeRegion); why != "" {
			t.Unknown = append(t.Unknown, Unknown{"GetTrailStatus", why}, Unknown{"GetEventSelectors", why}, Unknown{"GetInsightSelectors", why})
			continue
		}
		g.Go(func() error {
			f.detail(ctx, t)
			return nil
		})
	}
	_ = g.Wait() // what is wrong is in the trails
}

// unreachable is why a region need not be asked again, or empty.
func (found *TrailsFound) unreachable(region string) string {
	if err := CheckRegion(region); err != nil {
		return "its home region: " + err.Error()
	}
	if slices.Contains(found.Disabled, region) {
		return "its home region " + region + " is not enabled for these credentials"
	}
	for _, r := range found.Refused {
		if slices.Contains(r.Regions, region) {
			return "its home region " + region + " refuses"
		}
	}
	return ""
}

// detail asks for one trail, by ARN: a member of an organisation may not name it
// otherwise.
func (f *finder) detail(ctx context.Context, t *Trail) {
	client := f.client(t.HomeRegion)
	for _, c := range []struct {
		name string
		call func(context.Context) error
	}{
		{"GetTrailStatus", func(ctx context.Context) error {
			out, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &t.ARN})
			if err == nil {
				t.Status = &Status{aws.ToBool(out.IsLogging), out.LatestDeliveryTime, aws.ToString(out.LatestDeliveryError)}
			}
			return err
		}},
		{"GetEventSelectors", func(ctx context.Context) error {
			out, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &t.ARN})
			if err == nil {
				t.Selection = selection(out.EventSelectors, out.AdvancedEventSelectors)
			}
			return err
		}},
		{"GetInsightSelectors", func(ctx context.Context) error {
			out, err := client.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: &t.ARN})
			var none *types.InsightNotEnabledException
			switch {
			case errors.As(err, &none):
				t.Insights, err = []string{}, nil
			case err == nil:
				t.Insights = insights(out.InsightSelectors)
			}
			return err
		}},
	} {
		if err := f.ask(ctx, c.call); err != nil {
			t.Unknown = append(t.Unknown, Unknown{c.name, cloudtrailError("cloudtrail in "+t.HomeRegion, c.name, err).Error()})
		}
	}
}

// insights are their types. Those of management events alone, which is the default,
// do not say so.
func insights(selectors []types.InsightSelector) []string {
	kinds := []string{}
	for _, s := range selectors {
		kind := string(s.InsightType)
		var of []string
		for _, c := range s.EventCategories {
			of = append(of, string(c))
		}
		if of = sorted(of); slices.Contains(of, string(types.SourceEventCategoryData)) {
			kind += " (" + strings.Join(of, " and ") + ")"
		}
		kinds = append(kinds, kind)
	}
	return sorted(kinds)
}

// sorted is a list of its own, each once, and never nil: in JSON none is [].
func sorted(names []string) []string {
	names = append([]string{}, names...)
	slices.Sort(names)
	return slices.Compact(names)
}
