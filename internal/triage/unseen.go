package triage

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// unseen tells what the logs would not show: kinds of events that there are none of
// where and when the subject acted, buckets whose objects are not logged, and gaps.
func (p *Page) unseen(ctx context.Context, a Asker, o Options) error {
	if p.First == nil || p.Last == nil {
		return nil
	}
	from, to := p.First.Truncate(24*time.Hour), p.Last.Truncate(24*time.Hour).Add(24*time.Hour)
	given := params{"from": from.Format(time.DateTime), "to": to.Format(time.DateTime)}
	const during = " eventTime >= CAST($from AS TIMESTAMP) AND eventTime < CAST($to AS TIMESTAMP)"
	rows, err := askAll(ctx, a, `SELECT recipientAccountId AS account, count(*) FILTER (coalesce(managementEvent, eventCategory IS NULL OR eventCategory = 'Management')),
		count(*) FILTER (NOT managementEvent AND eventCategory IS DISTINCT FROM 'NetworkActivity' OR eventCategory = 'Data'), count(*) FILTER (eventCategory = 'NetworkActivity')
		FROM cloudtrail WHERE`+during+` AND account IN (SELECT account FROM triage_deeds) GROUP BY account ORDER BY account LIMIT 50`, given)
	if err != nil {
		return err
	}
	var accounts []string
	for _, r := range rows {
		accounts = append(accounts, r[0])
		if r.n(2) == 0 {
			p.Unseen = append(p.Unseen, r[0]+" has no data events then: what was read of S3, DynamoDB, SNS or SQS, and calls of functions, leave no trace")
		}
		if r.n(3) == 0 {
			p.Unseen = append(p.Unseen, r[0]+" has no network activity events then: calls through VPC endpoints that were refused there leave no trace")
		}
		if r.n(1) == 0 {
			p.Unseen = append(p.Unseen, r[0]+" has no management events then")
		}
	}
	if err := p.buckets(ctx, a, during, given); err != nil {
		return err
	}
	if p.LogsEnd != nil {
		p.Unseen = append(p.Unseen, "the logs end at "+clock(*p.LogsEnd)+": what was done, or undone, after that is not known")
	}
	if o.Unseen == nil || len(accounts) == 0 {
		return nil
	}
	gaps, err := o.Unseen(ctx, from, to, accounts)
	p.Gaps = append(p.Gaps, gaps...)
	return err
}

// buckets tells of those that are known of and have no data events.
func (p *Page) buckets(ctx context.Context, a Asker, during string, given params) error {
	rows, err := askAll(ctx, a, `WITH known AS (SELECT requestParameters ->> '$.bucketName' AS bucket, coalesce(managementEvent, true) AS management, recipientAccountId AS account FROM cloudtrail
			WHERE`+during+` AND eventSource LIKE 's3.amazonaws.%' AND recipientAccountId IN (SELECT account FROM triage_deeds)),
		logged AS (SELECT bucket, bool_or(NOT management) AS data FROM known WHERE bucket <> '' GROUP BY bucket)
		SELECT count(*), count(*) FILTER (data), coalesce(string_agg(bucket, ', ' ORDER BY bucket) FILTER (NOT data), '') FROM logged`, given)
	if err != nil || len(rows) == 0 {
		return err
	}
	r := rows[0]
	if dark := r.n(0) - r.n(1); r.n(1) > 0 && dark > 0 {
		names := strings.Split(r[2], ", ")
		shown := strings.Join(names[:min(len(names), 5)], ", ")
		if len(names) > 5 {
			shown += ", …"
		}
		p.Unseen = append(p.Unseen, fmt.Sprintf("%s have data events then, and %s that were called of have none: %s", Counted(r.n(1), "bucket"), count(dark), shown))
	}
	return nil
}

// findings are those about the deeds.
func (p *Page) findings(ctx context.Context, a Asker, o Options) error {
	if o.Findings == nil || p.First == nil || p.Last == nil {
		return nil
	}
	all, err := o.Findings(ctx, *p.First, p.Last.Add(time.Second))
	if err != nil || len(all) == 0 {
		return err
	}
	var ids []string
	for _, f := range all {
		ids = append(ids, f.EventID)
	}
	rows, err := askAll(ctx, a, "SELECT DISTINCT id FROM triage_deeds WHERE id IN "+fromList("ids"), params{"ids": list(ids)})
	mine := map[string]bool{}
	for _, r := range rows {
		mine[r[0]] = true
	}
	for _, f := range all {
		if mine[f.EventID] {
			p.Findings = append(p.Findings, f)
		}
	}
	return err
}
