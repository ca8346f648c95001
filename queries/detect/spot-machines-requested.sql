-- Who asked for spot machines or a fleet for the first time?
--
-- Spot machines and fleets are the cheap way to many machines, for thieves too. It is
-- told when an actor asks for the first in 30 days in a region of an account, medium
-- where the account's logs go back for $days days before.
--
-- False positives: new batch jobs and clusters.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1496.001, T1578.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotFleet.html,
--   https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           awsRegion AS thing,
           coalesce(json_extract_scalar(requestParameters, '$.spotFleetRequestConfig.targetCapacity'), json_extract_scalar(requestParameters, '$.instanceCount'), regexp_extract(requestParameters, '"TotalTargetCapacity"\s*:\s*"?([0-9]+)', 1)) AS count
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('RequestSpotFleet', 'RequestSpotInstances', 'CreateFleet')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1496.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' asked' ELSE ' tried and failed to ask' END || ' for machines by ' || eventName || coalesce(', ' || count || ' at most,', '') || ' in ' || thing || ', the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
