-- Who asked for lists of everything within minutes?
--
-- Somebody with a key that they do not know asks for what there is: users, machines,
-- buckets, functions, secrets. It is told when an actor made $kinds kinds of reading
-- calls within ten minutes that they had not made in the ten before each. It is low in
-- the console, whose pages ask for much, and medium elsewhere.
--
-- False positives: scanners of one's own, inventories, and infrastructure code that
--   reads a large state.
-- Parameters:
--   $kinds  integer   = 25            that many kinds of call within ten minutes
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1580, T1526, T1087.004
-- Needs: cloudtrail
-- References: https://attack.mitre.org/techniques/T1580/
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventSource || ':' || eventName AS thing,
           coalesce(CAST(sessionCredentialFromConsole AS varchar), 'false') = 'true' OR regexp_like(userAgent, '^Mozilla/|console\.amazonaws|^AWS Internal') AS console
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND (eventName LIKE 'List%' OR eventName LIKE 'Describe%' OR eventName LIKE 'Get%')
      AND coalesce(eventCategory, 'Management') = 'Management'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '10' MINUTE
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       CASE WHEN console THEN 'low' ELSE 'medium' END AS severity,
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' made ' || CAST(things AS varchar) || ' kinds of reading calls within ten minutes, the last ' || split_part(eventSource, '.', 1) || ':' || eventName || CASE WHEN console THEN ', in the console' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $kinds AND coalesce(things_before, 0) < $kinds
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
