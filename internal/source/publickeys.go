package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// PublicKeys are the keys that CloudTrail signs digests with, each region its own.
type PublicKeys struct {
	cfg      aws.Config
	endpoint string
}

// NewPublicKeys says how to ask for keys, and finds the credentials. The endpoint
// stands for CloudTrail's as well; requests are always signed.
func NewPublicKeys(ctx context.Context, o S3Options) (*PublicKeys, error) {
	o.NoSignRequest = false
	o.Attempts = cmp.Or(o.Attempts, 3)
	cfg, err := o.withDefaults().config(ctx)
	switch {
	case err == nil:
		return &PublicKeys{cfg: cfg, endpoint: o.Endpoint}, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case isCredentials(err):
		return nil, errors.New("CloudTrail's public keys: no AWS credentials found\nhint: set AWS_PROFILE or AWS_ACCESS_KEY_ID; or name a file with --public-keys")
	}
	return nil, configError("CloudTrail's public keys", err)
}

// List asks CloudTrail in a region (cloudtrail:ListPublicKeys) for the keys that
// were valid at some time from from to to. What is no region's name has none.
func (p *PublicKeys) List(ctx context.Context, region string, from, to time.Time) ([]cloudtrail.PublicKey, error) {
	if CheckRegion(region) != nil {
		return nil, nil // it came from a key, and would become part of a host's name
	}
	client := sdk.NewFromConfig(p.cfg, func(o *sdk.Options) {
		o.Region = region
		if p.endpoint != "" {
			o.BaseEndpoint = &p.endpoint
		}
	})
	pages := sdk.NewListPublicKeysPaginator(client, &sdk.ListPublicKeysInput{StartTime: &from, EndTime: &to},
		func(o *sdk.ListPublicKeysPaginatorOptions) { o.StopOnDuplicateToken = true })
	var keys []cloudtrail.PublicKey
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, keysError(region, err)
		}
		for _, k := range page.PublicKeyList {
			keys = append(keys, cloudtrail.PublicKey{Fingerprint: aws.ToString(k.Fingerprint), Value: k.Value})
		}
	}
	return keys, nil
}

func keysError(region string, err error) error {
	name := "CloudTrail's public keys in " + region
	code, text := apiError(err)
	if code == "AccessDeniedException" {
		return fmt.Errorf("%s: %w: %s\nhint: the identity needs cloudtrail:ListPublicKeys; or name a file with --public-keys", name, fs.ErrPermission, text)
	}
	return accountError(name, code, text, "cloudtrail:ListPublicKeys", err)
}
