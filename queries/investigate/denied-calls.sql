-- What is refused, and to whom?
--
-- A line for each call that was refused to somebody, with an example of the message,
-- which names the policy that is in the way, or the action that is not allowed.
--
-- Parameters:
--   $actor  text      = '%'           the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT eventSource, eventName, actor(userIdentity) AS actor, recipientAccountId AS account, errorCode,
       count(*) AS denied, min(eventTime) AS first_time, max(eventTime) AS last_time, max(errorMessage) AS example
FROM cloudtrail
WHERE (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
  AND (actor(userIdentity) LIKE $actor OR actor(userIdentity) LIKE '%/' || CAST($actor AS varchar))
  AND eventTime >= $since AND eventTime < $until
GROUP BY eventSource, eventName, actor(userIdentity), recipientAccountId, errorCode
ORDER BY denied DESC, eventSource, eventName, actor, account, errorCode
LIMIT $limit
