-- Who asked what policies would allow?
--
-- The policy simulator says what a user or role may do, without any of it being done or
-- refused. Each actor is told once a day, with the first whose policies were asked for.
--
-- False positives: people who write policies, and the console's simulator.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: low
-- ATT&CK: T1069.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.policySourceArn') AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('SimulatePrincipalPolicy', 'SimulateCustomPolicy', 'GetContextKeysForPrincipalPolicy')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), told AS (
    SELECT *, row_number() OVER (PARTITION BY actor, recipientAccountId, date_trunc('day', eventTime) ORDER BY eventTime, eventID) AS place
    FROM calls
)
SELECT eventTime AS time,
       'low' AS severity,
       'T1069.003' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' asked' ELSE ' tried and failed to ask' END || ' what ' || coalesce(nullif(object, ''), 'a policy') || ' allows' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE place = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
