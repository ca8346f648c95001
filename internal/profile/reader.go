package profile

import (
	"bytes"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/geoip"
)

// A Reader makes events of a batch's rows. It is not safe for concurrent use.
type Reader struct {
	of    [cloudtrail.MaxIDs]column
	rows  *cloudtrail.Rows
	text  [columns][]byte // of the row being read; of a Bool "true" or "false"
	who   cloudtrail.Identity
	buf   []byte // what is not in the batch as it is
	agent agents
	place places
}

// NewReader makes a reader of cloudtrail.Events.
func NewReader() *Reader { return &Reader{of: columnsOf(cloudtrail.Events)} }

// Reset has the reader read these rows, of cloudtrail.Events, from now on, with what
// addresses tell, nil if that is nothing.
func (r *Reader) Reset(rows *cloudtrail.Rows, snapshot *geoip.Snapshot) {
	r.rows = rows
	r.place.reset(snapshot)
}

// Err returns why an address could not be looked up since the last Reset, nil if all
// could: nothing is then known of its place.
func (r *Reader) Err() error { return r.place.err }

// Read makes an event of row i, and reports whether it is an activity, which the
// records of Insights, those that only mend an earlier one, and those without a time
// are not. Of others e is not to be used.
func (r *Reader) Read(i int, e *Event) bool {
	row := &r.rows.Rows[i]
	if row.Time == cloudtrail.NoTime {
		return false
	}
	r.take(i)
	if string(r.text[eventCategory]) == "Insight" || string(r.text[eventType]) == "AwsCloudTrailInsight" ||
		string(r.text[addendumReason]) == "UPDATED_DATA" {
		return false
	}
	*e = Event{
		Row: i, Time: row.Time,
		ID: r.text[eventID], SharedID: r.text[sharedEventID],
		Source: r.text[eventSource], Name: r.text[eventName], Category: r.text[eventCategory],
		Type: r.text[identityType], Address: r.text[sourceAddress], Agent: r.text[userAgent],
		Endpoint: r.text[vpcEndpoint], EndpointOwner: r.text[vpcEndpointOwner], Error: r.text[errorCode],
		request: r.text[requestParameters], response: r.text[responseElements],
	}
	r.setCall(e)
	r.setWho(e)
	r.setWhere(e)
	r.setHuman(e)
	return true
}

var (
	yes = []byte("true")
	no  = []byte("false")
)

// take finds the columns of row i.
func (r *Reader) take(i int) {
	clear(r.text[:])
	for _, entry := range r.rows.Entries(i) {
		switch c := r.of[entry.ID()]; c {
		case ignored:
		case readOnly, managementEvent, fromConsole:
			r.text[c] = no
			if entry.Len() == 1 {
				r.text[c] = yes
			}
		default:
			r.text[c] = r.rows.Text(entry)
		}
	}
	t := &r.text
	r.who = cloudtrail.Identity{
		Type: t[identityType], ARN: t[identityARN], AccountID: t[identityAccount], PrincipalID: t[identityPrincipal],
		UserName: t[identityUser], AccessKeyID: t[identityKey], InvokedBy: t[identityInvokedBy],
		IdentityProvider: t[identityProvider], CredentialID: t[identityCredential],
		IssuerARN: t[issuerARN], SourceIdentity: t[sourceIdentity],
		FederatedProvider: t[federatedProvider], OnBehalfOf: t[onBehalfOf],
	}
}

// setCall sets what was called, and with what success.
func (r *Reader) setCall(e *Event) {
	t := &r.text
	e.Account = first(t[recipient], t[identityAccount], t[issuerAccount])
	e.Data = string(e.Category) == "Data" || len(e.Category) == 0 && string(t[managementEvent]) == "false"
	e.Network = string(e.Category) == "NetworkActivity" || string(t[eventType]) == "AwsVpceEvent"
	e.ReadOnly = string(t[readOnly]) == "true" || len(t[readOnly]) == 0 && looksReadOnly(e.Name)
	e.Denied = bytes.Contains(e.Error, []byte("AccessDenied")) || bytes.Contains(e.Error, []byte("Unauthorized"))
	switch knownService(e.Source) {
	case "sts":
		if bytes.HasPrefix(e.Name, []byte("AssumeRole")) {
			e.Target = textOf(e.request, "roleArn")
		}
	case "signin", "sso":
		r.setSignIn(e)
	}
}

// failedSignIn is the Error of sign-ins that failed, which have mostly no errorCode.
var failedSignIn = []byte("failed sign-in")

