-- Which access key is used again after a long time?
--
-- An access key that had not been used for $days days, at most 90, and is used again.
-- Keys that nobody needs any more are the ones that leak and are not missed. Only keys
-- that the logs show before are told.
--
-- False positives: jobs that run once in a quarter.
-- Parameters:
--   $days   integer   = 30            not used for so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 90d
-- Severity: medium
-- ATT&CK: T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.accessKeyId AS key
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '90' DAY AND eventTime < $until
      AND userIdentity.accessKeyId LIKE 'AKIA%' AND userIdentity.invokedBy IS NULL
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key, lag(eventTime) OVER (PARTITION BY key ORDER BY eventTime, eventID) AS before
    FROM calls
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       key AS object,
       'The access key ' || key || ' of ' || coalesce(actor, 'somebody') || ' was used for the first time in '
         || CAST(date_diff('day', before, eventTime) AS varchar)
         || ' days, from ' || coalesce(sourceIPAddress, 'an unknown address') || coalesce('; the call failed: ' || errorCode, '') || '.' AS why,
       eventID
FROM seen
WHERE before < eventTime - INTERVAL '1' DAY * CAST($days AS bigint) AND before >= eventTime - INTERVAL '90' DAY
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
