-- Which services does somebody use, and for what?
--
-- A line for each service and account, with how many kinds of calls, how many of them
-- change something and how many fail.
--
-- An actor is what actor(userIdentity) says: the ARN of a user or a role, the latter
-- with a person's session name. What comes after its last slash is enough, such as
-- deploy-web.
--
-- Parameters:
--   $actor  text                      the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, recipientAccountId AS account, eventSource,
       count(*) AS calls, count(errorCode) AS failed,
       count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes,
       count(DISTINCT eventName) AS kinds, count(DISTINCT awsRegion) AS regions,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE (actor(userIdentity) LIKE $actor OR actor(userIdentity) LIKE '%/' || CAST($actor AS varchar))
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), recipientAccountId, eventSource
ORDER BY calls DESC, actor, account, eventSource
