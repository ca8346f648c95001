-- Who did what in an account?
--
-- A line for each actor and service, those first who changed most.
--
-- Parameters:
--   $account  text                      the number of the account
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
--   $limit    integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, eventSource,
       count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) AND errorCode IS NULL THEN 1 END) AS changes,
       count(*) AS calls, count(errorCode) AS failed,
       count(DISTINCT eventName) AS kinds, count(DISTINCT sourceIPAddress) AS addresses,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE recipientAccountId = $account
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), eventSource
ORDER BY changes DESC, calls DESC, actor, eventSource
LIMIT $limit
