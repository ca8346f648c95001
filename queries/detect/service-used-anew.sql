-- Which service was used in the account for the first time?
--
-- Services that an account has no use for have no guards either. It is told when the
-- first call to a service in 30 days is made by somebody, whether it changes or reads;
-- each service once. It is not told where the account's logs go back for less than $days
-- days.
--
-- False positives: people who try something, and consoles whose pages ask other
--   services. Read it once a week.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: info
-- ATT&CK: T1526
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventSource AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND coalesce(eventCategory, 'Management') = 'Management' AND coalesce(eventType, 'AwsApiCall') = 'AwsApiCall'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       'info' AS severity,
       'T1526' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' ' || split_part(thing, '.', 1) || ':' || coalesce(eventName, 'something') || ', the first call to that service in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
