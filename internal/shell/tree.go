package shell

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/ctsql/ctsql/internal/render"
)

func treeCommand() command {
	return command{
		name: "tree", args: "KEY | ARN | NAME | EVENT",
		help: "who got which credentials from whom, up to the first and down to the last",
		more: `AssumeRole and its like, GetSessionToken and GetFederationToken return an access
key: what is done with it is done by who called. The tree leads from the first in
the chain to the key that was asked for, and on to all keys that were got with it,
each with what was done with it. CreateAccessKey is followed down, and told of where
the chain begins. The two records of a call across accounts, which share a
sharedEventID, are one. Of an ARN or a name the keys are shown that called for
others, and were used last. Of an event it is the key that it returned, or was
called with.

  .tree AKIAIOSFODNN7EXAMPLE
  .tree arn:aws:iam::111122223333:user/alice`,
		run: runTree,
	}
}

// Bounds of a tree. What is left out is told.
const (
	treeRoots = 10  // keys of an ARN
	treeDepth = 16  // generations, up and down
	treeWidth = 40  // keys shown that were got with one
	treeKeys  = 500 // in all
)

func runTree(ctx context.Context, sh *Shell, args string) error {
	given, err := words(args)
	if err != nil {
		return err
	}
	if len(given) != 1 {
		return errors.New("whose tree?\nhint: .tree KEY, an ARN, a name or an event's ID")
	}
	keys, more, err := startKeys(ctx, sh.Session, given[0])
	if err != nil {
		return err
	}
	t := &lineage{session: sh.Session, up: map[string]*grant{}, down: map[string][]*grant{}, stats: map[string]*keyStats{}}
	if err := t.climb(ctx, keys); err != nil {
		return err
	}
	if err := t.descend(ctx, keys); err != nil {
		return err
	}
	if err := t.count(ctx, keys); err != nil {
		return err
	}
	if len(keys) == 1 && t.stats[keys[0]] == nil && t.up[keys[0]] == nil {
		return fmt.Errorf("no event is of the key %s, or returned it", render.Clean(keys[0]))
	}
	return sh.show(ctx, func(w io.Writer) error { return t.write(w, keys, more) })
}

var uuidPart = regexp.MustCompile(`^[0-9a-fA-F]{6,8}(-[0-9a-fA-F-]*)?$`)

// startKeys are the keys that a tree is asked for with; more is how many others
// there are.
func startKeys(ctx context.Context, s Session, text string) (keys []string, more int, err error) {
	switch {
	case accessKey.MatchString(text):
		return []string{text}, 0, nil
	case uuidPart.MatchString(text):
		return eventKey(ctx, s, text)
	}
	as := takenFor(text)
	rows, err := askAll(ctx, s, fmt.Sprintf(`SELECT userIdentity.accessKeyId AS key, count(*) OVER () FROM cloudtrail
		WHERE key <> '' AND %s GROUP BY key ORDER BY count(*) FILTER (eventName IN (%s)) DESC, max(eventTime) DESC, key LIMIT %d`,
		as.where, grantNames, treeRoots), map[string]string{"who": as.text})
	if err != nil {
		return nil, 0, err
	}
	if len(rows) == 0 {
		return nil, 0, fmt.Errorf("no access key is of %s, taken for %s", render.Clean(text), as.what)
	}
	for _, r := range rows {
		keys = append(keys, r[0])
	}
	if _, err := fmt.Sscan(rows[0][1], &more); err != nil {
		return nil, 0, err
	}
	return keys, more - len(keys), nil
}

