package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/logging"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// S3Options say how to reach S3, beside what the SDK's own credential chain
// finds (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, …).
type S3Options struct {
	Endpoint      string // URL; empty is AWS, or AWS_ENDPOINT_URL
	PathStyle     bool   // host/bucket/key instead of bucket.host/key
	NoSignRequest bool   // for public buckets
	RequestPayer  bool   // the requester pays
	Role          Role   // whose credentials to use, in place of those that were found

	Attempts   int           // for one request, and to take up one body; 8 when 0
	Backoff    time.Duration // longest first wait, doubled each time; 200 ms when 0
	MaxBackoff time.Duration // 20 s when 0
	Stall      time.Duration // a server silent for so long is given up; 60 s when 0
	Conns      int           // idle connections kept; 64 when 0
}

// S3 is a bucket, or what in it begins with prefix, as in `aws s3 ls`. A prefix
// that is the key of an object names that object alone. The bucket's region is
// found from S3's answers.
func S3(ctx context.Context, bucket, prefix string, opt Options) (*Source, error) {
	name := "s3://" + bucket
	if bucket == "" {
		return nil, errors.New("s3://: a bucket's name is missing")
	}
	o := opt.S3.withDefaults()
	cfg, err := o.config(ctx)
	if err != nil {
		return nil, configError(name, err)
	}
	c := new(counters)
	st := o.bucket(o.client(cfg), bucket, cfg.Region, c)
	s := newSource(st, prefix, opt, c)
	if opt.Versions {
		s.store = versioned{st}
	}
	s.must = prefix != ""
	return s, nil
}

func (o S3Options) client(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(so *s3.Options) {
		if o.Endpoint != "" {
			so.BaseEndpoint = &o.Endpoint
		}
		so.UsePathStyle = o.PathStyle
		so.DisableLogOutputChecksumValidationSkipped = true
	})
}

// bucket is a bucket that is asked in a region first.
func (o S3Options) bucket(client *s3.Client, name, region string, c *counters) *s3Store {
	st := &s3Store{client: client, bucket: name, opt: o, counts: c}
	st.region.Store(&region)
	return st
}

func (o S3Options) withDefaults() S3Options {
	o.Attempts = cmp.Or(o.Attempts, 8)
	o.Backoff = cmp.Or(o.Backoff, 200*time.Millisecond)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, 20*time.Second)
	o.Stall = cmp.Or(o.Stall, time.Minute)
	o.Conns = cmp.Or(o.Conns, 64)
	return o
}

// config loads the SDK's configuration and asks for the credentials once, those of
// the role too, so that their lack is told before anything else.
func (o S3Options) config(ctx context.Context) (aws.Config, error) {
	load := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // errors are returned; the rest is not for a person
		config.WithRetryer(func() aws.Retryer { return o.retryer() }),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 2*o.Conns, o.Conns
			t.ResponseHeaderTimeout = o.Stall
		})),
	}
	if o.NoSignRequest {
		load = append(load, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return cfg, err
	}
	cfg.Region = cmp.Or(cfg.Region, "us-east-1")
	if o.NoSignRequest {
		return cfg, nil
	}
	explain(&cfg)
	_, err = cfg.Credentials.Retrieve(ctx)
	if err == nil && o.Role.ARN != "" {
		o.assume(&cfg)
		_, err = cfg.Credentials.Retrieve(ctx)
	}
	return cfg, explained(err, signIn(cfg.ConfigSources))
}

type s3Store struct {
	client *s3.Client
	bucket string
	opt    S3Options
	counts *counters
	region atomic.Pointer[string] // the bucket's, once an answer has told it
}

func (s *s3Store) base() string { return "s3://" + s.bucket + "/" }

func (s *s3Store) level(prefix string) cursor {
	return &s3Cursor{s: s, prefix: prefix, delimiter: aws.String("/")}
}

