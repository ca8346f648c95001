-- Which users, keys and roles were used once and not for long now?
--
-- Users, access keys (AKIA…) and roles that the log knows and that did nothing in its
-- last $days days: candidates for removal. Those that never did anything are in no log:
-- IAM's credential report has them.
--
-- Parameters:
--   $days     integer = 90   not in so many days
--   $account  text    = '%'  of accounts like this
-- Needs: cloudtrail
WITH uses AS (
    SELECT 'user' AS kind, recipientAccountId, userIdentity.arn AS name, eventTime FROM cloudtrail WHERE userIdentity.type = 'IAMUser'
    UNION ALL
    SELECT 'access key', recipientAccountId, userIdentity.accessKeyId, eventTime FROM cloudtrail WHERE userIdentity.accessKeyId LIKE 'AKIA%'
    UNION ALL
    SELECT 'role', recipientAccountId, userIdentity.sessionContext.sessionIssuer.arn, eventTime
    FROM cloudtrail WHERE userIdentity.sessionContext.sessionIssuer.type = 'Role'
)
SELECT u.kind, min(u.recipientAccountId) AS account, u.name, count(*) AS calls, min(u.eventTime) AS first_time, max(u.eventTime) AS last_time,
       date_diff('day', max(u.eventTime), max(e.ends)) AS days_idle
FROM uses u
CROSS JOIN (SELECT max(eventTime) AS ends FROM cloudtrail) e
WHERE u.name IS NOT NULL AND coalesce(u.recipientAccountId, '') LIKE $account
GROUP BY u.kind, u.name
HAVING max(u.eventTime) < max(e.ends) - INTERVAL '1' DAY * CAST($days AS bigint)
ORDER BY u.kind, last_time, u.name
