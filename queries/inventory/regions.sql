-- Which regions are in use, and what for?
--
-- A line for each account and region. Services that are the same everywhere, such as
-- IAM, record in us-east-1. A region in which nothing was changed is one that could be
-- closed.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT recipientAccountId AS account, awsRegion, count(*) AS calls, count(errorCode) AS failed,
       count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) AND errorCode IS NULL THEN 1 END) AS changes,
       count(DISTINCT eventSource) AS services, count(DISTINCT actor(userIdentity)) AS actors,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE eventTime >= $since AND eventTime < $until
GROUP BY recipientAccountId, awsRegion
ORDER BY account, calls DESC, awsRegion
