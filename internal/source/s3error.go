package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// retryer retries what may pass: throttling, 5xx, broken connections and
// answers cut short. The SDK's own budget for retries is off: it would give up
// all of many parallel requests just when a throttled bucket asks for patience.
func (o S3Options) retryer() aws.Retryer {
	return retry.NewStandard(func(so *retry.StandardOptions) {
		so.MaxAttempts = o.Attempts
		so.RateLimiter = ratelimit.None
		so.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			return o.delay(attempt), nil
		})
		so.Retryables = append(so.Retryables, retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			var bad *smithy.DeserializationError // a LIST that was cut
			if errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &bad) {
				return aws.TrueTernary
			}
			return aws.UnknownTernary
		}))
	})
}

// delay is a random wait, so that throttled requests do not come back together.
func (o S3Options) delay(attempt int) time.Duration {
	d := min(o.Backoff<<min(max(attempt-1, 0), 16), o.MaxBackoff)
	return d/2 + rand.N(d/2+1)
}

func (o S3Options) wait(ctx context.Context, attempt int) error {
	t := time.NewTimer(o.delay(attempt))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// bucketRegion is the region that an error's answer names, or empty.
func bucketRegion(err error) string {
	var re *smithyhttp.ResponseError
	if !errors.As(err, &re) || re.Response == nil {
		return ""
	}
	return re.Response.Header.Get("X-Amz-Bucket-Region")
}

// objectError says what became of an object, without the SDK's wrapping.
func objectError(name string, err error) error {
	code, text := apiError(err)
	switch {
	case code == "NoSuchKey", code == "NoSuchVersion", code == "NotFound":
		return fmt.Errorf("%s: not there (%s): %w", name, code, fs.ErrNotExist)
	case isKMS(code, text):
		return &KeyError{Object: name, Key: keyARN.FindString(text), Text: text}
	case code == "InvalidObjectState":
		return fmt.Errorf("%s: %w: %s", name, ErrArchived, text)
	case code == "PreconditionFailed", code == "InvalidRange":
		return fmt.Errorf("%s: changed while it was read", name)
	}
	return accountError(name, code, text, "s3:GetObject on it", err)
}

// listError says why a prefix cannot be listed.
func listError(name string, err error) error {
	code, text := apiError(err)
	if code == "NoSuchBucket" {
		return fatalError{fmt.Errorf("%s: no such bucket", name)}
	}
	return accountError(name, code, text, "s3:ListBucket on the bucket", err)
}

// accountError covers what is about who asks: fatal unless it is one denial.
func accountError(name, code, text, needs string, err error) error {
	if who := identityError(err); who != nil {
		return fatalError{fmt.Errorf("%s: %w", name, who)}
	}
	switch code {
	case "AccessDenied", "Forbidden", "AllAccessDisabled":
		return fmt.Errorf("%s: %w: %s\nhint: the identity needs %s", name, fs.ErrPermission, cmp.Or(text, code), needs)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidSecurity":
		return fatalError{fmt.Errorf("%s: %s: %s\nhint: check AWS_PROFILE and the access key", name, code, text)}
	case "":
		if isCredentials(err) {
			return fatalError{configError(name, err)}
		}
		return fmt.Errorf("%s: %w", name, sendError(err))
	}
	return fmt.Errorf("%s: %s: %s", name, code, text)
}

// sendError is what went wrong with a request that had no answer, without "operation
// error S3: …, exceeded maximum number of attempts, …"; else err.
func sendError(err error) error {
	var send *smithyhttp.RequestSendError
	if errors.As(err, &send) {
		return send.Err
	}
	return err
}

// identityError is what of err is about who asks: a sign-in that is over, or a role
// that is refused. It is nil for all else.
func identityError(err error) error {
	var expired expiredError
	var role roleError
	switch {
	case errors.As(err, &expired):
		return expired
	case errors.As(err, &role):
		return role
	}
	return nil
}

// configError is for what goes wrong before the first request.
func configError(name string, err error) error {
	if who := identityError(err); who != nil {
		return fmt.Errorf("%s: %w", name, who)
	}
	var profile config.SharedConfigProfileNotExistError
	switch text := err.Error(); {
	case errors.As(err, &profile):
		return fmt.Errorf("%s: profile %s is not in the AWS configuration\nhint: see `aws configure list-profiles`, and AWS_PROFILE", name, profile.Profile)
	case strings.Contains(text, "SSO"):
		return fmt.Errorf("%s: single sign-on cannot be used: %s\nhint: check the profile with `aws configure sso`", name, oneLine(text))
	case isCredentials(err):
		return fmt.Errorf("%s: no AWS credentials found\nhint: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or use --no-sign-request for a public bucket", name)
	default:
		return fmt.Errorf("%s: the AWS configuration cannot be used: %s\nhint: check AWS_PROFILE and the files in ~/.aws", name, oneLine(text))
	}
}

// isCredentials reports whether there are none at all.
func isCredentials(err error) bool {
	text := err.Error()
	return identityError(err) == nil && (strings.Contains(text, "refresh cached credentials") || strings.Contains(text, "get identity") ||
		strings.Contains(text, "static credentials are empty") || strings.Contains(text, "no EC2 IMDS role found"))
}

// A KeyError is the refusal of an object's bytes by the KMS key that encrypts them.
// It wraps ErrKMS.
type KeyError struct {
	Object string
	Key    string // its ARN; "" if AWS does not name it
	Text   string // what AWS says
}

func (e *KeyError) Error() string { return e.Object + ": access denied by KMS: " + e.Text }
func (e *KeyError) Unwrap() error { return ErrKMS }

var keyARN = regexp.MustCompile(`arn:aws[a-z-]*:kms:[a-z0-9-]*:[0-9]*:(key|alias)/[A-Za-z0-9:/_-]+`)

// isKMS tells a refusal by the key that encrypts from a refusal by S3.
func isKMS(code, text string) bool {
	return strings.HasPrefix(code, "KMS.") ||
		(code == "AccessDenied" || code == "AccessDeniedException") && strings.Contains(strings.ToLower(text), "kms") ||
		strings.Contains(text, "customer master key")
}

// apiError is the answer to a request. What is said of who asks is none.
func apiError(err error) (code, text string) {
	if identityError(err) != nil {
		return "", ""
	}
	return apiCode(err)
}

func apiCode(err error) (code, text string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		code, text = api.ErrorCode(), oneLine(api.ErrorMessage())
	}
	return code, text
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
