package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strings"

	"github.com/ctsql/ctsql/internal/render"
)

func whoCommand() command {
	return command{
		name: "who", args: "ACTOR | KEY | ADDRESS | ARN | ACCOUNT",
		help: "all about who acted: when, from where, what",
		more: `What is given is taken for an access key, an ID that AWS gives (AIDA…, AROA…), an
address, an ARN, an account, or else for a name: an actor as actor() tells it, a
user, a role, a session, an e-mail address, a service. The page says for which. An
ARN is that of an identity, of a role with all its sessions, or an actor. Denied are
calls whose errorCode says so. Where the addresses are is told if a GeoIP database
is there. A .window limits what the page is about.

  .who alice
  .who 203.0.113.66
  .who arn:aws:iam::111122223333:role/ops`,
		run: runWho,
	}
}

func runWho(ctx context.Context, sh *Shell, args string) error {
	given, err := words(args)
	if err != nil {
		return err
	}
	if len(given) != 1 {
		return errors.New("who?\nhint: .who NAME, one at a time; in quotes if it has blanks")
	}
	as := takenFor(given[0])
	about, err := profile(ctx, sh.Session, as)
	if err != nil {
		return err
	}
	if about.events == "0" {
		return nobody(ctx, sh, as)
	}
	places := whereabouts(ctx, sh.Session, about.sections[addresses])
	if err := ctx.Err(); err != nil {
		return err
	}
	return sh.show(ctx, func(w io.Writer) error { return about.write(w, as, places) })
}

// A whoever is what was asked for, and what it is taken for.
type whoever struct {
	text  string
	what  string // in words
	where string // condition on cloudtrail, of the parameter $who
}

