-- Which accounts call into which others?
--
-- Calls that an account recorded of somebody of another, or of nobody known
-- (ANONYMOUS_PRINCIPAL): by whom, what, how often and how many failed. AWS's services
-- have no account and are left out.
--
-- Parameters:
--   $account  text      = '%'           into accounts like this
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
--   $limit    integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT userIdentity.accountId AS caller, recipientAccountId AS account, actor(userIdentity) AS actor, eventSource, eventName,
       count(*) AS calls, count(errorCode) AS failed, count(DISTINCT sourceIPAddress) AS addresses,
       max(json_extract_scalar(requestParameters, '$.roleArn')) AS a_role,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE userIdentity.accountId <> recipientAccountId AND recipientAccountId LIKE $account
  AND eventTime >= $since AND eventTime < $until
GROUP BY userIdentity.accountId, recipientAccountId, actor(userIdentity), eventSource, eventName
ORDER BY calls DESC, caller, account, actor, eventSource, eventName
LIMIT $limit
