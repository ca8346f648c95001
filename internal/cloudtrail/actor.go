package cloudtrail

import (
	"bytes"
	"slices"
)

// An Identity is what of a record's userIdentity tells who acted. What the record
// lacks is empty.
type Identity struct {
	Type, ARN, AccountID, PrincipalID, UserName, AccessKeyID, InvokedBy, IdentityProvider, CredentialID []byte

	IssuerARN         []byte // sessionContext.sessionIssuer.arn
	SourceIdentity    []byte // sessionContext.sourceIdentity
	FederatedProvider []byte // sessionContext.webIdFederationData.federatedProvider
	OnBehalfOf        []byte // onBehalfOf.userId
}

// AppendActor appends who acted, as a text that is the same from session to
// session; nothing only if the identity is empty.
//
//	Root                ACCOUNT:root
//	IAMUser             its ARN, or ACCOUNT:user/NAME
//	AssumedRole, Role   the role's ARN, and /NAME where that is kept: see below
//	FederatedUser       the issuer's ARN and /NAME
//	IdentityCenterUser  the user's ID; so is Unknown's principalId, as it was logged until 2025-07-14
//	SAMLUser, WebIdentityUser  PROVIDER/SUBJECT
//	AWSAccount          ACCOUNT/PRINCIPAL, and /NAME as a role's
//	AWSService          what it was invoked by
//	others              the ARN, or else ACCOUNT/ and the first name or ID that is there
//
// A role's session has a name that its caller chose. It is left out where each
// session has another: see generated. It is kept where a person's is known to be
// in it (a sourceIdentity, which then stands for it; a role of Identity Center; a
// provider of identities; an e-mail address), and else if there is no digit in it,
// as in the names that the console and Lambda give: whether a name recurs cannot
// be told from one record, and those without a digit mostly do.
//
// Without a sessionIssuer the role's ARN is made from the session's, which does
// not tell a role's path.
func (i *Identity) AppendActor(to []byte) []byte {
	who, separator, name := i.actor()
	to = append(to, who...)
	if len(who) > 0 && len(name) > 0 {
		to = append(to, separator...)
	}
	return append(to, name...)
}

// actor returns the two parts of the actor's text, each of which may be empty, and
// what stands between them.
func (i *Identity) actor() (who []byte, separator string, name []byte) {
	switch string(i.Type) {
	case "Root":
		return i.account(), ":", []byte("root")
	case "IAMUser":
		if len(i.ARN) == 0 && len(i.UserName) > 0 {
			return i.AccountID, ":user/", i.UserName
		}
	case "FederatedUser":
		if len(i.IssuerARN) > 0 {
			return i.IssuerARN, "/", i.federatedName()
		}
	case "SAMLUser", "WebIdentityUser":
		if len(i.UserName) > 0 {
			return i.IdentityProvider, "/", i.UserName
		}
		if len(i.PrincipalID) > 0 {
			return i.IdentityProvider, "/", i.PrincipalID
		}
	case "AWSService":
		if len(i.InvokedBy) > 0 {
			return i.InvokedBy, "", nil
		}
	}
	if role := i.role(); len(role) > 0 {
		return role, "/", i.sessionName(role)
	}
	if len(i.ARN) > 0 {
		return i.ARN, "", nil
	}
	if len(i.IssuerARN) > 0 {
		return i.IssuerARN, "", nil
	}
	return i.nameless()
}

// nameless is the actor of an identity without an ARN.
func (i *Identity) nameless() (who []byte, separator string, name []byte) {
	id, session := i.principal()
	if len(i.OnBehalfOf) > 0 {
		return i.OnBehalfOf, "", nil
	}
	if len(id) >= 36 && isUUID(id[len(id)-36:]) { // a user's of Identity Center
		return id, "", nil
	}
	if len(id) > 0 && i.keeps(session) {
		return slices.Concat(i.AccountID, []byte("/"), id), "/", session
	}
	return i.AccountID, "/", i.anyName(id)
}

// anyName is the best name that there is.
func (i *Identity) anyName(id []byte) []byte {
	for _, name := range [][]byte{id, i.UserName, i.InvokedBy, i.IdentityProvider, i.FederatedProvider,
		i.SourceIdentity, i.CredentialID, i.AccessKeyID, i.PrincipalID} {
		if len(name) > 0 {
			return name
		}
	}
	if len(i.AccountID) == 0 {
		return i.Type
	}
	return nil
}

func (i *Identity) isRole() bool {
	if string(i.Type) == "AssumedRole" || string(i.Type) == "Role" {
		return true
	}
	_, _, ok := assumedRole(i.ARN)
	return ok
}

// role is the ARN of the role whose session this is; empty if it is none's.
func (i *Identity) role() []byte {
	if !i.isRole() {
		return nil
	}
	if len(i.IssuerARN) > 0 {
		return i.IssuerARN
	}
	if role, _, ok := assumedRole(i.ARN); ok {
		a, _ := splitARN(i.ARN)
		return slices.Concat([]byte("arn:"), a.partition, []byte(":iam::"), a.account, []byte(":role/"), role)
	}
	return nil
}

