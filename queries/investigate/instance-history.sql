-- Who launched, changed, stopped or terminated an instance?
--
-- Every change whose request or answer names the instance, in the order of time, and
-- what was done from it by its role, as one line of its sessions: a session that EC2
-- gives to an instance is named like it.
--
-- Parameters:
--   $instance  text                      the ID, i-…
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
--   $limit     integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT eventTime, 'done to it' AS what, actor(userIdentity) AS actor, recipientAccountId AS account, awsRegion, sourceIPAddress, eventName, errorCode,
       1 AS calls, eventID
FROM cloudtrail
WHERE (strpos(requestParameters, '"' || CAST($instance AS varchar) || '"') > 0 OR strpos(responseElements, '"' || CAST($instance AS varchar) || '"') > 0)
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND eventTime >= $since AND eventTime < $until
UNION ALL
SELECT min(eventTime), 'done by it', actor(userIdentity), recipientAccountId, awsRegion, sourceIPAddress, eventName, errorCode, count(*), min(eventID)
FROM cloudtrail
WHERE split_part(userIdentity.principalId, ':', 2) = $instance
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), recipientAccountId, awsRegion, sourceIPAddress, eventName, errorCode
ORDER BY eventTime, what, eventName, eventID
LIMIT $limit
