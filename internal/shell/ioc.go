package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/render"
	"github.com/ctsql/ctsql/internal/triage"
)

func iocCommand() command {
	return command{
		name: "ioc", args: "FILE",
		help: "which indicators of compromise, one a line in FILE, are in the logs",
		more: `An indicator is an address, a network (203.0.113.0/24), an access key, another ID
of AWS's, an ARN, an account, or else a text: a user agent, a user, a session, an
e-mail address, in full. Quotes around it, 1[.]2[.]3[.]4 and hxxp:// are taken as
they are meant, # begins a comment, and of a URL it is the host. ARNs are those of
identities and of resources. They are the table ioc(value, kind) afterwards, until
the next .ioc or the end of the shell. A .window limits what is looked at.

  .ioc indicators.txt
  select * from cloudtrail join ioc on sourceIPAddress = value;`,
		run: runIOC,
	}
}

func runIOC(ctx context.Context, sh *Shell, args string) error {
	path, err := oneFile(args)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	all, err := readIndicators(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", render.Clean(path), err)
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: no indicator in it", render.Clean(path))
	}
	if err := keepIndicators(ctx, sh.own(), all); err != nil {
		return err
	}
	found, err := findIndicators(ctx, sh.own(), all)
	if err != nil {
		return err
	}
	return sh.show(ctx, func(w io.Writer) error { return writeIndicators(w, all, found) })
}

// keepIndicators makes them the table ioc.
func keepIndicators(ctx context.Context, s Asker, all []indicator) error {
	if err := run(ctx, s, "CREATE OR REPLACE TABLE ioc (value VARCHAR, kind VARCHAR)", nil); err != nil {
		return err
	}
	return insertPairs(ctx, s, "ioc", len(all), func(i int) [2]string { return [2]string{all[i].value, all[i].kind} })
}

// insertPairs inserts rows of two texts into a table, some thousands a statement.
func insertPairs(ctx context.Context, s Asker, table string, n int, pair func(i int) [2]string) error {
	for from := 0; from < n; from += 10_000 {
		var rows [][2]string
		for i := from; i < min(n, from+10_000); i++ {
			rows = append(rows, pair(i))
		}
		text, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		err = run(ctx, s, "INSERT INTO "+table+" SELECT r[1], r[2] FROM (SELECT unnest(CAST(CAST($rows AS JSON) AS VARCHAR[][])) AS r)", map[string]string{"rows": string(text)})
		if err != nil {
			return err
		}
	}
	return nil
}

// run runs a statement of which the answer is of no interest.
func run(ctx context.Context, s Asker, statement string, params map[string]string) error {
	return ask(ctx, s, statement, params, func([]render.Cell) error { return nil })
}

// findIndicators returns the rows of the page: one for an indicator and a log.
func findIndicators(ctx context.Context, s Asker, all []indicator) (found [][]string, err error) {
	const seen = "CREATE OR REPLACE TEMP TABLE ctsql_ioc_seen (seen VARCHAR, value VARCHAR)"
	if err := run(ctx, s, seen, nil); err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, run(context.WithoutCancel(ctx), s, "DROP TABLE IF EXISTS ctsql_ioc_seen", nil))
	}()
	if err := matchAddresses(ctx, s, all); err != nil {
		return nil, err
	}
	return askAll(ctx, s, iocStatement(all), nil)
}