// eventKey is the key that an event returned, else that it was called with.
func eventKey(ctx context.Context, s Session, id string) ([]string, int, error) {
	events, err := findEvents(ctx, s, id)
	if err != nil {
		return nil, 0, err
	}
	if matches(events) > 1 {
		return nil, 0, fmt.Errorf("%d events begin with %s\nhint: .event %[2]s lists them", len(events), id)
	}
	for i := range events {
		rows, err := askAll(ctx, s, "SELECT key FROM ("+grants+") WHERE eventID = $id AND key IS NOT NULL", map[string]string{"id": events[i].text("eventID")})
		if err != nil {
			return nil, 0, err
		}
		if len(rows) > 0 {
			return []string{rows[0][0]}, 0, nil
		}
		if key := events[i].member("userIdentity", "accessKeyId"); key != "" {
			return []string{key}, 0, nil
		}
	}
	return nil, 0, fmt.Errorf("the event %s was not called with an access key, and returned none", render.Clean(id))
}

// A grant is a call that returned an access key.
type grant struct {
	time, call, id, shared string
	caller, key            string // access keys; caller may be ""
	actor                  string // of the caller
	role, session          string // whose credentials they are
	address, account       string // account is the caller's
	unlisted               int    // further grants of the caller
}

// grantNames are the calls that return an access key.
const grantNames = "'AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetSessionToken', 'GetFederationToken', 'CreateAccessKey'"

// grants are their records, also those of which the other account's holds the key.
const grants = `SELECT eventTime, eventName, eventID, sharedEventID, nullif(userIdentity.accessKeyId, '') AS caller,
	coalesce(responseElements ->> '$.credentials.accessKeyId', responseElements ->> '$.accessKey.accessKeyId') AS key, actor(userIdentity) AS actor,
	coalesce(responseElements ->> '$.assumedRoleUser.arn', requestParameters ->> '$.roleArn', responseElements ->> '$.federatedUser.arn',
		responseElements ->> '$.accessKey.userName') AS role,
	coalesce(requestParameters ->> '$.roleSessionName', requestParameters ->> '$.name') AS session, sourceIPAddress AS address, userIdentity.accountId AS account
	FROM cloudtrail WHERE eventSource IN ('sts.amazonaws.com', 'iam.amazonaws.com') AND eventName IN (` + grantNames + `) AND errorCode IS NULL`

// askGrants returns the grants with these keys in a column, key or caller, each
// call across accounts as one.
func askGrants(ctx context.Context, s Session, column string, keys []string) ([]*grant, error) {
	all, err := someGrants(ctx, s, column, keys)
	if err != nil {
		return nil, err
	}
	var shared []string
	for _, g := range all {
		if g.shared != "" {
			shared = append(shared, g.shared)
		}
	}
	if len(shared) > 0 {
		others, err := someGrants(ctx, s, "sharedEventID", shared)
		if err != nil {
			return nil, err
		}
		all = paired(slices.DeleteFunc(all, func(g *grant) bool { return g.shared != "" }), others)
	}
	return slices.DeleteFunc(all, func(g *grant) bool { return g.key == "" }), nil
}

// paired adds calls across accounts, of which both accounts have a record.
func paired(all, records []*grant) []*grant {
	pair := map[string]*grant{}
	for _, g := range records {
		if other := pair[g.shared]; other != nil {
			// The caller's own record, which comes first, knows more of the caller.
			other.caller = cmp.Or(other.caller, g.caller)
			other.key = cmp.Or(other.key, g.key)
			other.role = cmp.Or(other.role, g.role)
			continue
		}
		pair[g.shared] = g
		all = append(all, g)
	}
	slices.SortStableFunc(all, func(a, b *grant) int { return cmp.Compare(a.time, b.time) })
	return all
}

// someGrants returns the records with one of these values in a column of grants. (A
// join with the values would read the members of JSON of all grants before it.)
func someGrants(ctx context.Context, s Session, column string, values []string) (all []*grant, err error) {
	list, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	rows, err := askAll(ctx, s, `SELECT eventTime, eventName, eventID, sharedEventID, caller, key, actor, role, session, address, account FROM (`+grants+`)
	WHERE list_contains(CAST(CAST($values AS JSON) AS VARCHAR[]), `+column+`)
	ORDER BY eventTime, caller IS NULL, eventID LIMIT `+fmt.Sprint(treeKeys*treeWidth), map[string]string{"values": string(list)})
	for _, r := range rows {
		all = append(all, &grant{time: clock(r[0]), call: r[1], id: r[2], shared: r[3], caller: r[4], key: r[5], actor: r[6],
			role: r[7], session: r[8], address: r[9], account: r[10]})
	}
	return all, err
}

