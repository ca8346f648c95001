package profile

import "bytes"

// accessKey is of the actor alone: a key belongs to one user, and that a user is new
// to the account principalARN says. Keys change with each rotation, some times a year.
func accessKey() Profile {
	return Profile{
		Name: "access-key", Of: []Of{OfActor}, Weight: 1.5,
		Phrase: "first use of the long-term access key %s",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			return cut(e.Credential), e.judged() && len(e.Channel) == 0 && bytes.HasPrefix(e.Credential, []byte("AKIA"))
		},
	}
}

// principalARN is of the account: of an actor it is mostly one, and part of its name.
// It is the role's or the user's: a session's is new each time. Who comes from other
// accounts is callerAccount's.
func principalARN() Profile {
	return Profile{
		Name: "principal-arn", Of: []Of{OfAccount}, Weight: 1,
		Phrase: "first call of %s in the account",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			if !e.judged() || e.Foreign || len(e.Channel) > 0 {
				return nil, false
			}
			return ofText(e.Principal)
		},
	}
}

// principalID is of the actor: it changes when a user or a role is deleted and another
// made under its name, which no other profile sees.
func principalID() Profile {
	return Profile{
		Name: "principal-id", Of: []Of{OfActor}, Weight: 1,
		Phrase: "first call under the principal ID %s",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			if !e.judged() || len(e.Channel) > 0 {
				return nil, false
			}
			return ofText(e.PrincipalID)
		},
	}
}

// identityTypes is of the account: a way to come in that nobody there uses. Root,
// other accounts and services have profiles of their own, or none.
func identityTypes() Profile {
	return Profile{
		Name: "identity-type", Of: []Of{OfAccount}, Weight: 0.5,
		Phrase: "first call of an identity of the type %s",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			if !e.judged() || string(e.Type) == "Root" || string(e.Type) == "AWSAccount" {
				return nil, false
			}
			return ofText(e.Type)
		},
	}
}

// rootUse is of the account, which has one root.
func rootUse() Profile {
	return Profile{
		Name: "root-use", Of: []Of{OfAccount}, Weight: 2, Absent: "others",
		Phrase: "first call of %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			if string(e.Type) == "Root" && len(e.Channel) == 0 {
				return append(buf, "root"...), e.judged()
			}
			return append(buf, "others"...), e.judged() && !e.Foreign
		},
	}
}

// callerAccount is of the account that is called: a partner is known to it, whoever
// of theirs comes. Anonymous callers are of an account of that name.
func callerAccount() Profile {
	return Profile{
		Name: "caller-account", Of: []Of{OfAccount}, Weight: 2, Absent: "own account",
		Phrase: "first call from the account %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			if e.Foreign {
				return cut(e.Caller), e.judged()
			}
			return append(buf, "own account"...), e.judged()
		},
	}
}

// roleAssumed is of the actor and of its peers, to whom a new team-mate is compared.
func roleAssumed() Profile {
	return Profile{
		Name: "role-assumed", Of: []Of{OfActor, OfPeers}, Weight: 1,
		Phrase: "first time that it asks for the role %s",
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			if !e.judged() {
				return nil, false
			}
			return ofText(e.Target)
		},
	}
}

// onBehalf is of the account: with CloudFormation or Glue somebody else's permissions
// are used, and whose the Peers of such calls tell.
func onBehalf() Profile {
	return Profile{
		Name: "on-behalf", Of: []Of{OfAccount}, Weight: 0.5, Absent: "nobody",
		Phrase: "first call that %s made on somebody's behalf",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			if len(e.Channel) > 0 {
				return e.Channel, e.judged()
			}
			return append(buf, "nobody"...), e.judged()
		},
	}
}

// signInWithoutMFA is of Root and of IAM users: the others' providers ask for a second
// factor themselves, and AWS does not know.
func signInWithoutMFA() Profile {
	return Profile{
		Name: "login-without-mfa", Of: []Of{OfActor, OfAccount}, Weight: 1, Absent: "with MFA",
		Phrase: "first sign-in to the console %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			switch {
			case !e.SignIn || string(e.Type) != "Root" && string(e.Type) != "IAMUser":
				return nil, false
			case e.MFA:
				return append(buf, "with MFA"...), true
			}
			return append(buf, "without MFA"...), true
		},
	}
}
