package synth

import "strconv"

// A draft is an event before it is written: enough to write it again, with the
// same bytes, where it is delivered a second time.
type draft struct {
	seed   uint64
	t      int64
	op     *op
	who    *actor
	acct   *account // where it is recorded
	region string

	// granted is the session of target that an AssumeRole begins.
	target  *actor
	granted session
	// shared seeds the sharedEventID of the two records of a call across
	// accounts; other is the account that was called, in both of them.
	shared uint64
	other  *account
	// addr, agent, key and bucketFrom are the story's, instead of the actor's
	// own.
	addr, agent     string
	key, bucketFrom uint64
	// twin, if not 0, is the seed of the event whose eventID this one has
	// without being a copy of it.
	twin uint64
	// enriched marks a second delivery by a trail that adds the tags.
	enriched bool
}

// eventID is the seed of the record's eventID.
func (d *draft) eventID() uint64 {
	if d.twin != 0 {
		return mix(d.twin, 11)
	}
	return mix(d.seed, 11)
}

// An event is a draft being written.
type event struct {
	draft
	rng
	w    *world
	salt uint64 // what the names within the event follow from
	id   uint64
	sess session
	out  []byte
}

// record appends the draft's JSON to out.
func (w *world) record(out []byte, d draft) []byte {
	e := event{draft: d, rng: rng{mix(d.seed, 5)}, w: w, salt: mix(d.seed, 6), id: d.eventID(), out: out}
	if d.shared != 0 {
		e.salt = d.shared // both records tell of the same things
	}
	if d.who != nil {
		e.sess = d.who.session(d.t, e.salt)
	}
	if d.op.raw != "" {
		d.op.tRaw.expand(&e)
		return e.out
	}
	e.head()
	failed := e.failure()
	e.parameters(failed)
	e.tail()
	return e.out
}

// peer is another account than the event's own.
func (e *event) peer() *account {
	if e.other != nil {
		return e.other
	}
	n := len(e.w.accounts)
	return e.w.accounts[(e.acct.index+1+int(e.salt%uint64(n-1)))%n]
}

func (e *event) head() {
	e.text(`{"eventVersion":"`)
	e.text(e.version())
	e.text(`","userIdentity":`)
	e.identity()
	e.text(`,"eventTime":"`)
	e.out = appendISO(e.out, e.t)
	e.text(`","eventSource":"`)
	e.text(e.op.short)
	e.text(`.amazonaws.com","eventName":"`)
	e.text(e.op.name)
	e.text(`","awsRegion":"`)
	e.text(e.region)
	e.text(`","sourceIPAddress":"`)
	e.address()
	e.text(`","userAgent":"`)
	e.userAgent()
	e.text(`",`)
}

// version grew with the services, not all on one day.
func (e *event) version() string {
	if e.op.ver != "" {
		return e.op.ver
	}
	switch len(e.op.call) % 8 {
	case 0:
		return "1.08"
	case 1, 2:
		return "1.09"
	case 3:
		return "1.10"
	}
	return "1.11"
}

// byService reports whether a service acted, for itself or for somebody.
func (e *event) byService() bool { return e.op.who == "" && e.who.invokedBy != "" }

// throughEndpoint reports whether the call came through a VPC endpoint.
func (e *event) throughEndpoint() bool {
	return e.op.who == "" && e.addr == "" && e.who.endpoint && e.salt%4 != 0
}

func (e *event) address() {
	switch {
	case e.op.addr != "":
		e.op.tAddr.expand(e)
	case e.addr != "":
		e.text(e.addr)
	case e.op.who != "":
		e.text("192.0.2.133")
	case e.byService():
		e.text(e.who.invokedBy)
	case e.w.addresses > 0:
		e.out = appendPublic(e.out, mix(e.salt, 13), e.w.addresses)
	case e.throughEndpoint():
		e.text(tenNet(mix(e.sess.id, 10)))
	default:
		e.text(e.who.addrs[e.sess.id%uint64(len(e.who.addrs))])
	}
}

func (e *event) userAgent() {
	switch {
	case e.op.agent != "":
		e.op.tAgent.expand(e)
	case e.agent != "":
		e.text(e.agent)
	case e.op.who != "":
		e.text(sdkAgents[e.salt%4])
	case e.byService():
		e.text(e.who.invokedBy)
	default:
		e.text(e.who.agents[mix(e.sess.id, 12)%uint64(len(e.who.agents))])
	}
}

