-- Who could not do what they tried?
--
-- Everybody who was refused, with how many kinds of calls, in how many services, and
-- what share of all their calls that is. Many kinds in a short time is somebody who
-- tries what a key can do; one kind for ever is a program whose policy lacks something.
--
-- Parameters:
--   $least  integer   = 1             at least so many refusals
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 200           so many rows at most
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor,
       count(CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN 1 END) AS denied, count(*) AS calls,
       round(100e0 * avg(CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN 1e0 ELSE 0e0 END), 1) AS percent,
       count(DISTINCT CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN eventSource || eventName END) AS kinds,
       count(DISTINCT CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN eventSource END) AS services,
       count(DISTINCT CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN sourceIPAddress END) AS addresses,
       min(CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN eventTime END) AS first_denied, max(CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN eventTime END) AS last_denied
FROM cloudtrail
WHERE eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity)
HAVING count(CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN 1 END) >= $least AND count(CASE WHEN (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') THEN 1 END) > 0
ORDER BY denied DESC, kinds DESC, actor
LIMIT $limit
