-- Who called models in a region for the first time?
--
-- Stolen keys are sold for the models of Bedrock that they can call, which costs much and
-- is seen late. It is told when an actor calls models in a region of an account for the
-- first time in 30 days: medium with a long-lived key where the account's logs go back
-- for $days days before, low else and for what failed. detect/models-in-new-region asks
-- so of whole accounts.
--
-- False positives: new applications, and people who try models.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1496.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           awsRegion AS thing,
           json_extract_scalar(requestParameters, '$.modelId') AS model,
           coalesce(userIdentity.accessKeyId LIKE 'AKIA%', FALSE) AS longlived
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'bedrock%.amazonaws.%'
      AND (eventName IN ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream', 'CreateModelInvocationJob') OR eventName LIKE 'InvokeModelWithBidirectional%')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND longlived AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1496.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       model AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' the model ' || coalesce(nullif(model, ''), 'of no name') || ' in ' || thing || ', the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
