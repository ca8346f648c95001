-- Who tried what they may do with dry runs?
--
-- A dry run asks EC2 whether a call would be allowed, and does nothing: to see what a
-- found key is good for. The first kind in an hour is low, $kinds kinds within an hour
-- are medium. Dry runs that would be refused look like other refused calls.
--
-- False positives: tests of policies and some installers; look for actors who do
--   nothing else.
-- Parameters:
--   $kinds  integer   = 3             that many kinds of call within an hour
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1580, T1526
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventName AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND errorCode = 'Client.DryRunOperation'
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
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS things_before,
           lag(eventTime) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS last_time
    FROM counted
)
SELECT eventTime AS time,
       CASE WHEN things >= $kinds THEN 'medium' ELSE 'low' END AS severity,
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' tried ' || split_part(eventSource, '.', 1) || ':' || thing || ' as a dry run, which would have succeeded' || CASE WHEN things > 1 THEN '; ' || CAST(things AS varchar) || ' kinds within an hour' ELSE '' END || '.' AS why,
       eventID
FROM bursts
WHERE (things >= $kinds AND coalesce(things_before, 0) < $kinds OR last_time IS NULL OR last_time < eventTime - INTERVAL '1' HOUR)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
