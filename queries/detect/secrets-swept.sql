-- Who read many different secrets within minutes?
--
-- A service reads the few secrets that it needs; whoever reads $secrets different ones
-- within ten minutes takes all. What is refused counts too, and makes it no less of a
-- sign. Rotation and other services that read for somebody are left out.
--
-- False positives: tools that copy secrets into clusters or other stores.
-- Parameters:
--   $secrets  integer   = 15            that many secrets within ten minutes
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: high
-- ATT&CK: T1555.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.secretId') AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND eventSource LIKE 'secretsmanager.amazonaws.%' AND eventName = 'GetSecretValue'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '10' MINUTE
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'medium' END AS severity,
       'T1555.006' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' asked for ' || CAST(things AS varchar) || ' secrets within ten minutes, the last ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $secrets AND coalesce(things_before, 0) < $secrets
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
