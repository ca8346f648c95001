-- Who was refused by many services within an hour?
--
-- A stranger tries a key on one service after the other; a job whose policy lacks
-- something is refused by the one or two that it uses. It is told when an actor was
-- refused by $services services within an hour that had not refused them in the hour
-- before each. detect/access-denied-burst counts kinds of call instead.
--
-- False positives: the console, which asks many services for one page; new people, and
--   scanners of one's own.
-- Parameters:
--   $services  integer   = 6             that many services within an hour
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1580, T1526
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventSource AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
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
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' was refused by ' || CAST(things AS varchar) || ' services within an hour, the last ' || split_part(eventSource, '.', 1) || ':' || coalesce(eventName, 'of no name') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $services AND coalesce(things_before, 0) < $services
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
