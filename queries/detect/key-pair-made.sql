-- Who made or imported a key pair for the first time?
--
-- A key pair of one's own goes on machines that are started next, and stays there. It is
-- told when an actor does so for the first time in 30 days; low, medium where it is an
-- import and the account's logs go back for $days days.
--
-- False positives: people who begin with EC2, and build machines that make a pair for
--   each build.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1098.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html,
--   https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventName AS thing,
           json_extract_scalar(requestParameters, '$.keyName') AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('ImportKeyPair', 'CreateKeyPair')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND eventName = 'ImportKeyPair' AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1098.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made' ELSE ' tried and failed to make' END || ' the key pair ' || coalesce(object, 'of no name') || CASE WHEN eventName = 'ImportKeyPair' THEN ' of a key that they brought' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