// sessionName is what of the session's name belongs to the actor.
func (i *Identity) sessionName(role []byte) []byte {
	if len(i.SourceIdentity) > 0 {
		return i.SourceIdentity
	}
	if bytes.Contains(role, []byte(":role/aws-service-role/")) {
		return nil // a service's own, and the name its own too
	}
	_, name := i.principal()
	if len(name) == 0 {
		_, name, _ = assumedRole(i.ARN)
	}
	last := role[bytes.LastIndexByte(role, '/')+1:]
	if bytes.HasPrefix(last, []byte("AWSReservedSSO_")) && len(name) > 0 || i.keeps(name) {
		return name
	}
	return i.OnBehalfOf
}

// keeps reports whether the name of a session belongs to the actor.
func (i *Identity) keeps(name []byte) bool {
	switch {
	case len(name) == 0:
		return false
	case isEmail(name):
		return true
	case len(i.FederatedProvider) > 0 || len(i.IdentityProvider) > 0:
		return !generated(name)
	}
	return !bytes.ContainsAny(name, "0123456789")
}

// federatedName is the name that the issuer of a federated user gave it.
func (i *Identity) federatedName() []byte {
	_, name := i.principal() // ACCOUNT:NAME
	if len(name) == 0 {
		if a, ok := splitARN(i.ARN); ok {
			_, name, _ = bytes.Cut(a.resource, []byte("/"))
		}
	}
	if generated(name) && !isEmail(name) {
		return nil
	}
	return name
}

// account is the account's ID, of the ARN if need be.
func (i *Identity) account() []byte {
	if len(i.AccountID) > 0 {
		return i.AccountID
	}
	a, _ := splitARN(i.ARN)
	return a.account
}

// principal splits principalId, such as AROAEXAMPLE:session.
func (i *Identity) principal() (id, session []byte) {
	id, session, _ = bytes.Cut(i.PrincipalID, []byte(":"))
	return id, session
}

// arn is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
type arn struct{ partition, account, resource []byte }

func splitARN(text []byte) (a arn, ok bool) {
	var part [5][]byte
	for i := range part {
		if part[i], text, ok = bytes.Cut(text, []byte(":")); !ok {
			return arn{}, false
		}
	}
	return arn{partition: part[1], account: part[4], resource: text}, string(part[0]) == "arn"
}

// assumedRole splits the resource of a session's ARN, assumed-role/ROLE/SESSION.
func assumedRole(text []byte) (role, session []byte, ok bool) {
	a, ok := splitARN(text)
	if !ok {
		return nil, nil, false
	}
	rest, ok := bytes.CutPrefix(a.resource, []byte("assumed-role/"))
	role, session, _ = bytes.Cut(rest, []byte("/"))
	return role, session, ok && len(role) > 0
}

// isEmail reports whether name has the form of an e-mail address.
func isEmail(name []byte) bool {
	local, domain, ok := bytes.Cut(name, []byte("@"))
	return ok && len(local) > 0 && bytes.IndexByte(domain, '.') > 0
}

// generated reports whether a program made the name up for one session: a number,
// an instance's ID, a UUID, a text with a time in it, with 16 hexadecimal digits or
// with 10 decimal ones in a row, or what the SDKs give.
func generated(name []byte) bool {
	for _, prefix := range []string{"botocore-session-", "aws-sdk-", "aws-go-sdk-"} {
		if bytes.HasPrefix(name, []byte(prefix)) {
			return true
		}
	}
	if id, ok := bytes.CutPrefix(name, []byte("i-")); ok && len(id) >= 8 && hexRun(id) == len(id) {
		return true
	}
	digits := 0 // in name
	run := 0    // digits that end here
	for at, c := range name {
		if c < '0' || c > '9' {
			run = 0
		} else {
			digits++
			run++
		}
		if run == 10 || at+8 <= len(name) && run <= 1 && (isDate(name[at:]) || isUUID(name[at:])) {
			return true
		}
		if at == 0 || !isHex(name[at-1]) {
			if n := hexRun(name[at:]); n >= 16 && bytes.ContainsAny(name[at:at+n], "0123456789") {
				return true
			}
		}
	}
	return digits > 0 && digits == len(name)
}

// isDate reports whether text begins with a day of this or the last century, as
// 20250714 or 2025-07-14.
func isDate(text []byte) bool {
	if c := string(text[:2]); c != "19" && c != "20" {
		return false
	}
	var digits [8]byte
	n := 0
	for at := 0; at < len(text) && n < len(digits); at++ {
		c := text[at]
		if c == '-' && (n == 4 || n == 6) {
			continue
		}
		if c < '0' || c > '9' {
			return false
		}
		digits[n] = c
		n++
	}
	month, day := string(digits[4:6]), string(digits[6:])
	return n == len(digits) && "01" <= month && month <= "12" && "01" <= day && day <= "31"
}

func isUUID(text []byte) bool {
	if len(text) < 36 {
		return false
	}
	for at, c := range text[:36] {
		if dash := at == 8 || at == 13 || at == 18 || at == 23; dash != (c == '-') || !dash && !isHex(c) {
			return false
		}
	}
	return true
}

// hexRun is how many hexadecimal digits text begins with.
func hexRun(text []byte) int {
	n := 0
	for n < len(text) && isHex(text[n]) {
		n++
	}
	return n
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
