package triage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctsql/ctsql/internal/render"
)

// Bounds of a lineage. What is left out is told.
const (
	lineageRoots = 10  // keys of who is no key
	lineageDepth = 16  // generations, up and down
	lineageWidth = 40  // keys shown that were got with one
	lineageKeys  = 500 // in all
)

// A grant is a call that returned an access key.
type grant struct {
	time             time.Time
	call, id         string
	caller, key      string // access keys; caller may be ""
	actor            string // of the caller
	role, session    string // whose credentials they are
	address, account string // account is the caller's
	expires          string // as the record has it
	seconds          int64  // that were asked for; 0 is not said
	unlisted         int64  // further grants of the caller
}

// grantNames are the calls that return an access key.
var grantNames = []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetSessionToken", "GetFederationToken", "CreateAccessKey"}

// callsTable are the calls that the lineage, what was made and what was ended are told
// from, with their JSON: reading it is the costly part, and done once. What services got
// for their roles is mostly the bulk of a log; serviceGrants looks into it if it must.
var callsTable = "CREATE OR REPLACE TEMP TABLE triage_calls AS " +
	callsSQL("eventName IN ("+named(toldNames())+") AND NOT (userIdentity.type IS NOT DISTINCT FROM 'AWSService' AND eventName IN ("+named(grantNames)+"))")

func callsSQL(where string) string {
	return `SELECT eventTime AS t, split_part(eventSource, '.', 1) AS service, eventName AS name, recipientAccountId AS account, awsRegion AS region, actor(userIdentity) AS actor,
	nullif(userIdentity.accessKeyId, '') AS caller, userIdentity.accountId AS home, sourceIPAddress AS address, eventID AS id, sharedEventID AS shared,
	requestParameters AS asked, responseElements AS answered FROM cloudtrail WHERE errorCode IS NULL AND ` + where
}

// grantsTable are the grants, the two records of a call across accounts as one: the
// caller's own, which knows more of the caller, with what only the other's tells.
var grantsTable = "CREATE OR REPLACE TEMP TABLE triage_grants AS " + grantsSQL("triage_calls", "true")

// serviceGrants adds those that services called for from $from to $to and that
// returned one of $keys.
var serviceGrants = "INSERT INTO temp.triage_grants " + grantsSQL("("+callsSQL("userIdentity.type = 'AWSService' AND eventName IN ("+named(grantNames)+
	") AND eventTime >= CAST($from AS TIMESTAMP) AND eventTime <= CAST($to AS TIMESTAMP)")+")", "key IN "+fromList("keys"))

// firstUses is when the sessions can have begun that were used first then: of a span
// of time only few of a log's rows are read.
var firstUses = "SELECT min(t) - INTERVAL " + fmt.Sprintf("'%d' HOUR", int(longestToken.Hours())) + `, max(t) FROM (SELECT min(eventTime) AS t FROM cloudtrail
	WHERE userIdentity.accessKeyId IN ` + fromList("keys") + " GROUP BY userIdentity.accessKeyId)"

func grantsSQL(calls, key string) string {
	return `WITH record AS MATERIALIZED (SELECT t, name AS call, id, shared, caller, actor, address, home AS account,
		json_extract_string(answered, ['$.credentials.accessKeyId', '$.accessKey.accessKeyId', '$.assumedRoleUser.arn', '$.federatedUser.arn',
			'$.accessKey.userName', '$.credentials.expiration']) AS got,
		json_extract_string(asked, ['$.roleArn', '$.roleSessionName', '$.name', '$.durationSeconds']) AS wanted
	FROM ` + calls + ` WHERE service IN ('sts', 'iam') AND name IN (` + named(grantNames) + `)
), one AS (
	SELECT t, call, id, shared, caller, actor, coalesce(got[1], got[2]) AS key, coalesce(got[3], wanted[1], got[4], got[5]) AS role,
		coalesce(wanted[2], wanted[3]) AS session, address, account, got[6] AS expires, wanted[4] AS seconds FROM record
)
SELECT t, call, id, caller, actor, key, role, session, address, account, expires, seconds FROM one WHERE shared IS NULL AND key IS NOT NULL AND ` + key + `
UNION ALL SELECT * FROM (SELECT min(t), first(call ORDER BY caller IS NULL, id), first(id ORDER BY caller IS NULL, id), any_value(caller), first(actor ORDER BY caller IS NULL, id),
		any_value(key) AS key, first(role ORDER BY caller IS NULL, id), any_value(session), any_value(address), first(account ORDER BY caller IS NULL, id), any_value(expires), any_value(seconds)
	FROM one WHERE shared IS NOT NULL GROUP BY shared) WHERE key IS NOT NULL AND ` + key
}

// A Lineage is how keys were got, up to the first, and what was got with them, down
// to the last.
type Lineage struct {
	asked []string // keys
	more  int64    // further keys of who was asked for
	up    map[string]*grant
	down  map[string][]*grant
	stats map[string]*keyStats
	cut   bool // there are more keys than lineageKeys
}

