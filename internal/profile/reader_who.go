package profile

import "bytes"

// channel is the service that acted on somebody's behalf.
func (r *Reader) channel(e *Event) []byte {
	if e.Service {
		return nil
	}
	by, address := r.text[identityInvokedBy], e.Address
	switch {
	case isService(address):
		return cut(first(by, address))
	case bytes.HasPrefix(by, []byte("signin.")) || bytes.HasPrefix(by, []byte("console.")):
		return nil // the console, as it was logged until 2018: somebody's own deed, from where they are
	}
	return cut(by)
}

// isService reports whether an address is the name of a service.
func isService(address []byte) bool {
	if string(address) == "AWS Internal" {
		return true
	}
	name, top, ok := cutLast(address, '.')
	return ok && len(name) > 0 && len(top) > 1 && top[0]|0x20 >= 'a' && top[0]|0x20 <= 'z' && bytes.IndexByte(address, ':') < 0
}

func cutLast(text []byte, separator byte) (before, after []byte, found bool) {
	at := bytes.LastIndexByte(text, separator)
	if at < 0 {
		return text, nil, false
	}
	return text[:at], text[at+1:], true
}

// public reports whether anybody may be behind the identity: who is not known at all,
// or to a provider at which everybody may have an account.
func (r *Reader) public(e *Event) bool {
	switch account := r.text[identityAccount]; {
	case string(account) == "ANONYMOUS_PRINCIPAL" || string(account) == "anonymous":
		return true
	case bytes.HasPrefix(e.Source, []byte("cognito-")) && (len(e.Type) == 0 || string(e.Type) == "Unknown"):
		return true
	}
	switch string(first(r.text[federatedProvider], r.text[identityProvider])) {
	case "cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com":
		return true
	}
	return false
}

// setHuman sets whether a person is known to be there. The most sure signs are that
// somebody signed in to the console, or proved to have a second factor; then what
// names the person; then a tool on a machine as people have them.
func (r *Reader) setHuman(e *Event) {
	if len(e.Channel) > 0 || e.Public || e.Instance || e.Service {
		return
	}
	t := &r.text
	switch string(e.Type) {
	case "Root", "IdentityCenterUser", "SAMLUser":
		e.Human = true
		return
	}
	_, session, _ := bytes.Cut(t[identityPrincipal], []byte(":"))
	e.Human = string(t[fromConsole]) == "true" || string(t[mfaAuthenticated]) == "true" ||
		bytes.HasPrefix(t[eventType], []byte("AwsConsole")) ||
		len(t[sourceIdentity]) > 0 || len(t[onBehalfOf]) > 0 ||
		bytes.Contains(t[issuerARN], []byte("/AWSReservedSSO_")) || bytes.Contains(t[federatedProvider], []byte(":saml-provider/")) ||
		bytes.IndexByte(session, '@') > 0 || string(e.family) == "console" || onDesktop(e.family)
}
