package source

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AWS is the SDK's configuration for the client of another service, which then has the
// same credentials, role, endpoint, tries and waits. What it is for is named in errors.
func (o S3Options) AWS(ctx context.Context, what string) (aws.Config, error) {
	o = o.withDefaults()
	cfg, err := o.config(ctx)
	if err != nil {
		return cfg, configError(what, err)
	}
	if o.Endpoint != "" {
		cfg.BaseEndpoint = &o.Endpoint
	}
	return cfg, nil
}
