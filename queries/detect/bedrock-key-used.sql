-- Who called with an API key, and not a signature, for the first time?
--
-- Calls of Bedrock with a bearer token: an API key, which needs no signature, so that
-- whoever sees it can use it. Told is the first in 30 days of an actor from an address;
-- the account has to be known for $days days. Calls of models are logged where data
-- events are.
--
-- False positives: programs that begin to work with API keys.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1550.001, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html,
--   https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(userIdentity.userName, userIdentity.arn) AS name
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND json_extract_scalar(additionalEventData, '$.callWithBearerToken') = 'true'
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name,
           lag(eventTime) OVER (PARTITION BY actor, sourceIPAddress, CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
), known AS (
    SELECT recipientAccountId AS logged, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name
    FROM seen
    JOIN known ON logged = recipientAccountId
    WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
      AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1550.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       name AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called ' ELSE ' tried and failed to call ' END
         || coalesce(eventName, 'something')
         || ' with an API key for the first time in 30 days from ' || coalesce(sourceIPAddress, 'an unknown address') || coalesce(': '
         || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
