-- Who made something in a region that the account does not use?
--
-- Thieves of computing time go where nobody looks. It is told when something is made, or
-- tried, in a region in which the account's logs hold no such call for 30 days. It is not
-- told where the logs go back for less than $days days, and calls that AWS services make
-- are left out.
--
-- False positives: the first work in a new region. Set the region off if it is not for
--   use.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1535
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/general/latest/gr/rande-manage.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           awsRegion AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND (eventName LIKE 'Create%' OR eventName LIKE 'Run%' OR eventName LIKE 'Request%' OR eventName LIKE 'Import%' OR eventName LIKE 'Put%')
      AND coalesce(eventCategory, 'Management') = 'Management' AND coalesce(CAST(readOnly AS varchar), 'false') = 'false'
      AND coalesce(eventType, 'AwsApiCall') = 'AwsApiCall'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1535' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' ' || coalesce(split_part(eventSource, '.', 1) || ':', '') || eventName || ' in ' || thing || ', where account ' || recipientAccountId || ' made nothing for 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
