package profile

import "bytes"

// setWhere sets from where, with what and to which region a call went. A service's
// place and agent, and the public's, are nobody's; behind an endpoint the address is
// what its owner chose.
func (r *Reader) setWhere(e *Event) {
	e.Region = r.region(e)
	if len(e.Channel) > 0 || e.Public || e.Service || isService(e.Address) {
		return
	}
	e.family = r.agent.family(e.Agent, string(r.text[fromConsole]) == "true")
	if len(e.Endpoint) == 0 && len(e.Address) > 0 {
		e.Place = r.place.of(e.Address)
	}
}

// region is the one that served the call.
func (r *Reader) region(e *Event) []byte {
	region := r.text[awsRegion]
	name, _, _ := bytes.Cut(e.Source, []byte("."))
	switch {
	case string(r.text[eventType]) == "AwsConsoleSignIn" || isGlobal(name):
		return nil
	case string(name) != "sts":
		return cut(region)
	}
	if serving := textOf(r.text[additionalData], "RequestDetails", "awsServingRegion"); len(serving) > 0 {
		return cut(serving)
	}
	if string(region) == "us-east-1" {
		return nil // the global endpoint's too, as it was logged until 2019
	}
	return cut(region)
}

// isGlobal reports whether a service has no regions, or has its one endpoint in a
// region that tells nothing of the caller.
func isGlobal(service []byte) bool {
	switch string(service) {
	case "iam", "organizations", "account", "signin", "cloudfront", "route53", "route53domains", "waf", "shield",
		"globalaccelerator", "networkmanager", "support", "trustedadvisor", "health", "artifact",
		"ce", "budgets", "cur", "pricing", "savingsplans", "freetier", "tax", "payments", "invoicing", "aws-portal",
		"billing", "billingconsole", "bcm-data-exports", "importexport", "aws-marketplace":
		return true
	}
	return false
}
