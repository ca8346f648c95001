package cloudtrail

import "bytes"

// Principal is the ARN of the user or the role that acted, not of its session; empty
// where it is not told.
func (i *Identity) Principal() []byte {
	if role := i.role(); len(role) > 0 {
		return role
	}
	if string(i.Type) == "FederatedUser" && len(i.IssuerARN) > 0 {
		return i.IssuerARN
	}
	return i.ARN
}

// AppendPeers appends whom the actor may be compared with:
//
//	sessions of roles  ACCOUNT:role/NAME, the role's name without its path and without what was generated: see stem
//	others             ACCOUNT/TYPE
//
// Who is given no account by the record is of the one that the log is of.
func (i *Identity) AppendPeers(to, account []byte) []byte {
	role := i.role()
	if len(role) == 0 && i.isRole() && bytes.Contains(i.ARN, []byte(":role/")) {
		role = i.ARN
	}
	if len(role) > 0 {
		a, _ := splitARN(role)
		if len(a.account) == 0 {
			a.account = i.AccountID
		}
		to = append(append(to, a.account...), ":role/"...)
		return append(to, stem(role[bytes.LastIndexByte(role, '/')+1:])...)
	}
	if own := i.account(); len(own) > 0 {
		account = own
	}
	to = append(append(to, account...), '/')
	return append(to, i.Type...)
}

// stem is a role's name without what was generated at its end, so that the roles of
// one template have one stem. More than one such part goes, but never all of the name.
//
//	CloudFormation, CDK, SAM  stack-FnServiceRole3F2504E0-1A2B3C4D5E6F, stack-Role-aB3dE5fG7hI9
//	Lambda's console          fn-role-x1y2z3ab
//	Terraform                 name-20240305140000000000000001, name-a1b2c3d4
//	Kubernetes, random parts  eks-nodegroup-0f1e2d3c4b5a, name-UUID
//	SageMaker's console       AmazonSageMaker-ExecutionRole-20240305T140000
//	Identity Center           AWSReservedSSO_NAME_0123456789abcdef
func stem(name []byte) []byte {
	for range 4 {
		shorter := withoutLast(name)
		if len(shorter) == len(name) || len(shorter) == 0 {
			break
		}
		name = shorter
	}
	return name
}

// withoutLast is the name without its last part, if that was generated.
func withoutLast(name []byte) []byte {
	switch at := len(name) - 36; {
	case at == 0 && isUUID(name):
		return name
	case at > 0 && isUUID(name[at:]) && isSeparator(name[at-1]):
		return name[:at-1]
	}
	at := bytes.LastIndexAny(name, "-_.")
	if at < 0 {
		return withoutHash(name)
	}
	last := name[at+1:]
	if shorter := withoutHash(last); len(shorter) < len(last) {
		return name[:at+1+len(shorter)]
	}
	if isGenerated(last) || len(last) == 8 && bytes.HasSuffix(name[:at], []byte("-role")) && isLower(last) {
		return name[:at]
	}
	return name
}

// withoutHash is a name as CDK gives without the 8 digits of the hash at its end.
func withoutHash(name []byte) []byte {
	at := len(name) - 8
	if at < 1 || !(name[at-1] >= 'a' && name[at-1] <= 'z') {
		return name
	}
	if s := count(name[at:]); s.lower+s.odd > 0 || s.digits == 0 || hexRun(name[at:]) < 8 {
		return name
	}
	return name[:at]
}

// A letterCount counts what a text is made of.
type letterCount struct {
	upper, lower, digits, odd int
	changes                   int // from a digit to a letter, and back
}

func count(text []byte) (n letterCount) {
	for i, c := range text {
		digit := c >= '0' && c <= '9'
		switch {
		case digit:
			n.digits++
		case c >= 'A' && c <= 'Z':
			n.upper++
		case c >= 'a' && c <= 'z':
			n.lower++
		default:
			n.odd++
		}
		if i > 0 && digit != (text[i-1] >= '0' && text[i-1] <= '9') {
			n.changes++
		}
	}
	return n
}

// isGenerated reports whether a program made up a part of a name. Words with a number
// behind or before them are none of those: node2, 2fa.
func isGenerated(part []byte) bool {
	n := count(part)
	switch {
	case n.odd > 0 || n.digits == 0:
		return false
	case n.digits == len(part): // a time, a number of the account's
		return len(part) >= 8
	case len(part) >= 8 && isDate(part) && n.upper+n.lower == 1: // 20240305T140000
		return true
	case n.lower == 0:
		return len(part) >= 8 && n.changes >= 2
	case n.upper >= 2:
		return (len(part) == 12 || len(part) == 13) && n.changes >= 2
	case n.upper > 0:
		return false
	case hexRun(part) == len(part):
		return len(part) >= 6 && n.changes >= 2 || len(part) >= 8 && n.digits >= 2
	}
	return len(part) >= 8 && n.changes >= 4
}

func isSeparator(c byte) bool { return c == '-' || c == '_' || c == '.' }

func isLower(text []byte) bool {
	n := count(text)
	return n.upper+n.odd == 0
}
