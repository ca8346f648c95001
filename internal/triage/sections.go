package triage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// objects are members of requestParameters that name what a call is about, the best
// first.
var objects = []string{
	"$.bucketName", "$.userName", "$.roleName", "$.groupName", "$.policyArn", "$.secretId", "$.functionName", "$.snapshotId", "$.dBSnapshotIdentifier",
	"$.dBInstanceIdentifier", "$.tableName", "$.tableArn", "$.imageId", "$.instanceId", "$.instancesSet.items[0].instanceId", "$.volumeId", "$.keyName",
	"$.keyId", "$.groupId", "$.roleArn", "$.trailName", "$.stackName", "$.queueUrl", "$.topicArn", "$.repositoryName", "$.logGroupName",
	"$.names[0]", "$.name", "$.path", "$.service", "$.family", "$.resourceArn", "$.arn",
}

// deedsTable are the events of a subject, each with what the page tells of it. What a
// call is about costs most, and is not told of those that only look around.
func deedsTable(as subject, o Options) string {
	where := as.where
	if !o.Since.IsZero() {
		where += " AND eventTime >= CAST($since AS TIMESTAMP)"
	}
	if !o.Until.IsZero() {
		where += " AND eventTime < CAST($until AS TIMESTAMP)"
	}
	return "CREATE OR REPLACE TEMP TABLE triage_deeds AS " + deedsSQL("true", where)
}

func deedsSQL(own, where string) string {
	return `SELECT ` + own + ` AS own, eventTime AS t, eventName AS name, split_part(eventSource, '.', 1) AS service, awsRegion AS region, sourceIPAddress AS ip,
	userAgent AS agent, errorCode AS error, ` + deniedSQL + ` AS denied, recipientAccountId AS account, userIdentity.accountId AS home, userIdentity.type AS type, userIdentity.arn AS arn,
	nullif(userIdentity.accessKeyId, '') AS key, nullif(split_part(userIdentity.principalId, ':', 2), '') AS session, actor(userIdentity) AS actor,
	coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn, actor(userIdentity)) AS identity,
	coalesce(userIdentity.sessionContext.sessionIssuer.userName, userIdentity.userName) AS identityName,
	userIdentity.sessionContext.attributes.creationDate AS created, userIdentity.sessionContext.sourceIdentity AS source, userIdentity.onBehalfOf.userId AS behalf,
	coalesce(readOnly, regexp_matches(eventName, '^(Get|List|Describe|Head|Lookup|Search|Batch(Get|Describe))')) AS readOnly,
	coalesce(managementEvent, eventCategory = 'Management', true) AS management, eventID AS id,
	CASE WHEN readOnly IS DISTINCT FROM true OR errorCode IS NOT NULL OR eventName IN (` + named(readingNames()) + `)
		THEN coalesce(list_filter(json_extract_string(requestParameters, [` + named(objects) + `]), x -> x <> '')[1], resources[1].ARN) END AS object,
	CASE WHEN eventSource LIKE 's3.amazonaws.%' THEN coalesce(requestParameters ->> '$.key', '') END AS item,
	CASE WHEN eventSource LIKE 's3.amazonaws.%' THEN TRY_CAST(additionalEventData ->> '$.bytesTransferredOut' AS BIGINT) END AS bytes
	FROM cloudtrail WHERE ` + where
}

// bound are those parameters that a statement has.
func bound(statement string, as subject, o Options) params {
	const micros = "2006-01-02 15:04:05.000000"
	all := params{"who": as.text, "since": o.Since.UTC().Format(micros), "until": o.Until.UTC().Format(micros)}
	used := dialect.Parameters(statement)
	for name := range all {
		if !slices.Contains(used, name) {
			delete(all, name)
		}
	}
	return all
}

// follow adds what was done with sessions that the deeds returned, and with those
// got with them: whoever calls AssumeRole goes on under the role. Keys of users that
// it made may be somebody else's: what they did is told beside them.
func (p *Page) follow(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, `WITH RECURSIVE got(key) AS (
		SELECT g.key FROM triage_grants g JOIN triage_deeds d USING (id) WHERE g.call <> 'CreateAccessKey'
		UNION SELECT g.key FROM triage_grants g JOIN got ON g.caller = got.key WHERE g.call <> 'CreateAccessKey')
		SELECT key FROM got WHERE key NOT IN (SELECT key FROM triage_deeds WHERE key IS NOT NULL)`, nil)
	if err != nil || len(rows) == 0 {
		return err
	}
	var keys []string
	for _, r := range rows {
		keys = append(keys, r[0])
	}
	where := "userIdentity.accessKeyId IN " + fromList("keys")
	given := params{"keys": list(keys)}
	if p.Until != nil {
		where += " AND eventTime < CAST($until AS TIMESTAMP)"
		given["until"] = p.Until.Format("2006-01-02 15:04:05.000000")
	}
	return do(ctx, a, "INSERT INTO temp.triage_deeds "+deedsSQL("false", where), given)
}

