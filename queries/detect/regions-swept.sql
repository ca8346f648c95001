-- Who asked the same in region after region?
--
-- The same call in $regions regions within ten minutes: somebody who looks for what there
-- is, where they do not know. People know their regions.
--
-- False positives: scanners and inventories of one's own, each day by the same actor.
-- Parameters:
--   $regions  integer   = 8             that many regions within ten minutes
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1580
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/general/latest/gr/rande-manage.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           awsRegion AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND (eventName LIKE 'List%' OR eventName LIKE 'Describe%' OR eventName LIKE 'Get%')
      AND coalesce(eventCategory, 'Management') = 'Management' AND eventSource NOT LIKE 's3.amazonaws.%'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, eventSource, eventName, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId, eventSource, eventName ORDER BY eventTime RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '10' MINUTE
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId, eventSource, eventName ORDER BY eventTime, eventID) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       eventName AS object,
       coalesce(actor, 'Somebody') || ' called ' || split_part(eventSource, '.', 1) || ':' || eventName || ' in ' || CAST(things AS varchar) || ' regions within ten minutes, the last ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $regions AND coalesce(things_before, 0) < $regions
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
