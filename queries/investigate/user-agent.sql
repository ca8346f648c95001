-- Who used a program, and for what?
--
-- A line for each actor, address and user agent like the pattern. What a user agent says
-- is the client's own word.
--
-- Parameters:
--   $agent  text                      a pattern with %, such as %kali%
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, recipientAccountId AS account, sourceIPAddress, userAgent,
       count(*) AS calls, count(errorCode) AS failed, count(DISTINCT eventName) AS kinds,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE userAgent LIKE $agent
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), recipientAccountId, sourceIPAddress, userAgent
ORDER BY calls DESC, actor, account, sourceIPAddress, userAgent
LIMIT $limit
