package source

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/smithy-go/middleware"
)

// A historyRegion is asked for events no faster than CloudTrail allows: twice a
// second, all of an account's programs together.
type historyRegion struct {
	client  *sdk.Client
	reading chan struct{} // holds one for who reads a day
}

func newHistoryRegion(f *finder, region string, every time.Duration) *historyRegion {
	p := &pace{every: cmp.Or(every, time.Second/2)}
	// Others may ask, too: who is throttled stays away for longer than that.
	patient := S3Options{Attempts: 8, Backoff: 2 * p.every, MaxBackoff: 40 * p.every}
	client := sdk.NewFromConfig(f.cfg, func(o *sdk.Options) {
		o.Region = region
		if f.endpoint != "" {
			o.BaseEndpoint = &f.endpoint
		}
		o.Retryer = patient.retryer()
		o.APIOptions = append(o.APIOptions, p.add)
	})
	return &historyRegion{client: client, reading: make(chan struct{}, 1)}
}

// any reports whether there are events.
func (r *historyRegion) any(ctx context.Context, from, to time.Time) (bool, error) {
	out, err := r.client.LookupEvents(ctx, &sdk.LookupEventsInput{StartTime: &from, EndTime: &to, MaxResults: aws.Int32(1)})
	return err == nil && (len(out.Events) > 0 || aws.ToString(out.NextToken) != ""), err
}

// A pace keeps requests apart.
type pace struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time
}

// add has each try of a request wait its turn.
func (p *pace) add(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("Pace",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
			if err := p.wait(ctx); err != nil {
				return out, metadata, err
			}
			return next.HandleFinalize(ctx, in)
		}), "Retry", middleware.After)
}

func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	at := time.Now()
	if p.next.After(at) {
		at = p.next
	}
	p.next = at.Add(p.every)
	p.mu.Unlock()
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
