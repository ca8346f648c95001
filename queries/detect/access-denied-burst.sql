-- Who was refused many different calls within an hour?
--
-- Somebody who tries what a credential is good for is refused calls of many kinds. It is
-- told when within an hour an actor was refused $kinds kinds of call that they had not
-- been refused in the hour before each: a job whose policy lacks something is refused
-- the same few again and again, and is not told of.
--
-- Calls that a service made for somebody are left out. A call across accounts counts in
-- the account that logged it.
--
-- False positives: new people and new jobs before their policies are complete; the
--   console, which asks for much that a page shows; scanners of one's own.
-- Parameters:
--   $kinds  integer   = 10            at least so many kinds of call
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1580, T1526
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
WITH refused AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, eventID,
           lag(eventTime) OVER (PARTITION BY actor(userIdentity), recipientAccountId, eventSource, eventName ORDER BY eventTime, eventID) AS before
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
      AND userIdentity.invokedBy IS NULL
      AND actor(userIdentity) IS NOT NULL
), kinds AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, eventID,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS kinds
    FROM refused
    WHERE before IS NULL OR before < eventTime - INTERVAL '1' HOUR
), bursts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, eventID, kinds,
           lag(kinds) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS kinds_before
    FROM kinds
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       split_part(eventSource, '.', 1) || ':' || eventName AS object,
       actor || ' was refused ' || CAST(kinds AS varchar) || ' kinds of call within an hour, the last '
         || coalesce(split_part(eventSource, '.', 1) || ':', '') || coalesce(eventName, 'of no name') || '.' AS why,
       eventID
FROM bursts
WHERE kinds >= $kinds AND coalesce(kinds_before, 0) < $kinds
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
