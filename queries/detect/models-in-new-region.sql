-- In which region did the account never call models before?
--
-- Whoever sells a stolen key's models takes them from all regions that have them, also
-- those in which the account works on nothing. It is told when the first call of a model
-- in 30 days is made in a region of an account by anybody; not where the account's logs
-- go back for less than $days days. It is medium from somebody who called no models in the
-- account before, and low from others. What failed is low.
--
-- False positives: new applications; models that AWS calls in another region of the
--   same profile are logged where they were asked for.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1496.004, T1535
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
           json_extract_scalar(requestParameters, '$.modelId') AS model
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'bedrock%.amazonaws.%'
      AND eventName IN ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream', 'CreateModelInvocationJob')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY recipientAccountId, thing ORDER BY eventTime, eventID) AS before,
           lag(eventTime) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS theirs
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (theirs IS NULL OR theirs < eventTime - INTERVAL '30' DAY) THEN 'medium' ELSE 'low' END AS severity,
       'T1496.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' the model ' || coalesce(nullif(model, ''), 'of no name') || ' in ' || thing || ', where account ' || recipientAccountId || ' called none for 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