// failure appends the error, if the call met one, and reports whether it did.
func (e *event) failure() bool {
	switch {
	case e.op.fails != "":
		e.op.tFail.expand(e)
		return true
	case e.op.errs != "" && e.shared == 0 && e.target == nil && e.chance(35):
		e.op.tErr.expand(e)
		return true
	}
	return false
}

// member appends "name":value, with null for a template that is empty.
func (e *event) member(name string, t template) {
	e.text(name)
	if t == nil {
		e.text("null")
	}
	t.expand(e)
}

func (e *event) parameters(failed bool) {
	o := e.op
	e.member(`"requestParameters":`, o.tReq)
	if failed && o.typ != "AwsConsoleSignIn" {
		e.member(`,"responseElements":`, nil)
	} else {
		e.member(`,"responseElements":`, o.tResp)
	}
	if o.tAdd != nil {
		e.member(`,"additionalEventData":`, o.tAdd)
	} else if o.short == "sts" && e.region == regions[0] && e.salt%3 == 0 {
		e.text(`,"additionalEventData":{"RequestDetails":{"endpointType":"global","awsServingRegion":"us-east-1"}}`)
	}
	if o.noID {
		e.text(`}`)
		return
	}
	e.text(`,"requestID":"`)
	e.requestID()
	e.text(`","eventID":"`)
	e.out = appendUUID(e.out, e.id)
	e.text(`","readOnly":`)
	e.out = strconv.AppendBool(e.out, o.read)
	if o.tRes != nil {
		e.member(`,"resources":`, o.tRes)
	}
}

func (e *event) tail() {
	o := e.op
	if o.noID {
		return
	}
	e.text(`,"eventType":"`)
	if o.typ == "" {
		e.text("AwsApiCall")
	}
	e.text(o.typ)
	if o.api != "" {
		e.text(`","apiVersion":"`)
		e.text(o.api)
	}
	e.text(`","managementEvent":`)
	e.out = strconv.AppendBool(e.out, !o.data)
	e.text(`,"recipientAccountId":"`)
	e.text(e.acct.id)
	e.text(`"`)
	if e.shared != 0 {
		e.text(`,"sharedEventID":"`)
		e.out = appendUUID(e.out, e.shared)
		e.text(`"`)
	}
	if e.throughEndpoint() {
		e.text(`,"vpcEndpointId":"`)
		e.text(e.acct.pools[poolEndpoint][e.who.seed%3])
		e.text(`","vpcEndpointAccountId":"`)
		e.text(e.acct.id)
		e.text(`"`)
	}
	if o.data {
		e.text(`,"eventCategory":"Data"`)
	} else {
		e.text(`,"eventCategory":"Management"`)
	}
	o.tTail.expand(e)
	e.context()
	e.text("}")
}

// context appends what is known of the connection, and of the tags where a
// trail asks for them.
func (e *event) context() {
	if e.op.typ == "" && e.op.tail == "" && !e.byService() {
		if len(e.op.call)%4 != 0 { // not every service tells
			e.tls()
		}
		if e.op.who == "" && e.who.console && e.salt%8 < 3 {
			e.text(`,"sessionCredentialFromConsole":"true"`)
		}
	}
	if e.enriched {
		e.text(`,"eventContext":{"requestContext":{"aws:PrincipalTag/team":"`)
		e.text(e.acct.alias)
		e.text(`","aws:SourceIp":"192.0.2.130"},"tagContext":{"resourceTags":[],"principalTags":["team"]}}`)
	}
}

func (e *event) tls() {
	e.text(`,"tlsDetails":{"tlsVersion":"`)
	if e.sess.id%8 == 0 {
		e.text(`TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256`)
	} else {
		e.text(`TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256`)
	}
	e.text(`","clientProvidedHostHeader":"`)
	if e.op.short == "s3" && e.op.data {
		e.bucketName()
		e.text(".")
	}
	e.text(e.op.short)
	if !e.op.global {
		e.text(".")
		e.text(e.region)
	}
	e.text(`.amazonaws.com"`)
	if e.salt%5 == 0 {
		e.text(`,"keyExchange":"X25519MLKEM768"`)
	}
	e.text(`}`)
}
