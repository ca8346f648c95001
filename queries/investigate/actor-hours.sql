-- When was somebody at work, hour by hour?
--
-- A line for each hour in UTC in which there were calls: how many, how many of them
-- change something or fail, and from how many addresses.
--
-- An actor is what actor(userIdentity) says: the ARN of a user or a role, the latter
-- with a person's session name. What comes after its last slash is enough, such as
-- deploy-web.
--
-- Parameters:
--   $actor  text                      the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT date_trunc('hour', eventTime) AS hour, actor(userIdentity) AS actor,
       count(*) AS calls, count(errorCode) AS failed,
       count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes,
       count(DISTINCT eventSource) AS services, count(DISTINCT sourceIPAddress) AS addresses
FROM cloudtrail
WHERE (actor(userIdentity) LIKE $actor OR actor(userIdentity) LIKE '%/' || CAST($actor AS varchar))
  AND eventTime >= $since AND eventTime < $until
GROUP BY date_trunc('hour', eventTime), actor(userIdentity)
ORDER BY hour, actor
LIMIT $limit
