-- What happened around an event?
--
-- What the same actor did, or anybody from the same address or with the same access key,
-- some minutes before and after it. The address is left out of the comparison where a
-- service acted: half the account comes from there.
--
-- Parameters:
--   $event    text            its eventID
--   $minutes  integer = 10    so many before and after
--   $limit    integer = 1000  so many rows at most
-- Needs: cloudtrail
WITH it AS (
    SELECT eventTime, actor(userIdentity) AS actor, nullif(userIdentity.accessKeyId, '') AS accessKeyId,
           CASE WHEN userIdentity.invokedBy IS NULL AND sourceIPAddress NOT LIKE '%.amazonaws.%' THEN sourceIPAddress END AS address
    FROM cloudtrail WHERE eventID = $event
)
SELECT c.eventTime, date_diff('second', i.eventTime, c.eventTime) AS seconds,
       CASE WHEN c.eventID = $event THEN 'the event'
            WHEN userIdentity.accessKeyId = i.accessKeyId THEN 'same access key'
            WHEN actor(userIdentity) = i.actor THEN 'same actor' ELSE 'same address' END AS why,
       actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId AS account, awsRegion, eventSource, eventName, errorCode, eventID
FROM cloudtrail c
CROSS JOIN it i
WHERE c.eventTime BETWEEN i.eventTime - INTERVAL '1' MINUTE * CAST($minutes AS bigint)
                      AND i.eventTime + INTERVAL '1' MINUTE * CAST($minutes AS bigint)
  AND (c.eventID = $event OR userIdentity.accessKeyId = i.accessKeyId OR actor(userIdentity) = i.actor OR sourceIPAddress = i.address)
ORDER BY c.eventTime, c.eventID
LIMIT $limit
