package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

const (
	// historyReach is how far CloudTrail's event history goes back.
	historyReach = 90 * 24 * time.Hour
	// historySettles is how long after a day its events have all come: hours more
	// than the quarter of an hour that CloudTrail speaks of.
	historySettles = 6 * time.Hour
	historyBase    = "lookup:"
)

// HistoryOptions say where to ask for CloudTrail's event history.
type HistoryOptions struct {
	// Regions are asked; when there are none, those of TrailsOptions.
	Regions []string
	Timeout time.Duration // for whether a region answers; 10 s when 0
	Pace    time.Duration // between requests to a region; 500 ms when 0, which is the limit of an account
	Now     time.Time
	S3      S3Options // as for TrailsOptions
}

// A History is CloudTrail's event history: management events of the last 90 days,
// which it keeps of each account and region, with or without a trail.
type History struct {
	RegionsAsked
	Account string

	regions map[string]*historyRegion // those with events
	now     time.Time
}

// FindHistory asks which account it is, and each region for an event of it. What
// refuses is in the result; an error is about the credentials or the options.
func FindHistory(ctx context.Context, o HistoryOptions) (*History, error) {
	f, err := newFinder(ctx, TrailsOptions{Regions: o.Regions, Timeout: o.Timeout, S3: o.S3})
	if err != nil {
		return nil, err
	}
	h := &History{regions: map[string]*historyRegion{}, now: o.Now.UTC().Truncate(time.Second)}
	if h.Account, err = f.account(ctx); err != nil {
		return nil, err
	}
	answers, regions := make([]answer, len(f.regions)), make([]*historyRegion, len(f.regions))
	var g errgroup.Group
	g.SetLimit(maxAsked)
	for i, region := range f.regions {
		g.Go(func() error {
			r := newHistoryRegion(f, region, o.Pace)
			answers[i] = answer{region: region}
			answers[i].err = f.ask(ctx, func(ctx context.Context) error {
				any, err := r.any(ctx, h.now.Add(-historyReach+time.Minute), h.now)
				if any {
					regions[i] = r
				}
				return err
			})
			return nil
		})
	}
	_ = g.Wait() // what is wrong is in the answers
	h.RegionsAsked = regionsAsked(answers, "LookupEvents")
	for i, r := range regions {
		if r != nil {
			h.regions[f.regions[i]] = r
		}
	}
	return h, ctx.Err()
}

// account is whose the credentials are. Nobody needs a permission to ask.
func (f *finder) account(ctx context.Context) (string, error) {
	client := sts.NewFromConfig(f.cfg, func(o *sts.Options) {
		if f.endpoint != "" {
			o.BaseEndpoint = &f.endpoint
		}
	})
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		code, text := apiError(err)
		return "", accountError("STS", code, text, "sts:GetCallerIdentity", err)
	case !isAccount(aws.ToString(out.Account)):
		return "", fmt.Errorf("STS: the account of the credentials is %q", aws.ToString(out.Account))
	}
	return *out.Account, nil
}

// Open is the source of the history: an object for each day of each region that has
// events, laid out as a trail's logs are. A day that is over, and all of it has come,
// is the same object ever after; one that goes on is another each time.
func (h *History) Open(o Options) *Source {
	c := new(counters)
	return newSource(&historyStore{h: h, counts: c, days: h.days()}, "", o, c)
}

// days are the objects, by name.
func (h *History) days() (days []entry) {
	for region := range h.regions {
		for d := day(h.now.Add(-historyReach + time.Minute)); d.Before(h.now); d = d.AddDate(0, 0, 1) {
			folder := h.Account + "/" + cloudtrail.KindEvents + "/" + region + "/" + d.Format("2006/01/02/")
			e := entry{Object: cloudtrail.Object{
				Name: historyBase + folder + h.Account + "_" + cloudtrail.KindEvents + "_" + region + "_" + d.Format("20060102T1504Z"),
				Size: -1, Modified: d.AddDate(0, 0, 1).Add(historySettles),
			}}
			if e.Modified.After(h.now) {
				e.Modified = h.now
			}
			days = append(days, e)
		}
	}
	slices.SortFunc(days, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	return days
}

// A historyStore has a history's days for objects.
type historyStore struct {
	h      *History
	days   []entry
	counts *counters
}

func (s *historyStore) base() string { return historyBase }

func (s *historyStore) level(prefix string) cursor {
	return &heldCursor{entries: s.days, base: historyBase, prefix: prefix, level: true, lists: &s.counts.lists}
}

func (s *historyStore) under(prefix, after string) cursor {
	return &heldCursor{entries: s.days, base: historyBase, prefix: prefix, after: after, lists: &s.counts.lists}
}

// open waits until no other day of the region is read: requests are few, and a day
// that is whole is worth more than parts of several.
func (s *historyStore) open(ctx context.Context, o cloudtrail.Object) (io.ReadCloser, error) {
	k, ok := cloudtrail.ParseKey(strings.TrimPrefix(o.Name, historyBase))
	r := s.h.regions[k.Region]
	if !ok || r == nil {
		return nil, fmt.Errorf("%s: not of this event history", o.Name)
	}
	select {
	case r.reading <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", o.Name, ctx.Err())
	}
	from, to := k.Delivered, k.Delivered.AddDate(0, 0, 1).Add(-time.Second)
	if first := s.h.now.Add(-historyReach + time.Minute); from.Before(first) {
		from = first
	}
	return &historyBody{ctx: ctx, r: r, name: o.Name, in: sdk.LookupEventsInput{StartTime: &from, EndTime: &to, MaxResults: aws.Int32(50)}}, nil
}

// A historyBody is a day's events as they come, newest first: a record a line.
type historyBody struct {
	ctx  context.Context // a Read has no other way to know it
	r    *historyRegion
	name string
	in   sdk.LookupEventsInput

	text   []byte
	any    bool
	end    error // after text
	closed bool
}

func (b *historyBody) Read(p []byte) (int, error) {
	for len(b.text) == 0 && b.end == nil {
		if b.end = b.page(); b.end == io.EOF && !b.any {
			b.text = []byte(`{"Records":[]}`) // nothing happened on that day; nothing at all would be a fault
		}
	}
	if len(b.text) == 0 {
		return 0, b.end
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, nil
}

// page gets the next page of events; io.EOF comes with the last.
func (b *historyBody) page() error {
	out, err := b.r.client.LookupEvents(b.ctx, &b.in)
	if c := b.ctx.Err(); c != nil {
		return fmt.Errorf("%s: %w", b.name, c)
	}
	if err != nil {
		return cloudtrailError(b.name, "LookupEvents", err)
	}
	for _, e := range out.Events {
		record := aws.ToString(e.CloudTrailEvent)
		if record == "" {
			return fmt.Errorf("%s: event %s has no record", b.name, aws.ToString(e.EventId))
		}
		b.text, b.any = append(append(b.text, record...), '\n'), true
	}
	switch next := aws.ToString(out.NextToken); next {
	case "":
		return io.EOF
	case aws.ToString(b.in.NextToken):
		return fmt.Errorf("%s: the pages do not go on: no new token", b.name)
	}
	b.in.NextToken = out.NextToken
	return nil
}

// Close lets the next day of the region be read.
func (b *historyBody) Close() error {
	if !b.closed {
		b.closed, b.end = true, errors.New("closed")
		<-b.r.reading
	}
	return nil
}