func (s *s3Store) under(prefix, after string) cursor {
	c := &s3Cursor{s: s, prefix: prefix}
	if after > prefix {
		c.after = &after
	}
	return c
}

// call runs a request in the bucket's region: where the answer names another
// one, it is asked there, and so is whatever follows.
func (s *s3Store) call(f func(opt func(*s3.Options)) error) error {
	region := *s.region.Load()
	at := func(o *s3.Options) { o.Region = region }
	err := f(at)
	if found := bucketRegion(err); found != "" && found != region {
		region = found
		s.region.Store(&found)
		err = f(at)
	}
	return err
}

func (s *s3Store) payer() types.RequestPayer {
	if s.opt.RequestPayer {
		return types.RequestPayerRequester
	}
	return ""
}

// An s3Cursor pages through ListObjectsV2.
type s3Cursor struct {
	s         *s3Store
	prefix    string
	after     *string
	delimiter *string
	token     *string
	done      bool
}

func (c *s3Cursor) page(ctx context.Context, max int) ([]entry, error) {
	if c.done {
		return nil, io.EOF
	}
	c.s.counts.lists.Add(1)
	var out *s3.ListObjectsV2Output
	err := c.s.call(func(opt func(*s3.Options)) (err error) {
		out, err = c.s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
			Bucket: &c.s.bucket, Prefix: &c.prefix, Delimiter: c.delimiter,
			StartAfter: c.after, ContinuationToken: c.token, MaxKeys: aws.Int32(int32(min(max, 1000))),
			// Keys may hold what XML cannot.
			EncodingType: types.EncodingTypeUrl, RequestPayer: c.s.payer(),
			OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus},
		}, opt)
		return err
	})
	if err != nil {
		return nil, listError(c.s.base()+c.prefix, err)
	}
	page, err := c.s.entries(out)
	if err != nil {
		return nil, err
	}
	if !aws.ToBool(out.IsTruncated) {
		c.done = true
		return page, io.EOF
	}
	if next := aws.ToString(out.NextContinuationToken); next == "" || next == aws.ToString(c.token) {
		return page, fmt.Errorf("%s: the listing does not go on: no new continuation token", c.s.base()+c.prefix)
	}
	c.token = out.NextContinuationToken
	return page, nil
}

func (s *s3Store) entries(out *s3.ListObjectsV2Output) ([]entry, error) {
	decode := func(k *string) (string, error) {
		if out.EncodingType != types.EncodingTypeUrl {
			return aws.ToString(k), nil
		}
		return url.QueryUnescape(aws.ToString(k))
	}
	base := s.base()
	page := make([]entry, 0, len(out.Contents)+len(out.CommonPrefixes))
	for _, p := range out.CommonPrefixes {
		key, err := decode(p.Prefix)
		if err != nil {
			return nil, fmt.Errorf("%s: a folder's name cannot be decoded: %w", base, err)
		}
		page = append(page, entry{folder: true, Object: cloudtrail.Object{Name: base + key}})
	}
	for _, o := range out.Contents {
		key, err := decode(o.Key)
		if err != nil {
			return nil, fmt.Errorf("%s: a key cannot be decoded: %w", base, err)
		}
		e := entry{Object: cloudtrail.Object{
			Name: base + key, Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified),
			ETag: strings.Trim(aws.ToString(o.ETag), `"`),
		}}
		if archived(o) {
			e.Fault = fmt.Errorf("%s: %w: storage class %s, not restored", e.Name, ErrArchived, o.StorageClass)
		}
		page = append(page, e)
	}
	return page, nil
}

// archived reports what a listing can know. Intelligent-Tiering's archive
// tiers do not show in it: there the GET is refused.
func archived(o types.Object) bool {
	switch o.StorageClass {
	case types.ObjectStorageClassGlacier, types.ObjectStorageClassDeepArchive:
		r := o.RestoreStatus
		return r == nil || aws.ToBool(r.IsRestoreInProgress) || r.RestoreExpiryDate == nil
	}
	return false
}