// A lineage is what is known of some keys.
type lineage struct {
	session Session
	up      map[string]*grant   // of a key: how it was got
	down    map[string][]*grant // of a key: what was got with it
	stats   map[string]*keyStats
	cut     bool // there are more keys than treeKeys
}

// climb finds how the keys were got, and with which keys, up to the first.
func (t *lineage) climb(ctx context.Context, keys []string) error {
	for range treeDepth {
		if len(keys) == 0 {
			return nil
		}
		found, err := askGrants(ctx, t.session, "key", keys)
		if err != nil {
			return err
		}
		keys = nil
		for _, g := range found {
			if t.up[g.key] != nil {
				continue // the first record of it holds
			}
			t.up[g.key] = g
			if g.call != "CreateAccessKey" && g.caller != "" && t.up[g.caller] == nil {
				keys = append(keys, g.caller)
			}
		}
	}
	return nil
}

// descend finds what was got with the keys, and with that, down to the last.
func (t *lineage) descend(ctx context.Context, keys []string) error {
	seen := map[string]bool{}
	for _, k := range keys {
		seen[k] = true
	}
	for range treeDepth {
		if len(keys) == 0 {
			return nil
		}
		found, err := askGrants(ctx, t.session, "caller", keys)
		if err != nil {
			return err
		}
		keys = nil
		for _, g := range found {
			if seen[g.key] {
				continue // a circle, or told twice
			}
			if all := t.down[g.caller]; len(all) >= treeWidth || len(seen) >= treeKeys {
				if len(all) > 0 {
					all[0].unlisted++
				}
				t.cut = t.cut || len(seen) >= treeKeys
				continue
			}
			seen[g.key] = true
			t.down[g.caller] = append(t.down[g.caller], g)
			keys = append(keys, g.key)
		}
	}
	t.cut = t.cut || len(keys) > 0
	return nil
}

// keyStats are what was done with a key.
type keyStats struct {
	who, events, denied, first, last, address, addresses string
}

// count asks what was done with the keys.
func (t *lineage) count(ctx context.Context, keys []string) error {
	keys = slices.Clone(keys)
	for k, g := range t.up {
		keys = append(keys, k, g.caller)
	}
	for k, all := range t.down {
		keys = append(keys, k)
		for _, g := range all {
			keys = append(keys, g.key)
		}
	}
	slices.Sort(keys)
	return t.countKeys(ctx, slices.Compact(keys))
}

func (t *lineage) countKeys(ctx context.Context, keys []string) error {
	list, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	rows, err := askAll(ctx, t.session, `SELECT userIdentity.accessKeyId AS key, coalesce(any_value(userIdentity.arn), any_value(userIdentity.userName), any_value(userIdentity.principalId)), count(*),
	count(*) FILTER (errorCode ILIKE '%denied%' OR errorCode ILIKE '%unauthorized%' OR errorCode ILIKE '%forbidden%'),
	min(eventTime), max(eventTime), mode(sourceIPAddress), count(DISTINCT sourceIPAddress)
	FROM cloudtrail WHERE userIdentity.accessKeyId IN (SELECT unnest(CAST(CAST($keys AS JSON) AS VARCHAR[]))) AND key <> '' GROUP BY key`, map[string]string{"keys": string(list)})
	for _, r := range rows {
		t.stats[r[0]] = &keyStats{who: r[1], events: r[2], denied: r[3], first: clock(r[4]), last: clock(r[5]), address: r[6], addresses: r[7]}
	}
	return err
}
