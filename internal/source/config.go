package source

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config is the SDK's configuration by these options, for other services than S3.
func (o S3Options) Config(ctx context.Context) (aws.Config, error) {
	cfg, err := o.withDefaults().config(ctx)
	if err != nil {
		return cfg, configError("aws", err)
	}
	if o.Endpoint != "" {
		cfg.BaseEndpoint = &o.Endpoint
	}
	return cfg, nil
}
