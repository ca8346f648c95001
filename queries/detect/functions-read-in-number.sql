-- Who read the code or variables of many functions within minutes?
--
-- GetFunction and GetFunctionConfiguration return a function's environment, in which
-- passwords and keys often stand, and a link to its code. It is told at $functions
-- functions within ten minutes.
--
-- False positives: infrastructure code that reads its state, and scanners of one's own.
-- Parameters:
--   $functions  integer   = 20            that many functions within ten minutes
--   $since      timestamp = '1970-01-01'  from this time on
--   $until      timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1552, T1526
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.functionName') AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND eventSource LIKE 'lambda.amazonaws.%' AND (eventName LIKE 'GetFunction20%' OR eventName LIKE 'GetFunctionConfiguration%')
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
       'medium' AS severity,
       'T1552' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' read the code or variables of ' || CAST(things AS varchar) || ' functions within ten minutes, the last ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $functions AND coalesce(things_before, 0) < $functions
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
