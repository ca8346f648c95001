package synth

import "time"

// identity appends userIdentity: a shape's own, or the actor's.
func (e *event) identity() {
	switch {
	case e.op.who != "":
		e.op.tWho.expand(e)
	case e.who.acct != e.acct:
		e.stranger()
	case e.who.kind == "AWSService":
		e.text(`{"type":"AWSService","invokedBy":"`)
		e.text(e.who.invokedBy)
		e.text(`"}`)
	case e.who.kind == "IAMUser":
		e.iamUser()
	default:
		e.assumedRole()
	}
}

// stranger is how the account that owns a thing sees a caller from another:
// without a name, and without an ARN.
func (e *event) stranger() {
	e.text(`{"type":"AWSAccount","principalId":"`)
	e.text(e.who.id)
	if e.who.kind == "AssumedRole" {
		e.text(":")
		e.out = e.who.appendSession(e.out, e.sess)
	}
	e.text(`","accountId":"`)
	e.text(e.who.acct.id)
	e.text(`"}`)
}

func (e *event) iamUser() {
	a := e.who
	e.text(`{"type":"IAMUser","principalId":"`)
	e.text(a.id)
	e.text(`","arn":"`)
	e.text(a.arn)
	e.text(`","accountId":"`)
	e.text(a.acct.id)
	e.text(`","accessKeyId":"`)
	switch {
	case e.key != 0:
		e.out = appendKeyID(e.out, "AKIA", e.key)
	case a.console:
		e.out = appendKeyID(e.out, "ASIA", e.sess.id)
	default:
		e.out = appendKeyID(e.out, "AKIA", a.keySeed())
	}
	e.text(`","userName":"`)
	e.text(a.name)
	e.text(`"`)
	if a.console {
		e.text(`,"sessionContext":{"attributes":{"creationDate":"`)
		e.created()
		e.text(`","mfaAuthenticated":"`)
		e.yes(a.mfa)
		e.text(`"}}`)
	}
	e.text("}")
}

// appendARN appends the caller's ARN, as messages of errors have it.
func (e *event) appendARN() {
	if e.who == nil || e.who.kind == "AWSService" {
		e.text("arn:aws:iam::" + e.acct.id + ":root")
		return
	}
	if e.who.kind != "AssumedRole" {
		e.text(e.who.arn)
		return
	}
	e.text("arn:aws:sts::")
	e.text(e.who.acct.id)
	e.text(":assumed-role/")
	e.text(e.who.name)
	e.text("/")
	e.out = e.who.appendSession(e.out, e.sess)
}

func (e *event) assumedRole() {
	a := e.who
	e.text(`{"type":"AssumedRole","principalId":"`)
	e.text(a.id)
	e.text(":")
	e.out = a.appendSession(e.out, e.sess)
	e.text(`","arn":"`)
	e.appendARN()
	e.text(`","accountId":"`)
	e.text(a.acct.id)
	e.text(`","accessKeyId":"`)
	e.out = appendKeyID(e.out, "ASIA", e.sess.id)
	e.text(`","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"`)
	e.text(a.id)
	e.text(`","arn":"`)
	e.text(a.arn)
	e.text(`","accountId":"`)
	e.text(a.acct.id)
	e.text(`","userName":"`)
	e.text(a.name)
	e.text(`"}`)
	e.sessionExtras()
	e.text(`}`)
	if a.invokedBy != "" {
		e.text(`,"invokedBy":"`)
		e.text(a.invokedBy)
		e.text(`"`)
	}
	if a.person != "" {
		e.text(`,"onBehalfOf":{"userId":"`)
		e.text(a.person)
		e.text(`","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-9067example"}`)
	}
	if a.ec2 && e.salt%16 == 0 {
		e.text(`,"inScopeOf":{"sourceArn":"arn:aws:ec2:`)
		e.text(e.region + ":" + a.acct.id + `:instance/`)
		e.out = a.appendSession(e.out, e.sess)
		e.text(`","sourceAccount":"`)
		e.text(a.acct.id)
		e.text(`","issuerType":"AWS::EC2::Instance","credentialsIssuedTo":"AWS::EC2::Instance"}`)
	}
	e.text("}")
}

// sessionExtras appends what sessionContext holds after the issuer. Older
// endpoints write an empty webIdFederationData for roles that have none.
func (e *event) sessionExtras() {
	a := e.who
	switch {
	case a.provider != "":
		e.text(`,"webIdFederationData":{"federatedProvider":"`)
		e.text(a.provider)
		e.text(`","attributes":{}}`)
	case len(e.op.call)%3 == 0:
		e.text(`,"webIdFederationData":{}`)
	}
	e.text(`,"attributes":{"creationDate":"`)
	e.created()
	e.text(`","mfaAuthenticated":"`)
	e.yes(a.mfa)
	e.text(`"}`)
	if a.sourceID != "" {
		e.text(`,"sourceIdentity":"`)
		e.text(a.sourceID)
		e.text(`"`)
	}
	if a.ec2 {
		e.text(`,"ec2RoleDelivery":"2.0"`)
	}
}

// created appends creationDate, in the form that a few services still have or
// in today's.
func (e *event) created() {
	if e.op.short == "elasticloadbalancing" || e.op.short == "sns" {
		e.out = time.Unix(e.sess.start, 0).UTC().AppendFormat(e.out, "20060102T150405Z")
		return
	}
	e.out = appendISO(e.out, e.sess.start)
}

func (e *event) yes(b bool) {
	if b {
		e.text("true")
	} else {
		e.text("false")
	}
}
