package source_test

import (
	"crypto/sha1"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctsql/ctsql/internal/source"
)

// TestSignIn: a sign-in that is over is told from one that never was, and the
// profile is named that is to be signed in to.
func TestSignIn(t *testing.T) {
	const over = "s3://logs: the credentials have expired\nhint: "
	for _, c := range []struct{ name, profile, config, token, want string }{
		{"legacy", "audit", "[profile audit]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = reader\n",
			"https://acme.awsapps.com/start", over + "sign in with `aws sso login --profile audit`, and run again: "},
		{"session", "audit", "[profile audit]\nsso_session = acme\nsso_account_id = 111122223333\nsso_role_name = reader\n[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n",
			"acme", over + "sign in with `aws sso login --profile audit`, and run again: "},
		{"never", "audit", "[profile audit]\nsso_session = acme\nsso_account_id = 111122223333\nsso_role_name = reader\n[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n",
			"", "s3://logs: nobody is signed in\nhint: sign in with `aws sso login --profile audit`, and run again: "},
		{"default", "", "[default]\nsso_session = acme\nsso_account_id = 111122223333\nsso_role_name = reader\n[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n",
			"acme", over + "sign in with `aws sso login`, and run again: "},
		{"source profile", "above", "[profile above]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = o'hara audit\n[profile o'hara audit]\nsso_session = acme\nsso_account_id = 111122223333\nsso_role_name = reader\n[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n",
			"acme", over + `sign in with ` + "`" + `aws sso login --profile 'o'\''hara audit'` + "`"},
		{"none", "", "", "", "s3://logs: no AWS credentials found\nhint: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			for k, v := range map[string]string{
				"AWS_PROFILE": c.profile, "AWS_CONFIG_FILE": filepath.Join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
				"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "",
			} {
				t.Setenv(k, v)
			}
			write(t, filepath.Join(home, "config"), c.config)
			if c.token != "" {
				write(t, filepath.Join(home, ".aws", "sso", "cache", sha1Hex(c.token)+".json"),
					`{"accessToken":"x","expiresAt":"`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`","region":"eu-west-1","startUrl":"https://acme.awsapps.com/start"}`)
			}
			_, err := source.New(t.Context(), "s3://logs", source.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sha1Hex is how the SDK names the file of a sign-in.
func sha1Hex(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
