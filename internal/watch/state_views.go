package watch

import (
	"fmt"
	"maps"
)

// Views are the tables of a state that a person reads, each as a query over the attached
// database state: alerts, quarantine and allowed as they are kept, and profiles, with
// what was learned of each value and what came on days that are open.
func Views() map[string]string {
	return maps.Clone(views)
}

var views = map[string]string{
	"alerts": `SELECT id, day, severity, score, status, account, actor, profiles, others, first, last, final, sent, sentAt,
		answered, answeredAt, reason, subject, message, findings FROM state.alerts`,
	"quarantine": `SELECT what, kind, reason, count, first, last, next, resolved FROM state.quarantine`,
	"allowed":    `SELECT id, actor, address, event, profile, value, reason, until, made FROM state.allowed`,
	"profiles": fmt.Sprintf(`SELECT n.profile, n."of", n.subject, n.value, v.first, v.last, v.count, v.days,
		coalesce(p.since IS NOT NULL AND NOT p.ended, false) AS probation
		FROM (SELECT key, min(first) AS first, max(last) AS last, CAST(sum(count) AS BIGINT) AS count, CAST(sum(days) AS INTEGER) AS days
			FROM (%s UNION ALL %s) GROUP BY key) AS v
		JOIN (SELECT key, any_value(profile) AS profile, any_value("of") AS "of", any_value(subject) AS subject, any_value(value) AS value
			FROM state.named GROUP BY key) AS n USING (key)
		LEFT JOIN (SELECT key, max_by(since, batch) AS since, max_by(ended, batch) AS ended FROM state.probation GROUP BY key) AS p USING (key)`,
		"SELECT key, first, last, count, days FROM state.learned",
		"SELECT key, min(first), max(last), sum(count), 1 FROM state.seen GROUP BY day, key"),
}
