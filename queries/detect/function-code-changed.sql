-- Who changed a function's code for the first time?
--
-- New code runs with the function's role from the next call on: a way to another role,
-- and to stay. It is told when an actor changes code of functions in an account for the
-- first time in 30 days, so that deployments by the same roles are not. It is low, for most
-- who do are at work: what else they did that day tells.
--
-- False positives: new pipelines, and people who mend something by hand.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: low
-- ATT&CK: T1648, T1546
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           'code' AS thing,
           json_extract_scalar(requestParameters, '$.functionName') AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'lambda.amazonaws.%' AND eventName LIKE 'UpdateFunctionCode%'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(json_extract_scalar(requestParameters, '$.dryRun'), 'false') <> 'true'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       'low' AS severity,
       'T1648' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' changed' ELSE ' tried and failed to change' END || ' the code of the function ' || coalesce(object, 'of no name') || ', the first time in 30 days that they change one' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
