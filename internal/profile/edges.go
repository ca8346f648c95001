package profile

import (
	"bytes"
	"strings"
	"time"
)

// An Edge is a lineage that an event tells, in texts that are valid as long as the
// event: Child acts on behalf of Parent. Children are credentials, ARNs of users and
// roles (Event.Principal), users of Identity Center (Event.Self), and SharedChild.
type Edge struct {
	Child  []byte
	Parent []byte // Event.By; empty where there is none
	Actor  []byte // Event.Self of the parent
	Target []byte // the role whose credential the child is; empty where that is not told
	Made   int64  // microseconds since 1970
	Until  int64  // after which the child is no longer there, or no longer new
	Weak   bool   // of the called account's record: the caller's counts for more
}

const (
	// apprentice is how long what somebody created acts on their behalf: then it
	// is somebody in its own right.
	apprentice = 7 * 24 * time.Hour
	// pair is how far the two records of a call across accounts are apart.
	pair = time.Hour
	// longest is how long a temporary credential is good; grace is for calls that end
	// after it has.
	longest, grace = 36 * time.Hour, 15 * time.Minute
)

// AppendEdges appends the lineage that the event tells. Services that ask for
// credentials of their roles are nobody's parents, nor is the public.
func (e *Event) AppendEdges(to []Edge) []Edge {
	if !e.judged() || e.Public {
		return to
	}
	if len(e.SharedID) > 0 && !e.Foreign {
		to = append(to, e.edge(SharedChild(nil, e.SharedID), pair))
	}
	if len(e.Error) > 0 || len(e.response) == 0 && string(e.Name) != "CreateLoginProfile" {
		return to
	}
	switch knownService(e.Source) {
	case "sts":
		return e.appendGranted(to)
	case "iam":
		return e.appendCreated(to)
	case "identitystore":
		return e.appendChild(to, textOf(e.response, "userId"), "CreateUser")
	case "sso-directory":
		return e.appendChild(to, textOf(e.response, "user", "userId"), "CreateUser")
	}
	return to
}

// edge is one from the event's caller.
func (e *Event) edge(child []byte, good time.Duration) Edge {
	return Edge{Child: child, Parent: e.By, Actor: e.Self, Made: e.Time, Until: e.Time + good.Microseconds(), Weak: e.Foreign}
}

// appendGranted appends the credential that a call returned.
func (e *Event) appendGranted(to []Edge) []Edge {
	switch string(e.Name) {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot",
		"GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken":
	default:
		return to
	}
	credentials := valueOf(e.response, "credentials")
	key := textOf(credentials, "accessKeyId")
	if len(key) == 0 {
		return to
	}
	granted := e.edge(key, longest)
	if until, ok := expiration(textOf(credentials, "expiration")); ok && until > e.Time {
		granted.Until = min(granted.Until, until)
	}
	granted.Until += grace.Microseconds()
	granted.Target = e.Target
	return append(to, granted)
}

// appendCreated appends who, or with what somebody, can call from now on.
func (e *Event) appendCreated(to []Edge) []Edge {
	switch string(e.Name) {
	case "CreateUser":
		return e.appendChild(to, textOf(e.response, "user", "arn"), "CreateUser")
	case "CreateRole":
		return e.appendChild(to, textOf(e.response, "role", "arn"), "CreateRole")
	case "CreateAccessKey":
		return e.appendChild(to, textOf(e.response, "accessKey", "accessKeyId"), "CreateAccessKey")
	case "CreateServiceSpecificCredential":
		return e.appendChild(to, textOf(e.response, "serviceSpecificCredential", "serviceSpecificCredentialId"), "CreateServiceSpecificCredential")
	case "CreateLoginProfile":
		return e.appendChild(to, e.userARN(textOf(e.request, "userName")), "CreateLoginProfile")
	}
	return to
}

// appendChild appends a child, if there is one and the event has this name.
func (e *Event) appendChild(to []Edge, child []byte, name string) []Edge {
	if len(child) == 0 || string(e.Name) != name || bytes.Equal(child, e.Principal) {
		return to
	}
	return append(to, e.edge(child, apprentice))
}

// userARN is the ARN of a user of the account that has no path.
func (e *Event) userARN(name []byte) []byte {
	partition, _, ok := bytes.Cut(bytes.TrimPrefix(e.Principal, []byte("arn:")), []byte(":"))
	if len(name) == 0 || len(e.Account) == 0 {
		return nil
	}
	if !ok || !bytes.HasPrefix(partition, []byte("aws")) {
		partition = []byte("aws")
	}
	return bytes.Join([][]byte{[]byte("arn:"), partition, []byte(":iam::"), e.Account, []byte(":user/"), name}, nil)
}

// expiration reads a time as STS writes it, in microseconds since 1970.
func expiration(text []byte) (micros int64, ok bool) {
	if len(text) == 0 || len(text) > 40 {
		return 0, false
	}
	s := strings.ReplaceAll(string(text), "\u202f", " ")
	layout := time.RFC3339
	switch strings.Count(s, ",") {
	case 1:
		layout = "Jan 2, 2006 3:04:05 PM" // in older records
	case 2:
		layout = "Jan 2, 2006, 3:04:05 PM"
	}
	t, err := time.Parse(layout, s)
	return t.UnixMicro(), err == nil
}
