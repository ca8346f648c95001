-- Who tried which models they may call?
--
-- Calls to many models, or that are refused or made to fail on purpose, one after the
-- other: what tools do that test stolen keys before they are sold. It is told at $models
-- models within an hour, and where somebody is refused lists of models counts as one.
--
-- False positives: people who compare models.
-- Parameters:
--   $models  integer   = 5             that many models within an hour
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1526, T1496.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.modelId'), json_extract_scalar(requestParameters, '$.modelIdentifier'), eventName) AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'bedrock%.amazonaws.%'
      AND (eventName IN ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream', 'GetFoundationModelAvailability', 'GetFoundationModel')
           OR eventName LIKE 'List%' AND errorCode IS NOT NULL)
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '1' HOUR
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1526' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' tried ' || CAST(things AS varchar) || ' models within an hour, the last ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $models AND coalesce(things_before, 0) < $models
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
