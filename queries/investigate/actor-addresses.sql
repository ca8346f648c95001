-- From where, and with what, does somebody call?
--
-- A line for each address and user agent, the newest first: where somebody is at home,
-- and the address that came last. Addresses of VPC endpoints are the endpoint owner's
-- choice; of a service that acts on somebody's behalf, its name.
--
-- An actor is what actor(userIdentity) says: the ARN of a user or a role, the latter
-- with a person's session name. What comes after its last slash is enough, such as
-- deploy-web.
--
-- Parameters:
--   $actor  text                      the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 200           so many rows at most
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, sourceIPAddress, vpcEndpointId, userAgent,
       count(*) AS calls, count(errorCode) AS failed, count(DISTINCT userIdentity.accessKeyId) AS accessKeys,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE (actor(userIdentity) LIKE $actor OR actor(userIdentity) LIKE '%/' || CAST($actor AS varchar))
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), sourceIPAddress, vpcEndpointId, userAgent
ORDER BY first_time DESC, actor, sourceIPAddress, userAgent
LIMIT $limit
