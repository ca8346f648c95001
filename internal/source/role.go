package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// A Role is one of IAM's that is assumed for all requests: mostly another
// account's, which lets it read its logs. The zero Role is none.
type Role struct {
	ARN        string
	ExternalID string // what the role's trust policy asks for, if it does
	Session    string // as the requests show in that account's own logs; ctsql when empty
}

// Check refuses what cannot be a role, before anybody is asked for it.
func (r Role) Check() error {
	part := strings.SplitN(r.ARN, ":", 6)
	switch {
	case r.ARN == "" && r.ExternalID != "":
		return errors.New("an external ID without a role")
	case r.ARN == "":
		return nil
	case len(part) != 6 || part[0] != "arn" || part[2] != "iam" || !strings.HasPrefix(part[5], "role/"):
		return fmt.Errorf("%q is not the ARN of a role, such as arn:aws:iam::111122223333:role/log-reader", r.ARN)
	case r.Session != "" && !isWord(r.Session, 64, "_+=,.@-"):
		return fmt.Errorf("%q is no name of a session: 2 to 64 letters, digits and _+=,.@- are wanted", r.Session)
	case r.ExternalID != "" && !isWord(r.ExternalID, 1224, "_+=,.@:/-"):
		// Some keep it to themselves, and STS would repeat it.
		return errors.New("the external ID is none: 2 to 1224 letters, digits and _+=,.@:/- are wanted")
	}
	return nil
}

// isWord reports whether s is 2 to most ASCII letters, digits and others, as STS wants
// its names.
func isWord(s string, most int, others string) bool {
	const usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return len(s) >= 2 && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(usual+others, r) })
}

// renewBefore is how long before its end a role's session is renewed: longer than
// clocks differ, and than a request waits between its tries.
const renewBefore = time.Minute

// assume makes cfg's credentials those of the role's sessions, each asked for with
// the credentials that cfg had. Endpoint stands for that of STS, too.
func (o S3Options) assume(cfg *aws.Config) {
	client := sts.NewFromConfig(*cfg, func(so *sts.Options) {
		if o.Endpoint != "" {
			so.BaseEndpoint = &o.Endpoint
		}
	})
	sessions := stscreds.NewAssumeRoleProvider(client, o.Role.ARN, func(ao *stscreds.AssumeRoleOptions) {
		ao.RoleSessionName = cmp.Or(o.Role.Session, "ctsql")
		ao.Duration = time.Hour // which every role grants
		if o.Role.ExternalID != "" {
			ao.ExternalID = &o.Role.ExternalID
		}
	})
	cfg.Credentials = aws.NewCredentialsCache(roleProvider{sessions, o.Role.ARN}, func(co *aws.CredentialsCacheOptions) {
		co.ExpiryWindow = renewBefore
	})
}

// A roleProvider's errors say that they are about the role: the codes of STS are
// also those of the service that is asked with its credentials.
type roleProvider struct {
	aws.CredentialsProvider
	arn string
}

func (p roleProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = roleError{p.arn, err}
	}
	return c, err
}

type roleError struct {
	arn string
	err error
}

func (e roleError) Error() string {
	code, text := apiCode(e.err)
	said := fmt.Sprintf("the role %s cannot be assumed: ", e.arn)
	switch code {
	case "":
		return said + oneLine(sendError(e.err).Error())
	case "AccessDenied":
		return said + text + "\nhint: its trust policy must name the identity that asks, and the external ID if it wants one (--external-id); " +
			"the identity needs sts:AssumeRole on it"
	case "RegionDisabledException":
		return said + text + "\nhint: name a region that is enabled in the role's account with AWS_REGION"
	}
	return said + code + ": " + text
}

func (e roleError) Unwrap() error { return e.err }
