-- What was done from an address, and by whom?
--
-- A line for each actor and call: how often, how many of them failed and with what, and
-- when first and last. What a service did for somebody has no address of theirs.
--
-- Parameters:
--   $address  text                      the address, as the log has it
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, recipientAccountId AS account, eventSource, eventName,
       count(*) AS calls, count(errorCode) AS failed, max(errorCode) AS errorCode,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE sourceIPAddress = $address
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), recipientAccountId, eventSource, eventName
ORDER BY first_time, eventName, actor