// sum is how many there are, and from when to when.
func (p *Page) sum(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, "SELECT count(*), count(*) FILTER (own), count(error), count(*) FILTER (denied), min(t), max(t), (SELECT max(eventTime) FROM cloudtrail) FROM triage_deeds", nil)
	if err != nil || len(rows) == 0 {
		return err
	}
	r := rows[0]
	p.Events, p.Own, p.Failed, p.Denied = r.n(0), r.n(1), r.n(2), r.n(3)
	p.First, p.Last, p.LogsEnd = at(r.time(4)), at(r.time(5)), at(r.time(6))
	return nil
}

// maxIdentities is how many identities a page has: an address may have any number.
const maxIdentities = 20

func (p *Page) identities(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, fmt.Sprintf(`SELECT type, identity, any_value(home), coalesce(any_value(source), any_value(behalf),
		CASE WHEN count(DISTINCT actor) FILTER (starts_with(actor, identity || '/')) = 1
			THEN any_value(actor[length(identity) + 2 :]) FILTER (starts_with(actor, identity || '/')) END), count(*) AS n, bool_or(own) AS mine
		FROM triage_deeds GROUP BY type, identity ORDER BY mine DESC, n DESC, identity LIMIT %d`, maxIdentities), nil)
	for _, r := range rows {
		p.Identities = append(p.Identities, Identity{Type: r[0], ARN: r[1], Account: r[2], Human: r[3], Events: r.n(4)})
	}
	return err
}

// times are on which days and in which hours.
func (p *Page) times(ctx context.Context, a Asker) error {
	rows, err := askAll(ctx, a, "SELECT CAST(CAST(t AS DATE) AS VARCHAR) AS d, hour(t) AS h, count(*) FROM triage_deeds WHERE t IS NOT NULL GROUP BY ALL ORDER BY ALL", nil)
	for _, r := range rows {
		if n := len(p.Days); n == 0 || p.Days[n-1].Day != r[0] {
			p.Days = append(p.Days, Day{Day: r[0]})
		}
		p.Days[len(p.Days)-1].Events += r.n(2)
		if h := r.n(1); h >= 0 && h < 24 {
			p.Hours[h] += r.n(2)
		}
	}
	return err
}

// A section has the most frequent values of something in the deeds.
type section struct {
	most  *Most
	value string
	limit int
}

// sections asks for all of them in one statement.
func (p *Page) sections(ctx context.Context, a Asker) error {
	all := []section{
		{&p.Keys, "key || coalesce(' ' || session, '')", 20},
		{&p.Accounts, "account", 20},
		{&p.Addresses, "ip", 20},
		{&p.Agents, "agent", 10},
		{&p.Services, "service", 20},
		{&p.Regions, "region", 20},
		{&p.Errors, "error", 10},
		{&p.Calls, "service || ' ' || name", 20},
	}
	var parts []string
	for i, s := range all {
		s.most.Values = []Seen{}
		parts = append(parts, fmt.Sprintf("(SELECT %d AS part, %s AS v, count(*) AS n, count(*) FILTER (denied), min(t), max(t), count(*) OVER () FROM triage_deeds WHERE v IS NOT NULL GROUP BY v ORDER BY n DESC, v LIMIT %d)",
			i, s.value, s.limit))
	}
	rows, err := askAll(ctx, a, "SELECT * FROM ("+strings.Join(parts, " UNION ALL ")+") ORDER BY part, n DESC, v", nil)
	for _, r := range rows {
		m := all[r.n(0)].most
		m.Of = r.n(6)
		m.Values = append(m.Values, Seen{Value: r[1], Events: r.n(2), Denied: r.n(3), First: at(r.time(4)), Last: at(r.time(5))})
	}
	return err
}

// places tells where addresses are, as far as databases know: each may be missing.
// That they cannot be asked must not keep the rest of the page from a person.
func (p *Page) places(ctx context.Context, a Asker) error {
	given := params{}
	var values []string
	told := map[string]string{}
	for i, s := range p.Addresses.Values {
		name := "a" + strconv.Itoa(i)
		given[name] = s.Value
		values = append(values, "(CAST($"+name+" AS VARCHAR))")
	}
	if len(values) == 0 {
		return nil
	}
	var why error
	for _, tell := range []string{
		"concat_ws(', ', city(ip), country(ip))",
		"concat_ws(' ', 'AS' || CAST(asn(ip) AS VARCHAR), as_org(ip))",
		"CASE WHEN is_tor(ip) THEN 'a Tor exit' ELSE '' END",
	} {
		rows, err := askAll(ctx, a, "SELECT ip, "+tell+" FROM (VALUES "+strings.Join(values, ", ")+") AS t(ip)", given)
		if err != nil {
			if why == nil {
				why = err
			}
			continue
		}
		for _, r := range rows {
			if r[1] != "" {
				told[r[0]] = strings.TrimSpace(told[r[0]] + "  " + r[1])
			}
		}
	}
	if len(told) == 0 && why != nil {
		p.PlacesNote, _, _ = strings.Cut(why.Error(), "\n")
	}
	for i := range p.Addresses.Values {
		p.Addresses.Values[i].Place = told[p.Addresses.Values[i].Value]
	}
	return ctx.Err()
}
