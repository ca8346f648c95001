package s3test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// An STS gives out the sessions of roles, and knows whose key a request is signed
// with. It takes any other key for that of Account. A signature's key is looked at,
// and not the signature.
type STS struct {
	mu       sync.Mutex
	roles    map[string]*role // by ARN
	sessions map[string]session
	assumed  []Assumed
	used     map[string][]string // by bucket or call: keys, each once
	only     map[string]string   // by bucket: the role that may read it
}

// Account is whose keys are that STS did not give out.
const Account = "111122223333"

type role struct {
	externalID string
	life       time.Duration
}

type session struct {
	arn, token string
	ends       time.Time
}

// An Assumed is a request for a role's session.
type Assumed struct{ ARN, ExternalID, Session, Key string }

func newSTS() *STS {
	return &STS{roles: map[string]*role{}, sessions: map[string]session{}, used: map[string][]string{}, only: map[string]string{}}
}

// Role makes a role that may be assumed with this external ID, for sessions that
// last so long. Others are refused.
func (s *STS) Role(arn, externalID string, life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[arn] = &role{externalID, life}
}

// Only lets nobody but a role read a bucket.
func (s *STS) Only(bucket, arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.only[bucket] = arn
}

// Assumed are the requests for sessions, the refused among them.
func (s *STS) Assumed() []Assumed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.assumed)
}

// Keys are those that requests to a bucket, or calls of CloudTrail, were signed with, each once, by the ARN
// of the role that it is of or else the key itself.
func (s *STS) Keys(bucket string) (keys, roles []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.used[bucket] {
		keys, roles = append(keys, key), append(roles, s.sessions[key].arn)
	}
	slices.Sort(roles)
	return keys, slices.Compact(roles)
}

// answer answers a request to STS.
func (s *STS) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := signedBy(r)
	if r.PostForm.Get("Action") == "GetCallerIdentity" {
		account := Account
		if part := strings.Split(s.sessions[key].arn, ":"); len(part) > 4 {
			account = part[4]
		}
		sayXML(w, http.StatusOK, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>`+account+`</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		return
	}
	a := Assumed{r.PostForm.Get("RoleArn"), r.PostForm.Get("ExternalId"), r.PostForm.Get("RoleSessionName"), key}
	s.assumed = append(s.assumed, a)
	known := s.roles[a.ARN]
	if known == nil || known.externalID != a.ExternalID {
		sayXML(w, http.StatusForbidden, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::`+
			Account+`:user/ana is not authorized to perform: sts:AssumeRole on resource: `+a.ARN+`</Message></Error></ErrorResponse>`)
		return
	}
	n := len(s.sessions)
	one := session{a.ARN, fmt.Sprintf("token-%d", n), time.Now().Add(known.life)}
	key = fmt.Sprintf("ASIAEXAMPLE%d", n)
	s.sessions[key] = one
	sayXML(w, http.StatusOK, fmt.Sprintf(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>%s/%s</Arn><AssumedRoleId>AROA:%s</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>%s</AccessKeyId>
<SecretAccessKey>secret</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
		a.ARN, a.Session, a.Session, key, one.token, one.ends.UTC().Format(time.RFC3339Nano)))
}

func (s *STS) uses(what, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.used[what], key) {
		s.used[what] = append(s.used[what], key)
	}
}

// refuses answers a request to S3 whose session is over, or that is not by the role
// that the bucket is for.
func (s *STS) refuses(w http.ResponseWriter, r *http.Request) bool {
	bucket, key := parse(r).Bucket, signedBy(r)
	s.uses(bucket, key)
	s.mu.Lock()
	defer s.mu.Unlock()
	one, given := s.sessions[key]
	switch {
	case given && (time.Now().After(one.ends) || r.Header.Get("X-Amz-Security-Token") != one.token):
		Refuse(400, "ExpiredToken", "The provided token has expired.")(w, r, nil)
	case s.only[bucket] != "" && s.only[bucket] != one.arn:
		Refuse(403, "AccessDenied", "Access Denied")(w, r, nil)
	default:
		return false
	}
	return true
}

func sayXML(w http.ResponseWriter, status int, text string) {
	write(w, status, http.Header{"Content-Type": {"text/xml"}}, []byte(text))
}

// signedBy is the access key that a request is signed with: Credential=KEY/….
func signedBy(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(scope, "/")
	return key
}
