-- Who started machines in many regions within an hour?
--
-- Thieves of computing time start machines in every region they can, at once; people work
-- in one or two. It is told when an actor started machines, or tried to, in $regions
-- regions within an hour: high where the last of these calls succeeded, else medium.
-- Services that start machines are left out.
--
-- False positives: services of one's own that are spread over the world by one call
--   each.
-- Parameters:
--   $regions  integer   = 4             that many regions within an hour
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: high
-- ATT&CK: T1496.001, T1535
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           awsRegion AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet')
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
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'medium' END AS severity,
       'T1496.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' asked for machines in ' || CAST(things AS varchar) || ' regions within an hour, the last ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $regions AND coalesce(things_before, 0) < $regions
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
