-- When and where do most errors come at once?
--
-- Hours in which somebody failed with the same error of the same call most often, the
-- worst first: hot spots of what is broken, and of what is tried.
--
-- Parameters:
--   $least  integer   = 5             at least so many in an hour
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 100           so many rows at most
-- Needs: cloudtrail
SELECT date_trunc('hour', eventTime) AS hour, actor(userIdentity) AS actor, recipientAccountId AS account, eventSource, eventName, errorCode,
       count(*) AS failed, count(DISTINCT sourceIPAddress) AS addresses, max(errorMessage) AS example
FROM cloudtrail
WHERE errorCode IS NOT NULL
  AND eventTime >= $since AND eventTime < $until
GROUP BY date_trunc('hour', eventTime), actor(userIdentity), recipientAccountId, eventSource, eventName, errorCode
HAVING count(*) >= $least
ORDER BY failed DESC, hour, actor, account, eventSource, eventName, errorCode
LIMIT $limit
