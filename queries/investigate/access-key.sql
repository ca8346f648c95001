-- What was done with an access key, and from where?
--
-- A line for each call, address and account, also of a session's key (ASIA…). What was
-- done under the keys that a session was given in turn is told by key-sessions.
--
-- Parameters:
--   $key    text                      the access key ID
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, recipientAccountId AS account, sourceIPAddress, eventSource, eventName,
       count(*) AS calls, count(errorCode) AS failed, max(errorCode) AS errorCode,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE userIdentity.accessKeyId = $key
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), recipientAccountId, sourceIPAddress, eventSource, eventName
ORDER BY first_time, eventName, sourceIPAddress
