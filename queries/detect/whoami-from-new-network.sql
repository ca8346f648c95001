-- Who asked whose key it is, from a network that is new to the key?
--
-- GetCallerIdentity is the first thing that one does with a key that one found. Told is
-- a call of it with an access key from a network (the first half of an IPv4 address)
-- that the key had not been used from in 30 days, if it is the first call from there.
-- The key has to be known for $days days. Medium, also if it was refused, which nobody
-- is.
--
-- False positives: people and machines that move.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1087.004, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.accessKeyId AS key, coalesce(regexp_extract(sourceIPAddress, '^[0-9]+\.[0-9]+\.'), regexp_extract(sourceIPAddress, '^[0-9a-fA-F]+:[0-9a-fA-F]*:[0-9a-fA-F]*')) AS network
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND userIdentity.accessKeyId LIKE 'AKIA%' AND userIdentity.invokedBy IS NULL AND vpcEndpointId IS NULL
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key, network,
           min(eventTime) OVER (PARTITION BY key) AS known,
           lag(eventTime) OVER (PARTITION BY key, network ORDER BY eventTime, CASE WHEN eventName = 'GetCallerIdentity' THEN 0 ELSE 1 END, eventID) AS before
    FROM calls
    WHERE network IS NOT NULL
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1087.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       key AS object,
       coalesce(actor, 'Somebody') || ' asked whose the key ' || key || ' is, from ' || sourceIPAddress
         || ', a network that it was not used from in 30 days.' AS why,
       eventID
FROM seen
WHERE eventName = 'GetCallerIdentity'
  AND (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
