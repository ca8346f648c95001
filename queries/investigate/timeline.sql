-- What did somebody do, call by call?
--
-- Every call in the order of time, with what was asked and what failed. Calls of the
-- same second have no order.
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
SELECT eventTime, recipientAccountId AS account, awsRegion, eventSource, eventName, errorCode,
       sourceIPAddress, userIdentity.accessKeyId AS accessKeyId, userIdentity.invokedBy AS invokedBy,
       eventID, requestParameters
FROM cloudtrail
WHERE (actor(userIdentity) LIKE $actor OR actor(userIdentity) LIKE '%/' || CAST($actor AS varchar))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
