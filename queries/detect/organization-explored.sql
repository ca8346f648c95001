-- Who looked over the organisation's accounts and policies?
--
-- Calls that list accounts, roots, units and policies of an organisation tell where else
-- to go. It is told when an actor made $kinds kinds of them within an hour.
--
-- False positives: tools for accounts and costs, and the console of Organizations, both
--   of the management account.
-- Parameters:
--   $kinds  integer   = 4             that many kinds of call within an hour
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: low
-- ATT&CK: T1580, T1087.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventName AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'organizations.amazonaws.%' AND (eventName LIKE 'List%' OR eventName LIKE 'Describe%')
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
       'low' AS severity,
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' made ' || CAST(things AS varchar) || ' kinds of call about the organisation within an hour, the last ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $kinds AND coalesce(things_before, 0) < $kinds
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
