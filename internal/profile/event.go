package profile

import (
	"net/netip"
	"unicode/utf8"
)

// An Event is what of a record is judged. Its texts lie in the batch, or in the Reader
// that made it: they are valid until its next Read. All of them are from logs, and
// what a record does not tell is empty.
type Event struct {
	Row  int   // in the Rows
	Time int64 // microseconds since 1970

	ID       []byte // eventID
	SharedID []byte // sharedEventID
	Account  []byte // whose log it is in; else the caller's
	Source   []byte // eventSource: iam.amazonaws.com
	Name     []byte // eventName
	Category []byte // eventCategory

	// Actor is who acted. What a service does on someone's behalf is done by another
	// actor, Self with " via " and the Channel, so that it teaches nothing about Self.
	// It is never empty.
	Actor []byte
	Self  []byte
	// Channel is the service that acted on Self's behalf.
	Channel []byte
	// Peers are whom the actor is compared with: of a role's sessions those of all
	// roles of the account that have its name but for what was generated, of others
	// those of the account with the same type, and of what a service does on someone's
	// behalf all that it does in the account.
	Peers []byte

	Type        []byte // userIdentity.type
	Credential  []byte // accessKeyId, else credentialId
	Principal   []byte // the ARN of the user or the role, not of its session
	PrincipalID []byte // likewise
	Caller      []byte // the account that the actor is of

	// By is what lineage knows the caller by: the credential, or of what the log of
	// a called account tells of a caller from elsewhere SharedChild of the SharedID.
	// Else it is empty, and Self is all there is.
	By []byte

	Region  []byte // that served it; empty of sign-ins and of services that have none
	Address []byte // sourceIPAddress, as it was written
	// Place is what the address tells; nil where that is none of the caller's, as a
	// service's, one behind an Endpoint, or one whose caller is Public.
	Place         *Place
	Endpoint      []byte // vpcEndpointId
	EndpointOwner []byte // vpcEndpointAccountId
	Agent         []byte // userAgent
	Error         []byte // errorCode; of a failed sign-in that
	Target        []byte // the role that is assumed

	// Human says that a person is known to be behind the session.
	Human bool
	// Public says that whoever called was not authenticated by the account or by
	// somebody that it trusts to know its own people: anonymous calls, failed sign-ins,
	// users of an app. From where, and with what, the public calls teaches nothing.
	Public bool
	// Service says that a service of AWS did it by itself, with a role that only it can
	// assume or with none: nobody is behind it.
	Service  bool
	Denied   bool // for want of permission, or of the right password
	ReadOnly bool
	Data     bool // a data event
	Network  bool // told by a VPC endpoint, beside the service's own record
	Foreign  bool // the caller is of another account than the log
	Instance bool // with credentials that EC2 gave an instance
	SignIn   bool // a sign-in to the console that succeeded
	MFA      bool // of a sign-in: with a second factor

	family            []byte // of Agent; see agents
	failed            bool   // a sign-in that did not succeed
	request, response []byte // JSON
}

// A Place is what an address tells. It is shared by the events of a Reader, and does
// not change.
type Place struct {
	Addr    netip.Addr // not valid if the text is no address
	Network netip.Prefix
	Private bool // means another machine in every network
	Known   bool // places were looked up, for what is not private

	City, Country, CountryCode string
	ASN                        uint32 // 0 is unknown
	ASOrg                      string
	// Latitude and Longitude are degrees, good if Radius is not 0.
	Latitude, Longitude float64
	Radius              float64 // kilometres; 0 where there is no place
	Tor, TorKnown       bool
	// AWS is the service whose range it is in, EC2 or AMAZON.
	AWS      string
	AWSKnown bool

	// As values; empty where there is none.
	address, network, asn, city, country []byte
}

// SharedChild is what lineage knows both records of a call across accounts by.
func SharedChild(to, sharedID []byte) []byte {
	return append(append(to, "shared:"...), sharedID...)
}

// Subject is whose value the event's is.
func (e *Event) Subject(of Of) []byte {
	switch of {
	case OfActor:
		return e.Actor
	case OfPeers:
		return e.Peers
	default:
		return e.Account
	}
}

// judged reports whether the event says something of its actor: see Profiles.
func (e *Event) judged() bool { return !e.Service && !e.failed }

// maxValue is how much of a text from a log is a value, in bytes. The longest ARN of
// a role has 640.
const maxValue = 1024

// cut is the text, or its beginning where it is too long to be a value.
func cut(text []byte) []byte { return cutAt(text, maxValue) }

// cutAt is at most n bytes of the text, whole characters.
func cutAt(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
