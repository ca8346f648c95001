package triage

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/ctsql/ctsql/internal/render"
)

// A subject is what was asked for, and what it is taken for.
type subject struct {
	text  string
	what  string // in words
	where string // condition on cloudtrail, of the parameter $who
	name  bool   // several identities may have it
}

var (
	accessKey = regexp.MustCompile(`^A(KIA|SIA)[A-Z0-9]{8,}$`)
	awsID     = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{12,}(:.*)?$`)
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	uuidPart  = regexp.MustCompile(`^[0-9a-fA-F]{6,8}(-[0-9a-fA-F-]*)?$`)
)

// IsAccessKey reports whether a text is how an access key's ID is written.
func IsAccessKey(text string) bool { return accessKey.MatchString(text) }

// IsID reports whether a text is how an ID that AWS gives, AIDA… or AROA…, is written.
func IsID(text string) bool { return awsID.MatchString(text) }

// IsAccount reports whether a text is how an account's ID is written.
func IsAccount(text string) bool { return accountID.MatchString(text) }

// takenFor recognises what was given, but for an event.
func takenFor(text string) subject {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		if a.Is6() { // which can be written in several ways
			return subject{text: a.String(), what: "an address", where: "in_cidr(sourceIPAddress, $who || '/128')"}
		}
		return subject{text: text, what: "an address", where: "sourceIPAddress = $who"}
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return subject{text: p.Masked().String(), what: "a network", where: "in_cidr(sourceIPAddress, $who)"}
	}
	switch {
	case accessKey.MatchString(text):
		return subject{text: text, what: "an access key", where: "userIdentity.accessKeyId = $who"}
	case awsID.MatchString(text):
		return subject{text: text, what: "an ID of AWS's", where: "(userIdentity.principalId = $who OR starts_with(userIdentity.principalId, $who || ':') " +
			"OR userIdentity.sessionContext.sessionIssuer.principalId = $who)"}
	case accountID.MatchString(text):
		return subject{text: text, what: "an account, whose identities acted", where: "userIdentity.accountId = $who"}
	case strings.HasPrefix(text, "arn:"):
		// An actor's text begins with its identity's ARN, or with its issuer's.
		return subject{text: text, what: "an ARN", where: "(userIdentity.arn = $who OR userIdentity.sessionContext.sessionIssuer.arn = $who " +
			"OR starts_with($who, userIdentity.sessionContext.sessionIssuer.arn) AND actor(userIdentity) = $who)"}
	}
	return subject{text: text, what: "a name", name: true, where: "(userIdentity.userName = $who OR userIdentity.sessionContext.sessionIssuer.userName = $who " +
		"OR userIdentity.invokedBy = $who OR sourceIPAddress = $who OR userIdentity.sessionContext.sourceIdentity = $who " +
		"OR userIdentity.principalId = $who OR ends_with(userIdentity.principalId, ':' || $who) " +
		"OR userIdentity.onBehalfOf.userId = $who OR (contains($who, '/') OR contains($who, ':')) AND actor(userIdentity) = $who)"}
}

// resolve is takenFor, which also knows events: one stands for who called.
func resolve(ctx context.Context, a Asker, text string) (subject, error) {
	if !uuidPart.MatchString(text) || accountID.MatchString(text) {
		return takenFor(text), nil
	}
	e, err := findEvent(ctx, a, text)
	if err != nil || e == nil {
		return takenFor(text), err // a name can look like it
	}
	as := subject{text: e.key, where: "userIdentity.accessKeyId = $who"}
	switch {
	case e.key != "":
	case e.arn != "":
		as.text, as.where = e.arn, "userIdentity.arn = $who"
	case e.principal != "":
		as.text, as.where = e.principal, "userIdentity.principalId = $who"
	case e.actor != "":
		as.text, as.where = e.actor, "actor(userIdentity) = $who"
	default:
		return as, fmt.Errorf("the event %s does not tell who called", e.id)
	}
	as.what = fmt.Sprintf("who called %s, event %s", e.name, e.id)
	return as, nil
}

// A calledEvent is an event as far as it tells who called.
type calledEvent struct{ id, name, key, arn, principal, actor string }

// findEvent returns the event with that ID, or the only one whose ID begins so; nil
// is none.
func findEvent(ctx context.Context, a Asker, id string) (*calledEvent, error) {
	const ask = `SELECT eventID, eventName, coalesce(userIdentity.accessKeyId, ''), userIdentity.arn, userIdentity.principalId, actor(userIdentity)
		FROM cloudtrail WHERE %s ORDER BY eventID, eventTime, sourceObject, recordIndex LIMIT 20`
	rows, err := askAll(ctx, a, fmt.Sprintf(ask, "eventID = $id"), params{"id": id})
	if err == nil && len(rows) == 0 {
		rows, err = askAll(ctx, a, fmt.Sprintf(ask, "starts_with(lower(eventID), lower($id))"), params{"id": id})
	}
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := map[string]bool{}
	var all []string
	for _, r := range rows {
		if !ids[r[0]] {
			ids[r[0]] = true
			all = append(all, render.Clean(r[0])+" "+render.Clean(r[1]))
		}
	}
	if len(all) > 1 {
		return nil, fmt.Errorf("%d events begin with %s\nhint: write more of one of %s", len(all), render.Clean(id), strings.Join(all[:min(len(all), 5)], ", "))
	}
	r := rows[0]
	return &calledEvent{id: r[0], name: r[1], key: r[2], arn: r[3], principal: r[4], actor: r[5]}, nil
}

// nobody is the error that tells which names there are that are like one that
// matches nothing.
func nobody(ctx context.Context, a Asker, as subject, in string) error {
	const nearest = `WITH name AS (SELECT DISTINCT unnest([userIdentity.userName, userIdentity.sessionContext.sessionIssuer.userName,
	split_part(userIdentity.principalId, ':', 2), userIdentity.accessKeyId, userIdentity.accountId, sourceIPAddress]) AS name FROM cloudtrail)
SELECT name FROM name WHERE name <> '' AND (starts_with(lower(name), lower($who)) OR contains(lower(name), lower($who)) AND length($who) > 2
	OR jaro_winkler_similarity(lower(name), lower($who)) > 0.9)
ORDER BY NOT starts_with(lower(name), lower($who)), jaro_winkler_similarity(lower(name), lower($who)) DESC, name LIMIT 8`
	last := as.text[strings.LastIndexAny(as.text, "/")+1:]
	if as.what == "a network" {
		last, _, _ = strings.Cut(as.text, "/")
	}
	rows, err := askAll(ctx, a, nearest, params{"who": last})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("nobody: no event is of %s, taken for %s%s", render.Clean(as.text), as.what, in)
	var names []string
	for _, r := range rows {
		names = append(names, render.Cut(r[0], 40))
	}
	if len(names) > 0 {
		text += "\nhint: there are " + strings.Join(names, ", ")
	}
	return fmt.Errorf("%s", text)
}