// matchAddresses finds the addresses in the logs that are, or are in, one of the
// indicators: an address can be written in several ways, and to compare each with
// each network would take long.
func matchAddresses(ctx context.Context, s Asker, all []indicator) error {
	n := newNetworks(all)
	if len(n.bits) == 0 {
		return nil
	}
	var pairs [][2]string
	const distinct = "SELECT sourceIPAddress FROM cloudtrail GROUP BY 1 UNION SELECT remoteip FROM s3logs GROUP BY 1"
	err := ask(ctx, s, distinct, nil, func(cells []render.Cell) error {
		for _, value := range n.of(string(cells[0].Text)) {
			pairs = append(pairs, [2]string{string(cells[0].Text), value})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return insertPairs(ctx, s, "ctsql_ioc_seen", len(pairs), func(i int) [2]string { return pairs[i] })
}

// iocParts are what is compared with the indicators of some kinds. An event is one
// row at most for each value of a kind.
var iocParts = []struct{ kinds, log, seen, join string }{
	{"address network", "cloudtrail", "sourceIPAddress", "ctsql_ioc_seen i ON i.seen = e.v"},
	{"address network", "s3logs", "remoteip", "ctsql_ioc_seen i ON i.seen = e.v"},
	{"key", "cloudtrail", "userIdentity.accessKeyId", "ioc i ON i.kind = 'key' AND i.value = e.v"},
	{"account", "cloudtrail", "userIdentity.accountId", "ioc i ON i.kind = 'account' AND i.value = e.v"},
	{"id", "cloudtrail", "unnest(list_distinct([userIdentity.principalId, split_part(userIdentity.principalId, ':', 1), userIdentity.sessionContext.sessionIssuer.principalId]))",
		"ioc i ON i.kind = 'id' AND i.value = e.v"},
	{"arn", "cloudtrail", "unnest(list_distinct([userIdentity.arn, userIdentity.sessionContext.sessionIssuer.arn] || coalesce(list_transform(resources, lambda r: r.ARN), [])))",
		"ioc i ON i.kind = 'arn' AND i.value = e.v"},
	{"arn", "s3logs", "requester", "ioc i ON i.kind = 'arn' AND i.value = e.v"},
	{"text", "cloudtrail", "unnest(list_distinct([userAgent, userIdentity.userName, userIdentity.sessionContext.sessionIssuer.userName, " +
		"split_part(userIdentity.principalId, ':', 2), userIdentity.sessionContext.sourceIdentity, sourceIPAddress]))", "ioc i ON i.kind = 'text' AND i.value = e.v"},
	{"text", "s3logs", "useragent", "ioc i ON i.kind = 'text' AND i.value = e.v"},
}

// iocStatement asks about the kinds that there are, each log once a kind.
func iocStatement(all []indicator) string {
	has := map[string]bool{}
	for _, i := range all {
		has[i.kind] = true
	}
	var parts []string
	for _, p := range iocParts {
		if !slices.ContainsFunc(strings.Fields(p.kinds), func(k string) bool { return has[k] }) {
			continue
		}
		at, who := "eventTime", "userIdentity"
		actor := "actor(e.who)"
		if p.log == "s3logs" {
			at, who, actor = "time", "requester", "e.who"
		}
		parts = append(parts, fmt.Sprintf("SELECT i.value, '%s' AS log, %s AS who, e.t FROM (SELECT %s AS v, %s AS t, %s AS who FROM %[1]s) e JOIN %[6]s",
			p.log, actor, p.seen, at, who, p.join))
	}
	return `SELECT value, log, CAST(sum(n) AS BIGINT) AS events, min(first), max(last), count(who), array_to_string(list(who ORDER BY n DESC, who)[1:3], chr(10))
FROM (SELECT value, log, who, count(*) AS n, min(t) AS first, max(t) AS last FROM (` + strings.Join(parts, "\nUNION ALL ") + `) GROUP BY ALL)
GROUP BY value, log ORDER BY events DESC, value, log`
}

// iocShown is how many indicators are shown.
const iocShown = 500

func writeIndicators(w io.Writer, all []indicator, found [][]string) error {
	s := newSheet(w)
	seen := map[string]bool{}
	for i, r := range found {
		seen[r[0]] = true
		if i >= iocShown {
			continue
		}
		const room = pageWidth - 10 - 2 - 35
		value := r[0]
		if len([]rune(render.Clean(value))) > room {
			s.line("%s", render.Cut(value, pageWidth))
			value = ""
		}
		s.line("%s %9s  %s", render.Fill(value, room), grouped(r[2]), triage.Span(triage.ParseTime(r[3]), triage.ParseTime(r[4])))
		var who []string
		for _, a := range strings.Split(r[6], "\n") {
			who = append(who, triage.ShortActor(a))
		}
		by := strings.Join(who, ", ")
		if r[5] != fmt.Sprint(len(who)) && r[5] != "0" {
			by += ", … " + grouped(r[5]) + " in all"
		}
		s.line("  %s", render.Cut(r[1]+": "+by, pageWidth-2))
	}
	if len(found) > iocShown {
		s.line("… and %d more", len(found)-iocShown)
	}
	if len(found) > 0 {
		s.blank()
	}
	s.line("%s of %s in the logs", grouped(fmt.Sprint(len(seen))), triage.Counted(int64(len(all)), "indicator"))
	return s.end()
}