var (
	accessKey = regexp.MustCompile(`^A(KIA|SIA)[A-Z0-9]{8,}$`)
	awsID     = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{12,}(:.*)?$`)
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
)

// takenFor recognises what was given.
func takenFor(text string) whoever {
	if a, err := netip.ParseAddr(text); err == nil {
		if a.Is6() { // which can be written in several ways
			return whoever{a.String(), "an address", "in_cidr(sourceIPAddress, $who || '/128')"}
		}
		return whoever{text, "an address", "sourceIPAddress = $who"}
	}
	switch {
	case accessKey.MatchString(text):
		return whoever{text, "an access key", "userIdentity.accessKeyId = $who"}
	case awsID.MatchString(text):
		return whoever{text, "an ID of AWS's", "(userIdentity.principalId = $who OR starts_with(userIdentity.principalId, $who || ':') " +
			"OR userIdentity.sessionContext.sessionIssuer.principalId = $who)"}
	case accountID.MatchString(text):
		return whoever{text, "an account, whose identities acted", "userIdentity.accountId = $who"}
	case strings.HasPrefix(text, "arn:"):
		// An actor's text begins with its identity's ARN, or with its issuer's.
		return whoever{text, "an ARN", "(userIdentity.arn = $who OR userIdentity.sessionContext.sessionIssuer.arn = $who " +
			"OR starts_with($who, userIdentity.sessionContext.sessionIssuer.arn) AND actor(userIdentity) = $who)"}
	}
	return whoever{text, "a name", "(userIdentity.userName = $who OR userIdentity.sessionContext.sessionIssuer.userName = $who " +
		"OR userIdentity.invokedBy = $who OR sourceIPAddress = $who OR userIdentity.sessionContext.sourceIdentity = $who " +
		"OR userIdentity.principalId = $who OR ends_with(userIdentity.principalId, ':' || $who) " +
		"OR userIdentity.onBehalfOf.userId = $who OR (contains($who, '/') OR contains($who, ':')) AND actor(userIdentity) = $who)"}
}

// The sections of a page.
const (
	actors = iota
	types
	arns
	keys
	accounts
	addresses
	services
	regions
	failures
	agents
	sessions
	calls
	sections
)

// A section has the most frequent values of something.
type section struct {
	title string
	value string // in terms of hit
	where string // which rows have one
	most  int    // that are shown
}

var whoSections = [sections]section{
	actors:    {"Actors", "actor", "actor IS NOT NULL", 5},
	types:     {"Identity types", "type", "type IS NOT NULL", 10},
	arns:      {"ARNs", "arn", "arn IS NOT NULL", 5},
	keys:      {"Access keys", "key", "key LIKE 'AKIA%'", 10},
	accounts:  {"In accounts", "account", "account IS NOT NULL", 10},
	addresses: {"Addresses", "ip", "ip IS NOT NULL", 10},
	services:  {"Services", "service", "service IS NOT NULL", 12},
	regions:   {"Regions", "region", "region IS NOT NULL", 12},
	failures:  {"Errors", "error", "error IS NOT NULL", 8},
	agents:    {"User agents", "agent", "agent IS NOT NULL", 5},
	sessions:  {"Sessions", "key || coalesce(' ' || session, '')", "key LIKE 'ASIA%'", 10},
	calls:     {"Calls", "name || ' ' || service", "name IS NOT NULL", 10},
}

// whoHits are the events, of which each section tells something. All is answered
// in one statement: over logs that nobody loaded each reads them again.
const whoHits = `WITH hit AS MATERIALIZED (SELECT eventTime AS t, eventName AS name, replace(eventSource, '.amazonaws.com', '') AS service,
	awsRegion AS region, sourceIPAddress AS ip, userAgent AS agent, errorCode AS error, recipientAccountId AS account,
	userIdentity.type AS type, userIdentity.arn AS arn, nullif(userIdentity.accessKeyId, '') AS key,
	nullif(split_part(userIdentity.principalId, ':', 2), '') AS session, actor(userIdentity) AS actor,
	coalesce(errorCode ILIKE '%denied%' OR errorCode ILIKE '%unauthorized%' OR errorCode ILIKE '%forbidden%', false) AS denied
	FROM cloudtrail WHERE `

// profile asks for all that the page tells.
func profile(ctx context.Context, s Session, as whoever) (*person, error) {
	parts := []string{"SELECT -1 AS part, '' AS value, count(*) AS n, min(t) AS first, max(t) AS last, count(error) AS others, count(*) FILTER (denied) AS denied, '' AS day FROM hit"}
	for i, sec := range whoSections {
		parts = append(parts, fmt.Sprintf("(SELECT %d, %s AS v, count(*), min(t), max(t), count(*) OVER (), count(*) FILTER (denied), '' FROM hit WHERE %s GROUP BY v ORDER BY count(*) DESC, v LIMIT %d)",
			i, sec.value, sec.where, sec.most))
	}
	const call = "SELECT name || ' ' || service AS v FROM hit WHERE name IS NOT NULL GROUP BY v ORDER BY count(*) DESC, v LIMIT "
	parts = append(parts, fmt.Sprintf("SELECT %d, name || ' ' || service AS v, count(*), NULL, NULL, 0, 0, CAST(CAST(t AS DATE) AS VARCHAR) AS d FROM hit WHERE t IS NOT NULL AND v IN (%s%d) GROUP BY v, d",
		sections, call, whoSections[calls].most))
	statement := whoHits + as.where + ")\nSELECT part, value, n, first, last, others, denied, day FROM (" + strings.Join(parts, "\nUNION ALL ") + ") ORDER BY part, n DESC, value"
	about := &person{days: map[string]map[string]int{}}
	err := ask(ctx, s, statement, map[string]string{"who": as.text}, about.take)
	return about, err
}

// nobody tells which names there are that are like one that matches nothing.
func nobody(ctx context.Context, sh *Shell, as whoever) error {
	const nearest = `WITH name AS (SELECT DISTINCT unnest([userIdentity.userName, userIdentity.sessionContext.sessionIssuer.userName,
	split_part(userIdentity.principalId, ':', 2), userIdentity.accessKeyId, userIdentity.accountId, sourceIPAddress]) AS name FROM cloudtrail)
SELECT name FROM name WHERE name <> '' AND (starts_with(lower(name), lower($who)) OR contains(lower(name), lower($who)) AND length($who) > 2
	OR jaro_winkler_similarity(lower(name), lower($who)) > 0.9)
ORDER BY NOT starts_with(lower(name), lower($who)), jaro_winkler_similarity(lower(name), lower($who)) DESC, name LIMIT 8`
	last := as.text[strings.LastIndexAny(as.text, "/")+1:]
	rows, err := askAll(ctx, sh.Session, nearest, map[string]string{"who": last})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("nobody: no event is of %s, taken for %s", render.Clean(as.text), as.what)
	if sh.settings.window != "" {
		text += ", in " + sh.settings.window
	}
	var names []string
	for _, r := range rows {
		names = append(names, cut(r[0], 40))
	}
	if len(names) > 0 {
		text += "\nhint: there are " + strings.Join(names, ", ")
	}
	return errors.New(text)
}
