-- Who read secrets in batches for the first time?
--
-- BatchGetSecretValue reads up to twenty secrets with one call, chosen by a filter and
-- with no need to know a name. It is told when an actor does so in a region for the first
-- time in 30 days, medium where the account's logs go back for $days days before.
--
-- False positives: new services that load their secrets so.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1555.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           awsRegion AS thing,
           coalesce(json_format(json_extract(requestParameters, '$.filters')), json_format(json_extract(requestParameters, '$.secretIdList'))) AS choice
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'secretsmanager.amazonaws.%' AND eventName = 'BatchGetSecretValue'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1555.006' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       choice AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' read' ELSE ' tried and failed to read' END || ' secrets in a batch, by ' || coalesce(nullif(choice, ''), 'a filter') || ' in ' || thing || ', the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