func (r *Reader) setSignIn(e *Event) {
	var result []byte
	switch string(e.Name) {
	case "ConsoleLogin", "CheckMfa":
		result = textOf(e.response, string(e.Name))
	case "SwitchRole":
		result = textOf(e.response, "SwitchRole")
		e.Target = textOf(r.text[additionalData], "SwitchTo")
	case "CredentialVerification", "UserAuthentication":
		result = textOf(r.text[serviceDetails], string(e.Name))
	}
	switch {
	case string(result) == "Failure":
		e.Denied, e.Error = true, failedSignIn
		e.failed = string(e.Name) != "SwitchRole" // which somebody did who is signed in
		e.Public = e.failed
	case string(result) == "Success" && string(e.Name) == "ConsoleLogin":
		e.SignIn = true
		e.MFA = string(textOf(r.text[additionalData], "MFAUsed")) == "Yes"
	}
}

// setWho sets who acted, on whose behalf and with what.
func (r *Reader) setWho(e *Event) {
	t := &r.text
	e.Credential = first(t[identityKey], t[identityCredential])
	e.Principal = r.who.Principal()
	e.Caller = first(t[identityAccount], t[issuerAccount])
	e.Foreign = len(t[identityAccount]) > 0 && len(t[recipient]) > 0 && !bytes.Equal(t[identityAccount], t[recipient])
	switch string(e.Type) {
	case "AssumedRole", "Role":
		id, session, _ := bytes.Cut(t[identityPrincipal], []byte(":"))
		e.PrincipalID = first(t[issuerPrincipal], id)
		e.Instance = len(t[roleDelivery]) > 0 || isInstanceID(session)
	case "FederatedUser":
		e.PrincipalID = t[issuerPrincipal]
	case "IAMUser", "Root":
		e.PrincipalID = t[identityPrincipal]
	}
	e.Public = e.Public || r.public(e)
	e.Service = string(e.Type) == "AWSService" || bytes.Contains(t[issuerARN], []byte(":role/aws-service-role/"))
	e.Channel = r.channel(e)
	r.setActor(e)
}

// setActor writes what identities are known by.
func (r *Reader) setActor(e *Event) {
	b := r.who.AppendActor(r.buf[:0])
	if len(b) == 0 {
		b = append(b, first(e.Source, []byte("unknown"))...) // of a service's own event, mostly
	}
	b = cut(b)
	if bytes.Contains(b, []byte(viaService)) { // somebody wants to be taken for another
		b = bytes.ReplaceAll(b, []byte(viaService), []byte("_via_"))
	}
	self := len(b)
	if len(e.Channel) > 0 {
		b = append(append(b, viaService...), e.Channel...)
	}
	actor := len(b)
	if len(e.Channel) > 0 {
		b = append(append(append(b, e.Account...), viaService...), e.Channel...)
	} else {
		b = r.who.AppendPeers(b, e.Account)
	}
	peers := len(b)
	if e.Foreign && len(e.SharedID) > 0 {
		b = SharedChild(b, e.SharedID)
	}
	r.buf = b
	e.Self, e.Actor, e.Peers = b[:self:self], b[:actor:actor], b[actor:peers:peers]
	e.Peers = cut(e.Peers)
	if e.By = e.Credential; len(b) > peers {
		e.By = b[peers:]
	}
}

// first is the first that is not empty.
func first(texts ...[]byte) []byte {
	for _, t := range texts {
		if len(t) > 0 {
			return t
		}
	}
	return nil
}

// knownService is the name of a service as its eventSource begins, if it is one of
// those whose records are looked into.
func knownService(source []byte) string {
	name, _, _ := bytes.Cut(source, []byte("."))
	for _, s := range [...]string{"sts", "iam", "signin", "sso", "sso-directory", "identitystore"} {
		if string(name) == s {
			return s
		}
	}
	return ""
}

// looksReadOnly is for records from before there was a member that says it.
func looksReadOnly(name []byte) bool {
	for _, verb := range [...]string{"Describe", "Get", "List", "Head", "Lookup"} {
		if bytes.HasPrefix(name, []byte(verb)) {
			return true
		}
	}
	return false
}

// isInstanceID reports whether a session's name is an instance's ID.
func isInstanceID(session []byte) bool {
	id, ok := bytes.CutPrefix(session, []byte("i-"))
	if !ok || len(id) < 8 || len(id) > 17 {
		return false
	}
	for _, c := range id {
		if c-'0' > 9 && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
