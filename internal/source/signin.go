package source

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go/middleware"
)

// An expiredError is about a sign-in that is over, or has yet to be. It says how to
// sign in.
type expiredError struct {
	err  error
	hint string
}

func (e expiredError) Error() string {
	what := "the credentials have expired"
	if errors.Is(e.err, fs.ErrNotExist) || strings.Contains(e.err.Error(), "token file not found") {
		what = "nobody is signed in"
	}
	return what + "\nhint: " + e.hint
}

func (e expiredError) Unwrap() error { return e.err }

// explain has every client that is made of cfg return an expiredError when a
// request says that the credentials have expired.
func explain(cfg *aws.Config) {
	hint := signIn(cfg.ConfigSources)
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ExplainExpiry",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				out, metadata, err := next.HandleInitialize(ctx, in)
				return out, metadata, explained(err, hint)
			}), middleware.Before)
	})
}

func explained(err error, hint string) error {
	if hasExpired(err) {
		return expiredError{err, hint}
	}
	return err
}

// hasExpired tells a sign-in that is over from one that never was. S3, STS, single
// sign-on and `aws login` each have words of their own for it.
func hasExpired(err error) bool {
	if err == nil {
		return false
	}
	switch code, _ := apiCode(err); code {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", // a service's
		"InvalidGrantException", "UnauthorizedException": // single sign-on's
		return true
	}
	var token *ssocreds.InvalidTokenError
	if errors.As(err, &token) {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "cached SSO token is expired") || strings.Contains(text, "refresh cached SSO token failed") ||
		strings.Contains(text, "failed to read cached SSO token file") || strings.Contains(text, "please reauthenticate")
}

// signIn says how to sign in again, from where the credentials are.
func signIn(sources []any) string {
	const again = ", and run again: a load goes on from where it was"
	for _, s := range sources {
		if env, ok := s.(config.EnvConfig); ok && env.Credentials.HasKeys() && env.SharedConfigProfile == "" {
			return "sign in for new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN" + again
		}
	}
	for _, s := range sources {
		if shared, ok := s.(config.SharedConfig); ok {
			return profileSignIn(shared) + again
		}
	}
	return "sign in" + again
}

// profileSignIn follows a profile to the one that it takes its credentials from.
func profileSignIn(shared config.SharedConfig) string {
	for shared.Source != nil {
		shared = *shared.Source
	}
	profile := ""
	if name := cmp.Or(shared.Profile, "default"); name != "default" {
		profile = " --profile " + quoted(name)
	}
	switch {
	case shared.SSOAccountID != "" || shared.SSOSessionName != "":
		return "sign in with `aws sso login" + profile + "`"
	case shared.LoginSession != "":
		return "sign in with `aws login" + profile + "`"
	case profile != "":
		return "renew the credentials of profile " + shared.Profile
	}
	return "renew the credentials"
}

// quoted is a name as a shell takes it for one word.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./@+:", r))
	}) {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}