// keyStats are what was done with a key.
type keyStats struct {
	who                       string
	events, denied, addresses int64
	first, last               time.Time
	address                   string
}

// FindLineage is the lineage of a key, of the keys of an ARN or a name that called for
// others and were used last, or of the key that an event returned or was called with.
func FindLineage(ctx context.Context, a Asker, text string) (l *Lineage, err error) {
	defer func() {
		if dropped := dropTables(ctx, a); err == nil { // else it failed for the same reason
			err = dropped
		}
	}()
	for _, statement := range []string{callsTable, grantsTable} {
		if err := do(ctx, a, statement, nil); err != nil {
			return nil, err
		}
	}
	keys, more, err := startKeys(ctx, a, text)
	if err != nil {
		return nil, err
	}
	l, err = lineageOf(ctx, a, keys)
	if err != nil {
		return nil, err
	}
	l.more = more
	if len(keys) == 1 && l.stats[keys[0]] == nil && l.up[keys[0]] == nil {
		return nil, fmt.Errorf("no event is of the key %s, or returned it", render.Clean(keys[0]))
	}
	return l, nil
}

// dropTables removes what was kept, also after an interrupt.
func dropTables(ctx context.Context, a Asker) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for _, name := range []string{"deeds", "grants", "calls"} {
		errs = append(errs, do(ctx, a, "DROP TABLE IF EXISTS temp.triage_"+name, nil))
	}
	return errors.Join(errs...)
}

// startKeys are the keys that a lineage is asked for with; more is how many others
// there are.
func startKeys(ctx context.Context, a Asker, text string) (keys []string, more int64, err error) {
	if accessKey.MatchString(text) {
		return []string{text}, 0, nil
	}
	if uuidPart.MatchString(text) {
		e, err := findEvent(ctx, a, text)
		if err != nil {
			return nil, 0, err
		}
		if e != nil {
			return eventKey(ctx, a, e)
		}
	}
	as := takenFor(text)
	rows, err := askAll(ctx, a, fmt.Sprintf(`SELECT userIdentity.accessKeyId AS key, count(*) OVER () FROM cloudtrail
		WHERE key <> '' AND %s GROUP BY key ORDER BY count(*) FILTER (eventName IN (%s)) DESC, max(eventTime) DESC, key LIMIT %d`,
		as.where, named(grantNames), lineageRoots), params{"who": as.text})
	if err != nil {
		return nil, 0, err
	}
	if len(rows) == 0 {
		return nil, 0, fmt.Errorf("no access key is of %s, taken for %s", render.Clean(text), as.what)
	}
	for _, r := range rows {
		keys = append(keys, r[0])
	}
	return keys, rows[0].n(1) - int64(len(keys)), nil
}

// eventKey is the key that an event returned, else that it was called with.
func eventKey(ctx context.Context, a Asker, e *calledEvent) ([]string, int64, error) {
	rows, err := askAll(ctx, a, `SELECT coalesce(responseElements ->> '$.credentials.accessKeyId', responseElements ->> '$.accessKey.accessKeyId') AS key
		FROM cloudtrail WHERE eventID = $id AND key IS NOT NULL`, params{"id": e.id})
	switch {
	case err != nil:
		return nil, 0, err
	case len(rows) > 0:
		return []string{rows[0][0]}, 0, nil
	case e.key != "":
		return []string{e.key}, 0, nil
	}
	return nil, 0, fmt.Errorf("the event %s was not called with an access key, and returned none", render.Clean(e.id))
}

// lineageOf finds the lineage of keys in triage_grants.
func lineageOf(ctx context.Context, a Asker, keys []string) (*Lineage, error) {
	l := &Lineage{asked: keys, up: map[string]*grant{}, down: map[string][]*grant{}, stats: map[string]*keyStats{}}
	if err := l.climb(ctx, a); err != nil {
		return nil, err
	}
	l.asked = slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return l.below(k, keys) })
	if err := l.descend(ctx, a); err != nil {
		return nil, err
	}
	return l, l.count(ctx, a)
}

// grantColumns are those of triage_grants, as readGrants takes them.
const grantColumns = "t, call, id, caller, actor, key, role, session, address, account, expires, seconds"

// askGrants returns the grants with one of these keys in a column, key or caller.
func askGrants(ctx context.Context, a Asker, column string, keys []string) (all []*grant, err error) {
	rows, err := askAll(ctx, a, "SELECT "+grantColumns+" FROM triage_grants WHERE "+column+" IN "+fromList("keys")+
		fmt.Sprintf(" ORDER BY t, caller IS NULL, id LIMIT %d", lineageKeys*lineageWidth), params{"keys": list(keys)})
	for _, r := range rows {
		all = append(all, readGrant(r))
	}
	return all, err
}

// gotKeys returns the grants of keys, also those that services called for.
func gotKeys(ctx context.Context, a Asker, keys []string) ([]*grant, error) {
	found, err := askGrants(ctx, a, "key", keys)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, k := range keys {
		if strings.HasPrefix(k, "ASIA") && !slices.ContainsFunc(found, func(g *grant) bool { return g.key == k }) {
			missing = append(missing, k)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	given := params{"keys": list(missing)}
	used, err := askAll(ctx, a, firstUses, given)
	if err != nil {
		return nil, err
	}
	given["from"], given["to"] = "1970-01-01", "9999-12-31" // of keys that were never used
	if len(used) > 0 && used[0][1] != "" {
		given["from"], given["to"] = used[0][0], used[0][1]
	}
	if err := do(ctx, a, serviceGrants, given); err != nil {
		return nil, err
	}
	more, err := askGrants(ctx, a, "key", missing)
	return append(found, more...), err
}

func readGrant(r row) *grant {
	return &grant{time: r.time(0), call: r[1], id: r[2], caller: r[3], actor: r[4], key: r[5], role: r[6], session: r[7],
		address: r[8], account: r[9], expires: r[10], seconds: r.n(11)}
}

// climb finds how the keys were got, and with which keys, up to the first.
func (l *Lineage) climb(ctx context.Context, a Asker) error {
	keys := l.asked
	for range lineageDepth {
		if len(keys) == 0 {
			return nil
		}
		found, err := gotKeys(ctx, a, keys)
		if err != nil {
			return err
		}
		keys = nil
		for _, g := range found {
			if l.up[g.key] != nil {
				continue // the first record of it holds
			}
			l.up[g.key] = g
			if g.call != "CreateAccessKey" && g.caller != "" && l.up[g.caller] == nil {
				keys = append(keys, g.caller)
			}
		}
	}
	return nil
}

// descend finds what was got with the keys, and with that, down to the last.
func (l *Lineage) descend(ctx context.Context, a Asker) error {
	keys, seen := l.asked, map[string]bool{}
	for _, k := range keys {
		seen[k] = true
	}
	for range lineageDepth {
		if len(keys) == 0 {
			return nil
		}
		found, err := askGrants(ctx, a, "caller", keys)
		if err != nil {
			return err
		}
		keys = nil
		for _, g := range found {
			if seen[g.key] {
				continue // a circle, or told twice
			}
			if all := l.down[g.caller]; len(all) >= lineageWidth || len(seen) >= lineageKeys {
				if len(all) > 0 {
					all[0].unlisted++
				}
				l.cut = l.cut || len(seen) >= lineageKeys
				continue
			}
			seen[g.key] = true
			l.down[g.caller] = append(l.down[g.caller], g)
			keys = append(keys, g.key)
		}
	}
	l.cut = l.cut || len(keys) > 0
	return nil
}

// count asks what was done with the keys.
func (l *Lineage) count(ctx context.Context, a Asker) error {
	all := map[string]bool{}
	for _, k := range l.asked {
		all[k] = true
	}
	for k, g := range l.up {
		all[k], all[g.caller] = true, true
	}
	for k, grants := range l.down {
		all[k] = true
		for _, g := range grants {
			all[g.key] = true
		}
	}
	rows, err := askAll(ctx, a, `SELECT userIdentity.accessKeyId AS key, coalesce(any_value(userIdentity.arn), any_value(userIdentity.userName), any_value(userIdentity.principalId)), count(*),
	count(*) FILTER (`+deniedSQL+`), min(eventTime), max(eventTime), mode(sourceIPAddress), count(DISTINCT sourceIPAddress)
	FROM cloudtrail WHERE userIdentity.accessKeyId IN `+fromList("keys")+` AND key <> '' GROUP BY key`, params{"keys": list(slices.Sorted(maps.Keys(all)))})
	for _, r := range rows {
		l.stats[r[0]] = &keyStats{who: r[1], events: r.n(2), denied: r.n(3), first: r.time(4), last: r.time(5), address: r[6], addresses: r.n(7)}
	}
	return err
}

// top is the first key of the chain that leads to a key, "" where it began without
// one, and the grants on the way down from there.
func (l *Lineage) top(key string) (top string, path []*grant) {
	seen := map[string]bool{key: true}
	top = key
	for g := l.up[key]; g != nil && g.call != "CreateAccessKey"; g = l.up[top] {
		path = append(path, g)
		if top = g.caller; top == "" || seen[top] {
			break
		}
		seen[top] = true
	}
	slices.Reverse(path)
	return top, path
}

// below reports whether a key was got with another of these: it is shown under that.
func (l *Lineage) below(key string, keys []string) bool {
	_, path := l.top(key)
	return slices.ContainsFunc(path, func(g *grant) bool { return g.caller != key && slices.Contains(keys, g.caller) })
}

// began is who is at the top of the chain of a key.
func (l *Lineage) began(key string) string {
	top, path := l.top(key)
	if top == "" {
		return cmp.Or(path[0].actor, "unknown")
	}
	if st := l.stats[top]; st != nil {
		return st.who
	}
	return ""
}
